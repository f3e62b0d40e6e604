"""What web keeps of two records that become one."""

from doorstep.people.merging.movers import moves, stays

_WHO = "Who did it stays as it was written down."

moves("web.Complaint", "by")
stays("web.Complaint", "answered_by", because=_WHO)
stays("web.Review", "by", because=_WHO)
stays("web.WordsChange", "by", because=_WHO)
