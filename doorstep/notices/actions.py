"""The one door for every message to a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import translation

from doorstep.base.text import clean, shorten
from doorstep.base.time import in_london, local, now
from doorstep.notices.kinds import kinds
from doorstep.notices.models import Channel, Delivery, Notice, Preference, QuietHours
from doorstep.people.models import Block, Person
from doorstep.people.rules import blocked_ids


def send(
    kind: str,
    to: Person,
    *,
    key: str,
    title: Any,
    body: Any = "",
    path: str = "",
    about: Person | None = None,
    at: dt.datetime | None = None,
) -> Notice | None:
    """Give one person a notice, through every channel they want for this kind.

    `title` and `body` may be lazy translations: they are spoken in the reader's language.
    `about` is whose doing it was. The same `key` again changes nothing (returns None), so a
    verb or a task may run twice. Also None where a block stands between the two.
    """
    sent = send_to_all(kind, [to], key=key, title=title, body=body, path=path, about=about, at=at)
    return sent[0] if sent else None


@transaction.atomic
def send_to_all(
    kind: str,
    people: Iterable[Person],
    *,
    key: str,
    title: Any,
    body: Any = "",
    path: str = "",
    about: Person | None = None,
    at: dt.datetime | None = None,
) -> list[Notice]:
    """Give many people the same notice in a handful of queries; see `send`."""
    known = kinds.get(kind)
    if known is None:
        raise ValueError(f"no notice kind {kind!r} is registered")
    at = at or now()
    unwanted = blocked_ids(about) | ({about.pk} if about else set())
    receivers = {
        person.pk: person
        for person in people
        if person.pk not in unwanted and person.state == Person.State.ACTIVE
    }
    already = set(
        Notice.objects.filter(person__in=receivers, key=key).values_list("person_id", flat=True)
    )
    muted = {
        row.person_id: row
        for row in Preference.objects.filter(
            person__in=receivers, kind=kind, channel=Channel.IN_APP
        )
        if not row.is_wanted and not known.is_essential
    }
    email_choice = dict(
        Preference.objects.filter(
            person__in=receivers, kind=kind, channel=Channel.EMAIL
        ).values_list("person_id", "is_wanted")
    )
    quiet = {row.person_id: row for row in QuietHours.objects.filter(person__in=receivers)}
    rows, mailed = [], []
    for pk, person in receivers.items():
        if pk in already:
            continue
        wants_email = email_choice.get(pk, known.by_email) and bool(address_of(person))
        if pk in muted and not wants_email:
            continue
        with translation.override(person.reads):
            row = Notice(
                person=person,
                kind=kind,
                key=key,
                title=shorten(str(title), 200),
                body=clean(str(body)),
                path=path,
                about=about,
                created_at=at,
                seen_at=at if pk in muted else None,
            )
        rows.append(row)
        if wants_email:
            mailed.append(row)
    if not rows:
        return []
    Notice.objects.bulk_create(rows)
    Person.objects.filter(pk__in=[row.person_id for row in rows if row.seen_at is None]).update(
        unseen_notices=F("unseen_notices") + 1
    )
    Delivery.objects.bulk_create(
        Delivery(
            notice=row,
            channel=Channel.EMAIL,
            due_at=at if known.cannot_wait else after_quiet_hours(at, quiet.get(row.person_id)),
        )
        for row in mailed
    )
    return rows


def address_of(person: Person) -> str:
    """Return the e-mail address notices go to, or "" for none."""
    account = getattr(person, "account", None)
    return (account.email if account and account.email else person.email) or ""


def after_quiet_hours(at: dt.datetime, hours: QuietHours | None) -> dt.datetime:
    """Return `at`, or the end of the person's quiet hours when it falls into them."""
    if hours is None or hours.starts_at == hours.ends_at:
        return at
    here = local(at)
    clock = here.time()
    if hours.starts_at < hours.ends_at:
        inside = hours.starts_at <= clock < hours.ends_at
    else:  # across midnight
        inside = clock >= hours.starts_at or clock < hours.ends_at
    if not inside:
        return at
    day = here.date() if hours.ends_at > clock else here.date() + dt.timedelta(days=1)
    # Through UTC, so that a night with a clock change ends when the clocks on the wall say so.
    end = in_london(dt.datetime.combine(day, hours.ends_at))
    # In October's repeated hour the end may lie behind us already.
    return max(end, at)


@transaction.atomic
def mark_seen(person: Person, *, at: dt.datetime, upto: int | None = None) -> int:
    """Mark the person's notices (up to an id) as seen; return how many."""
    fresh = Notice.objects.filter(person=person, seen_at=None)
    if upto is not None:
        fresh = fresh.filter(pk__lte=upto)
    count = fresh.update(seen_at=at)
    recount(person)
    return count


@transaction.atomic
def open_notice(notice: Notice, *, at: dt.datetime) -> None:
    """The person followed this notice: it is not new any more."""
    if Notice.objects.filter(pk=notice.pk, seen_at=None).update(seen_at=at):
        recount(notice.person)


def recount(person: Person) -> None:
    """Put the number of new notices right; those about somebody blocked don't count."""
    left = Notice.objects.new_to(person).count()
    Person.objects.filter(pk=person.pk).update(unseen_notices=left)
    person.unseen_notices = left


def block_changed(instance: Block, **kwargs: Any) -> None:
    """A block was made or lifted: what each hears about the other changes at once."""
    for person in Person.objects.filter(pk__in=[instance.blocker_id, instance.blocked_id]):
        recount(person)


@transaction.atomic
def choose(person: Person, choices: dict[tuple[str, str], bool]) -> None:
    """Keep what the person wants: (kind, channel) -> wanted or not."""
    Preference.objects.bulk_create(
        [
            Preference(person=person, kind=kind, channel=channel, is_wanted=wanted)
            for (kind, channel), wanted in choices.items()
        ],
        update_conflicts=True,
        unique_fields=["person", "kind", "channel"],
        update_fields=["is_wanted"],
    )


def set_quiet_hours(person: Person, starts_at: dt.time | None, ends_at: dt.time | None) -> None:
    """Keep the person's quiet hours; None takes them away."""
    if starts_at is None or ends_at is None or starts_at == ends_at:
        QuietHours.objects.filter(person=person).delete()
        return
    QuietHours.objects.update_or_create(
        person=person, defaults={"starts_at": starts_at, "ends_at": ends_at}
    )
