"""Made-up alerts for tests."""

import datetime as dt

from doorstep.people.models import RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.safeguarding import actions

AT = dt.datetime(2026, 11, 18, 10, 0, tzinfo=dt.UTC)  # a Wednesday


def make_lead(borough, name="Lena", **more):
    """A safeguarding lead with an account."""
    person = PersonFactory(known_as=name, **more)
    give_role(person, borough, "safeguarding")
    return person


def give_role(person, borough, role):
    """Give a role in the borough, since long ago."""
    person.__dict__.pop("_roles_held", None)
    return RoleHolding.objects.create(
        person=person, role=role, area=borough.borough, starts_at=AT - dt.timedelta(days=99)
    )


def alert(by=None, **more):
    """An alert, raised on Wednesday at ten."""
    words = {"what": "He shouts and she cries.", "about_words": "The lady at 12", "at": AT}
    return actions.raise_alert(by=by, **{**words, **more})
