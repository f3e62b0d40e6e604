"""Calendars, read back by independent programs."""

import datetime as dt

import icalendar
import pytest
import recurring_ical_events
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.time import LONDON, now
from doorstep.gatherings import calendars
from doorstep.gatherings.actions import calendar_links, places, planning
from doorstep.gatherings.models import Session
from doorstep.gatherings.tests.factories import in_days, plan
from doorstep.places.tests.factories import VenueFactory
from doorstep.teams.tests.factories import TeamFactory, add_member

pytestmark = pytest.mark.django_db


def read(content: bytes) -> icalendar.Calendar:
    """Read a calendar strictly, as another program would."""
    assert content.endswith(b"\r\n")
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    calendar = icalendar.Calendar.from_ical(content)
    assert not calendar.errors
    for event in calendar.walk("VEVENT"):
        assert not event.errors
    return calendar


def happening(calendar, days=180):
    """Return the starts of what is on, as a calendar program shows them."""
    found = recurring_ical_events.of(calendar).between(now(), now() + dt.timedelta(days=days))
    return sorted(
        one["DTSTART"].dt.astimezone(dt.UTC) for one in found if one.get("STATUS") != "CANCELLED"
    )


def ours(gathering, days=180):
    return sorted(
        Session.objects.filter(
            gathering=gathering,
            is_called_off=False,
            starts_at__gt=now(),
            starts_at__lt=now() + dt.timedelta(days=days),
        ).values_list("starts_at", flat=True)
    )


def fetch(client, name, *args, **headers):
    answer = client.get(reverse(f"gatherings:{name}", args=args), headers=headers)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return read(answer.content)


def test_a_weekly_gathering_with_exceptions_reads_the_same_in_a_calendar_program(cast, client):
    gathering = plan(
        cast.dev,
        rrule="FREQ=WEEKLY",
        left_out=[in_days(10).date()],
        title="Tea, toast; and a \\ long line about café crèmes and other things to drink",
        description="Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.\n" * 4,
        venue=VenueFactory(latitude=51.54, longitude=0.13),
    )
    one, two, three = gathering.sessions.order_by("starts_at")[:3]
    planning.call_off_session(one, by=cast.dev, at=now(), why="Snow")
    planning.change_session(
        two, by=cast.dev, at=now(), starts_at=in_days(18, 14), duration_minutes=60, note="Later"
    )
    gathering.refresh_from_db()
    calendar = fetch(client, "gathering_ics", gathering.slug)
    assert happening(calendar) == ours(gathering)
    events = {
        str(event.get("RECURRENCE-ID", "") and "exception"): event
        for event in calendar.walk("VEVENT")
    }
    master = next(event for event in calendar.walk("VEVENT") if "RRULE" in event)
    assert master["SUMMARY"] == gathering.title
    assert master["DESCRIPTION"].startswith(gathering.description)
    assert master["SEQUENCE"] == gathering.sequence == 2
    assert master.get("LAST-MODIFIED").dt == gathering.changed_at.replace(microsecond=0)
    assert master["DTSTART"].params["TZID"] == "Europe/London"
    off = [event for event in calendar.walk("VEVENT") if event.get("STATUS") == "CANCELLED"]
    assert [event["RECURRENCE-ID"].dt for event in off] == [one.rule_starts_at.astimezone(LONDON)]
    assert {str(event["UID"]) for event in calendar.walk("VEVENT")} == {str(master["UID"])}
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/London"]
    assert three.starts_at in happening(calendar)
    assert "exception" in events


def test_after_this_and_later_moved_the_earlier_ones_stay_in_the_calendar(cast, client):
    gathering = plan(cast.dev, rrule="FREQ=WEEKLY;COUNT=6")
    third = gathering.sessions.order_by("starts_at")[2]
    planning.change_session(
        third, by=cast.dev, at=now(), starts_at=in_days(18, 19), duration_minutes=45, and_later=True
    )
    calendar = fetch(client, "gathering_ics", gathering.slug)
    assert happening(calendar) == ours(gathering)
    assert len(ours(gathering)) == 6


def test_a_gathering_called_off_is_cancelled_in_calendars(cast, client):
    gathering = plan(cast.dev, rrule="FREQ=WEEKLY;COUNT=4")
    planning.call_off_gathering(gathering, by=cast.dev, at=now())
    assert happening(fetch(client, "gathering_ics", gathering.slug)) == []


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_a_host_does_calendars_show_our_sessions(cast, data):
    rule = data.draw(
        st.sampled_from(["", "FREQ=DAILY;COUNT=9", "FREQ=WEEKLY;COUNT=8", "FREQ=WEEKLY;INTERVAL=2"])
    )
    gathering = plan(cast.dev, rrule=rule)
    for _step in range(data.draw(st.integers(0, 5))):
        sessions = list(gathering.sessions.filter(starts_at__gt=now()).order_by("starts_at"))
        session = data.draw(st.sampled_from(sessions))
        act = data.draw(st.sampled_from(["off", "on", "one", "later", "all", "come"]))
        hour = data.draw(st.integers(7, 21))
        if act == "off":
            planning.call_off_session(session, by=cast.dev, at=now())
        elif act == "on":
            planning.put_session_on_again(session, by=cast.dev, at=now())
        elif act == "come" and not session.is_called_off:
            places.take_place(session, by=cast.amina, at=now())
        elif act in ("one", "later"):
            shift = dt.timedelta(hours=hour - 10, days=data.draw(st.integers(0, 2)))
            try:
                planning.change_session(
                    session,
                    by=cast.dev,
                    at=now(),
                    starts_at=session.starts_at + shift,
                    duration_minutes=60,
                    and_later=act == "later",
                )
            except planning.recurrence.BadRule:
                pass
        elif act == "all":
            gathering.refresh_from_db()
            start = in_days(data.draw(st.integers(1, 5)), hour)
            planning.change_gathering(gathering, by=cast.dev, at=now(), starts_at=start)
        gathering.refresh_from_db()
    gathering.sessions_shown = list(
        gathering.sessions.filter(ends_at__gt=now()).select_related("venue").order_by("starts_at")
    )
    calendar = read(calendars.of_gatherings("Test", [gathering]))
    assert happening(calendar, 120) == ours(gathering, 120)


def test_my_calendar_holds_what_i_come_to_and_nothing_else(cast, client):
    mine, other, waiting = (plan(cast.dev, capacity=1, days=day) for day in (3, 4, 5))
    places.take_place(mine.sessions.get(), by=cast.amina, at=now())
    places.take_place(waiting.sessions.get(), by=cast.bryn, at=now())
    places.take_place(waiting.sessions.get(), by=cast.amina, at=now())
    link = calendar_links.link_of(cast.amina, at=now())
    events = fetch(client, "my_ics", link.key).walk("VEVENT")
    assert [(event["SUMMARY"], event["STATUS"]) for event in events] == [
        (mine.title, "CONFIRMED"),
        (waiting.title, "TENTATIVE"),
    ]
    assert other.title not in [event["SUMMARY"] for event in events]


def test_a_new_address_ends_the_old_one(cast, client):
    client.force_login(cast.amina.account)
    page = reverse("gatherings:calendar")
    old = client.get(page).context["address"]
    client.post(page)
    new = client.get(page).context["address"]
    client.logout()
    path = "/" + old.split("/", 3)[3]
    assert old != new
    assert client.get(path).status_code == 404
    assert client.get("/" + new.split("/", 3)[3]).status_code == 200


def test_what_one_may_no_longer_see_leaves_ones_calendar(cast, client):
    team = TeamFactory()
    add_member(team, cast.dev, role="host")
    membership = add_member(team, cast.amina)
    session = plan(cast.dev, team=team, who="team").sessions.get()
    places.take_place(session, by=cast.amina, at=now())
    link = calendar_links.link_of(cast.amina, at=now())
    assert len(fetch(client, "my_ics", link.key).walk("VEVENT")) == 1
    membership.state = "left"
    membership.save()
    assert len(fetch(client, "my_ics", link.key).walk("VEVENT")) == 0


def test_a_teams_own_gatherings_are_in_its_calendar_for_its_people_only(cast, client):
    team = TeamFactory()
    add_member(team, cast.dev, role="host")
    plan(cast.dev, team=team, who="team", title="Ours")
    plan(cast.dev, team=team, title="Everyone's")

    def titles():
        return {
            str(event["SUMMARY"]) for event in fetch(client, "team_ics", team.slug).walk("VEVENT")
        }

    assert titles() == {"Everyone's"}
    client.force_login(cast.dev.account)
    assert titles() == {"Ours", "Everyone's"}


def test_a_private_team_has_no_public_calendar(cast, client):
    team = TeamFactory(is_private=True)
    add_member(team, cast.dev, role="host")
    gathering = plan(cast.dev, team=team)
    url = reverse("gatherings:team_ics", args=[team.slug])
    assert client.get(url).status_code == 404
    assert client.get(reverse("gatherings:gathering_ics", args=[gathering.slug])).status_code == 404
    area = reverse("gatherings:area_ics", args=[cast.dev.home.slug])
    assert b"VEVENT" not in client.get(area).content


def test_the_boroughs_calendar_has_every_area_and_a_wards_only_its_own(cast, borough, client):
    plan(cast.dev, title="Here")
    plan(cast.dev, title="Far", area=borough.far_ward)

    def titles(area):
        return {
            str(event["SUMMARY"]) for event in fetch(client, "area_ics", area.slug).walk("VEVENT")
        }

    assert titles(borough.borough) == {"Here", "Far"}
    assert titles(borough.ward) == {"Here"}


def test_a_calendar_that_has_not_changed_is_not_sent_again(cast, client):
    gathering = plan(cast.dev)
    url = reverse("gatherings:gathering_ics", args=[gathering.slug])
    first = client.get(url)
    tag = first["ETag"]
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(url, headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 304
    later = now() + dt.timedelta(seconds=5)
    planning.change_gathering(gathering, by=cast.dev, at=later, title="Coffee and cake")
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 200
    assert client.get(url, headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_calendar_costs_no_more_queries(rows, cast, client, django_assert_num_queries):
    for _ in range(rows):
        gathering = plan(cast.dev, rrule="FREQ=WEEKLY", venue=VenueFactory())
        places.take_place(gathering.sessions.first(), by=cast.amina, at=now())
    link = calendar_links.link_of(cast.amina, at=now())
    with django_assert_num_queries(3):  # the area, its gatherings, their sessions
        client.get(reverse("gatherings:area_ics", args=[cast.dev.home.slug]))
    with django_assert_num_queries(5):  # link, blocks, teams, places, hosted
        client.get(reverse("gatherings:my_ics", args=[link.key]))
