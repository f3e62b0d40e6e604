"""The register: who came. Written at the door by several people at once, or later from paper."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from doorstep.gatherings.actions.welcomes import place_given_up
from doorstep.gatherings.models import Place, Session
from doorstep.people.models import Person

MOST_GUESTS = 20


class RegisterClosed(Exception):
    """“That's everyone” was pressed before this mark was made."""


@dataclass(frozen=True)
class Mark:
    """Somebody came, didn't, or (None) isn't marked; and how many guests came with them."""

    place_id: int
    came: bool | None
    guests: int = 0


@dataclass(frozen=True)
class Change:
    """A mark that was written, with what stood there before; enough to undo it."""

    place_id: int
    before: bool | None
    guests_before: int
    after: bool | None
    guests_after: int


@transaction.atomic
def save_marks(
    session: Session, marks: Iterable[Mark], *, by: Person, at: dt.datetime
) -> list[Change]:
    """Write marks made at `at`; return those that changed a row.

    Only the people in `marks` are touched, so two people marking lose nothing; for one person
    the mark made last wins, in whichever order the two arrive. Raises Place.DoesNotExist for
    a place of another session and RegisterClosed for a mark made after closing.
    """
    wanted = {mark.place_id: mark for mark in marks}
    if not wanted:
        return []
    session = Session.objects.select_for_update().get(pk=session.pk)
    if session.closed_at is not None and at > session.closed_at:
        raise RegisterClosed
    rows = {place.pk: place for place in Place.objects.filter(session=session, pk__in=wanted)}
    if len(rows) != len(wanted):
        raise Place.DoesNotExist
    changes = []
    for pk, mark in wanted.items():
        place = rows[pk]
        guests = min(mark.guests, MOST_GUESTS) if mark.came else 0
        if (place.came, place.guests_came) == (mark.came, guests):
            # Said again: an older mark still on its way must not win over it.
            Place.objects.filter(Q(marked_at=None) | Q(marked_at__lt=at), pk=pk).update(
                marked_by=by, marked_at=at
            )
            continue
        written = Place.objects.filter(Q(marked_at=None) | Q(marked_at__lte=at), pk=pk).update(
            came=mark.came, guests_came=guests, marked_by=by, marked_at=at
        )
        if written:
            changes.append(Change(pk, place.came, place.guests_came, mark.came, guests))
    _first_times(session, {rows[change.place_id].person_id for change in changes})
    return changes


def _first_times(session: Session, people: set[int | None]) -> None:
    """Whoever came once is no newcomer next time, though they asked for that place before."""
    before = Place.objects.filter(
        person=OuterRef("person"),
        session__gathering=session.gathering_id,
        session__starts_at__lt=OuterRef("session__starts_at"),
        came=True,
    )
    later = Place.objects.filter(
        person__in=people - {None},
        session__gathering=session.gathering_id,
        session__starts_at__gt=session.starts_at,
    )
    later.filter(Exists(before)).update(is_first_time=False)
    later.filter(~Exists(before)).update(is_first_time=True)


@transaction.atomic
def undo(session: Session, changes: Iterable[Change], *, by: Person, at: dt.datetime) -> int:
    """Put back what `changes` replaced, except where somebody has marked again since."""
    session = Session.objects.select_for_update().get(pk=session.pk)
    if session.closed_at is not None:
        return 0
    undone = 0
    changes = list(changes)
    for change in changes:
        undone += Place.objects.filter(
            pk=change.place_id,
            session=session,
            came=change.after,
            guests_came=change.guests_after,
        ).update(came=change.before, guests_came=change.guests_before, marked_by=by, marked_at=at)
    people = Place.objects.filter(pk__in=[change.place_id for change in changes])
    _first_times(session, set(people.values_list("person_id", flat=True)))
    return undone


@transaction.atomic
def add_walk_in(
    session: Session,
    *,
    by: Person,
    at: dt.datetime,
    name: str,
    guests: int = 0,
    how: str = Place.How.ROOM,
    is_first_time: bool = False,
    key: str,
) -> Place:
    """Put somebody who just turned up on the register, as having come.

    The same `key` again gives the same row. Nobody standing in the room is turned away by a
    number, so this may go over the capacity; the seats are counted all the same.
    """
    already = Place.objects.filter(walk_in_key=key, session=session).first()
    if already is not None:
        return already
    session = Session.objects.select_for_update().get(pk=session.pk)
    if session.closed_at is not None and at > session.closed_at:
        raise RegisterClosed
    guests = min(guests, MOST_GUESTS)
    Session.objects.filter(pk=session.pk).update(seats_taken=F("seats_taken") + 1 + guests)
    return Place.objects.create(
        session=session,
        name=name,
        guests=guests,
        guests_came=guests,
        how=how,
        is_first_time=is_first_time,
        came=True,
        asked_at=at,
        marked_by=by,
        marked_at=at,
        walk_in_key=key,
    )


@transaction.atomic
def remove_walk_in(place: Place, *, by: Person, at: dt.datetime) -> bool:
    """Take a name put on the register by mistake off it again. Only ever a bare name."""
    if place.person_id is not None or place.session.closed_at is not None:
        return False
    place_given_up(place, at=at)  # a greeter may be waiting for them
    gone = Place.objects.filter(pk=place.pk, person=None).delete()[0]
    if gone and place.state == Place.State.GOING:
        seats = 1 + place.guests
        Session.objects.filter(pk=place.session_id, seats_taken__gte=seats).update(
            seats_taken=F("seats_taken") - seats
        )
    return bool(gone)


@transaction.atomic
def close_register(session: Session, *, by: Person, at: dt.datetime) -> bool:
    """“That's everyone.” False when it was closed already."""
    return bool(Session.objects.filter(pk=session.pk, closed_at=None).update(closed_at=at))


@transaction.atomic
def reopen_register(session: Session, *, by: Person, at: dt.datetime) -> bool:
    """Open it again. False when it was open."""
    return bool(
        Session.objects.filter(pk=session.pk, closed_at__isnull=False).update(closed_at=None)
    )
