"""Weak signs that routine contact shows, for a human of the watch to weigh up. Never a verdict."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Count, Max
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doorstep.people.signs import Sign, SignKind
from doorstep.support.contacts.rules import USUALLY_ANSWERS
from doorstep.support.models import ContactAttempt, Reach, Request

KEPT = dt.timedelta(days=21)
# The same person asking again so often within so long.
AGAIN, WITHIN = 3, dt.timedelta(days=30)


def missed(
    *, at: dt.datetime, areas: Collection[int] | None = None, people: Collection[int] | None = None
) -> Iterator[Sign]:
    """Somebody who was tried at least twice, a visit that found nobody, an unusual silence."""
    rows = Reach.objects.filter(
        last_tried_at__gt=at - KEPT, missed__gte=2, person__restricted_at=None
    ).exclude(state=Reach.State.FINE)
    if people is not None:
        rows = rows.filter(person__in=people)
    if areas is not None:
        rows = rows.filter(person__home__in=areas)
    visited = set(
        ContactAttempt.objects.filter(
            outcome=ContactAttempt.Outcome.NOBODY_HOME, at__gt=at - KEPT
        ).values_list("person", flat=True)
    )
    for row in rows.select_related("person").order_by("-last_tried_at", "pk")[:500]:
        assert row.last_tried_at is not None  # noqa: S101 - filtered by it
        kind, why = SignKind.MISSED, _("Tried several times, nobody answered.")
        if row.person_id in visited:
            kind, why = SignKind.VISIT, _("Somebody knocked, and nobody opened.")
        elif row.answered >= USUALLY_ANSWERS:
            kind, why = SignKind.SILENCE, _("Usually answers, and doesn't now.")
        yield _sign(f"support:{kind}:{row.pk}", kind, why, row.last_tried_at, row.person)


def repeated(
    *, at: dt.datetime, areas: Collection[int] | None = None, people: Collection[int] | None = None
) -> Iterator[Sign]:
    """Somebody who asked again and again within a month."""
    rows = Request.objects.filter(
        created_at__gt=at - WITHIN, created_at__lte=at, is_drill=False, person__restricted_at=None
    ).exclude(state=Request.State.MERGED)
    if people is not None:
        rows = rows.filter(person__in=people)
    if areas is not None:
        rows = rows.filter(person__home__in=areas)
    often: Any = (
        rows.values("person", "person__home", "person__handle")
        .annotate(many=Count("pk"), last=Max("created_at"))
        .filter(many__gte=AGAIN)
        .order_by("-last")[:500]
    )
    for row in often:
        yield Sign(
            key=f"support:repeated:{row['person']}",
            kind=SignKind.REPEATED,
            why=_("Asked for help three times or more within a month."),
            at=row["last"],
            expires_at=row["last"] + KEPT,
            person_id=row["person"],
            area_id=row["person__home"],
            path=reverse("support:history", args=[row["person__handle"]]),
        )


def _sign(key: str, kind: str, why: Any, at: dt.datetime, person: Any) -> Sign:
    return Sign(
        key=key,
        kind=kind,
        why=why,
        at=at,
        expires_at=at + KEPT,
        person_id=person.pk,
        area_id=person.home_id,
        path=reverse("support:history", args=[person.handle]),
    )
