"""Sessions that are about to begin, going on or over, and who is there."""

import datetime as dt

from doorstep.base.time import now
from doorstep.gatherings.actions.places import count_afresh
from doorstep.gatherings.models import Gathering, Place, Session, Welcome
from doorstep.gatherings.tests.factories import one_session
from doorstep.people.models import Block, Person

HOUR = dt.timedelta(hours=1)


def session_that(host, *, starts_in=HOUR, **words):
    """Return a session of 90 minutes that starts `starts_in` from now (negative: began already)."""
    session = one_session(host, **words)
    return move(session, starts_in)


def move(session, starts_in):
    starts_at = now() + starts_in
    Session.objects.filter(pk=session.pk).update(
        starts_at=starts_at, ends_at=starts_at + 1.5 * HOUR
    )
    return afresh(session)


def afresh(thing):
    """Return a row read anew, with nothing remembered about it."""
    if isinstance(thing, Session):
        return Session.objects.select_related("gathering__team", "gathering__host").get(pk=thing.pk)
    if isinstance(thing, Welcome):
        return Welcome.objects.select_related(
            "greeter", "place__person", "place__session__gathering__team"
        ).get(pk=thing.pk)
    return type(thing).objects.get(pk=thing.pk)


def coming(session, person, **words):
    place = Place.objects.create(session=session, person=person, **words)
    count_afresh(session.pk)
    return place


def another_session(session, starts_in):
    """Another session of the same gathering."""
    starts_at = now() + starts_in
    return Session.objects.create(
        gathering=session.gathering,
        rule_starts_at=starts_at,
        starts_at=starts_at,
        ends_at=starts_at + 1.5 * HOUR,
    )


def block(one: Person, other: Person):
    return Block.objects.create(blocker=one, blocked=other)


def sign_in(client, person):
    client.force_login(
        Person.objects.get(pk=person.pk).account,
        backend="doorstep.people.backends.AccountBackend",
    )
    return client


def call_off(session):
    Session.objects.filter(pk=session.pk).update(is_called_off=True)
    return afresh(session)


def end(gathering, state=Gathering.State.CALLED_OFF):
    Gathering.objects.filter(pk=gathering.pk).update(state=state)
