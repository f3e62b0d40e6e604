"""Days to keep: said a week before, the day before, on the day, and once when it has gone by."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy

from doorstep.base.time import local
from doorstep.connect.diary import rules
from doorstep.connect.diary.models import Deadline, Diary
from doorstep.connect.models import Relationship, Walk
from doorstep.notices.actions import send_to_all
from doorstep.people.models import Person

# Days before -> what is said. Nothing of what it is about: a phone lies on a table.
_WORDS = {
    7: gettext_lazy("A day to keep is a week away"),
    1: gettext_lazy("A day to keep is tomorrow"),
    0: gettext_lazy("A day to keep is today"),
    -1: gettext_lazy("A day to keep has gone by. Say what came of it"),
}


def remind(at: dt.datetime) -> int:
    """Remind of what is due; return of how many. Running twice, or late, says nothing twice."""
    day = local(at).date()
    rows = (
        Deadline.objects.filter(
            outcome="",
            due_on__gte=day - dt.timedelta(days=7),
            due_on__lte=day + dt.timedelta(days=7),
            diary__closed_at=None,
            diary__person__state=Person.State.ACTIVE,
            diary__person__restricted_at=None,
        )
        .exclude(diary__person__relationships__ended_for=Relationship.Ended.DIED)
        .select_related("diary__person", "diary__relationship")
        .order_by("pk")
    )
    count = 0
    for row in rows:
        step = _step((row.due_on - day).days)
        # Written down late, it isn't told what it was already known by.
        if step is None or (local(row.made_at).date() == day and step > 0):
            continue
        count += bool(
            send_to_all(
                "evidence",
                keepers(row.diary),
                key=f"evidence:{row.pk}:{step}",
                title=_WORDS[step],
                body=gettext_lazy("It stands in an evidence diary."),
                path=row.diary.get_absolute_url(),
                at=at,
            )
        )
    return count


def _step(days: int) -> int | None:
    """Return which reminder is due this many days before: 7, 1, 0, -1; None for none."""
    if days < 0:
        return -1
    if days <= 1:
        return days
    return 7 if days <= 7 else None


def keepers(diary: Diary) -> list[Person]:
    """Return the person and whoever keeps it with them now."""
    found = [diary.person]
    if diary.relationship_id is not None:
        walks = Walk.objects.filter(relationship=diary.relationship_id, until=None).select_related(
            "person"
        )
        found += [walk.person for walk in walks if rules.can_see_diary(walk.person, diary)]
    return list(dict.fromkeys(found))
