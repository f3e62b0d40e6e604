"""Start a team in about two minutes, and once only."""

import datetime as dt

import pytest

from doorstep.base.time import now
from doorstep.notices.models import Notice
from doorstep.people.models import Person, RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.teams import actions, models, rules
from doorstep.teams.models import Kit, Membership, Team, TeamEvent
from doorstep.teams.tests.factories import start

pytestmark = pytest.mark.django_db


@pytest.fixture
def dev(cast, client):
    client.force_login(cast.dev.account)
    return cast.dev


def answers(borough, **more):
    return {
        "client_key": "abcdefgh12345678",
        "name": "Tea and toast on the Quay",
        "purpose": "We put the kettle on every Thursday.",
        "area": borough.ward.pk,
        "joining": "open",
    } | more


def test_a_team_starts_from_a_kit_in_one_page(client, dev, borough):
    actions.load_kits()
    assert client.get("/teams/start/").status_code == 200
    page = client.get("/teams/start/?kit=tea-and-toast")
    form = page.context["form"]
    kit = Kit.objects.get(slug="tea-and-toast")
    assert form["purpose"].value() == kit.purpose
    assert form["first_gathering"].value() == kit.first_gatherings[0]["title"]
    assert form["agreement"].value() == kit.agreement
    assert form["area"].value() == borough.ward.pk
    sent = {name: form[name].value() or "" for name in form.fields}
    del sent["is_private"], sent["wants_mentor"]
    sent["why"] = "My mum had nobody to talk to."
    response = client.post("/teams/start/?kit=tea-and-toast", sent)
    team = Team.objects.get()
    assert response.url == f"/teams/{team.slug}/"
    assert (team.kit, team.spot, team.state) == (kit, kit.spot, "idea")
    row = Membership.objects.get()
    assert (row.person, row.role, row.agreed_version) == (dev, "host", team.agreement_version)
    assert team.member_count == 1
    assert list(TeamEvent.objects.values_list("what", flat=True)) == ["started"]
    assert client.get(response.url).status_code == 200


def test_a_team_starts_without_a_kit(client, dev, borough):
    client.post("/teams/start/?kit=own", answers(borough))
    assert Team.objects.get().kit is None


def test_the_form_sent_twice_is_one_team(client, dev, borough):
    first = client.post("/teams/start/?kit=own", answers(borough))
    second = client.post("/teams/start/?kit=own", answers(borough))
    assert first.url == second.url
    assert Team.objects.count() == 1
    assert Membership.objects.count() == 1


def test_another_persons_key_leads_to_ones_own_team_and_not_to_theirs(cast, borough):
    secret = start(cast.dev, borough.ward, key="stolen-key", is_private=True)
    mine = start(cast.ewan, borough.ward, key="stolen-key")
    assert mine != secret
    assert rules.is_host(cast.ewan, mine)
    assert not rules.is_member(cast.ewan, secret)


def test_a_form_that_fails_keeps_what_was_typed_and_says_what_to_do(client, dev, borough):
    page = client.post(
        "/teams/start/?kit=own", answers(borough, name="", why="Because of the rain.")
    )
    assert page.status_code == 422
    html = page.content.decode()
    assert "Give your team a name." in html
    assert "Because of the rain." in html
    assert "<title>Problem:" in html
    assert Team.objects.count() == 0


@pytest.mark.parametrize("area", ["999999", "x", "", "-1"])
def test_a_forged_area_is_refused_kindly(client, dev, borough, area):
    page = client.post("/teams/start/?kit=own", answers(borough, area=area))
    assert page.status_code == 422
    assert Team.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("W" * 80, "w" * 60),
        ("چائے اور ٹوسٹ", None),
        ("Kits", None),
        ("Start", None),
        ("\u202eevil", "evil"),
        ("🫖🫖🫖", None),
    ],
)
def test_odd_names_get_a_page_that_opens(client, dev, borough, name, slug):
    client.post("/teams/start/?kit=own", answers(borough, name=name))
    team = Team.objects.get()
    if slug:
        assert team.slug == slug
    page = client.get(f"/teams/{team.slug}/")
    assert page.status_code == 200
    assert page.context["team"] == team
    assert client.get("/teams/").status_code == 200


def test_a_name_of_nothing_but_direction_marks_is_no_name(client, dev, borough):
    page = client.post("/teams/start/?kit=own", answers(borough, name="\u202e\u200b"))
    assert page.status_code == 422


def test_a_private_teams_address_says_nothing_and_takes_no_name(cast, borough):
    secret = start(cast.dev, borough.ward, name="Leaving him", is_private=True)
    assert "leaving" not in secret.slug
    other = start(cast.ewan, borough.ward, name="Leaving him")
    # A suffix would tell Ewan that there is another of that name.
    assert other.slug == "leaving-him"


def test_a_child_starts_a_team_with_a_grown_up_only(client, borough):
    child = PersonFactory(born_on=dt.date(2013, 5, 1), home=borough.ward)
    client.force_login(child.account)
    assert client.get("/teams/start/").status_code == 403
    assert client.post("/teams/start/?kit=own", answers(borough)).status_code == 403
    with pytest.raises(actions.GrownUpsOnly):
        start(child, borough.ward)
    assert Team.objects.count() == 0


def test_higher_floors_hear_of_a_new_team_inside_the_verb(cast, borough, monkeypatch):
    heard = []
    registry = models.Registry("test")
    registry.add("hear", heard.append)
    monkeypatch.setattr(actions, "on_team_started", registry)
    team = start(cast.dev, borough.ward)
    start(cast.dev, borough.ward)
    assert heard == [team]


def test_a_hook_that_fails_leaves_no_half_a_team(cast, borough, monkeypatch):
    registry = models.Registry("test")
    registry.add("fail", lambda team: 1 / 0)
    monkeypatch.setattr(actions, "on_team_started", registry)
    with pytest.raises(ZeroDivisionError):
        start(cast.dev, borough.ward)
    assert Team.objects.count() == 0
    assert Membership.objects.count() == 0


def test_mentors_of_the_area_hear_that_one_is_wanted_and_others_do_not(cast, borough):
    RoleHolding.objects.create(person=cast.carys, role="mentor", area=borough.locality)
    RoleHolding.objects.create(person=cast.bryn, role="mentor", area=borough.far_locality)
    RoleHolding.objects.create(
        person=cast.amina, role="mentor", area=borough.locality, ends_at=now()
    )
    team = start(cast.dev, borough.ward, wants_mentor=True)
    told = Notice.objects.filter(kind="team-mentoring")
    assert [row.person for row in told] == [cast.carys]
    assert team.name in told.get().title


def test_the_page_to_start_asks_visitors_to_sign_in(client, borough):
    response = client.get("/teams/start/?kit=own")
    assert response.status_code == 302
    assert "next=" in response.url


def test_somebody_stopped_by_moderators_starts_nothing(cast, borough):
    cast.ewan.state = Person.State.SUSPENDED
    assert not rules.can_start_team(cast.ewan)
