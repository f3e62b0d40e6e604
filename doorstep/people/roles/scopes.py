"""Where a role may be held besides an area: a team, an organisation, a fund, a case.

A higher floor adds its kind in `AppConfig.ready()`; a holding then keeps `scope_kind` (the name it
was added under) and `scope_key`, and `rules.holds(…, scope=(kind, key))` asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from doorstep.base.registry import Registry
from doorstep.people.models import Person

AREA = "area"


@dataclass(frozen=True)
class Scope:
    """One kind of place in which roles are held.

    `name_of(key)` is its name ("" when it is gone), `may_grant(person, key)` who gives roles in it,
    `path_of(key)` where a link to it leads, `roles` which roles can be held in it.
    """

    label: Any
    name_of: Callable[[str], str]
    may_grant: Callable[[Person, str], bool]
    path_of: Callable[[str], str] = lambda _key: ""
    roles: frozenset[str] = frozenset()


scopes: Registry[Scope] = Registry("where roles are held")


def name_of(kind: str, key: str) -> str:
    """Return the name of a scope, its key where nobody knows it any more."""
    scope = scopes.get(kind)
    return (scope.name_of(key) if scope else "") or key


@dataclass(frozen=True)
class Row:
    """Something like a role that is given elsewhere, for the administrators' page to show."""

    person: Person
    role: Any
    where: str
    path: str
    since: Any


# `function(words) -> rows`: people who do a thing by what they are in, such as hosts of teams.
# `words` narrows to people whose name holds them; at most 50 rows.
holdings: Registry[Callable[[str], Iterable[Row]]] = Registry("what works like a role")
