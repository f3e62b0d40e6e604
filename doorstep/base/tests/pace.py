"""Limits on time that hold on any machine: they grow where it is slow, or busy with other work."""

import time
from collections.abc import Callable

# Seconds of processor the yardstick takes on the machine that the limits were set on.
_THERE = 0.003


def _yardstick() -> float:
    began = time.process_time()
    found: dict[str, int] = {}
    for number in range(30_000):
        word = str(number % 997)
        found[word] = found.get(word, 0) + len(word)
    return time.process_time() - began


def slowness() -> float:
    """Return how many times slower this machine is just now; 1 where it is faster."""
    return max(1.0, min(_yardstick() for _turn in range(3)) / _THERE)


def stays_under(limit: float, work: Callable[[], object], *, tries: int = 3) -> bool:
    """Whether `work` takes less than `limit` seconds of our own processor time, at its best."""
    for _turn in range(tries):
        began = time.process_time()
        work()
        if time.process_time() - began < limit * slowness():
            return True
    return False
