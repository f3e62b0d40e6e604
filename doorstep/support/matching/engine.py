"""Who could do which task, at what price, and the cheapest way to share all of them out.

A price is in metres. What one job costs one volunteer: the way there, less something for those
who have waited longest and for whoever did it for the same person before. Each further job in the
same week costs `MORE` on top of the one before, so that work is spread. A task nobody gets costs
`LEFT` and more the more pressing it is: nothing is left undone to save metres.

`share_out` is exact: a minimum-cost flow (OR-tools) over the most promising pairs, then prices for
each volunteer's next hour that show no other pair of all there are would make it cheaper. Where
one would, it is put in and the flow is found again. `proved` says that this came to its end, and
`bound` is what no plan at all can be below (the dual).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

# Streets are longer than the flight of a crow.
STREET = 1.3
MORE = 1_200  # metres for each further job of the same week
TURN = 60  # metres less for each day without a task …
MOST_DAYS = 42  # … up to so many days
AGAIN = 1_500  # metres less for somebody they know already
LEFT = 200_000
PRIORITIES = (4, 3, 2, 1)  # a task for today counts four times as much as one for whenever
FURTHEST = 60_000
_EARTH = 6_371_000.0
_AT_FIRST = 40  # pairs of each task that the first flow is found over
_AT_ONCE = 60  # pairs of each task that are put in at a time
_ROUNDS = 100


@dataclass
class Case:
    """Tasks and volunteers as numbers.

    Tasks (n): `x`, `y` in metres east and north of a common point; `needs` the bits of papers;
    `skills` bits; `tongue` bits, 0 for any; `parts` bits of the week in which it can be done, 0
    for any time; `on` the day (ordinal) on which papers must still count; `kind` its one bit;
    `priority` 1 to 4; `who` the number of the person it is for; `is_far` where distance doesn't
    matter (a call).

    Volunteers (m): `vx`, `vy`; `radius` metres; `papers` (m, bits) the last day on which each
    counts, 0 for none; `vskills`, `vtongues`, `vparts`; `vkinds` bits of what they would do;
    `room` jobs they may still have this week; `load` jobs they have; `days` without a task;
    `knows` maps a volunteer to the numbers of people they helped before; `never` holds pairs
    (task, volunteer) that must not be.
    """

    x: np.ndarray
    y: np.ndarray
    needs: np.ndarray
    skills: np.ndarray
    tongue: np.ndarray
    parts: np.ndarray
    on: np.ndarray
    kind: np.ndarray
    priority: np.ndarray
    who: np.ndarray
    is_far: np.ndarray
    vx: np.ndarray
    vy: np.ndarray
    radius: np.ndarray
    papers: np.ndarray
    vskills: np.ndarray
    vtongues: np.ndarray
    vparts: np.ndarray
    vkinds: np.ndarray
    room: np.ndarray
    load: np.ndarray
    days: np.ndarray
    knows: dict[int, set[int]] = field(default_factory=dict)
    never: set[tuple[int, int]] = field(default_factory=set)

    @property
    def tasks(self) -> int:
        return len(self.x)

    @property
    def volunteers(self) -> int:
        return len(self.vx)

    def left(self) -> np.ndarray:
        """What it costs to leave each task undone."""
        import numpy as np

        return LEFT * np.array((0, *PRIORITIES), dtype=np.int64)[self.priority]


@dataclass
class Shared:
    """`who` (n): the volunteer of each task, -1 for nobody. `cost` of it all, `bound` below which
    nothing can be, `proved` whether the two are one. `metres` (n) is the way there by street."""

    who: np.ndarray
    metres: np.ndarray
    cost: int
    bound: int
    proved: bool
    pairs: int  # that could be
    looked_at: int  # that the flow was found over
    rounds: int


# --- Who could -------------------------------------------------------------------------------


def flat(latitude: np.ndarray, longitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return metres east and north; within a borough the ground is flat to a few metres."""
    import numpy as np

    lat = np.radians(np.asarray(latitude, dtype=float))
    lon = np.radians(np.asarray(longitude, dtype=float))
    return _EARTH * lon * np.cos(np.radians(51.54)), _EARTH * lat


def _groups(case: Case) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (tasks alike in what they ask for, volunteers who have all of that)."""
    import numpy as np

    asked = np.stack(
        [case.needs, case.skills, case.tongue, case.on, case.kind, case.is_far.astype(np.int64)],
        axis=1,
    )
    kinds, which = np.unique(asked, axis=0, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(which.ravel(), minlength=len(kinds)))
    has_room = case.room > 0
    for number, (needs, skills, tongue, on, kind, _far) in enumerate(kinds):
        fit = has_room & ((case.vskills & skills) == skills) & ((case.vkinds & kind) != 0)
        if tongue:
            fit &= (case.vtongues & tongue) != 0
        for bit in range(case.papers.shape[1]):
            if needs >> bit & 1:
                fit &= case.papers[:, bit] >= on
        volunteers = np.flatnonzero(fit)
        if len(volunteers):
            yield order[ends[number - 1] if number else 0 : ends[number]], volunteers


def _blocks(case: Case) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield (tasks, volunteers, price) of all pairs that could be, some hundred thousand a time."""
    import numpy as np

    never = _by_task(case)
    turn = np.minimum(case.days, MOST_DAYS).astype(np.int64) * TURN
    knows: dict[int, list[int]] = {}
    for volunteer, people in case.knows.items():
        for who in people:
            knows.setdefault(who, []).append(volunteer)
    for tasks, volunteers in _groups(case):
        step = max(1, 2_000_000 // len(volunteers))
        vx = case.vx[volunteers].astype(np.float32)
        vy = case.vy[volunteers].astype(np.float32)
        reach = (case.radius[volunteers] / STREET).astype(np.float32)
        place = {int(pk): number for number, pk in enumerate(volunteers)}
        for start in range(0, len(tasks), step):
            some = tasks[start : start + step]
            if case.is_far[some[0]]:
                crow = np.zeros((len(some), len(volunteers)), dtype=np.float32)
                may = np.ones(crow.shape, dtype=bool)
            else:
                crow = np.hypot(
                    case.x[some, None].astype(np.float32) - vx,
                    case.y[some, None].astype(np.float32) - vy,
                )
                may = crow <= reach
            parts = case.parts[some, None]
            may &= (parts == 0) | ((parts & case.vparts[volunteers]) != 0)
            for row, task in enumerate(some):
                for volunteer in never.get(int(task), ()):
                    if volunteer in place:
                        may[row, place[volunteer]] = False
            rows, columns = np.nonzero(may)
            price = _metres(crow[rows, columns])
            price += FURTHEST // 10 - turn[volunteers[columns]]
            if knows:
                bonus = np.zeros(may.shape, dtype=np.int64)
                for row, task in enumerate(some):
                    for volunteer in knows.get(int(case.who[task]), ()):
                        if volunteer in place:
                            bonus[row, place[volunteer]] = AGAIN
                price -= bonus[rows, columns]
            yield some[rows], volunteers[columns], price


def _metres(crow: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.minimum(crow * np.float32(STREET), FURTHEST).astype(np.int64)


def _by_task(case: Case) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for task, volunteer in case.never:
        found.setdefault(task, []).append(volunteer)
    return found


def all_pairs(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return every pair that could be, as (tasks, volunteers, price)."""
    import numpy as np

    blocks = list(_blocks(case))
    if not blocks:
        return (np.zeros(0, dtype=np.int64),) * 3
    return tuple(np.concatenate([block[i] for block in blocks]) for i in range(3))  # type: ignore[return-value]


# --- Sharing out -----------------------------------------------------------------------------


def share_out(case: Case) -> Shared:
    """Give each task to somebody, or nobody, so that it all costs as little as can be."""
    import numpy as np

    n = case.tasks
    none = np.full(n, -1, dtype=np.int64)
    left = case.left()
    tasks, volunteers, price = all_pairs(case)
    if not len(tasks):
        total = int(left.sum())
        return Shared(none, np.zeros(n, dtype=np.int64), total, total, True, 0, 0, 0)
    # By task, the cheapest first.
    order = np.lexsort((price, tasks))
    tasks, volunteers, price = tasks[order], volunteers[order], price[order]
    begins = np.searchsorted(tasks, np.arange(n))
    use = np.arange(len(tasks)) - begins[tasks] < _AT_FIRST
    # So that nobody who could help is left out of the first flow.
    nearest = np.lexsort((price, volunteers))
    first = np.searchsorted(volunteers[nearest], np.arange(case.volunteers))
    use[nearest[np.arange(len(nearest)) - first[volunteers[nearest]] < _AT_FIRST]] = True
    who, rounds, proved, bound, cost = none, 0, False, 0, 0
    while rounds < _ROUNDS:
        rounds += 1
        at = np.flatnonzero(use)
        chosen, cost = _flow(case, tasks[at], volunteers[at], price[at], left)
        taken = at[chosen]
        prices = _prices(case, tasks, volunteers, price, use, taken, left)
        # What each task costs at these prices, where it is; and would cost anywhere else.
        pays = left.copy()
        pays[tasks[taken]] = price[taken] + prices[volunteers[taken]]
        better = price + prices[volunteers] < pays[tasks]
        if not (better & ~use).any():
            proved = True
            who = none.copy()
            who[tasks[taken]] = volunteers[taken]
            bound = _bound(case, tasks, volunteers, price, prices, left)
            break
        use[_best_of(tasks, price + prices[volunteers], better & ~use)] = True
        who = none.copy()
        who[tasks[taken]] = volunteers[taken]
    metres = np.zeros(n, dtype=np.int64)
    given = np.flatnonzero((who >= 0) & ~case.is_far)
    metres[given] = _metres(
        np.hypot(
            (case.x[given] - case.vx[who[given]]).astype(np.float32),
            (case.y[given] - case.vy[who[given]]).astype(np.float32),
        )
    )
    return Shared(
        who, metres, cost, bound, proved and bound == cost, len(tasks), int(use.sum()), rounds
    )


def _best_of(tasks: np.ndarray, paid: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the numbers of the few cheapest of the wanted pairs for each task."""
    import numpy as np

    at = np.flatnonzero(wanted)
    at = at[np.lexsort((paid[at], tasks[at]))]
    first = np.searchsorted(tasks[at], tasks[at])
    return at[np.arange(len(at)) - first < _AT_ONCE]


def _flow(
    case: Case, tasks: np.ndarray, volunteers: np.ndarray, price: np.ndarray, left: np.ndarray
) -> tuple[np.ndarray, int]:
    """Return the pairs (numbers of them) of the cheapest flow, and what it costs."""
    import numpy as np
    from ortools.graph.python import min_cost_flow

    n, m = case.tasks, case.volunteers
    sink = n + m
    # A further job is an arc of its own, dearer than the one before; no more than there are tasks.
    seats = np.minimum(case.room, np.bincount(volunteers, minlength=m))
    owner = np.repeat(np.arange(m), seats)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(seats) - seats, seats)
    seat_price = (case.load[owner] + nth) * MORE
    flow = min_cost_flow.SimpleMinCostFlow()
    ones = np.ones
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([tasks, np.arange(n), n + owner]).astype(np.int32),
        np.concatenate([n + volunteers, np.full(n, sink), np.full(len(owner), sink)]).astype(
            np.int32
        ),
        ones(len(tasks) + n + len(owner), dtype=np.int64),
        np.concatenate([price, left, seat_price]).astype(np.int64),
    )
    flow.set_nodes_supplies(np.arange(n, dtype=np.int32), ones(n, dtype=np.int64))
    flow.set_node_supply(sink, -n)
    status = flow.solve()
    if status != flow.OPTIMAL:  # it always can: every task may be left
        raise RuntimeError(f"no flow was found: {status}")
    carried = flow.flows(arcs)[: len(tasks)]
    return np.flatnonzero(carried), int(flow.optimal_cost())


def _prices(
    case: Case,
    tasks: np.ndarray,
    volunteers: np.ndarray,
    price: np.ndarray,
    use: np.ndarray,
    taken: np.ndarray,
    left: np.ndarray,
) -> np.ndarray:
    """Return what one more job for each volunteer is worth, given who has what.

    The cheapest way from a volunteer to the sink in what is left of the flow: their own next
    place, or that one of their tasks goes elsewhere. Found sweep by sweep until nothing changes.
    """
    import numpy as np

    n, m = case.tasks, case.volunteers
    used = np.bincount(volunteers[taken], minlength=m)
    never = np.int64(1) << 50
    own = np.where(used < case.room, (case.load + used) * MORE, never)
    free = use.copy()
    free[taken] = False
    at = np.flatnonzero(free)  # still by task, because `tasks` is
    arc_tasks, arc_volunteers, arc_price = tasks[at], volunteers[at], price[at]
    begins = np.searchsorted(arc_tasks, np.arange(n))
    has = begins < np.append(begins[1:], len(at))
    away = left.copy()  # of a task that has somebody: it may always be left
    is_taken = np.zeros(n, dtype=bool)
    is_taken[tasks[taken]] = True
    prices = own.copy()
    starts = begins[has]
    for _sweep in range(4 * (n + m)):
        moved = away.copy()
        if len(starts):
            moved[has] = np.minimum(
                moved[has], np.minimum.reduceat(arc_price + prices[arc_volunteers], starts)
            )
        fresh = own.copy()
        np.minimum.at(fresh, volunteers[taken], moved[tasks[taken]] - price[taken])
        # An untaken task sits on its own arc: it pushes nobody, it only waits.
        if (fresh >= prices).all():
            break
        prices = np.minimum(prices, fresh)
    return prices


def _bound(
    case: Case,
    tasks: np.ndarray,
    volunteers: np.ndarray,
    price: np.ndarray,
    prices: np.ndarray,
    left: np.ndarray,
) -> int:
    """Return the dual: below this no way of sharing out can be, over all pairs there are.

    Each task pays at best the cheapest of `left` and any pair with its volunteer's price; each
    place of a volunteer earns what its price is above what it costs. Weak duality does the rest.
    """
    import numpy as np

    pays = left.copy()
    np.minimum.at(pays, tasks, price + prices[volunteers])
    seats = np.minimum(case.room, np.bincount(volunteers, minlength=case.volunteers))
    owner = np.repeat(np.arange(case.volunteers), seats)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(seats) - seats, seats)
    earns = np.maximum(0, prices[owner] - (case.load[owner] + nth) * MORE)
    return int(pays.sum() - earns.sum())


# --- Fairness --------------------------------------------------------------------------------


def gini(loads: np.ndarray) -> float:
    """Return how unevenly work lies: 0 is all alike, near 1 is all on one."""
    import numpy as np

    row = np.sort(np.asarray(loads, dtype=float))
    if not len(row) or not row.sum():
        return 0.0
    rank = np.arange(1, len(row) + 1)
    return float((2 * rank - len(row) - 1) @ row / (len(row) * row.sum()))
