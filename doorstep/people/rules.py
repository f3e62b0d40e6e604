"""Who may see and do what with people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q

from doorstep.base.registry import Registry
from doorstep.people.models import Block, Person, RoleHolding

if TYPE_CHECKING:
    from doorstep.people.models import PersonQuerySet
    from doorstep.places.models import Area


# Whether two people know each other: `function(viewer, person) -> bool`, filled by higher floors
# (teams: "they are in a team together"). One yes is enough.
acquaintances: Registry[Callable[[Person, Person], bool]] = Registry("how people know each other")

# The parts of a person's page that they can show or keep, and who sees them until they choose.
PARTS: dict[str, Person.Sees] = {
    "about": Person.Sees.MEMBERS,
    "can_share": Person.Sees.MEMBERS,
    "would_like": Person.Sees.MEMBERS,
    "languages": Person.Sees.MEMBERS,
    "home": Person.Sees.MEMBERS,
    "access_needs": Person.Sees.ME,
}


def holds(
    person: Person | None,
    *roles: RoleHolding.Role,
    within: Area | None = None,
    scope: tuple[str, str] | None = None,
) -> bool:
    """Whether the person holds one of `roles` now. Asked once per Person object.

    Anywhere, or `within` an area (the role is held in it or around it), or in one other `scope`,
    a (kind, key) of `people.roles.scopes`.
    """
    if person is None:
        return False
    if not hasattr(person, "_roles_held"):
        rows = RoleHolding.objects.held().filter(person=person).values_list(*_OF_A_ROLE)
        _remember_roles(person, list(rows))
    if person._roles_held.isdisjoint(roles):  # type: ignore[attr-defined]
        return False
    if within is None and scope is None:
        return True
    return any(
        role in roles
        and (
            (within is not None and path is not None and within.path.startswith(path))
            or (scope is not None and scope == (kind, key))
        )
        for role, path, kind, key in person.__dict__.get("_roles_where", ())
    )


_OF_A_ROLE = ("role", "area__path", "scope_kind", "scope_key", "area__kind", "area__name")


def _remember_roles(person: Person, rows: list[Any]) -> None:
    where = [row[:4] for row in rows]
    person._roles_where = where  # type: ignore[attr-defined]
    person._roles_held = {row[0] for row in where}  # type: ignore[attr-defined]
    # (role, path, kind, name) of those held in an area.
    person._roles_in_areas = [  # type: ignore[attr-defined]
        (role, path, kind, name)
        for role, path, _scope, _key, kind, name in rows
        if path is not None
    ]


def ask_for_all(people: Iterable[Person]) -> None:
    """Ask for the roles and blocks of many people at once, where `holds` would for each."""
    by_id = {person.pk: person for person in people}
    if not by_id:
        return
    where: dict[int, list[Any]] = {pk: [] for pk in by_id}
    rows = RoleHolding.objects.held().filter(person__in=by_id)
    for pk, *row in rows.values_list("person", *_OF_A_ROLE):
        where[pk].append(tuple(row))
    blocked: dict[int, set[int]] = {pk: set() for pk in by_id}
    pairs = Block.objects.filter(Q(blocker__in=by_id) | Q(blocked__in=by_id))
    for one, other in pairs.values_list("blocker_id", "blocked_id"):
        if one in blocked:
            blocked[one].add(other)
        if other in blocked:
            blocked[other].add(one)
    for pk, person in by_id.items():
        _remember_roles(person, where[pk])
        person._blocked_ids = blocked[pk]  # type: ignore[attr-defined]


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
    """A person's page opens for neighbours with an account, unless one blocks the other.

    A child's opens for moderators alone.
    """
    if viewer is None:
        return False
    if viewer.pk == person.pk:
        return True
    # A restricted record is kept and not used (`rights.rules.is_restricted`).
    if person.state != Person.State.ACTIVE or person.restricted_at is not None:
        return False
    if person.pk in blocked_ids(viewer):
        return False
    return can_moderate(viewer) if person.is_child else True


def people_visible_to(people: PersonQuerySet, viewer: Person | None) -> PersonQuerySet:
    """`can_see_person` as a query."""
    if viewer is None:
        return people.none()
    between = Block.objects.filter(
        Q(blocker=viewer, blocked=OuterRef("pk")) | Q(blocked=viewer, blocker=OuterRef("pk"))
    )
    others: Q = Q(state=Person.State.ACTIVE, restricted_at=None) & ~Exists(between)  # type: ignore[assignment]
    if not can_moderate(viewer):
        others &= Q(born_on=None) | Q(born_on__lte=_adult_since())
    return people.filter(Q(pk=viewer.pk) | others)


def are_acquainted(viewer: Person, person: Person) -> bool:
    """Whether the two know each other, asked of the higher floors."""
    return any(know(viewer, person) for know in acquaintances)


def sees_part(person: Person, part: str) -> Person.Sees:
    """Who may see this part of the person's page: their choice, else the default for their age.

    A child's page never opens wider than their own teams.
    """
    default = Person.Sees.ME if person.is_child else PARTS[part]
    chosen = person.shown_to.get(part, default)
    if chosen not in Person.Sees.values:
        return Person.Sees.ME
    if person.is_child and chosen == Person.Sees.MEMBERS:
        return Person.Sees.TEAMS
    return Person.Sees(chosen)


def can_see_part(viewer: Person | None, person: Person, part: str) -> bool:
    """Whether `viewer` may see one part (a key of PARTS) of the person's page."""
    if viewer is None or not can_see_person(viewer, person):
        return False
    if viewer.pk == person.pk:
        return True
    sees = sees_part(person, part)
    if sees == Person.Sees.MEMBERS:
        return True
    return sees == Person.Sees.TEAMS and are_acquainted(viewer, person)


def can_block(viewer: Person | None, person: Person) -> bool:
    return viewer is not None and viewer.pk != person.pk and can_see_person(viewer, person)


def can_give_roles(person: Person | None) -> bool:
    return holds(person, RoleHolding.Role.ADMINISTRATOR)


def sees_cases(person: Person | None) -> bool:
    """Whether the person holds a role that asks for a second step at every sign-in."""
    return holds(person, *RoleHolding.SEES_CASES)


def _adult_since():  # type: ignore[no-untyped-def]
    from doorstep.base.time import today
    from doorstep.people.models import ADULT_AT

    day = today()
    if (day.month, day.day) == (2, 29):
        day = day.replace(day=28)
    return day.replace(year=day.year - ADULT_AT)
