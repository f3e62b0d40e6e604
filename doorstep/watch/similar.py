"""Open concerns that may tell the same thing. A human joins them; nothing is joined by itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from rapidfuzz import fuzz

from doorstep.people.models import Person
from doorstep.watch import rules
from doorstep.watch.models import Concern

WITHIN = dt.timedelta(days=42)
FROM = 45.0


@dataclass(frozen=True)
class Likeness:
    """`concern` may tell the same; `why` says in words what is alike, `score` is 0 to 100."""

    concern: Concern
    score: float
    same_street: bool


def similar(concern: Concern, viewer: Person, *, most: int = 5) -> list[Likeness]:
    """Return open concerns of the same theme and ward that sound alike, the likeliest first.

    Only those `viewer` cares for. The words are sealed, so at most 60 rows are read.
    """
    ward = rules.ward_of(concern.area) or concern.area
    rows = (
        rules.cared_for_by(Concern.objects.all(), viewer)
        .open()
        .on_their_own()
        .filter(
            theme=concern.theme_id,
            area__path__startswith=ward.path,
            about=concern.about,
            person=concern.person_id,
            seen_on__range=(concern.seen_on - WITHIN, concern.seen_on + WITHIN),
        )
        .exclude(pk=concern.pk)
        .select_related("theme", "area")
        .order_by("-seen_on", "-pk")[:60]
    )
    found = []
    for row in rows:
        words = fuzz.token_set_ratio(concern.what.casefold(), row.what.casefold())
        street = (
            fuzz.token_sort_ratio(concern.where.casefold(), row.where.casefold())
            if concern.where and row.where
            else 0.0
        )
        near = 10.0 if concern.area_id == row.area_id else 0.0
        score = 0.5 * words + 0.4 * street + near
        if score >= FROM:
            found.append(Likeness(row, score, street >= 80))
    return sorted(found, key=lambda one: (-one.score, one.concern.pk))[:most]
