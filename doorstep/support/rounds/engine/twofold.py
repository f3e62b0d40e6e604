"""Plans with both cores: two searches beside each other, or two halves of a large problem.

Two searches that know nothing of each other and the better one kept is what helps a small problem.
A large one is cut in two by where its tours lie, each core improves its half, the halves are joined
and cut again somewhere else: each core then works on half the places.
"""

from __future__ import annotations

import math
import os
import random
import time
from collections.abc import Sequence
from typing import Any

from doorstep.support.rounds.engine import solving
from doorstep.support.rounds.engine.child import Child, ChildFailed
from doorstep.support.rounds.engine.problem import Kind, Problem, Solved, Tour

HALVES_FROM = 500  # places: from here on halves are better than two whole searches
_IMPROVE = "solving:improve"


def cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def solve(
    problem: Problem,
    *,
    seconds: float,
    seed: int = 1,
    start: Sequence[Tour] | None = None,
    settings: dict[str, Any] | None = None,
    halves: bool | None = None,
) -> Solved:
    """Plan within `seconds`, on two cores where there are two.

    With `settings["by_processor"]` each search counts its own processor time instead. A second
    process that fails costs its half of the search, never the plan.
    """
    began = time.perf_counter()
    by_processor = bool((settings or {}).get("by_processor"))
    if cores() < 2 and not by_processor:
        return solving.improve(problem, start, seconds=seconds, seed=seed, settings=settings)
    if halves is None:
        halves = can_be_halved(problem)

    def left() -> float:
        return seconds - (time.perf_counter() - began)

    with Child() as child:
        if not halves:
            return _beside(child, problem, start, seconds, seed, settings)
        # The first quarter makes something worth cutting.
        first = _beside(child, problem, start, seconds * 0.25, seed, settings)
        best = first
        turns = max(3, min(8, round(seconds / 12)))
        each = seconds * 0.75 / turns
        chance = random.Random(seed)  # noqa: S311
        for turn in range(turns):
            if not by_processor:
                each = left() / (turns - turn) - 0.05
            if each < 0.3:
                break
            found = _in_halves(child, problem, best, each, seed + 10 * (turn + 1), settings, chance)
            found.iterations += best.iterations
            if found.feasible >= best.feasible and (
                found.cost < best.cost or found.feasible > best.feasible
            ):
                best = found
            else:
                best.iterations = found.iterations
        return best


def can_be_halved(problem: Problem) -> bool:
    """Whether the problem is large and its tours lie somewhere."""
    return problem.n >= HALVES_FROM and problem.coordinates is not None and problem.prize is None


def better(a: Solved, b: Solved) -> Solved:
    """Return the feasible, then the cheaper one."""
    return min((a, b), key=lambda one: (not one.feasible, one.cost))


def _beside(
    child: Child,
    problem: Problem,
    start: Sequence[Tour] | None,
    seconds: float,
    seed: int,
    settings: dict[str, Any] | None,
) -> Solved:
    """Search twice beside each other with two seeds; return the better."""
    began = time.perf_counter()
    asked = True
    try:
        child.ask(_IMPROVE, problem, start, seconds=seconds, seed=seed + 1, settings=settings)
    except ChildFailed:
        asked = False
    mine = solving.improve(problem, start, seconds=seconds, seed=seed, settings=settings)
    if not asked:
        return mine
    try:
        other = child.answer()
    except ChildFailed:
        return mine
    both = mine.iterations + other.iterations
    best = better(mine, other)
    best.iterations = both
    best.notes["waited"] = time.perf_counter() - began
    return best


def _in_halves(
    child: Child,
    problem: Problem,
    whole: Solved,
    seconds: float,
    seed: int,
    settings: dict[str, Any] | None,
    chance: random.Random,
) -> Solved:
    """Cut the plan in two, improve both halves at the same time, and join them."""
    ours, theirs = cut(problem, whole.tours, chance)
    if not ours or not theirs:
        return _beside(child, problem, whole.tours, seconds, seed, settings)
    halves = share(problem, ours, theirs)
    (near, near_tours, near_places), (far, far_tours, far_places) = (
        part(problem, tours, kinds) for tours, kinds in zip((ours, theirs), halves, strict=True)
    )
    try:
        child.ask(_IMPROVE, far, far_tours, seconds=seconds, seed=seed + 1, settings=settings)
        asked = True
    except ChildFailed:
        asked = False
    mine = solving.improve(near, near_tours, seconds=seconds, seed=seed, settings=settings)
    found_there = None
    if asked:
        try:
            found_there = child.answer()
        except ChildFailed:
            found_there = None
    tours = _back(mine.tours, near_places) if mine.feasible else list(ours)
    if found_there is not None and found_there.feasible:
        tours += _back(found_there.tours, far_places)
    else:
        tours += list(theirs)
    data = solving.data_of(problem)
    joined = solving.solution_of(problem, data, tours)
    return Solved(
        tours,
        solving.cost_of(problem, joined),
        joined.is_feasible(),
        mine.iterations + (found_there.iterations if found_there else 0),
    )


def cut(
    problem: Problem, tours: Sequence[Tour], chance: random.Random
) -> tuple[list[Tour], list[Tour]]:
    """Part tours by where they lie: by a line through the middle, at a chance angle, or a wedge."""
    points = problem.coordinates
    if points is None:
        return [], []
    depots = frozenset(problem.depots)
    used = [tour for tour in tours if tour.clients(depots)]
    middles = []
    for tour in used:
        middles.append(points[tour.clients(depots)].mean(axis=0))
    middle = points[list(problem.depots)].mean(axis=0)
    angle = chance.uniform(0, 2 * math.pi)

    def along(index: int) -> float:
        across = middles[index] - middle
        if len(problem.depots) == 1:
            return (math.atan2(across[1], across[0]) - angle) % (2 * math.pi)
        return float(across[0] * math.cos(angle) + across[1] * math.sin(angle))

    order = sorted(range(len(used)), key=along)
    half = sum(len(tour.clients(depots)) for tour in used) / 2
    ours: list[Tour] = []
    theirs: list[Tour] = []
    so_far = 0
    for index in order:
        (ours if so_far < half else theirs).append(used[index])
        so_far += len(used[index].clients(depots))
    return ours, theirs


def share(
    problem: Problem, ours: Sequence[Tour], theirs: Sequence[Tour]
) -> tuple[list[Kind], list[Kind]]:
    """Return the kinds of each half: the vehicles it uses, and half of those nobody uses."""
    near, far = [], []
    for number, kind in enumerate(problem.kinds):
        mine = sum(tour.kind == number for tour in ours)
        others = sum(tour.kind == number for tour in theirs)
        spare = kind.count - mine - others
        near.append(_counted(kind, mine + (spare + 1) // 2))
        far.append(_counted(kind, others + spare // 2))
    return near, far


def _counted(kind: Kind, count: int) -> Kind:
    return Kind(**{**vars(kind), "count": count})


def part(
    problem: Problem, tours: Sequence[Tour], kinds: Sequence[Kind]
) -> tuple[Problem, list[Tour], tuple[list[int], list[int]]]:
    """Return the problem of these tours alone, the tours in it, and the way back.

    The way back is (places by new number, kinds by new number). Kinds of none are left out.
    """
    import numpy as np

    depots = frozenset(problem.depots)
    places = list(problem.depots) + sorted(
        stop for tour in tours for stop in tour.stops if stop not in depots
    )
    number_of = {place: number for number, place in enumerate(places)}
    kept = [number for number, kind in enumerate(kinds) if kind.count > 0]
    kind_of = {number: new for new, number in enumerate(kept)}
    at = np.array(places)
    grid = np.ix_(at, at)
    distance = [matrix[grid] for matrix in problem.distance]
    same = all(a is b for a, b in zip(problem.distance, problem.duration, strict=True))
    smaller = Problem(
        depots=tuple(range(len(problem.depots))),
        demand=problem.demand[at],
        service=problem.service[at],
        opens=problem.opens[at],
        closes=problem.closes[at],
        distance=distance,
        duration=distance if same else [matrix[grid] for matrix in problem.duration],
        kinds=[
            Kind(
                **{
                    **vars(kinds[number]),
                    "start": number_of[kinds[number].start],
                    "end": number_of[kinds[number].end],
                    "reloads": tuple(number_of[depot] for depot in kinds[number].reloads),
                }
            )
            for number in kept
        ],
        coordinates=None if problem.coordinates is None else problem.coordinates[at],
        prize=None if problem.prize is None else problem.prize[at],
        cool=None if problem.cool is None else problem.cool[at],
        scale=problem.scale,
        forbidden=problem.forbidden,
        loading=problem.loading,
    )
    there = [
        Tour(kind_of[tour.kind], tuple(number_of[stop] for stop in tour.stops)) for tour in tours
    ]
    return smaller, there, (places, kept)


def _back(tours: Sequence[Tour], way: tuple[list[int], list[int]]) -> list[Tour]:
    places, kinds = way
    return [Tour(kinds[tour.kind], tuple(places[stop] for stop in tour.stops)) for tour in tours]
