from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from doorstep.base.benches import benches
from doorstep.base.registry import Tick, ticks
from doorstep.design.navigation import Link, MenuItem, add, add_link


class WebConfig(AppConfig):
    name = "doorstep.web"
    label = "web"

    def ready(self) -> None:
        add(
            MenuItem(
                section="web",
                label=_("Neighbourhood"),
                tab_label=_("Home"),
                url_name="web:home",
                icon="house",
                shop="home",
                order=10,
                in_tab_bar=True,
            )
        )
        for order, (label, name) in enumerate(
            (
                (_("About Doorstep"), "web:about"),
                (_("Getting in touch"), "web:contact"),
                (_("Making this site easier to use"), "web:accessibility"),
                (_("What we keep about you"), "web:privacy"),
                (_("How we keep this place safe"), "web:safety"),
            )
        ):
            add_link(Link("foot", label, name, order=order))
        if settings.DEMO_SIGN_IN:
            add_link(Link("sheet", _("Try it as somebody"), "demo:people", "users", order=90))
        self._search()
        from doorstep.web import calling, doors, expecting, limits, merging  # noqa: F401

        doors.open_doors()
        benches.add("finding", "doorstep.web.bench.finding.BENCH")
        benches.add("log", "doorstep.web.bench.trust.LOG")
        benches.add("keys", "doorstep.web.bench.trust.KEYS")
        limits.register()
        expecting.register()
        calling.register()
        self._safety()
        self._second_look()

    def _second_look(self) -> None:
        """Lend what the directory knows of sentences to the reading of words."""
        from doorstep.kindness import meaning
        from doorstep.organisations.finding.meaning import reader

        meaning.readers.add("the directory's", reader)

    def _search(self) -> None:
        """The search tool in the signboard, and what keeps search true."""
        from doorstep.web import indexes, kept, lexicon, privacy  # noqa: F401

        kept.register()

        add_link(Link("tool", _("Search"), "web:search", icon="search", order=10))
        ticks.add("the words of search", Tick(lexicon.refresh, 1800))
        post_migrate.connect(indexes.mend, sender=self)

    def _safety(self) -> None:
        """The safety records: what keepers are told, and when."""
        from doorstep.notices.kinds import Kind, kinds
        from doorstep.web.safety import actions, views

        add_link(
            Link(
                "work",
                _("Safety records"),
                "web:safety_records",
                icon="shield-check",
                order=60,
                only_for=views.can_keep_records,
            )
        )
        kinds.add(
            "safety-due",
            Kind(
                _("Safety records and complaints that wait (for those who look after them)"),
                by_email=True,
                subject=_("something waits"),
                only_for=views.can_keep_records,
            ),
            order=84,
        )
        kinds.add(
            "complaint-answered",
            Kind(
                _("We answer a complaint of mine"),
                by_email=True,
                is_essential=True,
                subject=_("we have answered"),
            ),
            order=85,
        )
        kinds.add("our-words", Kind(_("We change a page that tells how we do things")), order=86)
        ticks.add("safety records due", Tick(actions.tell_what_is_due, 6 * 60 * 60))
