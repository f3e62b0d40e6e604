"""The circle around a person: added, changed, paused, taken out, seen. It is theirs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from doorstep.connect.actions.referring import NotNow
from doorstep.connect.models import CircleChange, CircleMember, Relationship
from doorstep.connect.rules import can_work
from doorstep.people.models import Person
from doorstep.people.records.rules import can_open_record

State = CircleMember.State


def may_change(viewer: Person | None, owner: Person) -> bool:
    """The person; whoever walks alongside, or may open their record, and writes what they say."""
    if viewer is None:
        return False
    if viewer.pk == owner.pk:
        return True
    if owner.restricted_at is not None:
        return False
    if can_open_record(viewer, owner):
        return True
    return any(
        can_work(viewer, one)
        for one in Relationship.objects.going_on()
        .filter(person=owner, walks__person=viewer, walks__until=None)
        .select_related("person")
    )


def _check(viewer: Person, owner: Person) -> None:
    if not may_change(viewer, owner):
        raise NotNow(_("This circle belongs to somebody else."))


def _note(member: CircleMember, what: str, by: Person, at: dt.datetime, said: str) -> None:
    CircleChange.objects.create(
        member=member, what=what, by=by, at=at, is_spoken=by.pk != member.owner_id, said=said
    )


@transaction.atomic
def add(
    owner: Person, *, by: Person, at: dt.datetime, name: str, said: str = "", **fields: Any
) -> CircleMember:
    """Put somebody, or an organisation, into the circle. `said` is what the person said of it."""
    _check(by, owner)
    if fields.get("person") is not None and fields["person"].pk == owner.pk:
        raise NotNow(_("Nobody is in their own circle."))
    made = CircleMember.objects.create(
        owner=owner, name=name, added_by=by, added_at=at, changed_at=at, **fields
    )
    _note(made, CircleChange.What.ADDED, by, at, said)
    return made


@transaction.atomic
def change(
    member: CircleMember, *, by: Person, at: dt.datetime, said: str = "", **fields: Any
) -> None:
    """Change who it is, what they do, how near they are, or what they see."""
    _check(by, member.owner)
    if (
        CircleMember.objects.filter(pk=member.pk)
        .exclude(state=State.GONE)
        .update(changed_at=at, **fields)
    ):
        _note(member, CircleChange.What.CHANGED, by, at, said)


@transaction.atomic
def set_state(
    member: CircleMember, state: str, *, by: Person, at: dt.datetime, said: str = ""
) -> None:
    """Pause somebody, bring them back, or take them out: from this moment they see nothing."""
    _check(by, member.owner)
    sources = {
        State.PAUSED: [State.HERE],
        State.HERE: [State.PAUSED],
        State.GONE: [State.HERE, State.PAUSED],
    }.get(State(state), [])
    more = {"reach": ""} if state == State.GONE else {}
    if not CircleMember.objects.filter(pk=member.pk, state__in=sources).update(
        state=state, changed_at=at, **more
    ):
        raise NotNow(_("It has changed meanwhile. Look again."))
    _note(member, state, by, at, said)
