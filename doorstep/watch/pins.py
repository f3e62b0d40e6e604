"""A pin on the drawn map: places on its sheet to longitude and latitude, and the other way."""

from __future__ import annotations

from doorstep.places import shapes
from doorstep.places.atlas import Atlas, atlas
from doorstep.places.models import Area


def _sheet(book: Atlas) -> shapes.Sheet | None:
    if "watch-sheet" not in book.kept:
        parts = [
            polygon
            for pk, shape in book.shapes.items()
            if book.areas[pk].kind == Area.Kind.WARD
            for polygon in shape
        ]
        book.kept["watch-sheet"] = shapes.Sheet(shapes.box(parts)) if parts else None
    return book.kept["watch-sheet"]


def from_sheet(x: float, y: float) -> tuple[float, float] | None:
    """Return (latitude, longitude) of a place on the sheet of `ward_map`; None off the sheet."""
    sheet = _sheet(atlas())
    if sheet is None or not (0 <= x <= sheet.width and 0 <= y <= sheet.height):
        return None
    longitude = sheet.west + (x - sheet.margin) / sheet.scale / sheet.squeeze
    latitude = sheet.north - (y - sheet.margin) / sheet.scale
    return latitude, longitude


def to_sheet(pin: str) -> tuple[int, int] | None:
    """Return where on the sheet a concern's pin stands ("51.54011,0.12890"); None for none."""
    try:
        latitude, longitude = map(float, pin.split(","))
    except ValueError:
        return None
    sheet = _sheet(atlas())
    return sheet.at(longitude, latitude) if sheet is not None else None


def read(typed: str) -> tuple[str, Area | None]:
    """Return (the pin as it is kept, its neighbourhood or ward) of "x,y" on the sheet.

    ("", None) for nothing, for nonsense, and for a place outside the borough.
    """
    try:
        x, y = map(float, typed.split(","))
    except ValueError:
        return "", None
    found = from_sheet(x, y)
    if found is None:
        return "", None
    book = atlas()
    area = book.at(*found, kind=Area.Kind.NEIGHBOURHOOD) or book.at(*found)
    return (f"{found[0]:.5f},{found[1]:.5f}", area) if area else ("", None)
