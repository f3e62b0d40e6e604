"""Where a tap on “Worried about someone?” came from: sealed words in an address, never a number.

Higher floors add their kinds to `things`; `about_address(kind, pk)` gives the address to link to.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Registry
from doorstep.people.models import Person

LASTS = 7 * 24 * 60 * 60  # seconds


@dataclass(frozen=True)
class Subject:
    """What an alert can be about: the words to show, the person if it's one, and the way there."""

    words: str
    person: Person | None = None
    path: str = ""


@dataclass(frozen=True)
class Thing:
    """A kind of page an alert can come from. `find(viewer, pk)` is None where they can't see it."""

    label: Any
    find: Callable[[Person | None, int], Subject | None]


things: Registry[Thing] = Registry("what an alert can come from")


@lru_cache(1)
def _sealer(secret: str) -> Fernet:
    key = hashlib.sha256(b"safeguarding.about:" + secret.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def token(kind: str, pk: int) -> str:
    """Return sealed words for one thing; they tell nothing to whoever reads an address."""
    words = json.dumps([kind, pk]).encode()
    return _sealer(settings.SECRET_KEY).encrypt(words).decode()


def about_address(kind: str, pk: int) -> str:
    """Return the address of the form, filled with this thing."""
    return f"{reverse('safeguarding:worried')}?about={token(kind, pk)}"


def read(words: str, viewer: Person | None) -> tuple[str, Subject] | None:
    """Return (kind, subject) of genuine sealed words, as far as the viewer can see it."""
    if not words or len(words) > 400:
        return None
    try:
        kind, pk = json.loads(_sealer(settings.SECRET_KEY).decrypt(words.encode(), ttl=LASTS))
        thing = things.get(str(kind))
        found = thing.find(viewer, int(pk)) if thing else None
    except (InvalidToken, ValueError, TypeError, UnicodeError):
        return None
    return (kind, found) if found else None


def _find_person(viewer: Person | None, pk: int) -> Subject | None:
    them = Person.objects.visible_to(viewer).filter(pk=pk).first()
    return Subject(them.known_as, them, them.get_absolute_url()) if them else None


def register() -> None:
    """Called once, in `ready()`."""
    things.add("person", Thing(_("a neighbour's page"), _find_person))
