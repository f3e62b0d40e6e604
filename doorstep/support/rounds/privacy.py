"""What rounds hold about the people on them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    EMPTY,
    PARENT,
    Basis,
    Condition,
    Holding,
    Kept,
    about_nobody,
    declare,
)
from doorstep.support.models import Depot, Round, RoundPlan, Stop

about_nobody(Depot, "A hall or a shop where rounds begin.")

_CASE: dict[str, Any] = {"activity": "support", "basis": Basis.TASK, "kept": Kept.with_parent()}

declare(
    RoundPlan,
    Holding(
        label=_("A day's rounds"),
        purpose=_("So that many doors are reached in one morning."),
        activity="support",
        basis=Basis.TASK,
        subjects=("by",),
        shown={},
        internal=("ref", "client_key", "figures", "trouble"),
        erase=EMPTY,
        empties={"by": None},
        kept=Kept.for_days(
            2 * 365,
            after="asked_at",
            because=_("So that we can say who was to bring what, and when."),
        ),
    ),
)
declare(
    Round,
    Holding(
        label=_("Rounds you took on"),
        purpose=_("So that you know where to go, and when."),
        subjects=("volunteer__person",),
        shown={},
        internal=("ref",),
        erase=PARENT,
        **_CASE,
    ),
)
declare(
    Stop,
    Holding(
        label=_("Stops of a round at your door"),
        purpose=_("So that what you need is brought to your door."),
        special=Condition.SOCIAL_CARE,
        subjects=("task__request__person",),
        shown={"note": _("What was written down at the door"), "why_left": _("Why not yet?")},
        neighbours=("marked_by",),
        # What the planner counted over volunteers: names nobody, and says nothing of the door.
        internal=("left_detail",),
        sensitive={"note": ""},
        recipients=(_("the volunteer whose round it is, until it is over"),),
        erase=PARENT,
        **_CASE,
    ),
)
