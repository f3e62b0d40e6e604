"""Judges a plan of a test case, sharing nothing with the solver: sums on the file's numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from doorstep.support.rounds.engine.reading import Case


@dataclass
class Verdict:
    """What a plan costs (as printed) and, in sentences, everything wrong with it."""

    cost: float
    faults: list[str]

    @property
    def feasible(self) -> bool:
        return not self.faults


def judge(case: Case, routes: Sequence[tuple[int, Sequence[int]]]) -> Verdict:
    """Judge routes, each (number of the vehicle, places between its start and end).

    Distances are rounded by the case's rule; time is distance plus service plus waiting.
    """
    rule = case.rounding
    faults: list[str] = []
    seen: dict[int, int] = {}
    used: set[int] = set()
    total = 0.0
    for number, stops in routes:
        if not stops:
            continue
        if not 0 <= number < len(case.vehicles):
            faults.append(f"There is no vehicle {number + 1}.")
            continue
        if number in used:
            faults.append(f"Vehicle {number + 1} has two routes.")
        used.add(number)
        vehicle = case.vehicles[number]
        places = [vehicle.start, *stops, vehicle.start]
        if any(not 0 <= place < case.n for place in places):
            faults.append(f"Vehicle {number + 1} goes to a place that isn't there.")
            continue
        legs = [rule.of(case.travel(a, b)) for a, b in pairwise(places)]
        total += sum(legs) * vehicle.unit_cost + vehicle.fixed_cost * rule.factor
        if sum(legs) > vehicle.furthest * rule.factor + 1e-6:
            faults.append(f"Vehicle {number + 1} goes too far.")
        loaded = 0.0
        reloaded = 0
        for place in stops:
            if place in case.depots:
                reloaded += 1
                loaded = 0.0
                if place not in vehicle.reloads:
                    faults.append(f"Vehicle {number + 1} may not load at place {place}.")
                continue
            seen[place] = seen.get(place, 0) + 1
            loaded += case.demand[place]
            if loaded > vehicle.capacity + 1e-9:
                faults.append(f"Vehicle {number + 1} carries too much at place {place}.")
            if vehicle.allowed is not None and place not in vehicle.allowed:
                faults.append(f"Vehicle {number + 1} may not serve place {place}.")
        if vehicle.most_reloads is not None and reloaded > vehicle.most_reloads:
            faults.append(f"Vehicle {number + 1} loads too often.")
        faults += _late(case, number, places, legs)
    for place in range(case.n):
        if place not in case.depots and seen.get(place, 0) != 1:
            faults.append(f"Place {place} is visited {seen.get(place, 0)} times.")
    return Verdict(total / (rule.factor * case.unit), faults)


def _late(case: Case, number: int, places: Sequence[int], legs: Sequence[int]) -> list[str]:
    """Return what is wrong with the hours of one route.

    Leaving as late as the windows allow is worked out backwards, so that a limit on the whole
    duration is judged for the best start.
    """
    factor = case.rounding.factor
    faults = []
    times: list[float] = [case.windows[places[0]][0] * factor]
    for leg, (before, place) in zip(legs, pairwise(places), strict=True):
        arrived = times[-1] + case.service[before] * factor + leg
        first, last = case.windows[place]
        if arrived > last * factor + 1e-6:
            faults.append(f"Vehicle {number + 1} is late at place {place}.")
        times.append(max(arrived, first * factor))
    longest = case.vehicles[number].longest * factor
    if longest == math.inf or faults:
        return faults
    # The latest start that keeps this end: go back from the earliest end.
    latest = times[-1]
    for leg, (before, _place) in reversed(list(zip(legs, pairwise(places), strict=True))):
        latest = min(latest - leg - case.service[before] * factor, case.windows[before][1] * factor)
    if times[-1] - latest > longest + 1e-6:
        faults.append(f"Vehicle {number + 1} is away too long.")
    return faults
