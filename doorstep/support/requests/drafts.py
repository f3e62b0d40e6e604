"""A call is saved as it is typed: whoever hangs up, loses nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from doorstep.base import keys
from doorstep.people import numbers
from doorstep.people.merging.matching import like
from doorstep.people.merging.suggesting import card_of, score
from doorstep.people.models import Person
from doorstep.people.records import rules as records
from doorstep.places.models import tidy_postcode
from doorstep.support.models import CallDraft, Request
from doorstep.support.requests import working

# How long two officers may be taken to be on one call.
ONE_CALL = dt.timedelta(minutes=30)
MOST_KEPT = 60_000  # letters of one field


def start(*, by: Person, at: dt.datetime) -> CallDraft:
    """Begin to write down a call."""
    return CallDraft.objects.create(key=keys.new_key(20), by=by, started_at=at, saved_at=at)


def save(draft: CallDraft, typed: dict[str, Any], *, at: dt.datetime) -> CallDraft:
    """Keep what was typed so far."""
    kept = {name: value for name, value in typed.items() if value not in ("", [], None)}
    for name, value in kept.items():
        if isinstance(value, str):
            kept[name] = value[:MOST_KEPT]
    draft.typed, draft.saved_at = kept, at
    draft.phone = tidy_number(str(typed.get("phone", "")))
    draft.save(update_fields=["typed", "saved_at", "phone"])
    return draft


def tidy_number(typed: str) -> str:
    """The number in E.164, "" while it is none."""
    try:
        return numbers.parse_abroad(typed) if typed else ""
    except ValidationError:
        return ""


def unfinished(person: Person) -> list[CallDraft]:
    """Return what this officer began and did not finish, newest first."""
    return list(
        CallDraft.objects.filter(by=person, request=None, dropped_at=None).order_by("-saved_at")[
            :20
        ]
    )


def drop(draft: CallDraft, *, at: dt.datetime) -> None:
    CallDraft.objects.filter(pk=draft.pk, request=None).update(dropped_at=at)


@transaction.atomic
def finish(
    draft: CallDraft, *, by: Person, at: dt.datetime, person: Person | None, **said: Any
) -> Request:
    """Make the request of a call. The same draft again leads to the same request."""
    request = working.ask(
        by=by, taken_by=by, at=at, client_key=f"call-{draft.key}", person=person, **said
    )
    CallDraft.objects.filter(pk=draft.pk).update(request=request)
    return request


@dataclass
class Around:
    """What is said beside a call while it is typed."""

    people: list[tuple[Person, list[Any], int]] = field(default_factory=list)
    others: list[CallDraft] = field(default_factory=list)
    lately: list[Request] = field(default_factory=list)
    ward: Any = None
    locality: Any = None
    is_outside: bool = False


def around(draft: CallDraft, typed: dict[str, Any], *, by: Person, at: dt.datetime) -> Around:
    """Return who it may be (with reasons), who else writes the same call down, and where it is."""
    found = Around()
    number = tidy_number(str(typed.get("phone", "")))
    code = tidy_postcode(str(typed.get("postcode", ""))) or ""
    name = str(typed.get("called", ""))[:60].strip()
    place = working.place_of(code)
    ward = found.ward = place["ward"]
    found.locality = place["locality"]
    found.is_outside = bool(code) and ward is None
    visible = records.records_visible_to(Person.objects.all(), by)
    if name or number:
        born = typed.get("born_on") or None
        maybe = Person(
            known_as=name or "-", full_name="", phone=number, postcode=code, home=ward,
            born_on=_date(born),
        )  # fmt: skip
        known = {}
        for person, alike in like(maybe, visible):
            known[person.pk] = (person, alike.reasons, alike.points)
        # Whoever was written down a minute ago has no keys yet: the number finds them all the same.
        # Said twice, because the index of numbers leaves those without one out.
        same = visible.filter(phone=number).exclude(phone="") if number else visible.none()
        for person in same.select_related("home", "account").order_by("pk")[:5]:
            if person.pk not in known:
                alike = score(card_of(maybe), card_of(person))
                known[person.pk] = (person, alike.reasons, alike.points)
        found.people = sorted(known.values(), key=lambda row: (-row[2], row[0].pk))
    if number:
        found.others = list(
            CallDraft.objects.filter(
                phone=number, request=None, dropped_at=None, saved_at__gt=at - ONE_CALL
            )
            .exclude(phone="")
            .exclude(by=by)
            .select_related("by")[:3]
        )
        found.lately = list(
            Request.objects.visible_to(by)
            .filter(phone=number, created_at__gt=at - ONE_CALL)
            .exclude(phone="")
            .select_related("taken_by")[:3]
        )
    return found


def _date(text: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
