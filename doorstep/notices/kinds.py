"""The kinds of notices, registered by the app that sends them in `AppConfig.ready()`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doorstep.base.registry import Registry

if TYPE_CHECKING:  # apps import this module before the models are there
    from doorstep.people.models import Person


@dataclass(frozen=True)
class Kind:
    """One kind of notice, as a person meets it among their preferences.

    `by_email` says whether e-mail is on until the person says otherwise.
    `is_essential` ones (a gathering called off, a moderator's decision) can't be switched off
    in the site itself, and ignore quiet hours only where `cannot_wait`. `subject` is the line
    others may see on a locked screen, where the label would be odd there: never who or what.
    `only_for(person)` says who chooses about it; None is everybody. Essential ones, and those a
    child waits for (`tells_children`), reach a child also from a grown-up they don't know, but
    without that person's words.
    """

    label: Any
    by_email: bool = False
    is_essential: bool = False
    cannot_wait: bool = False
    subject: Any = ""
    only_for: Callable[[Person], bool] | None = None
    tells_children: bool = False


kinds: Registry[Kind] = Registry("the kinds of notices")
