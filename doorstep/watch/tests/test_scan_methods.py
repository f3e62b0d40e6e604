"""Farrington, EARS and the CUSUM, week by week beside what R gave."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from doorstep.watch.scan import ears, farrington, glm

HERE = Path(__file__).parent / "data"
SHARED = Path(__file__).resolve().parents[4] / "shared/data/surveillance"
METHODS = {
    "farrington_flexible": lambda counts: farrington.judge(counts),
    "farrington_original": lambda counts: farrington.judge(counts, flexible=False),
    "ears_c1": lambda counts: ears.judge(counts, "C1"),
    "ears_c2": lambda counts: ears.judge(counts, "C2"),
    "ears_c3": lambda counts: ears.judge(counts, "C3"),
}


def series(folder, name):
    with (folder / f"{name}.csv").open() as stream:
        counts = [float(row["observed"]) for row in csv.DictReader(stream)]
    return counts, json.loads((folder / f"{name}.oracle.json").read_text())


def shares(weeks, oracle):
    """Return the share of weeks with the same bound (within 1 %), and with the same alarm."""
    pairs = list(zip(weeks, oracle["upperbound"], oracle["alarm"], strict=True))
    bounds = sum(
        (one.bound is None) == (bound is None)
        and (bound is None or math.isclose(one.bound, bound, rel_tol=0.01, abs_tol=1e-9))
        for one, bound, _alarm in pairs
    )
    alarms = sum(one.alarm == bool(alarm) for one, _bound, alarm in pairs)
    return bounds / len(pairs), alarms / len(pairs)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["sim01", "sim04"])
def test_bounds_and_alarms_are_those_of_r(name, method):
    counts, oracle = series(HERE, name)
    weeks = METHODS[method](counts)
    assert weeks[0].week == oracle[method]["from"]
    assert shares(weeks, oracle[method]) == (1.0, 1.0)


def test_all_stored_series_agree_with_r():
    if not SHARED.exists():
        pytest.skip("the stored answers of R are not here; two of them are in tests/data")
    for file in sorted(SHARED.glob("*.oracle.json")):
        counts, oracle = series(SHARED, file.name.removesuffix(".oracle.json"))
        for method, judge in METHODS.items():
            bounds, alarms = shares(judge(counts), oracle[method])
            assert bounds >= 0.99, (file.name, method)
            assert alarms == 1.0, (file.name, method)
        if "cusum_rossi" in oracle:
            stored = oracle["cusum_rossi"]
            ours = ears.cusum(counts, stored["from"])
            assert [alarm for _week, alarm in ours] == stored["alarm"], file.name


def test_the_expected_number_is_that_of_r():
    counts, oracle = series(HERE, "sim01")
    for ours, theirs in zip(
        farrington.judge(counts), oracle["farrington_flexible"]["expected"], strict=True
    ):
        assert (ours.expected is None) == (theirs is None)
        if theirs is not None:
            assert ours.expected == pytest.approx(theirs, rel=1e-6)


def test_a_short_series_says_how_much_is_missing():
    with pytest.raises(ValueError, match=r"30 weeks.*week 161.*3 years"):
        farrington.judge([1.0] * 30)
    with pytest.raises(ValueError, match=r"5 weeks.*week 20"):
        ears.judge([1.0] * 5)


def test_a_week_nobody_counted_is_never_taken_for_none():
    counts, _oracle = series(HERE, "sim01")
    holed = list(counts)
    for week in range(100, 130):
        holed[week] = math.nan
    as_zero = [0.0 if math.isnan(one) else one for one in holed]
    ours = {one.week: one.bound for one in farrington.judge(holed)}
    zeros = {one.week: one.bound for one in farrington.judge(as_zero)}
    whole = {one.week: one.bound for one in farrington.judge(counts)}
    far = [week for week in whole if None not in (whole[week], ours[week], zeros[week])]
    off = sum(abs(ours[week] - whole[week]) for week in far)
    assert off < sum(abs(zeros[week] - whole[week]) for week in far)


def test_a_week_that_was_not_counted_gives_no_alarm():
    counts, _oracle = series(HERE, "sim01")
    counts[-1] = math.nan
    last = farrington.judge(counts)[-1]
    assert (last.bound, last.alarm) == (None, False)


def test_many_regressions_at_once_are_each_the_same_as_alone():
    rng = np.random.default_rng(3)
    counts = rng.poisson(4, size=(6, 80)).astype(float)
    group = np.arange(80) % 4
    time = np.arange(80.0)
    together = glm.fit(counts, group, time, trend=True)
    for row in range(6):
        alone = glm.fit(counts[row : row + 1], group, time, trend=True)
        assert together.slope[row] == pytest.approx(alone.slope[0], rel=1e-12)
        assert together.mu[row] == pytest.approx(alone.mu[0], rel=1e-12)


def test_a_trend_is_found_as_it_was_made():
    time = np.arange(200.0)
    counts = np.exp(1 + 0.01 * time)[None, :]
    model = glm.fit(counts, np.zeros(200, dtype=int), time, trend=True)
    assert model.slope[0] == pytest.approx(0.01, rel=1e-6)
    assert model.leverage().sum() == pytest.approx(2.0)
