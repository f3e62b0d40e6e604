"""Who may see and do what at a gathering."""

from __future__ import annotations

from django.db.models import Q

from doorstep.feed.rules import teams_inside
from doorstep.gatherings.models import Gathering, GatheringQuerySet, Session, SessionQuerySet
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids
from doorstep.teams import rules as team_rules


def can_see_gathering(person: Person | None, gathering: Gathering) -> bool:
    """Open ones for everybody, a team's own for the team; not across a block with the host."""
    if gathering.host_id in blocked_ids(person):
        return False
    if gathering.who == Gathering.Who.EVERYONE:
        return True
    return gathering.team_id in teams_inside(person)


def gatherings_visible_to(
    gatherings: GatheringQuerySet, person: Person | None
) -> GatheringQuerySet:
    """`can_see_gathering` as a query."""
    return gatherings.filter(_visible(person, "")).exclude(host__in=blocked_ids(person))


def sessions_visible_to(sessions: SessionQuerySet, person: Person | None) -> SessionQuerySet:
    """Sessions of the gatherings the person may see."""
    return sessions.filter(_visible(person, "gathering__")).exclude(
        gathering__host__in=blocked_ids(person)
    )


def _visible(person: Person | None, prefix: str) -> Q:
    open_to_all = Q(**{f"{prefix}who": Gathering.Who.EVERYONE})
    if person is None:
        return open_to_all
    return open_to_all | Q(**{f"{prefix}team__in": teams_inside(person)})


def can_run(person: Person | None, gathering: Gathering) -> bool:
    """Change it, keep its register, see who comes: its host, or a host of its team."""
    if person is None:
        return False
    if gathering.host_id == person.pk:
        return True
    return gathering.team is not None and team_rules.is_host(person, gathering.team)


def can_come(person: Person | None, session: Session) -> bool:
    """Take a place: before it ends, while it is on."""
    from django.utils import timezone

    return (
        person is not None
        and not session.is_called_off
        and session.gathering.state == Gathering.State.ON
        and session.ends_at > timezone.now()
        and can_see_gathering(person, session.gathering)
    )
