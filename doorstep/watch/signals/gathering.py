"""Concerns into a table for the scan: counts by neighbourhood and ward, and where each lies."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from doorstep.places.atlas import Atlas, atlas
from doorstep.places.models import Area
from doorstep.watch.models import Concern, Theme

if TYPE_CHECKING:
    from doorstep.watch.scan.scanning import Table

YEARS_BACK = 6
_Kind = Area.Kind


@dataclass
class Gathered:
    """The table, what its names stand for, and how many concerns are in it."""

    table: Table
    areas: list[Area]
    themes: list[Theme]
    concerns: int
    elsewhere: int = 0
    notes: list[str] = field(default_factory=list)


def gather(until: dt.date, *, book: Atlas | None = None) -> Gathered | None:
    """Return everything that counts up to `until`, six years back; None where there is nothing.

    A concern in a neighbourhood counts there and in its ward; one in a larger area (nobody knew
    where) counts for the borough only.
    """
    import numpy as np

    from doorstep.watch.scan import scanning, spacetime

    book = book or atlas()
    since = until - dt.timedelta(days=365 * YEARS_BACK + 2)
    rows = list(Concern.objects.for_scan(since, until))
    if not rows:
        return None
    themes = list(Theme.objects.filter(pk__in={row["theme_id"] for row in rows}).order_by("pk"))
    wards, small = book.wards, _neighbourhoods(book)
    areas: list[Area] = [*wards, *small]
    number = {area.pk: row for row, area in enumerate(areas)}
    theme_of = {theme.pk: row for row, theme in enumerate(themes)}
    nowhere = len(areas)
    first = min(row["seen_on"] for row in rows)
    weeks = (until - first).days // 7 + 1
    start = until - dt.timedelta(days=7 * weeks - 1)
    counts = np.zeros((nowhere + 1, len(themes), weeks))
    told = np.zeros((nowhere + 1, weeks), dtype=bool)
    cases: list[tuple[int, int, int, int]] = []
    elsewhere = 0
    for row in rows:
        day = (row["seen_on"] - start).days
        week, theme, many = day // 7, theme_of[row["theme_id"]], row["concerns"]
        area = book.areas.get(row["area_id"]) or Area(pk=row["area_id"], path="")
        neighbourhood = book.of_kind(area, _Kind.NEIGHBOURHOOD)
        ward = book.of_kind(area, _Kind.WARD)
        spot = neighbourhood or ward
        for one in (neighbourhood, ward):
            if one is not None and one.pk in number:
                counts[number[one.pk], theme, week] += many
                told[number[one.pk], week] = True
        if ward is None:
            counts[nowhere, theme, week] += many
            told[nowhere, week] = True
            elsewhere += many
        if spot is not None and spot.pk in number:
            cases.append((number[spot.pk], day, theme, many))
    inside = np.full(nowhere + 1, -1, dtype=np.intp)
    for area in small:
        ward = book.of_kind(area, _Kind.WARD)
        if ward is not None and ward.pk in number:
            inside[number[area.pk]] = number[ward.pk]
    base = np.zeros(nowhere + 1, dtype=bool)
    base[: len(wards)] = True
    base[nowhere] = True
    table = scanning.Table(
        areas=[str(area.pk) for area in areas] + ["0"],
        themes=[str(theme.pk) for theme in themes],
        ends=[start + dt.timedelta(days=7 * week + 6) for week in range(weeks)],
        counts=counts,
        base=base,
        inside=inside,
    )
    placed = [row for row, area in enumerate(areas) if area.latitude is not None]
    if len(placed) > 1 and cases:
        points = np.array([(areas[row].latitude, areas[row].longitude) for row in placed])
        table.apart = spacetime.distances(points[:, 0], points[:, 1])
        table.places = np.array(placed, dtype=np.intp)
        renumber = np.full(nowhere + 1, -1)
        renumber[placed] = np.arange(len(placed))
        found = np.array(cases, dtype=np.int64)
        found[:, 0] = renumber[found[:, 0]]
        table.cases = found[found[:, 0] >= 0]
    return Gathered(table, areas, themes, sum(row["concerns"] for row in rows), elsewhere)


def _neighbourhoods(book: Atlas) -> list[Area]:
    return sorted(
        (area for area in book.areas.values() if area.kind == _Kind.NEIGHBOURHOOD),
        key=lambda area: area.pk,
    )
