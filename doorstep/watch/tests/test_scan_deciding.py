"""How often the scan is wrong, and how soon it is right: a slice of `doorstep bench outbreaks`."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.watch.scan import deciding, expecting, farrington, measuring, scanning
from doorstep.watch.scan.deciding import Budget


def test_where_nothing_goes_on_there_is_about_one_false_signal_a_month_at_most():
    found = measuring.null_years(2, 2, Budget())
    # At 0.85 a month of the series, 24 months give 33 or more less than once in a hundred times.
    assert found["signals"] <= 32


def test_a_tripling_is_mostly_found_within_two_weeks():
    found = measuring.outbreaks(4, 40, Budget(), 0.001, factor=3, weeks=2)
    assert found["found"] >= 0.75
    assert found["found"] <= found["no_method_can_find_more_than"] + 0.1


def test_the_limit_is_what_neyman_and_pearson_allow():
    # With a level of a half, and nothing added, half of all is found by chance alone.
    assert measuring.limit(10, 1, 0.5) == pytest.approx(0.5)
    assert measuring.limit(10, 3, 0.001) > measuring.limit(10, 2, 0.001)


@given(
    st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=40),
    st.floats(min_value=0.001, max_value=0.5),
)
def test_speaking_is_monotone_and_never_beyond_its_cap(p, level):
    p = np.array(p)
    few = deciding.speak(p, level / 2, 0.2)
    many = deciding.speak(p, level, 0.2)
    assert (few <= many).all()
    assert (p[many] <= 0.2).all()
    if many.any():
        assert (p[p < p[many].max()] <= 0.2).all()
        # Step-up: whatever is more unlikely than one that is spoken of is spoken of too.
        assert many[p <= p[many].max()].all()


@given(st.lists(st.floats(min_value=0, max_value=50), min_size=1, max_size=50))
def test_weights_share_out_the_whole_budget(expected):
    weights = deciding.weights_of(np.array(expected))
    assert weights.mean() == pytest.approx(1.0)


def test_a_young_table_leaves_most_to_the_scan_that_needs_no_past():
    budget = Budget()
    assert budget.weekly_for_scan(young=True) > 4 * budget.weekly_for_scan()
    total = budget.weekly_for_scan() + budget.weekly_for_series()
    assert total * deciding.WEEKS_OF_A_MONTH == pytest.approx(1.0)


def test_a_short_history_makes_for_a_wide_bound():
    rng = np.random.default_rng(1)
    counts = rng.poisson(3, size=(1, 120)).astype(float)
    counts[0, -1] = 11
    theme = np.zeros(1, dtype=int)
    long = expecting.judge(counts, theme, counts, 119)
    short = expecting.judge(counts[:, -20:], theme, counts[:, -20:], 19)
    assert short.p[0] > long.p[0]


def test_two_concerns_are_never_unusual():
    counts = np.zeros((1, 100))
    counts[0, -2:] = (1, 2)
    found = expecting.judge(counts, np.zeros(1, dtype=int), counts, 99)
    assert found.p[0] == 1.0


def test_before_sixteen_weeks_nothing_is_judged():
    counts = np.ones((1, 15))
    found = expecting.judge(counts, np.zeros(1, dtype=int), counts, 14)
    assert found.model[0] == expecting.NONE
    assert math.isnan(found.weekly[0])


def test_a_season_is_no_signal():
    """Summers have three times as much as winters, for six years: that is usual."""
    rng = np.random.default_rng(5)
    at = np.arange(312)
    mean = 20 * np.exp(0.55 * np.cos(2 * np.pi * at / 52))
    counts = rng.poisson(mean)[None, :].astype(float)
    theme = np.zeros(1, dtype=int)
    low = [expecting.judge(counts, theme, counts, week).p[0] for week in range(260, 312)]
    assert min(low) > 0.0005


def test_a_rise_in_a_place_that_was_quiet_makes_no_gap_of_the_time_before():
    counted = np.zeros(60)
    counted[-3:] = (4, 6, 9)
    assert scanning.silent_runs(counted, counted > 0) == []


def test_months_without_any_row_are_a_gap():
    rng = np.random.default_rng(2)
    counted = rng.poisson(3, 120).astype(float) + 1
    counted[50:62] = 0
    (start, end, usual) = scanning.silent_runs(counted, counted > 0)[0]
    assert (start, end) == (50, 62)
    assert 3 < usual < 5


def test_the_first_week_that_can_be_judged_has_its_years_before_it():
    assert farrington.first_week(farrington.FLEXIBLE) == 160
