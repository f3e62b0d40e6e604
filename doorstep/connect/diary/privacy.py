"""What an evidence diary holds. It is the person's: all of it is in their copy, with the files."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    DELETE,
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
from doorstep.base.private_files import private_files
from doorstep.connect.diary.models import (
    Bundle,
    Deadline,
    Diary,
    Entry,
    EntryWords,
    Exhibit,
    Opening,
    Share,
)

_OURS: dict[str, Any] = {
    "activity": "connect",
    "basis": Basis.CONSENT,
    "special": Condition.CLAIMS,
}
_PART: dict[str, Any] = {**_OURS, "kept": Kept.with_parent(), "erase": PARENT}
_TO_PROVE = _("So that you can show what happened, when something is stuck.")
_WROTE = _("whoever keeps it with you")

declare(
    Diary,
    Holding(
        label=_("Your evidence diaries"),
        shown={
            "title": _("What is stuck"),
            "wished": _("What would put it right"),
            "closed_words": _("How it ended"),
        },
        purpose=_TO_PROVE,
        subjects=("person",),
        neighbours={"started_by": _WROTE},
        internal=("ref", "client_key"),
        recipients=(_("whoever you gave a bundle to, by your yes"),),
        kept=Kept.for_days(
            6 * 365,
            after="closed_at",
            because=_("A claim about a broken agreement can be made for six years."),
        ),
        erase=DELETE,
        **_OURS,
    ),
)
declare(
    Entry,
    Holding(
        label=_("What stands in your evidence diaries"),
        purpose=_TO_PROVE,
        subjects=("diary__person",),
        internal=("ref", "client_key"),
        **_PART,
    ),
)
declare(
    EntryWords,
    Holding(
        label=_("The words of your evidence diaries, each time they were written"),
        shown={
            "facts": _("What happened"),
            "feelings": _("How it was for you"),
            "who": _("Who"),
            "reference": _("Their number for it"),
            "why": _("What was put right"),
        },
        purpose=_TO_PROVE,
        subjects=("entry__diary__person",),
        neighbours={"by": _WROTE},
        **_PART,
    ),
)
declare(
    Exhibit,
    Holding(
        label=_("Photos, letters and sound in your evidence diaries"),
        shown={"description": _("What it shows")},
        purpose=_TO_PROVE,
        subjects=("entry__diary__person",),
        neighbours={"added_by": _WROTE},
        internal=("ref", "client_key", "content_type", "sha256"),
        files=("file", "small_file"),
        files_from=lambda: private_files,
        **_PART,
    ),
)
declare(
    Deadline,
    Holding(
        label=_("Days to keep in your evidence diaries"),
        shown={"words": _("What has to be done"), "outcome_words": _("What came of it")},
        purpose=_TO_PROVE,
        subjects=("diary__person",),
        neighbours={"made_by": _WROTE},
        internal=("client_key",),
        **_PART,
    ),
)
declare(
    Bundle,
    Holding(
        label=_("Bundles made of your evidence diaries"),
        purpose=_TO_PROVE,
        subjects=("diary__person",),
        neighbours={"made_by": _WROTE},
        internal=("ref", "client_key", "problem", "pdf_file", "sha256"),
        files=("file",),
        files_from=lambda: private_files,
        **_PART,
    ),
)
declare(
    Share,
    Holding(
        label=_("Who was given a bundle of yours"),
        shown={"recipient_name": _("Who")},
        purpose=_("So that you see who has it, and can stop it."),
        subjects=("bundle__diary__person",),
        neighbours={"made_by": _WROTE},
        withheld={"email": _("It says how to reach somebody else.")},
        internal=("key", "client_key", "recipient_kind", "recipient_key"),
        **_PART,
    ),
)
declare(
    Opening,
    Holding(
        label=_("Who opened a bundle of yours"),
        shown={"name": _("Who they said they are")},
        purpose=_("So that you see who has it, and can stop it."),
        subjects=("share__bundle__diary__person",),
        **_PART,
    ),
)
risks.add(
    "connect: an evidence bundle reaches the wrong hands",
    Risk(
        activity="connect",
        what="A link to a bundle is passed on, or goes on working after the person's no.",
        hurts="A landlord or neighbour reads what was said about them, and takes it out on them.",
        chance="low",
        harm="high",
        measures=(
            Measure(
                "A link needs the person's yes for this one recipient, ends by itself, dies with "
                "the yes at once, and whoever takes the bundle says who they are first.",
                "doorstep/connect/diary/tests/test_sharing.py",
            ),
            Measure(
                "The person sees each opening; feelings can be left out of a bundle.",
                "doorstep/connect/diary/tests/test_sharing.py",
            ),
        ),
    ),
)
