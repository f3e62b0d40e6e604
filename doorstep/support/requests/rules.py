"""Who may open and work on a request or a task."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db.models import Q

from doorstep.base.registry import Registry
from doorstep.people.models import Person, RoleHolding
from doorstep.people.rules import blocked_ids, holds
from doorstep.support.models import Request, Task

if TYPE_CHECKING:
    from doorstep.support.models.requests import RequestQuerySet, TaskQuerySet

Role = RoleHolding.Role
# What still lies at the borough's desk is no hub's yet.
NOT_A_HUBS = (Request.State.NEW,)

# Other ways somebody may see a task: `fn(person)` returns the Q of tasks. Filled by `tasks` (the
# volunteer who has it, or to whom it is offered).
tasks_also_seen: Registry[Callable[[Person], Q]] = Registry("who else may see a task")


def is_officer(person: Person | None) -> bool:
    """Whether the person holds the officer's role somewhere."""
    return holds(person, Role.OFFICER)


def is_organiser(person: Person | None) -> bool:
    return holds(person, Role.ORGANISER)


def is_worker(person: Person | None) -> bool:
    """Whether requests are any of their work at all."""
    return holds(person, Role.OFFICER, Role.ORGANISER)


def paths_of(person: Person | None, role: str) -> list[str]:
    """Return the paths of the areas in which the person holds this role ("1/4/")."""
    if person is None or not holds(person, RoleHolding.Role(role)):
        return []
    return [
        path
        for held, path, _kind, _key in person.__dict__.get("_roles_where", ())
        if held == role and path
    ]


def _is_borough(path: str) -> bool:
    return path.count("/") == 1


def can_see(viewer: Person | None, request: Request) -> bool:
    """An officer where it lies, or an organiser of its locality once it went to the hub.

    Nobody works on what is about themselves, or about somebody who wants nothing to do with them.
    """
    if viewer is None or viewer.pk in (request.person_id, request.asked_by_id):
        return False
    if request.person.restricted_at is not None:
        return False
    if {request.person_id, request.asked_by_id} & blocked_ids(viewer):
        return False
    path = request.locality.path if request.locality is not None else ""
    for own in paths_of(viewer, Role.OFFICER):
        if _is_borough(own) or (path and path.startswith(own)):
            return True
    if request.state in NOT_A_HUBS or not path:
        return False
    return any(path.startswith(own) for own in paths_of(viewer, Role.ORGANISER))


def requests_visible_to(requests: RequestQuerySet, viewer: Person | None) -> RequestQuerySet:
    """`can_see` as a query."""
    if viewer is None:
        return requests.none()
    where = _where(viewer, "")
    if where is None:
        return requests.none()
    return requests.filter(where & _apart_from(viewer, ""))


def can_see_task(viewer: Person | None, task: Task) -> bool:
    """Whoever may see its request, and whoever `tasks_also_seen` names."""
    if viewer is None:
        return False
    if can_see(viewer, task.request):
        return True
    return any(Task.objects.filter(ways(viewer), pk=task.pk).exists() for ways in tasks_also_seen)


def tasks_visible_to(tasks: TaskQuerySet, viewer: Person | None) -> TaskQuerySet:
    """`can_see_task` as a query."""
    if viewer is None:
        return tasks.none()
    seen = Q(pk__in=[])
    where = _where(viewer, "request__")
    if where is not None:
        seen |= where & _apart_from(viewer, "request__")
    for ways in tasks_also_seen:
        seen |= ways(viewer)
    return tasks.filter(seen)


def _where(viewer: Person, at: str) -> Q | None:
    """Return what the viewer's roles open, or None for nothing; `at` leads to the request."""
    found: Q | None = None
    for own in paths_of(viewer, Role.OFFICER):
        if _is_borough(own):
            return Q(**{f"{at}pk__isnull": False})
        here = Q(**{f"{at}locality__path__startswith": own})
        found = here if found is None else found | here
    for own in paths_of(viewer, Role.ORGANISER):
        here = Q(**{f"{at}locality__path__startswith": own}) & ~Q(**{f"{at}state__in": NOT_A_HUBS})
        found = here if found is None else found | here
    return found


def _apart_from(viewer: Person, at: str) -> Q:
    """Nothing about themselves, about somebody blocked, or about a record that must rest."""
    not_mine = {viewer.pk, *blocked_ids(viewer)}
    # `asked_by` may be NULL, and NOT (NULL IN …) is not true: say so.
    return (
        ~Q(**{f"{at}person__in": not_mine})
        & (Q(**{f"{at}asked_by": None}) | ~Q(**{f"{at}asked_by__in": not_mine}))
        & Q(**{f"{at}person__restricted_at": None})
    )


# --- What may be done with one ----------------------------------------------------------------

# Verb -> who may press it. The borough's desk routes; a hub says yes or no for itself.
_DESK = frozenset({"route", "take-back"})
_HUB = frozenset({"accept", "decline"})
_BOTH = frozenset(
    {
        "triage",
        "hand-over",
        "take",
        "wait",
        "note",
        "task",
        "cancel-task",
        "stop-repeat",
        "split",
        "merge",
        "part",
        "close",
        "reopen",
        "contact",
    }
)
VERBS = _DESK | _HUB | _BOTH


def may(viewer: Person | None, request: Request, verb: str) -> bool:
    """Whether somebody who sees the request may do this with it."""
    if viewer is None or verb not in VERBS:
        return False
    path = request.locality.path if request.locality is not None else ""
    is_hubs = bool(path) and any(path.startswith(own) for own in paths_of(viewer, Role.ORGANISER))
    is_desks = any(
        _is_borough(own) or (path and path.startswith(own))
        for own in paths_of(viewer, Role.OFFICER)
    )
    if verb in _DESK:
        return is_desks
    if verb in _HUB:
        return is_hubs
    return is_hubs or is_desks


def names_of(viewer: Person | None) -> set[str]:
    """Return the names of the areas where the person works on requests."""
    if viewer is None or not is_worker(viewer):
        return set()
    return {
        name
        for role, _path, _kind, name in viewer.__dict__.get("_roles_in_areas", ())
        if role in (Role.OFFICER, Role.ORGANISER)
    }
