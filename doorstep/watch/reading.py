"""Opening a concern about somebody we know is written down, and they can read that."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorstep.people.readings import kinds

READABLE = "concern"
REASON = "watch"


def register() -> None:
    """Called once, in `ready()`."""
    kinds.readables.add(
        READABLE, kinds.Readable(_("a worry about you that you said yes to"), _("a concern"))
    )
    kinds.reasons.add(
        REASON,
        kinds.Reason(
            _("To look into a concern"), _("to look into something you said yes to"), offered=False
        ),
    )
