"""Marks: averages with their spread, and consensus with objections."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from doorstep.grants.tally.election import Election
from doorstep.grants.tally.outcome import Outcome, Step


@dataclass(frozen=True)
class Marks:
    """What a project was given. Without a mark `mean` is None; `variance` is over all marks."""

    count: int
    mean: Fraction | None
    variance: Fraction | None
    lowest: Fraction | None
    highest: Fraction | None

    @property
    def spread(self) -> Fraction | None:
        """From the lowest mark to the highest."""
        if self.highest is None or self.lowest is None:
            return None
        return self.highest - self.lowest


def marks(election: Election) -> list[Marks]:
    """Return the marks of each project; ballots that leave it out say “don't know”."""
    found = []
    for points in election.given:
        values = [Fraction(int(value), election.points_unit) for value in points]
        if not values:
            found.append(Marks(0, None, None, None, None))
            continue
        mean = sum(values, Fraction(0)) / len(values)
        variance = sum(((value - mean) ** 2 for value in values), Fraction(0)) / len(values)
        found.append(Marks(len(values), mean, variance, min(values), max(values)))
    return found


def _while_it_lasts(election: Election, order: list[int], strength: dict[int, Fraction]) -> Outcome:
    left, chosen, steps = election.budget, [], []
    for at in order:
        fits = election.costs[at] <= left
        steps.append(Step(at, strength[at], left, "funded" if fits else "too dear"))
        if fits:
            chosen.append(at)
            left -= election.costs[at]
    return Outcome(election, tuple(chosen), tuple(steps))


def average_score(election: Election) -> Outcome:
    """Fund by falling average while they fit; of equal averages the one more people marked.

    Below the file's threshold nothing is funded; nor is what nobody marked.
    """
    given = marks(election)
    mean = {at: one.mean for at, one in enumerate(given) if one.mean is not None}
    order = sorted(
        (at for at in election.order if at in mean and mean[at] >= election.threshold),
        key=lambda at: (-mean[at], -given[at].count),
    )
    outcome = _while_it_lasts(election, order, mean)
    weak = tuple(
        Step(at, mean.get(at, Fraction(0)), outcome.left, "too weak")
        for at in election.order
        if at not in order
    )
    return Outcome(election, outcome.chosen, outcome.steps + weak)


def consensus(election: Election) -> Outcome:
    """Fund what nobody objects to: a mark above 0 agrees, 0 stands aside, below 0 objects.

    Most agreement first, while the money lasts. What nobody agrees to isn't funded.
    """
    agree = [int((points > 0).sum()) for points in election.given]
    object_ = [int((points < 0).sum()) for points in election.given]
    order = sorted(
        (at for at in election.order if agree[at] and not object_[at]), key=lambda at: -agree[at]
    )
    outcome = _while_it_lasts(election, order, {at: Fraction(n) for at, n in enumerate(agree)})
    others = tuple(
        Step(at, Fraction(agree[at]), outcome.left, "objected" if object_[at] else "too weak")
        for at in election.order
        if at not in order
    )
    return Outcome(election, outcome.chosen, outcome.steps + others)
