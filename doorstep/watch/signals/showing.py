"""A signal in plain words, as a plot and as a map; each of the two with its table."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorstep.design.templatetags.design import day as in_words
from doorstep.places import drawing
from doorstep.places.atlas import Atlas
from doorstep.places.models import Area
from doorstep.watch.models import Concern, Signal, SignalStep

WEEKS = 52  # of the plot
TABLE_WEEKS = 12
FEWEST = 5


def place_of(signal: Signal, areas: list[Area]) -> str:
    """Return where it is: "Gascoigne", or "4 neighbourhoods around Becontree"."""
    if len(areas) <= 1:
        return signal.area.name
    return ngettext("%(count)d area in %(around)s", "%(count)d areas in %(around)s", len(areas)) % {
        "count": len(areas),
        "around": signal.area.name,
    }


def number(value: float) -> str:
    """Return a number as people say it: "0.4", "12"."""
    if value < 0.1:
        return _("hardly any")
    if value < 9.95:
        return f"{value:.1f}".removesuffix(".0")
    return str(round(value))


def headline(signal: Signal) -> str:
    """“6 in 11 days. Usually there are 0.4.”"""
    days = ngettext("%(count)d day", "%(count)d days", signal.days) % {"count": signal.days}
    if signal.expected is None:
        return _("%(seen)d in %(days)s, joined by a human.") % {
            "seen": signal.observed, "days": days,
        }  # fmt: skip
    return _("%(seen)d in %(days)s. Usual in as many days: %(usual)s.") % {
        "seen": signal.observed,
        "days": days,
        "usual": number(signal.expected),
    }


def how_unusual(signal: Signal) -> str:
    """Return in plain words how often chance alone would do it; never as a certainty."""
    if signal.p is None:
        return ""
    if signal.how == Signal.How.CLUSTER and signal.p <= 0.0011:
        return _(
            "We shuffled the dates a thousand times, and chance never gave as much. Something is "
            "probably different there, or in who tells us."
        )
    if signal.p >= 0.05:
        return _(
            "It could well be chance: so much comes about once in %(n)s looks when nothing is "
            "going on. Worth a glance."
        ) % {"n": round(1 / signal.p)}
    if signal.p >= 0.001:
        return _(
            "Chance alone gives so much about once in %(n)s looks. It may mean something, or "
            "more people than usual may have told us."
        ) % {"n": _round(1 / signal.p)}
    if signal.p >= 1e-5:
        return _(
            "Chance alone hardly gives so much: about once in %(n)s looks. Something is probably "
            "different there, or in who tells us."
        ) % {"n": f"{_round(1 / signal.p):,}"}
    return _(
        "Chance alone practically never gives so much. Something is different there, or in who "
        "tells us."
    )


def _round(value: float) -> int:
    """Return two leading digits: 437 is 440."""
    size = 10 ** max(0, math.floor(math.log10(max(value, 1))) - 1)
    return round(value / size) * size


def how_seen(signal: Signal) -> str:
    """Return what it was compared with."""
    return {
        Signal.How.SEASON: _(
            "We compared with the same time of earlier years, and with how many there usually are "
            "just here."
        ),
        Signal.How.LEVEL: _(
            "We compared with the weeks before. There are too few years, or too few concerns, to "
            "know what is usual for the time of year, so we were careful."
        ),
        Signal.How.CLUSTER: _(
            "We compared this corner with the rest of the borough on the same days: more came "
            "together here than days and places alone explain."
        ),
        Signal.How.HUMAN: _("Somebody saw that these belong together. No scan found it."),
    }[Signal.How(signal.how)]


def plain(value: Decimal) -> str:
    """Return a decimal without the zeros nobody says: "1.5", "1"."""
    return f"{value.normalize():f}"


# --- The plot ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    """One week: the day it ends, what was counted, and whether it is of the signal."""

    ends: dt.date
    count: int
    is_of_it: bool


@dataclass(frozen=True)
class Plot:
    """Weeks of a signal's theme and place, as SVG and as rows; `usual` is a usual week."""

    svg: SafeString
    rows: list[Bar]
    usual: float | None
    total: int


def weeks_of(signal: Signal, areas: list[Area]) -> list[Bar]:
    """Return a year of weeks up to the end of the signal, the earliest first."""
    first = signal.until - dt.timedelta(days=7 * WEEKS - 1)
    inside = Q(pk__in=[])
    for area in areas or [signal.area]:
        inside |= Q(area__path__startswith=area.path)
    days = (
        Concern.objects.counted()
        .filter(inside, theme=signal.theme_id, seen_on__range=(first, signal.until))
        .values_list("seen_on", flat=True)
    )
    counts = Counter((day - first).days // 7 for day in days)
    return [
        Bar(
            ends=(end := first + dt.timedelta(days=7 * week + 6)),
            count=counts[week],
            is_of_it=end >= signal.begins_on,
        )
        for week in range(WEEKS)
    ]


def plot(signal: Signal, areas: list[Area]) -> Plot:
    """Draw a year of weeks as bars, those of the signal in their own ink, and a usual week."""
    rows = weeks_of(signal, areas)
    usual = signal.expected / signal.days * 7 if signal.expected is not None else None
    top = max([4, *(row.count for row in rows), math.ceil(usual or 0)])
    left, base, high, step = 34, 150, 130, 12
    width = left + step * WEEKS + 8
    pieces = [f'<path class="plot-line" d="M{left} {base}H{width - 4}"/>']
    for mark in sorted({0, top // 2, top}):
        y = base - high * mark / top
        pieces.append(f'<text x="{left - 6}" y="{y + 5:.0f}" text-anchor="end">{mark}</text>')
    for number_of, row in enumerate(rows):
        height = high * row.count / top
        if row.count:
            kind = "plot-now" if row.is_of_it else "plot-past"
            pieces.append(
                f'<rect class="{kind}" x="{left + step * number_of + 2}" '
                f'y="{base - height:.1f}" width="{step - 3}" height="{height:.1f}" rx="2"/>'
            )
    if usual is not None:
        y = base - high * usual / top
        pieces.append(f'<path class="plot-usual" d="M{left} {y:.1f}H{width - 4}"/>')
    for week in range(0, WEEKS, 13):
        pieces.append(
            f'<text x="{left + step * week}" y="172">{escape(_month(rows[week].ends))}</text>'
        )
    title = _("Concerns a week for a year; the last weeks stand out")
    svg = (
        f'<svg class="chart plot" viewBox="0 0 {width} 180" role="img" '
        f'aria-label="{escape(title)}">{"".join(pieces)}</svg>'
    )
    return Plot(mark_safe(svg), rows, usual, sum(row.count for row in rows))


def _month(day: dt.date) -> str:
    from django.utils import formats

    return formats.date_format(day, "M Y")


# --- The map -------------------------------------------------------------------------------------


def drawn(signal: Signal, areas: list[Area], counts: dict[int, int], book: Atlas) -> SafeString:
    """Return the map of the wards with the signal's areas marked; "" where no shape is known.

    `counts`: area id -> concerns, written on the map.
    """
    wards = [ward for ward in book.wards if ward.pk in book.drawn]
    if not wards:
        return mark_safe("")
    whole = signal.area.kind == Area.Kind.BOROUGH and len(areas) <= 1
    lit: set[int] = set()
    for area in areas:
        ward = book.of_kind(area, Area.Kind.WARD)
        if ward is not None and ward.pk == area.pk:
            lit.add(ward.pk)
    pieces = []
    for ward in wards:
        ink = ' data-shop="map"' if whole or ward.pk in lit else ""
        pieces.append(
            f'<a href="{escape(ward.get_absolute_url())}" aria-label="{escape(ward.name)}"{ink}>'
            f'<path d="{book.drawn[ward.pk]}"/></a>'
        )
    for area in areas:
        if area.kind == Area.Kind.NEIGHBOURHOOD and area.pk in book.drawn:
            pieces.append(f'<path class="map-spot" d="{book.drawn[area.pk]}"/>')
    marked = [book.labels[area.pk] for area in areas if area.pk in book.labels]
    # A name that a mark would cover is left to the table.
    free = [
        ward
        for ward in wards
        if all(
            abs(x - book.labels.get(ward.pk, (0, 0))[0]) > 45
            or abs(y - book.labels.get(ward.pk, (0, 0))[1]) > 22
            for x, y in marked
        )
    ]
    names = [drawing.names(book, free)]
    for area in areas:
        if area.pk in book.labels and counts.get(area.pk):
            x, y = book.labels[area.pk]
            names.append(
                f'<g data-shop="help"><circle cx="{x}" cy="{y}" r="15"/>'
                f'<text x="{x}" y="{y + 6}">{counts[area.pk]}</text></g>'
            )
    view, near = f"0 0 {book.width} {book.height}", ""
    ward = book.of_kind(signal.area, Area.Kind.WARD)
    if ward is not None and ward.pk in book.drawn:
        view, near = drawing.near_by(book, ward), " map-near"
    title = _("Map: where they were seen. The same numbers stand in the table.")
    return mark_safe(
        f'<div class="map map-wards map-signal{near}"><svg viewBox="{view}" role="group" '
        f'aria-label="{escape(title)}">{"".join(pieces)}'
        f'<g class="map-names" aria-hidden="true">{"".join(names)}</g></svg></div>'
    )


def by_area(concerns: list[tuple[int, str]], areas: list[Area], book: Atlas) -> list[dict]:
    """Return the signal's areas with how many of its concerns lie in each, most first.

    `concerns`: (area id, anything). A concern counts for the smallest of the areas around it.
    """
    wanted = {area.pk: area for area in areas}
    found: Counter[int] = Counter()
    for area_id, _rest in concerns:
        area = book.areas.get(area_id)
        around = [area_id] if area is None else list(reversed(area.path_ids))
        for pk in around:
            if pk in wanted:
                found[pk] += 1
                break
    rows: list[dict[str, Any]] = [
        {"area": area, "count": found[area.pk]} for area in areas if found[area.pk]
    ]
    return sorted(rows, key=lambda row: (-row["count"], row["area"].name))


# --- The trail -----------------------------------------------------------------------------------


def trail(steps: list[SignalStep]) -> list[dict[str, Any]]:
    """Return what happened to a signal, in words."""
    return [
        {
            "label": step.get_kind_display(),
            "by": step.by,
            "at": step.at,
            "reason": step.reason,
            "count": ngettext("%(n)d concern", "%(n)d concerns", step.observed)
            % {"n": step.observed}
            if step.observed
            else "",
        }
        for step in steps
    ]


def span(signal: Signal) -> str:
    """Return "Monday 9 November to Thursday 19 November"."""
    if signal.begins_on == signal.until:
        return str(in_words(signal.begins_on))
    return _("%(begins)s to %(until)s") % {
        "begins": in_words(signal.begins_on),
        "until": in_words(signal.until),
    }


def cannot(rows: list[dict[str, Any]], book: Atlas, themes: dict[str, str]) -> list[str]:
    """Return where nothing could be said, and why, one sentence each."""
    said = []
    for row in rows:
        area = book.areas.get(int(row["area"])) if str(row["area"]).isdigit() else book.borough
        name = area.name if area else _("places nobody knew")
        theme = themes.get(row.get("theme") or "", "")
        what = f"{theme}, {name}" if theme else name
        since = dt.date.fromisoformat(row["since"]) if row.get("since") else None
        until = dt.date.fromisoformat(row["until"]) if row.get("until") else None
        if row["why"] == "short":
            said.append(
                _("%(what)s: fewer than twelve weeks were counted, so nothing is usual yet.")
                % {"what": what}
            )
        elif row["why"] == "gone" and since:
            said.append(
                _(
                    "%(what)s: nothing since %(since)s, where something is usual. Does nobody tell "
                    "us any more, or did borders change? A quiet time we don't take it for."
                )
                % {"what": what, "since": in_words(since)}
            )
        elif row["why"] == "new" and until:
            said.append(
                _("%(what)s: began after %(until)s, and is judged only by the time since.")
                % {"what": what, "until": in_words(until)}
            )
        elif since and until:
            said.append(
                _(
                    "%(what)s: nothing from %(since)s to %(until)s, where something is usual. "
                    "Those weeks were left out, not taken for none."
                )
                % {"what": what, "since": in_words(since), "until": in_words(until)}
            )
    return said
