"""What the read log, its reviews and the corrections of a record hold about people."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import DELETE, KEEP, Basis, Holding, Kept, declare
from doorstep.people.models import ContactChange, LogCheckpoint, OddReading, Reading
from doorstep.people.readings import kinds

_YEARS = 6
_PROOF = _("You can ask who looked for as long as somebody may have to answer for it: six years.")


def _held_back() -> Q:
    """Emergencies of which a lead says that telling the person would be unsafe for now."""
    return Q(kind=OddReading.Kind.BREAK_GLASS, told_at__isnull=True, held_back_by__isnull=False)


def _never_told() -> Q:
    """What the log on the person's own page leaves out as well (`showing.looks`)."""
    held = OddReading.objects.filter(
        _held_back(), subject=OuterRef("subject"), reader=OuterRef("reader")
    )
    return Q(what__in=kinds.hidden()) | Q(Exists(held), reason="emergency")


declare(
    Reading,
    Holding(
        label=_("Who has looked at your record"),
        activity="records",
        purpose=_("So that nobody looks at how to reach you without your being able to see it."),
        basis=Basis.OBLIGATION,
        subjects=("subject",),
        shown={
            "at": _("When"),
            "reader_name": _("Who looked"),
            "role": _("As what"),
            "scope": _("Where they hold that role"),
            "what": _("What they looked at"),
            "reason": _("The reason they chose"),
            "words": _("What they wrote as the reason"),
        },
        neighbours={"reader": _("the person who looked")},
        internal=(
            "month",
            "chain",
            "position",
            "mac",
            "reader_handle",
            "subject_handle",
            "thing",
        ),
        sensitive={"reader_name": "", "words": ""},
        kept=Kept(
            until=_("six years; then a whole month is taken away at once, and that is signed"),
            because=_PROOF,
        ),
        hidden=_never_told,
        erase=KEEP,
        kept_because=_("A log that loses rows proves nothing. It holds a short name, not yours."),
    ),
)

declare(
    LogCheckpoint,
    Holding(
        label=_("Signatures under the log of who looked"),
        activity="records",
        purpose=_("To find out when somebody changes the log."),
        basis=Basis.OBLIGATION,
        internal=("number", "kind", "at", "content", "key", "mac"),
        kept=Kept(until=_("as long as the log"), because=_PROOF),
        erase=KEEP,
        kept_because=_("It holds nothing about anybody."),
    ),
)

declare(
    OddReading,
    Holding(
        label=_("Looking at your record that we looked into"),
        activity="records",
        purpose=_("To find out whether somebody looked who should not have."),
        basis=Basis.OBLIGATION,
        subjects=("subject",),
        shown={
            "kind": _("What was unusual"),
            "on": _("The day"),
            "asked": _("What you asked"),
            "outcome": _("What came of it"),
        },
        neighbours=("reader", "held_back_by", "reviewed_by"),
        withheld={
            "outcome_words": _("It tells about the person who looked as well. Ask us about it."),
            "held_back_because": _("Telling it could put somebody in danger."),
        },
        internal=("handle", "key", "count", "usual", "reasons", "found_at", "tell_at"),
        sensitive={"asked": "", "outcome_words": "", "held_back_because": ""},
        kept=Kept.for_days(
            _YEARS * 365,
            after="reviewed_at",
            because=_PROOF,
            where=lambda: Q(reviewed_at__isnull=False),
        ),
        hidden=_held_back,
        erase=KEEP,
        kept_because=_PROOF,
    ),
)

declare(
    ContactChange,
    Holding(
        label=_("What your record said before it was put right"),
        activity="records",
        purpose=_("To find a number again that was put right by mistake."),
        basis=Basis.TASK,
        subjects=("person",),
        shown={
            "detail": _("What was put right"),
            "was": _("What it said before"),
            "because": _("Why"),
            "at": _("When"),
        },
        neighbours={"by": _("the person who typed it")},
        sensitive={"was": "", "because": ""},
        kept=Kept.for_days(
            365, after="at", because=_("A mistake shows within a year, or it doesn't matter.")
        ),
        erase=DELETE,
    ),
)
