"""What a process reads once and knows for a while: it changes seldom, and every page asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.conf import settings

T = TypeVar("T")


def holds() -> bool:
    """Whether anything is remembered at all. Every test brings rows of its own."""
    return settings.MODE != "test"


class Remembered(Generic[T]):
    """Called, it returns what was made `seconds` ago at most.

    `make(before)` makes it; `before` is what was known until now, None at first. `seconds` may
    depend on what was made. Several threads that ask at once have it made once.

        localities = Remembered(lambda _before: list(Area.objects.localities()), 60)
        localities()
    """

    def __init__(
        self, make: Callable[[T | None], T], seconds: float | Callable[[T], float]
    ) -> None:
        self._make, self._seconds = make, seconds
        self._known: tuple[float, T] | None = None  # until when, what
        self._lock = threading.Lock()

    def __call__(self) -> T:
        known = self._known
        if known is not None and known[0] > time.monotonic() and holds():
            return known[1]
        with self._lock:
            known = self._known
            if known is not None and known[0] > time.monotonic() and holds():
                return known[1]
            made = self._make(None if known is None else known[1])
            lasts = self._seconds(made) if callable(self._seconds) else self._seconds
            self._known = (time.monotonic() + lasts, made)
            return made

    def forget(self) -> None:
        """Make it afresh at the next question."""
        self._known = None
