"""What's on: the list, a gathering's page, who sees what, and how few queries it takes."""

import datetime as dt
from html import unescape

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from doorstep.base.time import now, today
from doorstep.feed import moderation
from doorstep.feed.tests.factories import PostFactory
from doorstep.feed.threads import cards_for_links
from doorstep.gatherings import panels, reading, rules
from doorstep.gatherings.actions import places, planning, reminders
from doorstep.gatherings.models import Gathering, Session
from doorstep.gatherings.tests.factories import in_days, plan
from doorstep.gatherings.tickets import render_ticket
from doorstep.notices.models import Delivery, Notice
from doorstep.people.models import Block, Person
from doorstep.places.tests.factories import VenueFactory
from doorstep.teams.models import Kit, Mentoring
from doorstep.teams.tests.factories import TeamFactory, add_member

pytestmark = pytest.mark.django_db


def titles(answer):
    return [row.title for _day, rows in answer.context["days"] for row in rows]


# --- Who sees what ---------------------------------------------------------------------------


@examples(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_the_rule_for_seeing_is_told_the_same_twice(cast, data):
    people = [cast.amina, cast.bryn, cast.carys, cast.dev, cast.ewan]
    somebody = st.sampled_from(people)
    teams = [TeamFactory(is_private=data.draw(st.booleans()))
             for _ in range(2)]  # fmt: skip
    for team in teams:
        for person in data.draw(st.lists(somebody, unique=True, max_size=3)):
            add_member(team, person, role=data.draw(st.sampled_from(["host", "member"])))
        if data.draw(st.booleans()):
            Mentoring.objects.create(team=team, mentor=data.draw(somebody))
    for _ in range(4):
        team = data.draw(st.sampled_from([None, *teams]))
        who = data.draw(st.sampled_from(["everyone", "team"])) if team else "everyone"
        thing = plan(data.draw(somebody), area=cast.dev.home, team=team, who=who)
        if data.draw(st.booleans()):
            panels._hide(thing)
    for _ in range(data.draw(st.integers(0, 3))):
        one, other = data.draw(st.lists(somebody, min_size=2, max_size=2, unique=True))
        Block.objects.get_or_create(blocker=one, blocked=other)
    for viewer in [None, *Person.objects.all()]:
        seen = {
            thing.pk
            for thing in Gathering.objects.select_related("team")
            if rules.can_see_gathering(viewer, thing)
        }
        assert set(Gathering.objects.visible_to(viewer).values_list("pk", flat=True)) == seen
        assert set(
            Session.objects.visible_to(viewer).values_list("gathering_id", flat=True)
        ) == seen  # fmt: skip


def test_a_block_with_the_host_hides_everything_both_ways(cast, client):
    gathering = plan(cast.dev)
    session = gathering.sessions.get()
    Block.objects.create(blocker=cast.dev, blocked=cast.amina)
    client.force_login(cast.amina.account)
    for url in (
        gathering.get_absolute_url(),
        session.get_absolute_url(),
        reverse("gatherings:gathering_ics", args=[gathering.slug]),
        reverse("gatherings:session_ics", args=[session.pk]),
        reverse("gatherings:poster", args=[gathering.slug]),
        reverse("gatherings:dates", args=[gathering.slug]),
    ):
        assert client.get(url).status_code == 404
    assert titles(client.get(reverse("gatherings:whats_on"))) == []


def test_a_visitor_sees_what_is_open_and_is_sent_to_sign_in_to_come(cast, client):
    team = TeamFactory()
    add_member(team, cast.dev, role="host")
    plan(cast.dev, title="Open", team=team)
    plan(cast.dev, title="Ours", team=team, who="team")
    assert titles(client.get(reverse("gatherings:whats_on"))) == ["Open"]
    session = Session.objects.get(gathering__title="Open")
    page = client.get(session.get_absolute_url()).content.decode()
    assert f"?next={session.get_absolute_url()}" in page
    answer = client.post(reverse("gatherings:coming", args=[session.pk]))
    assert (answer.status_code, session.places.count()) == (302, 0)


# --- The list --------------------------------------------------------------------------------


@pytest.fixture
def several(cast, borough):
    free = VenueFactory(name="Flat hall", is_step_free=True)
    steps = VenueFactory(name="Hill hall")
    plan(cast.dev, title="Free", days=1, venue=free)
    plan(cast.dev, title="Dear", days=2, venue=steps, cost="£5", is_good_with_children=True)
    plan(cast.dev, title="Ring", days=9, dial_in="020 7946 0000")
    plan(cast.dev, title="Far", days=3, venue=steps, area=borough.far_ward)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Free", "Dear", "Far", "Ring"]),
        ("?free=1", ["Free", "Far", "Ring"]),
        ("?step-free=1", ["Free"]),
        ("?children=1", ["Dear"]),
        ("?phone=1", ["Ring"]),
        ("?free=1&phone=1", ["Ring"]),
        ("?area=hilltop", ["Far"]),
        ("?area=mine", ["Free", "Dear", "Ring"]),
        ("?area=nowhere", ["Free", "Dear", "Far", "Ring"]),
        ("?from=rubbish&to=2026-99-99&after=x-y&free=%01", ["Free", "Dear", "Far", "Ring"]),
        ("?after=20260101T000000-99999999999999999999", ["Free", "Dear", "Far", "Ring"]),
    ],
)
def test_chips_keep_what_one_looks_for(cast, several, client, query, found):
    client.force_login(cast.dev.account)
    assert titles(client.get(reverse("gatherings:whats_on") + query)) == found


def test_days_can_be_chosen(cast, several, client):
    first, last = today() + dt.timedelta(days=2), today() + dt.timedelta(days=3)
    answer = client.get(reverse("gatherings:whats_on"), {"from": str(first), "to": str(last)})
    assert titles(answer) == ["Dear", "Far"]


def test_a_long_list_goes_on_page_by_page_without_losing_any(cast, client):
    for number in range(70):
        plan(cast.dev, title=f"Number {number}", days=1 + number // 40)
    url, seen = reverse("gatherings:whats_on"), []
    while url:
        answer = client.get(url)
        seen += titles(answer)
        url = answer.context["more"]
    assert sorted(seen) == sorted(f"Number {number}" for number in range(70))


def test_what_is_called_off_or_over_is_not_on(cast, client):
    off = plan(cast.dev, title="Off").sessions.get()
    planning.call_off_session(off, by=cast.dev, at=now())
    planning.call_off_gathering(plan(cast.dev, title="All off"), by=cast.dev, at=now())
    over = plan(cast.dev, title="Over").sessions.get()
    Session.objects.filter(pk=over.pk).update(
        starts_at=now() - dt.timedelta(hours=3), ends_at=now() - dt.timedelta(hours=1)
    )
    running = plan(cast.dev, title="Running").sessions.get()
    Session.objects.filter(pk=running.pk).update(starts_at=now() - dt.timedelta(minutes=5))
    assert titles(client.get(reverse("gatherings:whats_on"))) == ["Running"]


def test_an_empty_list_says_what_to_do(cast, client):
    client.force_login(cast.dev.account)
    assert "It's quiet round here" in client.get(reverse("gatherings:whats_on")).content.decode()
    nothing = client.get(reverse("gatherings:whats_on"), {"free": "1"}).content.decode()
    assert "Nothing like that just now" in nothing
    assert "Nothing in your diary yet" in client.get(reverse("gatherings:mine")).content.decode()


def test_peoples_words_are_shown_as_words(cast, client):
    nasty = "<script>alert(1)</script>"
    gathering = plan(cast.dev, title=nasty, description=nasty, when_you_walk_in=nasty, cost=nasty)
    for url in (
        reverse("gatherings:whats_on"),
        gathering.get_absolute_url(),
        gathering.sessions.get().get_absolute_url(),
        reverse("gatherings:poster", args=[gathering.slug]),
    ):
        page = client.get(url).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


# --- Tickets and rows ------------------------------------------------------------------------


def test_a_ticket_shows_a_change_at_the_next_request(cast):
    gathering = plan(cast.dev, title="Tea", capacity=1)
    session = gathering.sessions.get()

    def ticket():
        return render_ticket(reading.next_in_area(None, cast.dev.home)[0])

    assert "Full" not in ticket()
    places.take_place(session, by=cast.amina, at=now())
    assert "Full, join the waiting list" in ticket()
    planning.change_gathering(gathering, by=cast.dev, at=now(), title="Coffee")
    assert "Coffee" in ticket()


def test_what_one_person_does_is_not_on_anothers_ticket(cast, client):
    session = plan(cast.dev).sessions.get()
    places.take_place(session, by=cast.amina, at=now())
    url = reverse("gatherings:whats_on")
    for person, said in ((cast.amina, True), (cast.bryn, False), (cast.amina, True)):
        client.force_login(person.account)
        assert ("You’re coming" in client.get(url).content.decode()) is said


def test_this_week_is_near_first_and_mine_next_is_mine(cast, borough, django_assert_num_queries):
    plan(cast.dev, title="Far tomorrow", area=borough.far_ward, days=1)
    for day in (2, 3, 4):
        plan(cast.dev, title=f"Near {day}", area=borough.other_ward, days=day)
    plan(cast.dev, title="Next month", days=30)
    near = reading.this_week(cast.amina)
    assert [row.title for row in near] == ["Near 2", "Near 3", "Near 4"]
    with django_assert_num_queries(1):
        reading.this_week(cast.amina)
    cast.ewan.home = borough.far_ward
    assert [row.title for row in reading.this_week(cast.ewan)] == [
        "Far tomorrow",
        "Near 2",
        "Near 3",
    ]
    session = Session.objects.get(gathering__title="Near 3")
    places.take_place(session, by=cast.amina, at=now())
    with django_assert_num_queries(1):
        rows = reading.mine_next(cast.amina)
    assert [(row.pk, row.mine) for row in rows] == [(session.pk, "going")]


# --- How few queries -------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_list_costs_no_more_queries(rows, cast, client, django_assert_max_num_queries):
    for number in range(rows):
        plan(cast.dev, venue=VenueFactory(), days=number + 1)
    client.force_login(cast.amina.account)
    url = reverse("gatherings:whats_on")
    client.get(url)
    with django_assert_max_num_queries(7):
        client.get(url)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("who", ["everyone", "team"])
def test_a_gatherings_page_takes_at_most_eight_queries(
    rows, who, cast, client, django_assert_max_num_queries
):
    team = TeamFactory()
    add_member(team, cast.dev, role="host")
    add_member(team, cast.amina)
    gathering = plan(
        cast.dev,
        team=team,
        who=who,
        rrule=f"FREQ=WEEKLY;COUNT={rows}",
        jobs=[(f"job {number}", 1) for number in range(rows)],
        venue=VenueFactory(),
    )
    for session in gathering.sessions.all():
        places.take_place(session, by=cast.amina, at=now())
    for _ in range(rows):
        PostFactory(channel=gathering.channel, author=cast.bryn, readers=gathering.channel.readers)
    client.force_login(cast.amina.account)
    answer = client.get(gathering.get_absolute_url())
    assert len(answer.context["posts"]) == rows
    with django_assert_max_num_queries(8):
        client.get(gathering.get_absolute_url())


@pytest.mark.parametrize("rows", [1, 3])
def test_more_people_coming_cost_no_more_queries(rows, cast, client, django_assert_num_queries):
    session = plan(cast.dev).sessions.get()
    people = [cast.amina, cast.bryn, cast.carys][:rows]
    for person in people:
        places.take_place(session, by=person, at=now())
    client.force_login(cast.amina.account)
    client.get(session.get_absolute_url())
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        client.get(session.get_absolute_url())
    assert len(asked) <= 12


# --- Reminders -------------------------------------------------------------------------------


def remind(before):
    session = Session.objects.get()
    return reminders.remind(session.starts_at - before)


def test_people_are_reminded_the_day_before_and_two_hours_before_once_each(cast):
    session = plan(cast.dev, dial_in="020 7946 0123", dial_in_code="42").sessions.get()
    places.take_place(session, by=cast.amina, at=now())
    for hours in (40, 26, 25, 20, 3, 2, 1, 0.5):
        remind(dt.timedelta(hours=hours))
        remind(dt.timedelta(hours=hours))
    told = list(Notice.objects.order_by("id"))
    assert [notice.person for notice in told] == [cast.amina, cast.amina]
    assert [notice.title.split(" at ")[0] for notice in told] == ["Tomorrow", "Today"]
    assert "ring 020 7946 0123 and key in 42" in told[0].body
    assert Delivery.objects.count() == 2


def test_a_moved_session_reminds_again(cast):
    gathering = plan(cast.dev)
    session = gathering.sessions.get()
    places.take_place(session, by=cast.amina, at=now())
    remind(dt.timedelta(hours=25))
    planning.change_session(
        session, by=cast.dev, at=now(), starts_at=in_days(6), duration_minutes=60
    )
    remind(dt.timedelta(hours=25))
    assert Notice.objects.filter(kind="gathering-reminder").count() == 2


def test_nobody_is_reminded_of_what_is_called_off_or_given_up(cast):
    session = plan(cast.dev).sessions.get()
    places.take_place(session, by=cast.amina, at=now())
    places.take_place(session, by=cast.bryn, at=now())
    places.give_up_place(session, by=cast.bryn, at=now())
    planning.call_off_session(session, by=cast.dev, at=now())
    assert remind(dt.timedelta(hours=20)) == 0
    planning.put_session_on_again(session, by=cast.dev, at=now())
    remind(dt.timedelta(hours=20))
    told = Notice.objects.filter(kind="gathering-reminder")
    assert [notice.person for notice in told] == [cast.amina]


# --- Parts of others' pages ------------------------------------------------------------------


def ask(person):
    request = RequestFactory().get("/")
    request.user = person.account if person else AnonymousUser()
    return request


def test_panels_show_only_what_the_reader_may_see(cast):
    team = TeamFactory()
    add_member(team, cast.dev, role="host")
    add_member(team, cast.amina)
    plan(cast.dev, title="Ours alone", team=team, who="team", area=cast.dev.home)
    for draw, thing in (
        (panels.team_tab, team),
        (panels.team_panel, team),
        (panels.area_panel, cast.dev.home),
        (panels.person_panel, cast.dev),
    ):
        assert "Ours alone" in draw(ask(cast.amina), thing)
        assert "Ours alone" not in draw(ask(cast.ewan), thing)
        assert "Ours alone" not in draw(ask(None), thing)


def test_only_a_teams_hosts_get_the_button_to_plan(cast):
    team = TeamFactory()
    add_member(team, cast.dev, role="host")
    assert "Plan a gathering" in panels.team_tab(ask(cast.dev), team)
    assert "Plan a gathering" not in panels.team_tab(ask(cast.amina), team)


def test_a_team_without_a_gathering_is_offered_its_kits_first_ones(cast, client):
    words = [{"title": "Tea & toast", "what": "Put the kettle on."}]
    kit = Kit.objects.create(slug="tea", name="Tea", purpose="Tea", first_gatherings=words)
    team = TeamFactory(kit=kit)
    add_member(team, cast.dev, role="host")
    html = panels.team_panel(ask(cast.dev), team)
    address = unescape(html.split('<li><a href="')[1].split('"')[0])
    client.force_login(cast.dev.account)
    page = client.get(address).content.decode()
    assert 'value="Tea &amp; toast"' in page
    assert "Put the kettle on." in page
    assert "Tea &amp; toast" not in panels.team_panel(ask(cast.amina), team)


def test_the_home_feed_hears_of_gatherings_i_come_to(cast):
    gathering = plan(cast.dev)
    other = plan(cast.bryn)
    places.take_place(gathering.sessions.get(), by=cast.amina, at=now())
    assert [channel for channel, _why in panels.feed_sources(cast.amina)] == [gathering.channel_id]
    assert [channel for channel, _why in panels.feed_sources(cast.bryn)] == [other.channel_id]


def test_a_link_to_a_gathering_becomes_its_ticket(cast):
    gathering = plan(cast.dev, title="Tea")
    here = f"Come! {settings.SITE_URL}{gathering.get_absolute_url()}"
    assert "ticket" in "".join(cards_for_links(here, None))
    Block.objects.create(blocker=cast.dev, blocked=cast.amina)
    assert cards_for_links(here, cast.amina) == []
    assert cards_for_links(f"{settings.SITE_URL}/whats-on/start/", None) == []


def test_what_moderators_take_down_is_gone_and_comes_back_as_it_was(cast, client):
    gathering = plan(cast.dev)
    places.take_place(gathering.sessions.get(), by=cast.amina, at=now())
    kind = moderation.flaggable.get("gathering")
    assert kind.fetch(cast.ewan, gathering.pk) == gathering
    snapshot = kind.snapshot(gathering)
    for _twice in range(2):
        kind.hide(gathering)
    assert kind.fetch(cast.ewan, gathering.pk) is None
    assert client.get(gathering.get_absolute_url()).status_code == 404
    assert (reading.mine(cast.amina), reading.hosted_by(cast.dev)) == ([], [])
    assert remind(dt.timedelta(hours=20)) == 0
    kind.restore(gathering, snapshot)
    assert client.get(gathering.get_absolute_url()).status_code == 200


def test_those_who_see_a_gathering_can_flag_it_and_its_host_cannot(cast, client):
    gathering = plan(cast.dev)
    link = reverse("feed:flag", args=["gathering", gathering.pk])
    for person, shown in ((cast.amina, True), (cast.dev, False)):
        client.force_login(person.account)
        assert (link in client.get(gathering.get_absolute_url()).content.decode()) is shown
    client.force_login(cast.amina.account)
    assert client.get(link).status_code == 200


# --- What is kept ready-made -----------------------------------------------------------------


def test_a_kept_page_never_shows_one_person_what_another_may_see(cast, client):
    gathering = plan(cast.dev, is_online=True, online_url="https://meet.example.org/x", capacity=5)
    session = gathering.sessions.get()
    places.take_place(session, by=cast.amina, at=now())
    url = gathering.get_absolute_url()

    def page(person):
        client.logout()
        if person:
            client.force_login(person.account)
        text = client.get(url).content.decode()
        return (
            "meet.example.org" in text,
            "Change it" in text,
            "Not after all" in text,
            cast.dev.handle in text,
        )

    for _again in range(2):
        assert page(cast.dev) == (True, True, False, True)
        assert page(cast.amina) == (True, False, True, True)
        assert page(cast.bryn) == (False, False, False, True)
        assert page(None) == (False, False, False, False)


def test_each_reader_of_a_kept_page_has_their_own_token(cast):
    from django.test import Client

    gathering = plan(cast.dev)
    session = gathering.sessions.get()
    for person in (cast.amina, cast.bryn):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(person.account)
        page = strict.get(gathering.get_absolute_url()).content.decode()
        token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        url = reverse("gatherings:coming", args=[session.pk])
        data = {"guests": "0", "csrfmiddlewaretoken": token}
        assert strict.post(url, data).status_code == 302
        assert strict.post(url, {**data, "csrfmiddlewaretoken": "x" * 64}).status_code == 403
    assert session.places.count() == 2


def test_a_change_is_on_a_kept_page_at_the_next_request(cast, client):
    venue = VenueFactory(name="The old hall")
    gathering = plan(cast.dev, venue=venue, rrule="FREQ=WEEKLY;COUNT=2", jobs=[("Sing", 1)])
    url = gathering.get_absolute_url()
    client.force_login(cast.amina.account)

    def says(words):
        return words in client.get(url).content.decode()

    assert (says("The old hall"), says("Sing"), says("Called off")) == (True, True, False)
    venue.name = "The new hall"
    venue.save()
    cast.dev.known_as = "Devinder"
    cast.dev.save()
    gathering.jobs.update(name="Dance")
    planning.call_off_session(gathering.sessions.last(), by=cast.dev, at=now())
    assert says("The new hall")
    assert says("Devinder")
    assert says("Dance")
    assert says("Called off")
    assert not says("The old hall")
    places.take_place(gathering.sessions.first(), by=cast.bryn, at=now())
    assert says("1 coming")


def test_among_very_many_the_same_is_found_as_among_few(cast, borough, client, monkeypatch):
    team = TeamFactory(area=borough.ward)
    add_member(team, cast.dev, role="host")
    for number in range(12):
        plan(
            cast.dev,
            title=f"Number {number}",
            days=1 + number * 2,
            area=[borough.ward, borough.other_ward, borough.far_ward][number % 3],
            cost="" if number % 2 else "£1",
        )
    plan(cast.dev, title="Ours", team=team, who="team", days=2)
    planning.call_off_gathering(plan(cast.dev, days=1), by=cast.dev, at=now())

    def look():
        return [
            [reading.this_week(person, limit=limit) for limit in (1, 3, 8)]
            + [reading.next_in_area(person, area) for area in vars(borough).values()]
            + [titles(client.get(reverse("gatherings:whats_on"), query)) for query in queries]
            for person in (None, cast.dev, cast.amina)
        ]

    queries = [{}, {"free": "1"}, {"area": "riverside"}, {"from": str(in_days(9).date())}]
    monkeypatch.setattr(reading, "_is_busy", lambda path: False)
    few = look()
    monkeypatch.setattr(reading, "_is_busy", lambda path: True)
    assert look() == few
    monkeypatch.setattr("doorstep.gatherings.views.whats_on.PAGE", 2)
    assert titles(client.get(reverse("gatherings:whats_on"))) == ["Number 0", "Number 1"]
