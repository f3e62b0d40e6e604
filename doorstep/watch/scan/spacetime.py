"""Kulldorff's space-time permutation scan, looking for what is going on now.

Kulldorff and others, "A space-time permutation scan statistic for disease outbreak detection"
(2005). A cylinder is a circle of places over the last days. What it should hold follows from the
margins: as many of all cases as its places have, on as many of the days. So neither a place with
many cases nor a day with many raises anything; only more than usual, there and then, does.

Dates are shuffled among the cases, which leaves both margins as they are. The most telling
cylinder of the true data is compared with the most telling one of every shuffle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doorstep.watch.scan.glm import Array

Counts = NDArray[np.int64]
EARTH_KM = 6371.0
MOST_ROUNDS = 8


@dataclass(frozen=True)
class Cluster:
    """A cylinder: places (by number, the centre first), the last `days` days, and how unusual.

    `p` is by how many shuffles, counting the true data as one, had as telling a cylinder.
    """

    places: tuple[int, ...]
    days: int
    observed: int
    expected: float
    statistic: float
    p: float = 1.0
    radius: float = 0.0


@dataclass
class Found:
    """The clusters without a place in common, the most telling first; and how many shuffles."""

    clusters: list[Cluster] = field(default_factory=list)
    shuffles: int = 0
    cases: int = 0


def distances(latitude: Array, longitude: Array) -> Array:
    """Return kilometres between each two places on the globe."""
    north, east = np.radians(latitude), np.radians(longitude)
    half = np.sin((north[:, None] - north[None, :]) / 2) ** 2
    half += (
        np.cos(north)[:, None]
        * np.cos(north)[None, :]
        * np.sin((east[:, None] - east[None, :]) / 2) ** 2
    )
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def flat_distances(easting: Array, northing: Array) -> Array:
    """Return the distance between each two places on a grid, in its unit."""
    return np.asarray(
        np.hypot(easting[:, None] - easting[None, :], northing[:, None] - northing[None, :])
    )


def statistic(observed: Array, expected: Array, total: float) -> Array:
    """Return the log likelihood ratio; 0 where no more than expected was observed."""
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = observed * np.log(observed / expected)
        rest = total - observed
        outside = np.where(rest > 0, rest * np.log(rest / (total - expected)), 0.0)
    return np.asarray(np.where(observed > expected, inside + outside, 0.0))


class Circles:
    """Every circle of places, by centre: growing by distance up to half of all cases."""

    def __init__(self, apart: Array, by_place: Counts, most: float = 0.5) -> None:
        self.order = np.argsort(apart, axis=1, kind="stable")
        sums = np.cumsum(by_place[self.order], axis=1)
        self.allowed = sums <= by_place.sum() * most
        # What no centre needs is not counted.
        width = max(1, int(self.allowed.sum(axis=1).max()))
        self.order, self.allowed = self.order[:, :width], self.allowed[:, :width]
        self.cases = sums[:, :width]
        # Places at the same distance come in together: half a ring is no circle.
        far = np.take_along_axis(apart, self.order, axis=1)
        following = np.full_like(far, np.inf)
        following[:, :-1] = far[:, 1:]
        self.allowed &= following > far
        self.far = far

    def inside(self, recent: NDArray[Any]) -> NDArray[Any]:
        """Return (…, centre, size, days): counts in every circle, of counts (…, place, days)."""
        return np.cumsum(recent[..., self.order, :], axis=-2, dtype=recent.dtype)


def scan(
    places: Counts,
    days: Counts,
    weights: Counts,
    apart: Array,
    *,
    longest: int,
    last_day: int,
    shuffles: int = 999,
    seed: int = 1,
    most: float = 0.5,
    stop_at: int | None = 20,
    keep: int = 5,
    near: float | None = None,
) -> Found:
    """Find clusters that are alive on `last_day`.

    `places`, `days` and `weights` are parallel: which place (by number), which day (from 0) and
    how many cases. `apart` is the distance between places, `longest` the most days of a cluster,
    `most` the greatest part of all cases inside a circle. Shuffling ends early when `stop_at`
    shuffles were as telling as the data (the p-value is then plain enough); None goes to the end.
    Where the p-value lies so close to the level `near` that the luck of the shuffles would decide,
    it shuffles on, up to `MOST_ROUNDS` times as often. The same seed gives the same answer.
    """
    place = np.repeat(places, weights)
    day = np.repeat(days, weights)
    total = len(place)
    longest = max(1, min(longest, last_day + 1))
    result = Found(cases=total)
    if total < 2:
        return result
    by_place = np.bincount(place, minlength=len(apart))
    circles = Circles(apart, by_place, most)
    by_day = np.bincount(day, minlength=last_day + 1)
    # In the last 1, 2, … days: the days run backwards and add up.
    recent_total = np.cumsum(by_day[::-1][:longest])
    expected = circles.cases[:, :, None] * recent_total[None, None, :] / total
    observed = circles.inside(_recent(place, day, len(apart), last_day, longest))
    ratio = statistic(observed.astype(float), expected, total)
    ratio[~circles.allowed] = 0.0
    clusters = _apart_from_each_other(ratio, observed, expected, circles, keep)
    if not clusters:
        return result
    # A count reaches the statistic of the least of our clusters only from here on: so a shuffle
    # is compared by whole numbers, and its logarithms are taken where it matters.
    floor = clusters[-1].statistic
    needed = _needed(expected, total, floor, int(recent_total[-1]))
    needed[~circles.allowed] = np.iinfo(np.int16).max
    generator = np.random.default_rng(seed)
    highest: list[float] = []
    block = max(1, min(64, int(4_000_000 / max(1, observed.size))))
    case_order = day.copy()
    wanted = shuffles
    while len(highest) < wanted:
        size = min(block, wanted - len(highest))
        recent = np.empty((size, len(apart), longest), dtype=np.int16)
        for row in range(size):
            generator.shuffle(case_order)
            recent[row] = _recent(place, case_order, len(apart), last_day, longest)
        inside = circles.inside(recent)
        which, centre, ring, span = np.nonzero(inside >= needed)
        tops = np.zeros(size)
        values = statistic(
            inside[which, centre, ring, span].astype(float), expected[centre, ring, span], total
        )
        np.maximum.at(tops, which, values)
        highest.extend(tops.tolist())
        above = sum(one >= clusters[0].statistic - 1e-9 for one in highest)
        if stop_at is not None and above >= stop_at * wanted / shuffles:
            break
        if near is not None and len(highest) == wanted < MOST_ROUNDS * shuffles:
            luck = 2.6 * math.sqrt(near * (1 - near) / wanted)
            if abs((1 + above) / (1 + wanted) - near) < luck:
                wanted += shuffles
    tops = np.array(highest)
    result.shuffles = len(tops)
    result.clusters = [
        Cluster(
            one.places,
            one.days,
            one.observed,
            one.expected,
            one.statistic,
            p=float((1 + (tops >= one.statistic - 1e-9).sum()) / (1 + len(tops))),
            radius=one.radius,
        )
        for one in clusters
    ]
    return result


def _recent(place: Counts, day: Counts, places: int, last_day: int, longest: int) -> Counts:
    """Return how many cases each place had in the last 1, 2, … days: place × days."""
    back = last_day - day
    near = back < longest
    table = np.bincount(place[near] * longest + back[near], minlength=places * longest)
    return np.asarray(table.reshape(places, longest).cumsum(axis=1))


def _needed(expected: Array, total: int, floor: float, most: int) -> NDArray[np.int16]:
    """Return for each cylinder the least count whose statistic reaches `floor`."""
    low = np.floor(expected).astype(np.int64) + 1
    high = np.full(expected.shape, min(most, total) + 1, dtype=np.int64)
    low = np.minimum(low, high)
    while (low < high).any():
        middle = (low + high) // 2
        reached = statistic(middle.astype(float), expected, total) >= floor - 1e-9
        reached |= middle >= high
        high = np.where(reached & (low < high), middle, high)
        low = np.where(~reached & (low < high), middle + 1, low)
    return np.minimum(high, np.iinfo(np.int16).max).astype(np.int16)


def _apart_from_each_other(
    ratio: Array, observed: Counts, expected: Array, circles: Circles, keep: int
) -> list[Cluster]:
    """Return the most telling cylinders of which no two share a place."""
    # Of two that say the same, the smaller: a quiet place at the edge adds nothing.
    best_of_ring = ratio.max(axis=2) - 1e-7 * np.arange(ratio.shape[1])[None, :]
    taken: set[int] = set()
    found: list[Cluster] = []
    for flat in np.argsort(-best_of_ring, axis=None, kind="stable"):
        centre, ring = np.unravel_index(flat, best_of_ring.shape)
        if ratio[centre, ring].max() <= 1e-9 or len(found) >= keep:
            break
        members = circles.order[centre, : ring + 1]
        if taken.intersection(members.tolist()):
            continue
        span = int(ratio[centre, ring].argmax())
        found.append(
            Cluster(
                tuple(int(one) for one in members),
                span + 1,
                int(observed[centre, ring, span]),
                float(expected[centre, ring, span]),
                float(ratio[centre, ring, span]),
                radius=float(circles.far[centre, ring]),
            )
        )
        taken.update(members.tolist())
    return found
