"""A small world of helping: somebody who asks, a volunteer, an organiser, an officer."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from doorstep.base.time import now
from doorstep.people.models import Person, RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.support.models import (
    Check,
    HelpReason,
    Reference,
    Request,
    Task,
    Training,
    Volunteer,
)

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


def volunteer_for(person: Person, *papers: str, **words: Any) -> Volunteer:
    """Return a volunteer who holds these: any of identity start money calls barred driving good."""
    at = words.pop("at", None) or now()
    expires = words.pop("expires_on", (at + 300 * DAY).date())
    made = Volunteer.objects.create(
        person=person, **{"radius_metres": 6_000, "weekly_cap": 3, "signed_up_at": at, **words}
    )
    give(made, *papers, expires_on=expires)
    return made


def give(volunteer: Volunteer, *papers: str, expires_on: dt.date | None = None) -> None:
    for paper in papers:
        if paper in Training.Module.values:
            Training.objects.create(volunteer=volunteer, module=paper)
        elif paper == "good":
            for _number in range(2):
                Reference.objects.create(
                    volunteer=volunteer, name="Ann", reach="020 7946 0000", state="good",
                    answered_at=now(),
                )  # fmt: skip
        else:
            Check.objects.create(
                volunteer=volunteer, kind=paper, state=Check.State.CLEAR,
                seen_on=now().date(), expires_on=expires_on,
            )  # fmt: skip


ALL = ("identity", "start", "money", "calls", "barred", "driving", "good")
PLAIN = ("identity", "start", "good", "calls")


def request_for(person: Person, locality: Any, **words: Any) -> Request:
    return Request.objects.create(
        **{
            "person": person, "words": "Milk and bread, please.", "address": "4 Heron Court",
            "postcode": "RM9 5AB", "phone": "+442079460321", "locality": locality,
            "state": Request.State.IN_HAND, "due_at": now() + 3 * DAY,
            "latitude": 51.54, "longitude": 0.13, **words,
        }
    )  # fmt: skip


def task_of(request: Request, kind: str = "shopping", **words: Any) -> Task:
    return Task.objects.create(
        **{
            "request": request, "kind": kind, "what": "Milk and bread", "door_note": "Knock twice",
            "locality": request.locality, "latitude": 51.54, "longitude": 0.13,
            "money_cap": 3_000 if kind == "shopping" else 0, **words,
        }
    )  # fmt: skip


def world(borough: Any) -> SimpleNamespace:
    """Return Maureen who asks, Dorina who volunteers and holds everything, Kwame who organises
    there, Saima the officer, Far who organises elsewhere, and a shopping task."""
    area = borough.ward
    for one in (borough.ward, borough.other_ward, borough.far_ward):
        one.latitude, one.longitude = 51.54, 0.131
        one.save(update_fields=["latitude", "longitude"])
    maureen = PersonFactory(known_as="Maureen", home=area, phone="+442079460321")
    dorina = PersonFactory(known_as="Dorina", home=area)
    kwame = PersonFactory(known_as="Kwame", home=area)
    saima = PersonFactory(known_as="Saima", home=area)
    far = PersonFactory(known_as="Far", home=area)
    role = RoleHolding.Role
    RoleHolding.objects.create(person=kwame, role=role.ORGANISER, area=borough.locality)
    RoleHolding.objects.create(person=saima, role=role.OFFICER, area=borough.borough)
    RoleHolding.objects.create(person=far, role=role.ORGANISER, area=borough.far_locality)
    request = request_for(maureen, borough.locality)
    HelpReason.objects.create(request=request, why=HelpReason.Why.CARE)
    return SimpleNamespace(
        borough=borough, maureen=maureen, dorina=dorina, kwame=kwame, saima=saima, far=far,
        request=request, task=task_of(request), helper=volunteer_for(dorina, *ALL),
    )  # fmt: skip
