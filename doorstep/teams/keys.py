"""Hosts and mentors of teams, for the administrators' page of roles: shown there, given here."""

from __future__ import annotations

from django.utils.translation import gettext as _

from doorstep.people.roles.scopes import Row
from doorstep.teams.models import Membership, Mentoring, Team

MOST = 25


def who_holds_keys(words: str) -> list[Row]:
    """Return hosts and mentors whose name holds `words`; of a private team only that there is one.

    An administrator's role opens no team, so it doesn't tell the names of private ones either.
    """
    hosts = (
        Membership.objects.filter(
            state=Membership.State.MEMBER,
            role=Membership.Role.HOST,
            person__known_as__icontains=words,
        )
        .select_related("person", "team")
        .order_by("person__known_as", "id")[:MOST]
    )
    mentors = (
        Mentoring.objects.filter(ended_at=None, mentor__known_as__icontains=words)
        .select_related("mentor", "team")
        .order_by("mentor__known_as", "id")[:MOST]
    )
    return [
        *(
            Row(row.person, _("Team host"), _name(row.team), _path(row.team), row.joined_at)
            for row in hosts
        ),
        *(
            Row(row.mentor, _("Mentor of a team"), _name(row.team), _path(row.team), row.since)
            for row in mentors
        ),
    ]


def _name(team: Team) -> str:
    return _("a private team") if team.is_private else team.name


def _path(team: Team) -> str:
    return "" if team.is_private else team.get_absolute_url()
