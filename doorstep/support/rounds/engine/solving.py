"""The one place that knows PyVRP: turns a Problem into its data, a plan into ours and back.

PyVRP is young (0.x) and pinned; everything else speaks Problem, Kind and Tour.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from doorstep.support.rounds.engine.problem import FOREVER, Problem, Solved, Tour

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyvrp

_LONGEST = 1 << 42


def _far(value: int) -> int:
    return _LONGEST if value >= FOREVER else int(value)


def data_of(problem: Problem) -> pyvrp.ProblemData:
    """Return the problem in PyVRP's form. Places keep their numbers."""
    import numpy as np
    import pyvrp

    loose = problem.prize is not None
    prize = problem.prize if problem.prize is not None else np.zeros(problem.n, dtype=np.int64)
    coordinates = problem.coordinates
    if coordinates is None:
        coordinates = np.zeros((problem.n, 2))
    depot_number = {place: number for number, place in enumerate(problem.depots)}
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(float(x), float(y)) for x, y in coordinates],
        clients=[
            pyvrp.Client(
                location=place,
                delivery=[int(load) for load in problem.demand[place]],
                service_duration=int(problem.service[place]),
                tw_early=int(problem.opens[place]),
                tw_late=_far(problem.closes[place]),
                prize=int(prize[place]) if loose else 0,
                required=not (loose and prize[place] < FOREVER),
            )
            for place in problem.clients
        ],
        depots=[
            pyvrp.Depot(
                location=place,
                tw_early=int(problem.opens[place]),
                tw_late=_far(problem.closes[place]),
                service_duration=int(problem.loading),
            )
            for place in problem.depots
        ],
        vehicle_types=[
            pyvrp.VehicleType(
                num_available=kind.count,
                capacity=[_far(room) for room in kind.capacity],
                start_depot=depot_number[kind.start],
                end_depot=depot_number[kind.end],
                fixed_cost=kind.fixed_cost,
                tw_early=kind.opens,
                tw_late=_far(kind.closes),
                shift_duration=_far(kind.longest),
                max_distance=_far(kind.furthest),
                unit_distance_cost=kind.unit_cost,
                unit_duration_cost=kind.unit_time_cost,
                profile=kind.profile,
                reload_depots=[depot_number[place] for place in kind.reloads],
                max_reloads=kind.most_reloads if kind.reloads else 0,
            )
            for kind in problem.kinds
        ],
        distance_matrices=cast(Any, problem.distance),
        duration_matrices=cast(Any, problem.duration),
    )


def _numbered(problem: Problem) -> dict[int, tuple[bool, int]]:
    """Return, by place, whether it is a depot and PyVRP's number for it."""
    numbered = {place: (True, number) for number, place in enumerate(problem.depots)}
    numbered |= {place: (False, number) for number, place in enumerate(problem.clients)}
    return numbered


def solution_of(problem: Problem, data: pyvrp.ProblemData, tours: Sequence[Tour]) -> pyvrp.Solution:
    """Return our tours as a solution of PyVRP's."""
    import pyvrp

    numbered = _numbered(problem)

    def activity(place: int) -> pyvrp.Activity:
        is_depot, number = numbered[place]
        what = pyvrp.ActivityType.DEPOT if is_depot else pyvrp.ActivityType.CLIENT
        return pyvrp.Activity(what, number)

    routes = []
    for tour in tours:
        routes.append(pyvrp.Route(data, [activity(place) for place in tour.stops], tour.kind))
    return pyvrp.Solution(data, routes)


def tours_of(problem: Problem, solution: pyvrp.Solution) -> list[Tour]:
    """Return a solution of PyVRP's as our tours."""
    clients = problem.clients
    tours = []
    for route in solution.routes():
        within = list(route)[1:-1]
        stops = tuple(
            clients[one.idx] if one.is_client() else problem.depots[one.idx] for one in within
        )
        tours.append(Tour(route.vehicle_type(), stops))
    return tours


def cost_of(problem: Problem, solution: pyvrp.Solution) -> int:
    """Return what the solution costs, prizes not collected among it; in the problem's units."""
    return int(
        solution.distance_cost()
        + solution.duration_cost()
        + solution.fixed_vehicle_cost()
        + (solution.uncollected_prizes() if problem.prize is not None else 0)
    )


def _longest_way(problem: Problem) -> int:
    """Return the longest way between two places that may be travelled."""
    import numpy as np

    first = problem.distance[0]
    return int(np.where(first < problem.forbidden, first, 0).max())


class _Clock:
    """Stops a search at a moment of a clock: the wall's, or this process's own processor time."""

    def __init__(self, clock: Callable[[], float], at: float) -> None:
        self.clock, self.at = clock, at

    def __call__(self, _best: float) -> bool:
        return self.clock() >= self.at


def improve(
    problem: Problem,
    start: Sequence[Tour] | None = None,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 1,
    settings: dict[str, Any] | None = None,
) -> Solved:
    """Search for a better plan from `start` (or from nothing), until time or iterations are up.

    `settings` may say `neighbours`, `history`, `restart_after`, `perturb_most`, and
    `by_processor` to count the seconds this process computes, which is how to compare on a busy
    machine. The same seed and iterations give the same plan on the same machine.
    """
    import warnings

    import pyvrp
    from pyvrp.search import NeighbourhoodParams, PerturbationParams
    from pyvrp.stop import MaxIterations, MultipleCriteria

    clock = time.process_time if (settings or {}).get("by_processor") else time.perf_counter
    began = clock()
    data = data_of(problem)
    say = settings or {}
    # One load too many may cost a whole vehicle: breaking a rule must never be the cheaper way.
    dearest = max(
        kind.fixed_cost + 2 * kind.unit_cost * _longest_way(problem) if kind.fixed_cost else 0
        for kind in problem.kinds
    )
    params = pyvrp.SolveParams(
        ils=pyvrp.IteratedLocalSearchParams(
            num_iters_no_improvement=say.get("restart_after", 150_000),
            history_length=say.get("history", 300),
        ),
        penalty=pyvrp.PenaltyParams(max_penalty=float(max(100_000, dearest))),
        neighbourhood=NeighbourhoodParams(num_neighbours=say.get("neighbours", 50)),
        perturbation=PerturbationParams(max_perturbations=say.get("perturb_most", 25)),
    )
    stops: list[Any] = []
    if iterations is not None:
        stops.append(MaxIterations(iterations))
    if seconds is not None:
        stops.append(_Clock(clock, clock() + max(seconds - (clock() - began), 0.01)))
    initial = solution_of(problem, data, start) if start else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pyvrp.solve(
            data,
            MultipleCriteria(stops),
            seed=seed,
            collect_stats=False,
            display=False,
            params=params,
            initial_solution=initial,
        )
    best = found.best
    return Solved(
        tours=tours_of(problem, best),
        cost=cost_of(problem, best),
        feasible=best.is_feasible(),
        iterations=found.num_iterations,
    )
