"""What else is undone when somebody gives up their place."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from doorstep.gatherings.actions import jobs, welcomes
from doorstep.gatherings.models import Place


@transaction.atomic
def after_giving_up(place: Place, *, at: dt.datetime) -> None:
    """No welcome, no promise to keep and no job for somebody who isn't coming after all."""
    welcomes.place_given_up(place, at=at)
    if place.person is not None:
        jobs.leave_all(place.session, by=place.person, at=at)
