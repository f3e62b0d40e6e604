"""Sending what waits: each delivery is claimed, checked again, sent, and written down.

At least once, and in practice once: a worker that dies between handing a letter over and writing
it down sends it again with the same Message-ID.
"""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
from dataclasses import dataclass, field

from django.conf import settings
from django.core.mail import get_connection
from django.db.models import F, Q

from doorstep.base.scrubbing import scrub
from doorstep.base.time import now
from doorstep.notices.actions import address_of, by_voice, may_hear, when
from doorstep.notices.kinds import kinds
from doorstep.notices.letters import compose, compose_discreet, text_of
from doorstep.notices.models import Channel, Delivery, Notice, Preference, QuietHours
from doorstep.notices.safe import Book, NotSafe, may_reach
from doorstep.people import texts
from doorstep.people.models import Block, Person

log = logging.getLogger("doorstep.notices")

# How long to wait after the first, second … failure; after the last one we give up.
WAITS = [
    dt.timedelta(minutes=1),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=2),
    dt.timedelta(hours=12),
]
# A claim lasts this long: a worker that died lets go by saying nothing.
HOLD = dt.timedelta(minutes=10)


class MailAway(Exception):
    """The mail server does not answer. Everything keeps waiting; nothing is lost."""

    is_expected = True


@dataclass
class Result:
    """What became of one batch, in numbers."""

    sent: int = 0
    dropped: int = 0
    put_off: int = 0
    failed: int = 0
    taken: list[int] = field(default_factory=list)


def tick() -> None:
    """The worker's turn: send until nothing is due (or a minute's worth has gone)."""
    until = now() + dt.timedelta(seconds=60)
    while now() < until:
        result = send_due(now(), 50)
        if not result.taken:
            return


# What leaves by itself; a call waits for somebody to make it (`calls`).
BY_ITSELF = (Channel.EMAIL, Channel.TEXT)


def send_now(notice: Notice, channel: str, *, at: dt.datetime) -> bool:
    """Send a notice through one channel this minute; return whether it left.

    Raises NotSafe, with the sentence to show, when the person's safe-contact rules forbid that
    way or this hour, and MailAway when the mail server can't be reached.
    """
    verdict = may_reach(notice.person, channel, at)
    if not verdict.ok:
        raise NotSafe(verdict)
    if channel not in BY_ITSELF:
        raise ValueError(f"{channel!r} doesn't leave by itself")
    delivery, _made = Delivery.objects.get_or_create(
        notice=notice, channel=channel, defaults={"due_at": at}
    )
    Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING).update(due_at=at)
    return bool(send_due(at, 1, only=delivery.pk).sent)


def send_due(at: dt.datetime, limit: int, *, only: int | None = None) -> Result:
    """Send at most `limit` deliveries due at `at`. Two workers never send the same one.

    `only` is the id of the one delivery to send. Raises MailAway when the mail server can't be
    reached; then nothing has changed.
    """
    result = Result()
    due = Delivery.objects.filter(
        state=Delivery.State.WAITING, due_at__lte=at, channel__in=BY_ITSELF
    )
    if only is not None:
        due = due.filter(pk=only)
    waiting = list(
        due.select_related("notice__person__account", "notice__about").order_by("due_at", "id")[
            :limit
        ]
    )
    if not waiting:
        return result
    wanted = _Wishes(waiting)
    connection = None
    try:
        for delivery in waiting:
            # Whoever moves `due_at` first has it (a conditional update holds everywhere).
            claimed = Delivery.objects.filter(
                pk=delivery.pk, state=Delivery.State.WAITING, due_at=delivery.due_at
            ).update(due_at=at + HOLD)
            if not claimed:
                continue
            result.taken.append(delivery.pk)
            why_not = wanted.why_not(delivery)
            if why_not:
                _close(delivery, Delivery.State.DROPPED, problem=why_not)
                result.dropped += 1
                continue
            # The rules as they stand at this very moment: they may have changed a second ago.
            person_id = delivery.notice.person_id
            book = Book.of([person_id])
            verdict = book.may_reach(person_id, delivery.channel, at)
            if not verdict.ok and verdict.until is None:
                _by_voice_instead(delivery, book, at)
                _close(delivery, Delivery.State.DROPPED, problem="not safe to send this way")
                result.dropped += 1
                continue
            later = wanted.later(delivery, at, book)
            if later > at:
                Delivery.objects.filter(pk=delivery.pk).update(due_at=later)
                result.put_off += 1
                continue
            if delivery.channel == Channel.TEXT:
                if texts.send_text(text_number(delivery.notice.person), text_of(delivery, verdict)):
                    _sent(delivery, at)
                    result.sent += 1
                else:
                    result.failed += _refused(delivery, TextRefused(), at)
                continue
            try:
                if connection is None:
                    connection = get_connection()
                    connection.open()
            except (OSError, smtplib.SMTPException) as problem:
                _give_back(delivery)
                raise MailAway(_unreachable(problem)) from problem
            write = compose_discreet if verdict.is_discreet else compose
            mail = write(delivery, address_of(delivery.notice.person))
            mail.connection = connection
            try:
                mail.send()
            except (smtplib.SMTPServerDisconnected, ConnectionError, TimeoutError) as problem:
                _give_back(delivery)
                raise MailAway(_unreachable(problem)) from problem
            except Exception as problem:
                # This one letter is refused; the others need not wait for it.
                log.warning("delivery %s: %s", delivery.pk, type(problem).__name__)
                result.failed += _refused(delivery, problem, at)
                continue
            _sent(delivery, at)
            result.sent += 1
    finally:
        if connection is not None:
            try:
                connection.close()
            except (OSError, smtplib.SMTPException):
                pass
    return result


class TextRefused(Exception):
    """The gateway would not take a text."""


def _sent(delivery: Delivery, at: dt.datetime) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.SENT, sent_at=at, problem="", tries=F("tries") + 1
    )


def _by_voice_instead(delivery: Delivery, book: Book, at: dt.datetime) -> None:
    """What may not be written any more is said, where that is safe and nothing else reaches."""
    person = delivery.notice.person
    for pk, channel in by_voice([person.pk], book, at).items():
        Delivery.objects.get_or_create(
            notice=delivery.notice,
            channel=channel,
            defaults={"due_at": when(book, pk, channel, at, None)},
        )


def text_number(person: Person) -> str:
    """Return the mobile number texts go to, or ""."""
    account = getattr(person, "account", None)
    return (account.phone if account and account.phone else person.phone) or ""


def _unreachable(problem: Exception) -> str:
    where = (
        f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        if settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")
        else "its folder"
    )
    return scrub(f"mail can't be handed over to {where}: {problem}")[:300]


def _give_back(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(due_at=delivery.due_at)


def _close(delivery: Delivery, state: Delivery.State, *, problem: str) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state=state, problem=problem[:300])


def _refused(delivery: Delivery, problem: Exception, at: dt.datetime) -> int:
    """Try again later, longer each time; after the last wait give up and say why."""
    words = scrub(f"{type(problem).__name__}: {problem}")[:300]
    if delivery.tries >= len(WAITS):
        Delivery.objects.filter(pk=delivery.pk).update(
            state=Delivery.State.FAILED, tries=delivery.tries + 1, problem=words
        )
        return 1
    Delivery.objects.filter(pk=delivery.pk).update(
        tries=delivery.tries + 1, due_at=at + WAITS[delivery.tries], problem=words
    )
    return 0


class _Wishes:
    """What the readers of a batch want, as things stand now: a handful of queries for all."""

    def __init__(self, batch: list[Delivery]) -> None:
        people = {row.notice.person_id for row in batch}
        self.emails = {
            (person, kind): wanted
            for person, kind, wanted in Preference.objects.filter(
                person__in=people, channel=Channel.EMAIL
            ).values_list("person_id", "kind", "is_wanted")
        }
        self.blocks = set(
            Block.objects.filter(Q(blocker__in=people) | Q(blocked__in=people)).values_list(
                "blocker_id", "blocked_id"
            )
        )
        self.quiet = {row.person_id: row for row in QuietHours.objects.filter(person__in=people)}

    def why_not(self, delivery: Delivery) -> str:
        """Return why this must not be sent any more, or ""."""
        notice = delivery.notice
        person, about = notice.person_id, notice.about_id
        kind = kinds.get(notice.kind)
        if kind is None:
            return "this kind of notice is gone"
        if notice.person.state != Person.State.ACTIVE:
            return "the person is not here any more"
        if not may_hear(notice.person, notice.kind, kind):
            return "their record may not be used now"
        if delivery.channel == Channel.TEXT:
            if not text_number(notice.person):
                return "no mobile number"
        elif not address_of(notice.person):
            return "no e-mail address"
        elif self.emails.get((person, notice.kind), True) is False:
            return "not wanted any more"
        if about and ((person, about) in self.blocks or (about, person) in self.blocks):
            return "one has blocked the other"
        return ""

    def later(self, delivery: Delivery, at: dt.datetime, book: Book) -> dt.datetime:
        """Return when it may go: now, or after the quiet hours and at a safe time."""
        kind = kinds.get(delivery.notice.kind)
        person = delivery.notice.person_id
        # What can't wait passes over quiet hours, never over safe times.
        hours = None if kind and kind.cannot_wait else self.quiet.get(person)
        return when(book, person, Channel(delivery.channel), at, hours)
