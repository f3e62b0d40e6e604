"""Whose a task is, and who sees where it is and whom to ring."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import Q

from doorstep.base.time import local
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids
from doorstep.support.models import Assignment, Offer, Task
from doorstep.support.requests import rules as requests
from doorstep.support.volunteers import lawful

if TYPE_CHECKING:
    from doorstep.support.models.volunteers import AssignmentQuerySet


def is_mine(viewer: Person | None, assignment: Assignment) -> bool:
    return viewer is not None and assignment.volunteer.person_id == viewer.pk


def is_desks(viewer: Person | None, assignment: Assignment) -> bool:
    """Whether the viewer's work is this task's request; nobody is the desk of their own task."""
    return not is_mine(viewer, assignment) and requests.can_see(viewer, assignment.task.request)


def can_see(viewer: Person | None, assignment: Assignment) -> bool:
    """The volunteer whose it is or was, and whoever works on the request."""
    return is_mine(viewer, assignment) or is_desks(viewer, assignment)


def assignments_visible_to(
    assignments: AssignmentQuerySet, viewer: Person | None
) -> AssignmentQuerySet:
    """`can_see` as a query."""
    if viewer is None:
        return assignments.none()
    seen = Q(volunteer__person=viewer)
    where = requests._where(viewer, "task__request__")
    if where is not None:
        seen |= where & requests._apart_from(viewer, "task__request__")
    return assignments.filter(seen)


def sees_address(viewer: Person | None, assignment: Assignment, at: dt.datetime) -> bool:
    """Whether a volunteer may see where it is and whom to ring: while the task is theirs.

    Gone the moment it ends, their record rests, a check runs out, or one of the two blocks the
    other.
    """
    if viewer is None or not is_mine(viewer, assignment) or not assignment.is_live:
        return False
    if not assignment.task.is_unfinished:
        return False
    person = assignment.task.request.person
    if viewer.restricted_at is not None or person.pk in blocked_ids(viewer):
        return False
    return not lawful.lacks(assignment.volunteer, assignment.task, local(at).date())


def seen_by_volunteer(person: Person) -> Q:
    """Tasks a volunteer may see: offered to them, or theirs."""
    offered = Offer.objects.waiting().filter(volunteer__person=person).values("task")
    theirs = Assignment.objects.live().filter(volunteer__person=person).values("task")
    return Q(pk__in=offered) | Q(pk__in=theirs)


def can_offer(viewer: Person | None, task: Task) -> bool:
    """Whether the viewer puts this task to volunteers."""
    return requests.can_see(viewer, task.request)
