"""Calendars (RFC 5545) that phones subscribe to: mine, a team's, an area's, one gathering's.

A gathering that repeats is one event with its rule, so a phone shows it for ever; a session that
differs is an exception of it (RECURRENCE-ID). A person's own calendar holds only sessions they
come to, each as an event of its own.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

import icalendar
from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from doorstep.base.time import LONDON, local
from doorstep.gatherings import recurrence, wording
from doorstep.gatherings.models import CalendarLink, Gathering, Place, Session
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.teams.models import Team

MOST = 300  # gatherings in one calendar: the soonest
BACK = dt.timedelta(days=31)  # what was stays in the calendar this long


def address_of(link: CalendarLink) -> str:
    """Return the full secret address of a person's calendar."""
    return settings.SITE_URL + reverse("gatherings:my_ics", args=[link.key])


def webcal_of(link: CalendarLink) -> str:
    """Return the same address in the form that opens a calendar program."""
    return "webcal://" + address_of(link).split("://", 1)[1]


def _empty(name: str) -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Doorstep//Neighbourhood calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Europe/London")
    calendar.add("refresh-interval", dt.timedelta(hours=2), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT2H")
    calendar.add_component(_london())
    return calendar


@lru_cache(1)
def _london() -> icalendar.Timezone:
    """Return VTIMEZONE of London, for calendars that don't know it."""
    return icalendar.Timezone.from_tzid(
        "Europe/London", first_date=dt.date(2020, 1, 1), last_date=dt.date(2038, 1, 1)
    )


def _event(session: Session, uid: str, *, is_off: bool) -> icalendar.Event:
    """Return an event with everything a session's page says about when, where and how."""
    gathering = session.gathering
    event = icalendar.Event()
    event.add("uid", uid)
    event.add("dtstart", local(session.starts_at).replace(tzinfo=LONDON))
    event.add("dtend", local(session.ends_at).replace(tzinfo=LONDON))
    event.add("dtstamp", gathering.changed_at.astimezone(dt.UTC))
    event.add("last-modified", gathering.changed_at.astimezone(dt.UTC))
    event.add("created", gathering.created_at.astimezone(dt.UTC))
    event.add("sequence", gathering.sequence)
    event.add("summary", gathering.title)
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    event.add("url", settings.SITE_URL + gathering.get_absolute_url())
    venue = session.venue or gathering.venue
    if venue is not None:
        event.add("location", wording.address_of(venue))
        if venue.latitude is not None and venue.longitude is not None:
            event.add("geo", (venue.latitude, venue.longitude))
    elif gathering.is_online:
        event.add("location", _("Online"))
    elif gathering.dial_in:
        event.add("location", _("By telephone"))
    event.add("description", _description(session))
    event.add("transp", "OPAQUE")
    return event


def _description(session: Session) -> str:
    gathering = session.gathering
    parts = [session.note, gathering.description]
    if gathering.dial_in:
        parts.append(wording.dial_in_of(session))
    if gathering.cost:
        parts.append(_("Cost: %(cost)s") % {"cost": gathering.cost})
    parts.append(settings.SITE_URL + gathering.get_absolute_url())
    return "\n\n".join(part for part in parts if part)


def _uid(gathering: Gathering) -> str:
    return f"{gathering.uid}@{settings.SITE_URL.split('://')[-1]}"


def _uid_alone(session: Session) -> str:
    return f"{session.pk}-{_uid(session.gathering)}"


def add_gathering(
    calendar: icalendar.Calendar, gathering: Gathering, sessions: Sequence[Session]
) -> None:
    """Add a gathering: its rule as one event, and the sessions that differ from it.

    `sessions` are the rows that exist, in the time the calendar speaks of.
    """
    all_off = gathering.state == Gathering.State.CALLED_OFF
    for session in sessions:
        session.gathering = gathering
    if not gathering.rrule:
        for session in sessions:
            is_rule = session.rule_starts_at == gathering.starts_at
            uid = _uid(gathering) if is_rule else _uid_alone(session)
            calendar.add_component(_event(session, uid, is_off=all_off or session.is_called_off))
        return
    length = dt.timedelta(minutes=gathering.duration_minutes)
    master = Session(
        gathering=gathering,
        starts_at=gathering.starts_at,
        ends_at=gathering.starts_at + length,
        rule_starts_at=gathering.starts_at,
    )
    event = _event(master, _uid(gathering), is_off=all_off)
    event.add("rrule", icalendar.vRecur.from_ical(gathering.rrule))
    for moment in gathering.exdates:
        skipped = local(dt.datetime.fromisoformat(moment)).replace(tzinfo=LONDON)
        event.add("exdate", skipped)
    calendar.add_component(event)
    last = max([session.rule_starts_at for session in sessions], default=gathering.starts_at)
    by_rule = set(
        recurrence.occurrences(gathering.rrule, gathering.starts_at, until=last, most=1000)
    ) - {dt.datetime.fromisoformat(moment) for moment in gathering.exdates}
    for session in sessions:
        if session.rule_starts_at not in by_rule:
            # From before the rule was changed: an event of its own.
            calendar.add_component(
                _event(session, _uid_alone(session), is_off=all_off or session.is_called_off)
            )
        elif _differs(session, length):
            exception = _event(session, _uid(gathering), is_off=all_off or session.is_called_off)
            exception.add("recurrence-id", local(session.rule_starts_at).replace(tzinfo=LONDON))
            calendar.add_component(exception)


def _differs(session: Session, length: dt.timedelta) -> bool:
    return bool(
        session.is_called_off
        or session.note
        or session.venue_id
        or session.starts_at != session.rule_starts_at
        or session.ends_at - session.starts_at != length
    )


def of_gatherings(name: str, gatherings: Iterable[Gathering]) -> bytes:
    """Return a calendar of gatherings, each with `sessions_shown` (see `with_sessions`)."""
    calendar = _empty(name)
    for gathering in gatherings:
        add_gathering(calendar, gathering, gathering.sessions_shown)  # type: ignore[attr-defined]
    return calendar.to_ical()


def of_session(session: Session) -> bytes:
    """Return a calendar with one session alone."""
    calendar = _empty(session.gathering.title)
    is_off = session.is_called_off or session.gathering.state == Gathering.State.CALLED_OFF
    calendar.add_component(_event(session, _uid_alone(session), is_off=is_off))
    return calendar.to_ical()


def of_person(person: Person, at: dt.datetime) -> bytes:
    """Return the calendar of what a person comes to (waits for: tentative) and hosts."""
    calendar = _empty(_("My gatherings"))
    since = at - BACK
    places = (
        Place.objects.filter(
            person=person,
            state__in=[Place.State.GOING, Place.State.WAITING],
            session__ends_at__gt=since,
        )
        .filter(session__in=Session.objects.visible_to(person))
        .select_related("session__gathering__venue", "session__venue")
        .order_by("session__starts_at", "session_id")
    )
    have = set()
    for place in places:
        session = place.session
        have.add(session.pk)
        calendar.add_component(_own(session, waiting=place.state == Place.State.WAITING))
    hosted = (
        Session.objects.filter(gathering__host=person, ends_at__gt=since)
        .exclude(pk__in=have)
        .exclude(gathering__state=Gathering.State.HIDDEN)
        .select_related("gathering__venue", "venue")
        .order_by("starts_at", "id")[:MOST]
    )
    for session in hosted:
        calendar.add_component(_own(session, waiting=False))
    return calendar.to_ical()


def _own(session: Session, *, waiting: bool) -> icalendar.Event:
    is_off = session.is_called_off or session.gathering.state == Gathering.State.CALLED_OFF
    event = _event(session, _uid_alone(session), is_off=is_off)
    if waiting and not is_off:
        event["STATUS"] = icalendar.vText("TENTATIVE")
    if session.gathering.is_online and not waiting:
        event.add("conference", wording.online_link(session), parameters={"VALUE": "URI"})
    return event


def with_sessions(at: dt.datetime) -> Prefetch:
    """Return what fetches each gathering's sessions for a calendar, as `sessions_shown`."""
    return Prefetch(
        "sessions",
        Session.objects.filter(ends_at__gt=at - BACK)
        .select_related("venue")
        .order_by("starts_at", "id"),
        to_attr="sessions_shown",
    )


def gatherings_of_team(person: Person | None, team: Team, at: dt.datetime) -> list[Gathering]:
    """Return the team's gatherings the reader may see."""
    return _upcoming(person, at, team=team)


def gatherings_in(person: Person | None, area: Area, at: dt.datetime) -> list[Gathering]:
    """Return the gatherings in an area, and everything under it, that the reader may see."""
    return _upcoming(person, at, area__path__startswith=area.path)


def _upcoming(person: Person | None, at: dt.datetime, **narrowing: object) -> list[Gathering]:
    coming = Session.objects.filter(gathering=OuterRef("pk"), ends_at__gt=at - BACK)
    return list(
        Gathering.objects.visible_to(person)
        .filter(Exists(coming), **narrowing)
        .select_related("venue")
        .prefetch_related(with_sessions(at))
        .order_by("-changed_at", "-id")[:MOST]
    )


def tag_of(calendar: bytes) -> str:
    """Return an ETag for a calendar: the same content, the same tag."""
    return f'"{hashlib.blake2b(calendar, digest_size=12).hexdigest()}"'
