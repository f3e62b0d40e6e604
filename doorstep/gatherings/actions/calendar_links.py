"""The secret address of a person's own calendar."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from doorstep.base import keys
from doorstep.gatherings.models import CalendarLink
from doorstep.people.models import Person

KEY_LENGTH = 32


@transaction.atomic
def link_of(person: Person, *, at: dt.datetime) -> CalendarLink:
    """Return the person's link, made the first time it is asked for."""
    link, _made = CalendarLink.objects.get_or_create(
        person=person, defaults={"key": keys.new_key(KEY_LENGTH), "made_at": at}
    )
    return link


@transaction.atomic
def new_link(*, by: Person, at: dt.datetime) -> CalendarLink:
    """Make a new address; the old one stops working at once."""
    link, _made = CalendarLink.objects.update_or_create(
        person=by, defaults={"key": keys.new_key(KEY_LENGTH), "made_at": at}
    )
    return link
