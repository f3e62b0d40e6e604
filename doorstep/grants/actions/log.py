"""The fund's log, and refusals: both are written down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction

from doorstep.grants.models import Fund, FundEvent, Idea
from doorstep.people.models import Person

T = TypeVar("T")


class Refused(Exception):
    """Why something can't be done, in a sentence to show and to write down."""


def note(
    fund: Fund, what: str, *, by: Person | None, at: dt.datetime, idea: Idea | None = None
) -> FundEvent:
    """Write a line in the fund's log."""
    return FundEvent.objects.create(fund=fund, idea=idea, by=by, at=at, what=str(what)[:300])


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
    except Refused as why:
        note(fund, f"{why}", by=by, at=at, idea=idea)
        raise
