"""Where the directory's pages for people hang in the house."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from doorstep.base import limits
from doorstep.base.benches import benches
from doorstep.base.keeping import part
from doorstep.base.limits import HOUR, Limit
from doorstep.base.registry import MORE, Panel, Tick, ticks
from doorstep.design import navigation
from doorstep.notices.kinds import Kind, kinds
from doorstep.organisations import actions, beside, rules, showing
from doorstep.organisations.freshness import actions as freshness
from doorstep.places.models import Area, area_panels


def register() -> None:
    """Hang everything up; called once when the app is ready."""
    showing.watch_cards()
    benches.add("matching", "doorstep.organisations.finding.measuring.BENCH")
    beside.kinds.add(
        "offers",
        beside.Kind(_("Call on us for"), "hand-heart", beside.offers, beside.show_offers),
        order=10,
    )
    navigation.add(
        navigation.MenuItem(
            section="directory",
            label=_("Services"),
            url_name="directory:find",
            icon="store",
            shop="services",
            order=30,
        )
    )
    navigation.add_link(
        navigation.Link(
            "sheet", _("What I look after"), "directory:ours", "key-round", 35, signed_in=True
        )
    )
    navigation.add_link(
        navigation.Link(
            "work",
            _("Keeping the directory"),
            "directory:keeping",
            "store",
            40,
            only_for=rules.is_keeper,
        )
    )
    kinds.add(
        actions.KIND,
        Kind(
            _("Answers about the directory"),
            by_email=True,
            subject=_("an answer about the directory"),
        ),
        order=60,
    )
    area_panels.add("directory", Panel(_("Help and activities here"), area_panel), order=60)
    ticks.add("directory: what is still true", Tick(freshness.tick, 60 * 60))
    ticks.add("directory: what words find", Tick(_index, 60))
    limits.add(Limit("directory-told", (30, HOUR), (15, HOUR)), "directory:told")
    limits.add(
        Limit("directory-suggest", (20, HOUR), (8, HOUR)),
        "directory:suggest",
        "directory:suggest_new",
    )
    # What writes to an address that anybody types.
    limits.add(Limit("directory-send", (15, HOUR), (6, HOUR), exact=True), "directory:send_list")
    limits.add(Limit("directory-invite", (30, HOUR), None), "directory:staff")
    # Guessing at links, and pressing their buttons.
    limits.add(
        Limit("directory-link", (60, HOUR), (40, HOUR), frozenset({"GET", "HEAD", "POST"})),
        "directory:true",
        "directory:join",
    )


def _index() -> object:
    # Imported here: NumPy is not for every command that starts.
    from doorstep.organisations.finding import others, store

    return MORE if MORE in (store.turn(), others.turn()) else None


def area_panel(request: HttpRequest, area: Area) -> str:
    """A way into the directory. It asks no query: an area's page is opened all day."""
    from doorstep.organisations.views.find import EVERYDAY

    return part(
        "organisations/_area_panel.html",
        (area.slug, area.name),
        {"area": area, "chips": EVERYDAY[:6]},
    )
