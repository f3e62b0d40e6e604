"""EARS C1, C2 and C3, which look back over a few weeks only, and a CUSUM.

Fricker, Hegler and Dunfee, "Comparing syndromic surveillance detection methods" (2008); Rossi and
others, "An approximate CUSUM procedure for surveillance of health events" (1999).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from doorstep.watch.scan.farrington import Week

BASELINE = 7  # weeks
ALPHA = 0.001
START = 20  # the first week that is judged, counted from 1
_LAG = {"C1": 0, "C2": 2, "C3": 2}


def judge(
    observed: Sequence[float],
    method: str = "C1",
    *,
    baseline: int = BASELINE,
    alpha: float = ALPHA,
    start: int = START,
) -> list[Week]:
    """Judge each week from `start` on by the `baseline` weeks before it ("C1", "C2" or "C3").

    C2 and C3 leave out the two weeks before; C3 adds what those two exceeded by. Raises
    ValueError where the series is too short.
    """
    from scipy import stats

    counts = np.asarray(observed, dtype=float)
    begin = max(start, baseline + {"C1": 1, "C2": 3, "C3": 5}[method])
    if len(counts) < begin:
        raise ValueError(
            f"There are {len(counts)} weeks, and the first that can be judged is week {begin}."
        )
    lag = _LAG[method]
    z = stats.norm.isf(alpha)
    weeks = np.arange(begin - 1, len(counts))
    asked = np.arange(begin - 3, len(counts)) if method == "C3" else weeks
    past = counts[asked[:, None] - lag - np.arange(baseline, 0, -1)[None, :]]
    mean, spread = past.mean(axis=1), past.std(axis=1, ddof=1)
    expected = mean[-len(weeks) :]
    if method == "C3":
        with np.errstate(invalid="ignore", divide="ignore"):
            above = np.maximum(0.0, (counts[asked] - mean) / spread - 1)
            bound = counts[weeks] + spread[2:] * (z - (above[:-2] + above[1:-1]))
            bound = np.maximum(0.0, bound)
    else:
        bound = mean + z * spread
    return [
        Week(
            int(at) + 1,
            float(bound[row]) if np.isfinite(bound[row]) else None,
            bool(counts[at] > bound[row]),
            float(expected[row]) if np.isfinite(expected[row]) else None,
        )
        for row, at in enumerate(weeks)
    ]


def cusum(
    observed: Sequence[float], start: int, *, k: float = 1.04, h: float = 2.26
) -> list[tuple[int, bool]]:
    """Return (week, alarm) from `start` on: a sum of Rossi's standardised excesses.

    The usual level is the mean of the weeks before `start`, without season or trend.
    """
    counts = np.asarray(observed, dtype=float)
    level = counts[: start - 1].mean()
    if not level > 0:
        return [(week, False) for week in range(start, len(counts) + 1)]
    excess = (counts - 3 * level + 2 * np.sqrt(counts * level)) / (2 * np.sqrt(level))
    total, result = 0.0, []
    for week in range(start, len(counts) + 1):
        total = max(0.0, total + float(excess[week - 1]) - k)
        result.append((week, total >= h))
    return result
