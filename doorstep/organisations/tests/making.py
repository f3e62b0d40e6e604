"""Small directories for tests of the pages for people."""

import datetime as dt
from itertools import count

from doorstep.base.time import now
from doorstep.organisations.models import (
    Location,
    Organisation,
    Phone,
    Position,
    Schedule,
    Service,
    ServiceAtLocation,
)
from doorstep.people.models import RoleHolding

_number = count(1)


def a_house(**more):
    number = next(_number)
    return Organisation.objects.create(
        **{"slug": f"house-{number}", "name": f"House {number}", "email": "", **more}
    )


def an_entry(house=None, *, days=10, **more):
    """An entry proved `days` ago (None for never), with a number and Tuesdays 10 to 12."""
    number = next(_number)
    proof = None if days is None else now() - dt.timedelta(days=days)
    service = Service.objects.create(
        **{
            "slug": f"entry-{number}",
            "name": f"Entry {number}",
            "description": "Soup and company for anybody.",
            "organisation": house,
            "confirmed_at": proof,
            "confirmed_how": "owner" if proof else "",
            **more,
        }
    )
    Phone.objects.create(service=service, number="020 7946 0123")
    Schedule.objects.create(
        service=service, freq="WEEKLY", byday="TU", opens_at=dt.time(10), closes_at=dt.time(12)
    )
    return service


def a_place(service, **more):
    place = Location.objects.create(**{"name": "Kingsley Hall", **more})
    ServiceAtLocation.objects.create(service=service, location=place)
    return place


def give_keys(person, house, role=Position.Role.OWNER):
    return Position.objects.create(organisation=house, person=person, role=role, accepted_at=now())


def make_keeper(person, borough):
    RoleHolding.objects.create(person=person, role="editor", area=borough)
    return person
