"""The offline twin: a message to somebody who can only be rung is a job until a human said it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from doorstep.notices.actions import may_hear
from doorstep.notices.kinds import kinds
from doorstep.notices.models import CallTry, Channel, Delivery
from doorstep.notices.safe import NotSafe, Verdict, may_reach, rules_of, used
from doorstep.people.models import Person, RoleHolding
from doorstep.people.numbers import shown
from doorstep.people.readings.actions import log_read
from doorstep.people.rules import blocked_ids, holds

Outcome = CallTry.Outcome
# After the first and second try that reached nobody; after the third it is a worklist of its own.
AGAIN = [dt.timedelta(hours=3), dt.timedelta(days=1)]
SPOKEN = (Channel.PHONE, Channel.RELAY)


class NotYours(Exception):
    """Only those who answer the borough's phone make these calls."""


class AlreadyDone(Exception):
    """Somebody else was first."""


def can_call(person: Person | None) -> bool:
    """Hub officers make the calls."""
    return holds(person, RoleHolding.Role.OFFICER)


def jobs(viewer: Person | None) -> QuerySet[Delivery]:
    """Return every call that waits or couldn't be made, as far as the viewer makes calls."""
    rows = Delivery.objects.filter(channel__in=SPOKEN).select_related(
        "notice__person__account", "notice__about"
    )
    if viewer is None or not can_call(viewer):
        return rows.none()
    rows = rows.exclude(notice__person=viewer)
    rows = rows.filter(notice__person__state=Person.State.ACTIVE)
    # Who asked that their record isn't used is rung about nothing else.
    return rows.filter(
        Q(notice__person__restricted_at=None) | Q(notice__kind__in=_told_all_the_same())
    )


def _told_all_the_same() -> list[str]:
    """Return the kinds that go to somebody whose record may not be used; see `may_hear`."""
    return ["rights", *(name for name, kind in kinds.items() if kind.cannot_wait)]


def verdict_of(delivery: Delivery, at: dt.datetime) -> Verdict:
    """Return whether this call may be made now, and what the caller must know."""
    return may_reach(delivery.notice.person, delivery.channel, at)


@transaction.atomic
def open_number(delivery: Delivery, *, by: Person, at: dt.datetime) -> str:
    """Return the number to ring; each opening is in the person's read log.

    Raises NotSafe outside their safe times, NotYours for anybody else, AlreadyDone when it is
    said or not wanted any more.
    """
    person = _check(delivery, by, at)
    verdict = verdict_of(delivery, at)
    if not verdict.ok:
        raise NotSafe(verdict)
    log_read(by=by, about=person, what="phone", reason="contact", thing="", at=at)
    if delivery.channel == Channel.RELAY:
        held = rules_of(person)
        if held is not None:
            used(held, by=by, at=at)
        return verdict.via
    account = getattr(person, "account", None)
    return shown(person.phone or (account.phone if account else "") or "")


def _check(delivery: Delivery, by: Person, at: dt.datetime) -> Person:
    """Return whom it is for. A message not wanted any more is dropped, not said."""
    if not can_call(by):
        raise NotYours
    person = delivery.notice.person
    about = delivery.notice.about_id
    kind = kinds.get(delivery.notice.kind)
    gone = (
        person.state != Person.State.ACTIVE
        or kind is None
        or not may_hear(person, delivery.notice.kind, kind)
        or (about and about in blocked_ids(person))
    )
    if gone:
        Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING).update(
            state=Delivery.State.DROPPED, problem="not wanted any more"
        )
        raise AlreadyDone
    if delivery.state not in (Delivery.State.WAITING, Delivery.State.FAILED):
        raise AlreadyDone
    return person


@transaction.atomic
def record(
    delivery: Delivery, *, by: Person, outcome: str, words: str = "", at: dt.datetime
) -> CallTry:
    """Write down how a try went: said, or what happened instead.

    Raises NotSafe when a message was left although the person's rules forbid it (say so to a
    safeguarding lead), AlreadyDone when somebody else has said it.
    """
    _check(delivery, by, at)
    verdict = verdict_of(delivery, at)
    if outcome == Outcome.LEFT_WORD and verdict.no_voicemail:
        raise NotSafe(
            Verdict(ok=False, why=_("Never leave a message for them. Choose what else happened."))
        )
    states = (Delivery.State.WAITING, Delivery.State.FAILED)
    here = Delivery.objects.filter(pk=delivery.pk, state__in=states, tries=delivery.tries)
    changes: dict[str, object] = {"tries": F("tries") + 1}
    if outcome in (Outcome.SAID, Outcome.LEFT_WORD):
        changes |= {"state": Delivery.State.SENT, "sent_at": at, "problem": ""}
    elif outcome == Outcome.WRONG:
        changes |= {"state": Delivery.State.FAILED, "problem": "the number is wrong"}
    elif delivery.tries < len(AGAIN):
        later = at + AGAIN[delivery.tries]
        safe = may_reach(delivery.notice.person, delivery.channel, later)
        changes |= {"state": Delivery.State.WAITING, "due_at": safe.until or later}
    else:
        changes |= {"state": Delivery.State.FAILED, "problem": "nobody answered"}
    if not here.update(**changes):
        raise AlreadyDone
    return CallTry.objects.create(delivery=delivery, by=by, at=at, outcome=outcome, words=words)
