"""What is done about a role: put forward, offered, taken on, declined, ended, given back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.time import now
from doorstep.people import rules
from doorstep.people.models import Person, RoleEvent, RoleHolding
from doorstep.people.roles import kinds
from doorstep.people.telling import tell
from doorstep.places.models import Area

OFFER_STANDS = dt.timedelta(days=14)
WARN_BEFORE = (30, 7)  # days
_Role, _What = RoleHolding.Role, RoleEvent.What


class CannotGive(Exception):
    """Why a role can't be given, taken on or ended, as a sentence."""


# --- Giving ----------------------------------------------------------------------------------


@transaction.atomic
def grant_role(
    role: str,
    *,
    to: Person,
    area: Area,
    by: Person | None,
    at: dt.datetime,
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
    why: str = "",
) -> RoleHolding:
    """Offer somebody a role in an area; from the command line (`by` is None) it counts at once.

    Twice is the same as once. Raises CannotGive.
    """
    if by is not None and not rules.can_give_roles(by):
        raise CannotGive(_("Only an administrator gives roles."))
    if by is not None and by.pk == to.pk:
        raise CannotGive(_("Nobody gives themselves a role. Ask another administrator."))
    if to.state != Person.State.ACTIVE or to.is_child:
        raise CannotGive(_("Roles are for grown-ups with an open account."))
    starts_at = starts_at or at
    if ends_at is not None and ends_at <= max(starts_at, at):
        raise CannotGive(_("It would end before it begins. Choose a later day."))
    open_ones = RoleHolding.objects.filter(person=to, role=role, area=area).filter(
        Q(ends_at=None) | Q(ends_at__gt=at)
    )
    found = open_ones.first()
    if found is not None:
        return found
    waits = by is not None and role in kinds.NEEDS_TWO and _has_second(by, to, at)
    try:
        with transaction.atomic():
            holding = RoleHolding.objects.create(
                person=to,
                role=role,
                area=area,
                granted_by=by,
                offered_at=None if waits else at,
                accepted_at=at if by is None else None,
                starts_at=starts_at,
                ends_at=ends_at,
            )
    except IntegrityError:
        return open_ones.get()
    _note(holding, _What.PROPOSED if waits else _What.OFFERED, by=by, at=at, why=why)
    if by is None:
        _note(holding, _What.ACCEPTED, by=None, at=at)
        _forget(to)
    elif waits:
        for one in _administrators(at).exclude(pk__in=[by.pk, to.pk]):
            tell(
                "roles",
                one,
                key=f"role-{holding.pk}-second",
                title=gettext_lazy("A role waits for your yes"),
                path=reverse("people:role", args=[holding.pk]),
                at=at,
            )
    else:
        _offer(holding, at)
    return holding


def _has_second(by: Person, to: Person, at: dt.datetime) -> bool:
    """Whether there is another administrator to ask; the first one can only decide alone."""
    return _administrators(at).exclude(pk__in=[by.pk, to.pk]).exists()


def _administrators(at: dt.datetime):  # type: ignore[no-untyped-def]
    held = RoleHolding.objects.held(at).filter(role=_Role.ADMINISTRATOR, person=OuterRef("pk"))
    return Person.objects.active().filter(Exists(held)).order_by("pk")


def _offer(holding: RoleHolding, at: dt.datetime) -> None:
    tell(
        "roles",
        holding.person,
        key=f"role-{holding.pk}-offer",
        title=gettext_lazy("You have been asked to take on a role"),
        body=gettext_lazy("Have a look at what it asks of you, then say yes or no."),
        path=reverse("people:my_roles"),
        at=at,
    )


@transaction.atomic
def second(holding: RoleHolding, *, by: Person, at: dt.datetime) -> None:
    """Agree, as another administrator, that a role is offered."""
    if not rules.can_give_roles(by) or by.pk in (holding.granted_by_id, holding.person_id):
        raise CannotGive(_("Another administrator has to agree to this one."))
    waiting = RoleHolding.objects.filter(pk=holding.pk, offered_at=None, ends_at=holding.ends_at)
    if not waiting.update(offered_at=at):
        return  # agreed to already
    holding.offered_at = at
    _note(holding, _What.SECONDED, by=by, at=at)
    _note(holding, _What.OFFERED, by=by, at=at)
    _offer(holding, at)


# --- Answering -------------------------------------------------------------------------------


def waits_for_answer(holding: RoleHolding, at: dt.datetime) -> bool:
    """Whether the person may say yes or no now."""
    return (
        holding.accepted_at is None
        and holding.offered_at is not None
        and at - holding.offered_at <= OFFER_STANDS
        and not holding.is_over(at)
    )


@transaction.atomic
def accept(holding: RoleHolding, *, by: Person, at: dt.datetime) -> None:
    """Take a role on: from now it opens what it opens. Twice is the same as once."""
    _mine(holding, by)
    if holding.accepted_at is not None and not holding.is_over(at):
        return
    if not waits_for_answer(holding, at):
        raise CannotGive(_("That offer has gone. Ask who gave it to offer it again."))
    if by.state != Person.State.ACTIVE or by.is_child:
        raise CannotGive(_("Roles are for grown-ups with an open account."))
    if RoleHolding.objects.filter(pk=holding.pk, accepted_at=None).update(accepted_at=at):
        holding.accepted_at = at
        _note(holding, _What.ACCEPTED, by=by, at=at)
    _forget(by)


@transaction.atomic
def decline(holding: RoleHolding, *, by: Person, at: dt.datetime) -> None:
    """Say no to an offer; whoever made it is told."""
    _mine(holding, by)
    if not waits_for_answer(holding, at):
        return
    _stop(holding, _What.DECLINED, by=by, at=at)
    _tell_giver(holding, gettext_lazy("Somebody said no to a role"), "declined", at)


@transaction.atomic
def give_back(holding: RoleHolding, *, by: Person, at: dt.datetime) -> None:
    """Stop holding a role of one's own."""
    _mine(holding, by)
    _keep_one_administrator(holding, at)
    if holding.is_held(at):
        _stop(holding, _What.GIVEN_BACK, by=by, at=at)
        _tell_giver(holding, gettext_lazy("Somebody gave a role back"), "back", at)


def _mine(holding: RoleHolding, by: Person) -> None:
    if holding.person_id != by.pk:
        raise PermissionError("only one's own roles")


def _tell_giver(holding: RoleHolding, title: Any, what: str, at: dt.datetime) -> None:
    if holding.granted_by is not None:
        tell(
            "roles",
            holding.granted_by,
            key=f"role-{holding.pk}-{what}",
            title=title,
            path=reverse("people:role", args=[holding.pk]),
            at=at,
        )


# --- Ending ----------------------------------------------------------------------------------


@transaction.atomic
def end_role(holding: RoleHolding, *, by: Person | None, at: dt.datetime, why: str = "") -> None:
    """End a role, or take an offer back: it counts at the holder's very next click."""
    if by is not None and not rules.can_give_roles(by):
        raise CannotGive(_("Only an administrator ends roles."))
    _keep_one_administrator(holding, at)
    if holding.is_over(at):
        return
    was_offered = holding.offered_at is not None
    _stop(holding, _What.ENDED, by=by, at=at, why=why)
    if was_offered and (by is None or by.pk != holding.person_id):
        tell(
            "roles",
            holding.person,
            key=f"role-{holding.pk}-ended",
            title=gettext_lazy("A role of yours has ended"),
            path=reverse("people:my_roles"),
            at=at,
        )


def _keep_one_administrator(holding: RoleHolding, at: dt.datetime) -> None:
    """The last administrator can't be ended: nobody could give a role again."""
    if holding.role != _Role.ADMINISTRATOR or not holding.is_held(at):
        return
    # Locked, so that two administrators cannot end each other at the same moment.
    others = _administrators(at).exclude(pk=holding.person_id).select_for_update()
    if not list(others):
        raise CannotGive(_("This is the last administrator. Name another one first."))


def _stop(
    holding: RoleHolding, what: str, *, by: Person | None, at: dt.datetime, why: str = ""
) -> None:
    still = Q(ends_at=None) | Q(ends_at__gt=at)
    if RoleHolding.objects.filter(still, pk=holding.pk).update(ends_at=at):
        _note(holding, what, by=by, at=at, why=why)
    holding.ends_at = at
    _forget(holding.person)


def _note(
    holding: RoleHolding, what: str, *, by: Person | None, at: dt.datetime, why: str = ""
) -> RoleEvent:
    return RoleEvent.objects.create(holding=holding, what=what, by=by, at=at, why=why)


def _forget(person: Person) -> None:
    for name in ("_roles_held", "_roles_where", "_mentor_paths", "_reach"):
        person.__dict__.pop(name, None)


# --- By the clock ----------------------------------------------------------------------------


def tick(at: dt.datetime | None = None) -> None:
    """Let old offers go, note what has come to its end, and warn of what will. Safe to repeat."""
    at = at or now()
    unanswered = RoleHolding.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=at), accepted_at=None, offered_at__lt=at - OFFER_STANDS
    )
    for holding in unanswered.select_related("person", "granted_by")[:200]:
        with transaction.atomic():
            _stop(holding, _What.LAPSED, by=None, at=at)
            _tell_giver(holding, gettext_lazy("Nobody answered an offer"), "lapsed", at)
    _note_expired(at)
    for days in WARN_BEFORE:
        _warn(days, at)


def _note_expired(at: dt.datetime) -> None:
    over = (_What.ENDED, _What.GIVEN_BACK, _What.EXPIRED, _What.DECLINED, _What.LAPSED)
    noted = RoleEvent.objects.filter(holding=OuterRef("pk"), what__in=over)
    ran_out = RoleHolding.objects.filter(
        ~Exists(noted), ends_at__lte=at, ends_at__gt=at - dt.timedelta(days=60)
    )
    for holding in ran_out[:200]:
        _note(holding, _What.EXPIRED, by=None, at=holding.ends_at or at)


def _warn(days: int, at: dt.datetime) -> None:
    soon = (
        RoleHolding.objects.held(at)
        .filter(ends_at__lte=at + dt.timedelta(days=days))
        .select_related("person", "area")
    )
    for holding in soon[:200]:
        to = [holding.person, *_administrators(at).exclude(pk=holding.person_id)]
        for one in to:
            mine = one.pk == holding.person_id
            tell(
                "roles",
                one,
                key=f"role-{holding.pk}-ends-{days}-{holding.ends_at:%Y%m%d}",
                title=gettext_lazy("A role of yours ends soon")
                if mine
                else gettext_lazy("A role ends soon"),
                path=reverse("people:my_roles")
                if mine
                else reverse("people:role", args=[holding.pk]),
                at=at,
            )
