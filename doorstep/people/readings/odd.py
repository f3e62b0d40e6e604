"""Find reading that is unusual, so that a person may judge it. Nothing here accuses anybody."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import Q

from doorstep.base.time import in_london, local, now
from doorstep.people.models import Block, LogCheckpoint, OddReading, Person, Reading, RoleHolding
from doorstep.people.models.readings import months_between
from doorstep.people.readings.kinds import hidden
from doorstep.people.rules import are_acquainted
from doorstep.places.models import Area

Kind = OddReading.Kind
# In one day, and this many times the reader's own usual day.
MANY, MANY_TIMES = 20, 3
USUAL_DAYS = 28
# Officers have neighbours too: only so many people of one's own teams in a day are listed.
ACQUAINTANCES = 5
NIGHT = (23, 5)  # from this hour until this hour, on London's clock
# How far back each run looks; what it found before is found again and counts once.
LOOKS_BACK = dt.timedelta(days=2)
# Reading as one of these is part of being neighbours, not of an office.
_OFFICES = frozenset(RoleHolding.Role.values)


@dataclass
class Found:
    """One unusual thing, before it is a row."""

    kind: str
    reader: int
    subject: int | None
    on: dt.date
    count: int = 0
    usual: int | None = None
    reasons: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        whom = f":{self.subject}" if self.subject is not None else ""
        return f"{self.kind}:{self.reader}{whom}:{self.on}"


def tick() -> None:
    """What the worker does every quarter of an hour."""
    find(at=now())


def find(*, at: dt.datetime, back: dt.timedelta = LOOKS_BACK) -> int:
    """Look at the last days' reading; return how many new things were listed.

    Whole days: a run in the morning and one at night list the same thing once, with the higher
    count, as long as nobody has judged it.
    """
    start = local(at - back).replace(hour=0, minute=0, second=0, microsecond=0)
    since = in_london(start.replace(tzinfo=None))
    rows = list(_since(since, at).values_list("reader_id", "subject_id", "role", "reason", "at"))
    found = _find(rows, at)
    existing = OddReading.objects.in_bulk([one.key for one in found], field_name="key")
    fresh = [one for one in found if one.key not in existing]
    OddReading.objects.bulk_create(
        [
            OddReading(
                key=one.key,
                kind=one.kind,
                reader_id=one.reader,
                subject_id=one.subject,
                on=one.on,
                count=one.count,
                usual=one.usual,
                reasons=sorted(one.reasons),
                found_at=at,
            )
            for one in fresh
        ],
        ignore_conflicts=True,
    )
    for one in found:
        row = existing.get(one.key)
        if row is not None and row.count != one.count and not row.outcome:
            OddReading.objects.filter(pk=row.pk, outcome="").update(
                count=one.count, reasons=sorted(one.reasons)
            )
    return len(fresh)


def _since(since: dt.datetime, at: dt.datetime):  # type: ignore[no-untyped-def]
    """Rows from a moment on. An older checkpoint tells from which id: no index by time is kept."""
    # Who reads safeguarding alerts, and about whom, is nobody's to list.
    rows = Reading.objects.since(since, at).exclude(what__in=hidden())
    before = (
        LogCheckpoint.objects.filter(
            kind=LogCheckpoint.Kind.HEADS, at__lte=since - dt.timedelta(minutes=15)
        )
        .order_by("-number")
        .first()
    )
    return rows.filter(pk__gt=before.content["upto"]) if before else rows


def _find(rows: list[tuple[int, int, str, str, dt.datetime]], at: dt.datetime) -> list[Found]:
    by_day: dict[tuple[int, dt.date], list[tuple[int, str]]] = defaultdict(list)
    pairs: dict[tuple[int, int, dt.date], list[tuple[str, str]]] = defaultdict(list)
    nights: dict[tuple[int, dt.date], list[tuple[int, str]]] = defaultdict(list)
    for reader, subject, role, reason, moment in rows:
        if reader == subject:
            continue
        here = local(moment)
        by_day[reader, here.date()].append((subject, reason))
        if role in _OFFICES or reason == "emergency":
            pairs[reader, subject, here.date()].append((role, reason))
            if here.hour >= NIGHT[0] or here.hour < NIGHT[1]:
                nights[reader, here.date()].append((subject, reason))
    people = Person.objects.select_related("home").in_bulk(
        {pk for reader, subject, _day in pairs for pk in (reader, subject)}
        | {reader for reader, _day in by_day}
    )
    found = [
        Found(Kind.ODD_HOURS, reader, None, day, len(seen), None, {why for _whom, why in seen})
        for (reader, day), seen in nights.items()
        if reader in people
    ]
    found += [one for one in _many(by_day, at) if one.reader in people]
    found += _about_pairs(pairs, people)
    return sorted(found, key=lambda one: one.key)


def _many(by_day: dict[tuple[int, dt.date], list[tuple[int, str]]], at: dt.datetime) -> list[Found]:
    found = []
    for (reader, day), seen in by_day.items():
        whom = {subject for subject, _reason in seen}
        if len(whom) < MANY:
            continue
        usual = _usual(reader, day, at)
        if len(whom) >= usual * MANY_TIMES:
            found.append(
                Found(Kind.MANY, reader, None, day, len(whom), usual, {why for _s, why in seen})
            )
    return found


def _usual(reader: int, day: dt.date, at: dt.datetime) -> int:
    """How many people's things the reader opens on a day they open any, over four weeks before."""
    end = in_london(dt.datetime.combine(day, dt.time()))
    start = end - dt.timedelta(days=USUAL_DAYS)
    rows = Reading.objects.filter(
        month__in=months_between(start, end), reader=reader, at__gte=start, at__lt=end
    ).values_list("at", "subject_id")
    days = Counter(there for there, _subject in {(local(m).date(), s) for m, s in rows})
    return round(sum(days.values()) / len(days)) if days else 0


def _about_pairs(
    pairs: dict[tuple[int, int, dt.date], list[tuple[str, str]]], people: dict[int, Person]
) -> list[Found]:
    readers = {reader for reader, _subject, _day in pairs}
    blocks = {
        frozenset(pair)
        for pair in Block.objects.filter(
            Q(blocker__in=readers) | Q(blocked__in=readers)
        ).values_list("blocker_id", "blocked_id")
    }
    patches = _patches(readers)
    known: dict[tuple[int, int], bool] = {}
    friends: dict[tuple[int, dt.date], Found] = {}
    found = []
    for (reader, subject, day), seen in pairs.items():
        one, other = people.get(reader), people.get(subject)
        if one is None or other is None:
            continue
        kinds = []
        if frozenset((reader, subject)) in blocks:
            kinds.append(Kind.BLOCKED)
        if one.postcode and one.postcode == other.postcode:
            kinds.append(Kind.NEIGHBOUR)
        else:
            if (reader, subject) not in known:
                known[reader, subject] = are_acquainted(one, other)
            if known[reader, subject]:
                met = friends.setdefault((reader, day), Found(Kind.ACQUAINTED, reader, None, day))
                met.count += 1
                met.reasons |= {why for _role, why in seen}
        if _is_out(other, patches.get(reader, []), seen):
            kinds.append(Kind.OUT_OF_AREA)
        found += [
            Found(kind, reader, subject, day, len(seen), None, {why for _role, why in seen})
            for kind in kinds
        ]
    return found + [met for met in friends.values() if met.count >= ACQUAINTANCES]


def _patches(readers: set[int]) -> dict[int, list[str]]:
    """Paths of the areas in which each reader holds a role now; "" for the borough."""
    held: dict[int, list[str]] = defaultdict(list)
    rows = (
        RoleHolding.objects.held()
        .filter(person__in=readers, area__isnull=False)
        .values_list("person_id", "area__kind", "area__path")
    )
    for person, kind, path in rows:
        held[person].append("" if kind == Area.Kind.BOROUGH else path)
    return held


def _is_out(subject: Person, patches: list[str], seen: list[tuple[str, str]]) -> bool:
    """Whether none of the reader's areas holds the subject's home. An emergency says so itself."""
    if all(reason in ("emergency", "wrote") for _role, reason in seen) or "" in patches:
        return False
    path = subject.home.path if subject.home is not None else ""
    return not any(path.startswith(patch) for patch in patches)
