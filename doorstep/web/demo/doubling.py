"""Three pairs of records that may be one person's, and one pair that was joined."""

from __future__ import annotations

import datetime as dt
from typing import Any

from doorstep.base.time import LONDON
from doorstep.people import postcodes
from doorstep.people.merging import actions, matching
from doorstep.people.models import Person, RoleHolding
from doorstep.places.models import Area

_DAY = dt.timedelta(days=1)
# Each is (the record that stays, the one that looks like it); Ofcom's numbers for dramas.
_PAIRS: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    (
        {
            "known_as": "Margaret Holloway", "full_name": "Margaret Holloway",
            "phone": "+442079460112", "born_on": dt.date(1941, 2, 14), "postcode": "RM8 2AB",
            "access_needs": "Ring slowly: it takes her a while to get to the phone.",
        },
        {
            "known_as": "Peggy Holloway", "phone": "+442079460112",
            "born_on": dt.date(1941, 2, 14), "access_needs": "Big print.",
        },
    ),
    (
        {
            "known_as": "Abdirahman Warsame", "full_name": "Abdirahman Warsame",
            "phone": "+447700900168", "born_on": dt.date(1985, 6, 3), "languages": ["so"],
        },
        {
            "known_as": "Cabdiraxmaan Warsame", "phone": "+447700900168",
            "email": "a.warsame@example.org", "languages": ["so", "en-gb"],
        },
    ),
    (
        # A father and a son of one name behind one door: two people.
        {
            "known_as": "Delroy Campbell", "full_name": "Delroy Campbell",
            "phone": "+442079460603", "postcode": "RM10 7QB",
        },
        {
            "known_as": "Delroy Campbell", "full_name": "Delroy Campbell",
            "phone": "+442079460603", "postcode": "RM10 7QB", "born_on": dt.date(1972, 9, 4),
        },
    ),
    (
        {
            "known_as": "Kathleen Duggan", "full_name": "Kathleen Duggan",
            "phone": "+442079460433", "born_on": dt.date(1951, 5, 25),
        },
        {
            "known_as": "Kath Duggan", "phone": "+442079460433", "email": "kathdug@example.org",
            "born_on": dt.date(1951, 5, 25),
        },
    ),
)  # fmt: skip


def fill(*, day: dt.date) -> int:
    """Write them down; return how many records. The same day gives the same ones."""
    held = RoleHolding.objects.held().filter(role=RoleHolding.Role.OFFICER).order_by("pk").first()
    wards = list(Area.objects.filter(kind=Area.Kind.WARD).order_by("pk")[:4])
    if held is None or not wards:
        return 0
    noon = dt.datetime.combine(day, dt.time(12), LONDON)
    made = []
    for number, pair in enumerate(_PAIRS):
        for place, said in enumerate(pair):
            person = Person(
                handle=f"twin{'abcd'[number]}{place + 1}demo",
                home=postcodes.ward_of(said.get("postcode", "")) or wards[number % len(wards)],
                created_at=noon - (90 - 20 * number - 9 * place) * _DAY,
                **said,
            )
            person.save()
            made.append(person)
    actions.join(
        made[6],
        made[7],
        by=held.person,
        at=noon - 3 * _DAY,
        why="She rang: the same birthday, the same number, and she laughed.",
        chosen={"known_as": "kept"},
        client_key="demo-joined-duggan",
    )
    matching.compare([person.pk for person in made], at=noon)
    return len(made)
