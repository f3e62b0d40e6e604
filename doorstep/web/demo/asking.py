"""Roles of the demo in each state: asked and not answered, ending soon, given back."""

from __future__ import annotations

import datetime as dt

from doorstep.base.time import LONDON
from doorstep.people.models import Person, RoleHolding
from doorstep.people.roles import actions
from doorstep.places.models import Area
from doorstep.web.demo.cast import CAST

Role, _DAY = RoleHolding.Role, dt.timedelta(days=1)


def fill(*, day: dt.date) -> int:
    """Write them down; return how many. The same day gives the same ones."""
    by_email = {
        person.account.email: person
        for person in Person.objects.select_related("account").filter(
            account__email__in=[part.email for part in CAST]
        )
    }
    people = {part.key: by_email.get(part.email) for part in CAST}
    boss, neighbour, host = (people.get(key) for key in ("administrator", "neighbour", "host"))
    borough = Area.objects.filter(kind=Area.Kind.BOROUGH).first()
    if boss is None or neighbour is None or host is None or borough is None:
        return 0
    noon = dt.datetime.combine(day, dt.time(12), LONDON)
    actions.grant_role(
        Role.MENTOR,
        to=neighbour,
        area=borough,
        by=boss,
        at=noon - 2 * _DAY,
        why="Has helped three teams on their way already.",
    )
    # A second moderator for a while, whom the clock warns.
    second = people.get("second-moderator")
    RoleHolding.objects.filter(person=second, role=Role.MODERATOR).update(ends_at=noon + 25 * _DAY)
    over = actions.grant_role(Role.MENTOR, to=host, area=borough, by=boss, at=noon - 200 * _DAY)
    actions.accept(over, by=host, at=noon - 199 * _DAY)
    actions.give_back(over, by=host, at=noon - 90 * _DAY)
    return 3
