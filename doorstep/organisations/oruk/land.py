"""Whether a point can be a place in the United Kingdom: on land, or near enough."""

from __future__ import annotations

from django.utils.translation import gettext as _


class NotHere(Exception):
    """A sentence."""


# Coasts drawn with a thick pencil, (latitude, longitude), some miles out to sea: a pier is land,
# the middle of the North Sea is not.
_GREAT_BRITAIN = (
    (49.85, -5.45), (50.05, -4.95), (50.10, -3.60), (50.45, -3.20), (50.40, -2.45), (50.45, -1.25),
    (50.60, -0.50), (50.60, 0.40), (50.80, 1.10), (51.00, 1.55), (51.45, 1.60), (51.75, 1.45),
    (52.05, 1.80), (52.60, 1.95), (53.05, 1.45), (53.10, 0.55), (53.50, 0.55), (54.00, 0.15),
    (54.55, -0.30), (54.90, -1.10), (55.65, -1.40), (55.95, -1.85), (56.40, -2.35), (57.00, -1.90),
    (57.55, -1.55), (57.85, -2.20), (57.80, -3.30), (58.35, -2.75), (58.75, -2.80), (58.75, -5.20),
    (58.30, -5.70), (58.60, -6.20), (58.30, -7.30), (57.70, -8.70), (56.60, -7.80), (55.70, -6.75),
    (55.15, -5.95), (54.50, -5.30), (54.50, -4.70), (54.10, -5.00), (53.95, -4.50), (54.10, -3.60),
    (53.60, -3.30), (53.55, -4.45), (53.20, -4.85), (52.70, -4.95), (52.45, -4.35), (52.20, -4.90),
    (51.95, -5.55), (51.55, -5.35), (51.50, -4.20), (51.20, -4.75), (50.70, -5.20), (50.25, -5.90),
    (49.95, -5.90),
)  # fmt: skip
_NORTHERN_IRELAND = (
    (53.95, -6.00), (54.00, -7.40), (54.10, -7.60), (54.40, -8.25), (54.75, -7.80), (55.00, -7.50),
    (55.35, -7.00), (55.40, -6.00), (55.00, -5.60), (54.40, -5.25),
)  # fmt: skip
_ORKNEY_AND_SHETLAND = (
    (58.65, -3.60),
    (60.95, -2.30),
    (60.95, -0.60),
    (59.70, -0.90),
    (58.65, -2.20),
)
_SCILLY = ((49.80, -6.50), (50.02, -6.50), (50.02, -6.15), (49.80, -6.15))
_CHANNEL_ISLANDS = ((49.10, -2.75), (49.80, -2.75), (49.80, -1.90), (49.10, -1.90))
_LAND = (
    _GREAT_BRITAIN,
    _NORTHERN_IRELAND,
    _ORKNEY_AND_SHETLAND,
    _SCILLY,
    _CHANNEL_ISLANDS,
)


def _inside(outline: tuple[tuple[float, float], ...], latitude: float, longitude: float) -> bool:
    is_in = False
    before = outline[-1]
    for corner in outline:
        if (corner[0] > latitude) != (before[0] > latitude):
            at = (before[1] - corner[1]) * (latitude - corner[0]) / (before[0] - corner[0])
            if longitude < corner[1] + at:
                is_in = not is_in
        before = corner
    return is_in


def is_land(latitude: float, longitude: float) -> bool:
    """Whether a point lies in the United Kingdom or a few miles off its coast."""
    return any(_inside(one, latitude, longitude) for one in _LAND)


def check(latitude: float, longitude: float) -> None:
    """Raise NotHere for a point that can't be where somebody gives a service."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise NotHere(_("There is no such point on the earth; it is set aside."))
    if is_land(latitude, longitude):
        return
    if -90 <= longitude <= 90 and is_land(longitude, latitude):
        raise NotHere(_("Latitude and longitude look swapped; the point is set aside."))
    if latitude == 0 and longitude == 0:
        raise NotHere(_("0, 0 is in the sea off Africa; the point is set aside."))
    if 49 <= latitude <= 61 and -9 <= longitude <= 3:
        raise NotHere(_("That point is in the sea; it is set aside."))
    raise NotHere(_("That point is not in the United Kingdom; it is set aside."))
