"""What may be shared, and who may ask, record, pass on and review."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from doorstep.people.consents.kinds import Purpose, Recipient, purposes
from doorstep.people.models import Consent, Override, Person, Reliance, RoleHolding, Sheet
from doorstep.people.rules import holds

if TYPE_CHECKING:
    from django.db.models import QuerySet

# From this age on somebody decides themselves; below it a parent says yes.
DECIDES_AT = 16


@dataclass(frozen=True)
class Basis:
    """Why something may be shared, and how much of it. One of the first two is set."""

    consent: Consent | None
    override: Override | None
    parts: frozenset[str]
    ends_at: dt.datetime | None

    @property
    def is_override(self) -> bool:
        return self.override is not None


def may_share(
    person: Person,
    purpose: str,
    recipient: Recipient,
    at: dt.datetime,
    *,
    parts: Iterable[str] = (),
    lock: bool = False,
) -> Basis | None:
    """Return why `parts` of the person may go to the recipient for the purpose now, or None.

    Without `parts`: whether anything may. Consent comes first; an override stands where there
    is none. With `lock` (inside a transaction) the basis cannot end before the transaction
    does: a withdrawal that came first is seen, and one that comes later finds what was done.
    Where the purpose isn't registered, nothing may be shared.
    """
    if purposes.get(purpose) is None:
        return None
    wanted = frozenset(parts)
    same = {
        "person": person,
        "purpose": purpose,
        "recipient_kind": recipient.kind,
        "recipient_key": recipient.key,
    }
    # A record that may not be used now, or whose person has left, goes out by no yes of before:
    # only where somebody is in danger. Asked of the row itself, for it may be a moment old.
    consents = (
        Consent.objects.live(at)
        .filter(**same, person__restricted_at=None)
        .exclude(person__state__in=(Person.State.AWAY, Person.State.MERGED))
        .order_by("pk")
    )
    overrides = Override.objects.live(at).filter(**same).order_by("pk")
    if lock:
        consents = consents.select_for_update(of=("self",))
        overrides = overrides.select_for_update()
    for consent in consents:
        if lock and _ended_meanwhile(consent):
            continue
        if wanted <= set(consent.parts):
            return Basis(consent, None, frozenset(consent.parts), consent.ends_at)
    for override in overrides:
        if wanted <= set(override.parts):
            return Basis(None, override, frozenset(override.parts), override.ends_at)
    return None


def _ended_meanwhile(consent: Consent) -> bool:
    """Ask the locked row itself: a wait for the lock may have brought back its older version."""
    ends = Consent.objects.filter(pk=consent.pk)
    return ends.exclude(withdrawn_at=None, replaced_at=None).exists()


def can_record(viewer: Person | None, person: Person) -> bool:
    """Whether `viewer` may write down what this person agreed to, and pass things on for them.

    Whoever may open the record; nobody for themselves, who say it on their own page.
    """
    from doorstep.people.records.rules import can_open_record

    return viewer is not None and viewer.pk != person.pk and can_open_record(viewer, person)


def can_give(viewer: Person | None, person: Person) -> bool:
    """Whether `viewer` may say yes: the person, or somebody who writes down their words."""
    if viewer is None:
        return False
    return viewer.pk == person.pk or can_record(viewer, person)


def can_withdraw(viewer: Person | None, consent: Consent) -> bool:
    """The person, whoever may open their record, and whoever relied on it and gives it up."""
    return can_give(viewer, consent.person)


def decides_alone(person: Person) -> bool:
    """Whether the person says yes for themselves: under 16 a parent does."""
    age = person.age
    return age is None or age >= DECIDES_AT


def own_purposes(person: Person) -> list[tuple[str, Purpose]]:
    """Return the (key, purpose) pairs a person may say yes to on their own page."""
    if not decides_alone(person):
        return []
    return [(key, purpose) for key, purpose in purposes.items() if purpose.by_oneself]


def consents_visible_to(consents: QuerySet[Consent], viewer: Person | None) -> QuerySet[Consent]:
    """One's own, and those of people whose record one may open; see `can_see_consent`."""
    from doorstep.people.records.rules import records_visible_to

    if viewer is None:
        return consents.none()
    theirs = records_visible_to(Person.objects.all(), viewer).exclude(pk=viewer.pk)
    return consents.filter(person=viewer) | consents.filter(person__in=theirs)


def can_see_consent(viewer: Person | None, consent: Consent) -> bool:
    return can_give(viewer, consent.person)


# --- Overrides ---------------------------------------------------------------------------------


def is_lead(person: Person | None) -> bool:
    return holds(person, RoleHolding.Role.SAFEGUARDING)


def can_override(viewer: Person | None, person: Person) -> bool:
    return can_record(viewer, person)


def can_see_override(viewer: Person | None, override: Override) -> bool:
    """The leads, unless it is about them; and whoever made it."""
    if viewer is None or viewer.pk == override.person_id:
        return False
    return is_lead(viewer) or viewer.pk == override.made_by_id


def overrides_visible_to(
    overrides: QuerySet[Override], viewer: Person | None
) -> QuerySet[Override]:
    """`can_see_override` as a query."""
    if viewer is None:
        return overrides.none()
    seen = overrides.exclude(person=viewer)
    return seen if is_lead(viewer) else seen.filter(made_by=viewer)


def can_review(viewer: Person | None, override: Override) -> bool:
    """A lead who did not make it, and whom it is not about."""
    return (
        is_lead(viewer)
        and viewer is not None
        and viewer.pk not in (override.made_by_id, override.person_id)
    )


# --- Sheets and reliances ------------------------------------------------------------------------


def sheets_visible_to(sheets: QuerySet[Sheet], viewer: Person | None) -> QuerySet[Sheet]:
    """Whoever made it, as long as they may open the record."""
    from doorstep.people.records.rules import records_visible_to

    if viewer is None:
        return sheets.none()
    theirs = records_visible_to(Person.objects.all(), viewer).exclude(pk=viewer.pk)
    return sheets.filter(made_by=viewer, person__in=theirs)


def can_see_sheet(viewer: Person | None, sheet: Sheet) -> bool:
    return viewer is not None and sheet.made_by_id == viewer.pk and can_record(viewer, sheet.person)


def reliances_visible_to(
    reliances: QuerySet[Reliance], viewer: Person | None
) -> QuerySet[Reliance]:
    """One's own alone."""
    return reliances.none() if viewer is None else reliances.filter(by=viewer)


def who_used_it(person: Person) -> list[Person]:
    """Return whoever relied on what this person allowed, or did without, and still may.

    They are told when something in the record is put right (UK GDPR, Article 19).
    """
    used = Reliance.objects.filter(
        Q(consent__person=person) | Q(override__person=person), told_at=None
    )
    return list(
        Person.objects.active()
        .filter(pk__in=used.values("by"))
        .exclude(pk=person.pk)
        .order_by("pk")
    )
