"""Who may see and do what, told twice and compared."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.people.models import Block, Person, RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.teams import rules
from doorstep.teams.models import Membership, Mentoring, Team
from doorstep.teams.tests.factories import TeamFactory, add_member, add_mentor

pytestmark = pytest.mark.django_db

PROPERTY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def anew(person):
    """Return the person as the next request would know them."""
    return Person.objects.get(pk=person.pk)


@pytest.fixture
def stage(cast, borough):
    """Six teams and five people, to be stood in relation to each other."""
    areas = [borough.ward, borough.far_ward]
    return [TeamFactory(area=areas[n % 2]) for n in range(6)], list(vars(cast).values())


relation = st.tuples(
    st.integers(0, 5),
    st.integers(0, 4),
    st.sampled_from(["asked", "member", "left", "refused", "removed", "mentor", "was-mentor"]),
    st.booleans(),
)


def arrange(teams, people, private, relations, moderator):
    Membership.objects.all().delete()
    Mentoring.objects.all().delete()
    RoleHolding.objects.all().delete()
    for number, team in enumerate(teams):
        Team.objects.filter(pk=team.pk).update(is_private=number in private)
    for team, person, state, is_host in relations:
        team, person = teams[team], people[person]
        if state in ("mentor", "was-mentor"):
            Mentoring.objects.filter(team=team, mentor=person).delete()
            ended = None if state == "mentor" else dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
            Mentoring.objects.create(team=team, mentor=person, ended_at=ended)
        else:
            Membership.objects.update_or_create(
                team=team,
                person=person,
                defaults={"state": state, "role": "host" if is_host else "member"},
            )
    if moderator is not None:
        RoleHolding.objects.create(person=people[moderator], role="moderator", area=teams[0].area)


@PROPERTY
@given(
    private=st.sets(st.integers(0, 5)),
    relations=st.lists(relation, max_size=12),
    moderator=st.none() | st.integers(0, 4),
)
def test_seeing_a_team_is_told_twice_and_agrees(stage, private, relations, moderator):
    teams, people = stage
    arrange(teams, people, private, relations, moderator)
    for person in [None, *map(anew, people)]:
        assert set(Team.objects.visible_to(person)) == {
            team for team in Team.objects.all() if rules.can_see_team(person, team)
        }


@PROPERTY
@given(
    private=st.sets(st.integers(0, 5)),
    asking=st.sets(st.integers(0, 5)),
    relations=st.lists(relation, max_size=8),
    patch=st.none() | st.sampled_from(["ward", "borough"]),
)
def test_a_mentors_list_is_exactly_what_they_may_note_a_contact_with(
    stage, borough, private, asking, relations, patch
):
    teams, people = stage
    arrange(teams, people, private, relations, None)
    for number, team in enumerate(teams):
        at = dt.datetime(2026, 11, 1, tzinfo=dt.UTC) if number in asking else None
        Team.objects.filter(pk=team.pk).update(mentor_asked_at=at)
    if patch:
        RoleHolding.objects.create(person=people[0], role="mentor", area=getattr(borough, patch))
    for person in map(anew, people[:2]):
        listed = set(rules.teams_of_mentor(person))
        assert listed == {
            team for team in Team.objects.all() if rules.can_note_contact(person, team)
        }
        for team in Team.objects.all():
            if rules.can_take_on(person, team):
                assert team in listed


@PROPERTY
@given(
    state=st.sampled_from(Membership.State.values),
    role=st.sampled_from(Membership.Role.values),
    team_state=st.sampled_from(Team.State.values),
    agreed=st.integers(0, 3),
    agreement=st.sampled_from(["", "Be kind."]),
)
def test_posting_asks_for_membership_agreement_and_a_team_that_runs(
    stage, state, role, team_state, agreed, agreement
):
    teams, people = stage
    Membership.objects.all().delete()
    team, person = teams[0], anew(people[0])
    Team.objects.filter(pk=team.pk).update(
        state=team_state, agreement=agreement, agreement_version=2
    )
    team.refresh_from_db()
    Membership.objects.create(
        team=team, person=person, state=state, role=role, agreed_version=agreed
    )
    may = rules.can_post_in(person, team)
    over = team_state in ("closed", "handed_over")
    assert may == (state == "member" and not over and (not agreement or agreed >= 2))
    # Whoever may post may read; whoever may change things may see them.
    if may:
        assert rules.can_read_inside(person, team)
    if rules.can_run_team(person, team):
        assert rules.can_see_team(person, team)
        assert role == "host"
        assert state == "member"


def test_a_mentor_reads_and_posts_until_the_mentoring_ends(cast, borough):
    team = TeamFactory(is_private=True)
    row = add_mentor(team, cast.carys)
    assert rules.can_post_in(cast.carys, team)
    row.ended_at = row.since
    row.save()
    person = anew(cast.carys)
    assert not rules.can_post_in(person, team)
    assert not rules.can_see_team(person, team)


# --- What could leak -------------------------------------------------------------------------

ADDRESSES = (
    "",
    "join/",
    "agree/",
    "leave/",
    "people/",
    "about/",
    "feed/",
    "invitations/",
    "host/",
    "host/words/",
    "host/agreement/",
    "host/questions/",
    "host/pinned/",
    "host/people/",
    "host/step-down/",
    "host/history/",
    "host/end/",
    "no-such-tab/",
)
ACTS = ("take-back/", "join/", "leave/", "host/mentor/", "host/words/", "host/end/")


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_hidden_team_answers_exactly_as_a_missing_one(client, cast, borough, signed_in):
    secret = TeamFactory(is_private=True, slug="kqzwxvbn", name="Leaving him")
    add_member(secret, cast.dev, role="host")
    if signed_in:
        client.force_login(cast.ewan.account)

    def answer(slug, path, method):
        response = getattr(client, method)(f"/teams/{slug}/{path}")
        body = response.content.decode().replace(slug, "").replace("csrfmiddlewaretoken", "")
        return response.status_code, response.get("Location", "").replace(slug, ""), body

    for path in ADDRESSES:
        hidden, missing = answer("kqzwxvbn", path, "get"), answer("mqzwxvbn", path, "get")
        assert hidden[:2] == missing[:2], path
        assert "Leaving him" not in hidden[2]
        assert len(hidden[2]) == len(missing[2]), path
    for path in ACTS:
        hidden, missing = answer("kqzwxvbn", path, "post"), answer("mqzwxvbn", path, "post")
        assert hidden[:2] == missing[:2], path


def test_a_hidden_team_is_in_no_list(client, cast, borough):
    secret = TeamFactory(is_private=True, name="Leaving him", area=borough.ward)
    add_member(secret, cast.dev, role="host")
    for person in (None, cast.ewan):
        if person:
            client.force_login(person.account)
        for path in (
            "/teams/",
            "/teams/?all=1",
            "/teams/?q=leaving",
            f"/teams/?area={borough.ward.pk}",
        ):
            assert "Leaving him" not in client.get(path).content.decode()
    client.force_login(cast.dev.account)
    assert "Leaving him" in client.get("/teams/").content.decode()


def test_members_names_are_for_members(client, cast, borough):
    team = TeamFactory()
    add_member(team, cast.dev, role="host")
    add_member(team, cast.amina)
    path = f"/teams/{team.slug}/people/"
    visitors = client.get(path).content.decode()
    assert "Dev" not in visitors
    assert "Amina" not in visitors
    client.force_login(cast.ewan.account)
    neighbours = client.get(path).content.decode()
    assert "Dev" in neighbours
    assert "Amina" not in neighbours
    client.force_login(cast.amina.account)
    assert "Dev" in client.get(path).content.decode()


def test_children_are_shown_to_hosts_who_look_out_for_them_and_to_nobody_else(
    client, cast, borough
):
    team = TeamFactory()
    child = PersonFactory(known_as="Robin", born_on=dt.date(2014, 3, 1))
    add_member(team, cast.dev, role="host")
    add_member(team, cast.amina)
    row = add_member(team, child)
    client.force_login(cast.amina.account)
    for tab in ("people/", "about/", ""):
        assert "Robin" not in client.get(f"/teams/{team.slug}/{tab}").content.decode()
    client.force_login(cast.dev.account)
    page = client.get(f"/teams/{team.slug}/host/people/").content.decode()
    assert "Robin" in page
    assert "Under 18" in page
    assert child.get_absolute_url() not in page
    assert client.post(f"/teams/{team.slug}/host/people/{row.pk}/keys/").status_code == 403
    row.refresh_from_db()
    assert row.role == "member"


@pytest.mark.parametrize("hosts_doing", [True, False])
def test_a_block_hides_people_of_one_team_from_each_other(client, cast, borough, hosts_doing):
    team = TeamFactory()
    add_member(team, cast.dev, role="host")
    row = add_member(team, cast.amina)
    pair = (cast.dev, cast.amina) if hosts_doing else (cast.amina, cast.dev)
    Block.objects.create(blocker=pair[0], blocked=pair[1])
    for person, other in ((cast.dev, "Amina"), (cast.amina, "Dev")):
        client.force_login(person.account)
        for tab in ("", "people/", "about/"):
            assert other not in client.get(f"/teams/{team.slug}/{tab}").content.decode(), tab
    client.force_login(cast.dev.account)
    assert "Amina" not in client.get(f"/teams/{team.slug}/host/people/").content.decode()
    assert client.get(f"/teams/{team.slug}/host/people/{row.pk}/remove/").status_code == 404


def test_a_host_of_one_team_can_do_nothing_in_another(client, cast, borough):
    mine, theirs = TeamFactory(), TeamFactory()
    add_member(mine, cast.ewan, role="host")
    add_member(theirs, cast.dev, role="host")
    row = add_member(theirs, cast.amina)
    asked = Membership.objects.create(team=theirs, person=cast.bryn, state="asked")
    client.force_login(cast.ewan.account)
    for path in ("host/", "host/words/", "host/people/", "host/history/", "host/end/"):
        assert client.get(f"/teams/{theirs.slug}/{path}").status_code == 403
    for act in ("keys", "remove"):
        # Somebody else's member under one's own team's address.
        forged = f"/teams/{mine.slug}/host/people/{row.pk}/{act}/"
        assert client.post(forged, {"reason": "Ha"}).status_code == 404
    forged = f"/teams/{mine.slug}/host/people/{asked.pk}/answer/"
    assert client.post(forged, {"answer": "yes"}).status_code == 404
    row.refresh_from_db()
    asked.refresh_from_db()
    assert (row.state, row.role, asked.state) == ("member", "member", "asked")


def test_members_do_not_read_why_somebody_was_asked_to_leave(client, cast, borough):
    from doorstep.base.time import now
    from doorstep.teams import actions

    team = TeamFactory()
    add_member(team, cast.dev, role="host")
    add_member(team, cast.amina)
    row = add_member(team, cast.ewan)
    actions.remove(row, reason="Took money from the tin", by=cast.dev, at=now())
    for person, sees in ((cast.amina, False), (cast.ewan, False), (cast.dev, True)):
        client.force_login(person.account)
        page = client.get(f"/teams/{team.slug}/about/").content.decode()
        assert ("Took money" in page) == sees
