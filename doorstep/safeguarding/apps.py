from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SafeguardingConfig(AppConfig):
    name = "doorstep.safeguarding"
    label = "safeguarding"

    def ready(self) -> None:
        from doorstep.base import limits
        from doorstep.base.registry import Panel, Tick, ticks
        from doorstep.design import navigation
        from doorstep.notices.kinds import Kind, kinds
        from doorstep.people.models import person_panels
        from doorstep.people.rights.rules import holders
        from doorstep.people.roles.kinds import Opens, offered
        from doorstep.safeguarding import (  # noqa: F401
            actions,
            merging,
            panels,
            privacy,
            reading,
            rules,
            things,
        )

        worried = _("Worried about someone?")
        navigation.wear("safeguarding", "map")
        navigation.add_link(
            navigation.Link("tool", worried, "safeguarding:worried", icon="ear", order=20)
        )
        navigation.add_link(navigation.Link("foot", worried, "safeguarding:worried", order=-1))
        navigation.add_link(
            navigation.Link(
                "work",
                _("Safeguarding alerts"),
                "safeguarding:queue",
                "life-buoy",
                5,
                only_for=rules.is_lead,
            )
        )
        kinds.add(
            actions.KIND_WAITS,
            Kind(
                _("A safeguarding alert waits"),
                by_email=True,
                is_essential=True,
                cannot_wait=True,
                subject=_("something waits for you"),
                only_for=lambda person: rules.is_lead(person) or rules.is_administrator(person),
            ),
            order=5,
        )
        kinds.add(
            actions.KIND_ANSWER,
            Kind(
                _("An answer to something you told us"),
                is_essential=True,
                subject=_("an answer for you"),
            ),
            order=6,
        )
        ticks.add("safeguarding: what waits too long", Tick(actions.escalate, 60))
        person_panels.add("worried", Panel(worried, panels.on_a_persons_page), order=90)
        holders.add("safeguarding", rules.held_among)
        offered.add("safeguarding", Opens(_("read worries about harm, and see them through")))
        things.register()
        reading.register()
        # A worry about harm is never turned away; the page itself holds back a flood.
        limits.never_limited.add("safeguarding:worried")
