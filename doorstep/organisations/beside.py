"""What is found beside services: offers, and what floors above bring (teams, gatherings).

kinds.add("teams", Kind(_("Teams"), "users", entries, show))     # in AppConfig.ready()
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from doorstep.base.registry import Registry
from doorstep.base.time import local, today
from doorstep.organisations.models import Offer
from doorstep.people.models import Person


@dataclass(frozen=True)
class Shown:
    """One thing found, as a list shows it."""

    pk: int
    title: str
    url: str
    text: str = ""
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of thing that can be found.

    `entries()` returns (id, name, description, where) of everything that may be found by
    anybody at all; `show(viewer, ids, at)` those of the ids the viewer may see now, any order.
    """

    label: Any
    icon: str
    entries: Callable[[], Iterable[tuple[int, str, str, str]]]
    show: Callable[[Person | None, Sequence[int], dt.datetime], Iterable[Shown]]


kinds: Registry[Kind] = Registry("what is found beside services")


def offers() -> Iterable[tuple[int, str, str, str]]:
    """Return what organisations can be called on for today, as finding takes it."""
    for one in Offer.objects.open_on(today()).select_related("organisation").order_by("pk"):
        text = " ".join(part for part in (one.details, one.for_whom) if part)
        yield one.pk, one.what, text, one.organisation.name


def show_offers(viewer: Person | None, ids: Sequence[int], at: dt.datetime) -> Iterable[Shown]:
    """Return the offers that can be called on now: anybody sees them."""
    rows = Offer.objects.open_on(local(at).date()).filter(pk__in=ids).select_related("organisation")
    for one in rows:
        facts = tuple(part for part in (one.organisation.name, one.for_whom) if part)
        yield Shown(one.pk, one.what, one.organisation.get_absolute_url(), one.details, facts)
