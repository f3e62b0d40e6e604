"""How well the scan does: made-up boroughs with nothing going on, and with something put in.

`null_years` counts false signals where nothing goes on. `outbreaks` multiplies a series of five a
week and counts how soon it is found, beside the most that any method could find: the likelihood
ratio test that knows the true level and the very week it began, at the same rate of false alarms.
Every number comes from a seed and can be had again.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doorstep.watch.scan import deciding, expecting
from doorstep.watch.scan.deciding import Budget
from doorstep.watch.scan.glm import Array

WARDS, THEMES, YEARS = 19, 15, 5
PARTS = [6] * 5 + [5] * 14  # neighbourhoods of each ward: 100
YEAR = 52


@dataclass
class Borough:
    """Counts of every ward, every neighbourhood and the whole: series × weeks, and what is what."""

    counts: Array
    theme: NDArray[np.intp]
    totals: Array
    layer: NDArray[np.intp]  # 0 a ward, 1 a neighbourhood, 2 the whole
    ward: NDArray[np.intp]  # of each series: which ward and theme it lies in
    expected: Array  # wards × weeks: the truth
    shares: list[Array]  # of each ward and theme: how it is spread over its neighbourhoods

    @property
    def wards(self) -> int:
        return WARDS * THEMES


def make(rng: np.random.Generator, weeks: int, *, fives: int = 3, spread: float = 0.15) -> Borough:
    """Make a borough in which nothing goes on: seasons, trends, busy and quiet places.

    The first `fives` themes have exactly five a week in each ward, by a Poisson law with a season;
    the others lie between one in ten weeks and eight a week. `spread` is how much wider than
    Poisson they are, on average.
    """
    at = np.arange(weeks)
    wards, parts, truth, shares = [], [], [], []
    for theme in range(THEMES):
        five = theme < fives
        size = 5.0 if five else math.exp(rng.uniform(math.log(0.1), math.log(8)))
        swing = rng.uniform(0, 0.25 if five else 0.5)
        trend = 0.0 if five else rng.uniform(-0.1, 0.15) / YEAR
        wide = 0.0 if five else rng.gamma(1, spread)
        start = rng.uniform(0, 2 * math.pi)
        for ward in range(WARDS):
            here = size if five else size * rng.gamma(8, 1 / 8)
            mean = here * np.exp(
                swing * np.cos(2 * math.pi * at / 52.18 + start) + trend * (at - weeks + YEAR)
            )
            if five:
                mean *= 5.0 / mean.mean()
            share = rng.dirichlet(np.full(PARTS[ward], 3.0))
            real = rng.gamma(np.maximum(mean / wide, 1e-9)) * wide if wide > 0.005 else mean
            part = rng.poisson(share[:, None] * real[None, :])
            parts.append(part)
            wards.append(part.sum(axis=0))
            truth.append(mean)
            shares.append(share)
    top = np.array(wards, dtype=float)
    of_parts = np.repeat(np.arange(WARDS * THEMES), np.tile(PARTS, THEMES))
    totals = top.reshape(THEMES, WARDS, weeks).sum(axis=1)
    whole = WARDS * THEMES + np.arange(THEMES)
    return Borough(
        counts=np.concatenate([top, np.concatenate(parts).astype(float), totals]),
        theme=np.concatenate(
            [np.arange(WARDS * THEMES) // WARDS, of_parts // WARDS, whole - whole[0]]
        ),
        totals=totals,
        layer=np.repeat([0, 1, 2], [WARDS * THEMES, len(of_parts), THEMES]),
        ward=np.concatenate([np.arange(WARDS * THEMES), of_parts, whole]),
        expected=np.array(truth),
        shares=shares,
    )


def spoken_of(borough: Borough, at: int, budget: Budget) -> NDArray[np.bool_]:
    """Return which series the scan speaks of in that week."""
    found = expecting.judge(
        borough.counts, borough.theme, borough.totals, at, borough.theme + THEMES * borough.layer
    )
    return deciding.speak(
        found.p,
        budget.weekly_for_series(),
        budget.series_cap,
        deciding.weights_of(found.weekly, borough.layer == 2),
    )


def null_years(seed: int, boroughs: int, budget: Budget) -> dict[str, Any]:
    """Return how many false signals a borough gives in a month where nothing goes on.

    A signal is new where its ward and theme have been silent for four weeks. A nightly budget
    looks every night at the weeks that end with it, else once a week.
    """
    rng = np.random.default_rng(seed)
    signals, months, of_five, weeks_of_five = 0, 0, 0, 0
    began = time.perf_counter()
    nights = 7 if budget.is_nightly else 1
    for _one in range(boroughs):
        borough = make(rng, (YEARS + 1) * YEAR)
        views = _by_night(rng, borough) if budget.is_nightly else [borough]
        last = np.full(borough.wards + THEMES, -999)
        for at in range(YEARS * YEAR, (YEARS + 1) * YEAR - (nights > 1)):
            for night, view in enumerate(views):
                today = at * nights + night
                spoken = {int(one) for one in borough.ward[spoken_of(view, at, budget)]}
                for ward in spoken:
                    if today - last[ward] > 4 * nights:
                        signals += 1
                        of_five += ward < 3 * WARDS
                    last[ward] = today
        months += 12
        weeks_of_five += YEAR * 3 * WARDS
    return {
        "months": months,
        "signals": signals,
        "signals_a_month": round(signals / months, 3),
        "at_most_in_95_of_100": round((signals + 1.645 * math.sqrt(signals + 1) + 1) / months, 3),
        "a_week_of_a_series_of_five": of_five / weeks_of_five,
        "seconds": round(time.perf_counter() - began, 1),
    }


def _by_night(rng: np.random.Generator, borough: Borough) -> list[Borough]:
    """Return the same counts as weeks that end on each of seven nights."""
    parts = borough.layer == 1
    small = borough.counts[parts].astype(np.int64)
    by_day = np.zeros((*small.shape, 7), dtype=np.int64)
    left = small.copy()
    for day in range(7):
        by_day[..., day] = rng.binomial(left, 1 / (7 - day))
        left -= by_day[..., day]
    days = by_day.reshape(len(small), -1)
    views = []
    for night in range(7):
        # Each week ends `night` nights later; the last one, which wraps round, is left alone.
        moved = np.roll(days, -night, axis=1)
        weeks = moved.reshape(len(small), -1, 7).sum(axis=2).astype(float)
        wards = np.zeros((borough.wards, weeks.shape[1]))
        np.add.at(wards, borough.ward[parts], weeks)
        totals = wards.reshape(THEMES, WARDS, -1).sum(axis=1)
        views.append(replace(borough, counts=np.concatenate([wards, weeks, totals]), totals=totals))
    return views


def limit(mean: float, factor: float, level: float) -> float:
    """Return the power of the best test there is (Neyman and Pearson) of a Poisson count.

    `mean` over the whole time looked at, `factor` times as much in truth, `level` the chance of a
    false alarm in that time; drawn lots at the bound make the level exact.
    """
    from scipy import stats

    bound = int(stats.poisson.isf(level, mean))
    above = stats.poisson.sf(bound, mean)
    lot = (level - above) / stats.poisson.pmf(bound, mean)
    return float(
        stats.poisson.sf(bound, mean * factor) + lot * stats.poisson.pmf(bound, mean * factor)
    )


def outbreaks(
    seed: int, trials: int, budget: Budget, false_a_week: float, *, factor: float, weeks: int
) -> dict[str, Any]:
    """Return how often a rise by `factor` of a series of five a week is found within `weeks`.

    It is put into one ward, spread over its neighbourhoods as usual. Found is when the scan of the
    whole borough speaks of that ward, or a neighbourhood of it, and that theme.
    """
    rng = np.random.default_rng(seed)
    found, tried, limits = np.zeros(weeks), 0, []
    while tried < trials:
        borough = make(rng, (YEARS + 1) * YEAR)
        for _one in range(min(60, trials - tried)):
            ward = int(rng.integers(3 * WARDS))
            start = int(rng.integers(YEARS * YEAR, (YEARS + 1) * YEAR - weeks))
            rows = np.nonzero(borough.ward == ward)[0]
            whole = len(borough.ward) - THEMES + ward // WARDS
            kept = borough.counts[rows].copy()
            kept_total = borough.totals[ward // WARDS].copy()
            mean = borough.expected[ward, start : start + weeks]
            more = rng.poisson((factor - 1) * mean[None, :] * borough.shares[ward][:, None])
            span = slice(start, start + weeks)
            borough.counts[rows[0], span] += more.sum(axis=0)
            borough.counts[rows[1:], span] += more
            borough.totals[ward // WARDS, span] += more.sum(axis=0)
            borough.counts[whole, span] += more.sum(axis=0)
            for week in range(weeks):
                if spoken_of(borough, start + week, budget)[rows].any():
                    found[week:] += 1
                    break
            borough.counts[rows] = kept
            borough.totals[ward // WARDS] = borough.counts[whole] = kept_total
            limits.append(limit(float(mean.sum()), factor, min(0.5, false_a_week * weeks)))
            tried += 1
    share = found[-1] / tried
    return {
        "factor": factor,
        "weeks": weeks,
        "trials": tried,
        "found": round(float(share), 4),
        "give_or_take": round(1.96 * math.sqrt(share * (1 - share) / tried), 4),
        "found_by_week": [round(float(one) / tried, 4) for one in found],
        "no_method_can_find_more_than": round(float(np.mean(limits)), 4),
    }


def whole_scan(seed: int = 3) -> dict[str, Any]:
    """Return how long one scan takes: 19 wards, 100 neighbourhoods, 15 themes, five years."""
    import datetime as dt

    from doorstep.watch.scan import scanning, spacetime

    rng = np.random.default_rng(seed)
    weeks = YEARS * YEAR
    borough = make(rng, weeks)
    areas = WARDS + sum(PARTS)
    first = sum(PARTS) * THEMES
    shape = (THEMES, WARDS, weeks)
    wards = borough.counts[: WARDS * THEMES].reshape(shape).transpose(1, 0, 2)
    small = borough.counts[WARDS * THEMES : WARDS * THEMES + first]
    small = small.reshape(THEMES, sum(PARTS), weeks).transpose(1, 0, 2)
    ends = [dt.date(2021, 1, 3) + dt.timedelta(days=7 * week) for week in range(weeks)]
    where = rng.uniform(0, 6, size=(sum(PARTS), 2))
    place, theme, week = np.nonzero(small)
    many = small[place, theme, week].astype(np.int64)
    day = 7 * week + rng.integers(0, 7, size=len(week))
    table = scanning.Table(
        areas=[str(one) for one in range(areas)],
        themes=[str(one) for one in range(THEMES)],
        ends=ends,
        counts=np.concatenate([wards, small]),
        base=np.arange(areas) < WARDS,
        inside=np.concatenate([np.full(WARDS, -1), np.repeat(np.arange(WARDS), PARTS)]),
        apart=spacetime.flat_distances(where[:, 0], where[:, 1]),
        places=np.arange(WARDS, areas),
        cases=np.stack([place, day, theme, many], axis=1),
    )
    began = time.perf_counter()
    found = scanning.scan(table, last_weeks=1)
    once = time.perf_counter() - began
    began = time.perf_counter()
    scanning.scan(table, with_clusters=False)
    return {
        "areas": areas,
        "themes": THEMES,
        "series": found.series,
        "weeks": weeks,
        "cases": int(borough.totals.sum()),
        "shuffles": found.shuffles,
        "seconds": round(once, 2),
        "seconds_of_every_week_again": round(time.perf_counter() - began, 2),
    }


def everything(budget: Budget, *, trials: int, seed: int = 11) -> dict[str, Any]:
    """Return all of it: null years, outbreaks beside the limit, and how long one scan takes."""
    weekly = null_years(seed, max(2, trials // 40), budget)
    nightly = null_years(seed, max(1, trials // 160), replace(budget, is_nightly=True))
    rate = weekly["a_week_of_a_series_of_five"]
    return {
        "promised_a_month": budget.per_month,
        "null_years": {
            "weekly": weekly,
            "nightly": nightly,
            "scan_a_month": round(budget.weekly_for_scan() * deciding.WEEKS_OF_A_MONTH, 3),
        },
        "outbreaks": [
            outbreaks(seed + 1, trials, budget, rate, factor=3, weeks=2),
            outbreaks(seed + 2, trials, budget, rate, factor=2, weeks=4),
        ],
        "size": whole_scan(),
    }
