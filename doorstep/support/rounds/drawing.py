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
    side = max(90.0, 1.25 * max(max(xs) - min(xs), max(ys) - min(ys)))
    x0 = (min(xs) + max(xs) - side) / 2
    y0 = (min(ys) + max(ys) - side) / 2
    # The window becomes 1000 by 1000, whatever it shows: letters are the same size everywhere.
    scale = 1000 / side

    def on(point: tuple[int, int]) -> tuple[float, float]:
        return (point[0] - x0) * scale, (point[1] - y0) * scale

    land = "".join(f'<path d="{book.drawn[ward.pk]}"/>' for ward in wards)
    move = f"scale({scale:.4f}) translate({-x0:.2f} {-y0:.2f})"
    pieces = [f'<g class="rm-land" transform="{move}">{land}</g>']
    lines, marks = [], []
    seen: dict[tuple[int, int], int] = {}

    def spread(point: tuple[int, int]) -> tuple[float, float]:
        # Several doors at one postcode: side by side, not one under the other.
        count = seen.get(point, 0)
        seen[point] = count + 1
        x, y = on(point)
        return x + count * 30, y + (count % 2) * 22

    for group in groups:
        depot = group["round"].depot
        home = on(at(depot.latitude, depot.longitude))
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
                f'<circle cx="{x:.0f}" cy="{y:.0f}" r="19"/>'
                f'<text x="{x:.0f}" y="{y + 6:.0f}">{escape(name)}</text></a>'
            )
        if not group["round"].ends_home:
            walk.append(home)
        if len(walk) > 1:
            path = " ".join(f"{x:.0f},{y:.0f}" for x, y in walk)
            lines.append(
                f'<polyline data-shop="{group["ink"]}" class="rm-{group["dash"]}" points="{path}"/>'
            )
    nobody = escape(_("A stop nobody has"))
    for stop in left:
        x, y = spread(at(stop.task.latitude, stop.task.longitude))
        marks.append(
            f'<a href="#stop-{stop.pk}" class="rm-left" aria-label="{nobody}">'
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="17"/>'
            f'<text x="{x:.0f}" y="{y + 6:.0f}">?</text></a>'
        )
    for depot in depots:
        x, y = on(at(depot.latitude, depot.longitude))
        marks.append(
            f'<rect class="rm-depot" x="{x - 17:.0f}" y="{y - 17:.0f}" width="34" height="34" '
            'rx="6"/>'
        )
    title = escape(_("Map of the rounds. The same stands in the lists below."))
    return mark_safe(
        f'<div class="map round-map"><svg viewBox="0 0 1000 1000" role="group" '
        f'aria-label="{title}">{"".join(pieces)}'
        f'<g class="rm-lines">{"".join(lines)}</g>'
        f'<g class="rm-marks">{"".join(marks)}</g></svg></div>'
    )
