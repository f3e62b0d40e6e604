"""Two records turn out to be one person: their consents are joined, the stricter one winning.

Read as if all had been said on one record. A no on either outlives every earlier yes on the
other, and where both say yes, what both allow is allowed.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime

from doorstep.people.consents.actions import _tell_reliers, recipient_of
from doorstep.people.consents.kinds import reactions
from doorstep.people.consents.rules import may_share
from doorstep.people.models import Ask, Carrying, Consent, Override, Person, Reliance, Sheet

_CONSENT = (
    "person_id",
    "withdrawn_at",
    "withdrawn_by_id",
    "withdrawn_how",
    "replaced_at",
    "replaced_by_id",
)
_SHEET = ("person_id", "stopped_at")
_RELIANCE = ("consent_id", "told_at", "done_at")


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _read(name: str, value: Any) -> Any:
    return parse_datetime(value) if name.endswith("_at") and value else value


def _state(people: list[Person]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return how everything stands that joining may touch; no words, no names."""
    rows = {
        "consents": Consent.objects.filter(person__in=people).values("id", *_CONSENT),
        "sheets": Sheet.objects.filter(person__in=people).values("id", *_SHEET),
        "overrides": Override.objects.filter(person__in=people).values("id", "person_id"),
        "reliances": Reliance.objects.filter(consent__person__in=people).values("id", *_RELIANCE),
        "asks": Ask.objects.filter(person__in=people).values(
            "id", "person_id", "answered_at", "answer"
        ),
    }
    return {
        kind: {
            str(row.pop("id")): {name: _written(value) for name, value in row.items()}
            for row in found
        }
        for kind, found in rows.items()
    }


def _triple(row: Any) -> tuple[str, str, str]:
    return (row.purpose, row.recipient_kind, row.recipient_key)


@transaction.atomic
def carry_over(source: Person, target: Person, *, by: Person, at: dt.datetime) -> Carrying:
    """Join the consents of `source` to those of `target`; `take_back` undoes exactly this.

    Whoever relied on something that is no longer allowed is told.
    """
    # In one order, so that two merges never wait for each other.
    both = list(
        Person.objects.select_for_update().filter(pk__in=[source.pk, target.pk]).order_by("pk")
    )
    before = _state(both)
    ended: list[Consent] = []
    rows: dict[tuple[str, str, str], list[Consent]] = defaultdict(list)
    for row in Consent.objects.filter(person__in=both).order_by("pk"):
        rows[_triple(row)].append(row)
    joined: list[Consent] = []
    for same in rows.values():
        theirs = {
            pk: next(
                (
                    row
                    for row in same
                    if row.person_id == pk and not row.withdrawn_at and not row.replaced_at
                ),
                None,
            )
            for pk in (source.pk, target.pk)
        }
        for pk, mine in list(theirs.items()):
            if mine is None:
                continue
            no = next(
                (
                    other
                    for other in same
                    if other.person_id != pk
                    and other.withdrawn_at
                    and other.withdrawn_at >= mine.recorded_at
                ),
                None,
            )
            if no is not None:
                Consent.objects.filter(pk=mine.pk).update(
                    withdrawn_at=at, withdrawn_by=by, withdrawn_how=no.withdrawn_how
                )
                mine.refresh_from_db()
                ended.append(mine)
                theirs[pk] = None
        ours, other = theirs[target.pk], theirs[source.pk]
        if ours is not None and other is not None:
            kept = _what_both_allow(ours, other, by=by, at=at)
            if kept is None:
                ended += [ours, other]
            else:
                joined.append(kept)
    Consent.objects.filter(person=source).update(person=target)
    for kept in joined:
        if kept.pk is None:
            kept.save(force_insert=True)
        rows_joined = [row for row in rows[_triple(kept)] if row.replaced_at == at]
        Consent.objects.filter(pk__in=[row.pk for row in rows_joined]).update(replaced_by=kept)
        Reliance.objects.filter(consent__in=rows_joined, told_at=None).update(consent=kept)
    Sheet.objects.filter(person=source).update(person=target)
    Override.objects.filter(person=source).update(person=target)
    for question in Ask.objects.filter(person=source):
        twins = Ask.objects.filter(
            person=target,
            purpose=question.purpose,
            recipient_kind=question.recipient_kind,
            recipient_key=question.recipient_key,
            answered_at=None,
        )
        if question.answered_at is None and twins.exists():
            # Asked twice is asked once; the one that stays is answered for both.
            Ask.objects.filter(pk=question.pk).update(answered_at=at, answer=Ask.Answer.NO)
        Ask.objects.filter(pk=question.pk).update(person=target)
    _stop_what_is_not_allowed(target, at=at)
    for row in ended:
        row.refresh_from_db()
        _tell_reliers(
            Reliance.objects.filter(consent=row, told_at=None),
            key=f"consent:{row.pk}:joined",
            at=at,
        )
        for react in reactions:
            react(row, at)
    return Carrying.objects.create(
        source=source, target=target, by=by, at=at, before=before, after=_state(both)
    )


def _what_both_allow(
    ours: Consent, other: Consent, *, by: Person, at: dt.datetime
) -> Consent | None:
    """Close one or both and return the yes that stays, perhaps unsaved; None where none does."""
    chosen = sorted(set(ours.parts) & set(other.parts))
    starts_at = max(ours.starts_at, other.starts_at)
    ends = [row.ends_at for row in (ours, other) if row.ends_at is not None]
    ends_at = min(ends) if ends else None
    for row in (ours, other):
        if (sorted(row.parts), row.starts_at, row.ends_at) == (chosen, starts_at, ends_at):
            closed = other if row is ours else ours
            _close(closed, at)
            return row
    _close(ours, at)
    _close(other, at)
    if not chosen or (ends_at is not None and ends_at <= starts_at):
        return None
    newest = max((ours, other), key=lambda row: (row.recorded_at, row.pk))
    return Consent(
        person_id=ours.person_id,
        purpose=ours.purpose,
        recipient_kind=ours.recipient_kind,
        recipient_key=ours.recipient_key,
        recipient_name=newest.recipient_name,
        parts=chosen,
        starts_at=starts_at,
        ends_at=ends_at,
        how=newest.how,
        asked=newest.asked,
        words=newest.words,
        language=newest.language,
        on_behalf_name=newest.on_behalf_name,
        on_behalf_as=newest.on_behalf_as,
        on_behalf_seen=newest.on_behalf_seen,
        recorded_by=by,
        recorded_at=at,
        client_key=f"joined-{ours.pk}-{other.pk}-{int(at.timestamp())}"[:40],
    )


def _close(row: Consent, at: dt.datetime) -> None:
    Consent.objects.filter(pk=row.pk).update(replaced_at=at)
    row.replaced_at = at


def _stop_what_is_not_allowed(person: Person, *, at: dt.datetime) -> None:
    for sheet in Sheet.objects.filter(person=person, stopped_at=None, ends_at__gt=at):
        allowed = may_share(person, sheet.purpose, recipient_of(sheet), at, parts=sheet.parts)
        if allowed is None:
            Sheet.objects.filter(pk=sheet.pk).update(stopped_at=at)


@transaction.atomic
def take_back(carrying: Carrying, *, by: Person, at: dt.datetime) -> None:
    """They are two people after all: everything stands again as it did. Twice is once.

    What was said since stays said: a no to the joined yes is a no to both of which it was made.
    """
    carrying = Carrying.objects.select_for_update().get(pk=carrying.pk)
    if carrying.undone_at is not None:
        return
    both = [carrying.source, carrying.target]
    list(Person.objects.select_for_update().filter(pk__in=[p.pk for p in both]).order_by("pk"))
    before, after, now = carrying.before, carrying.after, _state(both)
    # The yes made by joining ends first, so that the two it came from can stand again.
    made = [
        pk
        for pk, row in after["consents"].items()
        if pk not in before["consents"] and row["replaced_at"] is None
    ]
    Consent.objects.filter(pk__in=made, withdrawn_at=None, replaced_at=None).update(replaced_at=at)
    # Back to whom they belong, ends first and openings last.
    for pk, was in before["consents"].items():
        if pk in now["consents"]:
            Consent.objects.filter(pk=pk, person_id=carrying.target_id).update(
                person_id=was["person_id"]
            )
    for pk, was in before["consents"].items():
        is_now = now["consents"].get(pk)
        if is_now is None or is_now != after["consents"].get(pk):
            continue  # somebody has said something since
        if {**was, "person_id": 0} == {**is_now, "person_id": 0}:
            continue
        row = Consent.objects.get(pk=pk)
        follow = row.replaced_by if is_now["replaced_by_id"] != was["replaced_by_id"] else None
        if follow is not None and follow.withdrawn_at is not None:
            Consent.objects.filter(pk=pk).update(
                replaced_at=None,
                replaced_by=None,
                withdrawn_at=follow.withdrawn_at,
                withdrawn_by=follow.withdrawn_by_id,
                withdrawn_how=follow.withdrawn_how,
            )
            continue
        reopens = was["withdrawn_at"] is None and was["replaced_at"] is None
        if reopens and (
            Consent.objects.unended()
            .filter(
                person_id=was["person_id"],
                purpose=row.purpose,
                recipient_kind=row.recipient_kind,
                recipient_key=row.recipient_key,
            )
            .exclude(pk=pk)
            .exists()
        ):
            continue  # said anew while they were one
        Consent.objects.filter(pk=pk).update(**{name: _read(name, was[name]) for name in _CONSENT})
    for pk, was in before["overrides"].items():
        Override.objects.filter(pk=pk, person_id=carrying.target_id).update(
            person_id=was["person_id"]
        )
    for pk, was in before["asks"].items():
        if now["asks"].get(pk) == after["asks"].get(pk):
            Ask.objects.filter(pk=pk).update(
                **{name: _read(name, value) for name, value in was.items()}
            )
    for pk, was in before["sheets"].items():
        is_now = now["sheets"].get(pk)
        if is_now is None:
            continue
        fields: dict[str, Any] = {"person_id": was["person_id"]}
        if is_now == after["sheets"].get(pk):
            fields["stopped_at"] = _read("stopped_at", was["stopped_at"])
        Sheet.objects.filter(pk=pk).update(**fields)
    for pk, was in before["reliances"].items():
        is_now = now["reliances"].get(pk)
        if is_now is not None and is_now == after["reliances"].get(pk):
            Reliance.objects.filter(pk=pk).update(
                **{name: _read(name, value) for name, value in was.items()}
            )
        elif is_now is not None:
            Reliance.objects.filter(pk=pk).update(consent_id=was["consent_id"])
    for person in both:
        _stop_what_is_not_allowed(person, at=at)
    _tell_reliers(
        Reliance.objects.filter(consent__in=made, told_at=None),
        key=f"carrying:{carrying.pk}:undone",
        at=at,
    )
    carrying.undone_at = at
    carrying.save(update_fields=["undone_at"])
