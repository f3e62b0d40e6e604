"""How many alerts came, and how long they waited; small numbers are never shown."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from statistics import median
from typing import Any

from doorstep.base.time import in_london, local
from doorstep.people.models import Person
from doorstep.safeguarding.models import Alert

SMALLEST = 5
MONTHS = 12


@dataclass(frozen=True)
class Month:
    """One month; None where fewer than five lie behind a number."""

    first: dt.date
    came: int | None
    in_time: int | None  # of a hundred
    minutes_to_look: int | None


def by_month(viewer: Person, at: dt.datetime) -> list[Month]:
    """Return the last twelve months, newest first, of what the viewer may read.

    A number built on fewer than five alerts is hidden, and no totals are given from which a
    hidden one could be taken away.
    """
    first = local(at).date().replace(day=1)
    starts = [first]
    while len(starts) < MONTHS:
        starts.append((starts[-1] - dt.timedelta(days=1)).replace(day=1))
    since = in_london(dt.datetime.combine(starts[-1], dt.time()))
    rows: dict[dt.date, list[tuple[Any, ...]]] = {start: [] for start in starts}
    found = Alert.objects.visible_to(viewer).filter(raised_at__gte=since, joined_to=None)
    for raised, seen, urgency in found.values_list("raised_at", "seen_at", "urgency"):
        month = local(raised).date().replace(day=1)
        if month in rows:
            rows[month].append((raised, seen, urgency))
    return [_month(start, rows[start]) for start in starts]


def _month(first: dt.date, rows: list[tuple[Any, ...]]) -> Month:
    from doorstep.safeguarding.rules import deadline

    if len(rows) < SMALLEST:
        return Month(first, None, None, None)
    looked = [(raised, seen, urgency) for raised, seen, urgency in rows if seen is not None]
    if len(looked) < SMALLEST:
        return Month(first, len(rows), None, None)
    in_time = sum(seen <= deadline(urgency, raised) for raised, seen, urgency in looked)
    hidden = min(in_time, len(looked) - in_time) in range(1, SMALLEST)
    waits = [(seen - raised).total_seconds() / 60 for raised, seen, _urgency in looked]
    return Month(
        first,
        len(rows),
        None if hidden else round(100 * in_time / len(looked)),
        round(median(waits)),
    )
