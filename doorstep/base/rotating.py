# ruff: noqa: S608 (the names in the SQL are our own tables')
"""Sealing everything afresh under a new key, while the site is up.

1. The new key goes into the file: every process looks for values under it from then on.
2. After a pause longer than any process goes without reading the file, it seals what is written.
3. Every row is sealed afresh, a batch at a time. A row somebody changes meanwhile is left
   alone: it is under the new key already.
4. The old key, which nothing is under any more, is retired. It stays in the file, because a
   backup brought back may need it.

Nothing but the values themselves says how far it has come, so a rotation that is killed at any
point goes on where it was, and two at once do no harm.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db import IntegrityError, connection, transaction

from doorstep.base import sealing
from doorstep.base.registry import Registry
from doorstep.base.sealed_fields import SealedMixin, sealed_fields

BATCH = 500
# Of the time a batch took, so that whoever is using the site gets their turn at the database.
REST = 0.25
MOST_PASSES = 20
_ID = f"{{column}}, 2, {sealing.ID_LENGTH}"


class Elsewhere(Protocol):
    """Sealed values that are not in a sealed field; whoever keeps them adds it to `elsewhere`."""

    def used(self) -> Counter[str]:
        """Return how many values lie under each key."""

    def reseal(self) -> Iterator[int]:
        """Seal what lies under other keys afresh; yield the number done, now and then."""


elsewhere: Registry[Elsewhere] = Registry("sealed values outside of sealed fields")


@dataclass
class Report:
    """What a rotation did."""

    key: str
    was_begun: bool = False
    values: int = 0
    seconds: float = 0.0
    retired: list[str] = field(default_factory=list)
    # Sentences about what could not be sealed afresh.
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Step:
    """How far it has come, for a progress bar."""

    what: str
    done: int
    of: int


def rotate(
    *,
    at: dt.datetime,
    tell: Callable[[Step], None] = lambda step: None,
    wait: Callable[[float], None] = time.sleep,
) -> Report:
    """Take a new key into use and seal everything under it, or go on with one begun.

    Raises KeyProblem when another rotation runs, or the key file can't be written.
    """
    began = time.monotonic()
    with sealing.turning():
        keys = sealing.reload()
        coming = [
            key
            for key in keys.keys.values()
            if not key.is_retired and key.made_at > keys.keys[keys.writing].made_at
        ]
        was_begun = bool(coming) or len(keys.live) > 1
        if not was_begun:
            coming = [sealing.made(at)]
            keys = sealing.change(keys, keys=[*keys.keys.values(), *coming])
        if coming:
            tell(Step("letting every process know the new key", 0, 0))
            wait(sealing.FRESH_FOR * 3)
            keys = sealing.change(keys, writing=coming[-1].id)
            # Whoever read the file just before may go on sealing with the old key for as long.
            wait(sealing.FRESH_FOR * 3)
        report = Report(keys.writing, was_begun)
        report.values = _reseal_all(report, tell, wait)
        still = used()
        done = {name for name in keys.live if name != keys.writing and not still[name]}
        left = [name for name in keys.live if name != keys.writing and still[name]]
        if done:
            sealing.retired(keys, done)
        report.retired = sorted(done)
        report.problems += [
            f"{still[name]} values still lie under key {name}, so it stays in use. "
            "Run `doorstep keys rotate` again."
            for name in left
        ]
    report.seconds = time.monotonic() - began
    return report


def _reseal_all(report: Report, tell: Callable[[Step], None], wait: Callable[[float], None]) -> int:
    tables = list(_tables())
    total = sum(_count(model) for model, _fields in tables) or 1
    done = values = 0
    for model, fields in tables:
        what = str(model._meta.verbose_name)
        for seen, changed in _reseal_table(model, fields, report, wait):
            done, values = done + seen, values + changed
            tell(Step(what, min(done, total), total))
    for name, place in elsewhere.items():
        for changed in place.reseal():
            values += changed
            tell(Step(name, total, total))
    tell(Step("looking whether anything was left", total, total))
    return values


def _tables() -> Iterator[tuple[Any, list[SealedMixin]]]:
    """Yield each model with its sealed fields; one not migrated yet holds nothing."""
    there = set(connection.introspection.table_names())
    for model, fields in sealed_fields():
        if model._meta.db_table in there:
            yield model, fields


def _count(model: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {_quoted(model._meta.db_table)}")
        return int(cursor.fetchone()[0])


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _reseal_table(
    model: Any, fields: list[SealedMixin], report: Report, wait: Callable[[float], None]
) -> Iterator[tuple[int, int]]:
    """Yield (rows passed, values sealed afresh) after each batch."""
    for turn in range(MOST_PASSES):
        changed_now = 0
        problems: list[str] = []
        for seen, changed in _pass(model, fields, problems, wait):
            changed_now += changed
            # Only the first pass counts for the bar; later ones find next to nothing.
            yield (seen if turn == 0 else 0), changed
        if not changed_now:
            break
    report.problems += problems[:20]


def _pass(
    model: Any, fields: list[SealedMixin], problems: list[str], wait: Callable[[float], None]
) -> Iterator[tuple[int, int]]:
    table, key = _quoted(model._meta.db_table), _quoted(model._meta.pk.column)
    columns = [_quoted(str(one.column)) for one in fields]
    last: Any = None
    while True:
        began = time.monotonic()
        with connection.cursor() as cursor:
            since = f" WHERE {key} > %s" if last is not None else ""
            cursor.execute(
                f"SELECT {key}, {', '.join(columns)} FROM {table}{since} "
                f"ORDER BY {key} LIMIT {BATCH}",
                [last] if since else [],
            )
            rows = cursor.fetchall()
        if not rows:
            return
        last = rows[-1][0]
        changes = list(_changes(rows, fields, problems))
        if changes:
            changed = _write(table, key, columns, changes, problems)
            yield len(rows), changed
            wait((time.monotonic() - began) * REST)
        else:
            yield len(rows), 0


def _changes(
    rows: list[tuple[Any, ...]], fields: list[SealedMixin], problems: list[str]
) -> Iterator[tuple[tuple[int, ...], list[Any]]]:
    """Yield (which columns, [new values…, key, old values…]) for each row that needs it."""
    for pk, *values in rows:
        which, fresh, old = [], [], []
        for place, (one, value) in enumerate(zip(fields, values, strict=True)):
            if not value or one.vault.is_current(value):
                continue
            try:
                fresh.append(one.vault.resealed(value))
            except sealing.CannotOpen as problem:
                problems.append(f"{problem} (row {pk})")
                continue
            which.append(place)
            old.append(value)
        if which:
            yield tuple(which), [*fresh, pk, *old]


def _write(
    table: str,
    key: str,
    columns: list[str],
    changes: list[tuple[tuple[int, ...], list[Any]]],
    problems: list[str],
) -> int:
    """Write rows that are still as they were read; return how many values that were."""
    groups: dict[tuple[int, ...], list[list[Any]]] = {}
    for which, row in changes:
        groups.setdefault(which, []).append(row)
    count = 0
    for which, group in groups.items():
        sets = ", ".join(f"{columns[place]} = %s" for place in which)
        same = " AND ".join(f"{columns[place]} = %s" for place in which)
        sql = f"UPDATE {table} SET {sets} WHERE {key} = %s AND {same}"
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.executemany(sql, group)
                count += max(0, cursor.rowcount) * len(which)
        except IntegrityError:
            count += _one_by_one(sql, group, which, table, problems)
    return count


def _one_by_one(
    sql: str, group: list[list[Any]], which: tuple[int, ...], table: str, problems: list[str]
) -> int:
    count = 0
    for row in group:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql, row)
                count += cursor.rowcount * len(which)
        except IntegrityError:
            problems.append(
                f"Row {row[len(which)]} of {table} holds what another row holds too, which must "
                "be unique; join the two records."
            )
    return count


# --- What lies under which key ----------------------------------------------------------------


def used() -> Counter[str]:
    """Return how many values lie under each key. Reads every table that has sealed fields."""
    found: Counter[str] = Counter()
    for model, fields in _tables():
        table = _quoted(model._meta.db_table)
        for one in fields:
            column = _quoted(str(one.column))
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT substr({_ID.format(column=column)}), count(*) FROM {table} "
                    f"WHERE {column} <> '' GROUP BY 1"
                )
                for name, count in cursor.fetchall():
                    found[name] += count
    for place in elsewhere:
        found += place.used()
    return found


def samples(newest: int = 500) -> Iterator[tuple[SealedMixin, str]]:
    """Yield a field and one of its newest values as it lies in the table, for each that has one."""
    for model, fields in _tables():
        table, key = _quoted(model._meta.db_table), _quoted(model._meta.pk.column)
        for one in fields:
            column = _quoted(str(one.column))
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT value FROM (SELECT {column} AS value FROM {table} "
                    f"ORDER BY {key} DESC LIMIT {newest}) AS sample WHERE value <> '' LIMIT 1"
                )
                row = cursor.fetchone()
            if row:
                yield one, row[0]


def check() -> int:
    """Open one of the newest values of each column; return how many opened.

    Raises KeyProblem that says which one doesn't, or what is wrong with the key file.
    """
    sealing.reload()
    count = 0
    for one, value in samples():
        one.vault.open(value)
        count += 1
    return count
