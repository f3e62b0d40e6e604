"""What roles hang up at the start."""

from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Tick, ticks
from doorstep.design.navigation import Link, add_link
from doorstep.people import rules
from doorstep.people.roles import actions
from doorstep.people.roles.kinds import Opens, offered


def connect() -> None:
    offered.add("administrator", Opens(_("give roles and look after how the place runs")))
    offered.add("officer", Opens(_("help people anywhere in the borough, and open their records")))
    offered.add(
        "organiser", Opens(_("help people in one part of the borough, and open their records"))
    )
    ticks.add("people.roles", Tick(actions.tick, 60 * 60))
    add_link(
        Link(
            "work",
            _("Who holds which role"),
            "people:roles",
            "users",
            70,
            only_for=rules.can_give_roles,
        )
    )
    add_link(Link("record", _("Your roles"), "people:my_roles", "key-round", 80))
