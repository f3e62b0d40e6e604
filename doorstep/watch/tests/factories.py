"""Made-up concerns for tests."""

import datetime as dt

from doorstep.base.time import local, now
from doorstep.people.models import RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.watch.actions import telling
from doorstep.watch.models import Theme


def give_role(person, role, area):
    """Give a role in an area, since long ago."""
    for name in ("_roles_held", "_roles_where", "_watch_reach", "_watch_offices", "_reach"):
        person.__dict__.pop(name, None)
    RoleHolding.objects.create(
        person=person, role=role, area=area, starts_at=now() - dt.timedelta(days=99),
        offered_at=now() - dt.timedelta(days=99), accepted_at=now() - dt.timedelta(days=99),
    )  # fmt: skip
    return person


def make(role, area, name):
    """Somebody with an account who holds a role."""
    return give_role(PersonFactory(known_as=name, home=area), role, area)


def theme(slug="damp"):
    return Theme.objects.get(slug=slug)


def concern(area, *, by=None, at=None, slug="damp", **more):
    """A concern told now, of something seen today."""
    at = at or now()
    told = {
        "theme": theme(slug), "area": area, "what": "Black mould on the stairs.",
        "seen_on": local(at).date(), "by": by, "at": at,
    }  # fmt: skip
    return telling.tell(**(told | more))[0]


def typed(area, **more):
    """What a visitor's form sends."""
    return {
        "client_key": "abcdefgh12345678", "theme": "damp", "area": area.slug,
        "what": "Water runs down the wall in the hallway.", "where": "Gale Street",
        "seen_on": local(now()).date().isoformat(), "sure": "saw", "about": "place", **more,
    }  # fmt: skip
