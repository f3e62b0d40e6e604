"""The diaries that stand on other pages: of a relationship, and of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Min, Q

from doorstep.connect.diary.models import Diary

if TYPE_CHECKING:
    from doorstep.connect.models import Relationship
    from doorstep.people.models import Person


def kept_in(relationship: Relationship, me: Person) -> list[Diary]:
    """Return the diaries kept together here, each with `next_on`, its next day to keep. One query.

    For whoever walks alongside (`rules.can_work`); nothing is kept together once it has ended.
    """
    if not relationship.is_open:
        return []
    return list(
        Diary.objects.filter(relationship=relationship, person=relationship.person_id).annotate(
            next_on=Min("deadlines__due_on", filter=Q(deadlines__outcome=""))
        )
    )


def counted(person: Person) -> dict[str, int]:
    """Return how many diaries a person keeps, and how many of them with the hub. No words."""
    found = Diary.objects.filter(person=person, closed_at=None).aggregate(
        all=Count("pk"), hub=Count("pk", filter=Q(is_with_hub=True))
    )
    return {"all": found["all"], "hub": found["hub"]}
