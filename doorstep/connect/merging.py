"""What becomes of one-to-one work when two records turn out to be one person."""

from __future__ import annotations

from django.db.models import Q

from doorstep.connect.models import CircleMember, Relationship
from doorstep.people.merging.movers import LAY_ASIDE, moves, stays
from doorstep.people.merging.wiring import apart
from doorstep.people.models import Person

_WHO = "Who did it stays as it was written down."

moves("connect.Referral", "person", "sender")
moves("connect.Relationship", "person")
moves("connect.CircleMember", "owner", "person")
moves("connect.Caseload", "person", twin=LAY_ASIDE, same=("organisation",))
stays("connect.ReferralStep", "by", because=_WHO)
stays("connect.ReferralStep", "whom", because="With which record it was compared stays written.")
stays("connect.Walk", "person", because="A catalyst holds a role, and whoever does is kept.")
stays("connect.MatterWords", "by", because=_WHO)
stays("connect.Conversation", "by", because=_WHO)
stays("connect.CircleMember", "added_by", because=_WHO)
stays("connect.CircleChange", "by", because=_WHO)
stays("connect.Asking", "by", because=_WHO)
stays("connect.FollowUp", "by", because=_WHO)
stays("connect.FirstStep", "made_by", because=_WHO)
moves("connect.CallAsk", "person")
stays("connect.Call", "made_by", because=_WHO)
stays("connect.CallAsk", "answered_by", because=_WHO)
stays("connect.CallAsk", "noted_by", because=_WHO)
stays("connect.CallAsk", "introduced_by", because=_WHO)
stays("connect.CaseMeeting", "called_by", because=_WHO)


def are_apart(one: Person, other: Person) -> bool:
    """Whether one walks alongside the other, or is in their circle: two people, then."""
    pair = (one.pk, other.pk)
    return (
        Relationship.objects.filter(
            Q(person=pair[0], walks__person=pair[1]) | Q(person=pair[1], walks__person=pair[0])
        ).exists()
        or CircleMember.objects.filter(
            Q(owner=pair[0], person=pair[1]) | Q(owner=pair[1], person=pair[0])
        ).exists()
    )


apart.add("connect", are_apart)
