"""What is held about people who ask for help."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    EMPTY,
    PARENT,
    Activity,
    Basis,
    Condition,
    Holding,
    Kept,
    activities,
    declare,
)
from doorstep.support.models import Repeat, Request, RequestStep, Task

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
_KEPT = Kept.for_days(
    2 * 365,
    after="closed_at",
    because=_("So that we know what helped before, and can answer if something went wrong."),
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
        internal=("client_key",),
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
        empties={
            "words": "-",
            "gist": "",
            "address": "",
            "postcode": "",
            "phone": "",
            "asked_by_name": "",
            "asked_by_reach": "",
            "latitude": None,
            "longitude": None,
        },
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
        **_PART,
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
        **_PART,
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
        **_PART,
    ),
)
