"""Who may see and do what in a team."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from doorstep.people.models import Person
from doorstep.people.rules import can_moderate
from doorstep.teams.models import Membership, Mentoring, Team, TeamQuerySet


def membership_in(person: Person | None, team: Team) -> Membership | None:
    """Return the person's membership while it is live, asked once per Person object and team."""
    if person is None:
        return None
    known: dict[int, Membership | None] = person.__dict__.setdefault("_memberships", {})
    if team.pk not in known:
        known[team.pk] = Membership.objects.filter(
            person=person, team=team, state=Membership.State.MEMBER
        ).first()
    return known[team.pk]


def is_member(person: Person | None, team: Team) -> bool:
    return membership_in(person, team) is not None


def is_host(person: Person | None, team: Team) -> bool:
    membership = membership_in(person, team)
    return membership is not None and membership.role == Membership.Role.HOST


def is_mentor(person: Person | None, team: Team) -> bool:
    if person is None:
        return False
    known: dict[int, bool] = person.__dict__.setdefault("_mentors", {})
    if team.pk not in known:
        known[team.pk] = Mentoring.objects.filter(team=team, mentor=person, ended_at=None).exists()
    return known[team.pk]


def can_see_team(person: Person | None, team: Team) -> bool:
    """A team's page is open to all, a private one to those inside it (and moderators)."""
    if not team.is_private:
        return True
    return is_member(person, team) or is_mentor(person, team) or can_moderate(person)


def teams_visible_to(teams: TeamQuerySet, person: Person | None) -> TeamQuerySet:
    """`can_see_team` as a query."""
    if person is None:
        return teams.filter(is_private=False)
    if can_moderate(person):
        return teams
    inside = Membership.objects.filter(
        team=OuterRef("pk"), person=person, state=Membership.State.MEMBER
    )
    mentors = Mentoring.objects.filter(team=OuterRef("pk"), mentor=person, ended_at=None)
    return teams.filter(Q(is_private=False) | Exists(inside) | Exists(mentors))


def can_run_team(person: Person | None, team: Team) -> bool:
    """Change the team's words, questions, members and agreement."""
    return is_host(person, team) and not team.is_over


def can_read_inside(person: Person | None, team: Team) -> bool:
    """Read what the team keeps among itself: members, and the mentor who helps it start."""
    return is_member(person, team) or is_mentor(person, team)


def can_post_in(person: Person | None, team: Team) -> bool:
    return can_read_inside(person, team) and not team.is_over
