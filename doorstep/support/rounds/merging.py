"""Rounds follow the volunteer; who planned or marked stays written down."""

from doorstep.people.merging.movers import stays

_WHO = "Who did it stays as it was written down."

stays("support.RoundPlan", "by", because=_WHO)
stays("support.Stop", "marked_by", because=_WHO)
