"""What is held about consent: who allowed what, who relied on it, what was shared."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    DELETE,
    EMPTY,
    KEEP,
    PARENT,
    Basis,
    Condition,
    Holding,
    Kept,
    Measure,
    Risk,
    declare,
    risks,
)
from doorstep.base.time import now
from doorstep.people.consents import actions
from doorstep.people.models import (
    Ask,
    Carrying,
    Consent,
    How,
    Override,
    Person,
    Reliance,
    Sheet,
    SheetOpening,
)

_SIX_YEARS = 6 * 365
_PROOF = _("We must be able to show that you had said yes (UK GDPR, Article 7).")


def _stop_and_empty(person: Person, wishes: Any) -> int:
    """Erasing somebody stops all they allowed, tells whoever used it, and takes out the words."""
    at = now()
    for consent in Consent.objects.unended().filter(person=person):
        actions.withdraw(consent, by=person, at=at, how=How.WEB)
    return Consent.objects.filter(person=person).update(
        words="", withdrawn_words="", asked="", on_behalf_name="", on_behalf_seen=""
    )


declare(
    Consent,
    Holding(
        label=_("What you agreed to"),
        activity="records",
        purpose=_("So that nothing goes to anybody without your yes, and you can take it back."),
        basis=Basis.OBLIGATION,
        subjects=("person",),
        shown={
            "purpose": _("What for"),
            "recipient_name": _("Who may have it"),
            "parts": _("What they may have"),
            "asked": _("The question"),
            "words": _("Your own words"),
            "language": _("In which language"),
            "on_behalf_name": _("Who said it for you"),
            "on_behalf_seen": _("What showed that they may"),
            "withdrawn_words": _("What you said when you stopped it"),
        },
        neighbours=("recorded_by", "withdrawn_by"),
        internal=("recipient_key", "client_key", "recipient_kind"),
        sensitive={
            "recipient_name": "",
            "asked": "",
            "words": "",
            "on_behalf_name": "",
            "on_behalf_seen": "",
            "withdrawn_words": "",
        },
        special=Condition.EXPLICIT_CONSENT,
        recipients=(_("whom you chose, and nobody else"),),
        kept=Kept.for_days(
            _SIX_YEARS,
            after="withdrawn_at",
            because=_PROOF,
            where=lambda: Q(withdrawn_at__isnull=False),
        ),
        erase=EMPTY,
        kept_because=_PROOF,
        erase_with=_stop_and_empty,
        order=20,
    ),
)
declare(
    Ask,
    Holding(
        label=_("What you were asked to agree to"),
        activity="records",
        purpose=_("So that a question waits until you have time for it."),
        basis=Basis.TASK,
        subjects=("person",),
        shown={
            "purpose": _("What for"),
            "recipient_name": _("Who would have it"),
            "parts": _("What they would have"),
            "note": _("Why"),
        },
        neighbours=("asked_by",),
        internal=("recipient_key", "client_key", "recipient_kind"),
        sensitive={"recipient_name": "", "note": ""},
        kept=Kept.for_days(
            365, after="asked_at", because=_("So that you are not asked the same again and again.")
        ),
        erase=DELETE,
        order=21,
    ),
)
declare(
    Override,
    Holding(
        label=_("What was shared without asking you"),
        activity="safeguarding",
        purpose=_("To protect somebody in danger, and to check each time that it was right."),
        basis=Basis.VITAL,
        subjects=("person",),
        withhold=_(
            "You read of these on the page of what you agreed to, as soon as it puts nobody in "
            "danger. Ask us, and a safeguarding lead goes through it with you."
        ),
        neighbours=("made_by", "reviewed_by", "held_back_by"),
        withheld={
            "reason": _("It may tell of others, or put somebody in danger."),
            "review_words": _("It may tell of others, or put somebody in danger."),
            "held_back_reason": _("It may tell of others, or put somebody in danger."),
        },
        shown={
            "purpose": _("What for"),
            "recipient_name": _("Who had it"),
            "parts": _("What they had"),
        },
        internal=("recipient_key", "client_key", "recipient_kind"),
        sensitive={"recipient_name": "", "reason": "", "review_words": "", "held_back_reason": ""},
        special=Condition.SAFEGUARDING,
        recipients=(_("whoever could help against the danger"),),
        kept=Kept.for_days(
            _SIX_YEARS,
            after="made_at",
            because=_("So that it can be looked into later whether it was right."),
        ),
        erase=KEEP,
        kept_because=_("What was done to protect somebody has to be open to review."),
        order=20,
    ),
)
declare(
    Sheet,
    Holding(
        label=_("What was passed on with your yes"),
        activity="records",
        purpose=_("To pass on what you allowed, and stop it the moment you say so."),
        basis=Basis.CONSENT,
        subjects=("person",),
        shown={
            "purpose": _("What for"),
            "recipient_name": _("Who got it"),
            "parts": _("What they got"),
            "note": _("What you asked for, as it was passed on"),
            "answer_words": _("What they answered"),
        },
        neighbours=("made_by",),
        withheld={"answered_by": _("It is the name of somebody else.")},
        internal=("recipient_key", "client_key", "recipient_kind"),
        secret=("key_hash",),
        sensitive={"recipient_name": "", "note": "", "answer_words": "", "answered_by": ""},
        special=Condition.EXPLICIT_CONSENT,
        recipients=(_("whom you chose, and nobody else"),),
        kept=Kept.for_days(
            365, after="ends_at", because=_("So that you can see for a year who had it.")
        ),
        erase=DELETE,
        order=22,
    ),
)
declare(
    SheetOpening,
    Holding(
        label=_("Who outside opened it"),
        activity="records",
        purpose=_("So that you can see who has read what you allowed."),
        basis=Basis.TASK,
        subjects=("sheet__person",),
        shown={"name": _("The name they gave")},
        sensitive={"name": ""},
        kept=Kept.with_parent(),
        erase=PARENT,
        order=23,
    ),
)
declare(
    Reliance,
    Holding(
        label=_("What was done with your yes"),
        activity="records",
        purpose=_("So that whoever used it hears at once when you change your mind."),
        basis=Basis.TASK,
        subjects=("consent__person", "override__person"),
        neighbours=("by",),
        shown={"used_for": _("For whom")},
        withheld={"done_words": _("They are the words of whoever stopped it.")},
        internal=("thing",),
        sensitive={"used_for": "", "done_words": ""},
        withhold=_("You see these beside each thing you agreed to."),
        kept=Kept.with_parent(),
        erase=PARENT,
        order=24,
    ),
    Holding(
        label=_("What you used with somebody’s yes"),
        activity="records",
        purpose=_("So that you hear at once when they change their mind."),
        basis=Basis.TASK,
        subjects=("by",),
        shown={"done_words": _("What you did when it ended")},
        withheld={"used_for": _("It is about somebody else.")},
        internal=("thing",),
        sensitive={"used_for": "", "done_words": ""},
        kept=Kept.with_parent(),
        erase=PARENT,
        order=25,
    ),
)
declare(
    Carrying,
    Holding(
        label=_("Two records of yours that were joined"),
        activity="records",
        purpose=_("So that joining two records by mistake can be undone."),
        basis=Basis.TASK,
        subjects=("source", "target"),
        neighbours=("by",),
        internal=("before", "after"),
        kept=Kept.for_days(
            _SIX_YEARS, after="at", because=_("So that a mistake can still be undone.")
        ),
        erase=DELETE,
        order=26,
    ),
)
risks.add(
    "consent-outlived",
    Risk(
        activity="records",
        what="Details stay in use after the person has changed their mind.",
        hurts="They are rung, visited or talked about against their will.",
        chance="low",
        harm="high",
        measures=(
            Measure(
                "Each use asks the yes again in the transaction that acts on it.",
                "doorstep/people/tests/test_consents_racing.py",
            ),
            Measure(
                "Links hold no facts; they read the record live and die with the yes.",
                "tests/test_passing_on.py",
            ),
            Measure(
                "Whoever used it is told, and ticks what they did.",
                "tests/test_consents.py",
            ),
        ),
    ),
)
