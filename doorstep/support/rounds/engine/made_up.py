"""Makes up mornings, the same for the same seed: to measure with, to test with, for the demo."""

from __future__ import annotations

import random

from doorstep.support.rounds.engine.morning import Hub, Morning, Parcel, Place, Runner
from doorstep.support.rounds.engine.travel import tables

# Somewhere in the demo borough's built-up part.
_SOUTH, _NORTH, _WEST, _EAST = 51.525, 51.590, 0.075, 0.175
_MODES = (
    # mode, how many of 25, room, room in the cool box, metres they go
    ("foot", 7, 5, 2, 1500),
    ("bike", 6, 6, 3, 3500),
    ("car", 9, 16, 8, None),
    ("van", 3, 40, 16, None),
)
HOUR = 3600


def morning(
    seed: int = 1, *, parcels: int = 200, hubs: int = 3, runners: int = 25, travel: bool = True
) -> Morning:
    """Return a morning with that many of each; `seed` decides all the rest."""
    chance = random.Random(seed)  # noqa: S311
    middles = [_somewhere(chance) for _ in range(max(3, parcels // 15))]
    stations: list[Hub] = []
    for number in range(hubs):
        # Hubs lie apart from one another: the best of some tries.
        tries = [_somewhere(chance) for _ in range(12)]
        place = max(
            tries,
            key=lambda one: min((_apart(one, hub.place) for hub in stations), default=1.0),
        )
        stations.append(
            Hub(f"hub{number + 1}", place, opens=8 * HOUR, closes=13 * HOUR, loading=480)
        )
    things = []
    for number in range(parcels):
        middle = chance.choice(middles)
        place = (
            min(max(chance.gauss(middle[0], 0.006), _SOUTH), _NORTH),
            min(max(chance.gauss(middle[1], 0.009), _WEST), _EAST),
        )
        cool = chance.random() < 0.25
        needs = set()
        if cool:
            needs.add("cool")
        if chance.random() < 0.08:
            needs.add("lift")
        if chance.random() < 0.06:
            needs.add(chance.choice(["urdu", "bengali", "romanian"]))
        opens, closes = 8 * HOUR + 1800, 13 * HOUR
        if chance.random() < 0.3:
            opens = chance.choice([9, 10, 11]) * HOUR
            closes = opens + chance.choice([1, 2]) * HOUR
        things.append(
            Parcel(
                f"p{number + 1}",
                place,
                size=chance.choice([1, 1, 1, 2, 2, 3]),
                cool_size=1 if cool else 0,
                service=chance.choice([180, 240, 300, 420]),
                opens=opens,
                closes=closes,
                cool_for=chance.choice([45, 60]) * 60 if cool else None,
                needs=frozenset(needs),
                worth=chance.choice([1, 2, 2, 2, 3]),
            )
        )
    people = []
    modes = [row for row in _MODES for _ in range(row[1])]
    for number in range(runners):
        # Seven steps at a time: a few runners are a mixture too.
        mode, _count, room, cool_room, reach = modes[number * 7 % len(modes)]
        hub = stations[number % hubs]
        half = chance.random() < 0.5
        opens = chance.choice([8, 8, 9, 10]) * HOUR + 1800
        closes = min(opens + (2 * HOUR + 1800 if half else 4 * HOUR + 1800), 13 * HOUR + 1800)
        can = set()
        if chance.random() < 0.7:
            can.add("cool")
        if mode in ("car", "van") and chance.random() < 0.5:
            can.add("lift")
        for tongue in ("urdu", "bengali", "romanian"):
            if chance.random() < 0.15:
                can.add(tongue)
        home = (
            hub.place[0] + chance.gauss(0, 0.006),
            hub.place[1] + chance.gauss(0, 0.009),
        )
        people.append(
            Runner(
                f"r{number + 1}",
                hub.key,
                mode,
                opens,
                closes,
                room=room,
                cool_room=cool_room if "cool" in can else 0,
                can=frozenset(can),
                start=home,
                end=home if chance.random() < 0.6 else None,
                trips=4,
                reach=reach,
            )
        )
    made = Morning(stations, things, people)
    if travel:
        made.travel, _trouble = tables(made.places(), [one.mode for one in people])
    return made


def _somewhere(chance: random.Random) -> Place:
    return (
        round(chance.uniform(_SOUTH, _NORTH), 5),
        round(chance.uniform(_WEST, _EAST), 5),
    )


def _apart(a: Place, b: Place) -> float:
    return ((a[0] - b[0]) ** 2 + ((a[1] - b[1]) * 0.62) ** 2) ** 0.5
