"""The log in words the person reads."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from doorstep.base.time import local, now
from doorstep.people.models import OddReading, Person, Reading
from doorstep.people.models.readings import ReadingQuerySet, months_between
from doorstep.people.readings.kinds import hidden, readables, reasons, role_label, same_person

# The log is shown as far back as it is kept.
KEPT = dt.timedelta(days=6 * 366)
RECENT = 13  # months
# What a page shows; longer lists, such as the one on paper, go back all the way.
MOST_ON_A_PAGE = 120


@dataclass
class Look:
    """One person looking for one reason on one day, at however much and however often."""

    row: Reading
    name: str
    role: Any
    reason: Any
    words: str
    things: list[str] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)

    def add(self, row: Reading) -> None:
        """Count one more row in."""
        readable = readables.get(row.what)
        thing = str(readable.label if readable else row.what)
        if thing not in self.things:
            self.things.append(thing)
        self.ids.append(row.pk)

    @property
    def what(self) -> str:
        """“your record, how to reach you”."""
        return ", ".join(self.things)

    @property
    def count(self) -> int:
        return len(self.ids)


def about(person: Person) -> ReadingQuerySet:
    """Rows about a person, and about whoever was found to be the same one.

    Without what is never shown to them: that a safeguarding alert was read would warn.
    """
    return Reading.objects.filter(subject__in=_same(person)).exclude(what__in=hidden())


def _same(person: Person) -> set[int]:
    """Ids of every record that was found to be this person's, asked once per object."""
    if not hasattr(person, "_same_ids"):
        ids = {person.pk}
        for others in same_person:
            ids |= others(person)
        person._same_ids = ids  # type: ignore[attr-defined]
    return person._same_ids  # type: ignore[attr-defined]


def months(person: Person, *, at: dt.datetime | None = None) -> list[int]:
    """Return the months (202611) in which somebody looked, newest first."""
    at = at or now()
    # A record joined to theirs, or a number they had before, may be older than they are here.
    is_alone = _same(person) == {person.pk}
    span = months_between(max(person.created_at, at - KEPT) if is_alone else at - KEPT, at)
    kept = about(person).filter(month__in=span).order_by().values_list("month", flat=True)
    return sorted(set(kept.distinct()), reverse=True)


def looks(
    person: Person,
    *,
    month: int | None = None,
    limit: int = MOST_ON_A_PAGE,
    at: dt.datetime | None = None,
) -> list[Look]:
    """Return who looked, newest first, each day's looks of one person for one reason together.

    What a lead holds back for now (an emergency it would be unsafe to tell of) is left out, and
    so is what the person did themselves.
    """
    at = at or now()
    everything = months_between(at - KEPT, at)
    # The last year first: to plan a question over 72 partitions takes longer than to answer it.
    spans = [[month]] if month else [everything[:RECENT], everything[RECENT:]]
    rows: list[Reading] = []
    for span in spans:
        if rows and len(spans) > 1 and limit <= MOST_ON_A_PAGE:
            break
        rows += (
            about(person)
            .filter(month__in=span)
            .exclude(reader=person)
            .order_by("-month", "-at", "-pk")[: limit - len(rows)]
        )
    hidden = held_back(person) if any(row.reason == "emergency" for row in rows) else set()
    found: dict[tuple[Any, ...], Look] = {}
    for row in rows:
        day = local(row.at).date()
        if row.reason == "emergency" and (row.reader_id, day) in hidden:
            continue
        key = (day, row.reader_id, row.reason, row.words)
        if key not in found:
            found[key] = told(row)
        found[key].add(row)
    return list(found.values())


def told(row: Reading) -> Look:
    """Return one row in words."""
    reason = reasons.get(row.reason)
    return Look(
        row=row,
        name=row.reader_name,
        role=role_label(row.role),
        reason=reason.told if reason else "",
        words=row.words,
    )


def held_back(person: Person) -> set[tuple[int, dt.date]]:
    """Return (reader, day) of emergencies the person is not told of for now."""
    return set(
        OddReading.objects.filter(
            subject__in=_same(person),
            kind=OddReading.Kind.BREAK_GLASS,
            told_at=None,
            held_back_by__isnull=False,
        ).values_list("reader_id", "on")
    )


def is_held_back(person: Person, row: Reading) -> bool:
    """Whether the person is not told of this row for now."""
    return (row.reader_id, local(row.at).date()) in held_back(person)
