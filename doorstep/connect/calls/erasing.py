"""What stays of a receiver who is erased: that they were asked, and yes or no. Never a name."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from doorstep.connect.calls.models import CallAsk
from doorstep.people.models import Person

_ANSWERED = ("answer_name", "answer_reach", "answer_words")


def receivers(person: Person, erasure: Any) -> int:
    """Forget who they were in every call they were asked in, or answered in; return in how many.

    Whom it went to, when, and yes or no stay for the counts. A link they were sent is dead.
    """
    account = getattr(person, "account", None)
    addresses = {one.email.strip().casefold() for one in (person, account) if one and one.email}
    asked = Q(person=person) | Q(answered_by=person)
    if addresses:
        # Typed addresses are sealed, so those not forgotten yet are opened one by one.
        asked |= Q(person=None, link_number__gt=0)
    CallAsk.objects.filter(person=person, sent_at=None).delete()
    count = 0
    for row in CallAsk.objects.filter(asked):
        was_asked = row.person_id == person.pk
        has_address = row.email.strip().casefold() in addresses
        if not (was_asked or has_address or row.answered_by_id == person.pk):
            continue
        for name in _ANSWERED:
            setattr(row, name, "")
        if was_asked or has_address:
            row.email, row.link_number = "", 0
            row.reasons = []
            # What the other side let them know is of no use to anybody any more.
            row.meet_name = row.meet_reach = ""
            # Of an organisation, a team or a gathering the name says nobody.
            if row.kind in (CallAsk.Kind.PERSON, CallAsk.Kind.KNOWN):
                row.name = ""
        row.save()
        count += 1
    return count
