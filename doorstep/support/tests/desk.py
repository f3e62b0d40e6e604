"""A small desk: an officer of the borough, an organiser of each hub, postcodes, and requests."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from doorstep.base.time import now
from doorstep.people.models import Person, RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.places.models import Postcode
from doorstep.support.models import Request
from doorstep.support.requests import working

HOUR = dt.timedelta(hours=1)


def make_desk(borough: Any) -> SimpleNamespace:
    """Return officer, organiser (Riverside), far_organiser (Hilltop) and the borough."""
    for code, ward, latitude in (
        ("RM10 7FH", borough.ward, 51.5461), ("RM8 2AA", borough.far_ward, 51.5632),
    ):  # fmt: skip
        Postcode.objects.create(code=code, ward=ward, latitude=latitude, longitude=0.1472)
    made = SimpleNamespace(borough=borough, count=0)
    for name, role, area in (
        ("officer", "officer", borough.borough),
        ("second_officer", "officer", borough.borough),
        ("organiser", "organiser", borough.locality),
        ("far_organiser", "organiser", borough.far_locality),
    ):
        person = PersonFactory(known_as=name.replace("_", " ").title(), home=borough.ward)
        RoleHolding.objects.create(person=person, role=role, area=area)
        setattr(made, name, person)
    return made


def afresh(person: Person) -> Person:
    """The person with nothing remembered about their roles."""
    return Person.objects.get(pk=person.pk)


def ask(desk: SimpleNamespace, words: str = "Bread and milk, please.", **more: Any) -> Request:
    """Make one request in Riverside."""
    desk.count += 1
    given = {"at": now(), "client_key": f"test-{desk.count:06d}", "called": "Maureen Tully",
             "phone": f"+447700900{desk.count:03d}", "postcode": "RM10 7FH",
             "address": "14 Valence Avenue"} | more  # fmt: skip
    return working.ask(words=words, **given)


def at_hub(desk: SimpleNamespace, **more: Any) -> Request:
    made = ask(desk, **more)
    working.route(made, by=desk.officer, at=now())
    return made
