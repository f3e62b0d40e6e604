"""Checkpoints: every few minutes the worker signs how far each chain has come.

They find what the chains alone can't: rows cut off a chain's end, or a whole chain taken away.
Once an hour the newest is also written into a file outside the database, so that cutting the
checkpoints themselves is found too.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max

from doorstep.base.time import now
from doorstep.people.models.readings import LogCheckpoint, Reading, month_of
from doorstep.people.readings import log_keys

WITNESS_EVERY = dt.timedelta(hours=1)
# Then a whole month is closed (`partitions.close_month`).
KEPT_YEARS = 6


def mac_of(key: bytes, before: bytes, row: LogCheckpoint) -> bytes:
    """Return the keyed hash of one checkpoint that follows `before`."""
    content = json.dumps(row.content, sort_keys=True, separators=(",", ":"))
    said = "\x1f".join((str(row.number), row.kind, row.at.astimezone(dt.UTC).isoformat(), content))
    return hmac.digest(key, b"checkpoint\x1f" + before + said.encode(), "sha256")


def checkpoint(*, at: dt.datetime) -> LogCheckpoint | None:
    """Sign the heads of the chains that moved; None when none did."""
    # From the checkpoint before the last: a row may be committed after one with a higher id.
    recent = list(
        LogCheckpoint.objects.filter(kind=LogCheckpoint.Kind.HEADS).order_by("-number")[:2]
    )
    upto = recent[0].content["upto"] if recent else 0
    since = recent[1].content["upto"] if len(recent) == 2 else 0
    rows = Reading.objects.filter(pk__gt=since)
    if recent:  # asks only the newest partitions
        first = month_of(recent[-1].at - dt.timedelta(days=1))
        rows = rows.filter(month__gte=first)
    tops = list(rows.values("month", "chain").annotate(top=Max("pk")).values_list("top", flat=True))
    if not tops or max(tops) <= upto:
        return None
    heads = [
        [month, chain, position, bytes(mac).hex()]
        for month, chain, position, mac in _heads(sorted(tops))
    ]
    return write(LogCheckpoint.Kind.HEADS, {"upto": max(tops), "heads": heads}, at=at)


def _heads(tops: list[int]) -> list[tuple[int, str, int, bytes]]:
    found: list[Any] = []
    for start in range(0, len(tops), 500):
        found += Reading.objects.filter(pk__in=tops[start : start + 500]).values_list(
            "month", "chain", "position", "mac"
        )
    return found


def write(kind: str, content: dict[str, Any], *, at: dt.datetime) -> LogCheckpoint | None:
    """Add one checkpoint after the newest; None when another process was first."""
    newest = LogCheckpoint.objects.order_by("-number").first()
    key_id, key = log_keys.newest()
    row = LogCheckpoint(
        number=newest.number + 1 if newest else 1, kind=kind, at=at, content=content, key=key_id
    )
    row.mac = mac_of(key, bytes(newest.mac) if newest else b"", row)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return None
    transaction.on_commit(lambda: _witness(row))
    return row


def witness_path() -> Path:
    """Return the file outside the database that the newest checkpoints are named in."""
    return Path(settings.MEDIA_ROOT).parent / "read-log-witness.txt"


def witnessed() -> list[tuple[int, str]]:
    """Return (number, mac in hex) of each checkpoint the file names."""
    try:
        lines = witness_path().read_text().splitlines()
    except OSError:
        return []
    rows = (line.split() for line in lines)
    return [(int(row[0]), row[1]) for row in rows if len(row) == 3 and row[0].isdigit()]


def _witness(row: LogCheckpoint) -> None:
    path = witness_path()
    try:
        last = path.read_text().splitlines()[-1].split()[2]
    except (OSError, IndexError):
        last = ""
    # As text the moments stand in the order of time.
    if last > (row.at - WITNESS_EVERY).astimezone(dt.UTC).isoformat():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    moment = row.at.astimezone(dt.UTC).isoformat()
    with path.open("a") as file:
        file.write(f"{row.number} {bytes(row.mac).hex()} {moment}\n")
    path.chmod(0o600)


def tick() -> None:
    """What the worker does: sign, make months ahead, close what was kept long enough."""
    from doorstep.people.readings import partitions

    at = now()
    partitions.make_ahead(at=at)
    checkpoint(at=at)
    oldest = next(iter(partitions.months_kept(most=1)), None)
    if oldest is not None and oldest < month_of(at) - 100 * KEPT_YEARS:
        partitions.close_month(oldest, why=f"kept for {KEPT_YEARS} years", at=at)
