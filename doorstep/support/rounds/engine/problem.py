"""What is to be planned, as numbers: places, loads, hours, vehicles; and a plan of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

FOREVER = 1 << 40  # later, longer or further than anything that happens


@dataclass(frozen=True)
class Kind:
    """Vehicles that are alike. Places are numbers of Problem's; time and distance are its units.

    `profile` says which of the problem's matrices they travel by. `reloads` are the depots where
    they may load again, at most `most_reloads` times. `longest` is from leaving to coming home.
    """

    count: int
    start: int
    end: int
    capacity: tuple[int, ...]
    fixed_cost: int = 0
    unit_cost: int = 1  # per unit of distance
    unit_time_cost: int = 0  # per unit of time
    opens: int = 0
    closes: int = FOREVER
    longest: int = FOREVER
    furthest: int = FOREVER
    profile: int = 0
    reloads: tuple[int, ...] = ()
    most_reloads: int = 0
    name: str = ""


@dataclass
class Problem:
    """A problem of `n` places, some of them depots, the others to be visited once.

    `demand` is (n, dimensions); `service`, `opens`, `closes` are (n,); `distance` and `duration`
    hold one (n, n) matrix per profile; all int64. A pair at `forbidden` or beyond may not be
    travelled. `prize` (n,) makes a visit worth that much instead of a must; `first_come` and the
    like are no part of it. Costs are divided by `scale` for people to read. `cool` (n,) is the
    longest time from the last depot's leaving to the visit's start, FOREVER when it doesn't matter.
    """

    depots: tuple[int, ...]
    demand: np.ndarray
    service: np.ndarray
    opens: np.ndarray
    closes: np.ndarray
    distance: list[np.ndarray]
    duration: list[np.ndarray]
    kinds: list[Kind]
    coordinates: np.ndarray | None = None
    prize: np.ndarray | None = None
    cool: np.ndarray | None = None
    scale: float = 1.0
    forbidden: int = FOREVER
    loading: int = 0  # time at a depot before leaving, each time

    @property
    def n(self) -> int:
        return len(self.service)

    @property
    def clients(self) -> list[int]:
        depots = set(self.depots)
        return [place for place in range(self.n) if place not in depots]

    @property
    def vehicles(self) -> int:
        return sum(kind.count for kind in self.kinds)


@dataclass(frozen=True)
class Tour:
    """What one vehicle does: the places in order, its start and end left out.

    A depot among `stops` is where it loads again.
    """

    kind: int
    stops: tuple[int, ...]

    def clients(self, depots: frozenset[int]) -> list[int]:
        return [stop for stop in self.stops if stop not in depots]


@dataclass
class Solved:
    """A plan with its cost in the problem's units, and how it came about."""

    tours: list[Tour]
    cost: int
    feasible: bool
    iterations: int = 0
    notes: dict[str, float] = field(default_factory=dict)
