"""Who may see and do what in a team."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from doorstep.base.prepared import Prepared
from doorstep.people.models import Person, RoleHolding
from doorstep.people.rules import can_moderate, holds
from doorstep.teams.models import Invitation, Membership, Mentoring, Team, TeamEvent, TeamQuerySet

# So many grown-ups answer for a team before somebody under 18 can join it.
GROWN_UPS_FOR_CHILDREN = 2

# --- What is known of a person and a team, asked once per Person object (that is, per request) ---


_row_in = Prepared(
    lambda person, team: Membership.objects.filter(person=person, team=team),
    person=int,
    team=int,
)


def membership_in(person: Person | None, team: Team) -> Membership | None:
    """Return the person's membership while it is live, asked once per Person object and team."""
    row = row_in(person, team)
    return row if row is not None and row.state == Membership.State.MEMBER else None


def row_in(person: Person | None, team: Team) -> Membership | None:
    """Return the person's row in the team whatever its state: member, asked, left, removed."""
    if person is None:
        return None
    known: dict[int, Membership | None] = person.__dict__.setdefault("_memberships", {})
    if team.pk not in known:
        known[team.pk] = _row_in.first(person=person.pk, team=team.pk)
    return known[team.pk]


def remember(person: Person, team: Team, row: Membership | None, *, mentors: bool) -> None:
    """Keep what a page has already asked for, so that no rule asks again."""
    person.__dict__.setdefault("_memberships", {})[team.pk] = row
    person.__dict__.setdefault("_mentors", {})[team.pk] = mentors


def forget(person: Person | None) -> None:
    """Ask afresh from here on: a verb has just changed what is known."""
    if person is not None:
        for name in ("_memberships", "_mentors", "_teams_inside"):
            person.__dict__.pop(name, None)


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


# --- Seeing ----------------------------------------------------------------------------------


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


def can_read_inside(person: Person | None, team: Team) -> bool:
    """Read what the team keeps among itself: members, and the mentor who helps it start."""
    return is_member(person, team) or is_mentor(person, team)


def events_to_show(person: Person | None, team: Team) -> tuple[str, ...]:
    """Return which kinds of events of the team's history the person may read."""
    if is_host(person, team) or is_mentor(person, team):
        return tuple(TeamEvent.What.values)
    if is_member(person, team):
        return TeamEvent.INSIDE
    return TeamEvent.PUBLIC


# --- Taking part -----------------------------------------------------------------------------


def has_agreed(membership: Membership, team: Team) -> bool:
    """Whether the member said yes to the agreement as it stands now."""
    return not team.agreement or membership.agreed_version >= team.agreement_version


def must_agree(person: Person | None, team: Team) -> bool:
    """A member who has not accepted the agreement since it changed: reads, but can't post."""
    membership = membership_in(person, team)
    return membership is not None and not team.is_over and not has_agreed(membership, team)


def can_post_in(person: Person | None, team: Team) -> bool:
    """Members who accept the agreement as it stands, and the mentor; not in a team that's over."""
    if team.is_over:
        return False
    membership = membership_in(person, team)
    if membership is not None:
        return has_agreed(membership, team)
    return is_mentor(person, team)


def can_start_team(person: Person | None) -> bool:
    """Grown-ups start teams; a child joins in, or starts one with a grown-up."""
    return person is not None and person.state == Person.State.ACTIVE and not person.is_child


def can_join(person: Person | None, team: Team, invitation: Invitation | None = None) -> bool:
    """Join, or ask to: not when the team is over, nor by invitation only without one.

    Whoever was asked to leave can only ask, and not through a link. Whoever waits has asked.
    """
    if person is None or person.state != Person.State.ACTIVE or team.is_over:
        return False
    row = row_in(person, team)
    if row is not None and row.state in (Membership.State.MEMBER, Membership.State.ASKED):
        return False
    if person.is_child and not looks_out_for_children(team):
        return False
    return invitation is not None or not needs_invitation(team)


def looks_out_for_children(team: Team) -> bool:
    """Whether at least two grown-ups answer for the team: hosts, or a host and a mentor."""
    hosts = Membership.objects.filter(
        team=team, state=Membership.State.MEMBER, role=Membership.Role.HOST
    ).count()
    mentors = Mentoring.objects.filter(team=team, ended_at=None).count()
    return hosts >= 1 and hosts + mentors >= GROWN_UPS_FOR_CHILDREN


def needs_invitation(team: Team) -> bool:
    """A private team too: whoever happens to see it (a moderator) doesn't walk in."""
    return team.is_private or team.joining == Team.Joining.INVITATION


def joins_by_asking(
    person: Person | None, team: Team, invitation: Invitation | None = None
) -> bool:
    """Whether a host has a say before this person is in."""
    row = row_in(person, team)
    if row is not None and row.state == Membership.State.REMOVED:
        return True
    return invitation is None and team.joining == Team.Joining.ASK


def can_invite(person: Person | None, team: Team) -> bool:
    """Hosts; in a team anyone can join, every member."""
    if team.is_over:
        return False
    if is_host(person, team):
        return True
    if person is not None and person.is_child:
        return False
    return is_member(person, team) and team.joining == Team.Joining.OPEN and not team.is_private


def can_withdraw(person: Person | None, invitation: Invitation) -> bool:
    """Its maker, and the team's hosts."""
    if person is None:
        return False
    return invitation.made_by_id == person.pk or is_host(person, invitation.team)


# --- Holding the keys ------------------------------------------------------------------------


def can_run_team(person: Person | None, team: Team) -> bool:
    """Change the team's words, questions, members and agreement."""
    return is_host(person, team) and not team.is_over


def can_take_history_home(person: Person | None, team: Team) -> bool:
    """Hosts, also of a team that is over."""
    return is_host(person, team)


def can_remove(person: Person | None, membership: Membership) -> bool:
    """A host may ask a member to leave; not another host."""
    return (
        can_run_team(person, membership.team)
        and membership.state == Membership.State.MEMBER
        and membership.role == Membership.Role.MEMBER
    )


def can_make_host(person: Person | None, membership: Membership) -> bool:
    """A host may hand a grown-up member a set of keys."""
    return (
        can_run_team(person, membership.team)
        and membership.state == Membership.State.MEMBER
        and membership.role == Membership.Role.MEMBER
        and membership.person.state == Person.State.ACTIVE
        and not membership.person.is_child
    )


# --- Mentors ---------------------------------------------------------------------------------


def can_be_mentor(person: Person | None) -> bool:
    return holds(person, RoleHolding.Role.MENTOR)


def mentor_paths(person: Person | None) -> list[str]:
    """Return the paths of the areas in which the person is a mentor, asked once per object."""
    if person is None:
        return []
    if not hasattr(person, "_mentor_paths"):
        person._mentor_paths = list(  # type: ignore[attr-defined]
            RoleHolding.objects.held()
            .filter(person=person, role=RoleHolding.Role.MENTOR)
            .values_list("area__path", flat=True)
        )
    return person._mentor_paths  # type: ignore[attr-defined]


def is_on_their_patch(person: Person | None, team: Team) -> bool:
    """Whether the person is a mentor for the team's area."""
    return any(team.area.path.startswith(path) for path in mentor_paths(person))


def can_take_on(person: Person | None, team: Team) -> bool:
    """Become the mentor of a team that asked for one, on one's own patch."""
    return (
        team.mentor_asked_at is not None
        and not team.is_over
        and is_on_their_patch(person, team)
        and not is_mentor(person, team)
    )


def can_note_contact(person: Person | None, team: Team) -> bool:
    """Say that one rang the hosts: its mentor, or a mentor on whose patch it can be seen."""
    if is_mentor(person, team):
        return True
    return is_on_their_patch(person, team) and (
        not team.is_private or team.mentor_asked_at is not None
    )


def teams_of_mentor(person: Person | None) -> TeamQuerySet:
    """Return the teams a mentor's page may list: `can_take_on` or `can_note_contact`."""
    if person is None:
        return Team.objects.none()
    patch = Q(pk__in=[])
    for path in mentor_paths(person):
        patch |= Q(area__path__startswith=path)
    mine = Mentoring.objects.filter(team=OuterRef("pk"), mentor=person, ended_at=None)
    known = Q(is_private=False) | Q(mentor_asked_at__isnull=False)
    return Team.objects.filter(Exists(mine) | (patch & known))
