"""Counts by ward and theme for those who read no concern: small ones never show.

A count under 5 is hidden, and so is any other that would give it away: in each row and column
with one hidden cell, the smallest shown one is hidden too. Totals are rounded to fives, so that
nothing can be had by taking away. Only whole months count, so that two looks a day apart tell
nothing about that day.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from doorstep.base.time import local
from doorstep.places.atlas import atlas
from doorstep.watch.models import Concern, Theme

FEWEST = 5
MONTHS = 3
HIDDEN = None


def hide(counts: Sequence[Sequence[int]]) -> list[list[int | None]]:
    """Return the table with small counts, and those that would give them away, as None."""
    shown: list[list[int | None]] = [[n if n >= FEWEST else HIDDEN for n in row] for row in counts]
    if not shown or not shown[0]:
        return shown
    lines = [[(r, c) for c in range(len(shown[0]))] for r in range(len(shown))]
    lines += [[(r, c) for r in range(len(shown))] for c in range(len(shown[0]))]
    changed = True
    while changed:
        changed = False
        for line in lines:
            away = [(r, c) for r, c in line if shown[r][c] is HIDDEN]
            if len(away) != 1:
                continue
            left = [(counts[r][c], r, c) for r, c in line if shown[r][c] is not HIDDEN]
            if left:
                _count, r, c = min(left)
                shown[r][c] = HIDDEN
                changed = True
    return shown


def total_of(counts: Sequence[int], shown: Sequence[int | None]) -> int | None:
    """Return a line's total to the nearest five; None where it would give a hidden count away.

    It shows where nothing in the line is hidden, or what is hidden adds up to five or more.
    """
    whole = sum(counts)
    away = sum(n for n, cell in zip(counts, shown, strict=True) if cell is HIDDEN)
    if whole < FEWEST or (HIDDEN in shown and away < FEWEST):
        return HIDDEN
    return 5 * round(whole / 5)


@dataclass(frozen=True)
class Table:
    """`rows` are (ward, cells, total, total before); `groups` the columns; None is hidden."""

    since: dt.date
    until: dt.date
    groups: list[Theme]
    rows: list[tuple[Any, list[int | None], int | None, int | None]]
    totals: list[int | None]

    @property
    def is_empty(self) -> bool:
        return not any(total for _w, _c, total, _b in self.rows)


def months_before(day: dt.date, count: int) -> dt.date:
    """Return the first of the month `count` months before the month of `day`."""
    month = day.year * 12 + day.month - 1 - count
    return dt.date(month // 12, month % 12 + 1, 1)


def table(paths: Sequence[str], at: dt.datetime) -> Table:
    """Return counts of the last whole months for the wards within `paths` ("" is everywhere)."""
    today = local(at).date()
    until = today.replace(day=1)
    since, before = months_before(today, MONTHS), months_before(today, 2 * MONTHS)
    book = atlas()
    wards = [ward for ward in book.wards if any(ward.path.startswith(path) for path in paths)]
    groups = [theme for theme in Theme.objects.all() if theme.parent_id is None]
    leaves = Theme.objects.leaves().values_list("pk", "parent_id")
    group_of = {pk: parent for pk, parent in leaves if parent is not None}
    now_count = _count(since, until, book, group_of)
    was_count = _count(before, since, book, group_of)
    # Shown are the groups that hold anything anywhere or can still be chosen.
    groups = [g for g in groups if g.archived_at is None or any(k[1] == g.pk for k in now_count)]
    # Hidden over the whole borough at once: two readers with other wards see the same cells.
    counts = [[now_count[ward.pk, group.pk] for group in groups] for ward in book.wards]
    shown = dict(zip([w.pk for w in book.wards], hide(counts), strict=True))
    exact = dict(zip([w.pk for w in book.wards], counts, strict=True))
    rows = []
    for ward in wards:
        was = [was_count[ward.pk, group.pk] for group in groups]
        total = total_of(exact[ward.pk], shown[ward.pk])
        # Of the months before no parts are shown, so there is nothing to take away from it.
        rows.append((ward, shown[ward.pk], total, total_of(was, was)))
    totals = [
        total_of([exact[ward.pk][c] for ward in wards], [shown[ward.pk][c] for ward in wards])
        for c in range(len(groups))
    ]
    return Table(since, until - dt.timedelta(days=1), groups, rows, totals)


def _count(
    since: dt.date, until: dt.date, book: Any, group_of: Mapping[int, int]
) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = defaultdict(int)
    for row in Concern.objects.for_scan(since, until - dt.timedelta(days=1)):
        area = book.areas.get(row["area_id"])
        ward = book.of_kind(area, "ward") if area is not None else None
        group = group_of.get(row["theme_id"])
        if ward is not None and group is not None:
            found[ward.pk, group] += row["concerns"]
    return found
