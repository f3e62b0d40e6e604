"""“I'm worried about them”: what a safeguarding alert from a task is about."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.safeguarding.things import Subject
from doorstep.support.models import Assignment

# A worry often comes on the way home, or at night.
AFTERWARDS = dt.timedelta(days=30)


def find(viewer: Person | None, pk: int) -> Subject | None:
    """Return whom a task is about, for whoever has it or had it lately, and for the hub.

    The name is said only to whoever may know it now; the alert names the person all the same.
    """
    found = (
        Assignment.objects.visible_to(viewer)
        .select_related("task__request__person", "volunteer")
        .filter(pk=pk)
        .first()
    )
    if found is None or (found.ended_at is not None and found.ended_at < now() - AFTERWARDS):
        return None
    person = found.task.request.person
    is_theirs = viewer is not None and found.volunteer.person_id == viewer.pk
    words = person.known_as if found.is_live or not is_theirs else _("the person you helped")
    return Subject(words, person, found.get_absolute_url())
