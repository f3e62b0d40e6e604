"""The fund's log, and refusals: both are written down, as facts that each reader has in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.db import transaction

from doorstep.grants import sentences
from doorstep.grants.models import Fund, FundEvent, Idea
from doorstep.grants.sentences import Said
from doorstep.people.models import Person

T = TypeVar("T")


class Refused(Exception):
    """Why something can't be done, in a sentence to show and to write down."""

    def __init__(self, why: Said | str) -> None:
        super().__init__(why)
        self.why = why if isinstance(why, Said) else Said(why)

    def __str__(self) -> str:
        return str(self.why)


def note(
    fund: Fund, what: Said, *, by: Person | None, at: dt.datetime, idea: Idea | None = None
) -> FundEvent:
    """Write a line in the fund's log."""
    return FundEvent.objects.create(fund=fund, idea=idea, by=by, at=at, facts=what.kept())


def told(events: Iterable[FundEvent]) -> list[FundEvent]:
    """Return lines of a log, ready to be said: one query for all the people they name."""
    rows = list(events)
    names = sentences.names_in(row.facts for row in rows)
    for row in rows:
        row.names = names
    return rows


def attempt(
    verb: Callable[..., T],
    *args: Any,
    fund: Fund,
    by: Person,
    at: dt.datetime,
    idea: Idea | None = None,
    **words: Any,
) -> T:
    """Do it; where it is refused, write that down (the verb itself is undone) and say so."""
    try:
        with transaction.atomic():
            return verb(*args, by=by, at=at, **words)
    except Refused as refused:
        note(fund, refused.why, by=by, at=at, idea=idea)
        raise
