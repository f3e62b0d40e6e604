"""Farrington's method for weekly counts, the original and the flexible one.

Farrington and others, "A statistical algorithm for the early detection of outbreaks of infectious
disease" (1996); Noufaily and others, "An improved algorithm for outbreak detection in multiple
surveillance systems" (2013). Bounds and alarms equal those of R's `surveillance` 1.20.3, with
weeks counted from 1 and 52 of them to a year; `docs/watch.md` says how nearly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from doorstep.watch.scan import glm
from doorstep.watch.scan.glm import Array

YEAR = 52  # weeks


@dataclass(frozen=True)
class Settings:
    """How far back to look and how rare a week must be; named in plain words.

    `years` (b), `half_window` (w) in weeks, `periods` (noPeriods) of the year, `left_out`
    (pastWeeksNotIncluded) weeks before now, `alpha`, `threshold` of the weights, `method`
    ("nbPlugin", "muan" or "delta"), `trend_below`: the p-value under which a trend is kept,
    `enough`: no alarm with fewer than the first in as many weeks as the second.
    """

    years: int = 3
    half_window: int = 3
    periods: int = 10
    left_out: int = 26
    alpha: float = 0.01
    threshold: float = 2.58
    method: str = "nbPlugin"
    trend: bool = True
    trend_below: float = 1.0
    reweight: bool = True
    power: float = 2 / 3
    enough: tuple[int, int] = (5, 4)


FLEXIBLE = Settings()
ORIGINAL = Settings(periods=1, left_out=0, threshold=1.0, method="original", trend_below=0.05)
# A long series allows five years of looking back, and a stricter bound.
LONG = 7 * YEAR


def settings_for(length: int, *, flexible: bool) -> tuple[Settings, int]:
    """Return the settings for a series of that many weeks, and the first week to judge."""
    chosen = FLEXIBLE if flexible else ORIGINAL
    if length >= LONG:
        return replace(chosen, years=5, alpha=0.005), 6 * YEAR + 1
    return chosen, 3 * YEAR + 5


@dataclass(frozen=True)
class Week:
    """One judged week. `bound` and `expected` are None where too little was counted to say."""

    week: int
    bound: float | None
    alarm: bool
    expected: float | None = None


def points(settings: Settings, flexible: bool) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the weeks to learn from, counted back from now (negative), and the group of each.

    The last group is that of this time of the year.
    """
    now_group = settings.periods - 1
    group_of: dict[int, int] = {}
    for year in range(settings.years, 0, -1):
        middle = -YEAR * year
        for offset in range(middle - settings.half_window, middle + settings.half_window + 1):
            group_of[offset] = now_group
        if flexible and settings.periods > 1:
            between = YEAR - 2 * settings.half_window - 1
            size, rest = divmod(between, settings.periods - 1)
            at = middle + settings.half_window + 1
            for block in range(settings.periods - 1):
                for _week in range(size + (1 if block < rest else 0)):
                    group_of[at] = block
                    at += 1
    if flexible:
        group_of = {at: one for at, one in group_of.items() if at < -settings.left_out}
    offsets = np.array(sorted(group_of), dtype=np.intp)
    return offsets, np.array([group_of[at] for at in offsets], dtype=np.intp)


def profile(y: Array, settings: Settings, weeks: int) -> tuple[Array, Array]:
    """Return what the flexible model makes of the last `weeks` weeks, and how sure it is of now.

    `y`: series × weeks up to now, the last column; at least `first_week(settings)` of them. The
    first array is log means, series × weeks, from the earliest to now (NaN without a model); the
    second the variance of the last of them.
    """
    offsets, group = points(settings, flexible=True)
    everything = points(replace(settings, left_out=-1), flexible=True)
    group_at = dict(zip(everything[0].tolist(), everything[1].tolist(), strict=True))
    wanted = np.arange(-weeks + 1, 1)
    # This time of the year is one group up to now; whatever lies further back than the model
    # looks has the group of the week a year later.
    groups_of = [
        settings.periods - 1
        if at >= -settings.half_window
        else group_at.get(int(at), group_at.get(int(at) + YEAR, settings.periods - 1))
        for at in wanted
    ]
    of = np.array(groups_of, dtype=np.intp)
    history = y[:, y.shape[1] - 1 + offsets]
    found = expect(history, offsets, group, settings, flexible=True)
    means = found.level[:, of] + found.slope[:, None] * (wanted[None, :] - found.centre[:, of])
    means[~found.ok] = np.nan
    return means, found.phi * found.variance


def first_week(settings: Settings) -> int:
    """Return the first week (counted from 1) with enough before it to be judged."""
    return settings.years * YEAR + settings.half_window + 1


def _model(
    y: Array, group: NDArray[np.intp], time: Array, settings: Settings, *, trend: bool
) -> tuple[glm.Fit, Array, Array]:
    """Fit, count past outbreaks for less, fit again: (fit, dispersion from 1 up, weights)."""
    model = glm.fit(y, group, time, trend=trend)
    phi = np.maximum(np.nan_to_num(model.dispersion(), nan=1.0), 1.0)
    if not settings.reweight:
        return model, phi, model.working
    weights = glm.down_weights(model, phi, settings.threshold)
    again = glm.fit(y, group, time, trend=trend, prior=weights)
    # What came of the first fit decides whether there is an answer at all.
    again.converged = model.converged
    return again, np.maximum(np.nan_to_num(again.dispersion(), nan=1.0), 1.0), weights


@dataclass
class Expected:
    """What the model expects now, for each series: log mean, its variance, dispersion.

    `ok` is False where no model could be fitted. `slope` is the trend's, by week (0 without).
    """

    eta: Array
    variance: Array
    phi: Array
    phi_for_error: Array
    slope: Array
    ok: NDArray[np.bool_]
    level: Array
    centre: Array


def expect(
    y: Array,
    offsets: NDArray[np.intp],
    group: NDArray[np.intp],
    settings: Settings,
    *,
    flexible: bool,
) -> Expected:
    """Return what to expect at time 0 from `y`, series × weeks at `offsets` before it."""
    from scipy import stats

    time = offsets.astype(float)
    here = int(group.max()) if flexible else 0
    rows = y.shape[0]
    eta, variance = np.zeros(rows), np.zeros(rows)
    phi, phi_for_error = np.ones(rows), np.ones(rows)
    slope, ok = np.zeros(rows), np.ones(rows, dtype=bool)
    shape = (rows, int(group.max()) + 1)
    level, centre = np.zeros(shape), np.zeros(shape)
    without = np.ones(rows, dtype=bool)
    if settings.trend:
        model, phi_t, weights = _model(y, group, time, settings, trend=True)
        # R's summary takes the weights that were left in the model, not those of the last step.
        raw = model.dispersion(weights if flexible else None)
        eta_t, variance_t = model.predict(here, 0.0)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            t_value = model.slope / np.sqrt(raw / model.within)
            p = 2 * stats.t.sf(np.abs(t_value), model.df)
            highest = np.nanmax(np.where(np.isfinite(y), y, np.nan), axis=1)
            keep = model.converged & (p < settings.trend_below) & (settings.years >= 3)
            keep &= np.exp(eta_t) <= highest
        without = ~keep
        eta[keep], variance[keep], phi[keep] = eta_t[keep], variance_t[keep], phi_t[keep]
        phi_for_error[keep] = (raw if flexible else phi_t)[keep]
        slope[keep] = model.slope[keep]
        level[keep], centre[keep] = model.level[keep], model.centre[keep]
    if without.any():
        model, phi_n, weights = _model(y[without], group, time, settings, trend=False)
        eta_n, variance_n = model.predict(here, 0.0)
        eta[without], variance[without], phi[without] = eta_n, variance_n, phi_n
        phi_for_error[without] = model.dispersion(weights) if flexible else phi_n
        slope[without] = 0.0
        level[without], centre[without] = model.level, model.centre
        ok[without] = model.converged if flexible else True
    ok &= np.isfinite(eta) & np.isfinite(variance)
    return Expected(eta, variance, phi, phi_for_error, slope, ok, level, centre)


def _bounds(found: Expected, settings: Settings) -> Array:
    """Return the upper bound of each, before any rule about too few cases."""
    from scipy import stats

    mu = np.exp(np.minimum(found.eta, 700.0))
    if settings.method in ("original", "delta"):
        tail = settings.alpha / 2 if settings.method == "original" else settings.alpha
        error = found.phi_for_error * found.variance * mu**2
        tau = found.phi + error / mu
        power = settings.power
        spread = np.sqrt(power**2 * mu ** (2 * power - 1) * tau)
        return np.asarray((mu**power + stats.norm.isf(tail) * spread) ** (1 / power))
    if settings.method == "muan":
        error = np.sqrt(found.phi_for_error * found.variance)
        mu = np.exp(found.eta + stats.norm.isf(settings.alpha) * error)
    return quantile(mu, found.phi, 1 - settings.alpha)


def quantile(mu: Array, phi: Array, at: float) -> Array:
    """Return the quantile of a count with mean `mu` and variance `phi` times `mu`."""
    from scipy import stats

    bound = stats.poisson.ppf(at, mu)
    wide = phi > 1
    if wide.any():
        bound[wide] = stats.nbinom.ppf(at, mu[wide] / (phi[wide] - 1), 1 / phi[wide])
    return np.asarray(bound)


def judge(
    observed: Sequence[float],
    settings: Settings | None = None,
    *,
    flexible: bool = True,
    start: int | None = None,
) -> list[Week]:
    """Judge each week of one series from `start` (counted from 1) to its end.

    A NaN is a week in which nothing was counted: it teaches nothing, and it can't be judged.
    Raises ValueError where the series is too short for any week.
    """
    counts = np.asarray(observed, dtype=float)
    chosen, usual_start = settings_for(len(counts), flexible=flexible)
    settings = settings or chosen
    earliest = first_week(settings)
    begin = usual_start if start is None and settings == chosen else (start or earliest)
    begin = max(begin, earliest)
    if len(counts) < begin:
        raise ValueError(
            f"There are {len(counts)} weeks, and the first that can be judged is week {begin}: "
            f"{settings.years} years must lie before it."
        )
    offsets, group = points(settings, flexible)
    weeks = np.arange(begin - 1, len(counts))
    history = counts[weeks[:, None] + offsets[None, :]]
    found = expect(history, offsets, group, settings, flexible=flexible)
    bounds = _bounds(found, settings)
    least, span = settings.enough
    result = []
    for row, at in enumerate(weeks):
        recent = counts[at - span + 1 : at + 1].sum()  # NaN where a week is missing
        enough = bool(recent >= least)
        value, mu = counts[at], float(np.exp(found.eta[row]))
        bound = float(bounds[row]) if found.ok[row] and np.isfinite(bounds[row]) else None
        if not enough:
            result.append(Week(int(at) + 1, None if flexible else 0.0, False))
        elif bound is None:
            result.append(Week(int(at) + 1, None, False))
        else:
            alarm = bool(value > bound and value > 0)
            result.append(Week(int(at) + 1, bound, alarm, mu))
    return result
