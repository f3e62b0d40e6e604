"""Shapes on the ground: is a point inside, which part is its middle, how is it drawn.

Boundaries are GeoJSON geometries (Polygon or MultiPolygon) in WGS84: longitude first. A borough
is so small that longitude and latitude may be treated as flat once longitude is squeezed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

Point = tuple[float, float]
Ring = list[Point]
# One outer ring and the holes in it.
Polygon = list[Ring]


class BadShape(ValueError):
    """A sentence that says what is wrong with a boundary."""


def polygons(boundary: Any) -> list[Polygon]:
    """Return the polygons of a GeoJSON geometry. Raises BadShape for anything else."""
    if not isinstance(boundary, dict):
        raise BadShape("has no boundary")
    kind = boundary.get("type")
    coordinates: Any = boundary.get("coordinates")
    if kind == "Polygon":
        coordinates = [coordinates]
    elif kind != "MultiPolygon":
        raise BadShape("has a boundary that is neither Polygon nor MultiPolygon")
    try:
        found = [
            [[(float(point[0]), float(point[1])) for point in ring] for ring in polygon]
            for polygon in coordinates
        ]
    except (TypeError, ValueError, IndexError, KeyError):
        raise BadShape("has a boundary whose points can't be read") from None
    for polygon in found:
        if not polygon:
            raise BadShape("has an empty boundary")
        for ring in polygon:
            if len(ring) < 4 or ring[0] != ring[-1]:
                raise BadShape("has a boundary that does not close")
            if any(
                not (-180 <= x <= 180 and -90 <= y <= 90) for x, y in ring
            ):  # also refuses NaN, which compares false
                raise BadShape("has a boundary outside the world")
    if not found:
        raise BadShape("has an empty boundary")
    return found


def box(parts: list[Polygon]) -> tuple[float, float, float, float]:
    """Return (west, south, east, north)."""
    xs = [x for polygon in parts for x, _y in polygon[0]]
    ys = [y for polygon in parts for _x, y in polygon[0]]
    return min(xs), min(ys), max(xs), max(ys)


def _edges(parts: list[Polygon]) -> Iterator[tuple[Point, Point]]:
    for polygon in parts:
        for ring in polygon:
            yield from pairwise(ring)


def contains(parts: list[Polygon], longitude: float, latitude: float) -> bool:
    """Whether the point lies inside: a ray to the east crosses the edge an odd number of times."""
    inside = False
    for (x1, y1), (x2, y2) in _edges(parts):
        if (y1 > latitude) != (y2 > latitude) and (
            longitude < (x2 - x1) * (latitude - y1) / (y2 - y1) + x1
        ):
            inside = not inside
    return inside


def distance(
    parts: list[Polygon], longitude: float, latitude: float, *, stretch: float = 1.0
) -> float:
    """Return how far the point is from the edge, in degrees of latitude.

    With `stretch` above 1, east and west count for less: room for a word is wide and low.
    """
    squeeze = math.cos(math.radians(latitude)) / stretch
    nearest = math.inf
    for (x1, y1), (x2, y2) in _edges(parts):
        ax, ay = (x1 - longitude) * squeeze, y1 - latitude
        dx, dy = (x2 - x1) * squeeze, y2 - y1
        length = dx * dx + dy * dy
        along = 0.0 if length == 0 else max(0.0, min(1.0, -(ax * dx + ay * dy) / length))
        nearest = min(nearest, math.hypot(ax + along * dx, ay + along * dy))
    return nearest


def middle(parts: list[Polygon]) -> Point:
    """Return (longitude, latitude) of a point well inside: where a name has most room.

    Looks over a grid, then more finely round the best point of it.
    """
    west, south, east, north = box(parts)
    best = ((west + east) / 2, (south + north) / 2)
    room = -1.0
    step_x, step_y = (east - west) / 14, (north - south) / 14
    for _pass in range(2):
        middle_x, middle_y = best
        grid = (
            [
                (west + step_x * (i + 0.5), south + step_y * (j + 0.5))
                for i in range(14)
                for j in range(14)
            ]
            if _pass == 0
            else [
                (middle_x + step_x * i / 4, middle_y + step_y * j / 4)
                for i in range(-3, 4)
                for j in range(-3, 4)
            ]
        )
        for x, y in grid:
            if contains(parts, x, y):
                here = distance(parts, x, y, stretch=2)
                if here > room:
                    best, room = (x, y), here
    return best


class Sheet:
    """A sheet of paper for a map: turns longitude and latitude into its whole units."""

    def __init__(self, bounds: tuple[float, float, float, float], *, width: int = 600) -> None:
        self.west, south, east, self.north = bounds
        self.squeeze = math.cos(math.radians((south + self.north) / 2))
        across = max((east - self.west) * self.squeeze, 1e-6)
        self.margin = 6
        self.scale = (width - 2 * self.margin) / across
        self.width = width
        self.height = round((self.north - south) * self.scale) + 2 * self.margin

    def at(self, longitude: float, latitude: float) -> tuple[int, int]:
        """Return the place of a point on the sheet."""
        return (
            round((longitude - self.west) * self.squeeze * self.scale) + self.margin,
            round((self.north - latitude) * self.scale) + self.margin,
        )

    def place(self, x: float, y: float) -> Point:
        """Return (longitude, latitude) of a place on the sheet: `at` the other way."""
        return (
            self.west + (x - self.margin) / self.scale / self.squeeze,
            self.north - (y - self.margin) / self.scale,
        )

    def path(self, parts: list[Polygon]) -> str:
        """Return the SVG path of a shape, in whole units, without points that fall together."""
        rings = []
        for polygon in parts:
            for ring in polygon:
                points: list[tuple[int, int]] = []
                for longitude, latitude in ring[:-1]:
                    point = self.at(longitude, latitude)
                    if not points or points[-1] != point:
                        points.append(point)
                if len(points) > 2:
                    rings.append("M" + "L".join(f"{x} {y}" for x, y in points) + "Z")
        return "".join(rings)
