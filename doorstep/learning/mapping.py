"""The map of what was learned: five columns, from a question to a change, that can be walked.

Drawn on the server as one SVG whose nodes are links; made so that 2,000 of them draw fast on a
small phone: one link, one box and one line of text for each, all lines of a column in one path.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.learning.models import Link, Thing
from doorstep.people.models import Person

KINDS = [str(kind) for kind in Thing.Kind.values]
PLURALS = {
    "question": gettext_lazy("Questions"),
    "story": gettext_lazy("Stories"),
    "insight": gettext_lazy("Insights"),
    "experiment": gettext_lazy("Experiments"),
    "change": gettext_lazy("Changes"),
}
# The ink of each column; its heading says the same.
INKS = {
    "question": "map",
    "story": "help",
    "insight": "learn",
    "experiment": "home",
    "change": "grants",
}
ICONS = {
    "question": "circle-question-mark",
    "story": "book-open",
    "insight": "lightbulb",
    "experiment": "wrench",
    "change": "sprout",
}
WIDE, GAP, HIGH, STEP, TOP = 194, 30, 52, 62, 52
BAND = 900
LETTERS = 22  # in each of two lines
MOST = 3_000
_SHOWN = (Thing.State.LIVE, Thing.State.WITHDRAWN)


@dataclass
class Drawn:
    """Things with their links, and where each stands."""

    things: dict[int, Thing]
    links: list[tuple[int, int]]
    places: dict[int, tuple[float, float]] = field(default_factory=dict)
    # Whole chains, cut into stretches of about a screen: (top, bottom, its things).
    bands: list[tuple[float, float, list[int]]] = field(default_factory=list)
    height: float = 0

    @property
    def width(self) -> int:
        return len(KINDS) * WIDE + (len(KINDS) - 1) * GAP + 8

    def before(self) -> dict[int, list[Thing]]:
        """Return for each thing what led to it."""
        found: dict[int, list[Thing]] = defaultdict(list)
        for one, other in self.links:
            found[other].append(self.things[one])
        return found

    def after(self) -> dict[int, list[Thing]]:
        """Return for each thing what it led to."""
        found: dict[int, list[Thing]] = defaultdict(list)
        for one, other in self.links:
            found[one].append(self.things[other])
        return found


def gather(viewer: Person, *, community: int | None = None) -> Drawn:
    """Return what the viewer may see, in two queries; the newest MOST."""
    rows = Thing.objects.visible_to(viewer).filter(state__in=_SHOWN)
    if community is not None:
        rows = rows.filter(community=community)
    things = {
        one.pk: one
        for one in rows.only("pk", "ref", "kind", "title", "state", "community_id").order_by("-pk")[
            :MOST
        ]
    }
    links = [
        pair
        for pair in Link.objects.order_by("pk").values_list("one_id", "other_id")
        if pair[0] in things and pair[1] in things
    ]
    return Drawn(dict(sorted(things.items())), links)


def around(drawn: Drawn, centre: int, *, most: int = 60) -> Drawn:
    """Return the chain through one thing: what led to it and what it led to, nearest first."""
    kept = {centre}
    for forwards in (True, False):
        beside: dict[int, list[int]] = defaultdict(list)
        for one, other in drawn.links:
            beside[one if forwards else other].append(other if forwards else one)
        queue = deque([centre])
        while queue and len(kept) < most:
            for pk in beside[queue.popleft()]:
                if pk not in kept and len(kept) < most:
                    kept.add(pk)
                    queue.append(pk)
    return Drawn(
        {pk: one for pk, one in drawn.things.items() if pk in kept},
        [pair for pair in drawn.links if pair[0] in kept and pair[1] in kept],
    )


def lay_out(drawn: Drawn) -> Drawn:
    """Give each thing its place: chains below each other, lines crossing little."""
    column = {pk: KINDS.index(one.kind) for pk, one in drawn.things.items()}
    beside: dict[int, list[int]] = defaultdict(list)
    for one, other in drawn.links:
        beside[one].append(other)
        beside[other].append(one)
    top = float(TOP)
    for group in _groups(drawn.things, beside):
        columns: list[list[int]] = [[] for _kind in KINDS]
        for pk in group:
            columns[column[pk]].append(pk)
        if len(group) > 2:
            _straighten(columns, beside)
        tallest = max(len(rows) for rows in columns)
        for number, rows in enumerate(columns):
            shift = (tallest - len(rows)) * STEP / 2
            for at, pk in enumerate(rows):
                drawn.places[pk] = (4 + number * (WIDE + GAP), top + shift + at * STEP)
        start, bottom, inside = drawn.bands[-1] if drawn.bands else (0.0, BAND + 1.0, [])
        if bottom - start > BAND:
            start, inside = (top if drawn.bands else 0.0), []
            drawn.bands.append((start, top, inside))
        top += tallest * STEP
        drawn.bands[-1] = (start, top, [*inside, *group])
    drawn.height = top + 8
    return drawn


def _groups(things: Iterable[int], beside: dict[int, list[int]]) -> list[list[int]]:
    """Chains by their oldest, then everything that stands alone as one."""
    seen: set[int] = set()
    groups = []
    alone: list[int] = []
    for start in things:
        if start in seen:
            continue
        seen.add(start)
        if not beside[start]:
            alone.append(start)
            continue
        group, queue = [], deque([start])
        while queue:
            pk = queue.popleft()
            group.append(pk)
            for other in beside[pk]:
                if other not in seen:
                    seen.add(other)
                    queue.append(other)
        groups.append(group)
    return groups + [alone[at : at + 60] for at in range(0, len(alone), 60)]


def _straighten(columns: list[list[int]], beside: dict[int, list[int]]) -> None:
    """Order each column by the mean place of its neighbours, to and fro."""
    place = {pk: float(at) for rows in columns for at, pk in enumerate(rows)}
    for _sweep in range(3):
        for rows in [*columns, *reversed(columns)]:
            if len(rows) < 2:
                continue
            mean = {
                pk: sum(place[other] for other in beside[pk]) / len(beside[pk])
                if beside[pk]
                else place[pk]
                for pk in rows
            }
            rows.sort(key=lambda pk: (mean[pk], place[pk]))
            for at, pk in enumerate(rows):
                place[pk] = float(at)


def svg(drawn: Drawn, *, centre: int | None = None) -> SafeString:
    """Return the map; each node leads to its thing. Colours come from the stylesheet.

    It is one picture for each band: a browser leaves those alone that are out of sight.
    """
    address = reverse("learning:thing", args=["-ref-"]).split("-ref-")
    band_of = {pk: number for number, band in enumerate(drawn.bands) for pk in band[2]}
    lines: dict[int, list[str]] = defaultdict(list)
    for one, other in drawn.links:
        (x1, y1), (x2, y2) = drawn.places[one], drawn.places[other]
        lines[band_of[one]].append(_line(x1, y1, x2, y2))
    parts: list[str] = []
    for number, (top, bottom, inside) in enumerate(drawn.bands):
        width, height = drawn.width, round(bottom - top)
        parts.append(
            f'<svg class="lmap" width="{width}" height="{height}" '
            f'viewBox="0 {top:g} {width} {height}" role="group" '
            f'aria-label="{escape(_("Map of what was learned"))} {number + 1}">'
            f'<path class="lmap-line" d="{"".join(lines[number])}"/>'
        )
        by_kind: dict[str, list[int]] = defaultdict(list)
        for pk in inside:
            by_kind[drawn.things[pk].kind].append(pk)
        for column, kind in enumerate(KINDS):
            parts.append(f'<g data-shop="{INKS[kind]}">')
            if not number:
                x = 4 + column * (WIDE + GAP)
                parts.append(f'<text class="lmap-h" x="{x}" y="30">{escape(PLURALS[kind])}</text>')
            for pk in sorted(by_kind[kind], key=lambda one: drawn.places[one][1]):
                parts.append(_node(drawn.things[pk], drawn.places[pk], address, pk == centre))
            parts.append("</g>")
        parts.append("</svg>")
    return mark_safe("".join(parts))


def _node(thing: Thing, place: tuple[float, float], address: list[str], is_centre: bool) -> str:
    x, y = place
    here = ' aria-current="true"' if is_centre else ""
    gone = ' class="gone"' if thing.state == Thing.State.WITHDRAWN else ""
    return (
        f'<a href="{address[0]}{thing.ref}{address[1]}"{here}{gone}>'
        f'<rect x="{x:g}" y="{y:g}" width="{WIDE}" height="{HIGH}" rx="9"/>'
        f"{_words(thing.called, x + 11, y)}</a>"
    )


def _words(title: str, x: float, y: float) -> str:
    """The title on one line or two; what is longer ends in dots."""
    lines = textwrap.wrap(title, LETTERS, max_lines=2, placeholder="…") or [""]
    if len(lines) == 1:
        return f'<text x="{x:g}" y="{y + 31:g}">{escape(lines[0])}</text>'
    return "".join(
        f'<text x="{x:g}" y="{y + 22 + 18 * number:g}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    """A curve from the end of one box to the beginning of another; back round when it returns."""
    ya, yb = y1 + HIGH / 2, y2 + HIGH / 2
    xa, xb = x1 + WIDE, x2
    if xb > xa:
        bend = (xb - xa) / 2
        return f"M{xa:g} {ya:g}C{xa + bend:g} {ya:g} {xb - bend:g} {yb:g} {xb:g} {yb:g}"
    # Back to a new question: from below one to below the other.
    ya, yb = y1 + HIGH, y2 + HIGH
    xa, xb = x1 + WIDE / 2, x2 + WIDE / 2
    return f"M{xa:g} {ya:g}C{xa:g} {ya + 12:g} {xb:g} {yb + 12:g} {xb:g} {yb:g}"


def rows(drawn: Drawn, things: Sequence[Thing]) -> list[dict[str, object]]:
    """Return the map as rows of a table: the thing, what led to it, what it led to."""
    before, after = drawn.before(), drawn.after()
    return [
        {"thing": one, "before": before.get(one.pk, []), "after": after.get(one.pk, [])}
        for one in things
    ]
