"""Doors of other floors that the front door leads to, and the one to one-to-one work below."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from doorstep.base.registry import Registry
from doorstep.organisations.finding.text import plain
from doorstep.people.models import Person
from doorstep.places.models import Area


@dataclass(frozen=True)
class Asked:
    """What was said, for whoever suggests: the words, the same in English, where, by whom."""

    words: str
    english: str
    area: Area | None
    viewer: Person | None
    at: dt.datetime


@dataclass(frozen=True)
class Door:
    """One next thing that another part of the house offers: where it leads, and why."""

    label: Any
    why: Any
    url: str
    icon: str


# Doors of the floors that stand beside or above: one-to-one work, a concern. `fn(asked)` returns
# a Door, or None where it isn't right.
doors: Registry[Callable[[Asked], Door | None]] = Registry("doors that the front door leads to")


# Long and lonely, or stuck in many things at once: an errand alone won't do.
_ALONE = re.compile(
    r"\b(lonel\w*|isolat\w*|on my own|all alone|nobody to talk|no one to talk|talk to nobody|"
    r"no friends|widow\w*|haven't spoken|grie\w*|since (?:he|she|my \w+) died)\b"
)
_LONG = re.compile(r"\b(months?|years?|weeks|always|never|ages|any ?more|since|every day)\b")


def one_to_one(asked: Asked) -> Door | None:
    """Somebody who walks beside a person, where the words tell of being alone for long."""
    said = plain(asked.english)
    if not (_ALONE.search(said) and _LONG.search(said)):
        return None
    try:
        url = reverse("connect:refer")
    except NoReverseMatch:
        return None
    return Door(
        label=_("Somebody who gets to know you"),
        why=_("because you wrote of being alone for long: they stay, and find out what matters"),
        url=url,
        icon="heart-handshake",
    )


def open_doors() -> None:
    """Hang them up; called once when the app is ready."""
    doors.add("one-to-one", one_to_one, order=10)
