"""Places where a lower floor lets a higher one hang something up.

A lower floor makes a `Registry`; a higher one fills it in `AppConfig.ready()`.
"""

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Named things in a stated order. Registering a name twice is a mistake and says so."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._items: dict[str, tuple[int, T]] = {}

    def add(self, name: str, item: T, *, order: int = 50) -> T:
        """Hang `item` up under `name`; lower `order` comes first."""
        if name in self._items:
            raise ValueError(f"{self.what} already has {name!r}")
        self._items[name] = (order, item)
        return item

    def __iter__(self) -> Iterator[T]:
        ordered = sorted(self._items.items(), key=lambda row: (row[1][0], row[0]))
        return iter([item for _name, (_order, item) in ordered])

    def items(self) -> list[tuple[str, T]]:
        """Return (name, item) in order."""
        ordered = sorted(self._items.items(), key=lambda row: (row[1][0], row[0]))
        return [(name, item) for name, (_order, item) in ordered]

    def get(self, name: str) -> T | None:
        """Return what hangs under `name`, or None."""
        row = self._items.get(name)
        return row[1] if row else None


@dataclass(frozen=True)
class Panel:
    """A part of a page that a higher floor provides.

    `render(request, thing)` returns HTML, or "" to leave the panel out.
    """

    label: Any
    render: Callable[..., str]


class More(enum.Enum):
    """What a tick returns that has done a turn's worth and isn't through yet."""

    MORE = "more"


MORE = More.MORE


@dataclass(frozen=True)
class Tick:
    """Work the worker does again and again: `run()` at most every `seconds`.

    Long work is done in turns of a second or two: `run()` returns MORE while there is more of it,
    and is called again once every other tick that is due has had its turn.
    """

    run: Callable[[], Any]
    seconds: int


ticks: Registry[Tick] = Registry("the worker's ticks")
