"""What is done with a record by somebody other than the person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.crypto import salted_hmac

from doorstep.base import keys
from doorstep.base.time import local
from doorstep.people import postcodes
from doorstep.people.models import ContactChange, OddReading, Person
from doorstep.people.models.readings import Reading
from doorstep.people.readings.actions import log_read, tell
from doorstep.people.records import rules

# What may be put right by somebody else; the rest is the person's own to say.
DETAILS = ("known_as", "full_name", "phone", "email", "postcode", "languages", "access_needs")
# After this long a person is told of a record opened in an emergency, unless a lead holds it back.
TOLD_AFTER = dt.timedelta(hours=24)


class NotTheirs(PermissionError):
    """This record is not opened by the role that asks."""


def open_record(
    person: Person,
    *,
    by: Person,
    reason: str,
    words: str = "",
    what: str = "record",
    at: dt.datetime,
) -> Reading:
    """Write down that `by` opens a record with the role that reaches it. Raises NotTheirs."""
    role, scope = rules.reads_as(by, person)
    if not role:
        raise NotTheirs
    return log_read(
        by=by,
        about=person,
        what=what,
        reason=reason,
        words=words,
        at=at,
        role=role,
        scope=scope,
    )


@transaction.atomic
def break_glass(person: Person, *, by: Person, words: str, at: dt.datetime) -> OddReading:
    """Open a record outside one's role because somebody is in danger.

    It is logged, listed until somebody else judges it, told at once to those who judge, and to
    the person a day later. Raises NotTheirs for somebody without a role that may.
    """
    if not rules.can_break_glass(by) or by.pk == person.pk:
        raise NotTheirs
    log_read(by=by, about=person, what="record", reason="emergency", words=words, at=at)
    odd, is_new = OddReading.objects.get_or_create(
        key=f"break_glass:{by.pk}:{person.pk}:{local(at):%Y-%m-%d}",
        defaults={
            "kind": OddReading.Kind.BREAK_GLASS,
            "reader": by,
            "subject": person,
            "reasons": ["emergency"],
            "on": local(at).date(),
            "found_at": at,
            "tell_at": at + TOLD_AFTER,
        },
    )
    if is_new:
        tell("broke_glass", odd)
    return odd


@transaction.atomic
def write_down(
    *,
    by: Person,
    at: dt.datetime,
    client_key: str = "",
    languages: Iterable[str] = (),
    **details: Any,
) -> Person:
    """Make a record of somebody who has no account, as they told it."""
    if not rules.can_write_down(by):
        raise NotTheirs
    # One form, one person: the handle is made from the form's own key. Made, not taken: a form
    # that somebody wrote by hand must not lead to a record that is there already.
    handle = _handle_of(client_key, by) if len(client_key) >= 10 else ""
    if handle:
        already = Person.objects.filter(handle=handle).first()
        if already is not None:
            return already
        details["handle"] = handle
    person = Person.objects.create(
        languages=list(languages),
        home=postcodes.ward_of(details.get("postcode", "")),
        created_at=at,
        **details,
    )
    role, scope = rules.reads_as(by, person)
    log_read(by=by, about=person, what="record", reason="wrote", at=at, role=role, scope=scope)
    return person


def _handle_of(client_key: str, by: Person) -> str:
    """Return the handle a form of this writer always gets."""
    mark = salted_hmac("people.records.handle", f"{by.pk}:{client_key}", algorithm="sha256")
    return keys.made_from(mark.digest())


@transaction.atomic
def put_right(
    person: Person, *, by: Person, because: str, at: dt.datetime, **new: Any
) -> list[ContactChange]:
    """Change what the record says; what it said before is kept. Raises NotTheirs.

    Returns one row for each detail that changed.
    """
    if not rules.can_open_record(by, person):
        raise NotTheirs
    if unknown := new.keys() - set(DETAILS):
        raise TypeError(f"not for somebody else to change: {sorted(unknown)}")
    changed = {name: value for name, value in new.items() if getattr(person, name) != value}
    if not changed:
        return []
    rows = ContactChange.objects.bulk_create(
        [
            ContactChange(
                person=person,
                by=by,
                detail=name,
                was=_as_text(getattr(person, name)),
                because=because,
                at=at,
            )
            for name in changed
        ]
    )
    for name, value in changed.items():
        setattr(person, name, value)
    if "postcode" in changed:
        person.home = postcodes.ward_of(person.postcode)
    person.save(update_fields=[*changed, *(["home"] if "postcode" in changed else [])])
    return rows


def _as_text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value or "")
