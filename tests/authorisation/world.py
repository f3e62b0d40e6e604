"""The little world the matrix looks at: one thing of every kind, and one viewer of every sort."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from doorstep.base.time import now, today
from doorstep.people.models import Block, Person, RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.places.tests.factories import small_borough
from tests.authorisation.answers import AS_VISITORS, NEIGHBOURS


class World(SimpleNamespace):
    """`people` by viewer's name, `borough` of places, and the things put in by each app."""

    people: dict[str, Person]
    borough: Any
    things: dict[str, dict[str, Any]]

    def put(self, name: str, /, **args: Any) -> None:
        """Say what fills an address that is `of` this thing."""
        if name in self.things:
            raise ValueError(f"there is a {name!r} already")
        self.things[name] = args

    def __getattr__(self, name: str) -> Person:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None


def make() -> World:
    """Make the people; the apps' own files bring their things (`furnish`)."""
    borough = small_borough()
    world = World(people={}, borough=borough, things={})
    for name in (*NEIGHBOURS, *AS_VISITORS, *RoleHolding.Role.values):
        world.people[name] = PersonFactory(
            known_as=name.replace("_", " ").title(), home=borough.ward
        )
    year = today().year
    Person.objects.filter(pk=world.teenager.pk).update(born_on=dt.date(year - 15, 1, 1))
    Person.objects.filter(pk=world.elsewhere.pk).update(home=borough.far_ward)
    Person.objects.filter(pk=world.suspended.pk).update(state=Person.State.SUSPENDED)
    Person.objects.filter(pk=world.closed.pk).update(state=Person.State.AWAY, away_since=now())
    for role in RoleHolding.Role.values:
        hold(world.people[role], role, borough.borough)
    hold(world.team_mentor, "mentor", borough.locality)
    hold(world.far_organiser, "organiser", borough.far_locality)
    for one in (world.owner, world.host):
        Block.objects.create(blocker=one, blocked=world.blocked)
    for name in world.people:
        world.people[name] = Person.objects.select_related("account").get(pk=world.people[name].pk)
    return world


def hold(person: Person, role: str, area: Any) -> RoleHolding:
    return RoleHolding.objects.create(person=person, role=role, area=area)


def afresh(person: Person | None) -> Person | None:
    """The person without anything remembered about what they may do."""
    return None if person is None else Person.objects.get(pk=person.pk)
