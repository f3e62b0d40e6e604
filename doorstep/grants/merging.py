"""Ideas, readings, hours and votes of two records that become one."""

from __future__ import annotations

from doorstep.people.merging.movers import LAY_ASIDE, moves, stays

_WHO = "Who did it stays as it was written down."

moves("grants.Idea", "applicant")
moves("grants.CoApplicant", "person", twin=LAY_ASIDE)
moves("grants.Interest", "person", twin=LAY_ASIDE)
moves("grants.Share", "decider", twin=LAY_ASIDE)
moves("grants.Induction", "person", twin=LAY_ASIDE)
moves("grants.Hours", "person")
moves("grants.Talk", "person")
# Two records of one person may have voted twice; no ballot can be found to take one back.
moves("grants.Voted", "person", twin=LAY_ASIDE, quiet=True)
stays("grants.Idea", "typed_by", "translated_by", "made_fair_by", because=_WHO)
stays("grants.Fund", "made_by", because=_WHO)
stays("grants.Induction", "by", because=_WHO)
stays("grants.FundEvent", "by", because=_WHO)
stays("grants.Enquiry", "by", because=_WHO)
stays("grants.Hours", "agreed_by", because=_WHO)
stays("grants.Entry", "by", because=_WHO)
stays("grants.Payment", "by", because=_WHO)
