"""Phragmén's method, one project after another.

Every ballot earns money at the same speed. As soon as the supporters of a project can pay for it
together they buy it, and what they earned is spent. It ends when what would be bought next
breaks the pot.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from doorstep.grants.tally.election import Election
from doorstep.grants.tally.outcome import Outcome, Step


def phragmen(election: Election) -> Outcome:
    """Fund projects by Phragmén's sequential method; a ballot supports all it names.

    A ballot's load is that of the last project bought that it names, so loads are few: they are
    kept as whole numbers over one common denominator, and counting ballots is all NumPy does.
    Where several could be bought at the same moment and one of them breaks the pot, it ends.
    """
    costs, votes = election.costs, election.votes
    alive = [at for at in election.order if costs[at] <= election.budget]
    # The number of the purchase that gave each ballot its load; 0 for none yet.
    last = np.zeros(election.ballots, dtype=np.int64)
    loads = [0]  # of each purchase, over `common`
    common = 1
    left = election.budget
    chosen: list[int] = []
    steps: list[Step] = []
    while True:
        best: list[int] = []
        best_top, best_votes = 0, 0
        for at in alive:
            if not votes[at]:
                continue
            counts = np.bincount(last[election.supporters[at]], minlength=len(loads)).tolist()
            top = common * costs[at] + sum(
                count * load for count, load in zip(counts, loads, strict=False) if count
            )
            # The new load is top / (votes × common): compare without dividing.
            less = top * best_votes - best_top * votes[at]
            if not best or less < 0:
                best, best_top, best_votes = [at], top, votes[at]
            elif less == 0:
                best.append(at)
        if not best:
            # Only projects without a single vote are left: they would cost nobody anything for
            # ever, and the first by the rule for ties that fits is the next, as in the reference.
            rest = [at for at in alive if not votes[at]]
            while rest and all(costs[at] <= left for at in rest):
                at = rest.pop(0)
                left -= costs[at]
                chosen.append(at)
            break
        load = Fraction(best_top, best_votes * common)
        if any(costs[at] > left for at in best):
            steps += [Step(at, load, left, "too dear") for at in best if costs[at] > left]
            break
        at = best[0]
        steps.append(Step(at, load, left, "funded", payers=votes[at]))
        chosen.append(at)
        left -= costs[at]
        alive.remove(at)
        loads = [one * best_votes for one in loads]
        common *= best_votes
        loads.append(best_top)
        last[election.supporters[at]] = len(loads) - 1
    return Outcome(election, tuple(chosen), tuple(steps))
