"""Who may join which records, and what stands in the way."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from doorstep.people.models import (
    Account,
    Block,
    ContactChange,
    Erasure,
    Merge,
    Pair,
    Person,
    RoleHolding,
)
from doorstep.people.records import rules as records

# A number somebody else typed lately proves nothing about whose it is.
PROVES_AFTER = dt.timedelta(days=30)
WRONG_ANSWERS = 3


@dataclass(frozen=True)
class Yes:
    """Whose yes is needed before two records are joined.

    `accounts` are the ids of people who sign in and must say it themselves; `is_proved` that the
    account has shown the other record's number or e-mail to be its own.
    """

    accounts: tuple[int, ...] = ()
    is_proved: bool = False

    @property
    def is_needed(self) -> bool:
        return len(self.accounts) > 1 or (len(self.accounts) == 1 and not self.is_proved)


def can_merge(viewer: Person | None, one: Person, other: Person) -> bool:
    """Whether the viewer's role opens both records, neither of them their own."""
    return (
        viewer is not None
        and one.pk != other.pk
        and records.can_open_record(viewer, one)
        and records.can_open_record(viewer, other)
    )


def pairs_visible_to(pairs: QuerySet[Pair], viewer: Person | None) -> QuerySet[Pair]:
    """Suggested pairs of which the viewer may open both records."""
    mine = records.records_visible_to(Person.objects.filter(state=Person.State.ACTIVE), viewer)
    ids = mine.values("pk")
    return pairs.filter(one__in=ids, other__in=ids)


def can_see_pair(viewer: Person | None, pair: Pair) -> bool:
    """`pairs_visible_to` of one pair."""
    both = (pair.one, pair.other)
    return all(person.state == Person.State.ACTIVE for person in both) and can_merge(
        viewer, pair.one, pair.other
    )


def merges_visible_to(merges: QuerySet[Merge], viewer: Person | None) -> QuerySet[Merge]:
    """Joinings whose kept record the viewer may open."""
    people = records.records_visible_to(Person.objects.all(), viewer)
    return merges.filter(kept__in=people.values("pk")).exclude(gone=viewer)


def can_see_merge(viewer: Person | None, merge: Merge) -> bool:
    """`merges_visible_to` of one of them."""
    return (
        viewer is not None
        and merge.gone_id != viewer.pk
        and records.can_open_record(viewer, merge.kept)
    )


def account_of(person: Person) -> Account | None:
    return Account.objects.filter(person=person).first()


def yes_needed(kept: Person, gone: Person, at: dt.datetime) -> Yes:
    """Say whose yes joining these two takes."""
    accounts = list(Account.objects.filter(person__in=[kept, gone], is_pending=False))
    if not accounts:
        return Yes()
    ids = tuple(sorted(account.person_id for account in accounts))
    if len(accounts) == 2:
        return Yes(ids)
    return Yes(ids, _is_proved(accounts[0], gone if accounts[0].person_id == kept.pk else kept, at))


def _is_proved(account: Account, other: Person, at: dt.datetime) -> bool:
    emails = {
        email.lower()
        for email in EmailAddress.objects.filter(user=account, verified=True).values_list(
            "email", flat=True
        )
    }
    same = set()
    if other.email and other.email.lower() in emails:
        same.add("email")
    if other.phone and account.phone_verified and other.phone == account.phone:
        same.add("phone")
    fresh = set(
        ContactChange.objects.filter(person=other, at__gt=at - PROVES_AFTER).values_list(
            "detail", flat=True
        )
    )
    return bool(same - fresh)


def in_the_way(kept: Person, gone: Person, at: dt.datetime) -> Any:
    """Return the sentence that says why these two can't be joined, or None.

    What must not be told to whoever asks (a block between the two) is one neutral sentence.
    """
    both = (kept, gone)
    if any(person.state != Person.State.ACTIVE for person in both):
        return _("One of the two is closed, stopped, or part of another record already.")
    if kept.is_child != gone.is_child and kept.born_on and gone.born_on:
        return _("One is a child and the other is grown up. They are two people.")
    if Erasure.objects.filter(person__in=both, undone_at=None).exists():
        return _("One of the two has asked to be forgotten. Nothing is joined to them.")
    if _has_account(gone) and not _has_account(kept):
        return _("Keep the record that signs in, and join the other one to it.")
    if (
        RoleHolding.objects.filter(person=gone, ends_at=None).exists()
        or RoleHolding.objects.held(at).filter(person=gone).exists()
        or holds_a_place(gone)
    ):
        return _(
            "The other record holds a role, and roles are never joined. Keep that record, or ask "
            "an administrator."
        )
    if Block.objects.filter(
        Q(blocker=kept, blocked=gone) | Q(blocker=gone, blocked=kept)
    ).exists() or is_named_apart(kept, gone):
        return _("These two can't be joined. Keep both records.")
    return None


def _has_account(person: Person) -> bool:
    return Account.objects.filter(person=person, is_pending=False).exists()


def is_named_apart(one: Person, other: Person) -> bool:
    """Whether something known says that these are two: the registry `apart`, of higher floors."""
    from doorstep.people.merging.wiring import apart

    return any(ask(one, other) for ask in apart)


def holds_a_place(person: Person) -> bool:
    """Whether a higher floor says that this record must be kept: the registry `holders`."""
    from doorstep.people.merging.wiring import holders

    return any(ask(person) for ask in holders)


def can_answer(viewer: Person | None, merge: Merge) -> bool:
    """Whether the viewer is asked by this joining: somebody of the two, who signs in."""
    return (
        viewer is not None
        and viewer.pk in (merge.kept_id, merge.gone_id)
        and merge.state == Merge.State.ASKED
        and not (merge.kept_yes_at if viewer.pk == merge.kept_id else merge.gone_yes_at)
    )


def asked_of(viewer: Person) -> QuerySet[Merge]:
    """`can_answer` as a query."""
    return Merge.objects.filter(state=Merge.State.ASKED).filter(
        Q(kept=viewer, kept_yes_at=None) | Q(gone=viewer, gone_yes_at=None)
    )


def has_later(merge: Merge) -> bool:
    """Whether another record was joined to this one later: the newest is parted first."""
    return (
        Merge.objects.filter(kept=merge.kept_id, state=Merge.State.DONE)
        .filter(Q(done_at__gt=merge.done_at) | Q(done_at=merge.done_at, pk__gt=merge.pk))
        .exists()
    )


def same_ids(person: Person) -> set[int]:
    """Return the ids of every record that was found to be this person's."""
    from doorstep.people.models import Former

    found: set[int] = set()
    ask = {person.pk}
    while ask:
        new = set(
            Person.objects.filter(merged_into__in=ask)
            .values_list("pk", flat=True)
            .union(Former.objects.filter(person__in=ask).values_list("former_id", flat=True))
        )
        ask = new - found
        found |= new
    return found


def leads_to(handle: str) -> Person | None:
    """Return the record that a joined one's handle leads to now, or None."""
    person = Person.objects.filter(handle=handle, state=Person.State.MERGED).first()
    seen = set()
    while person is not None and person.merged_into_id and person.pk not in seen:
        seen.add(person.pk)
        person = Person.objects.filter(pk=person.merged_into_id).first()
    return person if person is not None and seen else None
