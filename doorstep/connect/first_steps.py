"""Where a first step may lead: gatherings stand on the same floor, so `web` hangs them up here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from doorstep.base.registry import Registry
from doorstep.people.models import Person


@dataclass(frozen=True)
class Place:
    """Somewhere a person can be expected: its key with the provider, name and moment."""

    key: str
    label: str
    starts_at: dt.datetime
    path: str = ""


@dataclass(frozen=True)
class Provider:
    """What knows such places.

    `places(person, viewer, at)` lists some near the person, soonest first; `expect(key, person=,
    by=, at=, name=, wishes=, phone=, client_key=)` puts them on the list, met by a greeter, and
    returns the Place (raises FullUp); `gives(person)` says in sentences what they do there now.
    """

    label: Any
    places: Callable[[Person, Person, dt.datetime], Sequence[Place]]
    expect: Callable[..., Place]
    gives: Callable[[Person], Sequence[str]]


class FullUp(Exception):
    """There is no place left, or it is over."""


providers: Registry[Provider] = Registry("where a first step may lead")
