"""What becomes of concerns when two records are found to be one person's."""

from doorstep.people.merging.movers import moves, stays

_WHO = "Who did it stays as it was written down."

moves("watch.Concern", "spotter", "person", quiet=True)
moves("watch.Concern", "owner", quiet=True)
moves("watch.Duty", "person", quiet=True)
moves("watch.SignDecision", "person", quiet=True)
stays("watch.Concern", "typed_by", because=_WHO)
stays("watch.Step", "by", "to", because=_WHO)
stays("watch.Escalation", "sent_by", because=_WHO)
stays("watch.Duty", "given_by", because=_WHO)
stays("watch.Office", "opened_by", because=_WHO)
stays("watch.SignDecision", "decided_by", because=_WHO)
