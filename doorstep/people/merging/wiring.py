"""What joining records hangs up at the start."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _

from doorstep.base import limits
from doorstep.base.limits import Limit
from doorstep.base.registry import Panel, Registry, Tick, ticks
from doorstep.design.navigation import Link, add_link
from doorstep.people.models import Person, record_panels
from doorstep.people.readings.kinds import Reason, reasons, same_person

# Whether something known says that two records are two people: `function(one, other) -> bool`.
# What it knows is not told to whoever asks.
apart: Registry[Callable[[Person, Person], bool]] = Registry("what says that two are two")
# Whether somebody holds a place that stays with their record, such as one in an organisation:
# `function(person) -> bool`. Such a record is kept.
holders: Registry[Callable[[Person], bool]] = Registry("what a record must be kept for")


def connect() -> None:
    """Called once, when `people` is ready."""
    from doorstep.people.merging import declared, matching, panels, privacy, rules  # noqa: F401
    from doorstep.people.records.rules import can_find_records

    same_person.add("merging", rules.same_ids)
    reasons.add(
        "same_person",
        Reason(
            _("To see if two records are one person"),
            _("to see whether two records are yours"),
            offered=False,
        ),
    )
    record_panels.add("merging", Panel(_("Is this person here twice?"), panels.twice), order=70)
    add_link(
        Link(
            "work",
            _("Records that may be the same person"),
            "people:duplicates",
            "users",
            15,
            only_for=can_find_records,
        )
    )
    ticks.add("people: find records of one person", Tick(matching.tick, 10 * 60))
    limits.add(Limit("people.merge", person=(60, limits.HOUR)), "people:compare")
    limits.add(Limit("people.merge_yes", person=(10, limits.HOUR)), "people:merge_question")
    post_save.connect(matching.saved, sender=Person, dispatch_uid="people-to-match")
