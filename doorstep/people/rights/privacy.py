"""What is held about people who ask about their own data."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    EMPTY,
    KEEP,
    Basis,
    Holding,
    Kept,
    Measure,
    Risk,
    about_nobody,
    declare,
    risks,
)
from doorstep.people.models import (
    Erasure,
    Export,
    Hold,
    Person,
    Restriction,
    RetentionRun,
    RightsRequest,
)

_SHOW = _(
    "We have to be able to show that what you asked was done, and when "
    "(UK GDPR, Article 5(2)); your words are taken out."
)
_THREE_YEARS = 3 * 365


def _without_words(person: Person, erasure: Any) -> int:
    return RightsRequest.objects.filter(person=person).update(
        what="", words="", known_by="", extended_why="", answer=""
    )


def _exports_gone(person: Person, erasure: Any) -> int:
    from doorstep.people.rights import actions

    mine = list(Export.objects.filter(person=person))
    for export in mine:
        actions.drop_export(export)
    return len(mine)


declare(
    RightsRequest,
    Holding(
        label=_("What you asked about your data"),
        activity="rights",
        purpose=_("To do what you ask in time, and be able to show it."),
        basis=Basis.OBLIGATION,
        subjects=("person",),
        shown={
            "what": _("About"),
            "words": _("Your words"),
            "known_by": _("How we knew it was you"),
            "extended_why": _("Why it took longer"),
            "answer": _("Our answer"),
        },
        neighbours={
            "asked_by": _("an officer"),
            "taken_by": _("an officer"),
            "answered_by": _("an officer"),
        },
        internal=("client_key",),
        sensitive={"what": "", "words": "", "known_by": "", "extended_why": "", "answer": ""},
        recipients=(_("officers who answer it"),),
        kept=Kept.for_days(_THREE_YEARS, after="answered_at", because=_SHOW),
        erase=EMPTY,
        erase_with=_without_words,
        order=1,
    ),
)
declare(
    Export,
    Holding(
        label=_("Copies of everything we made for you"),
        activity="rights",
        purpose=_("To give you a copy of all we hold."),
        basis=Basis.OBLIGATION,
        subjects=("person",),
        neighbours={"asked_by": _("an officer")},
        internal=("file_name", "page_name", "problem"),
        secret=("key",),
        kept=Kept.for_days(
            365, after="asked_at", because=_("The copy itself is taken away after a week.")
        ),
        erase=EMPTY,
        erase_with=_exports_gone,
        order=2,
    ),
)
declare(
    Erasure,
    Holding(
        label=_("That you asked to be forgotten"),
        activity="rights",
        purpose=_("To show that it was done, when, and how much."),
        basis=Basis.OBLIGATION,
        subjects=("person",),
        shown={"counts": _("How many of what"), "known_by": _("How we knew it was you")},
        neighbours={"asked_by": _("an officer")},
        internal=("number",),
        kept=Kept.for_days(6 * 365, after="done_at", because=_SHOW),
        erase=KEEP,
        kept_because=_("It holds numbers, and no word of yours."),
        order=3,
    ),
)
declare(
    Restriction,
    Holding(
        label=_("When your record was not to be used"),
        activity="rights",
        purpose=_("To leave a record alone while something in it is argued over."),
        basis=Basis.OBLIGATION,
        subjects=("person",),
        shown={"why": _("Why"), "told_why": _("Why it could be used again")},
        neighbours={"made_by": _("an officer"), "lifted_by": _("an officer")},
        sensitive={"why": "", "told_why": ""},
        kept=Kept.for_days(_THREE_YEARS, after="lifted_at", because=_SHOW),
        erase=EMPTY,
        empties={"why": "", "told_why": ""},
        order=4,
    ),
)
declare(
    Hold,
    Holding(
        label=_("When something had to be kept for a claim"),
        activity="rights",
        purpose=_("To keep what a court or an inquiry may need."),
        basis=Basis.OBLIGATION,
        subjects=("person",),
        shown={"why": _("Why")},
        neighbours={"made_by": _("an officer"), "lifted_by": _("an officer")},
        sensitive={"why": ""},
        withhold=_(
            "Whether something must be kept for a claim or an inquiry can't always be told "
            "without harming it (Data Protection Act 2018, Schedule 2 paragraph 5). You can ask us."
        ),
        kept=Kept.for_days(
            _THREE_YEARS, after="lifted_at", because=_SHOW, where=lambda: Q(lifted_at__isnull=False)
        ),
        erase=KEEP,
        kept_because=_("A claim or inquiry needs it (Schedule 2 paragraph 5 of the 2018 Act)."),
        order=5,
    ),
)
about_nobody(RetentionRun, "How many rows of what went on a night. Counts only.")

risks.add(
    "a-copy-gets-into-wrong-hands",
    Risk(
        activity="rights",
        what="A copy of everything about somebody is fetched by another person.",
        hurts="The person: it is their whole life here in one file.",
        chance="low",
        harm="high",
        measures=(
            Measure(
                "Only they can fetch it, signed in; it is sealed on disk and gone after a week.",
                "tests/test_rights_export.py",
            ),
            Measure("Who others are is left out of it.", "tests/test_rights_export.py"),
        ),
    ),
)
risks.add(
    "somebody-is-not-forgotten",
    Risk(
        activity="rights",
        what="Somebody asks to be forgotten, and their words stay in a corner.",
        hurts="The person, above all if they fled from somebody.",
        chance="low",
        harm="medium",
        measures=(
            Measure(
                "A test plants words everywhere and looks through the raw database and disk "
                "afterwards.",
                "tests/test_rights_erasure.py",
            ),
        ),
    ),
)
