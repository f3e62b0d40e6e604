"""What becomes of gatherings when somebody leaves for good."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from doorstep.gatherings.actions import places
from doorstep.gatherings.models import Gathering, Place, Welcome
from doorstep.people.models import Person


def hosted(person: Person, erasure: Any) -> int:
    """A host's own number and link go; what happened stays the neighbours' history.

    With `takes_posts` their words about it go too, where no team stands behind it.
    """
    mine = Gathering.objects.filter(host=person)
    count = mine.update(dial_in="", dial_in_code="", online_url="")
    if erasure.takes_posts:
        mine.filter(team=None).update(
            description=_("The host has left and taken their words along."), when_you_walk_in=""
        )
    return count


def places_taken(person: Person, erasure: Any) -> int:
    """Places at what is to come are free again; those of the past only lose their name.

    Counts of who came stay true without telling who it was.
    """
    from django.utils import timezone

    mine = Place.objects.filter(person=person)
    count = mine.count()
    sessions = set(
        mine.filter(session__ends_at__gte=timezone.now()).values_list("session_id", flat=True)
    )
    mine.filter(session__in=sessions).delete()
    for pk in sessions:
        places.count_afresh(pk)
    # The welcome holds their wishes and number.
    Welcome.objects.filter(place__person=person).delete()
    mine.update(person=None, name=_("A neighbour who left"), walk_in_key=None)
    return count


def welcomes_given(person: Person, erasure: Any) -> int:
    """A greeter's own words go from the welcomes they gave."""
    return Welcome.objects.filter(greeter=person).update(look_for="", call_note="", greeter=None)
