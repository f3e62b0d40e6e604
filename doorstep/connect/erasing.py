"""What stays in other people's circles of somebody who is erased: the owner's own words."""

from __future__ import annotations

from typing import Any

from doorstep.connect.models import CircleMember
from doorstep.people.models import Person


def circles(person: Person, erasure: Any) -> int:
    """Part somebody from the circles of others; return from how many places in them.

    A circle belongs to its owner, who needs to know whom to ring: what they wrote stays, as it
    would of anybody who never had a record here. Nothing leads from it to this one any more, and
    nothing is shown to them. Where the owner had taken them out, the place goes for good.
    """
    places = CircleMember.objects.filter(person=person)
    gone = places.filter(state=CircleMember.State.GONE)
    count = gone.count()
    gone.delete()
    return count + places.update(person=None, sees=CircleMember.Sees.NOTHING)
