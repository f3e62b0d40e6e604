"""What signals hold. They are about places; people stand in them only as those who decided."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import Basis, Erase, Holding, Kept, declare
from doorstep.watch.models import Scan, Signal, SignalStep, Threshold

_PURPOSE = _("So that several small worries that mean something together are seen in time.")
_YEAR = 365
_BACK = _("So that it can be seen what was made of it, and what is usual for the time of year.")

declare(
    Scan,
    Holding(
        label=_("Looks over all concerns for unusual rises"),
        activity="watch",
        purpose=_PURPOSE,
        basis=Basis.TASK,
        neighbours=("asked_by",),
        # `cannot` holds numbers of areas and themes, `problem` the name of an error: no words.
        internal=("cannot", "problem"),
        kept=Kept.for_days(_YEAR, after="asked_at", because=_("To see that we looked.")),
        erase=Erase.PARENT,
    ),
)
declare(
    Signal,
    Holding(
        label=_("Several concerns of a place that mean something together"),
        activity="watch",
        purpose=_PURPOSE,
        basis=Basis.TASK,
        shown={"title": _("What somebody called it who joined the concerns")},
        internal=("ref", "client_key"),
        kept=Kept.for_days(3 * _YEAR, after="found_at", because=_BACK),
        erase=Erase.PARENT,
    ),
)
declare(
    SignalStep,
    Holding(
        label=_("What was made of a signal, and why"),
        activity="watch",
        purpose=_PURPOSE,
        basis=Basis.TASK,
        shown={"reason": _("Why")},
        neighbours=("by",),
        sensitive={"reason": ""},
        kept=Kept.with_parent(_BACK),
        erase=Erase.PARENT,
    ),
)
declare(
    Threshold,
    Holding(
        label=_("How sensitive the scan is, who proposed it and who agreed"),
        activity="watch",
        purpose=_("So that nobody changes alone what is called unusual."),
        basis=Basis.TASK,
        shown={"why": _("Why")},
        neighbours=("proposed_by", "decided_by"),
        kept=Kept(
            until=_("as long as signals are found"),
            because=_("So that it can be seen who agreed to what."),
        ),
        erase=Erase.PARENT,
    ),
)
