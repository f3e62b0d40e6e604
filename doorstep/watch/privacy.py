"""What is held about those who tell us something, those it is about, and those who look into it."""

from __future__ import annotations

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
from doorstep.base.private_files import private_files
from doorstep.watch.models import (
    Concern,
    Duty,
    Escalation,
    Office,
    SignDecision,
    Step,
    Theme,
)

activities.add(
    "watch",
    Activity(
        _("Noticing small worries early"),
        _("So that something small gets an owner before it becomes something big."),
        _("those who tell us, those it is about, those who look into it"),
    ),
    order=20,
)
about_nobody(Theme, "What concerns can be about.")

_PURPOSE = _("So that somebody looks into a small worry, and whoever told us hears that they did.")
_YEAR = 365
_COUNTED = _("The words go after a year. What it was about, where and when stays, to be counted.")
_EMPTIED = {
    "where": "", "pin": "", "what": "", "person_words": "", "relation": "", "safe_contact": "",
    "reach": "", "sender": "", "closing_words": "",
}  # fmt: skip
_SEALED = dict.fromkeys(
    (
        "where", "pin", "what", "person_words", "relation", "safe_contact", "reach",
        "closing_words",
    ),
    "",
)  # fmt: skip
_KEPT = Kept.for_days(
    _YEAR,
    after="closed_at",
    because=_COUNTED,
    where=lambda: Q(photo="") & (~Q(sender="") | ~Q(where="") | ~Q(reach="") | ~Q(what="")),
    empties=_EMPTIED,
)

declare(
    Concern,
    Holding(
        label=_("What you told us you noticed"),
        activity="watch",
        purpose=_PURPOSE,
        basis=Basis.TASK,
        subjects=("spotter",),
        shown={
            "theme__name": _("What it was about"),
            "area__name": _("In which part of the borough"),
            "where": _("Where"),
            "pin": _("Where on the map"),
            "what": _("What you saw"),
            "person_words": _("Who it was about, in your words"),
            "relation": _("How you know them"),
            "safe_contact": _("How they can be reached safely"),
            "reach": _("How we can reach you"),
            "closing": _("What we said at the end"),
            "closing_words": _("What we wrote to you at the end"),
            "we_did": _("You said, we did"),
        },
        neighbours=("person", "owner", "typed_by"),
        internal=("ref", "client_key", "sender"),
        files=("photo",),
        files_from=lambda: private_files,
        sensitive=_SEALED,
        recipients=(_("whoever looks into it; a service, where somebody must act"),),
        kept=_KEPT,
        erase=EMPTY,
        empties=_EMPTIED,
    ),
    Holding(
        label=_("A worry about you that you said yes to"),
        activity="watch",
        purpose=_PURPOSE,
        basis=Basis.CONSENT,
        special=Condition.EXPLICIT_CONSENT,
        subjects=("person",),
        shown={
            "theme__name": _("What it was about"),
            "what": _("What somebody saw"),
            "where": _("Where"),
            "safe_contact": _("How you can be reached safely"),
        },
        neighbours=(
            "spotter",
            "owner",
            "typed_by",
            "relation",
            "reach",
            "person_words",
            "pin",
        ),
        withheld={
            "closing_words": _("These words were for whoever told us."),
            "closing": _("These words were for whoever told us."),
            "we_did": _("This is never about a person."),
        },
        internal=("ref", "client_key", "sender", "photo"),
        sensitive=_SEALED,
        recipients=(_("whoever looks into it; a service, where somebody must act"),),
        kept=_KEPT,
        erase=EMPTY,
        empties={**_EMPTIED, "person": None},
    ),
)
declare(
    Step,
    Holding(
        label=_("What was done about something you noticed"),
        activity="watch",
        purpose=_PURPOSE,
        basis=Basis.TASK,
        subjects=("concern__person",),
        shown={"words": _("What was written down")},
        neighbours=("by", "to"),
        sensitive={"words": ""},
        kept=Kept.for_days(_YEAR, after="concern__closed_at", because=_COUNTED),
        erase=DELETE,
    ),
)
declare(
    Escalation,
    Holding(
        label=_("What was passed on to a service about you"),
        activity="watch",
        purpose=_("So that a service can act, and what came back is known."),
        basis=Basis.CONSENT,
        special=Condition.EXPLICIT_CONSENT,
        subjects=("concern__person",),
        shown={
            "to": _("To whom"),
            "sent": _("What was sent"),
            "answer_words": _("What came back"),
        },
        neighbours=("sent_by",),
        withheld={"to_email": _("This is somebody else's address.")},
        secret=("code",),
        sensitive={"to_email": "", "sent": "", "answer_words": ""},
        recipients=(_("the service named"),),
        kept=Kept.for_days(_YEAR, after="concern__closed_at", because=_COUNTED),
        erase=PARENT,
    ),
)
declare(
    Duty,
    Holding(
        label=_("What you look after"),
        activity="watch",
        purpose=_("So that every worry has somebody who looks into it."),
        basis=Basis.TASK,
        subjects=("person",),
        shown={"theme__name": _("Theme"), "area__name": _("Where")},
        neighbours=("given_by",),
        kept=Kept.for_days(2 * _YEAR, after="ended_at", because=_("To see who looked after what.")),
        erase=DELETE,
    ),
)
declare(
    Office,
    Holding(
        label=_("Offices of MPs and councillors"),
        activity="watch",
        purpose=_("So that what they pass on comes back to them, behind walls of its own."),
        basis=Basis.TASK,
        neighbours=("opened_by",),
        recipients=(_("the office reads what it passed on, and counts"),),
        kept=Kept(
            until=_("as long as the office works with us"),
            because=_("So that it can be shown who passed things on."),
        ),
        erase=PARENT,
    ),
)
declare(
    SignDecision,
    Holding(
        label=_("What somebody made of a small sign about you"),
        activity="watch",
        purpose=_("So that a missed call or a silence is weighed up by a human, once."),
        basis=Basis.TASK,
        special=Condition.SOCIAL_CARE,
        subjects=("person",),
        shown={"reason": _("Why")},
        neighbours=("decided_by",),
        internal=("key",),
        sensitive={"reason": ""},
        kept=Kept.for_days(
            1, after="forget_after", because=_("It is forgotten soon after the sign runs out.")
        ),
        erase=DELETE,
    ),
)

risks.add(
    "watch: a label on somebody",
    Risk(
        activity="watch",
        what="A worry about somebody sticks to them as a label, or a neighbour writes in anger.",
        hurts="Somebody is treated as a problem, or watched.",
        chance="low",
        harm="high",
        measures=(
            Measure(
                "A person is linked by a human, after their yes; never by a machine.",
                "doorstep/watch/tests/test_telling.py",
            ),
            Measure(
                "Whoever writes is asked once, kindly, for what they saw and not for who.",
                "doorstep/watch/tests/test_telling.py",
            ),
            Measure(
                "It runs out unless somebody renews it, and its words go after a year.",
                "doorstep/watch/tests/test_care.py",
            ),
        ),
    ),
)
risks.add(
    "watch: an office reads about people",
    Risk(
        activity="watch",
        what="An MP's or councillors' office uses what is here to find or count people.",
        hurts="People stop telling; somebody is canvassed or singled out.",
        chance="low",
        harm="medium",
        measures=(
            Measure(
                "It reads what it passed on itself, and counts; under five, and what would give "
                "those away, is hidden. There is no export.",
                "doorstep/watch/tests/test_office.py",
            ),
        ),
    ),
)
