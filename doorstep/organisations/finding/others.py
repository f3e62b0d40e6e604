"""What else is found beside services: what hangs in `organisations.beside.kinds`.

An index of its own holds what they say of themselves. It tells nobody anything: `show` fetches
what was found through what the viewer may see, and what they may not is left out unseen.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from doorstep.organisations.beside import Shown, kinds
from doorstep.organisations.finding import engine, store
from doorstep.people.models import Person

MOST = 3  # of each kind
LOOKED_AT = 8  # of each kind, of which some may not be seen
LEAST, NEAR_THE_BEST = 0.62, 0.6


@dataclass(frozen=True)
class Group:
    """What was found of one kind, best first."""

    label: Any
    icon: str
    rows: tuple[Shown, ...]


def entries() -> list[engine.Entry]:
    """Return everything of every kind as the engine takes it."""
    return [
        engine.Entry(key=f"{name}:{pk}", name=title, description=text, area=where, kind=name)
        for name, kind in kinds.items()
        for pk, title, text, where in kind.entries()
    ]


_shelf = store.Shelf("finding-others", entries)
rebuild, turn, index, forget = _shelf.rebuild, _shelf.turn, _shelf.index, _shelf.forget


def find(
    words: str, heard: engine.Heard, reading: engine.Reading, best: float
) -> dict[str, list[tuple[int, float]]]:
    """Return kind -> (id, score) of what answers about as well as the best service (`best`)."""
    held = index()
    hits = held.asked.get(words)
    if hits is None:
        hits = held.search(heard, reading, 60)
        if len(held.asked) >= 1_000:
            held.asked.clear()
        held.asked[words] = hits
    top = max([best, *(one.score for one in hits[:1])])
    found: dict[str, list[tuple[int, float]]] = {}
    for one in hits:
        if one.score < max(LEAST, NEAR_THE_BEST * top):
            break
        kind, _sep, pk = held.keys[one.place].partition(":")
        rows = found.setdefault(kind, [])
        if len(rows) < LOOKED_AT:
            rows.append((int(pk), one.score))
    return found


def groups(
    found: dict[str, list[tuple[int, float]]], viewer: Person | None, at: dt.datetime
) -> list[Group]:
    """Return what the viewer may see of what was found, the kind with the best first."""
    made = []
    for name, rows in found.items():
        kind = kinds.get(name)
        if kind is None:
            continue
        seen = {one.pk: one for one in kind.show(viewer, [pk for pk, _score in rows], at)}
        shown = tuple(seen[pk] for pk, _score in rows if pk in seen)[:MOST]
        if shown:
            made.append((rows[0][1], Group(kind.label, kind.icon, shown)))
    made.sort(key=lambda row: -row[0])
    return [group for _score, group in made]
