"""What rounds hang up at the start."""

from django.utils.translation import gettext_lazy as _

from doorstep.base.benches import benches
from doorstep.base.registry import Tick, ticks
from doorstep.design import navigation
from doorstep.notices.kinds import Kind, kinds
from doorstep.support.rounds import merging, privacy, rules, tasks  # noqa: F401


def wire() -> None:
    """Fill the registries of the floors below."""
    benches.add("rounds", "doorstep.support.rounds.measuring.ROUNDS")
    benches.add("morning", "doorstep.support.rounds.measuring.MORNING")
    navigation.add_link(
        navigation.Link("work", _("Rounds"), "support:rounds", "route", 22, only_for=rules.may_plan)
    )
    kinds.add(
        "round",
        Kind(_("A round for you"), by_email=True, is_essential=True, subject=_("a round for you")),
        order=9,
    )
    kinds.add(
        "round-plan",
        Kind(_("News of the rounds you plan"), only_for=rules.may_plan),
        order=40,
    )
    ticks.add("support: rounds", Tick(tasks.tick, 60))
