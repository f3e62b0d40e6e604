"""Pages by key: the next page begins after the last item seen, however many came in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class KeysetPage(Generic[T]):
    """Some items, newest first, and the key the older ones begin below (None at the end)."""

    items: Sequence[T]
    next_before: int | None


def read_key(text: str | None) -> int | None:
    """Return the key in an address, or None for none or nonsense."""
    if text and text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text)
    return None
