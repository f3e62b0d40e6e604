"""Beginning a community, and who is in it."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base import keys
from doorstep.learning import rules
from doorstep.learning.actions.once import made_before
from doorstep.learning.models import Community, Member
from doorstep.notices import actions as notices
from doorstep.organisations.models import Organisation, Position
from doorstep.people.models import Person, RoleEvent, RoleHolding

_What = RoleEvent.What


class CannotJoin(Exception):
    """Why somebody can't be in a community, as a sentence."""


@transaction.atomic
def start(*, name: str, purpose: str, by: Person, at: dt.datetime, client_key: str) -> Community:
    """Begin a community; whoever begins it is its facilitator and first member. Once a key."""
    made = made_before(Community, client_key, by=by)
    if made is not None:
        return made
    slug = keys.slug_from(
        name, lambda slug: slug in _TAKEN or Community.objects.filter(slug=slug).exists()
    )
    made = Community.objects.create(
        name=name, purpose=purpose, slug=slug, made_by=by, made_at=at, client_key=client_key
    )
    Member.objects.create(
        community=made, person=by, organisation=organisation_of(by), added_by=by, joined_at=at
    )
    _hold(made, by, granted_by=by, at=at, is_taken_on=True)
    _forget(by)
    return made


# Addresses of our own pages.
_TAKEN = {"start", "map", "meeting", "action", "t", "carried", "recording", "week", "booklet"}


def organisation_of(person: Person) -> Organisation | None:
    """Return where the person holds a position: their first, if several."""
    held = Position.objects.held().filter(person=person).select_related("organisation")
    first = held.order_by("pk").first()
    return first.organisation if first is not None else None


@transaction.atomic
def change(community: Community, *, name: str, purpose: str) -> None:
    """Call it otherwise; its address stays."""
    Community.objects.filter(pk=community.pk).update(name=name, purpose=purpose)
    community.name, community.purpose = name, purpose


@transaction.atomic
def close(community: Community, *, at: dt.datetime) -> None:
    """It is read from now on, and no longer written in."""
    Community.objects.filter(pk=community.pk, closed_at=None).update(closed_at=at)


@transaction.atomic
def reopen(community: Community) -> None:
    Community.objects.filter(pk=community.pk).update(closed_at=None)


@transaction.atomic
def add(
    community: Community,
    *,
    person: Person,
    organisation: Organisation | None,
    by: Person,
    at: dt.datetime,
) -> Member:
    """Let somebody in, and tell them. Twice is once. Raises CannotJoin."""
    if person.state != Person.State.ACTIVE or person.is_child:
        raise CannotJoin(_("Learning communities are for grown-ups with a record here."))
    found = Member.objects.filter(community=community, person=person, left_at=None).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            found = Member.objects.create(
                community=community,
                person=person,
                organisation=organisation,
                added_by=by,
                joined_at=at,
            )
    except IntegrityError:
        return Member.objects.get(community=community, person=person, left_at=None)
    _forget(person)
    notices.send(
        "learning",
        person,
        key=f"learning:member:{found.pk}",
        title=gettext_lazy("You are in a learning community now"),
        body=gettext_lazy("Have a look at what it is about, and when it meets next."),
        path=community.get_absolute_url(),
        about=by,
        at=at,
    )
    return found


@transaction.atomic
def leave(member: Member, *, at: dt.datetime) -> None:
    """They are in it no longer; what they wrote stays. A last facilitator stays."""
    community = member.community
    held = _held(community, at).filter(person=member.person)
    if held.exists() and not _held(community, at).exclude(person=member.person).exists():
        raise CannotJoin(_("Nobody would facilitate it. Make somebody else a facilitator first."))
    Member.objects.filter(pk=member.pk, left_at=None).update(left_at=at)
    for holding in held:
        _end(holding, by=member.person, at=at)
    _forget(member.person)


@transaction.atomic
def come_back(member: Member) -> None:
    """Undo: they are in it again, as they were."""
    if not Member.objects.filter(
        community=member.community_id, person=member.person_id, left_at=None
    ).exists():
        Member.objects.filter(pk=member.pk).update(left_at=None)
    _forget(member.person)


# --- Facilitators -----------------------------------------------------------------------------


def facilitators(community: Community, at: dt.datetime) -> list[Person]:
    """Return who facilitates it now."""
    held = _held(community, at).select_related("person").order_by("pk")
    return [one.person for one in held]


def _held(community: Community, at: dt.datetime):  # type: ignore[no-untyped-def]
    return RoleHolding.objects.held(at).filter(
        role=rules.FACILITATOR, scope_kind=rules.SCOPE, scope_key=str(community.pk)
    )


@transaction.atomic
def ask_to_facilitate(member: Member, *, by: Person, at: dt.datetime) -> None:
    """Offer a member the role; it counts from their yes. Twice is once."""
    community = member.community
    open_ones = RoleHolding.objects.filter(
        person=member.person,
        role=rules.FACILITATOR,
        scope_kind=rules.SCOPE,
        scope_key=str(community.pk),
        ends_at=None,
    )
    if open_ones.exists():
        return
    holding = _hold(community, member.person, granted_by=by, at=at, is_taken_on=False)
    notices.send(
        "roles",
        member.person,
        key=f"role-{holding.pk}-offer",
        title=gettext_lazy("You have been asked to take on a role"),
        body=gettext_lazy("Have a look at what it asks of you, then say yes or no."),
        path="/people/me/roles/",
        at=at,
    )


@transaction.atomic
def stop_facilitating(member: Member, *, by: Person, at: dt.datetime) -> None:
    """End the role of a member. The last one stays."""
    held = _held(member.community, at)
    mine = list(held.filter(person=member.person))
    if mine and not held.exclude(person=member.person).exists():
        raise CannotJoin(_("They are the only facilitator. Make somebody else one first."))
    for holding in mine:
        _end(holding, by=by, at=at)
    _forget(member.person)


def _hold(
    community: Community, person: Person, *, granted_by: Person, at: dt.datetime, is_taken_on: bool
) -> RoleHolding:
    holding = RoleHolding.objects.create(
        person=person,
        role=rules.FACILITATOR,
        area=None,
        scope_kind=rules.SCOPE,
        scope_key=str(community.pk),
        granted_by=granted_by,
        offered_at=at,
        accepted_at=at if is_taken_on else None,
        starts_at=at,
    )
    RoleEvent.objects.create(holding=holding, what=_What.OFFERED, by=granted_by, at=at)
    if is_taken_on:
        RoleEvent.objects.create(holding=holding, what=_What.ACCEPTED, by=person, at=at)
    return holding


def _end(holding: RoleHolding, *, by: Person, at: dt.datetime) -> None:
    if RoleHolding.objects.filter(pk=holding.pk, ends_at=None).update(ends_at=at):
        what = _What.GIVEN_BACK if by.pk == holding.person_id else _What.ENDED
        RoleEvent.objects.create(holding=holding, what=what, by=by, at=at)


def _forget(person: Person) -> None:
    for name in ("_roles_held", "_roles_where", "_learning_in", "_reach"):
        person.__dict__.pop(name, None)
