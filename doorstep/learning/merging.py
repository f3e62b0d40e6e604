"""What becomes of learning when two records are joined."""

from __future__ import annotations

from doorstep.people.merging.movers import LAY_ASIDE, moves, stays

_WHO = "Who did it stays as it was written down."

moves("learning.Member", "person", twin=LAY_ASIDE)
moves("learning.Attendance", "person", twin=LAY_ASIDE)
moves("learning.Action", "owner")
moves("learning.Thing", "made_by")
moves("learning.Telling", "teller", "reader_asked")
moves("learning.Experiment", "owner")
moves("learning.Carry", "carried_by")
moves("learning.Recording", "added_by")
moves("learning.Departure", "by")
stays("learning.Community", "made_by", because=_WHO)
stays("learning.Member", "added_by", because=_WHO)
stays("learning.Meeting", "made_by", "minutes_by", because=_WHO)
stays("learning.Attendance", "marked_by", because=_WHO)
stays("learning.Action", "made_by", because=_WHO)
stays("learning.Evidence", "brought_by", because=_WHO)
stays("learning.Link", "made_by", because=_WHO)
stays("learning.Telling", "read_by", "withdrawn_by", because=_WHO)
stays("learning.Quote", "made_by", because=_WHO)
stays("learning.Carry", "answered_by", "came_of_it_by", because=_WHO)
stays("learning.Booklet", "made_by", because=_WHO)
