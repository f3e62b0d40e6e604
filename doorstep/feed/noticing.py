"""What the reader noticed in words that were sent nevertheless, for a moderator to look at.

Nothing is hidden by it. A row keeps no words; it goes when somebody has looked, or after a while.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.feed.models import Comment, Flag, Noticed, Post, Readers, Rule
from doorstep.kindness.asking import sorts
from doorstep.kindness.reading import EMERGENCY, GRAVITY, Reading
from doorstep.people.models import Person
from doorstep.safeguarding import actions as safeguarding
from doorstep.safeguarding.models import Alert

LABELS = {
    "phone": gettext_lazy("A phone number"),
    "address": gettext_lazy("An address"),
    "postcode": gettext_lazy("A postcode"),
    "email": gettext_lazy("An e-mail address"),
    "card": gettext_lazy("A card number"),
    "bank": gettext_lazy("Bank details"),
    "nhs": gettext_lazy("An NHS number"),
    "insurance": gettext_lazy("A National Insurance number"),
    "secret": gettext_lazy("A PIN or password"),
    "plate": gettext_lazy("A number plate"),
    "birth": gettext_lazy("A date of birth"),
    "life-at-risk": gettext_lazy("A life in danger"),
    "child-at-risk": gettext_lazy("A child who may be hurt"),
    "adult-at-risk": gettext_lazy("Someone who may be hurt"),
    "self-harm": gettext_lazy("Someone who may hurt themselves"),
}


def keep(
    kind: str, thing: Any, reading: Reading | None, *, by: Person, at: dt.datetime
) -> Noticed | None:
    """Keep what was noticed in `thing`, once per thing; None when there was nothing.

    Words about a life in danger are also passed to the safeguarding leads, as a note by the
    reader and not by a person.
    """
    if reading is None or not reading.signals:
        return None
    with transaction.atomic():
        row, _is_new = Noticed.objects.update_or_create(
            target_kind=kind,
            target_id=thing.pk,
            defaults={
                "author": by,
                "verdict": reading.verdict,
                "gravity": GRAVITY[reading.verdict],
                "sorts": sorted(sorts(reading)),
                "noticed_at": at,
                "looked_at": None,
                "looked_by": None,
            },
        )
        if reading.verdict == EMERGENCY:
            _tell_the_leads(kind, thing, by=by, at=at)
    return row


def _tell_the_leads(kind: str, thing: Any, *, by: Person, at: dt.datetime) -> None:
    safeguarding.raise_alert(
        by=None,
        what=_(
            "No person raised this. The reader noticed words that sound like danger to life, and "
            "the writer saw the emergency numbers and sent them. It is often wrong. Please look."
        ),
        at=at,
        about=by,
        how_urgent=Alert.Urgency.TODAY,
        from_kind=kind,
        from_path=thing.get_absolute_url() if hasattr(thing, "get_absolute_url") else "",
        client_key=f"noticed:{kind}:{thing.pk}",
    )


@dataclass(frozen=True)
class Row:
    """One thing noticed, as the queue shows it. `words` is "" where they are a team's own."""

    noticed: Noticed
    tags: tuple[str, ...]
    words: str
    path: str
    is_team_only: bool


def waiting(limit: int = 30) -> list[Row]:
    """Return what was noticed, is still up and nobody has looked at: gravest first, then oldest.

    Costs four queries at most, however many rows. What was flagged meanwhile stands among the
    flags. Words that only a team reads stay there.
    """
    flagged = Flag.objects.filter(
        state=Flag.State.OPEN,
        target_kind=OuterRef("target_kind"),
        target_id=OuterRef("target_id"),
    )
    rows = list(
        Noticed.objects.filter(~Exists(flagged), looked_at=None)
        .select_related("author")
        .order_by("-gravity", "id")[: limit * 2]
    )
    ids: dict[str, list[int]] = {}
    for row in rows:
        ids.setdefault(row.target_kind, []).append(row.target_id)
    things: dict[tuple[str, int], tuple[str, str, bool]] = {}
    if ids.get("post"):
        for post in Post.objects.live().filter(pk__in=ids["post"]):
            words = f"{post.title}\n{post.text}".strip()
            is_inner = post.readers == Readers.TEAM
            things["post", post.pk] = (words, post.get_absolute_url(), is_inner)
    if ids.get("comment"):
        replies = Comment.objects.filter(
            pk__in=ids["comment"], state=Comment.State.LIVE, post__state=Post.State.LIVE
        ).select_related("post")
        for reply in replies:
            is_inner = reply.post.readers == Readers.TEAM
            things["comment", reply.pk] = (reply.text, reply.get_absolute_url(), is_inner)
    if ids.get("person"):
        for person in Person.objects.active().filter(pk__in=ids["person"]):
            things["person", person.pk] = ("", person.get_absolute_url(), False)
    out = []
    for row in rows:
        found = things.get((row.target_kind, row.target_id))
        if found is None:
            continue
        words, path, is_inner = found
        out.append(
            Row(row, tags(row.sorts), "" if is_inner else words, "" if is_inner else path, is_inner)
        )
    return out[:limit]


def tags(found: list[str]) -> tuple[str, ...]:
    """Return what was noticed in words."""
    named = dict(Rule.choices)
    labels = []
    for one in found:
        sort = one.partition(":")[2]
        labels.append(str(LABELS.get(sort) or named.get(sort) or sort))
    return tuple(dict.fromkeys(labels))


def looked(row: Noticed, *, by: Person, at: dt.datetime) -> None:
    """Say that a moderator has looked and it may stay; twice is once."""
    Noticed.objects.filter(pk=row.pk, looked_at=None).update(looked_by=by, looked_at=at)
