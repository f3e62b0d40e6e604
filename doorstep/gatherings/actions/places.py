"""Places at a session: I'm coming, not after all, and the waiting list.

Seats are never sold twice: a seat is taken by one UPDATE that holds only while it fits, and
every verb begins by locking the session's row (PostgreSQL) or the database (SQLite).

The waiting list is in order of asking. When seats become free, those waiting are gone through in
that order and everyone whose party fits gets in: a family of four doesn't hold up the one behind
them, and keeps its turn for the next four seats. So nobody who waits could sit down now, and a
newcomer takes a free seat without pushing in.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from doorstep.gatherings import wording
from doorstep.gatherings.actions.leaving import after_giving_up
from doorstep.gatherings.models import Gathering, Place, Session
from doorstep.notices import actions as notices
from doorstep.people.models import Person


class Closed(Exception):
    """The session is over or called off."""


class NoRoomForGuests(Exception):
    """Their guests don't fit; they keep what they have. `seats_left` says how many would."""

    def __init__(self, seats_left: int) -> None:
        super().__init__("no room for so many guests")
        self.seats_left = seats_left


@transaction.atomic
def take_place(
    session: Session,
    *,
    by: Person,
    at: dt.datetime,
    guests: int = 0,
    how: str = Place.How.ROOM,
    may_wait: bool = True,
) -> Place:
    """Give the person a place, or one on the waiting list when it is full.

    Twice is once; with other guests it changes the place. Raises Closed, and NoRoomForGuests
    when somebody who is coming wants to bring more than fit.
    """
    session = _lock(session.pk)
    gathering = session.gathering
    if (
        session.is_called_off
        or gathering.state in (Gathering.State.CALLED_OFF, Gathering.State.HIDDEN)
        or session.ends_at <= at
    ):
        raise Closed
    guests = min(guests, gathering.guests_each)
    place = Place.objects.filter(session=session, person=by).first()
    if place is not None and place.state == Place.State.GOING:
        return _change_guests(session, place, guests, how, at)
    if place is not None and place.state == Place.State.WAITING:
        # They keep their turn; a smaller party may fit at once.
        Place.objects.filter(pk=place.pk).update(guests=guests, how=how)
        let_in_from_the_list(session.pk, at=at)
        place.refresh_from_db()
        return place
    is_first_time = not Place.objects.filter(
        person=by, session__gathering=gathering, came=True
    ).exists()
    state = Place.State.GOING
    if not _take_seats(session, 1 + guests):
        if not may_wait:
            raise NoRoomForGuests(_left(session))
        state = Place.State.WAITING
        Session.objects.filter(pk=session.pk).update(waiting_count=F("waiting_count") + 1)
    place, _made = Place.objects.update_or_create(
        session=session,
        person=by,
        defaults={
            "guests": guests,
            "how": how,
            "state": state,
            "asked_at": at,
            "is_first_time": is_first_time,
        },
    )
    return place


def _change_guests(session: Session, place: Place, guests: int, how: str, at: dt.datetime) -> Place:
    more = guests - place.guests
    if more > 0 and not _take_seats(session, more):
        raise NoRoomForGuests(_left(session))
    if more < 0:
        _free_seats(session, -more)
    place.guests, place.how = guests, how
    place.save(update_fields=["guests", "how"])
    if more < 0:
        let_in_from_the_list(session.pk, at=at)
    return place


@transaction.atomic
def give_up_place(session: Session, *, by: Person, at: dt.datetime) -> bool:
    """Not coming after all: free the seats, and let in who waits. Return whether anything changed.

    A place marked on the register stays: what was, was.
    """
    session = _lock(session.pk)
    place = Place.objects.filter(session=session, person=by).first()
    if place is None or place.state == Place.State.CANCELLED or place.came:
        return False
    was = place.state
    place.state = Place.State.CANCELLED
    place.save(update_fields=["state"])
    place.session = session
    after_giving_up(place, at=at)
    if was == Place.State.WAITING:
        Session.objects.filter(pk=session.pk).update(waiting_count=F("waiting_count") - 1)
    else:
        _free_seats(session, 1 + place.guests)
        let_in_from_the_list(session.pk, at=at)
    return True


@transaction.atomic
def let_in_from_the_list(session_id: int, *, at: dt.datetime) -> list[Place]:
    """Give free seats to those waiting whose party fits, in their order; return who got in."""
    session = _lock(session_id)
    if (
        session.waiting_count == 0
        or session.is_called_off
        or session.gathering.state == Gathering.State.CALLED_OFF
        or session.ends_at <= at
    ):
        return []
    let_in = []
    waiting = (
        Place.objects.filter(session=session, state=Place.State.WAITING)
        .select_related("person", "person__account")
        .order_by("asked_at", "id")
    )
    for place in waiting:
        if _take_seats(session, 1 + place.guests):
            place.state = Place.State.GOING
            let_in.append(place)
    if not let_in:
        return []
    Place.objects.filter(pk__in=[place.pk for place in let_in]).update(state=Place.State.GOING)
    Session.objects.filter(pk=session.pk).update(waiting_count=F("waiting_count") - len(let_in))
    for place in let_in:
        if place.person is None:
            continue
        notices.send(
            "gathering-place",
            place.person,
            key=f"place:{session.pk}:{place.asked_at.timestamp():.0f}",
            title=format_lazy(
                gettext_lazy("You've got a place: {title}, {when}"),
                title=session.gathering.title,
                when=wording.when(session),
            ),
            body=wording.where_and_how(session),
            path=session.get_absolute_url(),
        )
    return let_in


@transaction.atomic
def count_afresh(session_id: int) -> None:
    """Make the session's counters say what its rows say (for verbs that change rows themselves)."""
    _lock(session_id)
    rows = Place.objects.filter(session=session_id)
    going = rows.filter(state=Place.State.GOING).aggregate(
        people=Count("id"), guests=Sum("guests", default=0)
    )
    Session.objects.filter(pk=session_id).update(
        seats_taken=going["people"] + going["guests"],
        waiting_count=rows.filter(state=Place.State.WAITING).count(),
    )


def _lock(session_id: int) -> Session:
    """Return the session afresh; nobody else changes its places until we are done."""
    session = Session.objects.select_for_update().get(pk=session_id)
    # Read after the lock, so that a new capacity is seen.
    session.gathering = Gathering.objects.select_related("venue", "team").get(
        pk=session.gathering_id
    )
    return session


def _take_seats(session: Session, seats: int) -> bool:
    """Take seats if they fit; the condition is in the UPDATE, so two can't take the last one."""
    fits = Q()
    if session.gathering.capacity is not None:
        fits = Q(seats_taken__lte=session.gathering.capacity - seats)
        if session.gathering.capacity < seats:
            return False
    return bool(
        Session.objects.filter(fits, pk=session.pk).update(seats_taken=F("seats_taken") + seats)
    )


def _free_seats(session: Session, seats: int) -> None:
    Session.objects.filter(pk=session.pk).update(seats_taken=F("seats_taken") - seats)


def _left(session: Session) -> int:
    taken = Session.objects.values_list("seats_taken", flat=True).get(pk=session.pk)
    return max(0, (session.gathering.capacity or 0) - taken)
