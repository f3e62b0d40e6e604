"""Who keeps an evidence diary: the person, and who walks alongside where they keep it together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from doorstep.connect.diary.models import Diary
from doorstep.connect.models import Relationship, Walk
from doorstep.connect.rules import can_work, desks
from doorstep.people.models import Person
from doorstep.people.records.rules import can_open_record, records_visible_to

if TYPE_CHECKING:
    from doorstep.connect.diary.models import DiaryQuerySet

# What a person may say yes to (`people.consents`): somebody having one bundle.
GIVE = "evidence"


def can_see_diary(viewer: Person | None, diary: Diary) -> bool:
    """The person; whoever walks alongside, while it goes on and it is kept together; and, where
    the person asked the hub to keep it for them, whoever may open their record.
    """
    if viewer is None:
        return False
    if viewer.pk == diary.person_id:
        return True
    if diary.is_with_hub and can_open_record(viewer, diary.person):
        return True
    with_them = diary.relationship
    return (
        with_them is not None
        and with_them.person_id == diary.person_id
        and with_them.is_open
        and can_work(viewer, with_them)
    )


def diaries_visible_to(diaries: DiaryQuerySet, viewer: Person | None) -> DiaryQuerySet:
    """`can_see_diary` as a query."""
    if viewer is None:
        return diaries.none()
    walks = (
        Walk.objects.filter(
            person=viewer,
            until=None,
            relationship=OuterRef("relationship"),
            relationship__person=OuterRef("person"),
            relationship__organisation__in=desks(viewer),
            relationship__person__restricted_at=None,
        )
        .exclude(relationship__state=Relationship.State.ENDED)
        .exclude(relationship__person=viewer)
    )
    records = records_visible_to(Person.objects.all(), viewer).exclude(pk=viewer.pk)
    return diaries.filter(
        Q(person=viewer) | Q(Exists(walks)) | Q(is_with_hub=True, person__in=records)
    )


def can_write(viewer: Person | None, diary: Diary) -> bool:
    """Whoever sees it writes in it while it is open, and the record may be used."""
    return diary.is_open and diary.person.restricted_at is None and can_see_diary(viewer, diary)


def may_begin(viewer: Person | None, person: Person, relationship: Relationship | None) -> bool:
    """The person for themselves; whoever walks alongside, within that relationship; an officer
    who may open the record, as the person told them.
    """
    if viewer is None or person.restricted_at is not None:
        return False
    if viewer.pk == person.pk:
        return relationship is None or relationship.person_id == person.pk
    if relationship is None:
        return can_open_record(viewer, person)
    return (
        relationship.person_id == person.pk
        and relationship.is_open
        and can_work(viewer, relationship)
    )


def has_died(person: Person) -> bool:
    """Whether we were told that they died: nothing is reminded or given out any more."""
    return Relationship.objects.filter(person=person, ended_for=Relationship.Ended.DIED).exists()
