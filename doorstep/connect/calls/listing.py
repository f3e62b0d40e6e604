"""A person's calls for the pages they show on: whoever walks alongside, and the person's own."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Prefetch, Q

from doorstep.base.time import now
from doorstep.connect.calls import rules
from doorstep.connect.calls.models import Call, CallAsk
from doorstep.connect.models import Relationship
from doorstep.people.models import Person

_SENT = Count("asks", filter=Q(asks__sent_at__isnull=False))
_YES = Count("asks", filter=Q(asks__answer=CallAsk.Answer.YES))


def of(relationship: Relationship) -> list[Call]:
    """Return a relationship's calls, each with `asked` and `yes` counted. One query."""
    rows = Call.objects.filter(relationship=relationship).annotate(asked=_SENT, yes=_YES)
    return list(rows.order_by("-made_at", "-pk")[:8])


def for_person(person: Person) -> list[Call]:
    """Return the calls that went out for somebody, each with whom they `met`. Two queries or more.

    Who was asked and who said no stays theirs; whom the person met, they read.
    """
    met = CallAsk.objects.filter(introduced_at__isnull=False).select_related(
        "person", "team", "organisation"
    )
    rows: list[Any] = list(
        Call.objects.filter(relationship__person=person)
        .exclude(state=Call.State.DRAFT)
        .annotate(asked=_SENT, yes=_YES)
        .prefetch_related(Prefetch("asks", met, to_attr="introduced"))
        .select_related("relationship__person", "relationship__organisation")
        .order_by("-made_at", "-pk")[:20]
    )
    at = now()
    for call in rows:
        for ask in call.introduced:
            ask.call = call
        call.met = [one for one in call.introduced if rules.introduction_stands(one, at)]
    return rows
