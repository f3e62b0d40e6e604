"""Alerts follow whom they are about, unseen by whoever joins two records."""

from __future__ import annotations

from django.db.models import Q

from doorstep.people.merging.movers import moves, stays
from doorstep.people.merging.wiring import apart
from doorstep.people.models import Person
from doorstep.safeguarding.models import Alert, Party

_WHO = "Who did it stays as it was written down."

moves("safeguarding.Alert", "about", "raised_by", quiet=True)
moves("safeguarding.Party", "person", quiet=True)
stays("safeguarding.Alert", "owner", because="A lead holds a role, and whoever does is kept.")
stays("safeguarding.Step", "by", "next_owner", because=_WHO)
stays("safeguarding.PassedOn", "sent_by", because=_WHO)
stays("safeguarding.Link", "made_by", because=_WHO)


def are_apart(one: Person, other: Person) -> bool:
    """Whether an alert names both, each in another part."""
    pair = (one.pk, other.pk)
    return (
        Party.objects.filter(
            Q(person=pair[0], alert__about=pair[1]) | Q(person=pair[1], alert__about=pair[0])
        ).exists()
        or Alert.objects.filter(parties__person=pair[0])
        .filter(pk__in=Party.objects.filter(person=pair[1]).values("alert"))
        .exists()
        or Alert.objects.filter(
            Q(raised_by=pair[0], about=pair[1]) | Q(raised_by=pair[1], about=pair[0])
        ).exists()
    )


apart.add("safeguarding", are_apart)
