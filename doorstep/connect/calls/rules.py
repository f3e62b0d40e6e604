"""Who may see and answer a call: whoever walks alongside, and those it went to. Never the person
it is about as a receiver, nobody blocked, and not the place where they work or help."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast

from doorstep.connect import rules
from doorstep.connect.calls.models import Call, CallAsk
from doorstep.connect.models import Relationship, Walk
from doorstep.organisations.models import Position
from doorstep.people.consents.kinds import Recipient, key_of
from doorstep.people.consents.rules import may_share
from doorstep.people.models import Block, Person, RoleHolding
from doorstep.people.rules import blocked_ids
from doorstep.teams.models import Membership

if TYPE_CHECKING:
    from doorstep.connect.calls.models import CallAskQuerySet, CallQuerySet

# What a person says yes to: being asked for around here, and being introduced to somebody.
CALL, MEET = "connect_call", "connect_introduction"


def can_see_call(viewer: Person | None, call: Call) -> bool:
    """Whoever walks alongside now; not other organisations, and not the person as a worker."""
    return rules.can_work(viewer, call.relationship)


def calls_visible_to(calls: CallQuerySet, viewer: Person | None) -> CallQuerySet:
    """`can_see_call` as a query."""
    if viewer is None:
        return calls.none()
    mine = Walk.objects.filter(person=viewer, until=None, relationship=OuterRef("relationship"))
    return calls.filter(
        Exists(mine),
        relationship__organisation__in=rules.desks(viewer),
        relationship__person__restricted_at=None,
    ).exclude(relationship__person=viewer)


def places_of(person: Person | None) -> tuple[set[int], set[int]]:
    """Return the ids of the organisations and of the teams somebody answers for."""
    if person is None:
        return set(), set()
    if not hasattr(person, "_answers_for"):
        houses = Position.objects.held().filter(person=person)
        teams = Membership.objects.filter(person=person, role="host", state="member")
        person._answers_for = (  # type: ignore[attr-defined]
            set(houses.values_list("organisation", flat=True)),
            set(teams.values_list("team", flat=True)),
        )
    return person._answers_for  # type: ignore[attr-defined]


def can_see_ask(viewer: Person | None, ask: CallAsk) -> bool:
    """Whom it went to: the neighbour or host, who answers for the organisation, a team's hosts.

    It never shows to whom it is about, nor where a block stands between the two, nor in an
    organisation that person works or helps at.
    """
    if viewer is None or ask.sent_at is None:
        return False
    about = ask.call.relationship.person
    if viewer.pk == about.pk or about.pk in blocked_ids(viewer):
        return False
    if ask.organisation is not None and rules.belongs_to(about, ask.organisation):
        return False
    houses, teams = places_of(viewer)
    return ask.person_id == viewer.pk or ask.organisation_id in houses or ask.team_id in teams


def asks_visible_to(asks: CallAskQuerySet, viewer: Person | None) -> CallAskQuerySet:
    """`can_see_ask` as a query."""
    if viewer is None:
        return asks.none()
    houses, teams = places_of(viewer)
    about = OuterRef("call__relationship__person")
    works_there = Position.objects.held().filter(
        person=about, organisation=OuterRef("organisation")
    )
    walks_there = RoleHolding.objects.held().filter(
        person=about,
        role=RoleHolding.Role.CATALYST,
        scope_kind=rules.SCOPE,
        scope_key=Cast(OuterRef("organisation"), CharField()),
    )
    return asks.filter(
        Q(person=viewer) | Q(organisation__in=houses) | Q(team__in=teams),
        ~Exists(works_there),
        ~Exists(walks_there),
        ~Exists(Block.objects.filter(blocker=viewer, blocked=about)),
        ~Exists(Block.objects.filter(blocked=viewer, blocker=about)),
        sent_at__isnull=False,
    ).exclude(call__relationship__person=viewer)


def is_live(call: Call, at: dt.datetime) -> bool:
    """Whether it may still be answered: the person's yes stands, and we walk alongside."""
    relationship = call.relationship
    person = relationship.person
    return (
        call.state == Call.State.OUT
        and relationship.state != Relationship.State.ENDED
        and person.state == Person.State.ACTIVE
        and has_yes(call, at)
        and not has_died(person)
    )


def has_yes(call: Call, at: dt.datetime) -> bool:
    """Whether the person's yes to being asked for stands."""
    relationship = call.relationship
    recipient = rules.recipient_of(relationship.organisation)
    return may_share(relationship.person, CALL, recipient, at) is not None


def has_died(person: Person) -> bool:
    return Relationship.objects.filter(person=person, ended_for="died").exists()


def receiver_of(ask: CallAsk) -> Recipient:
    """Return the receiver as somebody the person may say yes to being introduced to."""
    if ask.organisation is not None:
        return rules.recipient_of(ask.organisation)
    name = ask.answer_name or ask.label
    return Recipient("neighbour", key_of(f"{name} {ask.code}"), name)


def introduction_stands(ask: CallAsk, at: dt.datetime) -> bool:
    """Whether an introduction made still holds: both know each other's contact."""
    if ask.introduced_at is None or ask.answer != CallAsk.Answer.YES:
        return False
    person = ask.call.relationship.person
    return may_share(person, MEET, receiver_of(ask), at) is not None and not has_died(person)
