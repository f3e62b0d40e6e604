"""What joining records holds about people."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    DELETE,
    Basis,
    Holding,
    Kept,
    Measure,
    Risk,
    declare,
    risks,
)
from doorstep.people.models import Former, MatchKey, Merge, Pair, Person, ToMatch

_TWO_YEARS = 2 * 365
_FIND = _("So that nobody has two records with half of what they told us in each.")


def _forget_joined(person: Person, wishes: Any) -> int:
    """Whoever is forgotten is forgotten whole: also the records that were joined to theirs."""
    from doorstep.people.rights.erasing import erase

    for gone in Person.objects.filter(merged_into=person):
        erase(gone, takes_posts=wishes.takes_posts)
    rows = Merge.objects.filter(kept=person) | Merge.objects.filter(gone=person)
    ids = list(rows.values_list("pk", flat=True))
    return Merge.objects.filter(pk__in=ids).delete()[1].get("people.Merge", 0)


declare(
    Merge,
    Holding(
        label=_("Two records of you that became one"),
        activity="records",
        purpose=_FIND,
        basis=Basis.TASK,
        subjects=("kept", "gone"),
        shown={
            "state": _("What came of it"),
            "why": _("Why"),
            "undone_why": _("Why it was undone"),
        },
        neighbours={
            "by": _("the officer who joined them"),
            "undone_by": _("the officer who parted them"),
        },
        withheld={"known_by": _("How the officer made sure: it may tell of somebody else.")},
        internal=(
            "handle", "client_key", "chosen", "details", "moved", "marks", "changed",
            "laid_aside", "nouns", "wrong_answers",
        ),
        sensitive=dict.fromkeys(("why", "known_by", "undone_why"), ""),
        kept=Kept.for_days(
            _TWO_YEARS,
            after="asked_at",
            because=_("A mistake in joining shows within two years. After that the way back goes."),
            empties={"details": {}, "moved": {}, "marks": {}, "changed": [], "laid_aside": []},
            where=lambda: ~Q(marks={}),
        ),
        erase=DELETE,
        erase_with=_forget_joined,
        order=70,
    ),
)  # fmt: skip

declare(
    Pair,
    Holding(
        label=_("Records that looked like yours"),
        activity="records",
        purpose=_FIND,
        basis=Basis.TASK,
        subjects=("one", "other"),
        neighbours={"decided_by": _("the officer who looked")},
        internal=("reasons",),
        kept=Kept.for_days(
            _TWO_YEARS, after="found_at", because=_("So that nobody is asked the same again.")
        ),
        erase=DELETE,
        withhold=_("It would tell you of somebody else's record."),
        order=71,
    ),
)
declare(
    MatchKey,
    Holding(
        label=_("Marks by which records of one person are found"),
        activity="records",
        purpose=_FIND,
        basis=Basis.TASK,
        subjects=("person",),
        secret=("key",),
        kept=Kept.with_account(),
        erase=DELETE,
        order=72,
    ),
)
declare(
    ToMatch,
    Holding(
        label=_("Waiting to be compared with other records"),
        activity="records",
        purpose=_FIND,
        basis=Basis.TASK,
        subjects=("person",),
        kept=Kept.with_account(),
        erase=DELETE,
        order=73,
    ),
)
declare(
    Former,
    Holding(
        label=_("A number you had here before"),
        activity="records",
        purpose=_("So that you see who looked at your record before you said it is yours."),
        basis=Basis.TASK,
        subjects=("person",),
        internal=("former_id",),
        kept=Kept.with_account(),
        erase=DELETE,
        order=74,
    ),
)

risks.add(
    "wrongly joined",
    Risk(
        activity="records",
        what="Two people's records are joined by mistake, and one reads the other's.",
        hurts="Somebody's story, address or worries reach a stranger or a relative.",
        chance="low",
        harm="high",
        measures=(
            Measure(
                "A machine only suggests; an officer compares and decides.",
                "doorstep/people/merging/suggesting.py",
            ),
            Measure(
                "Nobody's account gets another record without proof or their own yes.",
                "tests/test_merging.py",
            ),
            Measure(
                "Joining never widens what anybody may see, share or use to reach them, and is "
                "undone exactly.",
                "tests/test_merging_generated.py",
            ),
        ),
    ),
)
