"""The months of the read log: made ahead, and closed when they have been kept long enough.

On PostgreSQL each month is a partition. On SQLite every index begins with the month, so that new
rows go to one warm end of it; there a month is closed by deleting its rows.
"""

from __future__ import annotations

import datetime as dt

from django.db import DatabaseError, connection, transaction

from doorstep.people.models.readings import LogCheckpoint, Reading, month_of, months_between
from doorstep.people.readings import checkpoints

AHEAD = 3  # months
# What stands on the tables; `log verify` says when one of them has gone.
GUARDS = (
    "only_added_reading_update",
    "only_added_reading_delete",
    "only_added_checkpoint_update",
    "only_added_checkpoint_delete",
)


class CannotClose(Exception):
    """Why a month can't be closed, as a sentence."""


def has_partitions() -> bool:
    return connection.vendor == "postgresql"


def make(months: list[int]) -> list[int]:
    """Make the partitions of these months (202611); return those that were missing."""
    if not has_partitions():
        return []
    made = []
    for month in months:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)", [f"people_reading_{month:d}"])
            if cursor.fetchone()[0] is not None:
                continue
            try:
                with transaction.atomic():
                    cursor.execute(
                        f"CREATE TABLE people_reading_{month:d} "
                        f"PARTITION OF people_reading FOR VALUES IN ({month:d})"
                    )
            except DatabaseError:
                # Made by another process just now, or rows of it lie in the default partition,
                # where they are just as safe, only slower to find.
                continue
        made.append(month)
    return made


def make_ahead(*, at: dt.datetime) -> list[int]:
    """Make this month's partition and the next ones."""
    return make(months_between(at, at + dt.timedelta(days=31 * AHEAD)))


def months_kept(most: int | None = None) -> list[int]:
    """Return the months the log holds rows of, the oldest first (only the first `most`)."""
    found: list[int] = []
    month = 0
    # Steps along the index from month to month: a DISTINCT would read ten million rows.
    while True:
        nearest = (
            Reading.objects.filter(month__gt=month)
            .order_by("month")
            .values_list("month", flat=True)
            .first()
        )
        if nearest is None or (most is not None and len(found) >= most):
            return found
        found.append(nearest)
        month = nearest


def close_month(month: int, *, why: str, at: dt.datetime) -> int:
    """Take a whole old month away, and sign that it was; return how many rows it held.

    Only a month that ended a year ago or more. The checkpoint is written in the same
    transaction: a month can't go without it. Raises CannotClose.
    """
    if month > month_of(at) - 100:
        raise CannotClose("Only a month that is more than a year old can be closed.")
    with transaction.atomic():
        rows = Reading.objects.filter(month=month).count()
        if not rows:
            raise CannotClose("The log holds nothing of that month.")
        content = {"month": month, "rows": rows, "why": why}
        if checkpoints.write(LogCheckpoint.Kind.CLOSED, content, at=at) is None:
            raise CannotClose("Another process is writing a checkpoint. Try again in a minute.")
        with connection.cursor() as cursor:
            if has_partitions():
                _drop(cursor, month)
            else:
                _delete(cursor, month)
    return rows


def _drop(cursor, month: int) -> None:  # type: ignore[no-untyped-def]
    cursor.execute("SELECT to_regclass(%s)", [f"people_reading_{month:d}"])
    if cursor.fetchone()[0] is not None:
        cursor.execute(f"DROP TABLE people_reading_{month:d}")
        return
    # It lies in the default partition.
    cursor.execute("ALTER TABLE people_reading DISABLE TRIGGER only_added_reading_delete")
    cursor.execute("DELETE FROM people_reading WHERE month = %s", [month])
    cursor.execute("ALTER TABLE people_reading ENABLE TRIGGER only_added_reading_delete")


def _delete(cursor, month: int) -> None:  # type: ignore[no-untyped-def]
    name = "only_added_reading_delete"
    cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = %s", [name])
    (words,) = cursor.fetchone()
    cursor.execute(f"DROP TRIGGER {name}")
    cursor.execute("DELETE FROM people_reading WHERE month = %s", [month])
    cursor.execute(words)


def guards_missing() -> list[str]:
    """Return the triggers that should keep the tables from being changed and are not there."""
    with connection.cursor() as cursor:
        if has_partitions():
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
            )
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        there = {row[0] for row in cursor.fetchall()}
    return [name for name in GUARDS if name not in there]
