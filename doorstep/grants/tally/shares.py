"""The Method of Equal Shares: the pot is split equally between the ballots.

A project is bought when the ballots that name it can pay for it out of their own shares, and the
one that gives most for each pound comes first. Nobody's share pays for what they didn't name.

How it stays exact and fast. Each ballot's money is kept by NumPy as a 64-bit whole number of
2^-k parts of a penny, rounded; how far rounding may be off is known (`_Run.slack`), so a comparison
either is proved by it, or is done again in whole numbers of any length over one common
denominator. A project's price is always worked out that way before it is paid.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from doorstep.grants.tally.election import Election, Kind
from doorstep.grants.tally.greedy import greedy
from doorstep.grants.tally.outcome import Outcome, Step, WrongBallots

COST, CARDINALITY = "cost", "cardinality"
Ints = NDArray[np.int64]


class Shares:
    """What is the same for every size of share: who supports what, and how it is valued."""

    def __init__(self, election: Election, value: str) -> None:
        """`value` is "cost" (a pound for a pound) or "cardinality" (one project, one point).

        On ballots with points these take the place of the one point of a tick.
        """
        self.election = election
        self.by_cost = value == COST
        self.weighted = election.kind is not Kind.APPROVAL
        self.supporters: list[Ints] = []
        self.weights: list[Ints | None] = []
        for who, points in zip(election.supporters, election.given, strict=True):
            if self.weighted:
                likes = points > 0
                who, points = who[likes], points[likes]
            self.supporters.append(who)
            self.weights.append(points if self.weighted else None)
        # What all its supporters' points add up to.
        self.total = [
            len(who) if weight is None else int(weight.sum())
            for who, weight in zip(self.supporters, self.weights, strict=True)
        ]
        costs = election.costs
        self.free = [at for at in election.order if costs[at] == 0 and self.total[at]]
        self.wanted = [at for at in election.order if costs[at] > 0 and self.total[at]]

    def run(self, share: Fraction) -> Outcome:
        """Return what is funded when every ballot starts with `share`."""
        return _Run(self, share).outcome()

    def worth(self) -> list[int]:
        """Return what each project is worth to who pays a point's price for it.

        With points, they are what it is worth to each; a tick is worth its cost, or one.
        """
        by_cost = self.by_cost and not self.weighted
        return self.election.costs if by_cost else [1] * len(self.election.costs)

    def run_beside(self, share: Fraction, before: Outcome) -> tuple[Outcome, bool]:
        """Return what is funded with `share`, and whether `before` holds for each share between.

        `before` is what a smaller share gave. Proof: as long as the same projects are bought in
        the same order, more to begin with leaves nobody with less at any moment; so a project's
        price never rises and nothing becomes too dear. If both shares buy in the same order, and
        at each purchase no rival's price with the bigger share (its lowest between) is below the
        winner's with the smaller (its highest between), of equals the winner coming first, then
        every share between buys the same next. It ends as it does with the bigger share, where
        nothing more can be paid for.
        """
        return _Run(self, share).outcome_beside(before)


class _Run:
    """One tally with one size of share."""

    def __init__(self, rule: Shares, share: Fraction) -> None:
        election = rule.election
        self.rule, self.election, self.share = rule, election, share
        biggest = max(
            election.ballots * share.__ceil__(), max(election.costs, default=0), election.budget, 1
        )
        # Sums over all ballots, and a cost, fit 62 bits.
        heaviest = max((int(w.max()) for w in rule.weights if w is not None and len(w)), default=1)
        self.bits = 60 - (biggest * heaviest).bit_length()
        if self.bits < 0:
            raise WrongBallots("There is more money, or there are more points, than we can count.")
        # Paying so many points' worth may be wrong by as many parts.
        self.heaviest = heaviest
        self.money: Ints = np.full(
            election.ballots, (share.numerator << self.bits) // share.denominator, dtype=np.int64
        )
        self.is_spent = np.zeros(election.ballots, dtype=bool)
        self.alive: dict[int, tuple[Ints, Ints | None]] = {
            at: (rule.supporters[at], rule.weights[at]) for at in rule.wanted
        }
        # Below this no price per point of the project can ever be, in 2^-k.
        self.floor = {at: (election.costs[at] << self.bits) // rule.total[at] for at in rule.wanted}
        # Prices per point already paid, over `common`; with `prices[0]` the share itself.
        self.bought: list[int] = []
        self.common = share.denominator
        self.prices = [share.numerator]
        self.bought_as: Ints = np.full(len(election.projects), -1, dtype=np.int64)
        # What was bought with a smaller share, and whether that holds for all between (so far).
        self.beside: tuple[Step, ...] | None = None
        self.holds = False

    @property
    def slack(self) -> int:
        """By how many parts a ballot's money, as kept, may be wrong.

        The share was rounded down once, and each price paid once, a point's price up to as many
        parts as there are points.
        """
        return 1 + len(self.bought) * self.heaviest

    # --- Exact numbers -----------------------------------------------------------------------

    def _entries(self, ballots: Ints) -> tuple[Ints, Ints, Ints]:
        """Return (place among `ballots`, purchase, points) of all they paid for in full."""
        starts = self.election.starts
        lengths = starts[ballots + 1] - starts[ballots]
        total = int(lengths.sum())
        place = np.repeat(np.arange(len(ballots)), lengths)
        first = np.cumsum(lengths) - lengths
        flat = np.arange(total) - np.repeat(first - starts[ballots], lengths)
        purchase = self.bought_as[self.election.chosen[flat]]
        points = self.election.points[flat] if self.rule.weighted else np.ones(total, np.int64)
        kept = (purchase >= 0) & (points > 0)
        return place[kept], purchase[kept], points[kept]

    def exact_sum(self, ballots: Ints) -> int:
        """Return all these ballots have left together, over `common`; none of them is spent."""
        _place, purchase, points = self._entries(ballots)
        total = len(ballots) * self.prices[0]
        if len(purchase):
            sums = np.zeros(len(self.bought), dtype=np.int64)
            np.add.at(sums, purchase, points)
            for paid, price in zip(sums.tolist(), self.prices[1:], strict=True):
                total -= paid * price
        return total

    def exact_each(self, ballots: Ints) -> list[int]:
        """Return what each of these ballots has left, over `common`; none of them is spent."""
        place, purchase, points = self._entries(ballots)
        paid = np.zeros((len(ballots), len(self.bought)), dtype=np.int64)
        paid[place, purchase] = points
        kinds, which = np.unique(paid, axis=0, return_inverse=True)
        left = [
            self.prices[0]
            - sum(n * price for n, price in zip(kind, self.prices[1:], strict=True) if n)
            for kind in kinds.tolist()
        ]
        return [left[at] for at in which.reshape(-1).tolist()]

    def exact_price(self, at: int) -> tuple[int, int, NDArray[np.bool_]] | None:
        """Return a project's price per point as (top, bottom) and who gives all they have.

        The price is top / (bottom × common). None where its supporters can't pay for it.
        """
        who, weight = self.alive[at]
        each = self.exact_each(who)
        points = [1] * len(who) if weight is None else weight.tolist()
        top, bottom = self.election.costs[at] * self.common, sum(points)
        if sum(each) < top:
            return None
        poor = np.zeros(len(who), dtype=bool)
        # Those with least for their points first: they are the first to be out of money.
        for one in sorted(range(len(who)), key=lambda n: Fraction(each[n], points[n])):
            if each[one] * bottom >= top * points[one]:
                break
            poor[one] = True
            top -= each[one]
            bottom -= points[one]
        return top, bottom, poor

    # --- Fast bounds -------------------------------------------------------------------------

    def look(self, at: int) -> tuple[int, int, NDArray[np.bool_]] | None:
        """Return (lowest, highest price per point in parts, who gives all they have).

        None where its supporters can't pay. Raises _Unsure where the parts don't tell.
        """
        who, weight = self.alive[at]
        spent = self.is_spent[who]
        if spent.any():
            who = who[~spent]
            weight = None if weight is None else weight[~spent]
            self.alive[at] = who, weight
        money = self.money[who]
        cost = self.election.costs[at] << self.bits
        wrong = self.slack * len(who)
        total = int(money.sum())
        if total + wrong < cost:
            return None
        if total - wrong < cost:
            raise _Unsure
        need, heavy = cost, len(who) if weight is None else int(weight.sum())
        poor = np.zeros(len(who), dtype=bool)
        while True:
            price = need // heavy
            now = money < (price if weight is None else price * weight)
            if int(np.count_nonzero(now)) == int(np.count_nonzero(poor)):
                break
            poor = now
            need = cost - int(money[poor].sum())
            heavy = len(who) - int(np.count_nonzero(poor))
            if weight is not None:
                heavy = int(weight[~poor].sum())
            if heavy <= 0:
                raise _Unsure
        low, high = (need - wrong) // heavy, -((-need - wrong) // heavy)
        slack = self.slack
        if weight is None:
            near = (money >= low - slack) & (money < high + slack)
        else:
            near = (money >= low * weight - slack) & (money < high * weight + slack)
        if near.any():
            raise _Unsure
        return low, high, poor

    def certain(self, at: int, poor: NDArray[np.bool_]) -> tuple[int, int]:
        """Return the exact price (top, bottom) when it is known who gives all they have."""
        who, weight = self.alive[at]
        top = self.election.costs[at] * self.common - self.exact_sum(who[poor])
        rich = int(np.count_nonzero(~poor)) if weight is None else int(weight[~poor].sum())
        return top, rich

    # --- The method --------------------------------------------------------------------------

    def outcome_beside(self, before: Outcome) -> tuple[Outcome, bool]:
        """As `Shares.run_beside`."""
        self.beside, self.holds = before.steps, True
        found = self.outcome()
        return found, self.holds and len(found.steps) == len(before.steps)

    def _hold_beside(self, worth: list[int], at: int, number: int) -> None:
        """See whether purchase `number` is the same for each share down to the one beside.

        A price there is worth / strength. Raises nothing: what can't be told doesn't hold.
        """
        if self.beside is None or not self.holds:
            return
        if number >= len(self.beside) or self.beside[number].project != at:
            self.holds = False
            return
        # The winner's price for what it is worth with the smaller share is 1 / strength.
        strength, rank = self.beside[number].strength, self.election.rank
        highest = strength.denominator << self.bits
        for rival in list(self.alive):
            if rival == at:
                continue
            if self.floor[rival] * strength.numerator > highest * worth[rival]:
                continue
            found = self._exactly(rival)
            if found is None:
                continue
            top, bottom, _poor = found
            more = top * strength.numerator
            less = strength.denominator * bottom * self.common * worth[rival]
            if more < less or (more == less and rank[rival] < rank[at]):
                self.holds = False
                return

    def _exactly(self, at: int) -> tuple[int, int, NDArray[np.bool_]] | None:
        """Return a project's exact price as `exact_price` does; let go what can't be paid."""
        try:
            seen = self.look(at)
            if seen is not None:
                top, bottom = self.certain(at, seen[2])
                return top, bottom, seen[2]
            exact = None
        except _Unsure:
            exact = self.exact_price(at)
        if exact is None:
            del self.alive[at]
        return exact

    def outcome(self) -> Outcome:
        election = self.election
        worth = self.rule.worth()
        funded = list(self.rule.free)
        steps: list[Step] = []
        left = election.budget
        while self.alive:
            found = self.cheapest(worth)
            if found is None:
                break
            at, top, bottom, poor = found
            self._hold_beside(worth, at, len(steps))
            who, weight = self.alive.pop(at)
            steps.append(
                Step(
                    at,
                    Fraction(worth[at] * bottom * self.common, top),
                    left,
                    "funded",
                    each=Fraction(top, bottom * self.common),
                    payers=len(who),
                    poor=int(np.count_nonzero(poor)),
                )
            )
            left -= election.costs[at]
            funded.append(at)
            part = (top << self.bits) // (bottom * self.common)
            rich = who[~poor]
            self.money[rich] -= part if weight is None else part * weight[~poor]
            self.money[who[poor]] = 0
            self.is_spent[who[poor]] = True
            self.bought_as[at] = len(self.bought)
            self.bought.append(at)
            # Everything over the new common denominator.
            self.prices = [price * bottom for price in self.prices]
            self.prices.append(top)
            self.common *= bottom
        return Outcome(election, tuple(funded), tuple(steps), {"share": self.share})

    def cheapest(self, worth: list[int]) -> tuple[int, int, int, NDArray[np.bool_]] | None:
        """Return the project bought next: (position, top, bottom, who gives all they have).

        The lowest price for what it is worth wins, by the rule for ties the first of equals.
        Projects that can't be paid for any more are let go.
        """
        shift = 64
        near: list[tuple[int, int, int, NDArray[np.bool_] | None]] = []
        best_high: tuple[int, int] | None = None  # the lowest of the highest: parts, worth
        by_floor = sorted(self.alive, key=lambda at: (self.floor[at] << shift) // worth[at])
        for at in by_floor:
            if best_high and self.floor[at] * best_high[1] > best_high[0] * worth[at]:
                continue
            poor: NDArray[np.bool_] | None
            try:
                seen = self.look(at)
                if seen is None:
                    del self.alive[at]
                    continue
                low, high, poor = seen
            except _Unsure:
                exact = self.exact_price(at)
                if exact is None:
                    del self.alive[at]
                    continue
                top, bottom, poor = exact
                low = (top << self.bits) // (bottom * self.common)
                high = low + 1
            self.floor[at] = max(low, self.floor[at])
            near.append((at, low, high, poor))
            if best_high is None or high * best_high[1] < best_high[0] * worth[at]:
                best_high = high, worth[at]
        if best_high is None:
            return None
        best: tuple[int, int, int, NDArray[np.bool_]] | None = None
        for at, low, _high, poor in sorted(near, key=lambda one: self.election.rank[one[0]]):
            if low * best_high[1] > best_high[0] * worth[at]:
                continue
            assert poor is not None  # noqa: S101 (for the type checker)
            top, bottom = self.certain(at, poor)
            if best is None or top * best[2] * worth[best[0]] < best[1] * bottom * worth[at]:
                best = at, top, bottom, poor
        return best


class _Unsure(Exception):
    """Rounded numbers don't tell; the exact ones must be asked."""


# --- Completions ------------------------------------------------------------------------------


def equal_shares(
    election: Election, *, value: str = COST, add1: str = "", then_greedy: bool = False
) -> Outcome:
    """Fund projects by the Method of Equal Shares.

    `add1="until overspend"` gives everybody one more unit of currency again and again until what
    is bought no longer fits the pot, and keeps the last that did. `add1="until full"` stops as
    soon as nothing more fits (as a well-known library does, which can miss some). `then_greedy`
    spends what is left by most votes.
    """
    if not election.ballots:
        outcome = Outcome(election, ())
        return complete(election, outcome) if then_greedy else outcome
    rule = Shares(election, value)
    share = Fraction(election.budget, election.ballots)
    outcome = rule.run(share)
    if add1:
        outcome = _add1(rule, outcome, share, until_full=add1 == "until full")
    return complete(election, outcome) if then_greedy else outcome


def _add1(rule: Shares, first: Outcome, share: Fraction, *, until_full: bool) -> Outcome:
    election = rule.election
    wanted = sum(election.costs[at] for at in rule.wanted)
    if first.cost > election.budget:
        return first
    if wanted <= election.budget and not until_full:
        # Everything anybody wants fits: with enough in hand all of it is bought.
        return Outcome(election, (*rule.free, *rule.wanted), first.steps, {"share": share})
    search = _Search(rule, first, share)
    while True:
        last = search.last
        if until_full and not any(
            election.costs[at] <= last.left for at in rule.wanted if at not in last.chosen
        ):
            return last
        if len(last.chosen) == len(rule.free) + len(rule.wanted) and search.raised:
            return last
        if not search.go_on():
            return search.last


class _Search:
    """Raises everybody's share by a unit, again and again, and leaps where nothing can change.

    It stands on `raised`, with what that buys in `last`. What it finds is what going unit by unit
    finds: it leaps only over shares that are proved to buy the same (`Shares.run_beside`).
    """

    def __init__(self, rule: Shares, first: Outcome, share: Fraction) -> None:
        self.rule, self.share = rule, share
        self.unit = rule.election.unit
        self.last, self.raised = first, 0
        # With all that is wanted in everybody's hand, all of it is bought.
        self.most = sum(rule.election.costs[at] for at in rule.wanted) // self.unit + 1
        self.step, self.patience, self.in_a_row = 1, 1, 0
        # What is known about shares further on, by how often they were raised.
        self.known: dict[int, Outcome] = {}

    def go_on(self) -> bool:
        """Raise the share, as far as the proof reaches. False where that spends too much."""
        while self.step > 1:
            to = min(self.raised + self.step, max(self.most, self.raised + 1))
            if self._leap(to):
                self.step *= 2
                return True
            # A leap that fails costs a run; the longer they fail, the rarer they are tried.
            self.step //= 2
            if self.step == 1:
                self.patience, self.in_a_row = min(self.patience * 2, 64), 0
        to = self.raised + 1
        more = self.known.pop(to, None) or self.rule.run(self.share + to * self.unit)
        if more.cost > self.rule.election.budget:
            return False
        self._stand(to, more)
        self.in_a_row += 1
        if self.in_a_row >= self.patience:
            self.step, self.in_a_row = 2, 0
        return True

    def _leap(self, to: int) -> bool:
        try:
            more, holds = self.rule.run_beside(self.share + to * self.unit, self.last)
        except WrongBallots:  # so much money can't be counted: go nearer
            return False
        if not holds:
            self.known[to] = more
            return False
        self.patience = 1
        self._stand(to, more)
        return True

    def _stand(self, raised: int, outcome: Outcome) -> None:
        outcome.facts["raised"] = raised
        self.last, self.raised = outcome, raised
        for old in [one for one in self.known if one <= raised]:
            del self.known[old]


def complete(election: Election, outcome: Outcome) -> Outcome:
    """Spend what is left by most votes, skipping what doesn't fit."""
    rest = greedy(election, already=outcome.chosen)
    return Outcome(
        election,
        rest.chosen,
        (*outcome.steps, *rest.steps),
        {**outcome.facts, "from_shares": len(outcome.chosen)},
    )
