"""Whether somebody proposed without an account is somebody we know: suggested, a human decides.

Whoever answers is shown people their own organisation knows, and those whose record their role
opens; nobody else: a list of who is known to the council is not for everybody with a phone number
to try. What they can't see, the duplicates of the records page find afterwards for an officer.
"""

from __future__ import annotations

import datetime as dt
import re

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from doorstep.connect import rules
from doorstep.connect.actions.referring import NotNow
from doorstep.connect.models import Referral, ReferralStep, Relationship
from doorstep.people import numbers
from doorstep.people.merging.matching import like
from doorstep.people.merging.suggesting import Score
from doorstep.people.models import Person
from doorstep.people.models.person import PersonQuerySet
from doorstep.people.records.rules import can_find_records, records_visible_to

_EMAIL = re.compile(r"[^\s<>,;:]+@[^\s<>,;:]+\.[a-zA-Z]{2,}")
_DIGITS = re.compile(r"\+?[\d(][\d ()-]{8,18}\d")
Kind = ReferralStep.Kind


def as_written(referral: Referral) -> Person:
    """Return what was written about somebody as a record that isn't kept."""
    phone, email = reached_by(referral.reach)
    return Person(known_as=(referral.name or "")[:60], home=referral.area, phone=phone, email=email)


def reached_by(words: str) -> tuple[str, str]:
    """Return the (mobile number in E.164, e-mail) that stand in words, "" for none."""
    email = _EMAIL.search(words)
    for found in _DIGITS.findall(words):
        try:
            return numbers.parse(found), email[0] if email else ""
        except ValidationError:
            continue
    return "", email[0] if email else ""


def known_to(viewer: Person, referral: Referral) -> PersonQuerySet:
    """Return the people who may be suggested to the viewer."""
    here = Person.objects.active().filter(
        Q(relationships__organisation=referral.organisation_id)
        | Q(referrals_about__organisation=referral.organisation_id)
    )
    ids = Q(pk__in=here.values("pk"))
    if can_find_records(viewer):
        ids |= Q(pk__in=records_visible_to(Person.objects.all(), viewer).values("pk"))
    return Person.objects.active().filter(ids, restricted_at=None).exclude(pk=viewer.pk)


def suggestions(referral: Referral, viewer: Person) -> list[tuple[Person, Score]]:
    """Return whom the referral may be about, likeliest first, with what speaks for and against.

    Nobody where it is about a record already, is over, or the viewer doesn't answer it. Those who
    were found to be somebody else are left out.
    """
    if (
        referral.person_id is not None
        or not referral.is_open
        or not referral.name
        or not rules.can_receive(viewer, referral)
    ):
        return []
    apart = referral.steps.filter(kind=Kind.OTHER).values("whom")  # type: ignore[attr-defined]
    people = known_to(viewer, referral).exclude(pk__in=apart.exclude(whom=None))
    return like(as_written(referral), people)


def _found(referral: Referral, person: Person, by: Person) -> None:
    if person.pk not in [one.pk for one, _score in suggestions(referral, by)]:
        raise NotNow(_("This has been answered meanwhile. Look again."))


@transaction.atomic
def is_them(referral: Referral, person: Person, *, by: Person, at: dt.datetime) -> None:
    """They are somebody we know: the referral is about that record from now on.

    Can be taken back until somebody walks alongside.
    """
    _found(referral, person, by)
    same = Referral.objects.filter(
        organisation=referral.organisation_id, person=person, state__in=Referral.OPEN
    )
    if same.exclude(pk=referral.pk).exists():
        raise NotNow(_("They stand on your list already. Decline this one, and say so kindly."))
    walked = Relationship.objects.going_on().filter(
        person=person, organisation=referral.organisation_id
    )
    if walked.exists():
        raise NotNow(
            _("Somebody walks alongside them here already. Decline this one, and say so kindly.")
        )
    if not Referral.objects.filter(pk=referral.pk, person=None, state__in=Referral.OPEN).update(
        person=person
    ):
        raise NotNow(_("This has been answered meanwhile. Look again."))
    ReferralStep.objects.create(referral=referral, kind=Kind.SAME, by=by, at=at, whom=person)
    referral.refresh_from_db()


@transaction.atomic
def is_somebody_else(referral: Referral, person: Person, *, by: Person, at: dt.datetime) -> None:
    """They are two people: not suggested here again."""
    _found(referral, person, by)
    ReferralStep.objects.create(referral=referral, kind=Kind.OTHER, by=by, at=at, whom=person)


@transaction.atomic
def part(referral: Referral, *, by: Person, at: dt.datetime) -> None:
    """It was a mistake: the referral is about nobody we know, as it came."""
    if not rules.can_receive(by, referral) or not was_joined(referral):
        raise NotNow(_("This has been answered meanwhile. Look again."))
    person = referral.person
    if not Referral.objects.filter(pk=referral.pk, person=person, state__in=Referral.OPEN).update(
        person=None
    ):
        raise NotNow(_("This has been answered meanwhile. Look again."))
    ReferralStep.objects.create(referral=referral, kind=Kind.OTHER, by=by, at=at, whom=person)
    referral.refresh_from_db()


def was_joined(referral: Referral) -> bool:
    """Whether somebody here said whom it is about, rather than whoever sent it."""
    if referral.person_id is None or not referral.is_open:
        return False
    last = referral.steps.filter(kind__in=ReferralStep.INSIDE).last()  # type: ignore[attr-defined]
    return last is not None and last.kind == Kind.SAME and last.whom_id == referral.person_id
