"""Counting, against slow, literal tellings of the methods and against what is published."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from doorstep.base.tests.pace import stays_under
from doorstep.grants.tally import methods, pabulib
from doorstep.grants.tally.election import Kind, Project, build
from doorstep.grants.tally.scoring import marks
from doorstep.grants.tally.shares import Shares
from doorstep.grants.tests import literal

PUBLISHED = Path(__file__).parents[4] / "shared" / "data" / "participatory"


@st.composite
def elections(draw, kinds=tuple(Kind), most_voters=9, dear=60):
    """Small elections in which much is equal, so that ties and empty purses happen often."""
    kind = draw(st.sampled_from(kinds))
    count = draw(st.integers(1, 6))
    names = draw(
        st.lists(st.sampled_from(["1", "2", "10", "a", "b", "B", "30", "9"]), min_size=count,
                 max_size=count, unique=True)
    )  # fmt: skip
    projects = [Project(id=name, cost=draw(st.integers(0, dear))) for name in names]
    ballots = []
    for _ in range(draw(st.integers(1, most_voters))):
        named = draw(st.lists(st.integers(0, count - 1), unique=True, max_size=count))
        if kind in (Kind.CUMULATIVE, Kind.SCORING):
            low = -1 if kind is Kind.SCORING else 0
            ballots.append([(p, draw(st.integers(low, 5))) for p in named])
        else:
            ballots.append(named)
    return build(projects, draw(st.integers(0, 150)), ballots, kind=kind)


@given(elections(), st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_greedy_is_what_its_words_say(election, by_votes, skipping):
    strength = election.votes if by_votes else election.scores
    name = "greedy_votes" if by_votes else "greedy_score"
    assert methods.run(election, name).funded == literal.greedy(election, strength)
    own = election.votes if election.kind is Kind.APPROVAL else election.scores
    strict = build(election.projects, election.budget, [], kind=election.kind)
    object.__setattr__(strict, "threshold", Fraction(3))
    for key in ("starts", "chosen", "points"):
        object.__setattr__(strict, key, getattr(election, key))
    name = "greedy_threshold" if skipping else "greedy_no_skip"
    assert methods.run(strict, name).funded == literal.greedy(
        election, own, threshold=3, skipping=skipping
    )


@given(elections(), st.sampled_from(["cost", "cardinality"]), st.fractions(0, 80))
@settings(max_examples=300, deadline=None)
def test_equal_shares_are_what_their_words_say(election, value, share):
    """Any size of share, with any fraction in it."""
    fast = Shares(election, value).run(share)
    assert fast.funded == literal.ids(election, literal.equal_shares(election, share, value))


@given(elections(most_voters=60, dear=100_000), st.sampled_from(["cost", "cardinality"]))
@settings(max_examples=60, deadline=None)
def test_equal_shares_of_a_crowd(election, value):
    share = Fraction(election.budget * 1000 + 1, election.ballots)
    fast = Shares(election, value).run(share)
    assert fast.funded == literal.ids(election, literal.equal_shares(election, share, value))


@given(elections(kinds=(Kind.APPROVAL,), most_voters=5), st.sampled_from(["cost", "cardinality"]))
@settings(max_examples=40, deadline=None)
def test_raised_shares_end_with_the_last_that_fits(election, value):
    assume(election.budget >= 10)
    found = methods.run(election, f"mes_{value}_add1_until_overspend")
    assert found.funded == literal.ids(election, literal.equal_shares_raised(election, value))
    assert found.cost <= election.budget


def unit_by_unit(election, value, *, until_full, most=4000):
    """Raise everybody's share by one unit, each time, and count each time: (ids, how often)."""
    rule = Shares(election, value)
    share = Fraction(election.budget, election.ballots)
    wanted = list(rule.wanted)
    last = rule.run(share)
    for raised in range(1, most):
        if until_full and not any(
            election.costs[at] <= last.left for at in wanted if at not in last.chosen
        ):
            return last.funded, raised - 1
        more = rule.run(share + raised * election.unit)
        if more.cost > election.budget:
            return last.funded, raised - 1
        last = more
        if len(last.chosen) == len(rule.free) + len(wanted):
            return last.funded, raised
    raise AssertionError("it should have ended")


@given(
    elections(most_voters=7, dear=400),
    st.sampled_from(["cost", "cardinality"]),
    st.booleans(),
)
@settings(max_examples=250, deadline=None)
def test_leaping_ends_where_going_unit_by_unit_ends(election, value, until_full):
    """Many units of money for few ballots, so that there is much to leap over."""
    rule = Shares(election, value)
    wanted = sum(election.costs[at] for at in rule.wanted)
    assume(until_full or wanted > election.budget)
    slow, raised = unit_by_unit(election, value, until_full=until_full)
    key = f"mes_{value}_add1" + ("" if until_full else "_until_overspend")
    found = methods.run(election, key)
    assert found.funded == slow
    assert found.facts.get("raised", 0) == raised


@given(
    elections(most_voters=8, dear=300),
    st.sampled_from(["cost", "cardinality"]),
    st.fractions(0, 200, max_denominator=12),
    st.fractions(0, 60, max_denominator=7),
)
@settings(max_examples=250, deadline=None)
def test_what_is_said_to_hold_between_two_shares_does(election, value, low, more):
    rule = Shares(election, value)
    before = rule.run(low)
    after, holds = rule.run_beside(low + more, before)
    assert after.funded == rule.run(low + more).funded
    if holds:
        for part in range(1, 12):
            between = rule.run(low + more * Fraction(part, 12))
            assert between.chosen == before.chosen


def test_a_huge_pot_for_few_ballots_is_counted_at_once():
    costs = (30_000_000, 70_000_100, 45_000_000, 99_999_900, 12_000_000)
    election = build(names(*costs), 150_000_000, [[0, 1], [1, 2], [2, 3, 4], [0, 3], [4]])
    assert stays_under(1, lambda: methods.run(election, "equal-shares"))
    found = methods.run(election, "equal-shares")
    assert found.funded == ("a", "c", "e")
    # A unit more for each, and it spends too much.
    share = found.facts["share"]
    assert share == Fraction(150_000_000, 5) + found.facts["raised"]
    assert Shares(election, "cost").run(share + 1).cost > election.budget


@given(elections())
@settings(max_examples=200, deadline=None)
def test_phragmen_is_what_its_words_say(election):
    assert methods.run(election, "phragmen").funded == literal.phragmen(election)


@given(elections(), st.sampled_from([method.key for method in methods.METHODS]))
@settings(max_examples=200, deadline=None)
def test_no_method_ever_spends_more_than_the_pot(election, key):
    try:
        found = methods.run(election, key)
    except methods.WrongBallots:
        assert election.kind is not Kind.SCORING
        return
    assert 0 <= found.cost <= election.budget
    assert len(set(found.chosen)) == len(found.chosen)


@given(elections(), st.sampled_from([method.key for method in methods.METHODS]))
@settings(max_examples=100, deadline=None)
def test_the_order_of_ballots_makes_no_difference(election, key):
    backwards = build(
        election.projects,
        election.budget,
        [election.ballot(at) for at in reversed(range(election.ballots))],
        kind=election.kind,
    )
    try:
        assert methods.run(election, key).funded == methods.run(backwards, key).funded
    except methods.WrongBallots:
        pass


@given(elections())
@settings(max_examples=150, deadline=None)
def test_what_is_written_reads_back_the_same(election):
    again = pabulib.read(pabulib.write(election))
    assert again.kind == election.kind
    assert again.votes == election.votes
    assert [again.ballot(at) for at in range(again.ballots)] == [
        election.ballot(at) for at in range(election.ballots)
    ]
    for method in methods.METHODS:
        if election.kind in method.kinds:
            assert method.count(again).funded == method.count(election).funded


# --- Ties, marks, consensus -------------------------------------------------------------------


def names(*costs):
    return [Project(id=letter, cost=cost) for letter, cost in zip("abcdef", costs, strict=False)]


@pytest.mark.parametrize(
    "key", [m.key for m in methods.METHODS if m.key not in ("average_score", "consensus")]
)
def test_of_equals_the_first_by_its_id_is_funded(key):
    election = build(names(60, 60), 100, [[0], [1]] * 2)
    expected = ("a",) if key != "phragmen" and "mes" not in key else ()
    found = methods.run(election, key).funded
    if key == "phragmen":  # both would be bought at the same moment, and the second breaks the pot
        assert found == ("a",)
    elif key.startswith("mes") and "greedy" not in key:
        assert found == expected
    else:
        assert found == ("a",)


def test_dont_know_counts_against_nobody():
    election = build(names(10, 10), 10, [[(0, 2), (1, 3)], [(0, 2)], [(0, 2)]], kind=Kind.SCORING)
    assert methods.run(election, "average-score").funded == ("b",)
    assert methods.run(election, "most-points").funded == ("a",)
    assert marks(election)[0].spread == 0


def test_averages_and_their_spread_are_exact():
    election = build(names(10), 10, [[(0, 1)], [(0, 2)], [(0, 5)]], kind=Kind.SCORING)
    found = marks(election)[0]
    assert (found.mean, found.variance, found.spread) == (Fraction(8, 3), Fraction(26, 9), 4)


def test_one_objection_stops_a_consensus():
    ballots = [[(0, 1), (1, 1)], [(0, 1), (1, 0)], [(0, -1), (1, 1)]]
    election = build(names(10, 10), 100, ballots, kind=Kind.SCORING)
    found = methods.run(election, "consensus")
    assert found.funded == ("b",)
    assert [(step.project, step.verdict) for step in found.steps] == [
        (1, "funded"),
        (0, "objected"),
    ]


def test_only_marks_make_an_average():
    with pytest.raises(methods.WrongBallots, match="counts scoring"):
        methods.run(build(names(1), 1, [[0]]), "consensus")


def test_money_nobody_can_count_is_refused_in_a_sentence():
    election = build(names(10**18), 10**19, [[0]])
    with pytest.raises(methods.WrongBallots, match="than we can count"):
        methods.run(election, "equal-shares")


# --- What is published ------------------------------------------------------------------------

LEFT_OUT = {"mes_cost_add1", "mes_cardinality_add1"}
needs_files = pytest.mark.skipif(
    not PUBLISHED.exists(), reason="the published ballots have no licence and are not shipped"
)


def _cases():
    if not PUBLISHED.exists():
        return []
    expected = json.loads((PUBLISHED / "expected.json").read_text())
    keys = {method.key for method in methods.METHODS}
    return [
        (file, key)
        for file, entry in expected.items()
        for key in entry
        if key in keys - LEFT_OUT and not (key.endswith("overspend") and "Warszawa_2026" in file)
    ]


_files: dict = {}


@needs_files
@pytest.mark.parametrize(("file", "key"), _cases())
def test_every_published_file_gives_what_the_reference_gives(file, key):
    if file not in _files:
        _files[file] = pabulib.read_file(PUBLISHED / file)
    entry = json.loads((PUBLISHED / "expected.json").read_text())[file]
    found = methods.run(_files[file], key)
    assert found.funded == tuple(sorted(entry[key]))
    if key in entry["published_equals"]:
        won = {project.id for project in _files[file].projects if project.was_selected}
        assert set(found.funded) == won
