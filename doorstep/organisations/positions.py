"""Positions as the house's scopes of roles know them."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from doorstep.organisations import rules
from doorstep.organisations.models import Organisation, Position
from doorstep.people.models import Person
from doorstep.people.roles.scopes import Row, Scope, holdings, scopes

KIND = "organisation"
MOST_SHOWN = 50


def _find(key: str) -> Organisation | None:
    return Organisation.objects.filter(pk=key).first() if key.isdigit() else None


def _name_of(key: str) -> str:
    found = _find(key)
    return found.name if found else ""


def _may_grant(person: Person, key: str) -> bool:
    found = _find(key)
    return found is not None and rules.can_manage_positions(person, found)


def _path_of(key: str) -> str:
    found = _find(key)
    return found.get_absolute_url() if found else ""


def who_holds_positions(words: str) -> Iterator[Row]:
    """Return who looks after which organisation, for the administrators' page."""
    held = Position.objects.held().select_related("person", "organisation")
    if words:
        held = held.filter(person__known_as__icontains=words)
    for one in held.order_by("person__known_as", "pk")[:MOST_SHOWN]:
        yield Row(
            person=one.person,  # type: ignore[arg-type]
            role=one.get_role_display(),
            where=one.organisation.name,
            path=one.organisation.get_absolute_url(),
            since=one.accepted_at,
        )


def register() -> None:
    """Hang organisations up where roles are held."""
    scopes.add(
        KIND, Scope(_("Organisation"), name_of=_name_of, may_grant=_may_grant, path_of=_path_of)
    )
    holdings.add("organisations", who_holds_positions)
