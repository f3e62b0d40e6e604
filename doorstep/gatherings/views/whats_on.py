"""What's on: the list, a gathering's page, its poster."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import OuterRef, Q, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from doorstep.base.text import to_html
from doorstep.base.time import in_london, local, now, today
from doorstep.feed.cards import render_cards
from doorstep.feed.reading import feed_page
from doorstep.gatherings import reading, rules, wording
from doorstep.gatherings.forms.planning import ComingForm
from doorstep.gatherings.models import Gathering, Place, Session, SessionQuerySet, gathering_panels
from doorstep.people.models import Person
from doorstep.places.models import Area

PAGE = 30
ON_GATHERING = 6


def reader(request: HttpRequest) -> Person | None:
    """Return who is looking, or None for a visitor."""
    return getattr(request.user, "person", None)


# The chips: (name in the address, words, icon, what it keeps).
def _chips() -> list[tuple[str, str, str, Q]]:
    return [
        ("free", _("Free"), "gift", Q(gathering__cost="")),
        (
            "step-free",
            _("Step-free"),
            "accessibility",
            Q(venue__is_step_free=True) | Q(venue=None, gathering__venue__is_step_free=True),
        ),
        ("children", _("With children"), "baby", Q(gathering__is_good_with_children=True)),
        (
            "phone",
            _("By phone or online"),
            "phone",
            ~Q(gathering__dial_in="") | Q(gathering__is_online=True),
        ),
    ]


@login_not_required
def whats_on(request: HttpRequest) -> HttpResponse:
    """What's on, day by day, soonest first; visitors see what is open to everyone."""
    me = reader(request)
    asked = request.GET
    first, last = _day(asked.get("from")), _day(asked.get("to"))
    start = max(first or today(), today())
    area = _area(asked.get("area"), me)
    chips = _chips()
    chosen = {name for name, _words, _icon, _keeps in chips if asked.get(name) == "1"}
    sessions = reading.on_now_or_later(me)
    if start > today():
        sessions = sessions.filter(starts_at__gte=_midnight(start))
    if last:
        sessions = sessions.filter(starts_at__lt=_midnight(last + dt.timedelta(days=1)))
    for name, _words, _icon, keeps in chips:
        if name in chosen:
            sessions = sessions.filter(keeps)
    if area is not None:
        sessions = sessions.filter(gathering__area__path__startswith=area.path)
    rows, more = _page(sessions, asked.get("after"))
    base = dict.fromkeys(sorted(chosen), "1")
    base |= {"from": f"{first}"} if first else {}
    base |= {"to": f"{last}"} if last else {}
    if area is not None and asked.get("area"):
        base["area"] = asked["area"]
    context = {
        "days": reading.by_day(reading.with_mine(me, rows)),
        "more": _address({**base, "after": more}) if more else "",
        "is_later_page": bool(asked.get("after")),
        "first_page": _address(base),
        "chips": [
            {
                "words": words,
                "icon": icon,
                "is_on": name in chosen,
                "url": _address(_toggled(base, name)),
            }
            for name, words, icon, _keeps in chips
        ],
        "weeks": _weeks(base, first, last),
        "area": area,
        "near": _near(base, me, area),
        "everywhere": _address(base),
        "first": first,
        "last": last,
        "hidden": {key: value for key, value in base.items() if key not in ("from", "to")},
        "is_filtered": bool(base),
        "today": today(),
        "tomorrow": today() + dt.timedelta(days=1),
        "can_plan": rules.can_plan(me),
        "feed_area": area or _borough(),
        "me": me,
    }
    return render(request, "gatherings/whats_on.html", context)


def _midnight(day: dt.date) -> dt.datetime:
    return in_london(dt.datetime.combine(day, dt.time()))


def _day(text: str | None) -> dt.date | None:
    """Return the day in an address, or None for none or nonsense."""
    try:
        day = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 2000 < day.year < 2100 else None


def _area(slug: str | None, me: Person | None) -> Area | None:
    if not slug:
        return None
    if slug == "mine":
        return me.home if me is not None else None
    return Area.objects.filter(slug=slug).defer("boundary").first()


def _borough() -> Area | None:
    return Area.objects.filter(kind=Area.Kind.BOROUGH).defer("boundary").order_by("id").first()


def _near(base: dict[str, str], me: Person | None, area: Area | None) -> dict[str, Any] | None:
    """Return the chip “near me”: my locality, on or off."""
    if me is None or me.home_id is None:
        return None
    is_on = base.get("area") == "mine"
    return {"is_on": is_on, "url": _address(_toggled(base, "area", "mine"))}


def _toggled(base: dict[str, str], name: str, value: str = "1") -> dict[str, str]:
    rest = {key: kept for key, kept in base.items() if key != name}
    return rest if base.get(name) == value else {**rest, name: value}


def _address(values: dict[str, str]) -> str:
    query = urlencode(values)
    return reverse("gatherings:whats_on") + (f"?{query}" if query else "")


def _weeks(
    base: dict[str, str], first: dt.date | None, last: dt.date | None
) -> list[dict[str, Any]]:
    """Return links to the coming weeks: any time, this week, the weekend, next week."""
    day = today()
    sunday = day + dt.timedelta(days=6 - day.weekday())
    saturday = max(day, sunday - dt.timedelta(days=1))
    spans: list[tuple[str, dt.date | None, dt.date | None]] = [
        (_("Any day"), None, None),
        (_("This week"), day, sunday),
        (_("This weekend"), saturday, sunday),
        (_("Next week"), sunday + dt.timedelta(days=1), sunday + dt.timedelta(days=7)),
    ]
    rest = {key: value for key, value in base.items() if key not in ("from", "to")}
    return [
        {
            "words": words,
            "is_on": (first, last) == (start, end),
            "url": _address({**rest, **({"from": f"{start}", "to": f"{end}"} if start else {})}),
        }
        for words, start, end in spans
    ]


def _page(sessions: SessionQuerySet, after: str | None) -> tuple[list[reading.Row], str]:
    """Return a page of rows and the key the next one begins after ("" at the end)."""
    key = _read_key(after)
    if key is not None:
        moment, pk = key
        sessions = sessions.filter(Q(starts_at__gt=moment) | Q(starts_at=moment, pk__gt=pk))
    rows = reading.rows_of(sessions[: PAGE + 1])
    if len(rows) <= PAGE:
        return rows, ""
    end = rows[PAGE - 1]
    return rows[:PAGE], f"{end.starts_at:%Y%m%dT%H%M%S}-{end.pk}"


def _read_key(text: str | None) -> tuple[dt.datetime, int] | None:
    stamp, _dash, pk = (text or "").partition("-")
    if not (pk.isascii() and pk.isdigit() and len(pk) <= 18):
        return None
    try:
        moment = dt.datetime.strptime(stamp, "%Y%m%dT%H%M%S")  # noqa: DTZ007 (UTC, below)
    except ValueError:
        return None
    return moment.replace(tzinfo=dt.UTC), int(pk)


# --- A gathering -----------------------------------------------------------------------------


def gathering_or_404(person: Person | None, slug: str) -> Gathering:
    """Return the gathering if the person may see it.

    Asks the rule of the row instead of the database twice: the same answer in fewer queries.
    """
    gathering = (
        Gathering.objects.select_related("team", "host", "area", "venue", "channel")
        .defer("area__boundary")
        .filter(slug=slug)
        .first()
    )
    if gathering is None or not rules.can_see_gathering(person, gathering):
        raise Http404
    return gathering


@login_not_required
def gathering(request: HttpRequest, slug: str) -> HttpResponse:
    """All about a gathering: what happens, where, when next, who hosts, what people say."""
    me = reader(request)
    thing = gathering_or_404(me, slug)
    sessions = _next_sessions(thing, me)
    upcoming = next(
        (one for one in sessions if not one.is_called_off and one.ends_at > now()), None
    )
    can_run = rules.can_run(me, thing)
    page = feed_page(me, [thing.channel_id], limit=3)
    context: dict[str, Any] = {
        "gathering": thing,
        "rows": [_as_row(thing, one) for one in sessions],
        "upcoming": upcoming,
        "has_more_dates": len(sessions) >= ON_GATHERING,
        "jobs": list(thing.jobs.filter(people_needed__gt=0)),
        "posts": render_cards(page.items, me),
        "has_more_posts": page.next_before is not None,
        "can_run": can_run,
        "online_link": _link_for(upcoming, can_run=can_run),
        "can_post": rules.can_post_about(me, thing),
        "panels": [panel.render(request, thing) for panel in gathering_panels],
        "me": me,
        "description": to_html(thing.description),
        "walk_in": to_html(thing.when_you_walk_in) if thing.when_you_walk_in else "",
        "is_off": thing.state == Gathering.State.CALLED_OFF,
        "webcal": _webcal(reverse("gatherings:gathering_ics", args=[thing.slug])),
        **_coming_context(upcoming, me),
    }
    return render(request, "gatherings/gathering.html", context)


def _link_for(session: Any, *, can_run: bool) -> str:
    """Return the link to join online, for hosts and those coming."""
    if session is None or not session.gathering.is_online:
        return ""
    is_coming = getattr(session, "my_state", None) == Place.State.GOING
    return wording.online_link(session) if can_run or is_coming else ""


def _webcal(path: str) -> str:
    """Return an address that calendars subscribe to."""
    return settings.SITE_URL.replace("https://", "webcal://").replace("http://", "webcal://") + path


def _next_sessions(thing: Gathering, me: Person | None) -> list[Any]:
    """Return the next sessions, each with `my_state` and `my_guests`, in one query."""
    sessions = thing.sessions.filter(ends_at__gt=now()).select_related("venue")
    if me is not None:
        mine = Place.objects.filter(session=OuterRef("pk"), person=me)
        sessions = sessions.annotate(
            my_state=Subquery(mine.values("state")[:1]),
            my_guests=Subquery(mine.values("guests")[:1]),
            my_how=Subquery(mine.values("how")[:1]),
        )
    found = list(sessions.order_by("starts_at", "id")[:ON_GATHERING])
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
    """Return what the “I'm coming” box of the next session needs."""
    if session is None:
        return {"can_come": False}
    state = getattr(session, "my_state", None)
    place = None
    if me is not None and state:
        place = Place(
            session=session, person=me, state=state, guests=session.my_guests, how=session.my_how
        )
        # What the rules would ask the database for again.
        session.__dict__.setdefault("_place_of", {})[me.pk] = place
    elif me is not None:
        session.__dict__.setdefault("_place_of", {})[me.pk] = None
    return {
        "session": session,
        "place": place,
        "my_state": _mine(state),
        "can_come": rules.can_come(me, session),
        "coming_form": ComingForm(session=session, place=place),
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
        "code": code.svg_inline(border=2, omitsize=True, svgclass="poster-code", lineclass=None),
        "where": wording.address_of(venue) if venue else "",
        "starts": local(thing.starts_at),
    }
    return render(request, "gatherings/poster.html", context)
