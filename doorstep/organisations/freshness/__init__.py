"""How true an entry is today: its latest proof, and what follows from its age.

`state(service, at)` says it of one entry. Whatever is older than ASK_AFTER is asked about; older
than STALE_AFTER, or doubted twice, it sinks and says so.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from doorstep.base.time import local
from doorstep.organisations.models import Confirmation, Service, State

ASK_AFTER = dt.timedelta(days=90)
STALE_AFTER = dt.timedelta(days=180)
# An unanswered letter becomes a telephone call of a keeper's.
ANSWER_WITHIN = dt.timedelta(days=14)
# Two people who couldn't get through are more than a bad line.
DOUBTS_ARE_MANY = 2

FRESH, AGEING, DOUBTED, STALE, CLOSED = "fresh", "ageing", "doubted", "stale", "closed"

HOW = {
    Confirmation.How.LINK: gettext_lazy("by its owner"),
    Confirmation.How.OWNER: gettext_lazy("by its owner"),
    Confirmation.How.PHONE: gettext_lazy("by its owner, on the phone to us"),
    Confirmation.How.KEEPER: gettext_lazy("by us"),
    Confirmation.How.WORKED: gettext_lazy("by somebody who got through"),
    Confirmation.How.IMPORT: gettext_lazy("by the list it comes from"),
}


@dataclass(frozen=True)
class Freshness:
    """How true one entry is.

    `level` is one of the words above; `words` the sentence people read; `advice` what to do about
    it, or "". `at` is the latest proof, None for none. `weight` goes from 1 (proved lately) down
    to 0.2: results are sorted by it among other things.
    """

    level: str
    words: str
    advice: str
    at: dt.datetime | None
    how: str
    weight: float

    @property
    def is_stale(self) -> bool:
        return self.level in (STALE, DOUBTED, CLOSED)

    @property
    def icon(self) -> str:
        return {FRESH: "circle-check", AGEING: "clock", CLOSED: "x"}.get(
            self.level, "triangle-alert"
        )

    @property
    def tag(self) -> str:
        """The kind of the design's tag."""
        return {FRESH: "go", AGEING: "", CLOSED: "now"}.get(self.level, "soon")


class Proved(Protocol):
    """What tells an entry's level: a Service, or its columns NEEDED."""

    state: str
    status: str
    confirmed_at: dt.datetime | None
    doubts: int
    changed_at: dt.datetime


# The columns that tell an entry's level.
NEEDED = ("id", "state", "status", "confirmed_at", "doubts", "changed_at")
# level -> (by which results are sorted, among other things)
WEIGHTS = {FRESH: 1.0, AGEING: 0.8, STALE: 0.4, DOUBTED: 0.3, CLOSED: 0.2}


def level_of(service: Proved | Service, at: dt.datetime) -> str:
    """Return how true the entry is at this moment, in one of the five words above."""
    if service.state == State.CLOSED or service.status == Service.Status.DEFUNCT:
        return CLOSED
    if service.doubts >= DOUBTS_ARE_MANY:
        return DOUBTED
    age = at - (service.confirmed_at or service.changed_at)
    if service.state == State.STALE or age >= STALE_AFTER:
        return STALE
    if service.doubts or service.confirmed_at is None or age >= ASK_AFTER:
        return AGEING
    return FRESH


def weight_of(service: Proved | Service, at: dt.datetime) -> float:
    """Return from 1 (proved lately) down to 0.2."""
    level = level_of(service, at)
    return 0.7 if level == AGEING and service.doubts else WEIGHTS[level]


def state(service: Service, at: dt.datetime) -> Freshness:
    """Return how true the entry is at this moment. Asks the database nothing."""
    level, weight = level_of(service, at), weight_of(service, at)
    proof, how = service.confirmed_at, service.confirmed_how
    if level == CLOSED:
        return Freshness(CLOSED, _("This has closed."), "", proof, how, weight)
    when = long_ago(proof, at) if proof else ""
    if proof is None:
        words = _("Nobody has confirmed this to us yet.")
    elif (known := HOW.get(how)) is not None:  # type: ignore[call-overload]
        words = _("Confirmed %(how)s %(when)s.") % {"how": known, "when": when}
    else:
        words = _("Confirmed %(when)s.") % {"when": when}
    advice = ""
    if level == DOUBTED:
        words = ngettext(
            "%(count)d person told us they couldn’t get through.",
            "%(count)d people told us they couldn’t get through.",
            service.doubts,
        ) % {"count": service.doubts}
        advice = _("We’re finding out. Ring us if you need it today.")
    elif level == STALE:
        if proof is not None:
            words = _("Last confirmed %(when)s.") % {"when": when}
        advice = _("It may have changed: ring before you go.")
    elif level == AGEING and service.doubts:
        advice = _("Somebody couldn’t get through since. Ring before you go.")
    elif level == AGEING and service.asked_at and (proof is None or service.asked_at > proof):
        advice = _("We’ve asked them whether it’s still right.")
    return Freshness(level, words, advice, proof, how, weight)


def long_ago(moment: dt.datetime, at: dt.datetime) -> str:
    """“today”, “3 days ago”, “3 weeks ago”, “4 months ago”, “2 years ago”."""
    days = (local(at).date() - local(moment).date()).days
    if days <= 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    if days < 14:
        return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}
    if days < 60:
        weeks = days // 7
        return ngettext("%(count)d week ago", "%(count)d weeks ago", weeks) % {"count": weeks}
    if days < 730:
        months = days // 30
        return ngettext("%(count)d month ago", "%(count)d months ago", months) % {"count": months}
    years = days // 365
    return ngettext("%(count)d year ago", "%(count)d years ago", years) % {"count": years}
