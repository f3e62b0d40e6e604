"""The most votes first, for as long as the money lasts: the standard for comparison."""

from __future__ import annotations

from fractions import Fraction

from doorstep.grants.tally.election import Election, Kind
from doorstep.grants.tally.outcome import Outcome, Step


def strengths(election: Election, *, by: str) -> list[Fraction]:
    """Return each project's votes (`by="votes"`) or points (`by="score"`).

    `by="own"` means what its ballots are about: votes for ticks, points for all others.
    """
    if by == "votes" or (by == "own" and election.kind is Kind.APPROVAL):
        return [Fraction(votes) for votes in election.votes]
    return [Fraction(score, election.points_unit) for score in election.scores]


def greedy(
    election: Election,
    *,
    by: str = "own",
    threshold: bool = False,
    skipping: bool = True,
    already: tuple[int, ...] = (),
) -> Outcome:
    """Fund projects by falling strength while they fit.

    With `threshold`, what the file's rule calls too weak is left out. With `skipping`, one that
    doesn't fit is passed over; without, it ends there. `already` are funded first.
    """
    strength = strengths(election, by=by)
    left = election.budget - sum(election.costs[at] for at in already)
    steps: list[Step] = []
    funded = list(already)
    taken = set(already)
    for at in sorted(election.order, key=lambda at: -strength[at]):
        if at in taken:
            continue
        cost = election.costs[at]
        step = Step(project=at, strength=strength[at], left_before=left)
        if threshold and strength[at] < election.threshold:
            steps.append(step.because("too weak"))
            continue
        if cost > left:
            steps.append(step.because("too dear"))
            if not skipping:
                break
            continue
        left -= cost
        funded.append(at)
        steps.append(step.because("funded"))
    return Outcome(election, tuple(funded), tuple(steps))
