"""What waits for an organisation: referrals and calls, brought by the floors above.

waiting.add("referrals", referrals_for)        # in AppConfig.ready()
def referrals_for(person, organisation) -> list[Waiting]: ...
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from doorstep.base.registry import Registry
from doorstep.organisations.models import Organisation
from doorstep.people.models import Person


@dataclass(frozen=True)
class Waiting:
    """One thing that waits for an answer. `words` say what, never about whom."""

    words: Any
    path: str
    since: dt.datetime
    icon: str = "inbox"


# `function(person, organisation) -> what waits`, asked for people with a position there.
waiting: Registry[Callable[[Person, Organisation], Iterable[Waiting]]] = Registry(
    "what waits for an organisation"
)


def waiting_for(person: Person, organisation: Organisation) -> list[Waiting]:
    """Return what waits for the organisation that this person may answer, the oldest first."""
    found = [one for ask in waiting for one in ask(person, organisation)]
    return sorted(found, key=lambda one: one.since)
