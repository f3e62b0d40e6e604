"""Where one-to-one work hangs in the house."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doorstep.base import limits
from doorstep.base.benches import benches
from doorstep.base.limits import HOUR, Limit
from doorstep.base.registry import Panel, Tick, ticks
from doorstep.base.time import now
from doorstep.connect import rules
from doorstep.connect.actions import measuring, referring
from doorstep.connect.diary import wiring as diary
from doorstep.connect.diary.listing import counted
from doorstep.connect.models import Referral, Relationship
from doorstep.design import navigation
from doorstep.notices.actions import send
from doorstep.notices.kinds import Kind, kinds
from doorstep.people.consents.kinds import Purpose, purposes, reactions
from doorstep.people.models import Consent, Person, record_panels
from doorstep.people.readings.kinds import Readable, Reason, capacities, readables, reasons
from doorstep.people.records.rules import can_open_record
from doorstep.people.roles.kinds import Opens, offered


def register() -> None:
    """Hang everything up; called once when the app is ready."""
    benches.add("deidentify", "doorstep.connect.deidentify.measuring.BENCH")
    navigation.wear("connect", "help")
    navigation.add_link(
        navigation.Link(
            "work",
            _("Walking alongside"),
            "connect:home",
            "users",
            12,
            only_for=rules.works_here,
        )
    )
    navigation.add_link(navigation.Link("me", _("My circle"), "connect:mine", "users", 30))
    navigation.add_link(
        navigation.Link("me", _("My evidence diary"), "connect:diaries", "book-open", 31)
    )
    navigation.add_link(
        navigation.Link("foot", _("Company, one to one"), "connect:refer", order=-1)
    )
    kinds.add(
        "connect",
        Kind(_("Walking alongside somebody"), by_email=True, subject=_("something for you")),
        order=44,
    )
    kinds.add(
        referring.KIND,
        Kind(_("Referrals you sent or received"), by_email=True, subject=_("a referral")),
        order=45,
    )
    readables.add(
        "relationship",
        Readable(_("what you and your catalyst wrote down"), _("a one-to-one relationship")),
    )
    readables.add("referral", Readable(_("a referral about you"), _("a referral")))
    reasons.add(
        "walking",
        Reason(_("To walk alongside them"), _("because they walk alongside you"), offered=False),
    )
    reasons.add(
        "referral", Reason(_("To answer a referral"), _("to answer a referral"), offered=False)
    )
    capacities.add("circle", _("somebody in your circle"))
    offered.add("catalyst", Opens(_("walk alongside people who were referred to you")))
    _purposes()
    reactions.add("connect", on_withdrawal)
    record_panels.add("connect", Panel(_("One-to-one work"), on_a_record), order=60)
    ticks.add("connect: what is to be asked", Tick(measuring.remind, 60 * 60))
    diary.register()
    limits.add(Limit("connect-refer", person=(30, HOUR), visitor=(10, HOUR)), "connect:refer")
    limits.add(
        Limit("connect-link", (60, HOUR), (40, HOUR), frozenset({"GET", "HEAD", "POST"})),
        "connect:link",
    )


def _purposes() -> None:
    purposes.add(
        rules.WALK,
        Purpose(
            label=_("Somebody walking alongside you"),
            ask=_("May %(recipient)s walk alongside you, and keep what you tell them?"),
            parts=("name", "phone", "area", "languages", "access", "asked"),
            recipients=("organisation",),
            on_withdrawal=_("They pause at once, and ask you before anything else."),
            days=None,
            can_override=False,
        ),
        order=50,
    )
    purposes.add(
        rules.SEE,
        Purpose(
            label=_("Another organisation’s catalyst looking in"),
            ask=_("May %(recipient)s see what matters to you, and who is around you?"),
            parts=("name", "asked"),
            recipients=("organisation",),
            on_withdrawal=_("They see nothing more, from this minute."),
            days=182,
            can_override=False,
        ),
        order=51,
    )
    purposes.add(
        rules.MEET,
        Purpose(
            label=_("Services meeting about your question"),
            ask=_("May %(recipient)s come to one meeting about your question?"),
            parts=("asked",),
            recipients=("organisation", "health"),
            on_withdrawal=_("Their link to it is dead at once."),
            days=182,
            by_oneself=False,
            can_override=False,
        ),
        order=52,
    )


def on_withdrawal(consent: Consent, at: dt.datetime) -> None:
    """A yes was taken back: what goes on pauses, what was sent is taken back."""
    if consent.purpose != rules.WALK:
        return
    for relationship in Relationship.objects.filter(
        person=consent.person, state__in=("open", "ending")
    ).select_related("organisation"):
        if rules.recipient_of(relationship.organisation).key != consent.recipient_key:
            continue
        Relationship.objects.filter(pk=relationship.pk).update(state="paused")
        for walk in relationship.walks.filter(until=None).select_related("person"):  # type: ignore[attr-defined]
            send(
                "connect",
                walk.person,
                key=f"relationship:{relationship.pk}:no:{consent.pk}",
                title=_("Somebody took their yes back"),
                body=_("Please pause, and ask them before anything else."),
                path=relationship.get_absolute_url(),
                at=at,
            )
    for referral in Referral.objects.filter(
        person=consent.person, state__in=Referral.OPEN
    ).select_related("organisation"):
        if rules.recipient_of(referral.organisation).key == consent.recipient_key:
            referring.withdraw(referral, at=at, by=None)


def on_a_record(request: HttpRequest, person: Person) -> str:
    """That somebody walks alongside them, and for whom: contact only, never what was said."""
    rows = list(
        Relationship.objects.going_on()
        .filter(person=person, is_kept_apart=False)
        .select_related("organisation")
    )
    waiting = list(
        Referral.objects.filter(person=person, state__in=Referral.OPEN).select_related(
            "organisation"
        )
    )
    return render_to_string(
        "connect/_on_record.html",
        {
            "rows": rows,
            "waiting": waiting,
            "person": person,
            "diaries": counted(person),
            "may_change": can_open_record(request.user.person, person),  # type: ignore[union-attr]
            "refer": f"{reverse('connect:refer')}?for={person.handle}",
            "at": now(),
        },
        request=request,
    )
