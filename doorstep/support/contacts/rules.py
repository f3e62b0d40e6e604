"""When a missed contact becomes a knock at the door, and who sees the worklists."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import Q

from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids
from doorstep.support.models import Reach
from doorstep.support.requests import rules

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Tries in a row that reach nobody, until somebody knocks.
MISSES = 3
# Somebody who has always answered is missed sooner.
USUALLY_ANSWERS, MISSES_THEN = 3, 2
# Until the next try, by how many were missed.
AGAIN = [dt.timedelta(hours=3), dt.timedelta(hours=20), dt.timedelta(days=1)]
# By when somebody has knocked; sooner where the request can't wait.
KNOCK, KNOCK_TODAY = dt.timedelta(hours=24), dt.timedelta(hours=4)
# How long nobody rests on the list of those nobody has reached.
LOOK_AGAIN = dt.timedelta(days=3)


def is_missed_enough(reach: Reach) -> bool:
    """Whether somebody should knock."""
    if reach.missed >= MISSES:
        return True
    return reach.answered >= USUALLY_ANSWERS and reach.missed >= MISSES_THEN


def reaches_of(viewer: Person | None) -> QuerySet[Reach]:
    """Return the worklist of those we don't reach, as far as it is the viewer's patch."""
    rows = Reach.objects.select_related("person", "locality", "request")
    where = Q(pk__in=[])
    for path in rules.paths_of(viewer, rules.Role.OFFICER):
        if path.count("/") == 1:
            where |= Q(pk__isnull=False)
        else:
            where |= Q(locality__path__startswith=path)
    for path in rules.paths_of(viewer, rules.Role.ORGANISER):
        where |= Q(locality__path__startswith=path)
    not_mine = {viewer.pk, *blocked_ids(viewer)} if viewer is not None else set()
    return (
        rows.filter(where)
        .exclude(person__in=not_mine)
        .filter(person__restricted_at=None)
        .exclude(state=Reach.State.FINE)
    )
