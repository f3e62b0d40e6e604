"""What's on: the list, a gathering's page, its poster."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from doorstep.base.time import in_london, today
from doorstep.gatherings import reading, rules
from doorstep.gatherings.models import SessionQuerySet
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
    after = _read_key(asked.get("after"))
    since = _midnight(start) if start > today() else None
    if after is not None:
        since = max(since or after[0], after[0])
    sessions = reading.on_now_or_later(me, since=since)
    if last:
        sessions = sessions.filter(starts_at__lt=_midnight(last + dt.timedelta(days=1)))
    for name, _words, _icon, keeps in chips:
        if name in chosen:
            sessions = sessions.filter(keeps)
    if area is not None:
        sessions = sessions.filter(gathering__area__path__startswith=area.path)
    rows, more = _page(
        sessions,
        after,
        path=area.path if area else "",
        since=since,
    )
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


def _page(
    sessions: SessionQuerySet,
    after: tuple[dt.datetime, int] | None,
    *,
    path: str,
    since: dt.datetime | None,
) -> tuple[list[reading.Row], str]:
    """Return a page of rows and the key the next one begins after ("" at the end)."""
    if after is not None:
        moment, pk = after
        sessions = sessions.filter(Q(starts_at__gt=moment) | Q(pk__gt=pk))
    rows = reading.soonest(sessions, PAGE + 1, path=path, since=since)
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
