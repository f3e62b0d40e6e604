"""What people do with the safety records: read them, review them, complain, answer."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doorstep.base.time import local, now, today
from doorstep.feed.models import Appeal, Decision, Flag, Rule
from doorstep.notices.actions import send, send_to_all
from doorstep.people.models import Person, RoleHolding
from doorstep.web.safety.drafts import DRAFTS, Draft
from doorstep.web.safety.models import Complaint, Record, Review, WordsChange

# A record is looked at again within a year, and at once when the place changes.
LOOK_AGAIN = dt.timedelta(days=365)
TELL_BEFORE = dt.timedelta(days=30)
ANSWER_WITHIN = dt.timedelta(days=14)
FEWEST = 5  # smaller counts are not shown in public

KEEPERS = (RoleHolding.Role.MODERATOR, RoleHolding.Role.ADMINISTRATOR)


class AlreadyReviewed(Exception):
    """Somebody else wrote a newer review in the meantime."""


class AlreadyAnswered(Exception):
    """Somebody else answered first."""


# --- Reading ----------------------------------------------------------------------------------


@dataclass
class Entry:
    """One entry as it holds now: the newest review, or our draft."""

    draft: Draft
    review: Review | None

    @property
    def title(self) -> Any:
        return self.draft.title

    @property
    def now(self) -> Draft | Review:
        return self.review or self.draft

    @property
    def is_due(self) -> bool:
        return self.review is None or self.review.due_on <= today()

    @property
    def is_soon(self) -> bool:
        return self.review is not None and self.review.due_on <= today() + TELL_BEFORE


def entries(record: str) -> list[Entry]:
    """Return the entries of a record in order, each as it holds now."""
    newest: dict[str, Review] = {}
    for review in Review.objects.filter(record=record).select_related("by").order_by("number"):
        newest[review.key] = review
    return [Entry(one, newest.get(one.key)) for one in DRAFTS if one.record == record]


def entry(record: str, key: str) -> Entry | None:
    """Return one entry, or None when there is no such."""
    return next((one for one in entries(record) if one.draft.key == key), None)


def due() -> list[Entry]:
    """Return all entries that are to be looked at now, or within a month."""
    return [one for record in Record for one in entries(record) if one.is_due or one.is_soon]


# --- Reviewing --------------------------------------------------------------------------------


@transaction.atomic
def review(
    record: str, key: str, *, number: int, by: Person, at: dt.datetime, **content: Any
) -> Review:
    """Write down how an entry holds now. `number` is the newest review the writer had read.

    Raises AlreadyReviewed when somebody was quicker.
    """
    newest = Review.objects.filter(record=record, key=key).order_by("-number").first()
    if (newest.number if newest else 0) != number:
        raise AlreadyReviewed
    try:
        with transaction.atomic():
            return Review.objects.create(
                record=record,
                key=key,
                number=number + 1,
                reviewed_on=local(at).date(),
                by=by,
                at=at,
                **content,
            )
    except IntegrityError as problem:
        raise AlreadyReviewed from problem


def keepers() -> list[Person]:
    """Return moderators and administrators."""
    held = RoleHolding.objects.held().filter(role__in=KEEPERS)
    return list(Person.objects.active().filter(pk__in=held.values("person")))


def tell_what_is_due() -> int:
    """Remind the keepers of reviews and complaints whose day has come; harmless twice."""
    people = keepers()
    count = 0
    day = today()
    late = [one for one in due() if one.review is not None and one.is_soon]
    for one in late:
        assert one.review is not None  # noqa: S101
        count += len(
            send_to_all(
                "safety-due",
                people,
                key=f"review:{one.draft.record}:{one.draft.key}:{one.review.due_on}",
                title=_("A safety record is to be looked at again."),
                path=reverse("web:safety_entry", args=[one.draft.record, one.draft.key]),
            )
        )
    for complaint in Complaint.objects.filter(answered_at=None, due_on__lte=day):
        count += len(
            send_to_all(
                "safety-due",
                people,
                key=f"complaint:{complaint.pk}:{complaint.due_on}",
                title=_("A complaint waits for its answer."),
                path=reverse("web:complaint", args=[complaint.key]),
            )
        )
    return count


# --- Our words --------------------------------------------------------------------------------


@transaction.atomic
def tell_change(
    what: str, text: str, *, is_told: bool, by: Person, at: dt.datetime, client_key: str
) -> WordsChange:
    """Write down that one of our pages changed; tell everybody where it matters to them."""
    row, is_new = WordsChange.objects.get_or_create(
        client_key=client_key,
        defaults={"what": what, "text": text, "is_told": is_told, "by": by, "at": at},
    )
    if is_new and is_told:
        send_to_all(
            "our-words",
            Person.objects.active().filter(account__isnull=False).iterator(2000),
            key=f"our-words:{row.pk}",
            title=_("We changed a page you may want to read."),
            body=text,
            path=reverse("web:changes"),
            at=at,
        )
    return row


# --- Complaints -------------------------------------------------------------------------------


@transaction.atomic
def complain(
    *,
    what: str,
    text: str,
    contact: str,
    by: Person | None,
    at: dt.datetime,
    client_key: str,
    how: str = Complaint.How.WEB,
) -> Complaint:
    """Take a complaint in and tell the keepers; the same `client_key` again is the same one."""
    row, is_new = Complaint.objects.get_or_create(
        client_key=client_key,
        defaults={
            "what": what,
            "text": text,
            "contact": contact,
            "by": by,
            "how": how,
            "made_at": at,
            "due_on": local(at).date() + ANSWER_WITHIN,
        },
    )
    if is_new:
        send_to_all(
            "safety-due",
            keepers(),
            key=f"complaint:{row.pk}:new",
            title=_("A complaint about us has come in."),
            path=reverse("web:complaint", args=[row.key]),
            at=at,
        )
    return row


@transaction.atomic
def answer(
    complaint: Complaint, *, text: str, is_upheld: bool, by: Person, at: dt.datetime
) -> None:
    """Answer a complaint, once. Raises AlreadyAnswered."""
    changed = Complaint.objects.filter(pk=complaint.pk, answered_at=None).update(
        answer=text, is_upheld=is_upheld, answered_by=by, answered_at=at
    )
    if not changed:
        raise AlreadyAnswered
    if complaint.by is not None:
        send(
            "complaint-answered",
            complaint.by,
            key=f"complaint:{complaint.pk}:answer",
            title=_("We have answered your complaint."),
            path=reverse("web:complaint", args=[complaint.key]),
            at=at,
        )


# --- Figures ----------------------------------------------------------------------------------


@dataclass
class RuleFigures:
    """What became of the flags by one rule."""

    label: Any
    flags: int = 0
    taken_down: int = 0
    stayed: int = 0
    appealed: int = 0
    changed: int = 0
    hours: float | None = None


def figures(since: dt.datetime, until: dt.datetime | None = None) -> dict[str, RuleFigures]:
    """Return rule -> what became of its flags between two moments. Exact: for keepers."""
    until = until or now()
    found = {rule.value: RuleFigures(rule.label) for rule in Rule}
    for (rule,) in Flag.objects.filter(
        flagged_at__gte=since, flagged_at__lt=until, rule__in=list(found)
    ).values_list("rule"):
        found[rule].flags += 1
    waits: dict[str, list[float]] = {}
    decisions = (
        Decision.objects.filter(at__gte=since, at__lt=until, rule__in=list(found))
        .order_by("pk")
        .prefetch_related("flags")
    )
    appeals = dict(
        Appeal.objects.filter(decision__in=decisions.values("pk")).values_list(
            "decision_id", "state"
        )
    )
    for row in decisions:
        one = found[row.rule]
        if row.outcome == Decision.Outcome.KEEP:
            one.stayed += 1
        else:
            one.taken_down += 1
        first = min((flag.flagged_at for flag in row.flags.all()), default=None)
        if first is not None:
            waits.setdefault(row.rule, []).append((row.at - first).total_seconds() / 3600)
        if row.pk in appeals:
            one.appealed += 1
            one.changed += appeals[row.pk] == Appeal.State.OVERTURNED
    for rule, hours in waits.items():
        found[rule].hours = round(statistics.median(hours), 1)
    return found


def hide_small(counts: dict[str, int]) -> dict[str, int | None]:
    """Return the counts with those from 1 to 4 hidden (None), and one more where only one is.

    Otherwise the one could be worked out from the sum.
    """
    shown: dict[str, int | None] = {
        key: None if 0 < count < FEWEST else count for key, count in counts.items()
    }
    hidden = [key for key, count in shown.items() if count is None]
    if len(hidden) == 1:
        others = sorted((count, key) for key, count in shown.items() if count)
        if others:
            shown[others[0][1]] = None
    return shown


def public_figures(since: dt.datetime) -> dict[str, Any]:
    """Return what everybody may read: flags by rule, outcomes, and hours, small counts hidden."""
    exact = figures(since)
    by_rule = hide_small({rule: one.flags for rule, one in exact.items() if one.flags})
    outcomes = Counter[str]()
    for one in exact.values():
        outcomes["taken_down"] += one.taken_down
        outcomes["stayed"] += one.stayed
    shown = hide_small(dict(outcomes))
    hours = [one.hours for one in exact.values() if one.hours is not None]
    decided = sum(outcomes.values())
    return {
        "rules": [(exact[rule].label, count) for rule, count in by_rule.items()],
        "total": sum(one.flags for one in exact.values()) if None not in by_rule.values() else None,
        "taken_down": shown.get("taken_down", 0),
        "stayed": shown.get("stayed", 0),
        "hours": round(statistics.median(hours)) if decided >= FEWEST and hours else None,
    }
