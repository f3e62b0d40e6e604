"""What signals hang up on the floors below."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorstep.base.benches import benches
from doorstep.base.registry import Tick, ticks
from doorstep.design import navigation
from doorstep.notices.kinds import Kind, kinds
from doorstep.watch.signals import actions, rules, tasks


def register() -> None:
    """Called once, in `ready()`."""
    navigation.add_link(
        navigation.Link(
            "work", _("Signals: more than usual"), "watch:signals", "search", 13,
            only_for=rules.reads_signals,
        )
    )  # fmt: skip
    kinds.add(
        actions.KIND,
        Kind(
            _("More than usual of something in your area"),
            by_email=True,
            subject=_("something to look at"),
            only_for=rules.reads_signals,
        ),
        order=43,
    )
    # Asked each hour, done once a night: a worker that slept through one o'clock catches up.
    ticks.add("watch: look for signals", Tick(tasks.tick, 60 * 60))
    benches.add("outbreaks", "doorstep.watch.measuring.BENCH")
