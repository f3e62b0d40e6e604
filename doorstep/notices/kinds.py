"""The kinds of notices, registered by the app that sends them in `AppConfig.ready()`."""

from dataclasses import dataclass
from typing import Any

from doorstep.base.registry import Registry


@dataclass(frozen=True)
class Kind:
    """One kind of notice, as a person meets it among their preferences.

    `by_email` says whether e-mail is on until the person says otherwise.
    `is_essential` ones (a gathering called off, a moderator's decision) can't be switched off
    in the site itself, and ignore quiet hours only where `cannot_wait`. `subject` is the line
    others may see on a locked screen, where the label would be odd there: never who or what.
    """

    label: Any
    by_email: bool = False
    is_essential: bool = False
    cannot_wait: bool = False
    subject: Any = ""


kinds: Registry[Kind] = Registry("the kinds of notices")
