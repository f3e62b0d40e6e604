"""What the requests' half hangs up at the start."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from doorstep.base import limits
from doorstep.base.benches import benches
from doorstep.base.limits import HOUR, Limit
from doorstep.base.registry import Panel, Tick, ticks
from doorstep.base.time import now
from doorstep.design import navigation
from doorstep.notices.kinds import Kind, kinds
from doorstep.people.models import Person, record_panels
from doorstep.people.readings.kinds import Readable, readables
from doorstep.people.rights import erasing
from doorstep.people.signs import sign_sources
from doorstep.support.contacts import actions as contacts
from doorstep.support.contacts import reading, signs
from doorstep.support.crisis import actions as crisis
from doorstep.support.models import Looking, Request
from doorstep.support.requests import (
    doors,
    finding,
    merging,  # noqa: F401
    privacy,  # noqa: F401
    rules,
    things,
    working,
)


def wire() -> None:
    """Fill the registries of the floors below."""
    _menu()
    _notices()
    doors.open_doors()
    things.register()
    readables.add(
        "request",
        Readable(
            _("what you asked for, and how to reach you"),
            _("a request for help, with number and address"),
        ),
    )
    readables.add(
        "requests", Readable(_("all you ever asked us for"), _("all their requests for help"))
    )
    record_panels.add("support", Panel(_("Help they asked for"), on_a_record), order=20)
    ticks.add("support: what waits too long", Tick(_climb, 60))
    ticks.add("support: what comes again", Tick(_repeats, 10 * 60))
    ticks.add("support: who looked", Tick(_forget_looks, 60 * 60))
    ticks.add("support: marks of what is over", Tick(finding.forget_old, 24 * 60 * 60))
    ticks.add("support: lists of people to ring", Tick(reading.tick, 10))
    erasing.afterwards.add("support: marks of their requests", finding.forget)
    sign_sources.add("support: missed contacts", signs.missed)
    sign_sources.add("support: repeated requests", signs.repeated)
    benches.add("surge", "doorstep.support.crisis.surge.measuring.BENCH")
    benches.add("desk", "doorstep.support.crisis.surge.measuring.DESK")
    # One library, one hub or one family may send many; a machine sends more.
    limits.add(Limit("support-ask", person=(60, HOUR), visitor=(60, HOUR)), "support:ask")


def _menu() -> None:
    navigation.add(
        navigation.MenuItem(
            section="support",
            label=_("Help"),
            url_name="support:ask",
            icon="hand-heart",
            shop="help",
            order=15,
        )
    )
    navigation.add_link(navigation.Link("foot", _("Ask for help"), "support:ask", order=-2))
    navigation.add_link(
        navigation.Link("me", _("What I asked for"), "support:mine", "hand-heart", 25)
    )
    navigation.add_link(
        navigation.Link("work", _("The desk"), "support:desk", "inbox", 1, only_for=rules.is_worker)
    )
    navigation.add_link(
        navigation.Link(
            "work",
            _("Take a call, a letter or a slip"),
            "support:calls",
            "phone-call",
            2,
            only_for=rules.is_worker,
        )
    )


def _notices() -> None:
    kinds.add(
        working.KIND_WAITS,
        Kind(
            _("A request for help waits for you"),
            by_email=True,
            subject=_("something waits for you"),
            only_for=rules.is_worker,
        ),
        order=15,
    )
    kinds.add(
        contacts.KIND_KNOCK,
        Kind(
            _("Somebody isn't answering: knock at their door"),
            by_email=True,
            subject=_("something waits for you"),
            only_for=rules.is_worker,
        ),
        order=16,
    )
    kinds.add(
        working.KIND_ANSWER,
        Kind(_("News about help you asked for"), by_email=True, subject=_("news for you")),
        order=17,
    )
    kinds.add(
        crisis.KIND_SWITCH,
        Kind(_("The crisis switch"), by_email=True, only_for=rules.is_worker),
        order=18,
    )
    kinds.add(
        crisis.KIND_THANKS,
        Kind(_("A thank-you after a crisis"), by_email=True, subject=_("thank you")),
        order=19,
    )


def _climb() -> object:
    return working.climb(now())


def _repeats() -> object:
    return working.make_repeats(now())


def _forget_looks() -> object:
    import datetime as dt

    return Looking.objects.filter(seen_at__lt=now() - dt.timedelta(hours=1)).delete()


def on_a_record(request: HttpRequest, person: Person) -> str:
    """How many requests somebody made, on their record, for those whose work it is."""
    me = getattr(request.user, "person", None)
    if not rules.is_worker(me):
        return ""
    counts = (
        Request.objects.visible_to(me)
        .filter(person=person)
        .aggregate(many=Count("pk"), open=Count("pk", filter=Q(closed_at=None)))
    )
    return render_to_string(
        "support/desk/_record_panel.html", {"person": person, **counts}, request=request
    )
