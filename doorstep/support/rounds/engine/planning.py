"""Plans a morning: PyVRP for the rounds, then what it can't know (goods that must stay cool).

`plan` uses both cores, is judged by `morning.timed` (which shares nothing with PyVRP), and says of
every parcel that stays behind why it does.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from doorstep.support.rounds.engine import solving, twofold
from doorstep.support.rounds.engine.child import Child, ChildFailed
from doorstep.support.rounds.engine.morning import WHY_NOT, Morning, Timed, allowed, timed
from doorstep.support.rounds.engine.problem import Kind, Problem, Tour

# In seconds of travel: leaving a parcel behind is worse than any way to its door.
_WORTH = 150_000
_FORBIDDEN = 30_000_000


@dataclass
class Left:
    """A parcel that stays behind and why: a code, and what the sentence needs."""

    parcel: int
    code: str
    detail: dict[str, object] = field(default_factory=dict)


@dataclass
class Planned:
    """Trips of each runner (parcel numbers in order), their times, and what stays behind."""

    trips: list[list[list[int]]]
    times: list[Timed]
    left: list[Left]
    iterations: int = 0
    seconds: float = 0.0

    @property
    def served(self) -> int:
        return sum(len(trip) for trips in self.trips for trip in trips)

    @property
    def travel(self) -> int:
        return sum(one.travel for one in self.times)

    @property
    def feasible(self) -> bool:
        return not any(one.faults for one in self.times)


def plan(
    morning: Morning,
    *,
    seconds: float = 15.0,
    seed: int = 1,
    iterations: int | None = None,
) -> Planned:
    """Plan the morning within `seconds`; with `iterations` the same seed gives the same plan."""
    began = time.perf_counter()
    if not morning.parcels or not morning.runners:
        return _finish(morning, [[] for _ in morning.runners], 0, began)
    budget = max(seconds - 1.2, 0.3)  # the rest pays for starting, reading and the reasons
    both = twofold.cores() > 1 and iterations is None and len(morning.parcels) > 15
    found: list[tuple[list[list[list[int]]], int]] = []
    if both:
        with Child() as child:
            try:
                child.ask("planning:attempt", morning, budget, seed + 1, None)
                asked = True
            except ChildFailed:
                asked = False
            found.append(attempt(morning, budget, seed, None))
            if asked:
                try:
                    found.append(child.answer())
                except ChildFailed:
                    pass
    else:
        found.append(attempt(morning, budget, seed, iterations))
    best = min(found, key=lambda one: _value(morning, one[0]))
    return _finish(morning, best[0], sum(count for _trips, count in found), began)


def quick(morning: Morning, *, seconds: float = 0.0, seed: int = 1) -> Planned:
    """Plan with a few tries on this core: the same plan each time, nobody waits for the best."""
    began = time.perf_counter()
    trips: list[list[list[int]]] = [[] for _ in morning.runners]
    tried = 0
    if morning.parcels and morning.runners:
        trips, tried = attempt(morning, seconds, seed, 300)
    return _finish(morning, trips, tried, began)


def _finish(
    morning: Morning, trips: list[list[list[int]]], iterations: int, began: float
) -> Planned:
    times = [timed(morning, runner, mine) for runner, mine in enumerate(trips)]
    served = {parcel for mine in trips for trip in mine for parcel in trip}
    left = [
        why_left(morning, trips, parcel)
        for parcel in range(len(morning.parcels))
        if parcel not in served
    ]
    return Planned(trips, times, left, iterations, time.perf_counter() - began)


def _value(morning: Morning, trips: Sequence[Sequence[Sequence[int]]]) -> float:
    """Return what a plan that keeps every rule costs: what stays behind, then travel."""
    served = {parcel for mine in trips for trip in mine for parcel in trip}
    behind = sum(
        what.worth * _WORTH for number, what in enumerate(morning.parcels) if number not in served
    )
    return behind + sum(timed(morning, number, mine).travel for number, mine in enumerate(trips))


def attempt(
    morning: Morning, seconds: float, seed: int, iterations: int | None
) -> tuple[list[list[list[int]]], int]:
    """Return trips that keep every rule, and how many tries went into them."""
    began = time.perf_counter()
    steps = (
        ((0.5, None), (0.3, 0.75)) if any(p.cool_for for p in morning.parcels) else ((0.8, None),)
    )
    best: list[list[list[int]]] | None = None
    tried = 0
    for share, _until in steps:
        problem = problem_of(morning, best)
        start = _tours(morning, problem, best) if best is not None else None
        found = solving.improve(
            problem,
            start,
            seconds=None if iterations is not None else max(seconds * share, 0.1),
            iterations=max(1, round(iterations * share)) if iterations is not None else None,
            seed=seed + tried,
            settings={"neighbours": 30},
        )
        tried += found.iterations
        trips = _trips(morning, found.tours)
        until = began + seconds if iterations is None else None
        mended = mend(morning, trips, random.Random(seed), until=until, rounds=8)  # noqa: S311
        if best is None or _value(morning, mended) < _value(morning, best):
            best = mended
    if best is None:
        return [[] for _ in morning.runners], tried
    rest = None if iterations is not None else began + seconds
    best = polish(morning, best, random.Random(seed), until=rest, rounds=30)  # noqa: S311
    return best, tried


# --- For PyVRP --------------------------------------------------------------------------------


def problem_of(morning: Morning, known: Sequence[Sequence[Sequence[int]]] | None = None) -> Problem:
    """Return the morning as a Problem: every runner a kind of their own.

    What must stay cool can't be said to PyVRP. With a plan already `known`, the doors of such
    parcels close when they would be warm if the trip they are on left as it does there.
    """
    import numpy as np

    hubs, parcels, runners = morning.hubs, morning.parcels, morning.runners
    ends = [number for number, runner in enumerate(runners) if runner.end is not None]
    # Places of the problem: hubs, homes where rounds end (both "depots"), parcels.
    places = list(range(len(hubs))) + [morning.end_at(number) for number in ends]
    end_place = {number: len(hubs) + index for index, number in enumerate(ends)}
    first = len(places)
    places += [morning.parcel_at(number) for number in range(len(parcels))]
    n = len(places)
    grid = np.ix_(places, places)
    opens = np.zeros(n, dtype=np.int64)
    closes = np.full(n, 2 * 24 * 3600, dtype=np.int64)
    service = np.zeros(n, dtype=np.int64)
    demand = np.zeros((n, 2), dtype=np.int64)
    prize = np.zeros(n, dtype=np.int64)
    departures: dict[int, int] = {}
    for runner, trips in enumerate(known or ()):
        for trip in timed(morning, runner, trips).trips:
            for call in trip.calls:
                departures[call.parcel] = trip.leaves
    for number, what in enumerate(parcels):
        at = first + number
        opens[at], closes[at], service[at] = what.opens, what.closes, what.service
        demand[at] = (what.size, what.cool_size)
        prize[at] = what.worth * _WORTH
        if what.cool_for is not None and number in departures:
            closes[at] = min(closes[at], departures[number] + what.cool_for)
    profiles: dict[tuple[object, ...], int] = {}
    distance: list[np.ndarray] = []
    duration: list[np.ndarray] = []
    kinds = []
    for number, who in enumerate(runners):
        hub = morning.hub_at(number)
        # The time to load is on every way out of a hub.
        may = tuple(not allowed(morning, number, parcel) for parcel in range(len(parcels)))
        key = (who.mode, may)
        if key not in profiles:
            profiles[key] = len(distance)
            ways = morning.travel[who.mode][grid].astype(np.int64)
            far = ways.copy()
            took = ways.copy()
            for depot, one in enumerate(hubs):
                took[depot, first:] += one.loading
            for parcel, fine in enumerate(may):
                if not fine:
                    for matrix in (far, took):
                        matrix[first + parcel, :] = _FORBIDDEN
                        matrix[:, first + parcel] = _FORBIDDEN
            np.fill_diagonal(far, 0)
            np.fill_diagonal(took, 0)
            distance.append(far)
            duration.append(took)
        there = int(morning.travel[who.mode][morning.start_at(number), hub])
        kinds.append(
            Kind(
                count=1,
                start=hub,
                end=end_place.get(number, hub),
                capacity=(who.room, who.cool_room),
                opens=max(who.opens + there, hubs[hub].opens),
                closes=max(who.closes, who.opens + there),
                profile=profiles[key],
                reloads=(hub,) if who.trips > 1 else (),
                most_reloads=max(0, who.trips - 1),
                name=who.key,
            )
        )
    problem = Problem(
        depots=tuple(range(first)),
        demand=demand,
        service=service,
        opens=opens,
        closes=np.maximum(closes, opens),
        distance=distance,
        duration=duration,
        kinds=kinds,
        coordinates=np.array([morning.places()[place] for place in places]),
        prize=prize,
        forbidden=_FORBIDDEN,
    )
    return problem


def _first(morning: Morning) -> int:
    return len(morning.hubs) + sum(runner.end is not None for runner in morning.runners)


def _trips(morning: Morning, tours: Sequence[Tour]) -> list[list[list[int]]]:
    first = _first(morning)
    trips: list[list[list[int]]] = [[] for _ in morning.runners]
    for tour in tours:
        mine: list[list[int]] = [[]]
        for stop in tour.stops:
            if stop < first:
                mine.append([])
            else:
                mine[-1].append(stop - first)
        trips[tour.kind] = [trip for trip in mine if trip]
    return trips


def _tours(
    morning: Morning, problem: Problem, trips: Sequence[Sequence[Sequence[int]]]
) -> list[Tour]:
    first = _first(morning)
    tours = []
    for runner, mine in enumerate(trips):
        if not mine:
            continue
        stops: list[int] = []
        for number, trip in enumerate(mine):
            if number:
                stops.append(problem.kinds[runner].start)
            stops += [first + parcel for parcel in trip]
        tours.append(Tour(runner, tuple(stops)))
    return tours


# --- Mending ----------------------------------------------------------------------------------


def mend(
    morning: Morning,
    trips: Sequence[Sequence[Sequence[int]]],
    chance: random.Random,
    *,
    until: float | None,
    rounds: int,
) -> list[list[list[int]]]:
    """Return the plan with every rule kept: warm parcels earlier, or on another trip, or left."""
    mine = [[list(trip) for trip in one] for one in trips]
    loose: list[int] = []
    for runner in range(len(mine)):
        mine[runner], out = _mend_runner(morning, runner, mine[runner])
        loose += out
    served = {parcel for one in mine for trip in one for parcel in trip}
    loose = [number for number in range(len(morning.parcels)) if number not in served]
    _put_in(morning, mine, loose, chance, until)
    return mine


def _mend_runner(
    morning: Morning, runner: int, trips: list[list[int]]
) -> tuple[list[list[int]], list[int]]:
    """Return trips of one runner without faults, and the parcels that had to come out."""
    out: list[int] = []
    trips = [list(trip) for trip in trips if trip]
    for _try in range(200):
        now = timed(morning, runner, trips)
        if not now.faults:
            return trips, out
        code, parcel = now.faults[0]
        if code == "warm":
            other = _earlier(morning, runner, trips, parcel)
            if other is not None:
                trips = other
                continue
        if parcel < 0:  # the whole is too much: what is worth least goes
            inside = [one for trip in trips for one in trip]
            parcel = min(inside, key=lambda one: (morning.parcels[one].worth, -one))
        trips = [[one for one in trip if one != parcel] for trip in trips]
        trips = [trip for trip in trips if trip]
        out.append(parcel)
    return [], out + [parcel for trip in trips for parcel in trip]


def _earlier(
    morning: Morning, runner: int, trips: list[list[int]], parcel: int
) -> list[list[int]] | None:
    """Return the trips with this parcel brought earlier on its trip, with fewer faults, or None.

    Tried: the trip the other way round; the parcel at every earlier place; the trip in two.
    """
    at = next(number for number, trip in enumerate(trips) if parcel in trip)
    trip = trips[at]
    before = len(timed(morning, runner, trips).faults)
    tries = [trip[::-1]]
    rest = [one for one in trip if one != parcel]
    tries += [[*rest[:index], parcel, *rest[index:]] for index in range(trip.index(parcel))]
    cool = [one for one in trip if morning.parcels[one].cool_for is not None]
    tries.append(cool + [one for one in trip if one not in cool])
    options = [[*trips[:at], one, *trips[at + 1 :]] for one in tries]
    options += [
        [*trips[:at], trip[:index], trip[index:], *trips[at + 1 :]] for index in range(1, len(trip))
    ]
    best = None
    for option in options:
        found = timed(morning, runner, option)
        if len(found.faults) < before:
            rank = (len(found.faults), found.travel)
            if best is None or rank < best[0]:
                best = (rank, option)
    return best[1] if best else None


def _put_in(
    morning: Morning,
    trips: list[list[list[int]]],
    loose: Sequence[int],
    chance: random.Random,
    until: float | None,
) -> list[int]:
    """Put parcels where they cost least, the hardest first; return those that fit nowhere."""
    order = sorted(
        loose,
        key=lambda one: (
            -morning.parcels[one].worth,
            sum(not allowed(morning, runner, one) for runner in range(len(trips))),
            chance.random(),
        ),
    )
    out = []
    for parcel in order:
        if until is not None and time.perf_counter() > until:
            out.append(parcel)
            continue
        spot = _best_spot(morning, trips, parcel)
        if spot is None:
            out.append(parcel)
        else:
            runner, mine = spot
            trips[runner] = mine
    return out


def _best_spot(
    morning: Morning, trips: Sequence[list[list[int]]], parcel: int
) -> tuple[int, list[list[int]]] | None:
    """Return the runner and their new trips where one more parcel costs least, or None."""
    best: tuple[float, int, list[list[int]]] | None = None
    at = morning.parcel_at(parcel)
    for runner, mine in enumerate(trips):
        if allowed(morning, runner, parcel):
            continue
        who = morning.runners[runner]
        took = morning.travel[who.mode]
        hub = morning.hub_at(runner)
        before = timed(morning, runner, mine).travel
        options: list[tuple[float, int, int]] = []
        for number, trip in enumerate(mine):
            line = [hub, *(morning.parcel_at(one) for one in trip), hub]
            for index in range(len(trip) + 1):
                a, b = line[index], line[index + 1]
                options.append((float(took[a, at] + took[at, b] - took[a, b]), number, index))
        if len(mine) < who.trips:
            options += [
                (float(took[hub, at] + took[at, hub]), -1 - number, 0)
                for number in range(len(mine) + 1)
            ]
        # The least way round first; the first few that keep the rules are compared.
        options.sort()
        tried = 0
        for rough, number, index in options:
            if best is not None and rough > best[0] + 600:
                break
            if number < 0:
                new = [*mine[: -1 - number], [parcel], *mine[-1 - number :]]
            else:
                trip = mine[number]
                changed = [*trip[:index], parcel, *trip[index:]]
                new = [*mine[:number], changed, *mine[number + 1 :]]
            found = timed(morning, runner, new)
            if not found.faults:
                cost = found.travel - before
                if best is None or cost < best[0]:
                    best = (cost, runner, new)
                tried += 1
                if tried >= 3:
                    break
    return (best[1], best[2]) if best else None


def polish(
    morning: Morning,
    trips: list[list[list[int]]],
    chance: random.Random,
    *,
    until: float | None,
    rounds: int,
) -> list[list[list[int]]]:
    """Take some parcels out round one place and put them in again, while it gets better."""
    best = trips
    value = _value(morning, best)
    for _round in range(rounds if until is None else 10_000):
        if until is not None and time.perf_counter() > until - 0.2:
            break
        mine = [[list(trip) for trip in one] for one in best]
        served = {parcel for one in mine for trip in one for parcel in trip}
        behind = [one for one in range(len(morning.parcels)) if one not in served]
        if not served:
            break
        centre = chance.choice(behind or sorted(served))
        near = morning.travel[morning.runners[0].mode][morning.parcel_at(centre)]
        out = sorted(served, key=lambda one: near[morning.parcel_at(one)])[: chance.randint(3, 9)]
        gone = set(out)
        for runner, one in enumerate(mine):
            mine[runner] = [kept for trip in one if (kept := [p for p in trip if p not in gone])]
            if timed(morning, runner, mine[runner]).faults:
                break
        else:
            _put_in(morning, mine, [*behind, *out], chance, until)
            now = _value(morning, mine)
            if now < value:
                best, value = mine, now
    return best


# --- Why not ----------------------------------------------------------------------------------


def best_place(
    morning: Morning, trips: Sequence[Sequence[int]], runner: int, parcel: int
) -> list[list[int]]:
    """Return a runner's trips with one more parcel where it does least harm, whatever it breaks."""
    mine = [list(trip) for trip in trips]
    options = [
        [*mine[:number], [*trip[:index], parcel, *trip[index:]], *mine[number + 1 :]]
        for number, trip in enumerate(mine)
        for index in range(len(trip) + 1)
    ]
    if len(mine) < morning.runners[runner].trips:
        options += [[*mine[:number], [parcel], *mine[number:]] for number in range(len(mine) + 1)]

    def harm(option: list[list[int]]) -> tuple[int, int]:
        found = timed(morning, runner, option)
        return len(found.faults), found.travel

    return min(options, key=harm)


def why_left(morning: Morning, trips: Sequence[Sequence[Sequence[int]]], parcel: int) -> Left:
    """Return why a parcel stays behind, as whoever plans would say it."""
    what = morning.parcels[parcel]
    if not morning.runners:
        return Left(parcel, "nobody")
    codes = [allowed(morning, runner, parcel) for runner in range(len(morning.runners))]
    able = [runner for runner, code in enumerate(codes) if not code]
    if not able:
        # What the one who comes nearest to bringing it lacks: of the others it would be untrue.
        for code in ("pinned", *reversed(WHY_NOT[1:])):
            here = [runner for runner, one in enumerate(codes) if one == code]
            if code == "pinned" and what.only is not None:
                key = what.only
                if all(runner.key != key for runner in morning.runners):
                    return Left(parcel, "pinned_gone")
                number = next(n for n, r in enumerate(morning.runners) if r.key == key)
                if codes[number]:
                    return Left(parcel, f"pinned_{codes[number]}", {"runner": number})
                continue
            if code == "needs" and here:
                missing = [
                    need
                    for need in sorted(what.needs)
                    if not any(need in runner.can for runner in morning.runners)
                ]
                return Left(parcel, "needs", {"needs": missing or sorted(what.needs)})
            if here:
                return Left(parcel, code)
    alone: dict[str, int] = {}
    for runner in able:
        found = timed(morning, runner, [[parcel]])
        if not found.faults:
            others = [p for trip in trips[runner] for p in trip]
            if not others:
                continue
            alone["fits"] = alone.get("fits", 0) + 1
        for code, _parcel in found.faults[:1]:
            alone[code] = alone.get(code, 0) + 1
    if alone.get("fits"):
        return Left(parcel, "full", {"count": alone["fits"]})
    for code in ("warm", "late", "over", "shut", "room"):
        if alone.get(code):
            return Left(parcel, code)
    return Left(parcel, "full", {"count": len(able)})
