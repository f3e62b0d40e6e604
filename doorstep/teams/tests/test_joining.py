"""Joining: open, by asking, by invitation; agreeing; leaving."""

import datetime as dt

import pytest

from doorstep.base.time import now
from doorstep.notices.models import Notice
from doorstep.people.models import Block, RoleHolding
from doorstep.teams import actions, rules
from doorstep.teams.models import Invitation, Membership, Question, Team
from doorstep.teams.tests.factories import TeamFactory, add_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(cast, borough):
    row = TeamFactory(agreement="We are kind.", agreement_version=2)
    add_member(row, cast.dev, role="host")
    return row


def state_of(team, person):
    row = Membership.objects.filter(team=team, person=person).first()
    return row.state if row else None


def test_anyone_may_join_an_open_team_who_agrees(client, cast, team):
    client.force_login(cast.ewan.account)
    page = client.get(f"/teams/{team.slug}/join/")
    assert "We are kind." in page.content.decode()
    no = client.post(f"/teams/{team.slug}/join/", {"agreed_version": 2})
    assert no.status_code == 422
    assert "Tick the box to say that you agree." in no.content.decode()
    assert state_of(team, cast.ewan) is None
    yes = client.post(f"/teams/{team.slug}/join/", {"agreed_version": 2, "agrees": "on"})
    assert yes.url == f"/teams/{team.slug}/"
    assert state_of(team, cast.ewan) == "member"
    team.refresh_from_db()
    assert team.member_count == 2
    assert Notice.objects.get(kind="team-joined").person == cast.dev


def test_two_tabs_join_once(client, cast, team):
    client.force_login(cast.ewan.account)
    for _tab in range(2):
        client.post(f"/teams/{team.slug}/join/", {"agreed_version": 2, "agrees": "on"})
    assert Membership.objects.filter(person=cast.ewan).count() == 1
    assert team.events.filter(what="joined").count() == 1
    assert Notice.objects.filter(kind="team-joined").count() == 1


def test_an_agreement_that_changed_meanwhile_is_shown_again(client, cast, team):
    client.force_login(cast.ewan.account)
    client.get(f"/teams/{team.slug}/join/")
    actions.change_agreement(team, text="We are kind. No dogs.", version=2, by=cast.dev, at=now())
    page = client.post(f"/teams/{team.slug}/join/", {"agreed_version": 2, "agrees": "on"})
    assert page.status_code == 422
    html = page.content.decode()
    assert "The agreement changed while you were reading." in html
    assert "No dogs." in html
    assert 'value="3"' in html
    assert state_of(team, cast.ewan) is None


@pytest.mark.parametrize("version", ["", "x", "99", "-1"])
def test_a_forged_version_of_the_agreement_is_not_agreement(client, cast, team, version):
    client.force_login(cast.ewan.account)
    page = client.post(f"/teams/{team.slug}/join/", {"agreed_version": version, "agrees": "on"})
    assert page.status_code == 422
    assert state_of(team, cast.ewan) is None


def test_hosts_questions_are_kept_and_a_host_answers_with_a_word(client, cast, team):
    Team.objects.filter(pk=team.pk).update(joining="ask")
    question = Question.objects.create(team=team, text="What would you like to mend?")
    client.force_login(cast.ewan.account)
    sent = {"agreed_version": 2, "agrees": "on"}
    empty = client.post(f"/teams/{team.slug}/join/", sent)
    assert empty.status_code == 422
    sent[f"question_{question.pk}"] = "My radio."
    client.post(f"/teams/{team.slug}/join/", sent)
    row = Membership.objects.get(person=cast.ewan)
    assert row.state == "asked"
    assert row.answers == [{"question": question.text, "answer": "My radio."}]
    assert Notice.objects.get(kind="team-asked").person == cast.dev
    assert not rules.is_member(cast.ewan, team)
    client.force_login(cast.dev.account)
    page = client.get(f"/teams/{team.slug}/host/").content.decode()
    assert "My radio." in page
    client.post(
        f"/teams/{team.slug}/host/people/{row.pk}/answer/",
        {"answer": "yes", "word": "See you on Tuesday"},
    )
    assert state_of(team, cast.ewan) == "member"
    told = Notice.objects.get(kind="team-answer")
    assert (told.person, told.body) == (cast.ewan, "See you on Tuesday")


def test_two_hosts_answering_at_once_is_one_answer(cast, team):
    Team.objects.filter(pk=team.pk).update(joining="ask")
    row = actions.join(team, by=cast.ewan, at=now(), agreed_version=2)
    assert actions.decide(row, accept=False, word="Full", by=cast.dev, at=now())
    assert not actions.decide(row, accept=True, by=cast.dev, at=now())
    assert state_of(team, cast.ewan) == "refused"


def test_whoever_was_refused_may_ask_again_after_a_month(cast, team):
    Team.objects.filter(pk=team.pk).update(joining="ask")
    at = now()
    row = actions.join(team, by=cast.ewan, at=at, agreed_version=2)
    actions.decide(row, accept=False, by=cast.dev, at=at)
    with pytest.raises(actions.AskedTooSoon):
        actions.join(team, by=cast.ewan, at=at + dt.timedelta(days=3), agreed_version=2)
    row = actions.join(team, by=cast.ewan, at=at + dt.timedelta(days=31), agreed_version=2)
    assert row.state == "asked"


def test_somebody_may_stop_asking(client, cast, team):
    Team.objects.filter(pk=team.pk).update(joining="ask")
    actions.join(team, by=cast.ewan, at=now(), agreed_version=2)
    team.refresh_from_db()
    assert team.asked_count == 1
    client.force_login(cast.ewan.account)
    client.post(f"/teams/{team.slug}/take-back/")
    team.refresh_from_db()
    assert (state_of(team, cast.ewan), team.asked_count) == ("left", 0)


def test_nobody_joins_a_team_by_invitation_without_one(client, cast, team):
    Team.objects.filter(pk=team.pk).update(joining="invitation")
    client.force_login(cast.ewan.account)
    assert client.get(f"/teams/{team.slug}/join/").status_code == 403
    sent = {"agreed_version": 2, "agrees": "on"}
    assert client.post(f"/teams/{team.slug}/join/", sent).status_code == 403
    assert state_of(team, cast.ewan) is None


def test_nobody_joins_a_closed_team(client, cast, team):
    Team.objects.filter(pk=team.pk).update(state="closed")
    client.force_login(cast.ewan.account)
    sent = {"agreed_version": 2, "agrees": "on"}
    assert client.post(f"/teams/{team.slug}/join/", sent).status_code == 403


def test_whoever_was_asked_to_leave_can_only_ask(cast, team):
    row = add_member(team, cast.ewan)
    row.team = team
    assert actions.remove(row, reason="Shouting", by=cast.dev, at=now())
    invitation = actions.invite(team, by=cast.dev, at=now())
    again = actions.join(team, by=cast.ewan, at=now(), agreed_version=2, invitation=invitation)
    assert again.state == "asked"
    told = Notice.objects.get(kind="team-removed")
    assert (told.person, told.body) == (cast.ewan, "Shouting")


# --- The agreement ---------------------------------------------------------------------------


def test_a_changed_agreement_is_agreed_again_before_posting(client, cast, team):
    add_member(team, cast.amina)
    assert rules.can_post_in(cast.amina, team)
    actions.change_agreement(team, text="Bring your own cup.", version=2, by=cast.dev, at=now())
    team.refresh_from_db()
    rules.forget(cast.amina)
    rules.forget(cast.dev)
    assert rules.can_read_inside(cast.amina, team)
    assert not rules.can_post_in(cast.amina, team)
    # Whoever wrote it agrees with it.
    assert rules.can_post_in(cast.dev, team)
    assert Notice.objects.get(kind="team-agreement").person == cast.amina
    client.force_login(cast.amina.account)
    assert "has changed" in client.get(f"/teams/{team.slug}/about/").content.decode()
    stale = client.post(f"/teams/{team.slug}/agree/", {"agreed_version": 2})
    assert stale.status_code == 422
    assert "Bring your own cup." in stale.content.decode()
    assert client.post(f"/teams/{team.slug}/agree/", {"agreed_version": 3}).status_code == 302
    rules.forget(cast.amina)
    assert rules.can_post_in(cast.amina, team)


def test_two_hosts_changing_the_agreement_do_not_overwrite_each_other(client, cast, team):
    client.force_login(cast.dev.account)
    actions.change_agreement(team, text="The other host's", version=2, by=cast.dev, at=now())
    page = client.post(
        f"/teams/{team.slug}/host/agreement/", {"version": 2, "text": "My long words"}
    )
    assert page.status_code == 422
    html = page.content.decode()
    assert "My long words" in html
    assert "The other host&#x27;s" in html
    team.refresh_from_db()
    assert team.agreement == "The other host's"


def test_saving_the_same_agreement_asks_nobody(cast, team):
    add_member(team, cast.amina)
    assert not actions.change_agreement(team, text="We are kind.", version=2, by=cast.dev, at=now())
    assert not Notice.objects.exists()


# --- Leaving ---------------------------------------------------------------------------------


def test_the_last_host_does_not_leave_a_team_alone(client, cast, team):
    add_member(team, cast.amina)
    client.force_login(cast.dev.account)
    page = client.post(f"/teams/{team.slug}/leave/")
    assert page.status_code == 422
    assert "You hold the only keys." in page.content.decode()
    assert state_of(team, cast.dev) == "member"


def test_handing_over_the_keys_makes_the_way_free(client, cast, team):
    row = add_member(team, cast.amina)
    client.force_login(cast.dev.account)
    assert client.post(f"/teams/{team.slug}/host/step-down/", {}).status_code == 422
    client.post(f"/teams/{team.slug}/host/step-down/", {"to": row.pk})
    row.refresh_from_db()
    assert row.role == "host"
    assert client.post(f"/teams/{team.slug}/leave/").status_code == 302
    assert state_of(team, cast.dev) == "left"
    whats = list(team.events.order_by("id").values_list("what", flat=True))
    assert whats == ["host", "stepped_down", "left"]


def test_keys_are_not_handed_to_somebody_outside(client, cast, team):
    other = TeamFactory()
    stranger = add_member(other, cast.ewan)
    client.force_login(cast.dev.account)
    page = client.post(f"/teams/{team.slug}/host/step-down/", {"to": stranger.pk})
    assert page.status_code == 422
    stranger.refresh_from_db()
    assert stranger.role == "member"


def test_a_member_leaves_and_comes_back(client, cast, team):
    add_member(team, cast.amina)
    client.force_login(cast.amina.account)
    assert client.get(f"/teams/{team.slug}/leave/").status_code == 200
    client.post(f"/teams/{team.slug}/leave/")
    team.refresh_from_db()
    assert (state_of(team, cast.amina), team.member_count) == ("left", 1)
    client.post(f"/teams/{team.slug}/join/", {"agreed_version": 2, "agrees": "on"})
    assert state_of(team, cast.amina) == "member"


# --- Invitations -----------------------------------------------------------------------------


def test_an_invitation_opens_a_private_team_minimally(client, cast, team):
    Team.objects.filter(pk=team.pk).update(
        is_private=True, joining="invitation", why="He found me.", place="12 Hidden Street"
    )
    invitation = actions.invite(team, by=cast.dev, at=now())
    address = f"/teams/invited/{invitation.code}/"
    page = client.get(address).content.decode()
    assert team.name in page
    for secret in ("He found me.", "Hidden Street", "Dev"):
        assert secret not in page
    client.force_login(cast.ewan.account)
    page = client.get(address).content.decode()
    assert "We are kind." in page
    for secret in ("He found me.", "Hidden Street"):
        assert secret not in page
    assert client.get(f"/teams/{team.slug}/").status_code == 404
    response = client.post(address, {"agreed_version": 2, "agrees": "on"})
    assert response.url == f"/teams/{team.slug}/"
    assert state_of(team, cast.ewan) == "member"
    invitation.refresh_from_db()
    assert (invitation.uses_left, invitation.used_count) == (49, 1)


def test_an_invitation_lets_nobody_into_another_team(cast, team):
    other = TeamFactory(joining="invitation")
    invitation = actions.invite(team, by=cast.dev, at=now())
    with pytest.raises(actions.InvitationSpent):
        actions.join(other, by=cast.ewan, at=now(), agreed_version=1, invitation=invitation)
    assert state_of(other, cast.ewan) is None


@pytest.mark.parametrize(
    "spoilt",
    [
        {"is_withdrawn": True},
        {"uses_left": 0},
        {"expires_at": now() - dt.timedelta(seconds=1)},
    ],
)
def test_an_invitation_that_ran_out_says_nothing_of_the_team(client, cast, team, spoilt):
    invitation = actions.invite(team, by=cast.dev, at=now())
    Invitation.objects.filter(pk=invitation.pk).update(**spoilt)
    page = client.get(f"/teams/invited/{invitation.code}/")
    made_up = client.get("/teams/invited/bcdfghjkmnpqrstv/")
    assert (page.status_code, made_up.status_code) == (404, 404)
    assert team.name not in page.content.decode()
    client.force_login(cast.ewan.account)
    sent = {"agreed_version": 2, "agrees": "on"}
    assert client.post(f"/teams/invited/{invitation.code}/", sent).status_code == 404
    invitation.refresh_from_db()
    with pytest.raises(actions.InvitationSpent):
        actions.join(team, by=cast.ewan, at=now(), agreed_version=2, invitation=invitation)
    assert state_of(team, cast.ewan) is None


def test_the_last_use_of_an_invitation_is_for_one(cast, team):
    invitation = actions.invite(team, by=cast.dev, at=now(), uses=1)
    go = {"at": now(), "agreed_version": 2, "invitation": invitation}
    actions.join(team, by=cast.ewan, **go)
    # Pressing again does not cost a second use, nor does it fail.
    actions.join(team, by=cast.ewan, **go)
    with pytest.raises(actions.InvitationSpent):
        actions.join(team, by=cast.bryn, **go)


def test_an_invitation_comes_as_link_code_and_slips(client, cast, team):
    client.force_login(cast.dev.account)
    made = client.post(
        f"/teams/{team.slug}/invitations/", {"label": "The gate", "days": "7", "uses": "10"}
    )
    page = client.get(made.url).content.decode()
    invitation = Invitation.objects.get()
    assert f"/teams/invited/{invitation.code}/" in page
    code = client.get(f"{made.url}code.svg")
    assert code["Content-Type"] == "image/svg+xml"
    assert code.content.startswith(b"<svg")
    assert client.get(f"{made.url}slips/").content.decode().count(invitation.code) == 6
    client.post(f"{made.url}withdraw/")
    assert client.get(f"{made.url}slips/").status_code == 302
    assert client.get(f"/teams/invited/{invitation.code}/").status_code == 404


@pytest.mark.parametrize("tamper", [{"days": "9999"}, {"uses": "65000"}, {"days": "x"}])
def test_an_invitation_is_not_made_wider_than_offered(client, cast, team, tamper):
    client.force_login(cast.dev.account)
    sent = {"days": "7", "uses": "10"} | tamper
    assert client.post(f"/teams/{team.slug}/invitations/", sent).status_code == 422
    assert not Invitation.objects.exists()


def test_members_invite_into_open_teams_and_see_only_their_own_invitations(client, cast, team):
    add_member(team, cast.amina)
    hosts = actions.invite(team, by=cast.dev, at=now(), label="For the host's sister")
    client.force_login(cast.amina.account)
    page = client.get(f"/teams/{team.slug}/invitations/")
    assert "sister" not in page.content.decode()
    assert client.get(f"/teams/{team.slug}/invitations/{hosts.pk}/").status_code == 404
    assert client.get(f"/teams/{team.slug}/invitations/{hosts.pk}/code.svg").status_code == 404
    assert client.post(f"/teams/{team.slug}/invitations/{hosts.pk}/withdraw/").status_code == 404
    Team.objects.filter(pk=team.pk).update(joining="ask")
    assert client.get(f"/teams/{team.slug}/invitations/").status_code == 403


def test_a_block_keeps_the_notice_away_from_the_host(cast, team):
    Block.objects.create(blocker=cast.dev, blocked=cast.ewan)
    actions.join(team, by=cast.ewan, at=now(), agreed_version=2)
    assert not Notice.objects.filter(person=cast.dev).exists()


def test_a_moderator_who_sees_a_private_team_does_not_walk_in(client, cast, borough, team):
    RoleHolding.objects.create(person=cast.ewan, role="moderator", area=borough.borough)
    Team.objects.filter(pk=team.pk).update(is_private=True)
    team.refresh_from_db()
    assert rules.can_see_team(cast.ewan, team)
    assert not rules.can_join(cast.ewan, team)
    assert not rules.can_read_inside(cast.ewan, team)
    with pytest.raises(actions.NotInvited):
        actions.join(team, by=cast.ewan, at=now(), agreed_version=2)
