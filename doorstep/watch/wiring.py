"""What concerns hang up on the floors below."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Panel, Tick, ticks
from doorstep.design import navigation
from doorstep.notices.kinds import Kind, kinds
from doorstep.people.models import record_panels
from doorstep.people.roles.kinds import Opens, offered
from doorstep.places.models import area_panels
from doorstep.watch import panels, reading, rules
from doorstep.watch.actions import care, nightly, telling


def register() -> None:
    """Called once, in `ready()`."""
    navigation.wear("watch", "map")
    add, link = navigation.add_link, navigation.Link
    noticed = _("Noticed something?")
    add(link("foot", noticed, "watch:front", order=1))
    add(link("sheet", noticed, "watch:front", icon="eye", order=25))
    add(link("me", _("What you told us you noticed"), "watch:front", icon="eye", order=60))
    add(link("work", _("Concerns"), "watch:desk", "eye", 14, only_for=rules.has_a_desk))
    add(link("work", _("Small signs"), "watch:signs", "sprout", 15, only_for=rules.is_carer))
    add(
        link("work", _("What your office passed on"), "watch:office", "building-2", 16,
             only_for=rules.has_an_office)
    )  # fmt: skip
    add(link("work", _("Concerns by ward"), "watch:trends", "list-filter", 17,
             only_for=rules.sees_trends))  # fmt: skip
    add(link("work", _("Who looks after which concerns"), "watch:duties", "users", 18,
             only_for=rules.can_arrange))  # fmt: skip
    kinds.add(
        telling.KIND_WAITS,
        Kind(
            _("Something somebody noticed waits for you"),
            by_email=True,
            subject=_("something waits for you"),
            only_for=rules.has_a_desk,
        ),
        order=44,
    )
    kinds.add(
        care.KIND_ANSWER,
        Kind(
            _("What came of something you noticed"),
            by_email=True,
            subject=_("an answer for you"),
        ),
        order=45,
    )
    area_panels.add("watch", Panel(_("Noticed something?"), panels.on_an_area), order=80)
    record_panels.add("watch", Panel(_("Small worries"), panels.on_a_record), order=50)
    ticks.add("watch: what waits, runs out and is forgotten", Tick(nightly.tick, 6 * 60 * 60))
    reading.register()
    offered.add("insight", Opens(_("read counts by ward, with small numbers hidden")))
