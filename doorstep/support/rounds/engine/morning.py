"""A morning: parcels at hubs, people who take them round, and how long everything takes.

Times are seconds since midnight, lengths of time seconds, places degrees (WGS84). Nothing here
knows a name or an address: parcels and runners are known by keys of whoever asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

DAY = 24 * 3600
Place = tuple[float, float]  # latitude, longitude


@dataclass(frozen=True)
class Hub:
    """Where parcels lie. `loading`: how long it takes to load, each time."""

    key: str
    place: Place
    opens: int = 0
    closes: int = DAY
    loading: int = 300


@dataclass(frozen=True)
class Parcel:
    """Something to be brought to a door between `opens` and `closes`.

    `size` and `cool_size` fill a runner's room. `cool_for`: the longest time from leaving the hub
    to this door, None where it doesn't matter. `needs`: what whoever brings it must be able to
    do. `hub`: where it lies, None for any. `only`: key of the one runner who brings it; `never`:
    keys of those who don't. `worth`: how much it matters that it is brought, 1 to 4.
    """

    key: str
    place: Place
    size: int = 1
    cool_size: int = 0
    service: int = 240
    opens: int = 0
    closes: int = DAY
    cool_for: int | None = None
    needs: frozenset[str] = frozenset()
    hub: str | None = None
    only: str | None = None
    never: frozenset[str] = frozenset()
    worth: int = 2


@dataclass(frozen=True)
class Runner:
    """Somebody who brings parcels round from one hub, and may load again there.

    They leave `start` (None: they begin at the hub) at `opens` at the earliest and are back at
    `end` (None: the hub) by `closes`. `reach`: how far they go, in metres as the crow flies from
    where they live (`lives`; None: from the hub), to the hub as to every door; `most`: stops in
    all; `has_enough`: they said how often a week at most, and that is reached.
    """

    key: str
    hub: str
    mode: str
    opens: int
    closes: int
    room: int = 8
    cool_room: int = 0
    can: frozenset[str] = frozenset()
    start: Place | None = None
    end: Place | None = None
    trips: int = 4
    reach: int | None = None
    most: int | None = None
    lives: Place | None = None
    has_enough: bool = False


@dataclass
class Morning:
    """All there is to plan, and `travel[mode]`: seconds between any two of `places()`."""

    hubs: list[Hub]
    parcels: list[Parcel]
    runners: list[Runner]
    travel: dict[str, np.ndarray] = field(default_factory=dict)

    def places(self) -> list[Place]:
        """Return every place in order: hubs, parcels, then each runner's start and end.

        A runner without a start or an end of their own has their hub's place there.
        """
        hub_place = {hub.key: hub.place for hub in self.hubs}
        homes: list[Place] = []
        for runner in self.runners:
            homes.append(runner.start or hub_place[runner.hub])
            homes.append(runner.end or hub_place[runner.hub])
        return [hub.place for hub in self.hubs] + [parcel.place for parcel in self.parcels] + homes

    def hub_at(self, runner: int) -> int:
        key = self.runners[runner].hub
        return next(number for number, hub in enumerate(self.hubs) if hub.key == key)

    def parcel_at(self, parcel: int) -> int:
        return len(self.hubs) + parcel

    def start_at(self, runner: int) -> int:
        return len(self.hubs) + len(self.parcels) + 2 * runner

    def end_at(self, runner: int) -> int:
        return self.start_at(runner) + 1


@dataclass(frozen=True)
class Call:
    """One door: which parcel (its number), and when they are there and go on."""

    parcel: int
    arrives: int
    starts: int
    leaves: int


@dataclass(frozen=True)
class Trip:
    """From the hub with a load, and back to it or home."""

    loads: int  # when loading begins
    leaves: int
    calls: tuple[Call, ...]
    ends: int  # back at the hub, or home after the last one


@dataclass(frozen=True)
class Timed:
    """A runner's whole morning, or what is wrong with it (`faults` of (code, parcel number))."""

    trips: tuple[Trip, ...]
    travel: int
    faults: tuple[tuple[str, int], ...]

    @property
    def ends(self) -> int:
        return self.trips[-1].ends if self.trips else 0


# Why somebody may not bring something, in the order it is asked: whoever comes to a later one
# has none of those before it.
WHY_NOT = ("pinned", "papers", "needs", "hub", "size", "reach", "enough")


def allowed(morning: Morning, runner: int, parcel: int) -> str:
    """Return "" when this runner may bring this parcel, else the code of why not (`WHY_NOT`)."""
    who, what = morning.runners[runner], morning.parcels[parcel]
    if what.only is not None and what.only != who.key:
        return "pinned"
    if who.key in what.never:
        return "papers"
    if not what.needs <= who.can:
        return "needs"
    if what.hub is not None and what.hub != who.hub:
        return "hub"
    if what.size > who.room or what.cool_size > who.cool_room:
        return "size"
    if who.reach is not None:
        hub = morning.hubs[morning.hub_at(runner)].place
        lives = who.lives or hub
        if crow(lives, what.place) > who.reach or crow(lives, hub) > who.reach:
            return "reach"
    return "enough" if who.has_enough else ""


def crow(a: Place, b: Place) -> float:
    """Return metres between two places on the globe."""
    import math

    (lat_a, lon_a), (lat_b, lon_b) = ((math.radians(x), math.radians(y)) for x, y in (a, b))
    half = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2 * 6_371_008.8 * math.asin(min(1.0, math.sqrt(half)))


def timed(morning: Morning, runner: int, trips: Sequence[Sequence[int]]) -> Timed:
    """Work out a runner's morning with these trips, each parcel numbers in order.

    Each trip leaves as late as it may without coming back later, so that nothing gets warm
    waiting at a door. Faults are collected, not raised: "late" (after a door's time), "room",
    "warm" (too long on the way), "over" (after the end of the shift), "trips", "most", and those
    of `allowed`.
    """
    who = morning.runners[runner]
    hub_at = morning.hub_at(runner)
    hub = morning.hubs[hub_at]
    took = morning.travel[who.mode]
    faults: list[tuple[str, int]] = []
    made: list[Trip] = []
    travel = 0
    trips = [trip for trip in trips if trip]
    if len(trips) > who.trips:
        faults.append(("trips", -1))
    if who.most is not None and sum(map(len, trips)) > who.most:
        faults.append(("most", -1))
    there = int(took[morning.start_at(runner), hub_at])
    clock = max(who.opens + there, hub.opens)
    travel += there if trips else 0
    for number, trip in enumerate(trips):
        last = number == len(trips) - 1
        size = cool = 0
        for parcel in trip:
            what = morning.parcels[parcel]
            size += what.size
            cool += what.cool_size
            why = allowed(morning, runner, parcel)
            if why:
                faults.append((why, parcel))
        if size > who.room or cool > who.cool_room:
            faults.append(("room", -1))
        places = [hub_at, *(morning.parcel_at(parcel) for parcel in trip)]
        places.append(morning.end_at(runner) if last else hub_at)
        legs = [int(took[a, b]) for a, b in pairwise(places)]
        travel += sum(legs)
        loads = max(clock, hub.opens)
        # Forwards as early as may be …
        starts: list[int] = []
        now = loads + hub.loading
        if now > hub.closes:
            faults.append(("shut", -1))
        for parcel, leg in zip(trip, legs[:-1], strict=True):
            what = morning.parcels[parcel]
            now = max(now + leg, what.opens)
            if now > what.closes:
                faults.append(("late", parcel))
            starts.append(now)
            now += what.service
        ends = now + legs[-1]
        # … then backwards as late as may be.
        latest = ends - legs[-1]
        for index in range(len(trip) - 1, -1, -1):
            what = morning.parcels[trip[index]]
            latest = max(starts[index], min(latest - what.service, what.closes))
            starts[index] = latest
            latest -= legs[index]
        leaves = max(latest, loads + hub.loading)
        if leaves > hub.closes:
            leaves = max(loads + hub.loading, min(leaves, hub.closes))
        calls = []
        now = leaves
        for index, parcel in enumerate(trip):
            what = morning.parcels[parcel]
            arrives = now + legs[index]
            begins = max(arrives, what.opens)
            now = begins + what.service
            calls.append(Call(parcel, arrives, begins, now))
            if what.cool_for is not None and begins - leaves > what.cool_for:
                faults.append(("warm", parcel))
        ends = now + legs[-1]
        made.append(Trip(leaves - hub.loading, leaves, tuple(calls), ends))
        clock = ends
    if trips and clock > who.closes:
        faults.append(("over", -1))
    return Timed(tuple(made), travel, tuple(faults))
