"""The rounds on the drawn map of the wards. A table with the same stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from doorstep.places import shapes
from doorstep.places.atlas import atlas
from doorstep.places.models import Area

INKS = ("home", "map", "help", "grants", "learn", "services")


def rounds_map(
    groups: Sequence[dict[str, Any]], left: Sequence[Any], depots: Sequence[Any]
) -> SafeString:
    """Return the plan as SVG: each round a line from its depot, its stops numbered.

    `groups`: dicts with `letter`, `ink`, `round`, `stops`; each stop links to `#stop-PK`. Stops
    left behind are hollow. "" where no wards are drawn.
    """
    book = atlas()
    wards = [ward for ward in book.wards if ward.pk in book.drawn]
    if not wards:
        return mark_safe("")
    sheet = shapes.Sheet(
        shapes.box(
            [
                polygon
                for pk, polygons in book.shapes.items()
                if pk in book.areas and book.areas[pk].kind == Area.Kind.WARD
                for polygon in polygons
            ]
        )
    )

    def at(latitude: float | None, longitude: float | None) -> tuple[int, int]:
        return sheet.at(longitude or 0.0, latitude or 0.0)

    points = [at(one.latitude, one.longitude) for one in depots]
    for group in groups:
        points += [at(s.task.latitude, s.task.longitude) for s in group["stops"]]
    points += [at(s.task.latitude, s.task.longitude) for s in left]
    if not points:
        return mark_safe("")
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    side = max(90, round(1.2 * max(max(xs) - min(xs), max(ys) - min(ys))))
    x0 = round((min(xs) + max(xs) - side) / 2)
    y0 = round((min(ys) + max(ys) - side) / 2)
    unit = side / 100
    land = "".join(f'<path d="{book.drawn[ward.pk]}"/>' for ward in wards)
    pieces = [f'<g class="rm-land">{land}</g>']
    lines, marks = [], []
    seen: dict[tuple[int, int], int] = {}

    def spread(point: tuple[int, int]) -> tuple[float, float]:
        # Several doors at one postcode: side by side, not one under the other.
        count = seen.get(point, 0)
        seen[point] = count + 1
        return point[0] + count * 2.2 * unit, point[1] + (count % 2) * 1.6 * unit

    for group in groups:
        depot = group["round"].depot
        home = at(depot.latitude, depot.longitude)
        walk: list[tuple[float, float]] = [home]
        trip = 0
        for number, stop in enumerate(group["stops"], start=1):
            if stop.trip != trip:
                walk.append(home)
                trip = stop.trip
            x, y = spread(at(stop.task.latitude, stop.task.longitude))
            walk.append((x, y))
            name = f"{group['letter']}{number}"
            said = escape(_("Stop %(name)s") % {"name": name})
            marks.append(
                f'<a href="#stop-{stop.pk}" aria-label="{said}" data-shop="{group["ink"]}">'
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{2.1 * unit:.1f}"/>'
                f'<text x="{x:.1f}" y="{y + 0.75 * unit:.1f}" font-size="{2 * unit:.1f}">'
                f"{escape(name)}</text></a>"
            )
        if not group["round"].ends_home:
            walk.append(home)
        if len(walk) > 2:
            path = " ".join(f"{x:.0f},{y:.0f}" for x, y in walk)
            lines.append(
                f'<polyline data-shop="{group["ink"]}" class="rm-{group["dash"]}" points="{path}" '
                f'stroke-width="{0.6 * unit:.2f}"/>'
            )
    nobody = escape(_("A stop nobody has"))
    for stop in left:
        x, y = spread(at(stop.task.latitude, stop.task.longitude))
        marks.append(
            f'<a href="#stop-{stop.pk}" class="rm-left" aria-label="{nobody}">'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{1.8 * unit:.1f}"/>'
            f'<text x="{x:.1f}" y="{y + 0.8 * unit:.1f}" font-size="{2.2 * unit:.1f}">?</text></a>'
        )
    for depot in depots:
        x, y = at(depot.latitude, depot.longitude)
        size = 3.4 * unit
        marks.append(
            f'<rect class="rm-depot" x="{x - size / 2:.1f}" y="{y - size / 2:.1f}" '
            f'width="{size:.1f}" height="{size:.1f}" rx="{0.5 * unit:.1f}"/>'
        )
    title = escape(_("Map of the rounds. The same stands in the lists below."))
    return mark_safe(
        f'<div class="map round-map"><svg viewBox="{x0} {y0} {side} {side}" role="group" '
        f'aria-label="{title}" stroke-width="{0.3 * unit:.2f}">{"".join(pieces)}'
        f'<g class="rm-lines">{"".join(lines)}</g>'
        f'<g class="rm-marks">{"".join(marks)}</g></svg></div>'
    )
