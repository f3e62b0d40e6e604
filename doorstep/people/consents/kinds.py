"""What may be agreed to, with whom, and which parts of a record it can be about.

Higher floors add theirs in `AppConfig.ready()`.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from doorstep.base.registry import Registry

if TYPE_CHECKING:
    from doorstep.people.models import Consent, Person


@dataclass(frozen=True)
class Part:
    """One part of a person's record that can be passed on by itself.

    `label` stands in a list ("phone number"), `heading` beside a fact; `read(person)`
    gives it in words, "" for none.
    `logged_as` names it for the log of who looked, where that part is one that is logged.
    """

    label: Any
    heading: Any
    read: Callable[[Person], str]
    logged_as: str = ""


@dataclass(frozen=True)
class Purpose:
    """Something a person may say yes to.

    `ask` is the question as it is put to them, with %(recipient)s in it. `parts` are the most
    that may be passed on for it. `days` is the period until they say another; None goes on until
    they change their mind. `on_withdrawal` says what happens then. `by_oneself`: offered on one's
    own page. `can_override`: may stand in an override.
    """

    label: Any
    ask: Any
    parts: Sequence[str]
    recipients: Sequence[str]
    on_withdrawal: Any
    days: int | None = 182
    by_oneself: bool = True
    can_override: bool = True


@dataclass(frozen=True)
class RecipientKind:
    """A kind of recipient. `is_named`: which one has to be said, in `name_label`."""

    label: Any
    is_named: bool = True
    name_label: Any = ""


@dataclass(frozen=True)
class Recipient:
    """Who may have something: a kind, which one, and what it is called."""

    kind: str
    key: str = ""
    name: str = ""

    def __str__(self) -> str:
        known = recipients.get(self.kind)
        return self.name or (str(known.label) if known else self.kind)


parts: Registry[Part] = Registry("parts of a record")
purposes: Registry[Purpose] = Registry("purposes")
recipients: Registry[RecipientKind] = Registry("kinds of recipients")

# `function(consent, at)`, called inside the transaction in which a consent ends: take things down.
reactions: Registry[Callable[[Consent, dt.datetime], None]] = Registry("what follows a withdrawal")


def key_of(name: str) -> str:
    """Return the same key for the same name, however it is spaced or capitalised.

    Not the name itself: that somebody has to do with a clinic is nobody's business.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    folded = re.sub(r"[^\w]+", " ", folded).strip().removeprefix("the ")
    return salted_hmac("doorstep.people.recipient", folded).hexdigest()[:40]


def recipient(kind: str, name: str = "", key: str = "") -> Recipient:
    """Return the recipient of this kind; the key of a typed name is made from the name.

    Raises ValueError for a kind nobody registered, or a name that is missing.
    """
    known = recipients.get(kind)
    if known is None:
        raise ValueError(f"no kind of recipient {kind!r} is registered")
    if not known.is_named:
        return Recipient(kind)
    if not name.strip() and not key:
        raise ValueError("this kind of recipient needs a name")
    return Recipient(kind, key or key_of(name), name.strip())


def labels(keys: Iterable[str]) -> list[str]:
    """Return the words for parts, in the order of the registry."""
    wanted = set(keys)
    return [str(part.label) for key, part in parts.items() if key in wanted]


def _phone(person: Person) -> str:
    from doorstep.people import numbers

    account = getattr(person, "account", None)
    return numbers.shown(person.phone or (account.phone if account else "") or "")


def _email(person: Person) -> str:
    account = getattr(person, "account", None)
    return person.email or (account.email if account else "") or ""


def _languages(person: Person) -> str:
    from doorstep.people.tongues import named

    return ", ".join(str(tongue) for tongue in named(person.languages))


def register() -> None:
    """Hang up what this floor knows."""
    for order, (key, part) in enumerate(
        {
            "name": Part(
                _("name"),
                pgettext_lazy("of a person", "Name"),
                lambda who: who.full_name or who.known_as,
            ),
            "phone": Part(_("phone number"), _("Phone"), _phone, "phone"),
            "email": Part(_("e-mail"), _("E-mail"), _email, "email"),
            "area": Part(_("ward"), _("Ward"), lambda who: str(who.home or "")),
            "postcode": Part(_("postcode"), _("Postcode"), lambda who: who.postcode, "address"),
            "languages": Part(_("languages"), _("Languages"), _languages),
            "access": Part(
                _("what makes things easier"),
                _("What makes it easier"),
                lambda who: who.access_needs,
            ),
        }.items()
    ):
        parts.add(key, part, order=10 + order)
    # The words of whoever passes it on; kept with the sheet, not with the record.
    parts.add(
        "asked", Part(_("what was asked for"), _("What they asked for"), lambda who: ""), order=90
    )

    recipients.add("hub", RecipientKind(_("the council’s community hub"), is_named=False), order=10)
    recipients.add(
        "health",
        RecipientKind(_("a health service"), name_label=_("Which doctor, clinic or service?")),
        order=20,
    )
    recipients.add(
        "organisation",
        RecipientKind(_("a group or organisation"), name_label=_("Which group or organisation?")),
        order=30,
    )
    recipients.add(
        "neighbour",
        RecipientKind(_("a neighbour"), name_label=_("Which neighbour? Their full name")),
        order=40,
    )

    everything = ("name", "phone", "email", "area", "postcode", "languages", "access", "asked")
    purposes.add(
        "help",
        Purpose(
            label=_("Getting help with what you asked for"),
            ask=_(
                "May %(recipient)s have these details, so that they can help with what you "
                "asked for?"
            ),
            parts=everything,
            recipients=("hub", "health", "organisation", "neighbour"),
            on_withdrawal=_("They must stop, and the link to your details is dead at once."),
            days=182,
        ),
        order=10,
    )
    purposes.add(
        "calls",
        Purpose(
            label=_("Ringing you for a chat"),
            ask=_("May %(recipient)s have your number, and ring you for a friendly chat?"),
            parts=("name", "phone", "languages", "access"),
            recipients=("hub", "organisation", "neighbour"),
            on_withdrawal=_("The calls stop, and the link to your number is dead at once."),
            days=365,
        ),
        order=20,
    )
    purposes.add(
        "messages",
        Purpose(
            label=_("Bringing you messages"),
            ask=_("May %(recipient)s get your messages from us, and bring them to you?"),
            parts=("name", "phone", "area", "languages"),
            recipients=("neighbour", "organisation"),
            on_withdrawal=_("They get no more of your messages, from this minute."),
            days=365,
            can_override=False,
        ),
        order=30,
    )
    purposes.add(
        "health",
        Purpose(
            label=_("Looking after your health together"),
            ask=_(
                "May %(recipient)s have these details, so that your care and the help of "
                "neighbours fit together?"
            ),
            parts=everything,
            recipients=("health",),
            on_withdrawal=_("They get nothing more from us, and the link is dead at once."),
            days=182,
        ),
        order=40,
    )
