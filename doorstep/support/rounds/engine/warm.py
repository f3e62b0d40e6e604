"""A first plan by VROOM, for where it is quicker to a good one than PyVRP is."""

from __future__ import annotations

from doorstep.support.rounds.engine.problem import FOREVER, Problem, Tour


def first_plan(problem: Problem, *, effort: int = 3, threads: int = 1) -> list[Tour] | None:
    """Return VROOM's plan, or None where the problem has what it doesn't know or it left any out.

    It knows no loading again, and no limit from leaving to coming home.
    """
    if problem.prize is not None or any(kind.reloads for kind in problem.kinds):
        return None
    if len(problem.distance) > 1 or int(problem.distance[0].max()) > 2**31:
        return None
    import numpy as np
    import vroom

    there = problem.distance[0]
    given = vroom.Input()
    given.set_durations_matrix("car", there.astype(np.uint32))
    given.set_distances_matrix("car", there.astype(np.uint32))
    limit = 2**31 - 1
    hours = bool((problem.closes < FOREVER).any())
    kind_of: dict[int, int] = {}
    for number, kind in enumerate(problem.kinds):
        for _ in range(min(kind.count, len(problem.clients))):
            key = len(kind_of)
            kind_of[key] = number
            longest = kind.longest
            service_free = longest if longest < FOREVER else None
            given.add_vehicle(
                vroom.Vehicle(
                    key,
                    start=kind.start,
                    end=kind.end,
                    capacity=[min(room, limit) for room in kind.capacity],
                    time_window=vroom.TimeWindow(kind.opens, min(kind.closes, limit))
                    if hours
                    else None,
                    max_travel_time=service_free,
                    max_distance=min(kind.furthest, limit),
                    costs=vroom.VehicleCosts(fixed=min(kind.fixed_cost, limit), per_hour=3600),
                )
            )
    for place in problem.clients:
        given.add_job(
            vroom.Job(
                place,
                location=place,
                default_service=int(problem.service[place]),
                delivery=[int(load) for load in problem.demand[place]],
                time_windows=[
                    vroom.TimeWindow(
                        int(problem.opens[place]), min(int(problem.closes[place]), limit)
                    )
                ]
                if hours
                else (),
            )
        )
    found = given.solve(exploration_level=effort, nb_threads=threads)
    steps = found.routes
    tours: dict[int, list[int]] = {}
    for vehicle, what, job in zip(steps["vehicle_id"], steps["type"], steps["id"], strict=True):
        if what == "job":
            tours.setdefault(int(vehicle), []).append(int(job))
    if sum(map(len, tours.values())) != len(problem.clients):
        return None
    return [Tour(kind_of[vehicle], tuple(stops)) for vehicle, stops in tours.items()]
