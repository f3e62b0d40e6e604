"""What this part of people hangs up at the start."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Panel, Tick, ticks
from doorstep.design.navigation import Link, add_link
from doorstep.people.models import record_panels
from doorstep.people.readings.kinds import Readable, readables
from doorstep.people.rights import panels, privacy, retention, rules, tasks  # noqa: F401


def connect() -> None:
    ticks.add("rights: copies and erasures", Tick(tasks.tick, 10 * 60))
    ticks.add("rights: keep nothing too long", Tick(retention.tick, 30 * 60))
    record_panels.add("rights", Panel(_("Rights over their data"), panels.rights_panel), order=80)
    readables.add(
        "export",
        Readable(_("a copy of everything, to print for you"), _("a printed copy of everything")),
    )
    add_link(Link("record", _("Your data, your say"), "people:rights", "shield-check", 40))
    for order, (label, name, icon, rule) in enumerate(
        (
            (
                _("What people ask about their data"),
                "people:rights_worklist",
                "inbox",
                rules.can_work_on_rights,
            ),
            (_("Keeping nothing too long"), "people:retention", "hourglass", rules.can_see_figures),
            (_("Record of processing"), "people:processing", "file-text", rules.can_see_figures),
        )
    ):
        add_link(Link("work", label, name, icon, 60 + order, only_for=rule))
