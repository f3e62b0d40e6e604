"""What a call may be matched with, ready to be searched.

Made by the worker, kept in the data folder. It holds what offers, teams, gatherings and neighbours
say about themselves, and no call.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from django.conf import settings

from doorstep.connect.calls.sources import sources
from doorstep.organisations.finding import engine, meaning, store

EVERY = 60  # seconds between two looks at whether something has changed
SMALL = 400  # entries a web process reads for their meaning by itself
_lock = threading.Lock()
_held: dict[str, dict[str, Any]] = {}


def folder() -> Path:
    """Where the index is kept."""
    return Path(settings.DATA) / "calls"


def entries() -> list[engine.Entry]:
    """Return everything a call may go to, as the engine takes it."""
    return [one for source in sources for one in source.entries()]


def _stamp(listed: list[engine.Entry]) -> str:
    said = hashlib.blake2b(digest_size=12)
    for one in listed:
        said.update(f"{one.key}|{one.words}|{one.kind}\n".encode())
    return f"{len(listed)}-{said.hexdigest()}"


def rebuild() -> bool:
    """Make the index afresh where something has changed. Safe to run twice at once."""
    home = folder()
    home.mkdir(parents=True, exist_ok=True)
    listed = entries()
    now = _stamp(listed)
    if store._current(home) == now:
        return False
    marks = [store._mark(one) for one in listed]
    vectors, unread = store._vectors(home, listed, marks)
    if unread:
        # The rest in the next rounds; until then those are found by their words.
        marks = ["" if at in unread else mark for at, mark in enumerate(marks)]
        now = f"{now}-{len(unread)}"
    made = Path(tempfile.mkdtemp(prefix="new-", dir=home))
    engine.Index.make(listed, vectors).save(made)
    (made / "marks.json").write_text(json.dumps(marks), encoding="utf-8")
    ready = home / f"at-{now}"
    shutil.rmtree(ready, ignore_errors=True)
    made.rename(ready)
    pointer = home / "current.new"
    pointer.write_text(now, encoding="utf-8")
    pointer.replace(home / "current")
    for old in home.glob("at-*"):
        # The one before stays a while for those that are still opening it.
        if old != ready and time.time() - old.stat().st_mtime > 10 * EVERY:
            shutil.rmtree(old, ignore_errors=True)
    return True


def index() -> engine.Index:
    """Return the index of this process, at most EVERY seconds behind the worker's."""
    where = str(folder())
    held = _held.get(where)
    if held is not None and time.monotonic() < held["until"]:
        return held["index"]  # type: ignore[no-any-return]
    with _lock:
        now = store._current(folder())
        held = _held.get(where)
        if held is None or not now or held["stamp"] != now:
            held = {"stamp": now, "index": _open(now)}
        held["until"] = time.monotonic() + EVERY
        _held[where] = held
        return held["index"]  # type: ignore[no-any-return]


def _open(now: str) -> engine.Index:
    if now:
        try:
            return engine.Index.load(folder() / f"at-{now}")
        except (OSError, ValueError, KeyError):
            pass
    listed = entries()
    reader = meaning.reader() if len(listed) <= SMALL else None
    vectors = reader([one.meaning for one in listed]) if reader and listed else None
    return engine.Index.make(listed, vectors)


def forget() -> None:
    """Look again at the next search; for tests."""
    _held.clear()
