"""What a tally found, and step by step how."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from doorstep.grants.tally.election import Election


class WrongBallots(Exception):
    """The method can't count these ballots; says why in a sentence."""


@dataclass(frozen=True)
class Step:
    """One project looked at. `strength` is what it was ordered by; `left_before` the pot then.

    `verdict` is "funded", "too weak", "too dear", "objected", or "" while undecided. For equal
    shares `each` is what a supporter pays at most, `poor` how many gave all they had left, and
    `payers` how many paid at all; `share` is what every ballot had at the start.
    """

    project: int
    strength: Fraction = Fraction(0)
    left_before: int = 0
    verdict: str = ""
    each: Fraction | None = None
    payers: int = 0
    poor: int = 0

    def because(self, verdict: str) -> Step:
        return replace(self, verdict=verdict)


@dataclass(frozen=True)
class Outcome:
    """Positions funded, in the order they were, and the steps that led there.

    `facts` holds what is particular to a method: {"share": Fraction, "raised": int} …
    """

    election: Election
    chosen: tuple[int, ...]
    steps: tuple[Step, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def funded(self) -> tuple[str, ...]:
        """Return the ids funded, as they sort."""
        return tuple(sorted(self.election.projects[at].id for at in self.chosen))

    @property
    def cost(self) -> int:
        """Return what they cost together, in the smallest part of the currency."""
        return sum(self.election.costs[at] for at in self.chosen)

    @property
    def left(self) -> int:
        return self.election.budget - self.cost
