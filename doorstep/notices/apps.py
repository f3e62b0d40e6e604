from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "doorstep.notices"
    label = "notices"

    def ready(self) -> None:
        from django.db.models.signals import post_delete, post_save

        from doorstep.base.registry import Panel, Tick, ticks
        from doorstep.design.navigation import Link, add_link
        from doorstep.notices import actions, calls, merging, panels, privacy, safe, sending  # noqa: F401
        from doorstep.notices.kinds import Kind, kinds
        from doorstep.people.adapter import news_guards
        from doorstep.people.models import Block, record_panels
        from doorstep.people.records.rules import can_review
        from doorstep.people.telling import tellers

        add_link(
            Link("tool", _("Notices"), "notices:notices", icon="bell", signed_in=True, dot=True)
        )
        add_link(Link("me", _("What we tell you, and how"), "notices:preferences", icon="bell"))
        add_link(Link("me", _("How to reach me safely"), "notices:safe", icon="lock", order=60))
        add_link(
            Link(
                "work",
                _("Messages to say by phone"),
                "notices:calls",
                "phone",
                30,
                only_for=calls.can_call,
            )
        )
        ticks.add("notices: send", Tick(sending.tick, 5))
        tellers.add("notices", actions.send)
        record_panels.add(
            "safe", Panel(_("How to reach them safely"), panels.on_a_record), order=10
        )
        for name, label in (
            ("consent", _("Questions and answers about what may be shared")),
            ("consent-ended", _("Somebody changes their mind about something you used")),
            ("override", _("Something was shared without a yes")),
        ):
            kind = Kind(label, by_email=True, is_essential=True, cannot_wait=name == "override")
            kinds.add(name, kind, order=5)
        kinds.add(
            "sign-in",
            Kind(_("When something odd happens as you sign in"), True, is_essential=True),
            order=6,
        )
        kinds.add(
            "roles", Kind(_("Roles you are asked to take on"), True, is_essential=True), order=7
        )
        kinds.add(
            "rights", Kind(_("What you asked about your data"), True, is_essential=True), order=6
        )
        kinds.add(
            "record-joined",
            Kind(_("When two records of you become one"), by_email=True, is_essential=True),
            order=6,
        )
        kinds.add(
            "reading",
            Kind(_("Who looked at your record"), by_email=True, is_essential=True),
            order=6,
        )
        kinds.add(
            "reading-review",
            Kind(
                _("Reading of records to look into"),
                by_email=True,
                is_essential=True,
                cannot_wait=True,
                only_for=can_review,
            ),
            order=7,
        )
        news_guards.add("notices", safe.may_be_mailed_news)
        # People live a floor below and cannot call our verb; the dot must still be right at once.
        post_save.connect(actions.block_changed, sender=Block, dispatch_uid="notices-block-made")
        post_delete.connect(actions.block_changed, sender=Block, dispatch_uid="notices-block-gone")
