"""Who may do what with rights over data, and whose record must be left alone."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from django.db.models import Q

from doorstep.base.registry import Registry
from doorstep.people.models import Hold, Person, RightsRequest, RoleHolding
from doorstep.people.rules import can_give_roles, holds

if TYPE_CHECKING:
    from doorstep.people.models import PersonQuerySet, RightsRequestQuerySet

# Whose data must not be taken away for a reason a higher floor knows (an open safeguarding
# alert): `function(person ids) -> ids to leave alone`; None asks about everybody.
holders: Registry[Callable[[Iterable[int] | None], set[int]]] = Registry("what stops taking away")

# Whom a record was shared with: `function(person) -> people to tell of a correction`.
sharers: Registry[Callable[[Person], Iterable[Person]]] = Registry("who was given a record")

WORKERS = (RoleHolding.Role.OFFICER, RoleHolding.Role.SAFEGUARDING)


def can_work_on_rights(person: Person | None) -> bool:
    """Officers and safeguarding leads answer what people ask about their data."""
    return holds(person, *WORKERS)


def can_act_for(viewer: Person | None, person: Person) -> bool:
    """An officer may do it for somebody else, never for themselves in that role."""
    from doorstep.people.records.rules import can_open_record

    return can_work_on_rights(viewer) and can_open_record(viewer, person)


def can_hold(person: Person | None) -> bool:
    """A hold keeps data against somebody's wish: safeguarding leads alone."""
    return holds(person, RoleHolding.Role.SAFEGUARDING)


def can_see_figures(person: Person | None) -> bool:
    """Counts of what is taken away, the record of processing: no case is in them."""
    return can_give_roles(person)


def can_see_request(viewer: Person | None, request: RightsRequest) -> bool:
    """One's own, and for those who answer, of people whose record they may open."""
    if viewer is None:
        return False
    return viewer.pk == request.person_id or can_act_for(viewer, request.person)


def requests_visible_to(
    requests: RightsRequestQuerySet, viewer: Person | None
) -> RightsRequestQuerySet:
    """`can_see_request` as a query."""
    if viewer is None:
        return requests.none()
    own = Q(person=viewer)
    if not can_work_on_rights(viewer):
        return requests.filter(own)
    return requests.filter(own | Q(person__in=people_within_reach(viewer)))


def people_within_reach(viewer: Person) -> PersonQuerySet:
    """`can_act_for` as a query, for somebody who works on rights."""
    from doorstep.people.records.rules import records_visible_to

    return records_visible_to(Person.objects.all(), viewer)


def can_answer(viewer: Person | None, request: RightsRequest) -> bool:
    """Nobody answers their own."""
    return (
        request.is_waiting
        and viewer is not None
        and viewer.pk != request.person_id
        and can_work_on_rights(viewer)
    )


def is_restricted(person: Person) -> bool:
    """Whether the record may only be kept, not used (UK GDPR, Article 18)."""
    return person.restricted_at is not None


def held_ids(ids: Iterable[int] | None = None) -> set[int]:
    """Return the ids of people whose data nothing may take away now, among `ids` or all."""
    ids = None if ids is None else set(ids)
    rows = Hold.objects.filter(lifted_at=None)
    if ids is not None:
        rows = rows.filter(Q(person__in=ids))
    found = set(rows.values_list("person_id", flat=True))
    for asked in holders:
        found |= asked(ids)
    return found if ids is None else found & ids


def is_held(person: Person) -> bool:
    return bool(held_ids([person.pk]))


def due_on(day: dt.date, months: int = 1) -> dt.date:
    """Return the last day to answer: the same day `months` later, or the month's last.

    Where that is a Saturday or Sunday, the Monday after (as the ICO counts).
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    end = dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return end + dt.timedelta(days=max(0, 7 - end.weekday()) if end.weekday() >= 5 else 0)
