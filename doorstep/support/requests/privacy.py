"""What is held about people who ask for help."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    DELETE,
    EMPTY,
    PARENT,
    Activity,
    Basis,
    Condition,
    Holding,
    Kept,
    Measure,
    Risk,
    about_nobody,
    activities,
    declare,
    risks,
)
from doorstep.support.models import (
    CallDraft,
    ContactAttempt,
    Looking,
    Outreach,
    OutreachRow,
    Reach,
    Repeat,
    Request,
    RequestStep,
    SavedView,
    SearchMark,
    Surge,
    Task,
)

activities.add(
    "support",
    Activity(
        _("Help for people who ask"),
        _("So that whoever asks for help gets it, and nobody is lost on the way."),
        _("people who ask, people who ask for them, volunteers, those who sort it out"),
    ),
    order=4,
)

# Two years after it ended: long enough to see that help came again and again, and to answer a
# complaint.
_DAYS = 2 * 365
_WORDLESS: dict[str, Any] = {
    "words": "-",
    "gist": "",
    "address": "",
    "postcode": "",
    "phone": "",
    "asked_by_name": "",
    "asked_by_reach": "",
    "latitude": None,
    "longitude": None,
}
_KEPT = Kept.for_days(
    _DAYS,
    after="closed_at",
    because=_("So that we know what helped before, and can answer if something went wrong."),
    # One with tasks stays as a row, for whoever did them and for the accounts: without a word.
    where=lambda: Q(tasks=None),
    also=Kept.for_days(
        _DAYS,
        after="closed_at",
        because="",
        empties={**_WORDLESS, "words": ""},
        where=lambda: ~Q(words=""),
    ),
)


def emptied(request: str, **words: str) -> Kept:
    """Kept with its request (the path to it); where that stays as a row, without its words."""
    return Kept(
        until=Kept.with_parent().until,
        also=Kept.for_days(
            _DAYS,
            after=f"{request}__closed_at",
            because="",
            empties=words,
            where=lambda: ~Q(**words),
        ),
    )


_PURPOSE = _("To see to it that you get what you asked for.")
_COMMON: dict[str, Any] = {
    "activity": "support",
    "basis": Basis.TASK,
    "special": Condition.SOCIAL_CARE,
}
_PART: dict[str, Any] = {**_COMMON, "kept": Kept.with_parent(), "erase": PARENT}

declare(
    Request,
    Holding(
        label=_("Help you asked for"),
        purpose=_PURPOSE,
        subjects=("person",),
        shown={
            "words": _("What you said"),
            "gist": _("In one line"),
            "kinds": _("What help is of"),
            "language": _("Language"),
            "address": _("Where"),
            "postcode": _("Postcode"),
            "phone": _("Phone number"),
            "ref": _("Reference"),
        },
        neighbours=("asked_by", "asked_by_name", "asked_by_reach", "taken_by", "owner"),
        internal=("client_key", "danger"),
        sensitive={
            "words": "",
            "gist": "",
            "address": "",
            "postcode": "",
            "phone": "",
            "asked_by_name": "",
            "asked_by_reach": "",
        },
        recipients=(_("the locality hub near you"), _("the volunteer who has the task")),
        kept=_KEPT,
        erase=EMPTY,
        empties=_WORDLESS,
        **_COMMON,
    ),
)
declare(
    Repeat,
    Holding(
        label=_("Help that comes again and again"),
        purpose=_PURPOSE,
        subjects=("request__person",),
        shown={"what": _("What is to be done"), "skills": _("Skills"), "language": _("Language")},
        sensitive={"what": ""},
        **{**_PART, "kept": emptied("request", what="")},
    ),
)
declare(
    Task,
    Holding(
        label=_("Tasks done for you"),
        purpose=_PURPOSE,
        subjects=("request__person",),
        shown={
            "what": _("What is to be done"),
            "door_note": _("What to know at the door"),
            "skills": _("Skills"),
            "language": _("Language"),
            "ref": _("Reference"),
        },
        internal=("client_key",),
        sensitive={"what": "", "door_note": ""},
        recipients=(_("the volunteer who has the task"),),
        **{**_PART, "kept": emptied("request", what="", door_note="")},
    ),
)
declare(
    RequestStep,
    Holding(
        label=_("What was done about it"),
        purpose=_PURPOSE,
        subjects=("request__person",),
        shown={"words": _("What was written down")},
        neighbours=("by",),
        sensitive={"words": ""},
        **{**_PART, "kept": emptied("request", words="")},
    ),
)
about_nobody(SearchMark, "A keyed digest of one word; it goes with its request's words.")
declare(
    Looking,
    Holding(
        label=_("Which request you have open"),
        purpose=_("So that two people don't do the same work twice."),
        subjects=("person",),
        kept=Kept.for_days(1, after="seen_at", because=_("It is only true for a minute.")),
        erase=DELETE,
        activity="support",
        basis=Basis.TASK,
    ),
)
declare(
    CallDraft,
    Holding(
        label=_("Calls you were writing down"),
        purpose=_("So that a call that drops is not lost."),
        subjects=("by",),
        withheld={
            "typed": _("It is about the person who rang."),
            "phone": _("It is the number of the person who rang."),
        },
        internal=("key",),
        sensitive={"typed": "", "phone": ""},
        kept=Kept.for_days(7, after="saved_at", because=_("Long enough to finish what was begun.")),
        erase=DELETE,
        **_COMMON,
    ),
)
declare(
    SavedView,
    Holding(
        label=_("Views of the desk you kept"),
        purpose=_("So that you find your way of looking again."),
        subjects=("person",),
        shown={"name": _("Name"), "query": _("What it shows")},
        kept=Kept.with_account(),
        erase=DELETE,
        activity="support",
        basis=Basis.TASK,
    ),
)
declare(
    ContactAttempt,
    Holding(
        label=_("When we rang, visited or wrote, and what came of it"),
        purpose=_("So that nobody is lost behind a number that doesn't answer."),
        subjects=("person",),
        shown={"words": _("What was written down")},
        neighbours=("by",),
        internal=("client_key",),
        sensitive={"words": ""},
        kept=Kept.for_days(
            2 * 365, after="at", because=_("So that we know how somebody is best reached.")
        ),
        erase=DELETE,
        **_COMMON,
    ),
)
declare(
    Reach,
    Holding(
        label=_("Whether we reach you"),
        purpose=_("So that nobody is lost behind a number that doesn't answer."),
        subjects=("person",),
        kept=Kept.with_account(),
        erase=DELETE,
        **_COMMON,
    ),
)
declare(
    Outreach,
    Holding(
        label=_("Outreach lists you made"),
        purpose=_("To ring people who may need help in a crisis."),
        neighbours=("made_by",),
        shown={"name": _("Name"), "script": _("What callers say"), "problem": _("Problem")},
        internal=("file", "client_key", "encoding"),
        kept=Kept.for_days(
            365, after="closed_at", because=_("So that we can show who was rung and who was not.")
        ),
        erase=PARENT,
        **_COMMON,
    ),
)
declare(
    OutreachRow,
    Holding(
        label=_("You on a list of people to ring"),
        purpose=_("To ring people who may need help in a crisis."),
        subjects=("person",),
        shown={
            "name": _("Name"),
            "phone": _("Phone number"),
            "address": _("Address"),
            "postcode": _("Postcode"),
            "note": _("Note"),
            "language": _("Language"),
        },
        neighbours=("held_by",),
        internal=("fold",),
        sensitive={
            "name": "",
            "phone": "",
            "address": "",
            "postcode": "",
            "note": "",
            "fold": "",
        },
        kept=Kept.for_days(
            365,
            after="outreach__closed_at",
            because=_("So that we can show who was rung and who was not."),
        ),
        erase=DELETE,
        **_COMMON,
    ),
)
declare(
    Surge,
    Holding(
        label=_("Crises you began or ended"),
        purpose=_("To run help in a crisis, and to look back on it."),
        neighbours=("started_by", "ended_by"),
        shown={
            "name": _("Name"),
            "banner": _("What everybody read"),
            "script": _("What callers said"),
            "why": _("Why"),
            "thanks": _("How volunteers were thanked"),
        },
        sensitive={"why": ""},
        kept=Kept(
            until=_("as long as this place runs"),
            because=_("So that the next crisis learns from the last one."),
        ),
        erase=PARENT,
        activity="support",
        basis=Basis.TASK,
    ),
)

risks.add(
    "support: a request is read by somebody whose work it is not",
    Risk(
        activity="support",
        what="Somebody reads what a neighbour asked for who has no part in helping them.",
        hurts="A neighbour is shamed, or found by somebody they hide from.",
        chance="low",
        harm="high",
        measures=(
            Measure(
                "A hub sees its own patch only, nobody works on what is about themselves or "
                "about somebody who blocked them, and each opening is logged.",
                "doorstep/support/tests/test_who_sees_requests.py",
            ),
        ),
    ),
)
risks.add(
    "support: somebody disappears behind a wrong number",
    Risk(
        activity="support",
        what="Nobody answers, and nobody goes to look.",
        hurts="Somebody who is ill or alone is not found.",
        chance="medium",
        harm="high",
        measures=(
            Measure(
                "Three tries that reach nobody make a doorstep check with a clock.",
                "doorstep/support/tests/test_contacts.py",
            ),
        ),
    ),
)
