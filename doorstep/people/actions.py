"""What people do about themselves, their accounts, and each other."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from doorstep.base.time import now
from doorstep.people import postcodes, rules, telling
from doorstep.people.models import (
    Account,
    Block,
    Claim,
    MatchKey,
    Pair,
    Person,
    Reading,
    RoleHolding,
    Session,
    ToMatch,
)
from doorstep.people.roles.actions import CannotGive as CannotGive
from doorstep.people.roles.actions import end_role as end_role
from doorstep.people.roles.actions import grant_role as grant_role
from doorstep.people.sessions import mark_of
from doorstep.places.models import Area

security = logging.getLogger("doorstep.security")
# After this long a closed account can't be opened again, and what it held is taken away.
COMES_BACK_WITHIN = dt.timedelta(days=30)
PENDING_FOR = dt.timedelta(days=1)
WRONG_ANSWERS_PER_ACCOUNT = 3
WRONG_ANSWERS_PER_PERSON = 5


# --- Joining and coming in -------------------------------------------------------------------


@transaction.atomic
def join(
    account: Account,
    *,
    known_as: str,
    email: str,
    phone: str,
    password: str,
    born_on: dt.date | None,
    postcode: str,
    reads: str,
    at: dt.datetime,
) -> Account:
    """Fill and save a new account with its person. Nobody sees either before `prove`.

    `email` or `phone` (E.164) must be given and belong to no proved account.
    """
    forget_pending(email=email, phone=phone)
    account.person = Person.objects.create(
        known_as=known_as,
        born_on=born_on,
        postcode=postcode,
        home=postcodes.ward_of(postcode),
        reads=reads,
        state=Person.State.JOINING,
        created_at=at,
    )
    account.email, account.phone = email.lower() or None, phone or None
    account.phone_verified = False
    account.is_pending, account.is_active = True, False
    account.joined_at = at
    if password:
        account.set_password(password)
    else:
        account.set_unusable_password()
    account.save()
    return account


@transaction.atomic
def forget_pending(*, email: str = "", phone: str = "", but: Account | None = None) -> int:
    """Take away accounts that hold this e-mail or number without having proved it.

    Otherwise somebody could join with a stranger's address, wait until the stranger proves it,
    and come in with the password set beforehand.
    """
    theirs = Q(pk=None)
    if email:
        theirs |= Q(email=email.lower())
    if phone:
        theirs |= Q(phone=phone)
    pending = Account.objects.filter(theirs, is_pending=True)
    if but is not None:
        pending = pending.exclude(pk=but.pk)
    people = list(pending.values_list("person_id", flat=True))
    pending.delete()
    Person.objects.filter(pk__in=people, state=Person.State.JOINING).delete()
    return len(people)


@transaction.atomic
def prove(account: Account, *, at: dt.datetime) -> None:
    """Take an account seriously: its e-mail or number is shown to be theirs."""
    if not account.is_pending:
        return
    account.is_pending, account.is_active = False, True
    account.save(update_fields=["is_pending", "is_active"])
    person = account.person
    if person.state == Person.State.JOINING:
        person.state, person.created_at = Person.State.ACTIVE, at
        person.save(update_fields=["state", "created_at"])


def may_come_in(account: Account, *, at: dt.datetime) -> bool:
    """Whether the account may sign in: not stopped, not closed for good."""
    person = account.person
    shut = (Person.State.SUSPENDED, Person.State.MERGED)
    if person.state in shut or not (account.is_active or account.is_pending):
        return False
    return person.away_since is None or at - person.away_since <= COMES_BACK_WITHIN


@transaction.atomic
def let_in(account: Account, *, at: dt.datetime) -> None:
    """Note that the account came through every step of signing in; open it again if closed."""
    from doorstep.people.rights import actions as rights

    prove(account, at=at)
    person = account.person
    if person.state == Person.State.AWAY:
        person.state, person.away_since = Person.State.ACTIVE, None
        person.save(update_fields=["state", "away_since"])
        rights.came_back(person.pk, at=at)


@transaction.atomic
def set_phone(account: Account, phone: str, *, is_proved: bool, at: dt.datetime) -> None:
    """Give the account a mobile number (E.164)."""
    forget_pending(phone=phone, but=account)
    account.phone, account.phone_verified = phone, is_proved
    account.save(update_fields=["phone", "phone_verified"])
    if is_proved:
        prove(account, at=at)


# --- Profile ---------------------------------------------------------------------------------

PROFILE = frozenset(
    {
        "known_as",
        "about",
        "can_share",
        "would_like",
        "access_needs",
        "languages",
        "reads",
        "spot",
        "postcode",
        "born_on",
        "shown_to",
    }
)


@transaction.atomic
def change_profile(
    person: Person,
    *,
    by: Person,
    at: dt.datetime,
    follows: Iterable[Area] | None = None,
    **new: Any,
) -> Person:
    """Write what a person says about themselves. A known postcode sets their ward."""
    if by.pk != person.pk:
        raise PermissionError("only the person changes their page")
    if unknown := new.keys() - PROFILE:
        raise TypeError(f"not part of a profile: {sorted(unknown)}")
    for name, value in new.items():
        setattr(person, name, value)
    changed = set(new)
    if "postcode" in new:
        person.home = postcodes.ward_of(person.postcode)
        changed.add("home")
    person.save(update_fields=changed)
    if follows is not None:
        person.follows.set(follows)
    return person


def follow(area: Area, *, by: Person, at: dt.datetime) -> None:
    """Bring an area's news into the person's own."""
    by.follows.add(area)


def unfollow(area: Area, *, by: Person, at: dt.datetime) -> None:
    """Leave an area's news out again."""
    by.follows.remove(area)


# --- Blocks ----------------------------------------------------------------------------------


class CannotBlock(Exception):
    """Nobody blocks themselves, or someone they can't see."""


@transaction.atomic
def block(person: Person, *, by: Person, at: dt.datetime) -> Block:
    """Hide two people from each other, everywhere. Twice is the same as once."""
    made = Block.objects.filter(blocker=by, blocked=person).first()
    if made is not None:
        return made
    if not rules.can_block(by, person):
        raise CannotBlock
    try:
        with transaction.atomic():
            made = Block.objects.create(blocker=by, blocked=person, made_at=at)
    except IntegrityError:
        made = Block.objects.get(blocker=by, blocked=person)
    _forget_blocks(by)
    return made


@transaction.atomic
def unblock(person: Person, *, by: Person, at: dt.datetime) -> None:
    """Take back one's own block; a block the other made stays."""
    Block.objects.filter(blocker=by, blocked=person).delete()
    _forget_blocks(by)


def _forget_blocks(person: Person) -> None:
    person.__dict__.pop("_blocked_ids", None)


# --- Sessions --------------------------------------------------------------------------------


def session_ref(session: Session) -> str:
    """Return a name for a session that is safe to show."""
    return salted_hmac("doorstep.people.session", session.session_key).hexdigest()[:20]


def end_session(account: Account, ref: str, *, by: Person, at: dt.datetime) -> bool:
    """Sign one browser out, from its next request on; return whether there was one."""
    if by.pk != account.person_id:
        raise PermissionError("only one's own sessions")
    for session in account.sessions.all():
        if constant_time_compare(session_ref(session), ref):
            session.delete()
            return True
    return False


def tell_of_a_code_used_twice(account: Account) -> None:
    """Say that a code of somebody's app came a second time and was refused. Once an hour."""
    at = now()
    security.warning("a code of an app was used again: account %s", account.pk)
    telling.tell(
        "sign-in",
        account.person,
        key=f"code-twice:{at:%Y-%m-%d-%H}",
        title=_("A code of your app was tried a second time"),
        body=_("We refused it. If you didn't press twice yourself, change your password."),
        path=reverse("people:me"),
        at=at,
    )


def end_sessions(account: Account, *, keep: str | None = None) -> int:
    """Sign all of somebody's browsers out but the one with this key; return how many."""
    sessions = account.sessions.all()
    if keep:
        sessions = sessions.exclude(session_key=mark_of(keep))
    return sessions.delete()[0]


# --- Leaving ---------------------------------------------------------------------------------


@transaction.atomic
def close_account(account: Account, *, by: Person, at: dt.datetime) -> None:
    """Close an account: nobody sees the person, every browser is signed out.

    Signing in within 30 days opens it again; after that the person is forgotten (`rights`).
    """
    from doorstep.people.rights import actions as rights

    if by.pk != account.person_id:
        raise PermissionError("only one's own account")
    rights.ask_erasure(account.person, by=by, at=at, takes_posts=False, at_once=False)


def tidy() -> None:
    """Take away accounts never proved; `rights` takes away what else has run out."""
    _drop_pending(now())


@transaction.atomic
def _drop_pending(at: dt.datetime) -> None:
    stale = Account.objects.filter(is_pending=True, joined_at__lt=at - PENDING_FOR)
    people = list(stale.values_list("person_id", flat=True))
    stale.delete()
    Person.objects.filter(pk__in=people, state=Person.State.JOINING).delete()


# --- The second step ----------------------------------------------------------------------------


def can_do_without(authenticator: Authenticator) -> bool:
    """Whether somebody may take this second step away: not the last one, where a role needs it."""
    account: Any = authenticator.user
    if not rules.sees_cases(account.person):
        return True
    steps = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    others = Authenticator.objects.filter(user=account, type__in=steps)
    return others.exclude(pk=authenticator.pk).exists()


# --- Claiming the record a helper wrote down -------------------------------------------------


class NotClaimable(Exception):
    """There is no record (any more) that this account may ask for."""


class WrongAnswer(Exception):
    """The answer does not fit the record."""


def claimable(account: Account) -> Person | None:
    """Return the person without an account that this account may be, or None.

    Only by an e-mail or number the account has proved, and only while the tries last. Never
    somebody with a role: a role must not come to whoever holds the telephone.
    """
    if account.is_pending:
        return None
    emails = {
        email.lower()
        for email in EmailAddress.objects.filter(user=account, verified=True).values_list(
            "email", flat=True
        )
    }
    same = Q(pk=None)
    for email in emails:
        same |= Q(email__iexact=email)
    if account.phone and account.phone_verified:
        same |= Q(phone=account.phone)
    found = list(
        Person.objects.filter(same, account=None, state=Person.State.ACTIVE)
        .exclude(pk=account.person_id)
        .exclude(pk__in=RoleHolding.objects.held().values("person"))
        .order_by("pk")[:10]
    )
    for person in found:
        if _tries_left(account, person) and (_questions(person) or len(found) == 1):
            return person
    return None


def _tries_left(account: Account, person: Person) -> bool:
    tries = list(Claim.objects.filter(person=person))
    if any(
        row.account_id == account.pk
        and (row.declined_at or row.wrong_answers >= WRONG_ANSWERS_PER_ACCOUNT)
        for row in tries
    ):
        return False
    # All who ever tried count together: leaving and joining again buys no new tries.
    return sum(row.wrong_answers for row in tries) < WRONG_ANSWERS_PER_PERSON


def _questions(person: Person) -> list[str]:
    return [name for name in ("born_on", "postcode") if getattr(person, name)]


def questions_about(person: Person) -> list[str]:
    """Return what we ask before a claim: "born_on", "postcode", both or neither.

    Either one answered rightly is enough, so that a moved house doesn't lock anybody out.
    """
    return _questions(person)


@transaction.atomic
def decline_claim(account: Account, person: Person, *, at: dt.datetime) -> None:
    """Note that this record is somebody else; it isn't offered to the account again."""
    Claim.objects.update_or_create(
        account=account,
        person=person,
        defaults={"declined_at": at},
        create_defaults={"declined_at": at, "made_at": at},
    )


def claim(
    account: Account,
    *,
    born_on: dt.date | None = None,
    postcode: str = "",
    at: dt.datetime,
) -> Person:
    """Join an account to the record that a helper wrote down about its person.

    Raises NotClaimable, or WrongAnswer after counting it.
    """
    with transaction.atomic():
        # The lock keeps a hundred answers sent at once from being counted as one.
        Account.objects.select_for_update().get(pk=account.pk)
        person = claimable(account)
        if person is None:
            raise NotClaimable
        row, _made = Claim.objects.get_or_create(
            account=account, person=person, defaults={"made_at": at}
        )
        Person.objects.select_for_update().get(pk=person.pk)
        asked = _questions(person)
        right = (
            not asked
            or ("born_on" in asked and born_on is not None and born_on == person.born_on)
            or ("postcode" in asked and bool(postcode) and postcode == person.postcode)
        )
        if right:
            _join_up(account, person, at=at)
            Claim.objects.filter(pk=row.pk).update(granted_at=at)
        else:
            Claim.objects.filter(pk=row.pk).update(wrong_answers=F("wrong_answers") + 1)
    if not right:
        raise WrongAnswer
    return person


def _join_up(account: Account, person: Person, *, at: dt.datetime) -> None:
    """Move the account to `person`, and everything of the fresh person along."""
    from doorstep.people.merging.actions import remember

    fresh = account.person
    # A conditional update is a claim that holds when two accounts come at once.
    if Account.objects.filter(person=person).exists():
        raise NotClaimable
    Account.objects.filter(pk=account.pk).update(person=person)
    account.person = person
    # What they say about themselves goes before what a helper wrote down.
    person.known_as, person.reads = fresh.known_as, fresh.reads
    for name in ("about", "can_share", "would_like", "access_needs", "languages", "shown_to"):
        if getattr(fresh, name):
            setattr(person, name, getattr(fresh, name))
    if fresh.postcode:
        person.postcode, person.home = fresh.postcode, fresh.home
    person.born_on = person.born_on or fresh.born_on
    person.unseen_notices += fresh.unseen_notices
    # A record that nobody may use stays so, whichever of the two it was.
    held_since = [one.restricted_at for one in (person, fresh) if one.restricted_at]
    person.restricted_at = min(held_since) if held_since else None
    person.save()
    person.follows.add(*fresh.follows.all())
    remember(fresh, person, at=at)
    if _move_everything(fresh, person):
        fresh.delete()
    else:
        fresh.state, fresh.away_since = Person.State.AWAY, None
        fresh.save(update_fields=["state", "away_since"])


def _move_everything(fresh: Person, person: Person) -> bool:
    """Let all rows that name `fresh` name `person`; return whether nothing is left behind.

    A row that can't move (both were in the same team, say) stays where it is.
    """
    clean = True
    fresh.follows.clear()
    for relation in Person._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel) or relation.related_model in _STAYS:
            continue
        rows = relation.related_model._base_manager.filter(**{relation.field.name: fresh})  # type: ignore[union-attr]
        try:
            with transaction.atomic():
                rows.update(**{relation.field.name: person})
        except IntegrityError:
            clean = False
    return clean


# A row of the read log is never changed; `readings.kinds.same_person` shows it all the same. What
# records are compared by goes with the record.
_STAYS = (Account, Claim, Reading, MatchKey, ToMatch, Pair)
