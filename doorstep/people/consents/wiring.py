"""What consent hangs up at the start."""

from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Panel, Tick, ticks
from doorstep.design.navigation import Link, add_link
from doorstep.people.consents import actions, kinds, panels, privacy, rules  # noqa: F401
from doorstep.people.models import record_panels
from doorstep.people.readings.kinds import Readable, Reason, capacities, readables, reasons
from doorstep.people.rights.rules import sharers


def connect() -> None:
    kinds.register()
    sharers.add("consents", rules.who_used_it)
    readables.add("sheet", Readable(_("what you agreed to pass on"), _("a sheet passed on")))
    readables.add("agreements", Readable(_("what you agreed to"), _("what they agreed to")))
    readables.add(
        "override",
        Readable(
            _("why something was shared without asking you"),
            _("why it was shared without a yes"),
            hidden_from_subject=True,
        ),
    )
    reasons.add(
        "passed_on", Reason(_("It was passed on"), _("it was passed on to them"), offered=False)
    )
    reasons.add(
        "reviewing",
        Reason(
            _("To see whether it was right"),
            _("to see whether it was right to share it"),
            offered=False,
        ),
    )
    capacities.add("outside", _("somebody outside, through a link they made"))
    record_panels.add("agreed", Panel(_("What they agreed to"), panels.agreed), order=30)
    record_panels.add("pass-on", Panel(_("Pass on"), panels.pass_on), order=31)
    for label, name, icon, order in (
        (_("What you have agreed to"), "people:agreements", "heart-handshake", 30),
        (_("What you used with somebody's yes"), "people:relied", "file-text", 31),
    ):
        add_link(Link("record", label, name, icon, order))
    ticks.add("people.consents", Tick(actions.look_ahead, 60 * 60))
