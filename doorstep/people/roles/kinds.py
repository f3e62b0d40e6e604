"""What each role opens and asks for; a role that nothing stands behind is not offered.

The app that puts something behind a role says so in `AppConfig.ready()`:
`offered.add("moderator", Opens(_("read what neighbours flag, and decide")))`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Registry
from doorstep.people.models import RoleHolding

_Role = RoleHolding.Role


@dataclass(frozen=True)
class Opens:
    """What a role lets its holder do, in a few plain words after “You can”."""

    what: Any


offered: Registry[Opens] = Registry("the roles that can be given")

# Two administrators decide together who gets one of these.
NEEDS_TWO = frozenset({_Role.ADMINISTRATOR, _Role.SAFEGUARDING})

PROMISE = _(
    "What you read here about a neighbour stays here. You look only when your task needs it, and "
    "they can see that you did."
)
SECOND_STEP = _("You set up a second lock on your account before anything opens.")
ADMINISTERS = _("You keep the place running. No story of anybody opens to you by that.")


def asks_of(role: str) -> list[Any]:
    """Return what somebody promises who takes a role on, in sentences."""
    asked: list[Any] = [PROMISE]
    if role == _Role.ADMINISTRATOR:
        asked.append(ADMINISTERS)
    if role in RoleHolding.SEES_CASES:
        asked.append(SECOND_STEP)
    return asked


def choices() -> list[tuple[str, Any]]:
    """Return the roles on offer, as (name, label), in the order of the product's words."""
    names = {name for name, _opens in offered.items()}
    return [(role.value, role.label) for role in _Role if role.value in names]
