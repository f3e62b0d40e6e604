"""Who plans rounds, and who sees one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import Q

from doorstep.base.time import local
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids
from doorstep.support.models import Depot, Round, RoundPlan
from doorstep.support.requests.rules import Role, is_worker, paths_of

if TYPE_CHECKING:
    from doorstep.places.models import Area
    from doorstep.support.models.rounds import RoundPlanQuerySet, RoundQuerySet

# A round is its volunteer's from being asked until it is over.
THEIRS = (Round.State.SENT, Round.State.TAKEN)


def may_plan(person: Person | None) -> bool:
    """Whether rounds are this person's work: officers and organisers."""
    return is_worker(person)


def patch_of(viewer: Person | None) -> list[str]:
    """Return the paths of the areas whose rounds the viewer plans."""
    return paths_of(viewer, Role.OFFICER) + paths_of(viewer, Role.ORGANISER)


def can_plan_in(viewer: Person | None, area: Area) -> bool:
    """Whether the area lies in the viewer's patch."""
    return any(area.path.startswith(path) for path in patch_of(viewer))


def can_see_plan(viewer: Person | None, plan: RoundPlan) -> bool:
    """An officer or organiser in whose patch its area lies."""
    return can_plan_in(viewer, plan.area)


def plans_visible_to(plans: RoundPlanQuerySet, viewer: Person | None) -> RoundPlanQuerySet:
    """`can_see_plan` as a query."""
    where = Q(pk__in=[])
    for path in patch_of(viewer):
        where |= Q(area__path__startswith=path)
    return plans.filter(where)


def can_change_depot(viewer: Person | None, depot: Depot) -> bool:
    return can_plan_in(viewer, depot.area)


def can_see_round(viewer: Person | None, one: Round) -> bool:
    """The volunteer whose round it is, while it is theirs."""
    if viewer is None or viewer.restricted_at is not None:
        return False
    return one.volunteer.person_id == viewer.pk and one.state in THEIRS


def rounds_visible_to(rounds: RoundQuerySet, viewer: Person | None) -> RoundQuerySet:
    """`can_see_round` as a query."""
    if viewer is None or viewer.restricted_at is not None:
        return rounds.none()
    return rounds.filter(volunteer__person=viewer, state__in=THEIRS)


def sees_addresses(viewer: Person | None, one: Round, at: dt.datetime) -> bool:
    """Whether a volunteer may see their round's doors: once they said yes, and near the day."""
    return (
        can_see_round(viewer, one)
        and one.state == Round.State.TAKEN
        and local(at).date() <= one.plan.day + dt.timedelta(days=2)
    )


def hidden_from(viewer: Person | None) -> set[int]:
    """Return ids of people whose doors this viewer never sees: across a block, and their own."""
    if viewer is None:
        return set()
    return blocked_ids(viewer)
