"""What the page of a record says of its twins."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest
from django.template.loader import render_to_string

from doorstep.people.merging import rules
from doorstep.people.merging.showing import shown_pairs
from doorstep.people.models import Merge, Pair, Person
from doorstep.people.records.rules import can_open_record


def twice(request: HttpRequest, person: Person) -> str:
    """Who they may be as well, what was joined to them, and the way to compare. Three queries."""
    me = request.user.person  # type: ignore[union-attr]
    if not can_open_record(me, person) or person.state != Person.State.ACTIVE:
        return ""
    pairs = (
        rules.pairs_visible_to(Pair.objects.all(), me)
        .filter(Q(one=person) | Q(other=person), state=Pair.State.OPEN)
        .select_related("one__home", "other__home", "one__account", "other__account")
        .order_by("-points", "pk")[:5]
    )
    merges = (
        Merge.objects.filter(Q(kept=person) | Q(gone=person, state=Merge.State.ASKED))
        .filter(state__in=Merge.LIVE)
        .select_related("gone", "kept")
        .order_by("-pk")[:10]
    )
    return render_to_string(
        "people/merging/_panel.html",
        {"person": person, "pairs": shown_pairs(pairs, me), "merges": merges},
        request=request,
    )
