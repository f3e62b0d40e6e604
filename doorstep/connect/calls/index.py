"""What a call may be matched with, ready to be searched.

Made by the worker, kept in the data folder. It holds what offers, teams, gatherings and neighbours
say about themselves, and no call.
"""

from __future__ import annotations

import hashlib

from django.db import connection
from django.db.models import Count, Max, Sum

from doorstep.base import stamps
from doorstep.base.time import today
from doorstep.connect.calls.sources import NOTICE, Kind, offer_entries, sources
from doorstep.notices.models import Channel, Preference
from doorstep.organisations.finding import engine, store
from doorstep.people.models import Account, Person


def entries() -> list[engine.Entry]:
    """Return everything a call may go to, as the engine takes it."""
    return [one for source in sources for one in source.entries()]


def rows() -> str | None:
    """Return a word that stays while nothing of all that is listed changes, or None.

    A borough lists 80,000 neighbours and gatherings, and hardly one changes between two looks.
    """
    if connection.vendor == "postgresql":
        return "|".join(source.word() for source in sources)
    watched = stamps.said_of("people_person", "teams_team", "places_area", "gatherings_gathering")
    if watched is None or {name for name, _source in sources.items()} - _LOOKED_AT:
        return None
    # What raises no stamp: somebody new, who can't sign in, who wants to hear nothing, offers.
    newest = Person.objects.aggregate(last=Max("pk"))["last"]
    shut = Account.objects.filter(is_active=False).aggregate(many=Count("pk"), all=Sum("pk"))
    accounts = Account.objects.aggregate(last=Max("pk"))["last"]
    quiet = Preference.objects.filter(
        kind=NOTICE, channel=Channel.IN_APP, is_wanted=False
    ).aggregate(many=Count("pk"), all=Sum("pk"))
    offers = hashlib.blake2b(repr(list(offer_entries())).encode(), digest_size=12).hexdigest()
    facts = (watched, newest, *shut.values(), accounts, *quiet.values(), today(), offers)
    return "|".join(map(str, facts))


_LOOKED_AT = {Kind.OFFER, Kind.TEAM, Kind.GATHERING, Kind.PERSON}
_shelf = store.Shelf("calls", entries, rows=rows)
folder, rebuild, turn, index, forget = (
    _shelf.folder, _shelf.rebuild, _shelf.turn, _shelf.index, _shelf.forget
)  # fmt: skip
