"""What can be read, why, and as what: the words both the reader and the person see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Registry
from doorstep.people.models import Person, RoleHolding


@dataclass(frozen=True)
class Readable:
    """Something of a person's that is logged when somebody else opens it.

    `label` is said to the person ("your phone number"), `name` to everybody else. One that is
    `hidden_from_subject` is kept for those who answer for it: whoever it is about never sees the
    row, a copy of it or a count with it in, nor does anybody who reviews what was unusual.
    """

    label: Any
    name: Any
    hidden_from_subject: bool = False


@dataclass(frozen=True)
class Reason:
    """Why somebody looked.

    `label` is what the reader chooses, `told` what the person reads after "because". One that
    `needs_words` says too little alone; only those `offered` are chips on the record page.
    """

    label: Any
    told: Any
    needs_words: bool = False
    offered: bool = True


readables: Registry[Readable] = Registry("what the read log knows")
reasons: Registry[Reason] = Registry("why people look")
# As what somebody looked, where it is no role of `RoleHolding`: "greeter" -> "your greeter".
capacities: Registry[Any] = Registry("as what people look")
# `function(person) -> ids of people who are the same`: whoever joins two records fills it.
same_person: Registry[Callable[[Person], set[int]]] = Registry("records joined into one")

readables.add("record", Readable(_("your record"), _("the record")), order=1)
readables.add("phone", Readable(_("your phone number"), _("the phone number")), order=2)
readables.add("email", Readable(_("your e-mail address"), _("the e-mail address")), order=3)
readables.add("address", Readable(_("your postcode or address"), _("the address")), order=4)
readables.add("contact", Readable(_("how to reach you"), _("how to reach them")), order=5)
readables.add("history", Readable(_("what we had written before"), _("what was written before")))
readables.add("print", Readable(_("the list of who looked"), _("the log, to print it")))
readables.add("case", Readable(_("a case of yours"), _("a case")))
readables.add("file", Readable(_("a private file of yours"), _("a private file")))

reasons.add("contact", Reason(_("They got in touch"), _("you got in touch")), order=1)
reasons.add("helping", Reason(_("To arrange help"), _("to arrange help for you")), order=2)
reasons.add(
    "checking",
    Reason(_("To see if they are all right"), _("to see whether you're all right")),
    order=3,
)
reasons.add("correcting", Reason(_("To put something right"), _("to put something right")), order=4)
reasons.add(
    "asked_for_data",
    Reason(_("They asked what we hold"), _("you asked what we hold about you")),
    order=5,
)
reasons.add(
    "safety",
    Reason(_("To keep somebody safe"), _("to keep somebody safe"), needs_words=True),
    order=6,
)
reasons.add(
    "other", Reason(_("Something else"), _("for another reason"), needs_words=True), order=9
)
reasons.add(
    "emergency",
    Reason(
        _("An emergency outside my role"),
        _("in an emergency, outside their usual work"),
        needs_words=True,
        offered=False,
    ),
)
reasons.add(
    "gathering",
    Reason(_("For a gathering"), _("for a gathering you are part of"), offered=False),
)
reasons.add("greeting", Reason(_("To welcome them"), _("to welcome you"), offered=False))
reasons.add("task", Reason(_("For a task"), _("for a task they do for you"), offered=False))
reasons.add(
    "wrote", Reason(_("They wrote it down"), _("they wrote it down for you"), offered=False)
)

capacities.add("host", _("your host"))
capacities.add("greeter", _("your greeter"))


def hidden() -> list[str]:
    """Return the names of readables that are never shown to whoever they are about."""
    return [name for name, one in readables.items() if one.hidden_from_subject]


def role_label(role: str) -> Any:
    """Return a reader's role in words, "" for none."""
    if role in RoleHolding.Role.values:
        return RoleHolding.Role(role).label
    return capacities.get(role) or ""
