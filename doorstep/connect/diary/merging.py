"""What becomes of an evidence diary when two records turn out to be one person."""

from doorstep.people.merging.movers import moves, stays

_WHO = "Who did it stays as it was written down."

moves("connect.Diary", "person")
stays("connect.Diary", "started_by", because=_WHO)
stays("connect.EntryWords", "by", because=_WHO)
stays("connect.Exhibit", "added_by", because=_WHO)
stays("connect.Deadline", "made_by", because=_WHO)
stays("connect.Bundle", "made_by", because=_WHO)
stays("connect.Share", "made_by", because=_WHO)
