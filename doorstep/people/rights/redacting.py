"""Leaving other people out of what one person is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext as _

from doorstep.base.registry import Registry
from doorstep.people.models import Person

# Ids of people whom somebody may have named in their words, or others in words about them:
# `function(person) -> ids`. Filled by the floors that know who meets whom.
companions: Registry[Callable[[Person], Iterable[int]]] = Registry("who may be named in words")

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_PHONE = re.compile(r"(?<![\w/.])\+?\(?\d[\d ()\-]{8,16}\d(?!\w)")
_ADDRESS = re.compile(r"/people/[a-z0-9]{4,12}(?=/|\b)")
_AT = re.compile(r"(?<!\w)@(?!\s)[^\s@,.;:!?]+")


class Redactor:
    """Takes other people's names, numbers and addresses out of words; the person's own stay."""

    def __init__(self, person: Person, others: Iterable[int]) -> None:
        own = {person.known_as.casefold(), person.full_name.casefold()}
        self._own_words = {word for name in own for word in name.split()}
        account = getattr(person, "account", None)
        contacts = [person.phone, person.email]
        contacts += [account.phone, account.email] if account else []
        self._contacts = {_bare(value) for value in contacts if value}
        self._handle = person.handle
        self._own_at = f"@{person.known_as.split()[0]}".casefold() if person.known_as else "@"
        names: set[str] = set()
        ids = sorted({pk for pk in others if pk and pk != person.pk})
        for start in range(0, len(ids), 500):
            rows = Person.objects.filter(pk__in=ids[start : start + 500])
            for other in rows.only("pk", "known_as", "full_name", "handle"):
                names |= set(self._names_of(other))
        self._names = self._pattern(names)
        self.instead = _("a neighbour")

    def _names_of(self, other: Person) -> Iterable[str]:
        for name in (other.known_as, other.full_name):
            name = name.strip()
            if not name or name.casefold() in self._own_words:
                continue
            yield name
            first = name.split()[0]
            if len(first) >= 3 and first != name and first.casefold() not in self._own_words:
                yield first
        yield other.handle

    @staticmethod
    def _pattern(names: set[str]) -> re.Pattern[str] | None:
        if not names:
            return None
        longest_first = sorted(names, key=len, reverse=True)
        # Names are written with a capital: "rose" the flower stays.
        return re.compile(r"(?<!\w)@?(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")

    def words(self, text: str) -> str:
        """Return the text without others in it."""
        text = _EMAIL.sub(self._contact(_("an e-mail address")), text)
        text = _PHONE.sub(self._contact(_("a number")), text)
        text = _ADDRESS.sub(
            lambda found: found[0] if found[0].endswith(f"/{self._handle}") else "/people/…", text
        )
        if self._names is not None:
            text = self._names.sub(self.instead, text)
        return _AT.sub(
            lambda found: found[0] if found[0].casefold() == self._own_at else self.instead, text
        )

    def _contact(self, instead: str) -> Callable[[re.Match[str]], str]:
        return lambda found: found[0] if _bare(found[0]) in self._contacts else f"[{instead}]"

    def value(self, value: Any) -> Any:
        """Return a JSON value without others in it: text, lists and dicts are gone through."""
        if isinstance(value, str):
            return self.words(value)
        if isinstance(value, dict):
            return {key: self.value(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(inner) for inner in value]
        return value


def _bare(contact: str) -> str:
    """Return an e-mail or number in the one way it is compared."""
    if "@" in contact:
        return contact.casefold()
    digits = re.sub(r"\D", "", contact)
    return digits.removeprefix("44").lstrip("0")
