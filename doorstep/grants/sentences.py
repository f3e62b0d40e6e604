"""Sentences that remember what they say, so that each reader has them in their own language.

    from doorstep.grants.sentences import said as _

    raise Refused(_("A mark is from %(low)d to %(high)d.") % {"low": 1, "high": 5})

`str()` says it in the language of whoever reads just now; `kept()` is what the fund's log keeps:
`[sentence as it stands in the code, what it needs]`. What it needs may be a person (kept as who
they are, so that a name that is taken away is gone here too), a label or another sentence (said
in the reader's language), several of these in a list, or a value that is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, override

from doorstep.people.models import Person


class Said:
    """One sentence: its words as they stand in the code, and what it needs."""

    def __init__(self, words: str, needs: Mapping[str, Any] | None = None) -> None:
        self.words, self.needs = words, needs

    def __mod__(self, needs: Mapping[str, Any]) -> Said:
        return Said(self.words, needs)

    def __str__(self) -> str:
        words = gettext(self.words) if self.words else ""
        if self.needs is None:
            return words
        return words % {name: _plain(value) for name, value in self.needs.items()}

    def kept(self) -> list[Any]:
        """Return it as JSON can hold it."""
        if self.needs is None:
            return [self.words]
        return [self.words, {name: _kept(value) for name, value in self.needs.items()}]


def said(words: str) -> Said:
    """Mark a sentence for translation; takes what it needs by `%`, as any other does."""
    return Said(words)


def _plain(value: Any) -> Any:
    if isinstance(value, Person):
        return value.known_as
    if isinstance(value, list):
        parts = [str(_plain(one)) for one in value]
        return ("; " if any("," in part for part in parts) else ", ").join(parts)
    return value if isinstance(value, int | str) else str(value)


def _kept(value: Any) -> Any:
    if isinstance(value, Person):
        return {"person": value.pk}
    if isinstance(value, Said):
        return {"said": value.kept()}
    if isinstance(value, Promise):
        # A label: its words as they stand in the code.
        with override(None):
            return {"said": [str(value)]}
    if isinstance(value, list):
        return [_kept(one) for one in value]
    return value if isinstance(value, int | str) else str(value)


def from_kept(kept: list[Any], names: Mapping[int, str]) -> Said:
    """Return the sentence that was kept; `names` are those of the people in it, by id."""
    words, *needs = kept
    if not needs:
        return Said(words)
    return Said(words, {name: _found(value, names) for name, value in needs[0].items()})


def _found(value: Any, names: Mapping[int, str]) -> Any:
    if isinstance(value, list):
        return [_found(one, names) for one in value]
    if isinstance(value, dict):
        return from_kept(value["said"], names) if "said" in value else names[value["person"]]
    return value


def names_in(many: Iterable[list[Any]]) -> dict[int, str]:
    """Return the names, as they are now, of everybody in these kept sentences: one query at most.

    Whose record is gone is nobody's name.
    """
    people: set[int] = set()
    for kept in many:
        _look_for_people(kept, people)
    found = dict.fromkeys(people, "…")
    if people:
        found |= dict(Person.objects.filter(pk__in=people).values_list("pk", "known_as"))
    return found


def _look_for_people(value: Any, found: set[int]) -> None:
    if isinstance(value, dict):
        if "person" in value and isinstance(value["person"], int):
            found.add(value["person"])
        for inner in value.values():
            _look_for_people(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _look_for_people(inner, found)
