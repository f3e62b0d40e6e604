"""A gathering's page, its dates and its poster."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe

from doorstep.base.kept_pages import kept_page, narrow
from doorstep.base.prepared import Prepared
from doorstep.base.text import to_html
from doorstep.base.time import changes_at, now
from doorstep.feed.cards import render_cards, thank_form
from doorstep.feed.reading import feed_page
from doorstep.gatherings import kept, reading, rules, wording
from doorstep.gatherings.forms.planning import ComingForm
from doorstep.gatherings.models import Gathering, Job, Place, Session, gathering_panels
from doorstep.gatherings.views.whats_on import reader
from doorstep.people.models import Person
from doorstep.places.models import Venue

ON_GATHERING = 6

# The queries of this page, worded once: it is among the busiest.
_gathering = Prepared(
    lambda slug: Gathering.objects.select_related("team", "host", "venue").filter(slug=slug),
    slug=str,
)
_jobs = Prepared(
    lambda gathering: (
        Job.objects.filter(gathering=gathering, people_needed__gt=0)
        .order_by("id")
        .values_list("name", "people_needed")
    ),
    gathering=int,
)


def _of_place(person: int, field: str) -> Subquery:
    return Subquery(Place.objects.filter(session=OuterRef("pk"), person=person).values(field)[:1])


_sessions = Prepared(
    lambda gathering, at, person: (
        Session.objects.filter(gathering=gathering, ends_at__gt=at)
        .select_related("venue")
        .annotate(
            my_state=_of_place(person, "state"),
            my_guests=_of_place(person, "guests"),
            my_how=_of_place(person, "how"),
        )
        .order_by("starts_at", "id")[:ON_GATHERING]
    ),
    gathering=int,
    at=dt.datetime,
    person=int,
)


def gathering_or_404(person: Person | None, slug: str) -> Gathering:
    """Return the gathering if the person may see it.

    Asks the rule of the row instead of the database twice: the same answer in fewer queries.
    """
    found = _gathering.first(slug=slug)
    if found is None or not rules.can_see_gathering(person, found):
        raise Http404
    return found


@login_not_required
@kept_page
def gathering(request: HttpRequest, slug: str) -> HttpResponse:
    """All about a gathering: what happens, where, when next, who hosts, what people say."""
    me = reader(request)
    thing = gathering_or_404(me, slug)
    sessions = _next_sessions(thing, me)
    # What may be done with a session goes by the minute.
    changes_at(now() + dt.timedelta(minutes=1))
    jobs = _jobs(gathering=thing.pk)
    is_off = thing.state == Gathering.State.CALLED_OFF
    upcoming = next((one for one in sessions if not one.is_called_off and not is_off), None)
    can_run = rules.can_run(me, thing)
    narrow(request, "feed_post", "channel", [thing.channel_id])
    page = feed_page(me, [thing.channel_id], limit=3)
    rows = tuple(_as_row(thing, one) for one in sessions)
    coming = _coming_context(upcoming, me)
    link = _link_for(upcoming, can_run=can_run)
    about = _about(thing, me, can_run=can_run)
    shared = {"gathering": thing, "can_run": can_run, "is_off": is_off, "me": me, **coming}

    def middle() -> dict[str, Any]:
        return {
            **shared,
            "rows": rows,
            "has_more_dates": len(rows) >= ON_GATHERING,
            "description": to_html(thing.description),
            "walk_in": to_html(thing.when_you_walk_in) if thing.when_you_walk_in else "",
            "coming_form": ComingForm(session=upcoming, place=coming["place"])
            if upcoming
            else None,
            "help_phone": settings.HELP_PHONE,
        }

    def side() -> dict[str, Any]:
        path = reverse("gatherings:gathering_ics", args=[thing.slug])
        return {
            **shared,
            "venue": thing.venue,
            "jobs": [{"name": name, "people_needed": needed} for name, needed in jobs],
            "online_link": link,
            "webcal": "webcal://" + settings.SITE_URL.split("://", 1)[1] + path,
        }

    box = (
        upcoming.pk if upcoming else 0,
        coming["my_state"],
        upcoming and upcoming.my_guests,
        upcoming and upcoming.my_how,
        coming["seats_left"],
        coming["can_come"],
    )
    context = {
        "gathering": thing,
        "top": kept.part(request, "_gathering_top.html", about[:6], lambda: shared),
        "middle": kept.part(request, "_gathering_main.html", (about, box, rows), middle),
        "side": kept.part(
            request, "_gathering_side.html", (about, box[0], tuple(jobs), link), side
        ),
        "posts": render_cards(page.items, me, here=request.path),
        "thank_form": thank_form(request),
        "can_post": rules.can_post_about(me, thing),
        "panels": [panel.render(request, thing) for panel in gathering_panels],
        "me": me,
    }
    return render(request, "gatherings/gathering.html", context)


def _about(thing: Gathering, me: Person | None, *, can_run: bool) -> tuple[Hashable, ...]:
    """Return everything the kept parts show of a gathering, for their keys."""
    venue, host, team = thing.venue, thing.host, thing.team
    return (
        thing.pk,
        thing.slug,
        thing.state,
        can_run,
        thing.sequence,
        thing.changed_at,
        me is None,
        *(getattr(thing, name) for name in _SHOWN),
        host.known_as,
        host.handle,
        host.spot,
        (team.name, team.slug) if team else None,
        tuple(getattr(venue, field.attname) for field in Venue._meta.concrete_fields)
        if venue
        else None,
    )


_SHOWN = (
    "title",
    "who",
    "description",
    "when_you_walk_in",
    "is_online",
    "online_url",
    "dial_in",
    "dial_in_code",
    "cost",
    "is_good_with_children",
    "starts_at",
    "rrule",
    "capacity",
    "guests_each",
    "spot",
)


def _link_for(session: Any, *, can_run: bool) -> str:
    """Return the link to join online, for hosts and those coming."""
    if session is None or not session.gathering.is_online:
        return ""
    is_coming = session.my_state == Place.State.GOING
    return wording.online_link(session) if can_run or is_coming else ""


def _next_sessions(thing: Gathering, me: Person | None) -> list[Any]:
    """Return the next sessions, each with `my_state`, `my_guests` and `my_how`, in one query."""
    pk = me.pk if me else 0
    found = _sessions(gathering=thing.pk, at=now(), person=pk)
    for session in found:
        session.gathering = thing
    return found


def _as_row(thing: Gathering, session: Any) -> reading.Row:
    venue = session.venue or thing.venue
    return reading.Row(
        session.pk,
        session.starts_at,
        session.ends_at,
        thing.title,
        thing.slug,
        thing.spot,
        venue.name if venue else "",
        bool(venue and venue.is_step_free),
        thing.is_online,
        bool(thing.dial_in),
        thing.cost,
        thing.is_good_with_children,
        thing.capacity,
        session.seats_taken,
        session.waiting_count,
        session.is_called_off or thing.state == Gathering.State.CALLED_OFF,
        session.note,
        _mine(getattr(session, "my_state", None)),
    )


def _mine(state: str | None) -> str:
    return state if state in (Place.State.GOING, Place.State.WAITING) else ""


def _coming_context(session: Any, me: Person | None) -> dict[str, Any]:
    """Return what the “I'm coming” box of the next session shows."""
    if session is None:
        return {
            "session": None, "place": None, "my_state": "", "can_come": False, "seats_left": None
        }  # fmt: skip
    place = None
    if me is not None and session.my_state:
        place = Place(
            session=session,
            person=me,
            state=session.my_state,
            guests=session.my_guests,
            how=session.my_how,
        )
    if me is not None:
        # What the rules would ask the database for again.
        session.__dict__.setdefault("_place_of", {})[me.pk] = place
    return {
        "session": session,
        "place": place,
        "my_state": _mine(session.my_state),
        "can_come": rules.can_come(me, session),
        "seats_left": seats_left(session),
    }


def seats_left(session: Session) -> int | None:
    """Return how many seats are free, or None without a limit."""
    capacity = session.gathering.capacity
    return None if capacity is None else max(0, capacity - session.seats_taken)


@login_not_required
def dates(request: HttpRequest, slug: str) -> HttpResponse:
    """Every coming date of a gathering."""
    me = reader(request)
    thing = gathering_or_404(me, slug)
    sessions = thing.sessions.filter(ends_at__gt=now()).order_by("starts_at", "id")[:200]
    rows = reading.with_mine(me, reading.rows_of(sessions))
    return render(request, "gatherings/dates.html", {"gathering": thing, "rows": rows})


@login_not_required
def poster(request: HttpRequest, slug: str) -> HttpResponse:
    """One sheet of paper for the noticeboard, with a code to scan."""
    import segno

    me = reader(request)
    thing = gathering_or_404(me, slug)
    upcoming = thing.sessions.filter(ends_at__gt=now(), is_called_off=False).order_by("starts_at")
    address = settings.SITE_URL + thing.get_absolute_url()
    code = segno.make(address, error="m")
    venue = thing.venue
    context = {
        "gathering": thing,
        "sessions": list(upcoming[:4]),
        "address": address,
        "code": mark_safe(
            code.svg_inline(border=2, omitsize=True, svgclass="poster-code", lineclass=None)
        ),
        "where": wording.address_of(venue) if venue else "",
    }
    return render(request, "gatherings/poster.html", context)
