"""Who may see and do what with people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from doorstep.people.models import Block, Person, RoleHolding

if TYPE_CHECKING:
    from doorstep.people.models import PersonQuerySet


def holds(person: Person | None, *roles: RoleHolding.Role) -> bool:
    """Whether the person holds one of `roles` now, anywhere. Asked once per Person object."""
    if person is None:
        return False
    if not hasattr(person, "_roles_held"):
        person._roles_held = set(  # type: ignore[attr-defined]
            RoleHolding.objects.held().filter(person=person).values_list("role", flat=True)
        )
    return not person._roles_held.isdisjoint(roles)  # type: ignore[attr-defined]


def can_moderate(person: Person | None) -> bool:
    return holds(person, RoleHolding.Role.MODERATOR)


def can_edit_stories(person: Person | None) -> bool:
    return holds(person, RoleHolding.Role.EDITOR)


def blocked_ids(person: Person | None) -> set[int]:
    """Return the ids of all whom this person blocks or is blocked by, asked once per object."""
    if person is None:
        return set()
    if not hasattr(person, "_blocked_ids"):
        pairs = Block.objects.filter(Q(blocker=person) | Q(blocked=person)).values_list(
            "blocker_id", "blocked_id"
        )
        person._blocked_ids = {one for pair in pairs for one in pair} - {person.pk}  # type: ignore[attr-defined]
    return person._blocked_ids  # type: ignore[attr-defined]


def can_see_person(viewer: Person | None, person: Person) -> bool:
    """A person's page opens for neighbours with an account, unless one blocks the other."""
    if viewer is None:
        return False
    if viewer.pk == person.pk:
        return True
    if person.state != Person.State.ACTIVE:
        return False
    if person.is_child:
        return can_moderate(viewer)
    return person.pk not in blocked_ids(viewer)


def people_visible_to(people: PersonQuerySet, viewer: Person | None) -> PersonQuerySet:
    """`can_see_person` as a query."""
    if viewer is None:
        return people.none()
    between = Block.objects.filter(
        Q(blocker=viewer, blocked=OuterRef("pk")) | Q(blocked=viewer, blocker=OuterRef("pk"))
    )
    others = Q(state=Person.State.ACTIVE) & ~Exists(between)
    if not can_moderate(viewer):
        others &= Q(born_on=None) | Q(born_on__lte=_adult_since())
    return people.filter(Q(pk=viewer.pk) | others)


def _adult_since():  # type: ignore[no-untyped-def]
    from doorstep.base.time import today
    from doorstep.people.models import ADULT_AT

    day = today()
    if (day.month, day.day) == (2, 29):
        day = day.replace(day=28)
    return day.replace(year=day.year - ADULT_AT)
