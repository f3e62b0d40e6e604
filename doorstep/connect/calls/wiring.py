"""Where calls hang in the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorstep.base import limits
from doorstep.base.benches import benches
from doorstep.base.limits import HOUR, Limit
from doorstep.base.registry import Tick, ticks
from doorstep.base.time import now
from doorstep.connect import rules as connect_rules
from doorstep.connect.calls import actions, index, rules, sources
from doorstep.connect.calls.models import Call, CallAsk
from doorstep.connect.models import Referral
from doorstep.design import navigation
from doorstep.notices.kinds import Kind, kinds
from doorstep.organisations.models import Organisation
from doorstep.organisations.waiting import Waiting, waiting
from doorstep.people.consents.kinds import Purpose, purposes, reactions
from doorstep.people.models import Person
from doorstep.people.readings.kinds import Readable, Reason, readables, reasons


def register() -> None:
    """Hang everything up; called once when the app is ready."""
    sources.register()
    benches.add("calls", "doorstep.connect.calls.measuring.BENCH")
    kinds.add(
        actions.KIND,
        Kind(_("Small asks from around here"), by_email=True, subject=_("could you lend a hand?")),
        order=46,
    )
    readables.add(
        "introduction", Readable(_("how to reach you, after an introduction"), _("a contact"))
    )
    reasons.add(
        "introduced",
        Reason(_("You were introduced"), _("because you were introduced"), offered=False),
    )
    purposes.add(
        rules.CALL,
        Purpose(
            label=_("Asking around for you, without saying who you are"),
            ask=_("May %(recipient)s ask around for you, without saying who you are?"),
            parts=("asked",),
            recipients=("organisation",),
            on_withdrawal=_("Every call for you stops, and every link is dead at once."),
            days=182,
            by_oneself=False,
            can_override=False,
        ),
        order=53,
    )
    purposes.add(
        rules.MEET,
        Purpose(
            label=_("Meeting somebody who answered a call"),
            ask=_("May %(recipient)s know your name and how to reach you, to meet you?"),
            parts=("name", "phone"),
            recipients=("organisation", "neighbour"),
            on_withdrawal=_("They see nothing of you any more, from this minute."),
            days=182,
            by_oneself=False,
            can_override=False,
        ),
        order=54,
    )
    reactions.add("connect-calls", actions.on_withdrawal)
    ticks.add("connect: calls that are out", Tick(lambda: actions.tick(now()), 15 * 60))
    ticks.add("connect: whom calls may go to", Tick(index.turn, 5 * 60))
    waiting.add("referrals", referrals_for)
    waiting.add("calls", calls_for)
    navigation.add_link(
        navigation.Link("me", _("Small asks from around here"), "connect:calls", "hand-heart", 32)
    )
    limits.add(Limit("connect-call", person=(60, HOUR)), "connect:call", "connect:new_call")


def calls_for(person: Person, organisation: Organisation) -> list[Waiting]:
    """What an organisation was asked and nobody there has answered; never about whom."""
    asks = (
        CallAsk.objects.visible_to(person)
        .filter(organisation=organisation, answer="", call__state=Call.State.OUT)
        .order_by("sent_at", "pk")[:20]
    )
    return [
        Waiting(
            _("A call: could you lend a hand?"),
            ask.get_absolute_url(),
            ask.sent_at or now(),
            "hand-heart",
        )
        for ask in asks
    ]


def referrals_for(person: Person, organisation: Organisation) -> list[Waiting]:
    """Referrals nobody has answered, for those who answer them."""
    if organisation.pk not in connect_rules.desks(person) | connect_rules.leads(person):
        return []
    rows = (
        Referral.objects.filter(
            organisation=organisation, state__in=(Referral.State.SENT, Referral.State.ASKED)
        )
        .exclude(person=person)
        .order_by("made_at")[:20]
    )
    return [
        Waiting(_("Somebody is proposed for one-to-one work"), row.get_absolute_url(), row.made_at)
        for row in rows
    ]
