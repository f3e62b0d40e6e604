"""What in a story looks like somebody's name, address or number, for its writer to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from doorstep.connect import deidentify

LABELS = {
    "name": _("a name"),
    "address": _("an address"),
    "postcode": _("a postcode"),
    "phone": _("a phone number"),
    "email": _("an e-mail address"),
    "nhs_number": _("an NHS number"),
    "date_of_birth": _("a date of birth"),
    "rare_detail": _("something few people have or do"),
}
# A writer who is asked about every half sentence stops looking.
SURE_OF_RARE = 0.7


@dataclass(frozen=True)
class Mark:
    """Something that may tell whose story it is; `start` and `end` count characters."""

    start: int
    end: int
    kind: str

    @property
    def label(self) -> object:
        return LABELS.get(self.kind, _("a private detail"))


def find(text: str) -> list[Mark]:
    """Return the marks in `text`, in order, none inside another."""
    return [
        Mark(one.start, one.end, str(one.kind))
        for one in deidentify.find(text)
        if one.kind != "rare_detail" or one.sure >= SURE_OF_RARE
    ]


def words_of(text: str, marks: Sequence[Mark]) -> list[tuple[str, str]]:
    """Return (words, kind) of each mark, each once."""
    return list(dict.fromkeys((text[one.start : one.end], one.kind) for one in marks))


def shown(text: str, marks: Sequence[Mark]) -> SafeString:
    """Return the text as HTML, what is marked in <mark>."""
    out, at = [], 0
    for one in marks:
        out.append((text[at : one.start], text[one.start : one.end]))
        at = one.end
    body = format_html_join("", "{}<mark>{}</mark>", out)
    return mark_safe(format_html("{}{}", body, text[at:]).replace("\n", "<br>"))
