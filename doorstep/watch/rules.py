"""Who may see and do what with concerns, who looks after one, and by when."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import Q

from doorstep.base.time import local
from doorstep.organisations.models import Position
from doorstep.people.models import Person, RoleHolding
from doorstep.people.rules import holds
from doorstep.places.atlas import atlas
from doorstep.places.models import Area
from doorstep.safeguarding.rules import is_working_day
from doorstep.watch.models import Concern, Duty, Office, Theme

if TYPE_CHECKING:
    from doorstep.watch.models import ConcernQuerySet

Role = RoleHolding.Role
# Whose work concerns are, in the area of their role.
CARERS = (Role.OFFICER, Role.ORGANISER)
# How far back something may have been seen.
OLDEST = dt.timedelta(days=365)


# --- Who ---------------------------------------------------------------------------------------


def reach(person: Person | None) -> list[str]:
    """Return the paths of the areas whose concerns are this person's work; "" is everywhere."""
    if person is None or not holds(person, *CARERS):
        return []
    if not hasattr(person, "_watch_reach"):
        rows = (
            RoleHolding.objects.held()
            .filter(person=person, role__in=CARERS, area__isnull=False)
            .values_list("area__kind", "area__path")
        )
        person._watch_reach = sorted(  # type: ignore[attr-defined]
            {"" if kind == Area.Kind.BOROUGH else path for kind, path in rows}
        )
    return person._watch_reach  # type: ignore[attr-defined]


def is_carer(person: Person | None) -> bool:
    """Whether concerns of some area are this person's work."""
    return bool(reach(person))


def cares_for(person: Person | None, area: Area) -> bool:
    return any(area.path.startswith(path) for path in reach(person))


def has_a_desk(person: Person | None) -> bool:
    """Whether there is a desk for this person: a role, a duty, or a concern of their own."""
    if person is None:
        return False
    if is_carer(person):
        return True
    if not hasattr(person, "_watch_desk"):
        person._watch_desk = (  # type: ignore[attr-defined]
            Duty.objects.filter(person=person, ended_at=None).exists()
            or Concern.objects.filter(owner=person).exists()
        )
    return person._watch_desk  # type: ignore[attr-defined]


def can_type_for_another(person: Person | None) -> bool:
    """Those who answer the phone, open letters and sit at a desk type what others tell them."""
    return holds(person, *CARERS, Role.SAFEGUARDING) or bool(offices_of(person))


def can_arrange(person: Person | None) -> bool:
    """Whether the person looks after themes, duties and offices: hub officers, administrators."""
    return holds(person, Role.OFFICER, Role.ADMINISTRATOR)


def offices_of(person: Person | None) -> list[Office]:
    """Return the open MPs' and councillors' offices this person has a position in."""
    if person is None:
        return []
    if not hasattr(person, "_watch_offices"):
        held = Position.objects.held().filter(person=person)
        person._watch_offices = list(  # type: ignore[attr-defined]
            Office.objects.filter(closed_at=None, organisation__in=held.values("organisation"))
            .select_related("organisation")
            .prefetch_related("areas")
            .order_by("pk")
        )
    return person._watch_offices  # type: ignore[attr-defined]


def has_an_office(person: Person | None) -> bool:
    return bool(offices_of(person))


def trend_paths(person: Person | None) -> list[str]:
    """Return the paths of the areas whose counts the person may read; "" is everywhere."""
    if person is None:
        return []
    paths = {area.path for office in offices_of(person) for area in office.areas.all()}
    if holds(person, Role.INSIGHT):
        held = RoleHolding.objects.held().filter(person=person, role=Role.INSIGHT)
        paths |= set(held.filter(area__isnull=False).values_list("area__path", flat=True))
    paths |= set(reach(person))
    return sorted(paths)


def sees_trends(person: Person | None) -> bool:
    return bool(trend_paths(person))


# --- One concern -------------------------------------------------------------------------------


def can_care(viewer: Person | None, concern: Concern) -> bool:
    """Reads all of it and works on it: its owner, and those whose work the area is.

    Never whoever it is about, whatever their role.
    """
    if viewer is None or concern.person_id == viewer.pk:
        return False
    return concern.owner_id == viewer.pk or cares_for(viewer, concern.area)


def told_it(viewer: Person | None, concern: Concern) -> bool:
    return viewer is not None and concern.spotter_id == viewer.pk


def passed_it_on(viewer: Person | None, concern: Concern) -> bool:
    """Whether it came from an office this person works in."""
    return concern.office_id is not None and concern.office_id in {
        office.pk for office in offices_of(viewer)
    }


def can_see(viewer: Person | None, concern: Concern) -> bool:
    """Those who care for it, whoever told it, and the office that passed it on.

    What the latter two read is what they wrote and what came of it (`can_care` reads the rest).
    """
    return can_care(viewer, concern) or told_it(viewer, concern) or passed_it_on(viewer, concern)


def concerns_visible_to(concerns: ConcernQuerySet, viewer: Person | None) -> ConcernQuerySet:
    """`can_see` as a query."""
    if viewer is None:
        return concerns.none()
    wanted = Q(spotter=viewer)
    if offices := offices_of(viewer):
        wanted |= Q(office__in=offices)
    return concerns.filter(wanted | _cared_for(viewer))


def _cared_for(viewer: Person) -> Q:
    mine = Q(owner=viewer)
    for path in reach(viewer):
        mine |= Q(area__path__startswith=path) if path else Q(pk__isnull=False)
    # With an empty `person` "not equal" alone would be false.
    return mine & (Q(person=None) | ~Q(person=viewer))


def cared_for_by(concerns: ConcernQuerySet, viewer: Person) -> ConcernQuerySet:
    """`can_care` as a query."""
    return concerns.filter(_cared_for(viewer))


# --- Owners and dates ----------------------------------------------------------------------------


def owner_for(theme: Theme, area: Area, *, but: set[int | None] | None = None) -> Person | None:
    """Return who looks after this theme in this area: the nearest area's, then the nearest theme's.

    Nobody whose id is in `but`, and nobody who has left.
    """
    path = area.path_ids
    themes: list[int | None] = [theme.pk, theme.parent_id, None]
    found = (
        Duty.objects.filter(ended_at=None, area__in=path, person__state=Person.State.ACTIVE)
        .filter(Q(theme=None) | Q(theme__in=[pk for pk in themes if pk]))
        .exclude(person__in=[pk for pk in but or set() if pk])
        .select_related("person")
    )
    ranked = sorted(
        found, key=lambda duty: (-path.index(duty.area_id), themes.index(duty.theme_id), duty.pk)
    )
    return ranked[0].person if ranked else None


def carers_of(area: Area) -> list[Person]:
    """Return the organisers of this area, or where there are none the hub officers."""
    held = RoleHolding.objects.held()
    near = held.filter(role=Role.ORGANISER, area__in=area.path_ids)
    people = _active(near)
    return people or officers()


def officers() -> list[Person]:
    return _active(RoleHolding.objects.held().filter(role=Role.OFFICER))


def _active(held) -> list[Person]:  # type: ignore[no-untyped-def]
    return list(Person.objects.active().filter(pk__in=held.values("person")).order_by("pk"))


def working_days(day: dt.date, count: int) -> dt.date:
    """Return the day `count` working days after `day`."""
    while count:
        day += dt.timedelta(days=1)
        count -= is_working_day(day)
    return day


def dates_for(theme: Theme, at: dt.datetime) -> tuple[dt.date, dt.date]:
    """Return by when somebody must have looked, and when it runs out."""
    today = local(at).date()
    due = working_days(today, theme.due_days)
    return due, max(today + dt.timedelta(days=theme.keep_days), due)


def ward_of(area: Area) -> Area | None:
    """Return the ward it is or lies in."""
    return atlas().of_kind(area, Area.Kind.WARD)
