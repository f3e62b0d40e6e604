"""The one door for every message to a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import translation

from doorstep.base.text import clean, shorten
from doorstep.base.time import in_london, local, now
from doorstep.notices.kinds import Kind, kinds
from doorstep.notices.models import Channel, Delivery, Notice, Preference, QuietHours
from doorstep.notices.safe import Book, NotSafe, Verdict
from doorstep.people.children import may_have_a_word
from doorstep.people.models import Account, Block, Person
from doorstep.people.rights.rules import is_restricted
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
    channel: str | None = None,
) -> Notice | None:
    """Give one person a notice, through every channel they want for this kind.

    `title` and `body` may be lazy translations: they are spoken in the reader's language.
    `about` is whose doing it was. The same `key` again changes nothing (returns None), so a
    verb or a task may run twice. Also None where a block stands between the two.

    `channel` sends it that one way and now, whatever the person prefers. Their safe-contact rules
    hold all the same: raises NotSafe, with the sentence to show, when that way or this hour is
    forbidden, and NoWay for a channel that nothing carries from here.
    """
    at = at or now()
    if channel is not None:
        _check(to, Channel(channel), at)
    sent = send_to_all(
        kind, [to], key=key, title=title, body=body, path=path, about=about, at=at, channel=channel
    )
    return sent[0] if sent else None


class NoWay(ValueError):
    """Nothing carries a message through that channel from here."""


# What carries: the site itself, the mail server, the text gateway, and people who ring.
CARRIED = frozenset({Channel.IN_APP, Channel.EMAIL, Channel.TEXT, Channel.PHONE, Channel.RELAY})


def _check(to: Person, channel: Channel, at: dt.datetime) -> Verdict:
    """Raise NotSafe or NoWay where a message can't go this way now."""
    verdict = Book.of([to.pk]).may_reach(to.pk, channel, at)
    if not verdict.ok:
        raise NotSafe(verdict)
    if channel not in CARRIED:
        raise NoWay(f"nothing carries a message through {channel.value!r}")
    return verdict


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
    channel: str | None = None,
) -> list[Notice]:
    """Give many people the same notice, a handful of queries for each 500; see `send`.

    With a `channel`, those whom it is not safe to reach that way now are passed over.
    """
    known = kinds.get(kind)
    if known is None:
        raise ValueError(f"no notice kind {kind!r} is registered")
    at = at or now()
    unwanted = blocked_ids(about) | ({about.pk} if about else set())
    people = list(people)
    strangers = {
        person.pk for person in people if person.is_child and not may_have_a_word(about, person)
    }
    receivers = {
        person.pk: person
        for person in people
        if person.pk not in unwanted
        and person.state == Person.State.ACTIVE
        and may_hear(person, kind, known)
        # The words of a grown-up a child doesn't know never reach them, whatever verb asks.
        and (person.pk not in strangers or known.is_essential or known.tells_children)
    }

    def write(person: Person) -> Notice:
        with translation.override(person.reads):
            return Notice(
                person=person,
                kind=kind,
                key=key,
                title=shorten(str(title), 200),
                body="" if person.pk in strangers else clean(str(body)),
                path=path,
                about=about,
                created_at=at,
            )

    rows: list[Notice] = []
    everyone = list(receivers.values())
    for start in range(0, len(everyone), _AT_ONCE):
        some = everyone[start : start + _AT_ONCE]
        rows += _give(known, some, kind, key, at, write, Channel(channel) if channel else None)
    return rows


_AT_ONCE = 500  # a database takes only so many values in one question


# Inside a verb's own transaction no savepoint is needed: it fails or succeeds with the verb.
@transaction.atomic(savepoint=False)
def _give(
    known: Kind,
    people: list[Person],
    kind: str,
    key: str,
    at: dt.datetime,
    write: Callable[[Person], Notice],
    channel: Channel | None = None,
) -> list[Notice]:
    """Give these people the notice, as far as they want it, safely, and don't have it already."""
    ids = [person.pk for person in people]
    already = set(
        Notice.objects.filter(person__in=ids, key=key).values_list("person_id", flat=True)
    )
    ids = [pk for pk in ids if pk not in already]
    if not ids:
        return []
    book = Book.of(ids)
    if channel is not None:
        ids = [pk for pk in ids if book.may_reach(pk, channel, at).ok]
        by_way: dict[int, Channel] = {pk: channel for pk in ids if channel != Channel.IN_APP}
        chosen: dict[tuple[int, str], bool] = {}
    else:
        chosen = {
            (pk, way): wanted
            for pk, way, wanted in Preference.objects.filter(person__in=ids, kind=kind).values_list(
                "person_id", "channel", "is_wanted"
            )
        }
        by_way = _ways(known, [one for one in people if one.pk in set(ids)], chosen, book, at)
    mailed = {pk for pk, way in by_way.items() if way == Channel.EMAIL}
    quiet = (
        {row.person_id: row for row in QuietHours.objects.filter(person__in=mailed)}
        if mailed and not known.cannot_wait
        else {}
    )
    wanted_ids = set(ids)
    rows = []
    for person in people:
        if person.pk not in wanted_ids:
            continue
        is_muted = not known.is_essential and not chosen.get((person.pk, Channel.IN_APP), True)
        if is_muted and person.pk not in by_way:
            continue
        row = write(person)
        row.seen_at = at if is_muted else None
        rows.append(row)
    # Where somebody else gave the very same notice this instant, theirs stands and its id comes
    # back: a race ends with one notice, not with an error.
    Notice.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["person", "key"], update_fields=["key"]
    )
    fresh = [
        row.person_id
        for row in rows
        if row.seen_at is None and book.may_reach(row.person_id, Channel.IN_APP, at).ok
    ]
    if fresh:
        Person.objects.filter(pk__in=fresh).update(unseen_notices=F("unseen_notices") + 1)
    carried = [row for row in rows if row.person_id in by_way]
    if carried:
        Delivery.objects.bulk_create(
            [
                Delivery(
                    notice=row,
                    channel=by_way[row.person_id],
                    due_at=when(
                        book, row.person_id, by_way[row.person_id], at, quiet.get(row.person_id)
                    ),
                )
                for row in carried
            ],
            ignore_conflicts=True,
        )
    return rows


def _ways(
    known: Kind,
    people: list[Person],
    chosen: dict[tuple[int, str], bool],
    book: Book,
    at: dt.datetime,
) -> dict[int, Channel]:
    """Return through what each hears outside the site: person id -> channel.

    E-mail where it is wanted and safe. Who has neither that nor this site, and can be rung,
    becomes a job on the list of calls, for what matters enough.
    """
    asked = {one.pk for one in people if chosen.get((one.pk, Channel.EMAIL), known.by_email)}
    mailed = {pk for pk in asked if _is_way(book, pk, Channel.EMAIL, at)}
    if mailed:
        mailed &= _reachable([one for one in people if one.pk in mailed])
    ways = dict.fromkeys(mailed, Channel.EMAIL)
    if known.by_email or known.is_essential:
        left = [one.pk for one in people if one.pk not in mailed]
        ways.update(by_voice(left, book, at))
    return ways


def _is_way(book: Book, pk: int, channel: Channel, at: dt.datetime) -> bool:
    """Whether the channel is open to them, now or at a later hour."""
    verdict = book.may_reach(pk, channel, at)
    return verdict.ok or verdict.until is not None


def by_voice(ids: list[int], book: Book, at: dt.datetime) -> dict[int, Channel]:
    """Return who of these hears by phone or through a relay: those whom nothing else reaches."""
    if not ids:
        return {}
    closed = [pk for pk in ids if not book.may_reach(pk, Channel.IN_APP, at).ok]
    offline = Person.objects.filter(pk__in=ids).filter(Q(account=None) | Q(pk__in=closed))
    found = {}
    for pk, number, other in offline.values_list("pk", "phone", "account__phone"):
        if (number or other) and _is_way(book, pk, Channel.PHONE, at):
            found[pk] = Channel.PHONE
        elif pk in book.rules and (
            _is_way(book, pk, Channel.RELAY, at)
            # It waits until whoever was named is asked: lost it must not be.
            or book.may_reach(pk, Channel.RELAY, at).waits_for_yes
        ):
            found[pk] = Channel.RELAY
    return found


def when(
    book: Book, pk: int, channel: Channel, at: dt.datetime, hours: QuietHours | None
) -> dt.datetime:
    """Return when it may go: after the quiet hours, and at a safe time.

    Where the two never leave a moment, the safe times win: quiet hours are a wish, they a need.
    """
    moment = at
    for _number in range(20):
        later = after_quiet_hours(moment, hours)
        verdict = book.may_reach(pk, channel, later)
        moment = verdict.until or later
        if moment == later:
            return moment
    return book.may_reach(pk, channel, at).until or at


def _reachable(people: list[Person]) -> set[int]:
    """Return the ids of those with an e-mail address, asking once for all."""
    unknown = [person.pk for person in people if "account" not in person._state.fields_cache]
    has_account = set(
        Account.objects.filter(person__in=unknown)
        .exclude(email=None)
        .exclude(email="")
        .values_list("person_id", flat=True)
        if unknown
        else ()
    )
    return {
        person.pk
        for person in people
        if person.email
        or person.pk in has_account
        or ("account" in person._state.fields_cache and address_of(person))
    }


def may_hear(person: Person, kind: str, known: Kind) -> bool:
    """Whether a kind may go to this person, whose record may be restricted.

    While nobody may use it, only what they asked about their data and what can't wait is told.
    """
    return not is_restricted(person) or kind == "rights" or known.cannot_wait


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
