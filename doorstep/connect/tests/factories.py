"""Made-up organisations, catalysts and relationships for tests."""

import datetime as dt

from doorstep.connect.actions import referring
from doorstep.connect.models import Caseload
from doorstep.organisations.models import Organisation, Position
from doorstep.people.models import RoleHolding
from doorstep.people.tests.factories import PersonFactory

AT = dt.datetime(2026, 11, 18, 10, 0, tzinfo=dt.UTC)  # a Wednesday
SOON = AT.date() + dt.timedelta(days=7)


def organisation(name="Company", **more):
    return Organisation.objects.create(
        name=name, slug=name.lower().replace(" ", "-"), email="desk@example.org", **more
    )


def catalyst(org, name="Carys", most=12, person=None, **more):
    """A catalyst of an organisation since long ago."""
    person = person or PersonFactory(known_as=name, **more)
    RoleHolding.objects.create(
        person=person,
        role="catalyst",
        scope_kind="organisation",
        scope_key=str(org.pk),
        starts_at=AT - dt.timedelta(days=99),
        offered_at=AT - dt.timedelta(days=99),
        accepted_at=AT - dt.timedelta(days=99),
    )
    Caseload.objects.create(person=person, organisation=org, most=most)
    person.__dict__.pop("_desks", None)
    return person


def lead(org, name="Lena"):
    """Somebody who leads an organisation and is no catalyst."""
    person = PersonFactory(known_as=name)
    Position.objects.create(organisation=org, person=person, role="owner", accepted_at=AT)
    return person


def referral(org, by=None, person=None, at=AT, **more):
    words = {
        "source": "neighbour",
        "name": "Maureen Duffy",
        "reach": "07700 900123",
        "hopes": "Somebody to sew with.",
        "agreed_words": "Go on then.",
        "sender_email": "" if by else "sender@example.org",
    }
    return referring.refer(org, by=by, person=person, at=at, **{**words, **more})


def relationship(org, worker, person=None, at=AT, **more):
    """A relationship that began by a referral, with its consent."""
    sent = referral(org, person=person, at=at, **more)
    referring.accept(sent, by=worker, at=at)
    return referring.take_on(sent, by=worker, to=worker, at=at, next_step="Ring her", next_on=SOON)
