"""The one door for every message to a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import translation

from doorstep.base.text import clean, shorten
from doorstep.base.time import local, now
from doorstep.notices.kinds import kinds
from doorstep.notices.models import Channel, Delivery, Notice, Preference, QuietHours
from doorstep.people.models import Person
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
    end = here.replace(
        hour=hours.ends_at.hour, minute=hours.ends_at.minute, second=0, microsecond=0
    )
    return end if end > here else end + dt.timedelta(days=1)


@transaction.atomic
def mark_seen(person: Person, *, at: dt.datetime, upto: int | None = None) -> int:
    """Mark the person's notices (up to an id) as seen; return how many."""
    fresh = Notice.objects.filter(person=person, seen_at=None)
    if upto is not None:
        fresh = fresh.filter(pk__lte=upto)
    count = fresh.update(seen_at=at)
    left = Notice.objects.filter(person=person, seen_at=None).count()
    Person.objects.filter(pk=person.pk).update(unseen_notices=left)
    person.unseen_notices = left
    return count
