"""The live room: saying something, being there, hands up. Everything moves `room_version`."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import F

from doorstep.gatherings.models import Presence, RoomMessage, Session
from doorstep.people.models import Person

TOUCH_EVERY = dt.timedelta(seconds=20)
HERE_FOR = dt.timedelta(minutes=5)
MOST_IN_A_MINUTE = 20  # messages of one person


class Muted(Exception):
    """A host has asked this person to listen only."""


class TooFast(Exception):
    """More messages than anybody can read."""


def _moved(session: Session) -> None:
    Session.objects.filter(pk=session.pk).update(room_version=F("room_version") + 1)


@transaction.atomic
def be_here(session: Session, *, by: Person, at: dt.datetime) -> bool:
    """Note that the person is in the room, at most every `TOUCH_EVERY`.

    Arriving is news to the others; return whether it was one.
    """
    presence = Presence.objects.filter(session=session, person=by).first()
    if presence is None:
        presence, arrived = Presence.objects.get_or_create(
            session=session, person=by, defaults={"seen_at": at}
        )
    else:
        if presence.seen_at > at - TOUCH_EVERY:
            return False
        Presence.objects.filter(pk=presence.pk, seen_at__lt=at).update(seen_at=at)
        arrived = presence.seen_at <= at - HERE_FOR
    if arrived:
        _moved(session)
    return arrived


@transaction.atomic
def say(session: Session, *, by: Person, at: dt.datetime, text: str, key: str) -> RoomMessage:
    """Say something in the room. The same `key` again is the same message."""
    already = RoomMessage.objects.filter(client_key=key).first()
    if already is not None and already.person_id == by.pk and already.session_id == session.pk:
        return already
    if Presence.objects.filter(session=session, person=by, is_muted=True).exists():
        raise Muted
    lately = RoomMessage.objects.filter(
        session=session, person=by, said_at__gt=at - dt.timedelta(minutes=1)
    )
    if lately.count() >= MOST_IN_A_MINUTE:
        raise TooFast
    try:
        with transaction.atomic():
            message = RoomMessage.objects.create(
                session=session, person=by, text=text, said_at=at, client_key=key
            )
    except IntegrityError:  # the same key at the same instant, or somebody else's key
        return RoomMessage.objects.get(client_key=key, person=by, session=session)
    _moved(session)
    return message


@transaction.atomic
def hide_message(message: RoomMessage, *, by: Person, at: dt.datetime, hidden: bool = True) -> None:
    """Take a message out of everybody's sight, or put it back."""
    if RoomMessage.objects.filter(pk=message.pk, is_hidden=not hidden).update(is_hidden=hidden):
        _moved(message.session)


@transaction.atomic
def take_down(message: RoomMessage, *, down: bool) -> None:
    """A moderator's decision: gone for everybody, hosts too; or back again."""
    changed = RoomMessage.objects.filter(pk=message.pk, is_taken_down=not down)
    if changed.update(is_taken_down=down):
        _moved(message.session)


@transaction.atomic
def raise_hand(session: Session, *, by: Person, at: dt.datetime, up: bool = True) -> None:
    """Raise or lower one's hand. Raising it again keeps one's turn."""
    Presence.objects.get_or_create(session=session, person=by, defaults={"seen_at": at})
    hands = Presence.objects.filter(session=session, person=by, hand_up_at__isnull=up)
    if hands.update(hand_up_at=at if up else None):
        _moved(session)


@transaction.atomic
def lower_hands(session: Session, *, by: Person, at: dt.datetime, of: Person | None = None) -> int:
    """A host has heard somebody, or clears the whole queue."""
    hands = Presence.objects.filter(session=session, hand_up_at__isnull=False)
    if of is not None:
        hands = hands.filter(person=of)
    lowered = hands.update(hand_up_at=None)
    if lowered:
        _moved(session)
    return lowered


@transaction.atomic
def mute(session: Session, person: Person, *, by: Person, at: dt.datetime, muted: bool) -> None:
    """Ask somebody to listen only, or let them speak again."""
    Presence.objects.get_or_create(session=session, person=person, defaults={"seen_at": at})
    changed = Presence.objects.filter(session=session, person=person, is_muted=not muted)
    if changed.update(is_muted=muted):
        _moved(session)
