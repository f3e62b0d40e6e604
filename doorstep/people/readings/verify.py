"""Prove that the read log is whole: every row, every chain, every checkpoint."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from doorstep.base import sealing
from doorstep.people.models.readings import LogCheckpoint, Reading
from doorstep.people.readings import chains, checkpoints, log_keys, partitions

COLUMNS = (
    "month",
    "chain",
    "position",
    "at",
    "reader_id",
    "reader_handle",
    "role",
    "scope",
    "subject_id",
    "subject_handle",
    "what",
    "reason",
    "thing",
    "reader_name",
    "words",
)


_AT_ON_POSTGRES = """to_char("at" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')"""
_NAME: Any = Reading._meta.get_field("reader_name")
_WORDS: Any = Reading._meta.get_field("words")


@dataclass(frozen=True)
class Problem:
    """Something in the log that is not as it was written. `row` is its id, None for a gap."""

    row: int | None
    month: int | None
    chain: str
    position: int | None
    what: str

    def __str__(self) -> str:
        where = f"row {self.row}" if self.row is not None else "the log"
        chain = f" (chain {self.chain}, {self.month}, place {self.position})" if self.chain else ""
        return f"{where}{chain}: {self.what}"


@dataclass
class Result:
    """What a verification looked at."""

    rows: int = 0
    chains: int = 0
    months: int = 0
    checkpoints: int = 0


def verify(
    *,
    since: int = 0,
    result: Result | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Problem]:
    """Go through the log from a month (202611) on and yield every problem found.

    Streams: a hundred million rows take no more memory than a thousand. `progress` is called
    with the count of rows every 50,000.
    """
    result = result if result is not None else Result()
    for name in partitions.guards_missing():
        yield Problem(None, None, "", None, f"the database no longer holds the guard {name}")
    heads: dict[tuple[int, str], tuple[int, str]] = {}
    closed: set[int] = set()
    yield from _checkpoints(result, heads, closed)
    held = [month for month in partitions.months_kept() if month >= since]
    for month in sorted({*held, *(month for month, _chain in heads if month >= since)}):
        result.months += 1
        theirs = {chain: head for (at, chain), head in heads.items() if at == month}
        yield from _month(month, theirs, month in closed, result, progress)


def _checkpoints(
    result: Result, heads: dict[tuple[int, str], tuple[int, str]], closed: set[int]
) -> Iterator[Problem]:
    before, number = b"", 0
    macs: dict[int, str] = {}
    for row in LogCheckpoint.objects.order_by("number").iterator(chunk_size=500):
        result.checkpoints += 1
        mac = bytes(row.mac)
        key = log_keys.named(row.key)
        if row.number != number + 1:
            yield _about_checkpoint(number + 1, "is missing")
        elif key is None:
            yield _about_checkpoint(row.number, f"was signed with a key we don't have: {row.key}")
        elif not hmac.compare_digest(checkpoints.mac_of(key, before, row), mac):
            yield _about_checkpoint(row.number, "is not as it was written")
        before, number = mac, row.number
        macs[number] = mac.hex()
        if row.kind == LogCheckpoint.Kind.CLOSED:
            closed.add(row.content["month"])
            continue
        for month, chain, position, head in row.content["heads"]:
            if position > heads.get((month, chain), (0, ""))[0]:
                heads[month, chain] = position, head
    for number, mac_text in checkpoints.witnessed():
        if macs.get(number) != mac_text:
            yield _about_checkpoint(
                number,
                f"is named in {checkpoints.witness_path().name} but not in the database. If you "
                "began with a new database on purpose, take that file away",
            )


def _about_checkpoint(number: int, what: str) -> Problem:
    return Problem(None, None, "", None, f"checkpoint {number} {what}")


def _month(
    month: int,
    heads: dict[str, tuple[int, str]],
    is_closed: bool,
    result: Result,
    progress: Callable[[int], None] | None,
) -> Iterator[Problem]:
    """Verify one month; `heads` are where the checkpoints saw its chains."""
    chain, position, before, key = "", 0, b"", None
    seen: set[str] = set()
    for pk, stored, *row in _rows(month):
        result.rows += 1
        if progress is not None and result.rows % 50_000 == 0:
            progress(result.rows)
        if row[1] != chain:
            yield from _end(month, chain, position, heads, is_closed)
            chain, position, before = row[1], 0, b""
            seen.add(chain)
            key = log_keys.named(chain.partition("-")[0])
            if key is None:
                yield Problem(pk, month, chain, row[2], "was written with a key we don't have")
        mac = bytes(stored)
        if row[2] != position + 1:
            yield Problem(None, month, chain, row[2], _missing(position + 1, row[2] - 1))
        elif key is not None:
            if not isinstance(row[3], str):
                row[3] = chains.at_utc(row[3])
            try:
                row[-2:] = _opened(*row[-2:])
            except sealing.CannotOpen:
                yield Problem(pk, month, chain, row[2], "holds a name or words that do not open")
            else:
                if not hmac.compare_digest(chains.mac_of(key, before, row), mac):
                    yield Problem(pk, month, chain, row[2], "is not as it was written")
        position, before = row[2], mac
        head = heads.get(chain)
        if head is not None and head[0] == position and head[1] != mac.hex():
            yield Problem(pk, month, chain, position, "is not the row a checkpoint saw here")
    yield from _end(month, chain, position, heads, is_closed)
    result.chains += len(seen)
    if is_closed:
        return
    for lost in heads.keys() - seen:
        yield Problem(None, month, lost, heads[lost][0], _missing(1, heads[lost][0]))


def _rows(month: int) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a month, chain after chain, as they lie: without making instances."""
    names = [f'"{name}"' for name in ("id", "mac", *COLUMNS)]
    if connection.vendor == "postgresql":
        # The moment as the chain writes it: reading and wording it in Python takes longer.
        names[names.index('"at"')] = _AT_ON_POSTGRES
    columns = ", ".join(names)
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM people_reading WHERE month = %s "  # noqa: S608 - our own names
            'ORDER BY "month", "chain", "position"',
            [month],
        )
        while rows := cursor.fetchmany(5000):
            yield from rows


def _opened(name: str, words: str) -> tuple[str, str]:
    """Return a row's sealed texts, opened. Raises CannotOpen where one was changed."""
    return (
        _NAME.vault.open(name) if name else "",
        _WORDS.vault.open(words) if words else "",
    )


def _end(
    month: int,
    chain: str,
    position: int,
    heads: dict[str, tuple[int, str]],
    is_closed: bool,
) -> Iterator[Problem]:
    head = heads.get(chain)
    if head is not None and head[0] > position and not is_closed:
        yield Problem(None, month, chain, head[0], _missing(position + 1, head[0]))


def _missing(first: int, last: int) -> str:
    if first == last:
        return f"place {first} is missing"
    return f"places {first} to {last} are missing"


def moment_to_month(text: str) -> int:
    """Return "2026-11-22" or "2026-11" as 202611. Raises ValueError."""
    for form in ("%Y-%m-%d", "%Y-%m"):
        try:
            day = dt.datetime.strptime(text, form)  # noqa: DTZ007 - only its month counts
        except ValueError:
            continue
        return day.year * 100 + day.month
    raise ValueError("Give a day or month, for example 2026-11.")
