"""Each opening of an alert is written down, where the person it is about can't read it."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Panel
from doorstep.people.models import Person
from doorstep.people.readings import kinds
from doorstep.people.readings.actions import log_read
from doorstep.safeguarding import panels
from doorstep.safeguarding.around import around
from doorstep.safeguarding.models import Alert, Step

READABLE = "safeguarding_alert"
REASON = "safeguarding"


def register() -> None:
    """Called once, in `ready()`."""
    kinds.readables.add(
        READABLE,
        kinds.Readable(
            _("a safeguarding record"), _("a safeguarding alert"), hidden_from_subject=True
        ),
    )
    kinds.reasons.add(
        REASON,
        kinds.Reason(_("A safeguarding alert"), _("to keep somebody safe"), offered=False),
    )
    # Here and not on their record alone: who opened that, and as what, the person can read.
    around.add("reach", Panel(_("How to reach them"), panels.how_to_reach), order=1)


def opened(alert: Alert, *, by: Person, at: dt.datetime) -> None:
    """Write down that a lead opened this alert."""
    _log(alert, by=by, words="", at=at)


def looked_around(alert: Alert, *, by: Person, reason: str, at: dt.datetime) -> None:
    """Write down that a lead looked at what is around the person, and why."""
    Step.objects.create(alert=alert, by=by, at=at, kind=Step.Kind.AROUND, words=reason)
    _log(alert, by=by, words=reason, at=at)


def _log(alert: Alert, *, by: Person, words: str, at: dt.datetime) -> None:
    """One row in the read log. Where we don't know the person, it stands with the reader."""
    log_read(
        by=by, about=alert.about or by, what=READABLE, reason=REASON, words=words,
        thing=alert.ref, at=at,
    )  # fmt: skip
