"""The borough's areas, kept in memory: they are few, change once a year, and every page asks.

`atlas()` holds all areas but streets, with their shapes already drawn as SVG paths. An import
makes its own process forget at once; other processes notice within `KEPT_SECONDS`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from doorstep.base.remembering import Remembered
from doorstep.places import shapes
from doorstep.places.models import Area
from doorstep.places.shapes import Sheet

KEPT_SECONDS = 60.0
# Localities that touch get different inks; these six are what there is.
_INKS = ("grants", "home", "map", "help", "learn", "services")


@dataclass
class Atlas:
    """All areas (without their boundaries), and the map of the wards."""

    areas: dict[int, Area]
    by_slug: dict[str, Area]
    parts: dict[int, list[Area]]
    borough: Area | None
    shapes: dict[int, list[shapes.Polygon]]
    drawn: dict[int, str]  # area id -> SVG path
    labels: dict[int, tuple[int, int]]
    inks: dict[int, str]  # locality id -> ink
    sheet: Sheet  # what they are drawn on
    # Made pages and maps, by whatever they depend on; goes when the atlas goes.
    kept: dict[Any, Any] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """How wide the sheet is, in its own units."""
        return self.sheet.width

    @property
    def height(self) -> int:
        """How high the sheet is, in its own units."""
        return self.sheet.height

    @property
    def wards(self) -> list[Area]:
        """The wards, by name."""
        return sorted(
            (area for area in self.areas.values() if area.kind == Area.Kind.WARD),
            key=lambda area: area.name,
        )

    @property
    def localities(self) -> list[Area]:
        """The localities, by name."""
        return sorted(
            (area for area in self.areas.values() if area.kind == Area.Kind.LOCALITY),
            key=lambda area: area.name,
        )

    def around(self, area: Area) -> list[Area]:
        """Return what the area lies in, the borough first."""
        return [self.areas[pk] for pk in area.path_ids if pk != area.pk and pk in self.areas]

    def of_kind(self, area: Area, kind: str) -> Area | None:
        """Return the area of that kind which this one is or lies in."""
        for pk in area.path_ids:
            found = self.areas.get(pk)
            if found is not None and found.kind == kind:
                return found
        return None

    def inside(self, area: Area) -> list[int]:
        """Return the ids of the area and everything in it."""
        key = ("inside", area.pk)
        if key not in self.kept:
            self.kept[key] = [
                pk for pk, other in self.areas.items() if other.path.startswith(area.path)
            ]
        return self.kept[key]

    def ink(self, area: Area) -> str:
        """Return the ink an area is drawn in: that of its locality."""
        locality = self.of_kind(area, Area.Kind.LOCALITY)
        return self.inks.get(locality.pk, "map") if locality else "map"

    def at(self, latitude: float, longitude: float, kind: str = Area.Kind.WARD) -> Area | None:
        """Return the area of that kind which holds the point, else the nearest; None if none."""
        candidates = [pk for pk in self.shapes if self.areas[pk].kind == kind]
        for pk in candidates:
            if shapes.contains(self.shapes[pk], longitude, latitude):
                return self.areas[pk]
        nearest = min(
            candidates,
            key=lambda pk: shapes.distance(self.shapes[pk], longitude, latitude),
            default=None,
        )
        # A kilometre outside is somebody on the bridge; further is another borough.
        if nearest and shapes.distance(self.shapes[nearest], longitude, latitude) < 0.009:
            return self.areas[nearest]
        return None


def _make(before: Atlas | None) -> Atlas:
    areas = {
        area.pk: area
        for area in Area.objects.exclude(kind=Area.Kind.STREET)
        .select_related(None)
        .defer("boundary")
        .order_by("kind", "name", "id")
    }
    if before is not None and _facts(before.areas) == _facts(areas):
        return before
    boundaries = dict(Area.objects.exclude(boundary=None).values_list("id", "boundary"))
    parts: dict[int, list[Area]] = defaultdict(list)
    for area in areas.values():
        if area.parent_id:
            parts[area.parent_id].append(area)
            parent = areas.get(area.parent_id)
            if parent is not None:
                area.parent = parent
    drawable: dict[int, list[shapes.Polygon]] = {}
    for pk, boundary in boundaries.items():
        if pk in areas:
            try:
                drawable[pk] = shapes.polygons(boundary)
            except shapes.BadShape:
                continue
    wards = [pk for pk in drawable if areas[pk].kind == Area.Kind.WARD]
    sheet = shapes.Sheet(
        shapes.box([polygon for pk in wards for polygon in drawable[pk]])
        if wards
        else (0.0, 51.0, 1.0, 52.0)
    )
    return Atlas(
        areas=areas,
        by_slug={area.slug: area for area in areas.values()},
        parts=dict(parts),
        borough=next((area for area in areas.values() if area.kind == Area.Kind.BOROUGH), None),
        shapes=drawable,
        drawn={pk: sheet.path(shape) for pk, shape in drawable.items()},
        labels={
            pk: sheet.at(longitude, latitude)
            for pk in drawable
            if (longitude := areas[pk].longitude) is not None
            and (latitude := areas[pk].latitude) is not None
        },
        inks=_inks(areas, drawable),
        sheet=sheet,
    )


def _facts(areas: dict[int, Area]) -> list[tuple[Any, ...]]:
    return [
        (area.pk, area.kind, area.name, area.slug, area.path, area.gss_code, area.imd_decile,
         area.imd_rank, area.longitude, area.latitude)
        for area in areas.values()
    ]  # fmt: skip


def _inks(areas: dict[int, Area], drawable: dict[int, list[shapes.Polygon]]) -> dict[int, str]:
    """Give localities that share a corner different inks, always the same way."""
    corners: dict[tuple[float, float], set[int]] = defaultdict(set)
    for pk, shape in drawable.items():
        area = areas[pk]
        if area.kind == Area.Kind.WARD and area.parent_id:
            for polygon in shape:
                for point in polygon[0]:
                    corners[point].add(area.parent_id)
    touching: dict[int, set[int]] = defaultdict(set)
    for sharing in corners.values():
        for one in sharing:
            touching[one] |= sharing - {one}
    given: dict[int, str] = {}
    localities = [area for area in areas.values() if area.kind == Area.Kind.LOCALITY]
    for locality in sorted(localities, key=lambda area: (-len(touching[area.pk]), area.name)):
        taken = [given[other] for other in touching[locality.pk] if other in given]
        used = list(given.values())
        given[locality.pk] = min(
            _INKS, key=lambda ink: (taken.count(ink), used.count(ink), _INKS.index(ink))
        )
    return given


# Made at most once a minute.
atlas = Remembered(_make, KEPT_SECONDS)
forget = atlas.forget
