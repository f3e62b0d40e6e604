"""Teams of two records that become one."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q

from doorstep.people.merging.actions import settlers
from doorstep.people.merging.movers import moves, stays
from doorstep.people.models import Merge
from doorstep.teams.models import Membership, Team

_WHO = "Who did it stays as it was written down."
_State = Membership.State


def _in_both(mine: Membership, theirs: Membership) -> tuple[dict[str, Any], dict[str, Any]]:
    """One place in the team. Sent away as either is sent away; in as either is in."""
    states = {mine.state, theirs.state}
    if _State.REMOVED in states:
        state = _State.REMOVED
    elif _State.MEMBER in states:
        state = _State.MEMBER
    else:
        state = _State(mine.state)
    ours: dict[str, Any] = {"state": state}
    if state == _State.MEMBER:
        is_host = any(
            row.state == _State.MEMBER and row.role == Membership.Role.HOST
            for row in (mine, theirs)
        )
        ours |= {
            "role": Membership.Role.HOST if is_host else Membership.Role.MEMBER,
            "joined_at": min(mine.joined_at, theirs.joined_at),
            "agreed_version": mine.agreed_version
            if mine.state == _State.MEMBER
            else theirs.agreed_version,
            "left_at": None,
        }
    return ours, {"state": _State.LEFT, "role": Membership.Role.MEMBER}


moves("teams.Team", "started_by")
moves("teams.Membership", "person", twin=_in_both, same=("team",))
moves("teams.Mentoring", "mentor")
moves("teams.Invitation", "made_by")
stays("teams.Membership", "decided_by", because=_WHO)
stays("teams.TeamEvent", "by", because=_WHO)


def _count(merge: Merge) -> None:
    """The number of members is the number of members."""
    ids = Membership.objects.filter(person__in=[merge.kept_id, merge.gone_id]).values("team")
    for team in Team.objects.filter(pk__in=ids).annotate(
        members=Count("memberships", filter=Q(memberships__state=_State.MEMBER)),
        asked=Count("memberships", filter=Q(memberships__state=_State.ASKED)),
    ):
        Team.objects.filter(pk=team.pk).update(member_count=team.members, asked_count=team.asked)


settlers.add("teams", _count)
