"""The chains of the read log.

Every thread of every process writes a chain of its own, so that nobody waits for anybody and a
read costs one INSERT. A row's `mac` is a keyed hash over the row and the `mac` before it: without
the key, which is not in the database, nobody can change a row, leave one out or put one in.

A chain's head moves when the transaction around the row is committed. Rows not yet committed are
found again among the connection's own `run_on_commit`, from which Django drops what a rollback
takes back. Whenever a row handed out is not there any more, the thread begins a new chain, which
costs nothing: a row that was rolled back can never look like one that was taken away.
"""

from __future__ import annotations

import datetime as dt
import hmac
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connections, transaction

from doorstep.base import keys
from doorstep.people.models.readings import Reading, month_of
from doorstep.people.readings import log_keys

_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Head:
    """The newest row of a chain."""

    month: int
    chain: str
    position: int
    mac: bytes


class _Mine(threading.local):
    """What this thread knows of its chains, by name of database."""

    def __init__(self) -> None:
        self.committed: dict[str, Head] = {}
        self.handed_out: dict[str, Head] = {}


_mine = _Mine()


class _Advance:
    """Moves the head on once the transaction is committed."""

    def __init__(self, using: str, head: Head) -> None:
        self.using = using
        self.head = head

    def __call__(self) -> None:
        _mine.committed[self.using] = self.head


def forget() -> None:
    """Begin a new chain with the next row: after a fork, and when the database was emptied."""
    _mine.committed.clear()
    _mine.handed_out.clear()


os.register_at_fork(after_in_child=forget)


def _newest(using: str) -> Head | None:
    """The head as it will be when the transaction around us is committed."""
    for waiting in reversed(connections[using].run_on_commit):
        # (ids of savepoints, function, whether it may fail)
        if isinstance(waiting[1], _Advance):
            return waiting[1].head
    return _mine.committed.get(using)


def at_utc(at: dt.datetime) -> str:
    """Return a moment as the chain writes it."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def mac_of(key: bytes, before: bytes, row: Sequence[str | int]) -> bytes:
    """Return the keyed hash of one row that follows `before` (b"" for a chain's first).

    `row` holds, in this order: month, chain, position, at (UTC text), reader's id and handle,
    role, scope, subject's id and handle, what, reason, thing, reader's name, words. The words
    come last, and nothing before them holds a separator, so no two rows read the same.
    """
    return hmac.digest(key, before + _SEPARATOR.join(map(str, row)).encode(), "sha256")


def as_row(reading: Reading) -> tuple[str | int, ...]:
    """Return a reading as `mac_of` takes it."""
    return (
        reading.month,
        reading.chain,
        reading.position,
        at_utc(reading.at),
        reading.reader_id,
        reading.reader_handle,
        reading.role,
        reading.scope,
        reading.subject_id,
        reading.subject_handle,
        reading.what,
        reading.reason,
        reading.thing,
        reading.reader_name,
        reading.words,
    )


def add(readings: Sequence[Reading], *, using: str = "default") -> None:
    """Link new readings to this thread's chain and write them, in one INSERT."""
    key_id, key = log_keys.newest()
    head = _newest(using)
    if head != _mine.handed_out.get(using):
        head = None  # something was rolled back
    for reading in readings:
        reading.month = month_of(reading.at)
        is_new = head is None or head.month != reading.month or not head.chain.startswith(key_id)
        if head is None or is_new:
            head = Head(reading.month, f"{key_id}-{keys.new_key(12)}", 0, b"")
        reading.chain, reading.position = head.chain, head.position + 1
        reading.mac = mac_of(key, head.mac, as_row(reading))
        head = Head(reading.month, head.chain, reading.position, reading.mac)
    if head is None:
        return
    _mine.handed_out[using] = head
    try:
        if len(readings) == 1:
            readings[0].save(force_insert=True, using=using)
        else:
            Reading.objects.using(using).bulk_create(readings)
    except BaseException:
        _mine.handed_out.pop(using, None)
        _mine.committed.pop(using, None)
        raise
    transaction.on_commit(_Advance(using, head), using=using)


def clean(text: str) -> str:
    """Return a text without the separator."""
    return text.replace(_SEPARATOR, " ")
