"""Places and jobs of two records that become one."""

from __future__ import annotations

from typing import Any

from doorstep.gatherings.actions.places import count_afresh
from doorstep.gatherings.models import Place
from doorstep.people.merging.actions import settlers
from doorstep.people.merging.movers import LAY_ASIDE, moves, stays
from doorstep.people.models import Merge

_WHO = "Who did it stays as it was written down."
_State = Place.State


def _one_place(mine: Place, theirs: Place) -> tuple[dict[str, Any], dict[str, Any]]:
    """One person needs one place; whether they came is true of either."""
    ours: dict[str, Any] = {}
    if mine.state == _State.CANCELLED and theirs.state != _State.CANCELLED:
        ours["state"] = theirs.state
    elif mine.state == _State.WAITING and theirs.state == _State.GOING:
        ours["state"] = _State.GOING
    if mine.came is None and theirs.came is not None:
        ours |= {"came": theirs.came, "marked_at": theirs.marked_at}
    return ours, {"state": _State.CANCELLED, "came": None}


moves("gatherings.Gathering", "host")
moves("gatherings.Place", "person", twin=_one_place, same=("session",))
moves("gatherings.Welcome", "greeter")
moves("gatherings.JobTaken", "person", twin=LAY_ASIDE)
moves("gatherings.RoomMessage", "person")
moves("gatherings.Presence", "person", twin=LAY_ASIDE)
stays(
    "gatherings.CalendarLink",
    "person",
    because="A private link shows one record; the other's ends.",
)
stays("gatherings.Place", "marked_by", because=_WHO)


def _count(merge: Merge) -> None:
    """Free places are counted afresh where both had one."""
    changed = {entry["pk"] for entry in merge.changed if entry["model"] == "gatherings.Place"}
    sessions = Place.objects.filter(pk__in=changed).values_list("session_id", flat=True).distinct()
    for session in sessions:
        count_afresh(session)


settlers.add("gatherings", _count)
