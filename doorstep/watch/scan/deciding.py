"""Which of many unlikely things to speak of, so that false ones stay rare.

The promise is a number of false signals in a month, one by default, over everything that is
looked at together. Part of it goes to the series of counts and part to the space-time scan; each
part is spent once a week. Within the week the step-up rule of Benjamini and Hochberg (1995), with
weights (Genovese, Roeder and Wasserman 2006), decides: where nothing goes on, the chance that it
speaks at all is that part; where a lot does, that part bounds the share of what is false.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doorstep.watch.scan.glm import Array

POWER = 2.5
BIG = 5.0  # a week; more gets no more
WEEKS_OF_A_MONTH = 365.25 / 12 / 7


@dataclass(frozen=True)
class Budget:
    """How many false signals in a month are bearable, and how they are shared out.

    `series_cap` bounds what one series may spend in a week where there are few of them, and
    `scan_cap` the space-time scan of one theme. The scan needs no past, so a young table leaves
    most to it. `docs/watch.md` has what null years were measured to give.
    """

    per_month: float = 1.0
    to_series: float = 0.85
    to_series_when_young: float = 0.1
    series_cap: float = 0.01
    scan_cap: float = 0.2
    # Looking every night at weeks that overlap speaks more often than looking once a week.
    is_nightly: bool = False
    nightly: float = 0.4

    def weekly_for_series(self, *, with_scan: bool = True, young: bool = False) -> float:
        """Return the level of one week's series; `young`: less than three years were counted."""
        share = self.to_series_when_young if young else self.to_series
        each = self.nightly if self.is_nightly else 1.0
        return self.per_month / WEEKS_OF_A_MONTH * (share if with_scan else 1.0) * each

    def weekly_for_scan(self, *, young: bool = False) -> float:
        share = self.to_series_when_young if young else self.to_series
        each = self.nightly if self.is_nightly else 1.0
        return self.per_month / WEEKS_OF_A_MONTH * (1 - share) * each


def weights_of(expected: Array, whole: NDArray[np.bool_] | None = None) -> Array:
    """Return how much of the budget each series gets; their mean is 1.

    What holds more can show more: a doubling of five a week can be seen, one of one in a month
    can't, and a handful where there never was one passes any bound. `whole` marks the series of
    everything together: they hold so much that a small part shows what is to be seen.
    """
    known = np.where(np.isfinite(expected), np.maximum(expected, 0.0), 0.0)
    if whole is not None:
        known = np.where(whole, np.minimum(known, 1.0), known)
    raw = np.where(np.isfinite(expected), 0.02 + np.minimum(known, BIG) ** POWER, 0.0)
    total = raw.sum()
    return np.asarray(raw * len(raw) / total) if total > 0 else np.ones(len(raw))


def speak(p: Array, level: float, cap: float, weights: Array | None = None) -> NDArray[np.bool_]:
    """Return which to speak of at that level: weighted step-up, and never above `cap`."""
    if not len(p):
        return np.zeros(0, dtype=bool)
    weights = np.ones(len(p)) if weights is None else weights
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(weights > 0, p / weights, np.inf)
    order = np.argsort(scaled, kind="stable")
    allowed = scaled[order] <= level * np.arange(1, len(p) + 1) / len(p)
    last = int(np.nonzero(allowed)[0].max()) + 1 if allowed.any() else 0
    spoken = np.zeros(len(p), dtype=bool)
    spoken[order[:last]] = True
    return np.asarray(spoken & (p <= cap))
