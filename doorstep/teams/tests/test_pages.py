"""Lists, the team's own page, and parts on others' pages."""

import pytest
from django.test import RequestFactory

from doorstep.base import keeping
from doorstep.base.registry import Panel, Registry
from doorstep.people.models import Block
from doorstep.people.rules import are_acquainted
from doorstep.teams import actions, panels, reading
from doorstep.teams.models import Kit, Team
from doorstep.teams.tests.factories import TeamFactory, add_member, add_mentor
from doorstep.teams.views import team as team_views

pytestmark = pytest.mark.django_db


def ask(person):
    request = RequestFactory().get("/")
    request.user = person.account if person else None
    return request


def test_the_list_shows_mine_first_then_near_me(client, cast, borough):
    mine = TeamFactory(name="Mine", area=borough.far_ward)
    near = TeamFactory(name="Near", area=borough.other_ward)
    TeamFactory(name="Far", area=borough.far_ward)
    TeamFactory(name="Over", state="closed", area=borough.ward)
    add_member(mine, cast.dev)
    client.force_login(cast.dev.account)
    context = client.get("/teams/").context
    assert context["mine"] == [mine]
    assert context["page"] == [near]
    assert context["near_area"] == borough.locality


def test_somebody_in_two_teams_meets_each_once(client, cast, borough):
    team = TeamFactory()
    for person in (cast.dev, cast.amina, cast.bryn):
        add_member(team, person)
    client.force_login(cast.dev.account)
    assert client.get("/teams/").context["mine"] == [team]


def test_a_team_that_needs_neighbours_says_how_many(client, borough):
    TeamFactory(state="gathering", member_count=2)
    assert "Needs 1 more neighbour<" in client.get("/teams/").content.decode()


def test_the_list_is_narrowed_by_name_area_and_kit(client, borough):
    actions.load_kits()
    kit = Kit.objects.get(slug="walking")
    a = TeamFactory(name="Round the lake", kit=kit, area=borough.ward)
    b = TeamFactory(name="Lake swimmers", area=borough.far_ward)
    found = lambda query: client.get(f"/teams/?{query}").context["page"]  # noqa: E731
    assert found("q=lake") == [b, a]
    assert found(f"q=LAKE&area={borough.locality.pk}") == [a]
    assert found("kit=walking") == [a]
    assert found("q=%25") == []
    # Nonsense narrows nothing, and breaks nothing.
    assert found("area=x&kit=nope&before=abc") == [b, a]


def test_the_list_goes_on_where_it_stopped_even_as_new_teams_start(client, borough):
    rows = [TeamFactory() for _n in range(25)]
    first = client.get("/teams/?all=1")
    assert len(first.context["page"]) == 20
    TeamFactory(name="Newcomer")
    rest = client.get(f"/teams/?{first.context['older']}").context["page"]
    assert first.context["page"] + rest == rows[::-1]


def test_an_empty_borough_says_what_to_do(client, cast, borough):
    assert "No other teams round here yet" in client.get("/teams/").content.decode()
    assert "No team like that yet" in client.get("/teams/?q=xyz").content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_list_costs_no_more_queries(
    rows, cast, borough, client, django_assert_num_queries
):
    for _n in range(rows):
        add_member(TeamFactory(area=borough.ward), cast.dev)
        TeamFactory(area=borough.ward)
    client.force_login(cast.dev.account)
    client.get("/teams/")
    # The session, mine, home, its locality, near me, and the form's areas and kits.
    with django_assert_num_queries(7):
        client.get("/teams/")


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("who", ["dev", "amina", "ewan", None])
def test_a_teams_own_page_costs_three_queries_however_many_are_in_it(
    rows, who, cast, borough, client, django_assert_num_queries, monkeypatch
):
    tabs: Registry[Panel] = Registry("test")
    tabs.add("feed", Panel("Feed", lambda request, team: "<p>The feed</p>"))
    monkeypatch.setattr(team_views, "team_tabs", tabs)
    monkeypatch.setattr(team_views, "team_panels", Registry("test"))
    team = TeamFactory()
    from doorstep.people.tests.factories import PersonFactory

    for _n in range(rows):
        add_member(team, PersonFactory(), role="host")
        add_mentor(team, PersonFactory())
    add_member(team, cast.dev, role="host")
    add_member(team, cast.amina)
    if who:
        client.force_login(getattr(cast, who).account)
    path = f"/teams/{team.slug}/"
    client.get(path)
    # Team, hosts and own membership, mentors; and the session for whoever is signed in.
    with django_assert_num_queries(4 if who else 3):
        page = client.get(path)
    assert "The feed" in page.content.decode()
    with django_assert_num_queries(4 if who else 3):
        client.get(path)


@pytest.mark.parametrize("rows", [1, 3])
def test_more_people_cost_no_more_queries(rows, cast, borough, client, django_assert_num_queries):
    from doorstep.people.tests.factories import PersonFactory

    team = TeamFactory()
    add_member(team, cast.dev, role="host")
    for _n in range(rows):
        add_member(team, PersonFactory())
    client.force_login(cast.dev.account)
    for tab in ("people", "about"):
        client.get(f"/teams/{team.slug}/{tab}/")
    # Membership, whether the reader moderates, and the people.
    with django_assert_num_queries(3):
        request = ask(cast.dev)
        request.team_circle = reading.Circle()
        panels.people_tab(request, team)
    client.get(f"/teams/{team.slug}/host/people/")
    # The session, the team, the membership and the people.
    with django_assert_num_queries(4):
        client.get(f"/teams/{team.slug}/host/people/")


def test_a_page_of_people_goes_on_where_it_stopped(client, cast, borough, monkeypatch):
    from doorstep.people.tests.factories import PersonFactory

    monkeypatch.setattr(panels, "PEOPLE_ON_A_PAGE", 2)
    team = TeamFactory()
    add_member(team, cast.dev, role="host")
    names = [add_member(team, PersonFactory(known_as=f"Person {n}")).person.known_as for n in "abc"]
    client.force_login(cast.dev.account)
    first = client.get(f"/teams/{team.slug}/people/").content.decode()
    assert names[0] in first
    assert names[2] not in first
    key = first.split("?after=")[1].split('"')[0]
    rest = client.get(f"/teams/{team.slug}/people/?after={key}").content.decode()
    assert names[2] in rest
    assert names[0] not in rest


def test_the_page_wears_the_teams_colour_and_unknown_tabs_are_missing(client, borough):
    team = TeamFactory(spot="grants")
    assert '<body data-shop="grants">' in client.get(f"/teams/{team.slug}/").content.decode()
    assert client.get(f"/teams/{team.slug}/nothing/").status_code == 404


# --- Parts on others' pages ------------------------------------------------------------------


def test_an_areas_page_shows_teams_in_it_that_the_reader_may_see(
    cast, borough, django_assert_num_queries
):
    TeamFactory(name="Inside", area=borough.other_ward)
    TeamFactory(name="Hidden", area=borough.ward, is_private=True)
    TeamFactory(name="Elsewhere", area=borough.far_ward)
    TeamFactory(name="Over", area=borough.ward, state="closed")
    cast.ewan._roles_held = set()
    with django_assert_num_queries(1):
        html = panels.teams_of_area(ask(cast.ewan), borough.locality)
    assert "Inside" in html
    for name in ("Hidden", "Elsewhere", "Over"):
        assert name not in html


def test_a_persons_page_shows_shared_teams_and_open_ones_they_host(cast, borough):
    both = TeamFactory(name="Both of us", is_private=True)
    hosted = TeamFactory(name="Hosted in the open")
    joined = TeamFactory(name="Joined quietly")
    hidden = TeamFactory(name="Hosted in private", is_private=True)
    add_member(both, cast.dev)
    add_member(both, cast.amina)
    add_member(hosted, cast.dev, role="host")
    add_member(joined, cast.dev)
    add_member(hidden, cast.dev, role="host")
    seen = panels.teams_of_person(ask(cast.amina), cast.dev)
    assert "Both of us" in seen
    assert "Hosted in the open" in seen
    assert "Joined quietly" not in seen
    assert "Hosted in private" not in seen
    assert "Both of us" not in panels.teams_of_person(ask(cast.ewan), cast.dev)
    assert panels.teams_of_person(ask(None), cast.dev) == ""
    own = panels.teams_of_person(ask(cast.dev), cast.dev)
    assert "Joined quietly" in own


def test_people_of_one_running_team_are_acquainted(cast, borough):
    team = TeamFactory()
    add_member(team, cast.dev)
    add_member(team, cast.amina)
    assert are_acquainted(cast.dev, cast.amina)
    assert not are_acquainted(cast.dev, cast.ewan)
    Team.objects.filter(pk=team.pk).update(state="closed")
    assert not are_acquainted(cast.dev, cast.amina)


def test_the_full_text_index_follows_a_teams_words(cast, borough):
    from django.db import connection

    team = TeamFactory(name="Marmalade makers")
    count = {
        "sqlite": "SELECT count(*) FROM teams_team_fts WHERE teams_team_fts MATCH %s",
        "postgresql": "SELECT count(*) FROM teams_team WHERE words @@ to_tsquery('simple', %s)",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(count, ["marmalade"])
        assert cursor.fetchone() == (1,)
        Team.objects.filter(pk=team.pk).update(name="Jam makers")
        cursor.execute(count, ["marmalade"])
        assert cursor.fetchone() == (0,)


# --- Parts kept ready-made -------------------------------------------------------------------


def test_a_change_is_on_the_page_at_the_next_request(client, cast, borough):
    team = TeamFactory(name="Old name")
    path = f"/teams/{team.slug}/people/"
    assert "Old name" in client.get(path).content.decode()
    assert "Old name" in client.get("/teams/").content.decode()
    Team.objects.filter(pk=team.pk).update(name="New name", member_count=41)
    for page in (client.get(path), client.get("/teams/")):
        html = page.content.decode()
        assert "New name" in html
        assert "Old name" not in html
        assert "41 people" in html


def test_a_block_is_on_the_page_at_the_next_request(client, cast, borough):
    team = TeamFactory()
    add_member(team, cast.dev, role="host")
    client.force_login(cast.amina.account)
    path = f"/teams/{team.slug}/about/"
    assert "Dev" in client.get(path).content.decode()
    Block.objects.create(blocker=cast.dev, blocked=cast.amina)
    assert "Dev" not in client.get(path).content.decode()


def test_what_a_host_sees_reaches_nobody_else_through_what_is_kept(client, cast, borough):
    team = TeamFactory(asked_count=7)
    add_member(team, cast.dev, role="host")
    add_member(team, cast.amina)
    pages = {}
    for _round in range(2):
        for name in ("dev", "amina", "ewan", None):
            if name:
                client.force_login(getattr(cast, name).account)
            else:
                client.logout()
            pages[name] = client.get(f"/teams/{team.slug}/about/").content.decode()
    assert "asking to join" in pages["dev"]
    for name in ("amina", "ewan", None):
        assert "asking to join" not in pages[name]
        assert f"/teams/{team.slug}/host/" not in pages[name]
    assert f"/teams/{team.slug}/leave/" in pages["amina"]
    assert f"/teams/{team.slug}/leave/" not in pages["ewan"]
    assert "Dev" not in pages[None]


def test_what_is_kept_does_not_grow_without_end(client, borough, monkeypatch):
    keeping.forget_all()
    monkeypatch.setattr(keeping, "MOST", 5)
    for _n in range(4):
        client.get(f"/teams/{TeamFactory().slug}/about/")
        assert len(keeping._kept) <= 5
