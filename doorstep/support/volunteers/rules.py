"""Who may see and look after volunteers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids
from doorstep.support.models import Volunteer
from doorstep.support.requests.rules import Role, _is_borough, is_worker, paths_of

if TYPE_CHECKING:
    from doorstep.support.models.volunteers import VolunteerQuerySet


def is_desk(person: Person | None) -> bool:
    """Whether volunteers are this person's work: officers and organisers."""
    return is_worker(person)


def patch_of(viewer: Person | None) -> list[str]:
    """Return the paths of the areas whose volunteers the viewer looks after; [""] for all."""
    paths = paths_of(viewer, Role.OFFICER) + paths_of(viewer, Role.ORGANISER)
    return [""] if any(_is_borough(path) for path in paths) else paths


def can_see(viewer: Person | None, volunteer: Volunteer) -> bool:
    """An officer or organiser in whose patch the volunteer lives; never oneself, nor across a
    block, nor a record that must rest."""
    person = volunteer.person
    if viewer is None or viewer.pk == person.pk or person.restricted_at is not None:
        return False
    if person.state == Person.State.MERGED or person.pk in blocked_ids(viewer):
        return False
    home = person.home.path if person.home is not None else ""
    return any(not path or home.startswith(path) for path in patch_of(viewer))


def volunteers_visible_to(
    volunteers: VolunteerQuerySet, viewer: Person | None
) -> VolunteerQuerySet:
    """`can_see` as a query."""
    patch = patch_of(viewer)
    if viewer is None or not patch:
        return volunteers.none()
    found = (
        volunteers.exclude(person=viewer)
        .exclude(person__in=blocked_ids(viewer))
        .filter(person__restricted_at=None)
        .exclude(person__state=Person.State.MERGED)
    )
    if "" in patch:
        return found
    where = Q()
    for path in patch:
        where |= Q(person__home__path__startswith=path)
    return found.filter(where)


def volunteer_of(person: Person | None) -> Volunteer | None:
    """Return the person's own helping record, None where they have none. Asked once per object."""
    if person is None:
        return None
    if not hasattr(person, "_volunteer"):
        found = Volunteer.objects.filter(person=person).first()
        if found is not None:
            found.person = person
        person._volunteer = found  # type: ignore[attr-defined]
    return person._volunteer  # type: ignore[attr-defined]


def may_join(person: Person) -> bool:
    """Volunteers are grown up; somebody whose age we don't know says so."""
    return person.state == Person.State.ACTIVE and not person.is_child
