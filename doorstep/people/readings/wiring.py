"""Hang the read log and the record page up where people find them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorstep.base import limits
from doorstep.base.limits import Limit
from doorstep.base.registry import Tick, ticks
from doorstep.design.navigation import Link, add_link


def connect() -> None:
    """Called once, when `people` is ready."""
    from doorstep.base.time import now
    from doorstep.people.readings import actions, checkpoints, odd, privacy  # noqa: F401
    from doorstep.people.records import rules

    add_link(Link("record", _("What we hold, and who has looked"), "people:my_record", "eye", 10))
    add_link(
        Link(
            "work",
            _("Find a person's record"),
            "people:records",
            "search",
            10,
            only_for=rules.can_find_records,
        )
    )
    add_link(
        Link(
            "work",
            _("Reading to look into"),
            "people:reviews",
            "eye",
            20,
            only_for=rules.can_review,
        )
    )
    add_link(
        Link(
            "work",
            _("Somebody is in danger: open a record outside your role"),
            "people:break_glass",
            "triangle-alert",
            90,
            only_for=rules.can_break_glass,
        )
    )
    ticks.add("people: sign the read log", Tick(checkpoints.tick, 5 * 60))
    ticks.add("people: look for unusual reading", Tick(odd.tick, 15 * 60))
    ticks.add("people: tell of emergencies", Tick(lambda: actions.tell_people(at=now()), 10 * 60))
    # Looking for people is what somebody copying the record would do.
    limits.add(Limit("people.records", person=(60, limits.HOUR)), "people:records")
    limits.add(Limit("people.write_down", person=(60, limits.HOUR)), "people:new_record")
    limits.add(Limit("people.ask", person=(20, limits.HOUR)), "people:ask_about_reading")
