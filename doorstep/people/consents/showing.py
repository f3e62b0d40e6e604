"""A consent or an override in plain words, for pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from doorstep.people.consents.actions import parts_in_order, recipient_of
from doorstep.people.consents.kinds import Recipient, labels, purposes
from doorstep.people.models import Consent, Override


@dataclass(frozen=True)
class Shown:
    """One row and its words."""

    row: Consent | Override
    label: Any
    recipient: Recipient
    parts: list[str]
    on_withdrawal: Any
    can_again: bool

    @property
    def openings(self) -> list[Any]:
        """Who outside has read what this allowed, newest first (sheets must be prefetched)."""
        found = [one for sheet in self.row.sheets.all() for one in sheet.openings.all()]
        return sorted(found, key=lambda one: one.at, reverse=True)


def shown(row: Consent | Override) -> Shown:
    """Return the row with what a page says of it."""
    known = purposes.get(row.purpose)
    return Shown(
        row=row,
        label=known.label if known else _("Something we don't do any more"),
        recipient=recipient_of(row),
        parts=labels(parts_in_order(row.parts)),
        on_withdrawal=known.on_withdrawal if known else "",
        can_again=bool(known and known.by_oneself),
    )


def parted(rows: Iterable[Consent]) -> tuple[list[Shown], list[Shown]]:
    """Return those that hold now or later, and those that are past."""
    live: list[Shown] = []
    past: list[Shown] = []
    for row in rows:
        (live if row.state in ("now", "later") else past).append(shown(row))
    return live, past
