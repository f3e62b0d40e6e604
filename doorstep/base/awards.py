"""Awards as other floors know them: learning links an experiment to the money that helped it.

`grants` fills this in `AppConfig.ready()`: `awards.add("grants", Awards(find, get))`. Nothing
shows where nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from doorstep.base.registry import Registry


@dataclass(frozen=True)
class AwardCard:
    """An award in a line: `key` finds it again, `path` leads to its page."""

    key: str
    label: str
    path: str
    amount_pence: int


@dataclass(frozen=True)
class Awards:
    """Where awards come from, by one app.

    `find(viewer)` returns the newest 100 that this Person may see, `get(viewer, key)` one of them
    or None. Keys are at most 60 characters.
    """

    find: Callable[[Any], Sequence[AwardCard]]
    get: Callable[[Any, str], AwardCard | None]


awards: Registry[Awards] = Registry("where awards come from")


def find(viewer: Any) -> list[tuple[str, AwardCard]]:
    """Return ("app:key", card) of all awards the viewer may see."""
    return [
        (f"{name}:{card.key}", card) for name, one in awards.items() for card in one.find(viewer)
    ]


def get(viewer: Any, key: str) -> AwardCard | None:
    """Return the award of "app:key" where the viewer may see it."""
    name, _colon, inner = key.partition(":")
    one = awards.get(name)
    return one.get(viewer, inner) if one is not None and inner else None
