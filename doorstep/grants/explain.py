"""Why an idea was funded or wasn't, as facts; and what a little more would have changed.

`saying` puts the facts into words, in the language of whoever reads them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from doorstep.grants.actions.ideas import pounds
from doorstep.grants.saying import Fact, ratio
from doorstep.grants.tally import methods
from doorstep.grants.tally.election import Election, Kind
from doorstep.grants.tally.outcome import Outcome, Step

if TYPE_CHECKING:
    from doorstep.grants.models import Fund

MOST_VOTES = 4096


def pence(election: Election, amount: int | Fraction) -> int:
    """Return an amount of the election in whole pence, to the penny below."""
    return int(amount * 100 / election.unit)


def outcome_in_facts(outcome: Outcome, method: str) -> dict[str, list[Fact]]:
    """Return what to say of each idea, by its id: why it was funded, or wasn't."""
    return {
        project.id: _why(outcome, at, method)
        for at, project in enumerate(outcome.election.projects)
    }


def _step(outcome: Outcome, at: int) -> Step | None:
    found = [step for step in outcome.steps if step.project == at]
    return found[-1] if found else None


def _support(outcome: Outcome, at: int, method: str, step: Step | None) -> Fact:
    """How much was for it, by what the method counts."""
    election = outcome.election
    if method == "average_score" and step is not None:
        given = election.given[at]
        if not len(given):
            return "no mark", {}
        unit = election.points_unit
        return "averaged", {
            "mean": ratio(step.strength),
            "low": ratio(Fraction(int(given.min()), unit)),
            "high": ratio(Fraction(int(given.max()), unit)),
            "count": len(given),
        }
    if method == "consensus" and step is not None:
        return "agreed", {"count": int(step.strength)}
    if method == "greedy_score" and step is not None:
        return "points", {"points": ratio(step.strength)}
    return "named", {"votes": int(election.votes[at]), "all": election.ballots}


def _why(outcome: Outcome, at: int, method: str) -> list[Fact]:
    election, step = outcome.election, _step(outcome, at)
    cost = pence(election, election.costs[at])
    if method == "consensus" and step is not None:
        if step.verdict == "objected":
            return [("objected", {})]
        if step.verdict == "too weak":
            return [("nobody agreed", {})]
    facts = [_support(outcome, at, method, step)]
    if at in outcome.chosen and step is not None and step.each is not None:
        facts.append(("shared", {"each": pence(election, step.each), "poor": step.poor}))
    elif at in outcome.chosen:
        facts.append(("enough", {"cost": cost}))
    elif step is not None and step.verdict == "too dear":
        facts.append(("too dear", {"left": pence(election, step.left_before), "cost": cost}))
    elif not election.votes[at]:
        facts.append(("so not", {}))
    elif method.startswith("mes"):
        facts.append(_unaffordable(outcome, at))
    elif method == "phragmen":
        facts.append(("others earlier", {}))
    return facts


def _unaffordable(outcome: Outcome, at: int) -> Fact:
    """What its supporters had left together when nothing more could be bought."""
    election = outcome.election
    share = outcome.facts.get("share")
    if share is None:
        return "shares fell short", {}
    paid: dict[int, Fraction] = {}
    for voter in election.supporters[at].tolist():
        paid[voter] = share
    weighted = election.kind is not Kind.APPROVAL
    for step in outcome.steps:
        if step.each is None:
            continue
        points = dict(
            zip(
                election.supporters[step.project].tolist(),
                election.given[step.project].tolist(),
                strict=True,
            )
        )
        for voter in paid:
            if voter in points:
                price = step.each * (max(0, points[voter]) if weighted else 1)
                paid[voter] -= min(paid[voter], price)
    left = sum(paid.values(), Fraction(0))
    return "unaffordable", {
        "left": pence(election, left),
        "cost": pence(election, election.costs[at]),
    }


# --- What a little more would have changed ------------------------------------------------------


def _least(changes_it: Callable[[int], bool], most: int) -> int | None:
    """Return the fewest steps that would do: it does at n, and doesn't at n − 1."""
    if most < 1:
        return None
    low, high = 0, 1
    while not changes_it(high):
        if high >= most:
            return None
        low, high = high, min(high * 2, most)
    while high - low > 1:
        middle = (low + high) // 2
        if changes_it(middle):
            high = middle
        else:
            low = middle
    return high


def with_ballots(election: Election, at: int, count: int) -> Election:
    """Return the election with `count` more ballots that name only this project."""
    points = {
        Kind.APPROVAL: 1,
        Kind.ORDINAL: int(election.points.max()) if len(election.points) else 1,
        Kind.CUMULATIVE: int(election.points.max()) if len(election.points) else 1,
        Kind.SCORING: int(election.points.max()) if len(election.points) else 1,
    }[election.kind]
    return replace(
        election,
        starts=np.concatenate(
            [election.starts, election.starts[-1] + np.arange(1, count + 1, dtype=np.int64)]
        ),
        chosen=np.concatenate([election.chosen, np.full(count, at, dtype=np.int64)]),
        points=np.concatenate([election.points, np.full(count, points, dtype=np.int64)]),
        voters=(),
    )


def nearest(outcome: Outcome, method: str, at: int) -> list[Fact]:
    """Return what one more vote or pound, or a pound less, would have changed for an idea.

    Counts again and again, so the worker asks it (`work_out`). Each count is exact.
    """
    election = outcome.election
    if method == "consensus":
        return _consensus_nearest(outcome, at)

    def funded(votes: int = 0, pounds_more: int = 0) -> bool:
        other = with_ballots(election, at, votes) if votes else election
        if pounds_more:
            other = replace(other, budget=election.budget + pounds_more * election.unit)
        return at in methods.run(other, method).chosen

    if at in outcome.chosen:
        fewer = _least(lambda n: not funded(pounds_more=-n), election.budget // election.unit)
        return [] if fewer is None else [("less", {"less": fewer * 100})]
    votes = _least(
        lambda n: funded(votes=n),
        # What asks for more than there is isn't funded by any number of votes.
        0 if election.costs[at] > election.budget else min(MOST_VOTES, 4 * election.ballots + 8),
    )
    most = (election.costs[at] + sum(election.costs)) // election.unit + 1
    more = _least(lambda n: funded(pounds_more=n), most)
    facts: list[Fact] = []
    if votes is not None:
        facts.append(("more votes", {"count": votes}))
    if more is not None:
        facts.append(("more" if votes is None else "more too", {"more": more * 100}))
    return facts


def _consensus_nearest(outcome: Outcome, at: int) -> list[Fact]:
    """Nobody can be outvoted here: what would have changed it is objections, or the pot."""
    if at in outcome.chosen:
        return [("one objection", {})]
    election, step = outcome.election, _step(outcome, at)
    if step is not None and step.verdict == "objected":
        return [("without objections", {"count": int((election.given[at] < 0).sum())})]
    if step is not None and step.verdict == "too weak":
        return [("one yes", {})]
    if step is not None and step.verdict == "too dear":
        return [("more too", {"more": pence(election, election.costs[at] - step.left_before)})]
    return []


def work_out(fund: Fund, *, at: dt.datetime) -> int:
    """Find out for each idea of a decided fund what a little more would have changed.

    One idea after the other, each kept as soon as it is known, so that it can go on after a stop.
    Returns how many it found out.
    """
    from doorstep.grants.actions.voting import election_of, on_ballot

    waiting = [idea for idea in on_ballot(fund) if idea.nearer_at is None]
    if not fund.is_decided or not waiting:
        return 0
    election = election_of(fund)
    outcome = methods.run(election, fund.method)
    for idea in waiting:
        facts = nearest(outcome, fund.method, election.by_id[idea.tie_id])
        # What was there is kept where somebody else was quicker.
        type(idea).objects.filter(pk=idea.pk, nearer_at=None).update(
            nearer_facts=facts, nearer_at=at
        )
    return len(waiting)


# --- Compared before opening --------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """What one method would do with invented ballots."""

    name: Any
    key: str
    funded: list[int]
    cost: str
    # How many ballots got at least one of what they named.
    happy: int


def invented(
    budget: int, costs: list[tuple[str, int]], kind: Kind, *, ballots: int = 60
) -> Election:
    """Return an election with made-up ballots, the same each time: three groups of neighbours.

    Half mostly like the first ideas, a third the next, the rest anything: that is where methods
    differ, because some let the biggest group take all.
    """
    import random

    from doorstep.grants.tally.election import Project, build

    drawn = random.Random(2026)  # noqa: S311 (nothing hangs on these)
    count = len(costs)
    width = len(str(count))
    projects = [
        Project(id=str(n).rjust(width, "0"), cost=cost, name=name)
        for n, (name, cost) in enumerate(costs, start=1)
    ]
    first, second = range(0, (count + 1) // 2), range((count + 1) // 2, count)
    rows: list[list[Any]] = []
    for n in range(ballots):
        likes = list(first if n % 6 < 3 else second if n % 6 < 5 else range(count))
        drawn.shuffle(likes)
        likes = likes[: drawn.randint(1, max(1, min(4, len(likes))))]
        if kind is Kind.CUMULATIVE:
            rows.append([(at, 1 + (10 - len(likes)) // len(likes)) for at in likes])
        elif kind is Kind.SCORING:
            rows.append(
                [(at, drawn.randint(3, 5)) for at in likes]
                + [(at, drawn.randint(1, 3)) for at in range(count) if at not in likes][:2]
            )
        else:
            rows.append(likes)
    return build(projects, budget, rows, kind=kind, unit=100)


EXAMPLES = (
    ("Repair evenings", 18), ("Street party", 12), ("Benches", 30), ("Football kit", 20),
    ("Cookery club", 9), ("Planting day", 15), ("Film night", 6), ("Homework table", 14),
)  # fmt: skip


def compare(
    budget: int, costs: list[tuple[str, int]], kind: Kind, labels: dict[str, Any]
) -> tuple[Election, list[Compared]]:
    """Return made-up ballots and what each of the methods in `labels` makes of them."""
    if len(costs) < 3:
        costs = [(name, max(100, budget * part // 70)) for name, part in EXAMPLES]
    election = invented(budget, costs, kind)
    rows = []
    for key, label in labels.items():
        if kind not in methods.named(key).kinds:
            continue
        outcome = methods.run(election, key)
        won = set(outcome.chosen)
        happy = sum(
            any(at in won for at, points in election.ballot(n) if points > 0)
            for n in range(election.ballots)
        )
        rows.append(Compared(label, key, sorted(won), pounds(pence(election, outcome.cost)), happy))
    return election, rows
