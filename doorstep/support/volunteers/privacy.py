"""What is held about volunteers, and about what they do for people."""

from __future__ import annotations

from typing import Any

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
    about_nobody,
    declare,
    risks,
)
from doorstep.base.private_files import private_files
from doorstep.support.models import (
    Assignment,
    Check,
    Feedback,
    HelpReason,
    MoneyLine,
    Offer,
    Plan,
    PlanLine,
    Reference,
    Standby,
    Step,
    ThankYou,
    Training,
    Volunteer,
)
from doorstep.support.requests.privacy import emptied

_WHILE = Kept(
    until=_("as long as you volunteer, and two years after"),
    because=_("So that we can say what you did, and answer if something went wrong."),
)
_TO_HELP = _("So that you are asked for what you can do, and for no more than you want.")
_TO_BE_SAFE = _("So that whoever opens their door can trust who stands there.")
_MINE: dict[str, Any] = {"activity": "support", "basis": Basis.TASK, "erase": DELETE}
_CASE: dict[str, Any] = {
    "activity": "support",
    "basis": Basis.TASK,
    "special": Condition.SOCIAL_CARE,
}
_PENCE = Kept.for_days(
    6 * 365,
    after="at",
    because=_("So that every penny of somebody else's money can be shown."),
)

declare(
    Volunteer,
    Holding(
        label=_("You as a volunteer"),
        purpose=_TO_HELP,
        subjects=("person",),
        shown={
            "skills": _("What you can do"),
            "more_skills": _("What else you can do"),
            "kinds": _("What you would rather do"),
            "availability": _("When you can (a number that stands for parts of the week)"),
            "note": _("What the hub wrote down"),
        },
        neighbours=("signed_up_by",),
        internal=("client_key",),
        sensitive={"more_skills": "", "note": ""},
        kept=_WHILE,
        activity="support",
        basis=Basis.TASK,
        erase=EMPTY,
        empties={"more_skills": "", "note": "", "skills": [], "kinds": [], "availability": 0},
    ),
)
declare(
    Check,
    Holding(
        label=_("Your checks"),
        purpose=_TO_BE_SAFE,
        subjects=("volunteer__person",),
        shown={"number": _("Number on the certificate"), "note": _("Note")},
        neighbours=("asked_by", "seen_by"),
        sensitive={"number": "", "note": ""},
        special=Condition.SAFEGUARDING,
        kept=_WHILE,
        **_MINE,
    ),
)
declare(
    Reference,
    Holding(
        label=_("Who says a good word for you"),
        purpose=_TO_BE_SAFE,
        subjects=("volunteer__person",),
        shown={"how_known": _("How they know you")},
        neighbours=("name", "taken_by"),
        withheld={
            "reach": _("It is the number or address of somebody else."),
            "words": _("It was said to us in confidence (Data Protection Act 2018, Schedule 2)."),
        },
        internal=("client_key",),
        sensitive={"name": "", "reach": "", "how_known": "", "words": ""},
        kept=_WHILE,
        **_MINE,
    ),
)
declare(
    Training,
    Holding(
        label=_("Training you have done"),
        purpose=_TO_BE_SAFE,
        subjects=("volunteer__person",),
        neighbours=("recorded_by",),
        kept=_WHILE,
        **_MINE,
    ),
)
declare(
    Standby,
    Holding(
        label=_("Why there was no task for you, and when we write again"),
        purpose=_("So that nobody who wants to help waits without a word."),
        subjects=("volunteer__person",),
        shown={"reasons": _("Why")},
        kept=Kept.for_days(365, after="at", because=_("So that we see how long people waited.")),
        **_MINE,
    ),
)
declare(
    ThankYou,
    Holding(
        label=_("Thanks you were sent"),
        purpose=_("So that you know what your help did."),
        subjects=("volunteer__person",),
        shown={"words": _("What they said")},
        neighbours=("by",),
        internal=("client_key",),
        sensitive={"words": ""},
        kept=_WHILE,
        **_MINE,
    ),
)
declare(
    HelpReason,
    Holding(
        label=_("Why you can't do it yourself"),
        purpose=_("To know which check the law asks of whoever helps."),
        subjects=("request__person",),
        neighbours=("said_by",),
        kept=Kept.with_parent(),
        erase=PARENT,
        **_CASE,
    ),
)
declare(
    Offer,
    Holding(
        label=_("Tasks you were asked to do"),
        purpose=_TO_HELP,
        subjects=("volunteer__person",),
        shown={"reasons": _("Why you")},
        neighbours=("by",),
        kept=Kept.for_days(
            365, after="offered_at", because=_("So that work is shared out fairly.")
        ),
        **_MINE,
    ),
)
declare(
    Assignment,
    Holding(
        label=_("Tasks you took on"),
        purpose=_TO_HELP,
        subjects=("volunteer__person",),
        shown={"task__kind": _("What it was"), "money_question": _("A question about the money")},
        neighbours=("settled_by",),
        internal=("ref",),
        sensitive={"money_question": ""},
        kept=_WHILE,
        erase=EMPTY,
        empties={"money_question": ""},
        **_CASE,
    ),
    Holding(
        label=_("Who came to help you"),
        purpose=_("To see to it that you get what you asked for."),
        subjects=("task__request__person",),
        shown={"task__kind": _("What it was")},
        neighbours={
            "volunteer": _("a volunteer"),
            "settled_by": _("a worker"),
        },
        withheld={"money_question": _("It was asked of the volunteer.")},
        internal=("ref",),
        sensitive={"money_question": ""},
        kept=Kept.with_parent(),
        erase=PARENT,
        **_CASE,
    ),
)
declare(
    Step,
    Holding(
        label=_("How your tasks went"),
        purpose=_TO_HELP,
        subjects=("assignment__volunteer__person",),
        shown={"words": _("What was written down")},
        neighbours=("by",),
        internal=("client_key",),
        sensitive={"words": ""},
        kept=emptied("assignment__task__request", words=""),
        erase=PARENT,
        **_CASE,
    ),
)
declare(
    Feedback,
    Holding(
        label=_("How it went, and whether there was anything else"),
        purpose=_("So that both sides can say how it was, and ask for more."),
        subjects=("assignment__volunteer__person", "assignment__task__request__person"),
        withheld={
            "words": _("One of the two sides wrote it for the hub."),
            "more_words": _("One of the two sides wrote it for the hub."),
        },
        neighbours=("recorded_by",),
        internal=("client_key",),
        sensitive={"words": "", "more_words": ""},
        kept=emptied("assignment__task__request", words="", more_words=""),
        erase=PARENT,
        **_CASE,
    ),
)
declare(
    MoneyLine,
    Holding(
        label=_("Money for your tasks, line by line"),
        purpose=_("So that nobody's money goes astray, and nobody is accused of it."),
        subjects=("assignment__volunteer__person", "assignment__task__request__person"),
        shown={"words": _("Note")},
        neighbours=("by",),
        internal=("client_key", "receipt_called"),
        files=("receipt",),
        files_from=lambda: private_files,
        sensitive={"words": ""},
        kept=_PENCE,
        erase=KEEP,
        kept_because=_("Accounts are kept for six years (Charities Act 2011, section 131)."),
        **_CASE,
    ),
)
declare(
    Plan,
    Holding(
        label=_("Plans for tasks you made"),
        purpose=_("So that somebody looks through a plan before anybody is asked."),
        subjects=("by",),
        shown={"figures": _("Its figures")},
        internal=("ref",),
        kept=Kept.for_days(365, after="made_at", because=_("So that work is shared out fairly.")),
        **_MINE,
    ),
)
about_nobody(PlanLine, "One line of a plan: it points to a task and a volunteer, and goes with it.")

risks.add(
    "support: an address in the wrong hands",
    Risk(
        activity="support",
        what="A volunteer sees where somebody lives, or their number, without having their task.",
        hurts="Somebody is robbed, followed or frightened at their own door.",
        chance="low",
        harm="high",
        measures=(
            Measure(
                "Address and phone show only while the task is theirs and their papers count; "
                "each opening is logged.",
                "doorstep/support/tests/test_task_lives.py",
            ),
        ),
    ),
)
risks.add(
    "support: a volunteer's phone is lost",
    Risk(
        activity="support",
        what="A phone keeps the page of a task or round so that it opens without signal.",
        hurts="Whoever finds the phone unlocked that day reads a name, a number and an address.",
        chance="low",
        harm="medium",
        measures=(
            Measure(
                "Only pages of today's own tasks that were opened, until midnight; gone at "
                "sign-out and as soon as the server says that the task is theirs no more.",
                "doorstep/support/tests/test_task_browser.py",
            ),
        ),
    ),
)
risks.add(
    "support: somebody's money goes astray",
    Risk(
        activity="support",
        what="Cash for shopping is kept, lost or wrongly said to be.",
        hurts="Somebody poor is poorer, or a volunteer is accused.",
        chance="low",
        harm="medium",
        measures=(
            Measure(
                "A cap, a receipt for each line, a ledger nobody can change, gone through by the "
                "hub; no cards or PINs; the check that the law asks for.",
                "doorstep/support/tests/test_money.py",
            ),
        ),
    ),
)
