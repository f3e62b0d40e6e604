"""How calls go: the few honest figures everybody who takes part may read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import ceil
from statistics import median

from django.utils.translation import gettext as _

from doorstep.connect.calls.models import Call, CallAsk

YEAR = dt.timedelta(days=365)
FEW = 5  # below this, nothing is said: it might tell whose call it was


@dataclass(frozen=True)
class Figures:
    """One year of calls. `days` is the half-way mark to a first yes, None where there are few.

    A call without a yes counts as waiting for ever, so that a slow year doesn't look quick.
    """

    calls: int
    with_yes: int
    without_yes: int  # over, or out for longer than the usual wait, and nobody could
    days: float | None
    asked: int
    answered: int
    silent: int
    longest: int | None  # days that the longest of those out has waited for a yes
    happened: int

    @property
    def said_yes(self) -> str:
        return said(self.with_yes, self.calls)

    @property
    def said_without(self) -> str:
        return said(self.without_yes, self.calls)

    @property
    def said_happened(self) -> str:
        return said(self.happened, self.calls)

    @property
    def said_silent(self) -> str:
        return said(self.silent, self.asked)

    @property
    def half_days(self) -> int | None:
        """The half-way mark in whole days, rounded up: never said quicker than it was."""
        return None if self.days is None else ceil(self.days)

    @property
    def is_few(self) -> bool:
        return self.calls < FEW


def said(part: int, whole: int) -> str:
    """Return a part of a whole in words; under five, of it or of the rest, isn't counted out."""
    if part == whole:
        return _("all of them")
    if part == 0:
        return _("none")
    if part < FEW:
        return _("fewer than five")
    if whole - part < FEW:
        return _("all but a few")
    return _("%(part)d of %(whole)d") % {"part": part, "whole": whole}


def figures(at: dt.datetime) -> Figures:
    """Return the figures of the year before `at`. Three queries."""
    rows = list(
        Call.objects.exclude(state=Call.State.DRAFT)
        .filter(sent_at__gt=at - YEAR, sent_at__lte=at)
        .values_list("state", "sent_at", "first_yes_at", "ended_at", "ended_for")
    )
    waits = sorted(
        (yes - sent).total_seconds() / 86400 if yes and sent else float("inf")
        for _state, sent, yes, _ended, _what in rows
    )
    half = median(waits) if len(rows) >= FEW else None
    out = [
        (at - sent).days
        for state, sent, yes, _ended, _what in rows
        if state == Call.State.OUT and sent and not yes
    ]
    asks = CallAsk.objects.filter(
        call__sent_at__gt=at - YEAR, call__sent_at__lte=at, sent_at__isnull=False
    )
    answered = asks.exclude(answer="").count()
    asked = asks.count()
    return Figures(
        calls=len(rows),
        with_yes=sum(1 for row in rows if row[2]),
        without_yes=sum(1 for row in rows if not row[2] and row[0] != "out"),
        days=half if half is not None and half != float("inf") else None,
        asked=asked,
        answered=answered,
        silent=asked - answered,
        longest=max(out, default=None),
        happened=sum(1 for row in rows if row[4] == Call.Ended.HAPPENED),
    )
