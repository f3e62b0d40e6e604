"""Who did what with a signal stays as it was written down."""

from doorstep.people.merging.movers import stays

_WHO = "Who did it stays as it was written down."

stays("watch.Scan", "asked_by", because=_WHO)
stays("watch.SignalStep", "by", because=_WHO)
stays("watch.Threshold", "proposed_by", "decided_by", because=_WHO)
