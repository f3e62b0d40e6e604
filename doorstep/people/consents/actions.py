"""Saying yes, changing one's mind, relying on a yes, and going ahead without one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.text import clean, clean_line
from doorstep.people.consents import rules
from doorstep.people.consents.kinds import Purpose, Recipient, parts, purposes, reactions
from doorstep.people.consents.rules import Basis, may_share
from doorstep.people.models import (
    Ask,
    Carrying,
    Consent,
    How,
    Override,
    Person,
    Relation,
    Reliance,
    RoleHolding,
    Sheet,
)
from doorstep.people.telling import tell

# How long an override may last at most, and when the person hears of it unless held back.
OVERRIDE_FOR = dt.timedelta(days=7)
TELL_AFTER = dt.timedelta(days=1)
# How long administrators go on being told that no lead has looked; each hears it once.
NOBODY_LOOKED = dt.timedelta(days=14)
# A consent that ends is announced to whoever recorded or relied on it, this long before.
WARN_BEFORE = (dt.timedelta(days=30), dt.timedelta(days=7))


class CannotAgree(Exception):
    """This yes cannot be written down like that; the message says why, in a sentence."""


class NotAgreed(Exception):
    """Nothing allows this to be shared, or not any more. The message says so to the reader."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or _("They haven't agreed to this, or have changed their mind. Nothing went out.")
        )


class CannotOverride(Exception):
    """Going ahead without a yes is not possible like that; the message says why."""


class CannotReview(Exception):
    """Already looked at, or not yours to look at."""


@dataclass(frozen=True)
class OnBehalf:
    """Who said yes for a person, as whom, and what showed that they may."""

    name: str
    relation: Relation
    seen: str = ""


def same_recipient(person: Person, purpose: str, recipient: Recipient) -> dict[str, object]:
    """Return the lookups for one person, purpose and recipient."""
    return {
        "person": person,
        "purpose": purpose,
        "recipient_kind": recipient.kind,
        "recipient_key": recipient.key,
    }


def recipient_of(row: Ask | Consent | Override | Sheet) -> Recipient:
    """Return whom a row is about."""
    return Recipient(row.recipient_kind, row.recipient_key, row.recipient_name)


# --- Saying yes --------------------------------------------------------------------------------


def give(
    person: Person,
    *,
    purpose: str,
    recipient: Recipient,
    parts: Iterable[str],
    by: Person,
    at: dt.datetime,
    how: How,
    client_key: str,
    words: str = "",
    asked: str = "",
    language: str = "",
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
    on_behalf: OnBehalf | None = None,
) -> Consent:
    """Write down that a person says yes; a yes already there is replaced, never changed.

    `parts` are keys of `kinds.parts`, at most those of the purpose. `ends_at` None takes the
    purpose's own period. The same `client_key` again is the same consent. Raises CannotAgree.
    """
    known = purposes.get(purpose)
    chosen = sorted(set(parts))
    starts_at = starts_at or at
    if known is None:
        raise CannotAgree(_("We don't know what this yes would be for."))
    _check_yes(person, known, recipient, chosen, by=by, how=how, words=words, on_behalf=on_behalf)
    if ends_at is None and known.days is not None:
        ends_at = starts_at + dt.timedelta(days=known.days)
    if ends_at is not None and ends_at <= max(starts_at, at):
        raise CannotAgree(_("Choose a last day that is still to come."))
    try:
        with transaction.atomic():
            twin = Consent.objects.filter(client_key=client_key).first()
            if twin is not None:
                return _own_twin(twin, person)
            # Two at once: the second waits here and then replaces the first.
            Person.objects.select_for_update().get(pk=person.pk)
            old = (
                Consent.objects.unended()
                .filter(**same_recipient(person, purpose, recipient))
                .select_for_update()
                .first()
            )
            if old is not None:
                # Closed first: only one is ever open.
                Consent.objects.filter(pk=old.pk).update(replaced_at=max(at, old.recorded_at))
            new = Consent.objects.create(
                person=person,
                purpose=purpose,
                recipient_kind=recipient.kind,
                recipient_key=recipient.key,
                recipient_name=recipient.name[:120],
                parts=chosen,
                starts_at=starts_at,
                ends_at=ends_at,
                how=how,
                asked=clean(asked),
                words=clean(words),
                language=language or person.reads,
                on_behalf_name=clean_line(on_behalf.name) if on_behalf else "",
                on_behalf_as=on_behalf.relation if on_behalf else "",
                on_behalf_seen=clean(on_behalf.seen) if on_behalf else "",
                recorded_by=by,
                recorded_at=at,
                client_key=client_key,
            )
            if old is not None:
                Consent.objects.filter(pk=old.pk).update(replaced_by=new)
                _narrowed(old, new, at=at)
                # Whoever relied on the old one hears when the new one ends.
                Reliance.objects.filter(consent=old, told_at=None).update(consent=new)
            Ask.objects.filter(
                **same_recipient(person, purpose, recipient), answered_at=None
            ).update(answer=Ask.Answer.YES, answered_at=at)
            return new
    except IntegrityError:
        twin = Consent.objects.filter(client_key=client_key).first()
        if twin is None:
            raise
        return _own_twin(twin, person)


def _own_twin(twin: Consent, person: Person) -> Consent:
    if twin.person_id != person.pk:
        raise CannotAgree(_("This page is out of date. Load it again, then send it."))
    return twin


def _check_yes(
    person: Person,
    known: Purpose,
    recipient: Recipient,
    chosen: list[str],
    *,
    by: Person,
    how: How,
    words: str,
    on_behalf: OnBehalf | None,
) -> None:
    if recipient.kind not in known.recipients:
        raise CannotAgree(_("This isn't something they can be given. Choose somebody else."))
    if not chosen or not set(chosen) <= set(known.parts):
        raise CannotAgree(_("Choose at least one thing they may know."))
    if (how == How.WEB) != (by.pk == person.pk):
        raise CannotAgree(_("Say whether they told you or wrote it down."))
    if how != How.WEB and not clean(words):
        raise CannotAgree(_("Write down what they said, in their own words."))
    if on_behalf is None:
        if not rules.decides_alone(person):
            raise CannotAgree(_("They are under 16, so a parent or guardian has to say yes."))
        return
    if by.pk == person.pk:
        raise CannotAgree(_("Somebody else can't say yes on your own page. Ring us."))
    if not clean_line(on_behalf.name):
        raise CannotAgree(_("Write down the name of who said yes for them."))
    if on_behalf.relation == Relation.PARENT:
        if not person.is_child:
            raise CannotAgree(_("A parent says yes for a child only. Grown-ups say it themselves."))
    elif not clean(on_behalf.seen):
        raise CannotAgree(_("Write down which paper shows that they may, and who saw it."))


def _narrowed(old: Consent, new: Consent, *, at: dt.datetime) -> None:
    """A new yes that allows less: sheets with more in them stop, and whoever used them hears."""
    allowed = set(new.parts) if new.starts_at <= at else set()
    recipient = recipient_of(new)
    same = same_recipient(new.person, new.purpose, recipient)
    stopped = [
        sheet.pk
        for sheet in Sheet.objects.filter(**same, stopped_at=None).exclude(consent=None)
        if not set(sheet.parts) <= allowed
    ]
    if not stopped:
        return
    Sheet.objects.filter(pk__in=stopped).update(stopped_at=at)
    things = [f"sheet:{pk}" for pk in stopped]
    _tell_reliers(
        Reliance.objects.filter(
            consent__in=Consent.objects.filter(**same), told_at=None, thing__in=things
        ),
        key=f"consent:{new.pk}:narrowed",
        at=at,
    )


# --- Asking, to be answered later --------------------------------------------------------------


def ask(
    person: Person,
    *,
    purpose: str,
    recipient: Recipient,
    parts: Iterable[str],
    by: Person,
    at: dt.datetime,
    client_key: str,
    note: str = "",
) -> Ask:
    """Put the question to the person; they answer on their own page, by phone or on paper.

    The same question is open once. Raises CannotAgree where it can't be asked.
    """
    known = purposes.get(purpose)
    chosen = sorted(set(parts))
    if known is None or recipient.kind not in known.recipients:
        raise CannotAgree(_("This isn't something they can be given. Choose somebody else."))
    if not chosen or not set(chosen) <= set(known.parts):
        raise CannotAgree(_("Choose at least one thing they may know."))
    same = same_recipient(person, purpose, recipient)
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)
        made = (
            Ask.objects.filter(client_key=client_key, person=person).first()
            or Ask.objects.filter(**same, answered_at=None).first()
        )
        if made is None:
            made = Ask.objects.create(
                **same,
                recipient_name=recipient.name[:120],
                parts=chosen,
                note=clean(note),
                asked_by=by,
                asked_at=at,
                client_key=client_key,
            )
            tell(
                "consent",
                person,
                key=f"ask:{made.pk}",
                title=gettext_lazy("A question for you"),
                body=gettext_lazy("May somebody have some of your details? You decide."),
                path=reverse("people:agreements"),
                at=at,
            )
    return made


@transaction.atomic
def answer_ask(question: Ask, *, yes: bool, by: Person, at: dt.datetime) -> Ask:
    """The person says yes or no on their own page; whoever asked is told. Once."""
    if by.pk != question.person_id:
        raise PermissionError("only the person answers")
    question = Ask.objects.select_for_update().get(pk=question.pk)
    if question.answered_at is not None:
        return question
    if yes:
        recipient = recipient_of(question)
        known = purposes.get(question.purpose)
        give(
            by,
            purpose=question.purpose,
            recipient=recipient,
            parts=question.parts,
            by=by,
            at=at,
            how=How.WEB,
            asked=str(known.ask) % {"recipient": recipient} if known else "",
            client_key=f"ask-{question.pk}",
        )
        question.refresh_from_db()
    else:
        question.answer, question.answered_at = Ask.Answer.NO, at
        question.save(update_fields=["answer", "answered_at"])
    if question.asked_by is not None:
        tell(
            "consent",
            question.asked_by,
            key=f"ask:{question.pk}:answer",
            title=gettext_lazy("An answer to what you asked"),
            body=gettext_lazy("Somebody has said yes or no. Sign in to see."),
            path=reverse("people:relied"),
            at=at,
        )
    return question


@transaction.atomic
def note_no(question: Ask, *, by: Person, at: dt.datetime) -> None:
    """Write down a no that was said by phone. A yes comes with its words, through `give`."""
    Ask.objects.filter(pk=question.pk, answered_at=None).update(
        answer=Ask.Answer.NO, answered_at=at
    )


# --- Changing one's mind -----------------------------------------------------------------------


@transaction.atomic
def withdraw(
    consent: Consent, *, by: Person, at: dt.datetime, how: How, words: str = ""
) -> Consent:
    """End a consent at this moment: links die, calls stop, whoever relied on it is told.

    One that has ended already, either way, stays as it is. A page that shows an older version
    ends the newer one that took its place: no means no.
    """
    newest = _newest(consent)
    changed = Consent.objects.filter(pk=newest.pk, withdrawn_at=None, replaced_at=None).update(
        withdrawn_at=at,
        withdrawn_by=by,
        withdrawn_how=how,
    )
    newest.refresh_from_db()
    if not changed:
        if newest.replaced_at is not None and newest.replaced_by_id is not None:
            return withdraw(newest, by=by, at=at, how=how, words=words)
        return newest
    if words:
        newest.withdrawn_words = clean(words)
        newest.save(update_fields=["withdrawn_words"])
    _ended(newest, at=at)
    return newest


def _newest(consent: Consent) -> Consent:
    row = Consent.objects.get(pk=consent.pk)
    while row.replaced_by_id is not None:
        row = Consent.objects.get(pk=row.replaced_by_id)
    return row


def _ended(consent: Consent, *, at: dt.datetime) -> None:
    """Everything that stood on this yes comes down. Inside the transaction that ended it."""
    same = same_recipient(consent.person, consent.purpose, recipient_of(consent))
    Sheet.objects.filter(**same, stopped_at=None).exclude(consent=None).update(stopped_at=at)
    # Also those who relied on an earlier yes that this one replaced.
    _tell_reliers(
        Reliance.objects.filter(consent__in=Consent.objects.filter(**same), told_at=None),
        key=f"consent:{consent.pk}:ended",
        at=at,
    )
    for react in reactions:
        react(consent, at)


def _tell_reliers(reliances, *, key: str, at: dt.datetime) -> None:  # type: ignore[no-untyped-def]
    rows = list(reliances.select_related("by"))
    Reliance.objects.filter(pk__in=[row.pk for row in rows]).update(told_at=at)
    for person in {row.by_id: row.by for row in rows if row.by is not None}.values():
        # Who and what stays behind the door: this may light up a phone on a table.
        tell(
            "consent-ended",
            person,
            key=key,
            title=gettext_lazy("Somebody changed their mind. Please stop now."),
            body=gettext_lazy(
                "You used what they had agreed to. See who and what, stop using it, and tick "
                "what you did."
            ),
            path=reverse("people:relied"),
            at=at,
        )


@transaction.atomic
def tick_off(reliance: Reliance, *, by: Person, at: dt.datetime, words: str = "") -> None:
    """Whoever relied on it says what they did. Twice is the same as once."""
    if reliance.by_id != by.pk:
        raise PermissionError("only whoever relied on it says so")
    changed = (
        Reliance.objects.filter(pk=reliance.pk, done_at=None)
        .exclude(told_at=None)
        .update(done_at=at)
    )
    if changed and words:
        reliance.done_words = clean(words)
        reliance.save(update_fields=["done_words"])
    reliance.refresh_from_db()


# --- Relying on it -----------------------------------------------------------------------------


@transaction.atomic
def rely(
    person: Person,
    *,
    purpose: str,
    recipient: Recipient,
    parts: Iterable[str] = (),
    by: Person,
    at: dt.datetime,
    used_for: str,
    thing: str,
) -> Basis:
    """Act on a yes: it is asked now, and the act is noted so that its end is told to `by`.

    Call it in the transaction that does the act. A withdrawal that came first raises NotAgreed;
    one that comes a moment later waits, and finds what was done. `thing` names what was made
    ("sheet:12"); the same again is noted once.
    """
    basis = may_share(person, purpose, recipient, at, parts=parts, lock=True)
    if basis is None:
        raise NotAgreed
    Reliance.objects.get_or_create(
        consent=basis.consent,
        override=basis.override,
        by=by,
        thing=thing,
        defaults={"used_for": used_for[:200], "at": at},
    )
    return basis


# --- Going ahead without a yes -----------------------------------------------------------------


def override(
    person: Person,
    *,
    purpose: str,
    recipient: Recipient,
    parts: Iterable[str],
    ground: Override.Ground,
    reason: str,
    by: Person,
    at: dt.datetime,
    client_key: str,
    ends_at: dt.datetime | None = None,
) -> Override:
    """Allow sharing without the person's yes, loudly and for a short time.

    The safeguarding leads hear of it at once and look at it; the person hears of it a day later
    unless a lead holds that back. Raises CannotOverride.
    """
    known = purposes.get(purpose)
    chosen = sorted(set(parts))
    ends_at = ends_at or at + OVERRIDE_FOR
    if known is None or not known.can_override or recipient.kind not in known.recipients:
        raise CannotOverride(_("This can't be shared without a yes."))
    if by.pk == person.pk:
        raise CannotOverride(_("For yourself, just say yes."))
    if not chosen or not set(chosen) <= set(known.parts):
        raise CannotOverride(_("Choose at least one thing they have to know."))
    if len(clean(reason)) < 10:
        raise CannotOverride(_("Write down what the danger is, so that a lead can follow you."))
    if not at < ends_at <= at + OVERRIDE_FOR:
        raise CannotOverride(_("Without a yes, seven days is the longest."))
    try:
        with transaction.atomic():
            made = Override.objects.filter(client_key=client_key).first()
            if made is None:
                made = Override.objects.create(
                    person=person,
                    purpose=purpose,
                    recipient_kind=recipient.kind,
                    recipient_key=recipient.key,
                    recipient_name=recipient.name[:120],
                    parts=chosen,
                    ground=ground,
                    reason=clean(reason),
                    made_by=by,
                    made_at=at,
                    ends_at=ends_at,
                    client_key=client_key,
                )
                judges = leads(at, but=(by.pk, person.pk))
                if not judges:
                    _tell_administrators(made, "nobody", at=at)
                for lead in judges:
                    tell(
                        "override",
                        lead,
                        key=f"override:{made.pk}",
                        title=gettext_lazy("Shared without a yes: please look now"),
                        body=gettext_lazy("Somebody went ahead without consent and says why."),
                        path=reverse("people:override", args=[made.pk]),
                        at=at,
                    )
    except IntegrityError:
        twin = Override.objects.filter(client_key=client_key).first()
        if twin is None:
            raise
        made = twin
    if made.made_by_id != by.pk or made.person_id != person.pk:
        raise CannotOverride(_("This page is out of date. Load it again, then send it."))
    return made


def _tell_administrators(made: Override, why: str, *, at: dt.datetime) -> None:
    """No lead can look, or none did: those who name leads hear that, and nothing of what it is."""
    held = RoleHolding.objects.held(at).filter(role=RoleHolding.Role.ADMINISTRATOR)
    people = Person.objects.active().filter(pk__in=held.values("person_id"))
    for one in people.exclude(pk__in=[pk for pk in (made.made_by_id, made.person_id) if pk]):
        tell(
            "override",
            one,
            key=f"override:{made.pk}:{why}",
            title=gettext_lazy("Something shared without a yes waits for a safeguarding lead"),
            body=gettext_lazy("Ring your leads, or give the role to somebody with no part in it."),
            path=reverse("people:roles"),
            at=at,
        )


def leads(at: dt.datetime, *, but: Iterable[int] = ()) -> list[Person]:
    """Return the safeguarding leads of this moment, without some."""
    return list(
        Person.objects.filter(
            pk__in=RoleHolding.objects.held(at)
            .filter(role=RoleHolding.Role.SAFEGUARDING)
            .values("person_id")
        )
        .exclude(pk__in=list(but))
        .order_by("pk")
    )


@transaction.atomic
def review(
    made: Override,
    *,
    by: Person,
    at: dt.datetime,
    outcome: Override.Outcome,
    words: str,
    hold_back: str = "",
) -> Override:
    """A lead says whether it was right; one that was not stops this moment.

    `hold_back` is why the person must not hear of it yet; without it they are told now.
    Raises CannotReview for whoever made it, whom it is about, and a second time.
    """
    if not rules.can_review(by, made):
        raise CannotReview(_("Somebody else has to look at this one."))
    claimed = Override.objects.filter(pk=made.pk, reviewed_at=None).update(
        reviewed_at=at, reviewed_by=by, outcome=outcome
    )
    if not claimed:
        raise CannotReview(_("Another lead was a moment faster."))
    made.refresh_from_db()
    made.review_words = clean(words)
    made.save(update_fields=["review_words"])
    if outcome == Override.Outcome.STRUCK:
        Sheet.objects.filter(override=made, stopped_at=None).update(stopped_at=at)
        _tell_reliers(
            Reliance.objects.filter(override=made, told_at=None),
            key=f"override:{made.pk}:struck",
            at=at,
        )
    if made.made_by is not None:
        tell(
            "override",
            made.made_by,
            key=f"override:{made.pk}:reviewed",
            title=gettext_lazy("A lead has looked at what you shared without a yes"),
            body=gettext_lazy("Read what they say."),
            path=reverse("people:override", args=[made.pk]),
            at=at,
        )
    if clean(hold_back):
        hold_back_telling(made, by=by, at=at, reason=hold_back)
    else:
        tell_person(made, at=at)
    return made


@transaction.atomic
def hold_back_telling(made: Override, *, by: Person, at: dt.datetime, reason: str) -> None:
    """Don't tell the person yet, because it would put somebody in danger."""
    if not rules.can_review(by, made):
        raise CannotReview(_("Somebody else has to look at this one."))
    if Override.objects.filter(pk=made.pk, told_at=None, held_back_at=None).update(
        held_back_at=at, held_back_by=by
    ):
        made.refresh_from_db()
        made.held_back_reason = clean(reason)
        made.save(update_fields=["held_back_reason"])


@transaction.atomic
def stop_holding_back(made: Override, *, by: Person, at: dt.datetime) -> None:
    """The danger is over: tell the person after all."""
    if not rules.can_review(by, made):
        raise CannotReview(_("Somebody else has to look at this one."))
    Override.objects.filter(pk=made.pk).update(held_back_at=None, held_back_by=None)
    made.refresh_from_db()
    tell_person(made, at=at)


def tell_person(made: Override, *, at: dt.datetime) -> None:
    """Say to the person that something about them was shared without their yes; once."""
    if not Override.objects.filter(pk=made.pk, told_at=None, held_back_at=None).update(told_at=at):
        return
    made.refresh_from_db()
    tell(
        "consent",
        made.person,
        key=f"override:{made.pk}:told",
        title=gettext_lazy("Something about your record"),
        body=gettext_lazy("Sign in to read what was shared, with whom, and why."),
        path=reverse("people:agreements") + "#without-asking",
        at=at,
    )


# --- By the clock ------------------------------------------------------------------------------


def look_ahead(at: dt.datetime | None = None) -> None:
    """The worker's round: tell what is ending, what has ended, and what nobody held back.

    What may be shared never waits for this: `may_share` reads the clock.
    """
    from doorstep.base.time import now

    at = at or now()
    for consent in (
        Consent.objects.unended()
        .filter(ends_at__gt=at, ends_at__lte=at + max(WARN_BEFORE))
        .select_related("recorded_by", "person")
    ):
        _warn(consent, at=at)
    over = (
        Consent.objects.unended()
        .filter(ends_at__lte=at, reliances__told_at=None, reliances__isnull=False)
        .distinct()
    )
    for consent in over:
        with transaction.atomic():
            _ended(consent, at=at)
    for made in Override.objects.filter(
        told_at=None, held_back_at=None, made_at__lte=at - TELL_AFTER
    ).select_related("person"):
        with transaction.atomic():
            tell_person(made, at=at)
    for made in Override.objects.filter(
        reviewed_at=None,
        made_at__lte=at - TELL_AFTER,
        made_at__gt=at - NOBODY_LOOKED,
    ):
        _tell_administrators(made, "late", at=at)
    spent = Reliance.objects.filter(override__ends_at__lte=at, told_at=None)
    for pk in set(spent.values_list("override_id", flat=True)):
        with transaction.atomic():
            _tell_reliers(spent.filter(override=pk), key=f"override:{pk}:over", at=at)


def _warn(consent: Consent, *, at: dt.datetime) -> None:
    """Tell who recorded it and who relies on it that it ends, once at 30 days and once at 7."""
    if consent.ends_at is None:
        return
    length = consent.ends_at - consent.starts_at
    left = consent.ends_at - at
    due = [before for before in WARN_BEFORE if left <= before < length]
    if not due:
        return
    people = {row.by_id: row.by for row in consent.reliances.select_related("by") if row.by}
    if consent.recorded_by is not None:
        people.setdefault(consent.recorded_by_id, consent.recorded_by)
    for person in people.values():
        own = person.pk == consent.person_id
        tell(
            "consent",
            person,
            key=f"consent:{consent.pk}:{min(due).days}",
            title=gettext_lazy("A yes is running out"),
            body=gettext_lazy("See which one. You can ask again, or let it end."),
            path=reverse("people:agreements" if own else "people:relied"),
            at=at,
        )


def parts_in_order(keys: Iterable[str]) -> list[str]:
    """Return the keys in the registry's order, without those nobody knows any more."""
    wanted = set(keys)
    return [key for key, _part in parts.items() if key in wanted]


def carry_over(source: Person, target: Person, *, by: Person, at: dt.datetime) -> Carrying:
    """Join the consents of two records that are one person; see `carrying`, which undoes it."""
    from doorstep.people.consents import carrying

    return carrying.carry_over(source, target, by=by, at=at)
