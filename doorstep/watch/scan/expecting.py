"""What the last weeks should have held, and how unlikely it is that they held so many.

Season and trend are learned where there is enough to learn them from: from a theme's counts in all
areas together, by Farrington flexible's regression (with past outbreaks counted for less). How
much of its theme an area usually has is learned from the area's own last two years. So a small
area borrows the season of the whole and keeps its own level. A theme with less than three years,
or with few counts, has a level and no season, and says so (`model`).

What is observed over the last one to four weeks is held against a negative binomial that carries
the mean, the dispersion, and how sure we are of the mean. A short history makes for a wide bound
and never for a false certainty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from doorstep.watch.scan import farrington
from doorstep.watch.scan.glm import Array

Whole = NDArray[np.intp]

WINDOWS = (1, 2, 3, 4)  # weeks
# How the chance of a false alarm is shared among the windows. Four weeks at a time overlap, so
# their false alarms come in runs and count for fewer; and a doubling shows nowhere else.
SHARES = np.array([0.01, 0.125, 0.015, 0.85])
LEAST = 4  # fewer in a window are never unusual
GUARD = 4  # weeks up to now that a level doesn't learn from
LEVEL_WEEKS = 104
LEAN = 200  # weeks: how heavily the dispersion of all alike counts beside one's own
SHORTEST = 12  # weeks counted before a series can be judged
A_WEEK_FOR_SEASON = 1.0  # least mean a week of a theme whose season can be learned
# Where no season could be learned there may still be one: a quarter more or less is bearable.
UNKNOWN_SEASON = 0.06
KNOWN_SHARE = 0.8  # of the weeks to learn a season from must have been counted

NONE, LEVEL, SEASON = 0, 1, 2
_SEASON = replace(farrington.FLEXIBLE, trend_below=0.05)


@dataclass
class Judged:
    """One week of many series; each array has a value for each series.

    `p`: how often chance alone gives as much in one of the windows (1 where nothing is more than
    usual); `window`: its weeks; `observed`, `expected`: in that window; `weekly`: what
    a usual week has now (NaN where it can't be judged); `model`: NONE, LEVEL or SEASON;
    `history`: weeks that were counted and learned from.
    """

    p: Array
    window: Whole
    observed: Array
    expected: Array
    weekly: Array
    phi: Array
    variance: Array
    model: Whole
    history: Whole


def tail(observed: Array, mean: Array, phi: Array, variance: Array) -> Array:
    """Return P(X ≥ observed); X has that mean, dispersion, and variance of the log mean."""
    from scipy import stats

    extra = (phi - 1) + variance * mean
    size = mean / np.maximum(extra, 1e-9)
    plain = stats.poisson.sf(observed - 1, mean)
    wide = stats.nbinom.sf(observed - 1, size, size / (size + mean))
    return np.asarray(np.where(extra > 1e-6, wide, plain))


def highest_usual(mean: Array, phi: Array, variance: Array, rare: float = 0.01) -> Array:
    """Return the count that a usual week exceeds once in `1 / rare`."""
    return farrington.quantile(mean, np.maximum(phi + variance * mean, 1.0), 1 - rare)


def season(totals: Array, at: int, weeks: int) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return each theme's mean in the `weeks` up to `at`, the variance of now's log, and which
    have a season; the others have ones. `totals`: themes × weeks."""
    rows = totals.shape[0]
    means, variance = np.ones((rows, weeks)), np.zeros(rows)
    has = np.zeros(rows, dtype=bool)
    years = min(5, (at - _SEASON.half_window) // farrington.YEAR)
    if years < 3:
        return means, variance, has
    settings = replace(_SEASON, years=years)
    offsets, group = farrington.points(settings, flexible=True)
    history = totals[:, at + offsets]
    known = np.isfinite(history)
    per_week = np.where(known, history, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    has = (per_week >= A_WEEK_FOR_SEASON) & (known.mean(axis=1) >= KNOWN_SHARE)
    for one in range(settings.periods):
        has &= known[:, group == one].mean(axis=1) >= 0.5
    if has.any():
        found, unsure = farrington.profile(totals[has, : at + 1], settings, weeks)
        fine = np.isfinite(found).all(axis=1) & (np.abs(found) < 30).all(axis=1)
        rows_of = np.nonzero(has)[0]
        means[rows_of[fine]] = np.exp(found[fine])
        variance[rows_of[fine]] = unsure[fine]
        has[rows_of[~fine]] = False
    return means, variance, has


def judge(
    counts: Array, theme: Whole, totals: Array, at: int, alike: Whole | None = None
) -> Judged:
    """Judge the week `at` (from 0) of `counts`, series × weeks, by the weeks before it.

    `theme` gives the row of `totals` (themes × weeks) for each series, `alike` numbers those that
    scatter alike: of one theme and one kind of area. NaN: not counted.
    """
    alike = theme if alike is None else alike
    rows = counts.shape[0]
    span = min(at + 1, LEVEL_WEEKS + GUARD)
    result = Judged(
        p=np.ones(rows),
        window=np.ones(rows, dtype=np.intp),
        observed=np.zeros(rows),
        expected=np.zeros(rows),
        weekly=np.full(rows, np.nan),
        phi=np.ones(rows),
        variance=np.zeros(rows),
        model=np.zeros(rows, dtype=np.intp),
        history=np.zeros(rows, dtype=np.intp),
    )
    if span < SHORTEST + GUARD:
        return result
    shape, unsure, has_season = season(totals, at, span)
    shape = shape / shape.mean(axis=1, keepdims=True)
    usual = shape[theme]

    past, usual_past = counts[:, at - span + 1 : at - GUARD + 1], usual[:, : span - GUARD]
    counted = np.isfinite(past)
    weeks = counted.sum(axis=1)
    filled = np.where(counted, past, 0.0)
    can = (weeks >= SHORTEST) & np.isfinite(counts[:, at])

    level, total, phi = _level(filled, counted, usual_past, np.ones(past.shape))
    weights = _outbreaks_down(filled, counted, usual_past * level[:, None], phi)
    level, total, phi = _level(filled, counted, usual_past, weights)
    # Few weeks say little about dispersion: lean on that of all that scatter alike.
    pooled = np.bincount(alike, weights=phi * weeks) / np.maximum(
        np.bincount(alike, weights=weeks.astype(float)), 1
    )
    phi = np.maximum(1.0, (phi * weeks + pooled[alike] * LEAN) / (weeks + LEAN))
    variance = phi / (total + 0.5) + np.where(has_season, unsure, UNKNOWN_SEASON)[theme]

    means = np.cumsum((level[:, None] * usual)[:, ::-1][:, : max(WINDOWS)], axis=1)
    recent = np.cumsum(counts[:, at - max(WINDOWS) + 1 : at + 1][:, ::-1], axis=1)
    columns = [size - 1 for size in WINDOWS]
    means, recent = means[:, columns], recent[:, columns]
    p = np.ones((rows, len(WINDOWS)))
    with np.errstate(invalid="ignore"):
        asked = can[:, None] & (recent >= LEAST) & (recent > means)
    if asked.any():
        row, column = np.nonzero(asked)
        p[row, column] = tail(recent[row, column], means[row, column], phi[row], variance[row])
    # Four looks are four chances to be wrong: each has to be as much rarer (Bonferroni).
    p = np.where(asked, np.minimum(1.0, p / SHARES), 1.0)
    best = p.argmin(axis=1)
    every = np.arange(rows)
    result.p = p[every, best]
    result.window = np.array(WINDOWS)[best]
    result.observed = np.nan_to_num(recent[every, best])
    result.expected = means[every, best]
    result.weekly = np.where(can, means[:, 0], np.nan)
    result.phi, result.variance = phi, variance
    result.model = np.where(can, np.where(has_season[theme], SEASON, LEVEL), NONE)
    result.history = weeks
    return result


def _level(
    filled: Array, counted: NDArray[np.bool_], usual: Array, weights: Array
) -> tuple[Array, Array, Array]:
    """Return the level of each series against its theme's shape, what was counted, dispersion."""
    held = np.where(counted, usual * weights, 0.0)
    total = (filled * weights).sum(axis=1)
    level = (total + 0.5) / np.maximum(held.sum(axis=1), 1e-9)
    mean = np.where(counted, usual * level[:, None], 1.0)
    apart = np.where(counted, weights * (filled - mean) ** 2 / mean, 0.0).sum(axis=1)
    return level, total, apart / np.maximum(counted.sum(axis=1) - 1, 1)


def _outbreaks_down(filled: Array, counted: NDArray[np.bool_], mean: Array, phi: Array) -> Array:
    """Return weights that count past outbreaks for less, where a mean is large enough to tell."""
    safe = np.where(counted, np.maximum(mean, 1e-6), 1.0)
    spread = np.sqrt(np.maximum(phi, 1.0))[:, None]
    anscombe = 1.5 * (filled ** (2 / 3) * safe ** (-1 / 6) - np.sqrt(safe)) / spread
    high = counted & (anscombe > _SEASON.threshold) & (safe > 0.5)
    return np.asarray(np.where(high, np.maximum(anscombe, 1.0) ** -2.0, 1.0))
