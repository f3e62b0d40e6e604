"""Skills, parts of the week and ways to travel: what a volunteer ticks, and as bits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from doorstep.base.time import local
from doorstep.people.tongues import TONGUES
from doorstep.support.models import Kind, Volunteer

SKILLS: tuple[tuple[str, object], ...] = (
    ("lifting", _("Carrying heavy things")),
    ("cooking", _("Cooking")),
    ("driving", _("Driving somebody")),
    ("wheelchair", _("Helping with a wheelchair")),
    ("diy", _("Small repairs")),
    ("garden", _("Gardens")),
    ("forms", _("Forms and letters")),
    ("computers", _("Phones and computers")),
    ("dogs", _("Dogs")),
    ("listening", _("Listening on the phone")),
    ("hygiene", _("Food hygiene certificate")),
    ("first_aid", _("First aid")),
)
SKILL_NAMES = dict(SKILLS)
DAYS = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)
PARTS = (_("Morning"), _("Afternoon"), _("Evening"))
# When the afternoon and the evening begin, on London's clock.
_TURNS = (dt.time(12), dt.time(17))
EVERY_PART = (1 << 21) - 1

_KIND_BIT = {kind: 1 << number for number, kind in enumerate(Kind.values)}
_SKILL_BIT = {key: 1 << number for number, (key, _label) in enumerate(SKILLS)}
_TONGUE_BIT = {code: 1 << number for number, (code, _name) in enumerate(TONGUES)}
EVERY_KIND = (1 << len(_KIND_BIT)) - 1
# For a key nobody knows any more: one bit that nobody has, so that it is never quietly dropped.
_UNKNOWN = 1 << 62

# How far people go, in metres, until they say so themselves; a call is made from anywhere.
USUAL_RADIUS = {
    Volunteer.Travel.FOOT: 1_500,
    Volunteer.Travel.BIKE: 3_000,
    Volunteer.Travel.BUS: 4_000,
    Volunteer.Travel.CAR: 6_000,
    Volunteer.Travel.VAN: 8_000,
    Volunteer.Travel.HOME: 0,
}
RADII = (
    (500, _("A few streets (500 metres)")),
    (1_500, _("Twenty minutes on foot (1.5 km)")),
    (3_000, _("3 km")),
    (6_000, _("6 km")),
    (12_000, _("Anywhere in the borough")),
)
ANYWHERE = 12_000


def kind_bit(kind: str) -> int:
    return _KIND_BIT.get(kind, _UNKNOWN)


def kinds_bits(kinds: Iterable[str]) -> int:
    """Return bits for kinds a volunteer would do; none named is any."""
    bits = 0
    for kind in kinds:
        bits |= _KIND_BIT.get(kind, 0)
    return bits or EVERY_KIND


def skill_bits(keys: Iterable[str], *, asked: bool = False) -> int:
    """Return skills as bits; where they are `asked` for, an unknown one can't be met."""
    bits = 0
    for key in keys:
        bits |= _SKILL_BIT.get(key, _UNKNOWN if asked else 0)
    return bits


def tongue_bits(codes: Iterable[str], *, asked: bool = False) -> int:
    bits = 0
    for code in codes:
        bits |= _TONGUE_BIT.get(code, _UNKNOWN if asked and code else 0)
    return bits


def part_of(moment: dt.datetime) -> int:
    """Return the number of the part of the week (0 to 20) a moment lies in."""
    here = local(moment)
    return 3 * here.weekday() + sum(here.time() >= turn for turn in _TURNS)


def parts_between(starts_at: dt.datetime | None, ends_at: dt.datetime | None) -> int:
    """Return the parts of the week a window touches, as bits; 0 for any time."""
    if starts_at is None and ends_at is None:
        return 0
    begin = starts_at or ends_at
    end = ends_at or starts_at
    if begin is None or end is None:
        return 0
    if end - begin >= dt.timedelta(days=7):
        return 0
    bits, moment = 0, begin
    while moment < end:
        bits |= 1 << part_of(moment)
        moment += dt.timedelta(hours=1)
    # The window's last moment is not in it: until noon is the morning.
    return bits | 1 << part_of(max(begin, end - dt.timedelta(minutes=1)))


def grid(availability: int) -> list[tuple[object, list[tuple[int, object, bool]]]]:
    """Return a row for each day: (day, [(number of the part, its name, whether they can)])."""
    return [
        (
            day,
            [
                (3 * number + place, part, bool(availability >> (3 * number + place) & 1))
                for place, part in enumerate(PARTS)
            ],
        )
        for number, day in enumerate(DAYS)
    ]
