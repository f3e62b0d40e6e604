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
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import Count, Max

from doorstep.base.registry import MORE, More
from doorstep.organisations.finding import engine, meaning
from doorstep.organisations.models import Service

EVERY = 60  # seconds between two looks at whether something has changed
SMALL = 400  # entries a web process reads for their meaning by itself
TURN = 1.0  # seconds the worker goes on before others have their turn
FEW = 50  # entries that are no more than a turn's work
AT_ONCE = 16  # entries read for their meaning between two looks at the clock
MANY = 200  # unread entries that nobody waits for: until they are read, their words find them


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
        # Folder -> what the next turn goes on with.
        self._going: dict[str, Generator[None, None, bool]] = {}
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}  # by folder: tests have several

    def folder(self) -> Path:
        """Where it is kept."""
        return Path(settings.DATA) / self.name

    def rebuild(self) -> bool:
        """Make the index afresh where something has changed. Safe to run twice at once."""
        return bool(self._go_on(float("inf")))

    def turn(self, seconds: float = TURN) -> bool | More:
        """Do so many seconds' worth of `rebuild`; return MORE while it isn't done.

        What was read for its meaning is written down as it comes: a worker that is stopped, or
        another, goes on from there.
        """
        return self._go_on(seconds)

    def _go_on(self, seconds: float) -> bool | More:
        where = str(self.folder())
        steps = self._going.pop(where, None) or self._steps()
        until = time.monotonic() + seconds
        try:
            while True:
                next(steps)
                if time.monotonic() >= until:
                    self._going[where] = steps
                    return MORE
        except StopIteration as done:
            return bool(done.value)

    def _steps(self) -> Generator[None, None, bool]:
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
        listed = self._entries() if listed is None else listed
        steps = _keep(home, listed, now)
        if len(listed) > FEW:
            yield
            yield from steps
        else:
            for _step in steps:
                pass
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
        self._going.clear()


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
folder, rebuild, turn, index, forget = (
    directory.folder, directory.rebuild, directory.turn, directory.index, directory.forget
)  # fmt: skip


# --- On disk ---------------------------------------------------------------------------------


def _mark(entry: engine.Entry) -> str:
    return hashlib.blake2b(entry.meaning.encode(), digest_size=12).hexdigest()


def _keep(home: Path, listed: list[engine.Entry], now: str) -> Generator[None, None, None]:
    """Make an index of what is listed and put it in `home`, where `_current` finds it."""
    marks = [_mark(one) for one in listed]
    reader = meaning.quick_reader()
    if reader is None:
        yield from _put(home, listed, None, marks, now)
        return
    vectors, unread = _known(home, marks)
    if sum(map(len, unread)) > MANY:
        waits = {at for places in unread for at in places}
        told = ["" if at in waits else mark for at, mark in enumerate(marks)]
        yield from _put(home, listed, vectors, told, f"{now}-{len(waits)}")
    for start in range(0, len(unread), AT_ONCE):
        some = unread[start : start + AT_ONCE]
        rows = reader([listed[places[0]].meaning for places in some])
        for places, row in zip(some, rows, strict=True):
            vectors[places] = row
        _write_down(home, [marks[places[0]] for places in some], rows)
        yield
    yield from _put(home, listed, vectors, marks, now)
    (home / READ).unlink(missing_ok=True)


def _put(
    home: Path,
    listed: list[engine.Entry],
    vectors: engine.Vectors | None,
    marks: list[str],
    now: str,
) -> Generator[None, None, None]:
    index = yield from engine.Index.making(listed, vectors)
    yield
    made = Path(tempfile.mkdtemp(prefix="new-", dir=home))
    index.save(made)
    (made / "marks.json").write_text(json.dumps(marks), encoding="utf-8")
    ready = home / f"at-{now}"
    shutil.rmtree(ready, ignore_errors=True)
    made.rename(ready)
    pointer = home / "current.new"
    pointer.write_text(now, encoding="utf-8")
    pointer.replace(home / "current")
    for old in (*home.glob("at-*"), *home.glob("new-*")):
        # The one before stays a while for those that are still opening it.
        if old != ready and time.time() - old.stat().st_mtime > 10 * EVERY:
            shutil.rmtree(old, ignore_errors=True)
    yield


def _current(home: Path) -> str:
    try:
        return (home / "current").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _known(home: Path, marks: list[str]) -> tuple[engine.Vectors, list[list[int]]]:
    """Return a vector for each entry, zeros where it isn't read yet, and the places of those.

    What says the very same is read once: its places stand together.
    """
    found = np.zeros((len(marks), meaning.WIDTH), dtype=np.float32)
    known: dict[str, tuple[Any, int]] = {}
    try:
        last = home / f"at-{_current(home)}"
        before = np.load(last / "vectors.npy", mmap_mode="r")
        of_before = json.loads((last / "marks.json").read_text())
        known = {one: (before, at) for at, one in enumerate(of_before[: len(before)]) if one}
    except (OSError, ValueError):
        pass
    written = _written_down(home)
    known |= {one.decode(): (written["row"], at) for at, one in enumerate(written["mark"])}
    unread: dict[str, list[int]] = {}
    for at, mark in enumerate(marks):
        if mark in known:
            rows, place = known[mark]
            found[at] = rows[place]
        else:
            unread.setdefault(mark, []).append(at)
    return found, list(unread.values())


# --- What is read on the way to the next index, so that nobody reads it twice ------------------

READ = "read"
_READ = np.dtype([("mark", "S24"), ("row", np.float32, (meaning.WIDTH,))])


def _written_down(home: Path) -> np.ndarray[Any, Any]:
    """Return what was read so far; a last piece that was cut short is cut off."""
    try:
        with (home / READ).open("r+b") as file:
            whole = file.seek(0, 2) // _READ.itemsize
            file.truncate(whole * _READ.itemsize)
        return np.fromfile(home / READ, dtype=_READ)
    except OSError:
        return np.zeros(0, dtype=_READ)


def _write_down(home: Path, marks: list[str], rows: engine.Vectors) -> None:
    made = np.zeros(len(marks), dtype=_READ)
    made["mark"], made["row"] = [one.encode() for one in marks], rows
    with (home / READ).open("ab") as file:
        file.write(made.tobytes())
