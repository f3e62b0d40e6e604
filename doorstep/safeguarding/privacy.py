"""What is held to keep people from harm. None of it is part of the copy a person asks for."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    KEEP,
    Basis,
    Condition,
    Holding,
    Kept,
    Measure,
    Risk,
    declare,
    risks,
)
from doorstep.safeguarding.models import Alert, Link, Party, PassedOn, Step
from doorstep.safeguarding.rules import KEPT_FOR, LAW

_KEPT = Kept(
    until=_("six years after it is closed, and as long as it is open"),
    because=_("So that what was known and done about harm can be shown, to a court too."),
)
_WHY_KEPT = _(
    "The law lets records that keep people safe outlast an erasure (UK GDPR, Article 17(3)(b))."
)
_PURPOSE = _("To act when somebody is being hurt, or may be.")
_COMMON: dict[str, Any] = {
    "activity": "safeguarding",
    "basis": Basis.TASK,
    "special": Condition.SAFEGUARDING,
    "kept": _KEPT,
    "erase": KEEP,
    "kept_because": _WHY_KEPT,
    "withhold": LAW,
}
# Whatever hangs on an alert goes the alert's way; the person's copy names the whole once.
_PART: dict[str, Any] = {**_COMMON, "withhold": ""}
_WORDS = _("It could put somebody at risk.")
assert KEPT_FOR.days == 6 * 365 + 2  # noqa: S101 - the sentence above says six years

declare(
    Alert,
    Holding(
        label=_("Records that keep people safe"),
        purpose=_PURPOSE,
        subjects=("about", "parties__person"),
        neighbours=("raised_by", "owner"),
        withheld={
            "heard_from": _WORDS,
            "reach": _WORDS,
            "about_words": _WORDS,
            "where": _WORDS,
            "what": _WORDS,
            "from_path": _WORDS,
            "next_step": _WORDS,
        },
        internal=("ref", "client_key", "from_kind", "answered"),
        sensitive={
            "heard_from": "",
            "reach": "",
            "about_words": "",
            "where": "",
            "what": "",
            "from_path": "",
            "next_step": "",
        },
        recipients=(_("social care, police or health, where somebody must act"),),
        **_COMMON,
    ),
)
declare(
    Party,
    Holding(
        label=_("Who may not read a record that keeps people safe"),
        purpose=_("So that nobody reads about themselves, or is warned."),
        neighbours=("person",),
        **_PART,
    ),
)
declare(
    Step,
    Holding(
        label=_("What was done to keep somebody safe"),
        purpose=_PURPOSE,
        neighbours=("by", "next_owner"),
        withheld={"words": _WORDS, "next_step": _WORDS},
        sensitive={"words": "", "next_step": ""},
        **_PART,
    ),
)
declare(
    PassedOn,
    Holding(
        label=_("What was passed on to keep somebody safe"),
        purpose=_PURPOSE,
        neighbours=("sent_by",),
        withheld={"to_words": _WORDS, "sent": _WORDS, "answer": _WORDS},
        sensitive={"to_words": "", "sent": "", "answer": ""},
        recipients=(_("social care, police or health, where somebody must act"),),
        **_PART,
    ),
)
declare(
    Link,
    Holding(
        label=_("Which of these records belong together"),
        purpose=_PURPOSE,
        neighbours=("made_by",),
        **_PART,
    ),
)

risks.add(
    "safeguarding: the person learns of an alert",
    Risk(
        activity="safeguarding",
        what="Somebody whom an alert is about, or against, learns that it exists.",
        hurts="Whoever told us, or the person at risk, may be hurt for it.",
        chance="low",
        harm="high",
        measures=(
            Measure(
                "Its own queue; whoever has a part in it never sees it, whatever their role.",
                "doorstep/safeguarding/tests/test_working.py",
            ),
            Measure(
                "It shows in no search, notice, log or copy the person can open.",
                "doorstep/safeguarding/tests/test_nobody_else_sees.py",
            ),
        ),
    ),
)
risks.add(
    "safeguarding: nobody looks",
    Risk(
        activity="safeguarding",
        what="An alert waits, and nobody looks.",
        hurts="Somebody is hurt who could have been kept safe.",
        chance="low",
        harm="high",
        measures=(
            Measure(
                "Each has a clock; what waits too long climbs to all leads and beyond.",
                "doorstep/safeguarding/tests/test_working.py",
            ),
        ),
    ),
)
