"""Who may open whose record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from doorstep.people.models import Person, RoleHolding
from doorstep.people.rules import _adult_since, holds
from doorstep.places.models import Area

if TYPE_CHECKING:
    from doorstep.people.models import PersonQuerySet

_Role = RoleHolding.Role
# Nobody yet, or a part of another record by now (`merging`).
NO_RECORD = (Person.State.JOINING, Person.State.MERGED)
# Roles whose work needs the record page, the widest first. Being an administrator, moderator or
# catalyst opens none.
OPENS = (_Role.SAFEGUARDING, _Role.OFFICER, _Role.ORGANISER)
# A child's record opens for these alone.
OPENS_CHILDREN = frozenset({_Role.SAFEGUARDING, _Role.OFFICER})
# Who may open a record outside their role when somebody is in danger, loudly.
BREAKS_GLASS = (*OPENS, _Role.CATALYST)
# Who judges what was unusual; by their own role they see handles and counts, no record.
REVIEWS = (_Role.SAFEGUARDING, _Role.ADMINISTRATOR)


def reach(viewer: Person | None) -> list[tuple[_Role, str, str]]:
    """Return (role, path of its area, name of it) of each role that opens records, widest first.

    The path is "" for the whole borough. Asked once per Person object.
    """
    if viewer is None or not holds(viewer, *BREAKS_GLASS):
        return []
    if not hasattr(viewer, "_reach"):
        rows = [
            (role, kind, path, name)
            for role, path, kind, name in viewer.__dict__.get("_roles_in_areas", ())
            if role in OPENS
        ]
        viewer._reach = sorted(  # type: ignore[attr-defined]
            (
                (_Role(role), "" if kind == Area.Kind.BOROUGH else path, name)
                for role, kind, path, name in rows
            ),
            key=lambda row: (OPENS.index(row[0]), row[1]),
        )
    return viewer._reach  # type: ignore[attr-defined]


def reads_as(viewer: Person | None, person: Person) -> tuple[str, str]:
    """Return the role and the area's name that open this record, ("", "") when none does."""
    if viewer is None or viewer.pk == person.pk or person.state in NO_RECORD:
        return "", ""
    for role, path, name in reach(viewer):
        if person.is_child and role not in OPENS_CHILDREN:
            continue
        if not path or (person.home is not None and person.home.path.startswith(path)):
            return role, name
    return "", ""


def can_open_record(viewer: Person | None, person: Person) -> bool:
    """Whether the viewer's role opens this person's record; never their own.

    A block hides nobody's record from those whose work it is: it is listed as unusual instead.
    """
    return bool(reads_as(viewer, person)[0])


def records_visible_to(people: PersonQuerySet, viewer: Person | None) -> PersonQuerySet:
    """`can_open_record` as a query."""
    wanted = Q(pk=None)
    for role, path, _name in reach(viewer):
        one = Q(home__path__startswith=path) if path else Q()
        if role not in OPENS_CHILDREN:
            one &= Q(born_on=None) | Q(born_on__lte=_adult_since())
        # An empty Q joined by "or" would vanish: say outright that it is everybody.
        wanted |= one if one else Q(pk__isnull=False)
    if viewer is None or not reach(viewer):
        return people.none()
    return people.filter(wanted).exclude(pk=viewer.pk).exclude(state__in=NO_RECORD)


def can_find_records(viewer: Person | None) -> bool:
    """Whether there is a record page for this viewer at all."""
    return bool(reach(viewer))


def can_break_glass(viewer: Person | None) -> bool:
    return holds(viewer, *BREAKS_GLASS)


def can_review(viewer: Person | None) -> bool:
    """Whether the viewer judges unusual reading."""
    return holds(viewer, *REVIEWS)


def can_write_down(viewer: Person | None) -> bool:
    """Whether the viewer may write down somebody who has no account."""
    return can_find_records(viewer)
