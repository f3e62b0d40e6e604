"""What the pages of teams ask the database: few queries, the busy ones compiled once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Q
from django.http import Http404, HttpRequest

from doorstep.base.prepared import Prepared
from doorstep.people.models import Person
from doorstep.people.rules import can_see_person
from doorstep.teams import rules
from doorstep.teams.models import Membership, Mentoring, Team


def reader(request: HttpRequest) -> Person | None:
    """Return who is looking, or None for a visitor."""
    return getattr(request.user, "person", None)


def me(request: HttpRequest) -> Person:
    """Return who is looking, on a page that is only for people signed in."""
    return request.user.person  # type: ignore[union-attr]


_team = Prepared(
    lambda slug: (
        Team.objects.select_related("area")
        .defer("area__boundary", "why", "pinned_text")
        .filter(slug=slug)
    ),
    slug=str,
)

_COLUMNS = (
    "state",
    "role",
    "agreed_version",
    "person_id",
    "person__handle",
    "person__known_as",
    "person__spot",
    "person__state",
    "person__born_on",
)
_circle = Prepared(
    lambda team, person: (
        Membership.objects.filter(team=team)
        .filter(Q(role=Membership.Role.HOST, state=Membership.State.MEMBER) | Q(person=person))
        .order_by("joined_at", "id")
        .values_list("id", *_COLUMNS)
    ),
    team=int,
    person=int,
)
_mentors = Prepared(
    lambda team: (
        Mentoring.objects.filter(team=team, ended_at=None)
        .order_by("id")
        .values_list(
            "mentor_id",
            "mentor__handle",
            "mentor__known_as",
            "mentor__spot",
            "mentor__state",
            "mentor__born_on",
        )
    ),
    team=int,
)


@dataclass
class Circle:
    """Who holds the keys of a team, and how the reader stands to it."""

    hosts: list[Person] = field(default_factory=list)
    mentors: list[Person] = field(default_factory=list)


def team_page(person: Person | None, slug: str) -> tuple[Team, Circle]:
    """Return the team and its circle, in three queries, or 404 for the unseen as for the missing.

    What the rules will want to know of the reader is kept with the person.
    """
    found = _team.first(slug=slug)
    # What was never there is asked about like what is hidden, so that both take as long.
    team = found or Team(pk=0, is_private=True)
    circle = Circle()
    own: Membership | None = None
    for row in _circle(team=team.pk, person=person.pk if person else 0):
        pk, state, role, agreed, *who = row
        holder = _person(who)
        if person is not None and holder.pk == person.pk:
            own = Membership(
                pk=pk,
                team=team,
                person=person,
                state=state,
                role=role,
                agreed_version=agreed,
            )
        if role == Membership.Role.HOST and state == Membership.State.MEMBER:
            circle.hosts.append(holder)
    circle.mentors = [_person(row) for row in _mentors(team=team.pk)]
    if person is not None:
        mentors = any(one.pk == person.pk for one in circle.mentors)
        rules.remember(person, team, own, mentors=mentors)
    if not rules.can_see_team(person, team) or found is None:
        raise Http404
    circle.hosts = [one for one in circle.hosts if can_see_person(person, one)]
    circle.mentors = [one for one in circle.mentors if can_see_person(person, one)]
    return team, circle


def _person(columns: Sequence) -> Person:
    pk, handle, known_as, spot, state, born_on = columns
    return Person(pk=pk, handle=handle, known_as=known_as, spot=spot, state=state, born_on=born_on)


def team_or_404(person: Person | None, slug: str) -> Team:
    """Return the whole team, or 404 for the unseen as for the missing."""
    team = (
        Team.objects.visible_to(person)
        .select_related("area", "kit")
        .defer("area__boundary")
        .filter(slug=slug)
        .first()
    )
    if team is None:
        raise Http404
    return team


def members_for(
    person: Person | None, team: Team, *, after: int | None, size: int
) -> tuple[list[Membership], int | None]:
    """Return members the person may see, oldest first, and the key of the next page.

    Hosts are left out: they stand at the top of every page's first lines.
    """
    rows = Membership.objects.filter(
        team=team,
        state=Membership.State.MEMBER,
        role=Membership.Role.MEMBER,
        person__in=Person.objects.visible_to(person),
    ).select_related("person")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    found = list(rows.order_by("pk")[: size + 1])
    more = found[size - 1].pk if len(found) > size else None
    return found[:size], more
