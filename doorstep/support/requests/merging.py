"""Requests follow whom they are about."""

from typing import Any

from doorstep.people.merging.movers import STAY, moves, stays
from doorstep.support.models import Reach

_WHO = "Who did it stays as it was written down."


def _further(mine: Reach, theirs: Reach) -> tuple[dict[str, Any], dict[str, Any]]:
    """Whoever was reached under one record was reached; what was missed under both counts."""
    reached = [at for at in (mine.last_reached_at, theirs.last_reached_at) if at is not None]
    changes: dict[str, Any] = {"answered": mine.answered + theirs.answered}
    if reached:
        changes["last_reached_at"] = max(reached)
    return changes, {}


moves("support.Request", "person", "asked_by")
stays("support.Request", "taken_by", "owner", because=_WHO)
stays("support.RequestStep", "by", because=_WHO)

moves("support.ContactAttempt", "person")
moves("support.OutreachRow", "person")
moves("support.SavedView", "person", twin=STAY, same=("name",))
moves("support.Reach", "person", twin=_further)
stays("support.ContactAttempt", "by", because=_WHO)
stays("support.Outreach", "made_by", because=_WHO)
stays("support.OutreachRow", "held_by", because="It is let go of within minutes.")
stays("support.Surge", "started_by", "ended_by", because=_WHO)
stays("support.Looking", "person", because="It is forgotten within a minute.")
stays("support.CallDraft", "by", because=_WHO)
