"""Indexes: made by the worker, kept in the data folder, shared by web processes.

`Shelf` keeps one, of whatever somebody lists: the directory's below, what is found beside services
(`others.py`), what a call may go to (`connect.calls.index`). A process that finds none (a new site,
a test) makes its own when the list is small, and looks by words alone when it is not, until the
worker has been round.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db.models import Count, Max

from doorstep.organisations.finding import engine, meaning
from doorstep.organisations.models import Service

EVERY = 60  # seconds between two looks at whether something has changed
SMALL = 400  # entries a web process reads for their meaning by itself
AT_ONCE = 1_000  # entries read for their meaning in one round of the worker


@dataclass
class _Held:
    """The index of this process, made from what `stamp` names, and looked at again when."""

    stamp: str
    index: engine.Index
    until: float


class Shelf:
    """One index in a folder of its own under the data folder.

    `entries` lists what is searched; `stamp` says in a word, and quicker, what changes when that
    does. Without it the entries' own words are compared, and `rows` may say whether they need be:
    what it returns stays the same only while they do (None: nobody knows).
    """

    def __init__(
        self,
        name: str,
        entries: Callable[[], list[engine.Entry]],
        stamp: Callable[[], str] | None = None,
        rows: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.name, self._entries, self._stamp, self._rows = name, entries, stamp, rows
        self._seen: dict[str, tuple[str, str]] = {}  # folder -> rows and what was made of them
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}  # by folder: tests have several

    def folder(self) -> Path:
        """Where it is kept."""
        return Path(settings.DATA) / self.name

    def rebuild(self) -> bool:
        """Make the index afresh where something has changed. Safe to run twice at once."""
        home = self.folder()
        home.mkdir(parents=True, exist_ok=True)
        # Asked before listing: what changes meanwhile is seen at the next look.
        rows = self._rows()
        if rows is not None and self._seen.get(str(home)) == (rows, _current(home)):
            return False
        listed = None if self._stamp else self._entries()
        now = self._stamp() if self._stamp else _said(listed or [])
        if rows is not None:
            # Holds once all of it has been read for its meaning, and "current" says just this.
            self._seen[str(home)] = (rows, now)
        if _current(home) == now:
            return False
        _keep(home, self._entries() if listed is None else listed, now)
        return True

    def index(self) -> engine.Index:
        """Return the index of this process, at most EVERY seconds behind the worker's."""
        where = str(self.folder())
        held = self._held.get(where)
        if held is not None and time.monotonic() < held.until:
            return held.index
        with self._lock:
            held = self._held.get(where)
            if held is not None and time.monotonic() < held.until:
                return held.index
            # Where no worker has been and nothing cheap tells, it is made again.
            now = _current(self.folder()) or (f"own {self._stamp()}" if self._stamp else "")
            if held is None or not now or held.stamp != now:
                held = _Held(now, self._open(now), 0.0)
                meaning.give_back()
            held.until = time.monotonic() + EVERY
            self._held[where] = held
            return held.index

    def _open(self, now: str) -> engine.Index:
        if now and not now.startswith("own "):
            try:
                return engine.Index.load(self.folder() / f"at-{now}")
            except (OSError, ValueError, KeyError):
                pass
        listed = self._entries()
        reader = meaning.quick_reader() if len(listed) <= SMALL else None
        vectors = reader([one.meaning for one in listed]) if reader and listed else None
        return engine.Index.make(listed, vectors)

    def forget(self) -> None:
        """Look again at the next search; for tests, and after bringing a feed in by hand."""
        self._held.clear()


def _said(listed: list[engine.Entry]) -> str:
    said = hashlib.blake2b(digest_size=12)
    for one in listed:
        said.update(f"{one.key}|{one.words}|{one.kind}\n".encode())
    return f"{len(listed)}-{said.hexdigest()}"


# --- The directory's -------------------------------------------------------------------------


def stamp() -> str:
    """Return what changes when the directory does."""
    found = Service.objects.public().aggregate(many=Count("pk"), last=Max("changed_at"))
    return f"{found['many']}-{found['last']:%Y%m%d%H%M%S%f}" if found["last"] else "0"


def entries() -> list[engine.Entry]:
    """Return every shown service as the engine takes it."""
    services = Service.objects.public().select_related("organisation").prefetch_related("languages")
    return [
        engine.Entry(
            key=str(one.pk),
            name=one.name,
            description=" ".join(part for part in (one.description, one.eligibility) if part),
            organisation=one.organisation.name if one.organisation else "",
            languages=tuple(said.name for said in one.languages.all() if said.name),
            area=one.found_by[:400],
            access=one.application_process,
            ages=(one.minimum_age, one.maximum_age),
        )
        for one in services.order_by("pk").iterator(500)
    ]


directory = Shelf("finding", entries, stamp)
folder, rebuild, index, forget = (
    directory.folder, directory.rebuild, directory.index, directory.forget
)  # fmt: skip


# --- On disk ---------------------------------------------------------------------------------


def _mark(entry: engine.Entry) -> str:
    return hashlib.blake2b(entry.meaning.encode(), digest_size=12).hexdigest()


def _keep(home: Path, listed: list[engine.Entry], now: str) -> None:
    """Make an index of what is listed and put it in `home`, where `_current` finds it."""
    marks = [_mark(one) for one in listed]
    vectors, unread = _vectors(home, listed, marks)
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


def _current(home: Path) -> str:
    try:
        return (home / "current").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _vectors(
    home: Path, listed: list[engine.Entry], marks: list[str]
) -> tuple[engine.Vectors | None, set[int]]:
    """Return a vector for each entry, and the places of those not read yet (zeros).

    Those whose words are as before are taken over; AT_ONCE others are read.
    """
    reader = meaning.quick_reader()
    if reader is None:
        return None, set()
    known: dict[str, int] = {}
    before = np.zeros((0, meaning.WIDTH), dtype=np.float32)
    try:
        last = home / f"at-{_current(home)}"
        before = np.load(last / "vectors.npy")
        known = {one: at for at, one in enumerate(json.loads((last / "marks.json").read_text()))}
    except (OSError, ValueError):
        pass
    found = np.zeros((len(listed), meaning.WIDTH), dtype=np.float32)
    new = [at for at, mark in enumerate(marks) if known.get(mark, len(before)) >= len(before)]
    fresh = set(new)
    for at, mark in enumerate(marks):
        if at not in fresh:
            found[at] = before[known[mark]]
    # What says the very same is read once.
    said: dict[str, list[int]] = {}
    for at in new:
        said.setdefault(marks[at], []).append(at)
    some = list(said.values())[:AT_ONCE]
    if some:
        for places, row in zip(some, reader([listed[one[0]].meaning for one in some]), strict=True):
            found[places] = row
    return found, {at for places in list(said.values())[AT_ONCE:] for at in places}
