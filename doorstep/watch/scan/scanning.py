"""All of it over one table of counts: every series of counts, and the space-time scan.

A week is seven days, and the last one ends on the last day of the table: the scan of a Wednesday
sees whole weeks too. Weeks are judged one after the other with nothing but what lay before them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from doorstep.watch.scan import deciding, expecting, spacetime
from doorstep.watch.scan.deciding import Budget
from doorstep.watch.scan.glm import Array

EVERYWHERE = "*"  # the name of all areas taken together
QUIET_WEEKS = 4  # an alert that was silent for longer is another one
LONGEST_CLUSTER = 14  # days
# A run of empty weeks that should have held as many as this: nobody counted, rather than nothing
# was there. The longest of many runs is looked at, so a Poisson chance of e⁻¹² is not too strict.
SURELY = 12.0
YOUNG = 3 * 52  # weeks: before that no season is known, and the scan needs none


@dataclass
class Table:
    """What was counted.

    `counts`: areas × themes × weeks, NaN where nothing was counted; `ends`: the last day of each
    week; `base`: which areas add up to everything (the others lie inside them); `inside`: for each
    area the number of the one it lies in, or -1; `apart`: distances between areas, NaN where a
    place is not known, or None; `cases`: (area, day from the first day, theme, how many).
    """

    areas: list[str]
    themes: list[str]
    ends: list[dt.date]
    counts: Array
    base: NDArray[np.bool_]
    inside: NDArray[np.intp]
    apart: Array | None = None
    places: NDArray[np.intp] | None = None  # areas that `apart` and `cases` speak of
    cases: NDArray[np.int64] | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def first_day(self) -> dt.date:
        return self.ends[0] - dt.timedelta(days=6)


@dataclass
class Alert:
    """Something more than usual: a theme, where, since when, and how unusual.

    `p`: how often chance alone would give as much, by itself; `how`: "season" or "level" (one
    series against its past) or "space-time"; `found_on` the day it was first spoken of, `until`
    the last day it was; `window`: days that `observed` and `expected` are of.
    """

    theme: str
    areas: list[str]
    begins: dt.date
    until: dt.date
    found_on: dt.date
    window: int
    observed: int
    expected: float
    usual_bound: float
    p: float
    how: str
    alive: bool = False
    radius: float = 0.0
    statistic: float = 0.0
    also: list[str] = field(default_factory=list)

    @property
    def times(self) -> float:
        return self.observed / max(self.expected, 1e-9)


@dataclass
class Silence:
    """Where nothing can be said, and why: "gap", "gone", "new" or "short"."""

    area: str
    theme: str
    why: str
    since: dt.date | None = None
    until: dt.date | None = None
    usual: float = 0.0


@dataclass
class Scanned:
    """What came of a scan: alerts, where it can't judge, the best clusters, and what was done."""

    alerts: list[Alert] = field(default_factory=list)
    cannot: list[Silence] = field(default_factory=list)
    clusters: list[Alert] = field(default_factory=list)
    series: int = 0
    weeks: int = 0
    judged: int = 0
    shuffles: int = 0
    per_month: float = 0.0
    notes: list[str] = field(default_factory=list)


def silent_runs(counted: Array, told: NDArray[np.bool_]) -> list[tuple[int, int, float]]:
    """Return runs of empty weeks too long for chance: (first, past the last, a usual week).

    `counted`: one number a week; `told`: weeks for which a row stands there, even if it says 0.
    """
    empty = (counted == 0) & ~told
    if len(counted) - empty.sum() < 3:
        return []
    edges = np.diff(np.concatenate([[0], empty.astype(np.int8), [0]]))
    found = []
    for start, end in zip(np.nonzero(edges == 1)[0], np.nonzero(edges == -1)[0], strict=True):
        # What is usual is what both halves of the other weeks had at least: a sudden rise in a
        # quiet place makes no silence of the time before it.
        rest = np.concatenate([counted[:start], counted[end:]])
        half = len(rest) // 2
        if end - start < 3 or half < 6:
            continue
        usual = min(rest[:half].mean(), rest[half:].mean())
        if usual * (end - start) >= SURELY:
            found.append((int(start), int(end), float(usual)))
    return found


def mark_silences(table: Table, told: NDArray[np.bool_]) -> list[Silence]:
    """Empty the weeks in which nobody seems to have counted; say which.

    `told`: areas × weeks. Gaps of everything are looked for first, then those of each area.
    """
    found: list[Silence] = []
    total = np.nansum(table.counts[table.base], axis=(0, 1))
    for start, end, usual in silent_runs(total, np.asarray(told.any(axis=0))):
        table.counts[:, :, start:end] = np.nan
        found.append(_silence(table, EVERYWHERE, start, end, usual))
    gap = np.isnan(table.counts).all(axis=(0, 1))
    for number, name in enumerate(table.areas):
        row = np.nansum(table.counts[number], axis=0)
        for start, end, usual in silent_runs(row[~gap], told[number][~gap]):
            weeks = np.nonzero(~gap)[0][start:end]
            table.counts[number][:, weeks] = np.nan
            found.append(_silence(table, name, int(weeks[0]), int(weeks[-1]) + 1, usual))
    return found


def _silence(table: Table, area: str, start: int, end: int, usual: float) -> Silence:
    why = "gap"
    if end == len(table.ends):
        why = "gone"
    elif start == 0:
        why = "new"
    since = table.ends[start] - dt.timedelta(days=6)
    return Silence(area, "", why, since, table.ends[end - 1], usual)


def scan(
    table: Table,
    *,
    budget: Budget | None = None,
    last_weeks: int | None = None,
    longest: int = LONGEST_CLUSTER,
    shuffles: int = 999,
    seed: int = 1,
    with_clusters: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Scanned:
    """Scan a table; return what is unusual and what can't be judged.

    `last_weeks`: how many weeks are judged, up to the last (all that can be, without). The
    space-time scan looks at what is alive on the last day. `progress` is told how many steps are
    done, of how many.
    """
    budget = budget or Budget()
    say = progress or (lambda _done, _out_of: None)
    result = Scanned(notes=list(table.notes), per_month=budget.per_month)
    series, theme, area = _series_of(table)
    total_weeks = len(table.ends)
    result.series, result.weeks = len(series), total_weeks
    clusters_ran = False
    young = total_weeks < YOUNG
    if with_clusters and table.apart is not None and table.cases is not None and len(table.cases):
        clusters_ran = True
        result.clusters, level = _clusters(
            table, budget, longest, shuffles, seed, result, say, young=young
        )
        found = [one for one in result.clusters if one.p <= level]
        result.alerts.extend(found)
    # Wards scatter like wards, what lies in them like that, and the whole like the whole.
    layer = np.where(area < 0, 2, np.where(table.inside[area] >= 0, 1, 0))
    alike = theme + layer * len(table.themes)
    totals = np.nansum(table.counts[table.base], axis=0)
    totals[np.isnan(table.counts[table.base]).all(axis=0)] = np.nan
    first = expecting.SHORTEST + expecting.GUARD - 1
    if last_weeks is not None:
        first = max(first, total_weeks - last_weeks)
    say(len(table.themes), len(table.themes) + 1)
    open_alerts: dict[int, Alert] = {}
    spoken_at: dict[int, int] = {}
    closed: list[Alert] = []
    level = budget.weekly_for_series(with_scan=clusters_ran, young=young)
    for at in range(first, total_weeks):
        judged = expecting.judge(series, theme, totals, at, alike)
        result.judged += int((judged.model != expecting.NONE).sum())
        spoken = deciding.speak(
            judged.p, level, budget.series_cap, deciding.weights_of(judged.weekly, area < 0)
        )
        for row in np.nonzero(spoken)[0]:
            key = int(row)
            new = _alert(table, judged, key, int(area[key]), int(theme[key]), at)
            old = open_alerts.get(key)
            if old is not None and at - spoken_at[key] <= QUIET_WEEKS:
                if new.p < old.p:
                    old.p, old.observed, old.expected = new.p, new.observed, new.expected
                    old.window, old.how, old.usual_bound = new.window, new.how, new.usual_bound
                    old.begins = min(old.begins, new.begins)
                old.until = new.until
            else:
                if old is not None:
                    closed.append(old)
                open_alerts[key] = new
            spoken_at[key] = at
        if at == total_weeks - 1:
            result.cannot.extend(_too_short(table, judged, series, theme, area))
    for key, one in open_alerts.items():
        one.alive = spoken_at[key] == total_weeks - 1
        closed.append(one)
    result.alerts.extend(_without_echoes(table, closed, result.alerts))
    result.alerts.sort(key=lambda one: (not one.alive, -one.until.toordinal(), one.p))
    return result


def _series_of(table: Table) -> tuple[Array, NDArray[np.intp], NDArray[np.intp]]:
    """Return series × weeks, the theme and the area (-1: everywhere) of each."""
    areas, themes, weeks = table.counts.shape
    rows = table.counts.reshape(areas * themes, weeks)
    theme = np.tile(np.arange(themes), areas)
    area = np.repeat(np.arange(areas), themes)
    busy = np.nansum(rows, axis=1) > 0
    rows, theme, area = rows[busy], theme[busy], area[busy]
    if table.base.sum() > 1:
        whole = np.nansum(table.counts[table.base], axis=0)
        whole[np.isnan(table.counts[table.base]).all(axis=0)] = np.nan
        keep = np.nansum(whole, axis=1) > 0
        rows = np.concatenate([rows, whole[keep]])
        theme = np.concatenate([theme, np.nonzero(keep)[0]])
        area = np.concatenate([area, np.full(int(keep.sum()), -1)])
    return rows, theme.astype(np.intp), area.astype(np.intp)


def _alert(
    table: Table, judged: expecting.Judged, row: int, area: int, theme: int, at: int
) -> Alert:
    window = int(judged.window[row])
    one = slice(row, row + 1)
    bound = expecting.highest_usual(judged.expected[one], judged.phi[one], judged.variance[one])
    return Alert(
        theme=table.themes[theme],
        areas=[EVERYWHERE if area < 0 else table.areas[area]],
        begins=table.ends[at - window + 1] - dt.timedelta(days=6),
        until=table.ends[at],
        found_on=table.ends[at],
        window=7 * window,
        observed=int(judged.observed[row]),
        expected=float(judged.expected[row]),
        usual_bound=float(bound[0]),
        p=float(judged.p[row]),
        how="season" if judged.model[row] == expecting.SEASON else "level",
    )


def _too_short(
    table: Table,
    judged: expecting.Judged,
    series: Array,
    theme: NDArray[np.intp],
    area: NDArray[np.intp],
) -> list[Silence]:
    """Return the series that can't be judged now though somebody counts there."""
    found = []
    for row in np.nonzero((judged.model == expecting.NONE) & np.isfinite(series[:, -1]))[0]:
        name = EVERYWHERE if area[row] < 0 else table.areas[area[row]]
        found.append(Silence(name, table.themes[theme[row]], "short"))
    return found


def _clusters(
    table: Table,
    budget: Budget,
    longest: int,
    shuffles: int,
    seed: int,
    result: Scanned,
    say: Callable[[int, int], None],
    *,
    young: bool,
) -> tuple[list[Alert], float]:
    """Run the space-time scan of each theme; return the clusters and the level they must reach."""
    if table.cases is None or table.apart is None:
        return [], -1.0
    places = table.places if table.places is not None else np.arange(len(table.areas))
    last_day = 7 * len(table.ends) - 1
    found: list[Alert] = []
    best: list[float] = []
    themes = np.unique(table.cases[:, 2])
    level = budget.weekly_for_scan(young=young)
    for step, theme in enumerate(themes):
        say(step, len(themes) + 1)
        mine = table.cases[table.cases[:, 2] == theme]
        mine = mine[np.lexsort((mine[:, 0], mine[:, 1]))]
        # Two years are enough to know where and when cases usually fall.
        since = max(0, last_day - 730)
        mine = mine[mine[:, 1] >= since]
        if mine[:, 3].sum() < expecting.LEAST:
            continue
        got = spacetime.scan(
            mine[:, 0],
            mine[:, 1] - since,
            mine[:, 3],
            table.apart,
            longest=min(longest, (last_day - since + 1) // 2),
            last_day=last_day - since,
            shuffles=shuffles,
            seed=seed,
            stop_at=max(20, int(1.5 * level * shuffles / max(len(themes), 1)) + 5),
            near=min(budget.scan_cap, level / max(len(themes), 1)),
        )
        result.shuffles += got.shuffles
        for number, one in enumerate(got.clusters):
            if number == 0:
                best.append(one.p)
            day = table.ends[-1]
            found.append(
                Alert(
                    theme=table.themes[int(theme)],
                    areas=[table.areas[int(places[place])] for place in one.places],
                    begins=day - dt.timedelta(days=one.days - 1),
                    until=day,
                    found_on=day,
                    window=one.days,
                    observed=one.observed,
                    expected=one.expected,
                    usual_bound=float(
                        expecting.highest_usual(np.array([one.expected]), np.ones(1), np.zeros(1))[
                            0
                        ]
                    ),
                    p=one.p,
                    how="space-time",
                    alive=True,
                    radius=one.radius,
                    statistic=one.statistic,
                )
            )
    spoken = deciding.speak(np.array(best), level, budget.scan_cap)
    bound = float(np.array(best)[spoken].max()) if spoken.any() else -1.0
    found.sort(key=lambda one: (one.p, -one.statistic))
    few = [one for one in found if one.observed >= expecting.LEAST]
    return few, bound


def _without_echoes(table: Table, alerts: list[Alert], clusters: list[Alert]) -> list[Alert]:
    """Leave out what another alert says better: the same theme, at the same time, around it."""
    number = {name: place for place, name in enumerate(table.areas)}
    kept: list[Alert] = []
    for one in sorted(alerts, key=lambda alert: alert.p):
        echo_of = None
        for other in [*clusters, *kept]:
            if other.theme != one.theme or other.until < one.begins or one.until < other.begins:
                continue
            if _touch(table, number, one.areas[0], other.areas):
                echo_of = other
                break
        if echo_of is None:
            kept.append(one)
        else:
            echo_of.also.append(f"{one.how}: {one.areas[0]}")
            echo_of.alive = echo_of.alive or one.alive
            echo_of.found_on = min(echo_of.found_on, one.found_on)
    return kept


def _touch(table: Table, number: dict[str, int], area: str, others: list[str]) -> bool:
    if area == EVERYWHERE or EVERYWHERE in others:
        return True
    here = _around(table, number[area])
    for other in others:
        there = _around(table, number[other])
        if here[0] in there or there[0] in here:
            return True
    return False


def _around(table: Table, area: int) -> list[int]:
    found = [area]
    while table.inside[found[-1]] >= 0:
        found.append(int(table.inside[found[-1]]))
    return found
