"""Two records side by side, and what came after they were joined, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from doorstep.base.declaring import holdings_of
from doorstep.design.templatetags.design import day
from doorstep.people import numbers
from doorstep.people.merging import movers
from doorstep.people.merging.details import CHOICES, CONTACT, differing
from doorstep.people.merging.suggesting import AGAINST, REASONS
from doorstep.people.models import Merge, Pair, Person
from doorstep.people.tongues import named


@dataclass(frozen=True)
class Line:
    """One detail of both: `how` is same, differ, kept (only the first has it) or gone."""

    label: Any
    how: str
    kept: str
    gone: str


@dataclass(frozen=True)
class PairShown:
    """A suggested pair: which record would stay, and why it is suggested."""

    pair: Pair
    kept: Person
    gone: Person
    reasons: list[Any]
    against: list[Any]


def in_order(one: Person, other: Person) -> tuple[Person, Person]:
    """Return (kept, gone): whoever signs in is kept, else the older record."""
    has = [hasattr(person, "account") for person in (one, other)]
    if has[0] != has[1]:
        return (one, other) if has[0] else (other, one)
    return (
        (one, other) if (one.created_at, one.pk) <= (other.created_at, other.pk) else (other, one)
    )


def shown_pairs(pairs: Iterable[Pair], me: Person) -> list[PairShown]:
    found = []
    for pair in pairs:
        kept, gone = in_order(pair.one, pair.other)
        found.append(
            PairShown(
                pair,
                kept,
                gone,
                [REASONS[name] for name in pair.reasons if name in REASONS and name not in AGAINST],
                [REASONS[name] for name in pair.reasons if name in AGAINST],
            )
        )
    return found


def value(person: Person, name: str) -> str:
    """Return one detail as it is shown."""
    raw = getattr(person, name)
    if not raw:
        return ""
    if name == "phone":
        return numbers.shown(raw)
    if name == "born_on":
        return f"{day(raw)} {raw.year}" if str(raw.year) not in day(raw) else day(raw)
    return str(raw)


def lines(kept: Person, gone: Person, *, with_contact: bool) -> list[Line]:
    """Return what both records say; numbers and addresses only once a reason was given."""
    choose = set(differing(kept, gone)) if with_contact else set()
    found = []
    for name, label in CHOICES.items():
        if name == "reads":
            continue
        mine, theirs = value(kept, name), value(gone, name)
        if (not mine and not theirs) or name in choose:
            continue
        raw = (getattr(kept, name), getattr(gone, name))
        how = (
            "same"
            if raw[0] == raw[1]
            else "differ"
            if mine and theirs
            else "kept"
            if mine
            else "gone"
        )
        hides = not with_contact and (name in CONTACT or name == "born_on")
        if hides:
            mine, theirs = ("•••" if mine else ""), ("•••" if theirs else "")
        found.append(Line(label, how, mine, theirs))
    spoken = [", ".join(str(word) for _code, word in named(p.languages)) for p in (kept, gone)]
    if any(spoken):
        how = "same" if spoken[0] == spoken[1] else "both"
        found.append(Line(_("Speaks"), how, *spoken))
    if with_contact and (kept.access_needs or gone.access_needs):
        how = "same" if kept.access_needs == gone.access_needs else "both"
        found.append(Line(_("Makes it easier"), how, kept.access_needs, gone.access_needs))
    return found


def since(merge: Merge) -> list[tuple[str, str]]:
    """Return (key, words) of what came after joining, for whoever parts them."""
    found = []
    for key, row in movers.since(merge):
        held = holdings_of(type(row))
        label = str(held[0].label if held else row._meta.verbose_name)
        when = _moment(row)
        found.append((key, f"{label}, {day(when)}" if when else label))
    return found


def _moment(row: models.Model) -> dt.datetime | None:
    for field in row._meta.concrete_fields:
        if isinstance(field, models.DateTimeField):
            moment = getattr(row, field.attname)
            if moment is not None:
                return moment
    return None
