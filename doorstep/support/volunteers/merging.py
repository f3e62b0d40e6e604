"""What becomes of a volunteer's record when two records are joined."""

from __future__ import annotations

from doorstep.people.merging.movers import moves, stays

_WHO = "Who did it stays as it was written down."

# Where both were volunteers, each keeps its checks and tasks; the hub sees two and ends one.
moves("support.Volunteer", "person")
stays("support.Volunteer", "signed_up_by", because=_WHO)
stays("support.Check", "asked_by", "seen_by", because=_WHO)
stays("support.Reference", "taken_by", because=_WHO)
stays("support.Training", "recorded_by", because=_WHO)
stays("support.ThankYou", "by", because=_WHO)
stays("support.HelpReason", "said_by", because=_WHO)
stays("support.Offer", "by", because=_WHO)
stays("support.Assignment", "settled_by", because=_WHO)
stays("support.Step", "by", because=_WHO)
stays("support.Feedback", "recorded_by", because=_WHO)
stays("support.MoneyLine", "by", because=_WHO)
stays("support.Plan", "by", because=_WHO)
