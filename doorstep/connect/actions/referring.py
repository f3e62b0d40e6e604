"""A referral on its way: sent, asked about, accepted, waiting, taken on, or not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from doorstep.connect import links, rules
from doorstep.connect.models import Caseload, Referral, ReferralStep, Relationship, Walk
from doorstep.notices.actions import send
from doorstep.organisations.models import Organisation, Position
from doorstep.people.consents import actions as consents
from doorstep.people.models import Consent, How, Person, RoleEvent, RoleHolding
from doorstep.people.telling import tell

KIND = "connect-referral"
Kind, State = ReferralStep.Kind, Referral.State


class NotNow(Exception):
    """It can't be done as it stands; the message says why, in a sentence."""


# --- Sending -----------------------------------------------------------------------------------


@transaction.atomic
def refer(
    organisation: Organisation,
    *,
    source: str,
    at: dt.datetime,
    by: Person | None,
    client_key: str | None = None,
    person: Person | None = None,
    name: str = "",
    reach: str = "",
    safe_contact: str = "",
    about: str = "",
    hopes: str = "",
    language: str = "",
    area: Any = None,
    is_agreed: bool = True,
    agreed_words: str = "",
    sender_name: str = "",
    sender_email: str = "",
) -> Referral:
    """Propose somebody for one-to-one work. Without their yes nothing goes out: it is a signpost.

    A signpost keeps who showed the way and where to, and no word about the person. The same
    `client_key` again is the same referral. Raises NotNow.
    """
    if client_key:
        twin = Referral.objects.filter(client_key=client_key).first()
        if twin is not None:
            return twin
    if not is_agreed:
        return Referral.objects.create(
            organisation=organisation,
            source=source,
            made_at=at,
            sender=by,
            state=State.SIGNPOST,
            client_key=client_key,
            ended_at=at,
        )
    if person is not None and (
        Referral.objects.filter(
            organisation=organisation, person=person, state__in=Referral.OPEN
        ).exists()
        or Relationship.objects.going_on().filter(organisation=organisation, person=person).exists()
    ):
        raise NotNow(_("They are known there already. Nothing new was sent."))
    try:
        with transaction.atomic():
            referral = Referral.objects.create(
                organisation=organisation,
                source=source,
                made_at=at,
                sender=by,
                person=person,
                name=name or (person.known_as if person else ""),
                reach=reach,
                safe_contact=safe_contact,
                about=about,
                hopes=hopes,
                language=language,
                area=area or (person.home if person else None),
                is_agreed=True,
                agreed_words=agreed_words,
                sender_name=sender_name,
                sender_email=sender_email,
                client_key=client_key,
            )
    except IntegrityError:
        return Referral.objects.get(client_key=client_key)
    _note(referral, Kind.SENT, by=by, at=at)
    transaction.on_commit(partial(_tell_desk, referral.pk, at))
    return referral


def _note(
    referral: Referral,
    kind: str,
    *,
    by: Person | None,
    at: dt.datetime,
    words: str = "",
    by_link: bool = False,
) -> ReferralStep:
    return ReferralStep.objects.create(
        referral=referral, kind=kind, by=by, at=at, words=words, by_link=by_link
    )


def receivers(referral: Referral) -> list[Person]:
    """Return who hears of it at the organisation; never whom it is about, never the sender."""
    people = list(rules.catalysts_of(referral.organisation)) + [
        one.person
        for one in Position.objects.held()
        .filter(organisation=referral.organisation, role=Position.Role.OWNER)
        .select_related("person")
        if one.person is not None
    ]
    apart = {referral.person_id, referral.sender_id}
    return list({one.pk: one for one in people if one.pk not in apart}.values())


def _tell_desk(pk: int, at: dt.datetime) -> None:
    referral = Referral.objects.select_related("organisation").get(pk=pk)
    for person in receivers(referral):
        send(
            KIND,
            person,
            key=f"referral:{referral.pk}:sent:{referral.link_number}",
            title=gettext_lazy("Somebody is proposed for one-to-one work"),
            body=gettext_lazy("Have a look, and say whether it fits."),
            path=referral.get_absolute_url(),
            at=at,
        )
    links.mail(
        referral.organisation.email,
        subject=gettext_lazy("a referral for you"),
        lines=[
            gettext_lazy(
                "A neighbour said yes to hearing from you. Read it, then accept it, ask, or say "
                "no with a reason. The link needs no account. Please don't pass it on."
            )
        ],
        link=links.address("referral", referral.ref, referral.link_number),
    )


def _tell_sender(referral: Referral, title: Any, what: str, at: dt.datetime) -> None:
    """The sender hears at each step, by account or by e-mail: never more than the step."""
    if referral.sender is not None:
        send(
            KIND,
            referral.sender,
            key=f"referral:{referral.pk}:{what}:{int(at.timestamp())}",
            title=title,
            body=gettext_lazy("Thank you for sending it."),
            path=referral.get_absolute_url(),
            at=at,
        )
    elif referral.sender_email:
        links.mail(
            referral.sender_email,
            subject=gettext_lazy("an answer to what you sent"),
            lines=[title],
            link=links.address("sent", referral.ref),
        )


def _move(referral: Referral, sources: tuple[str, ...], to: str, **more: Any) -> None:
    """Claim the change of state: it happens once, whoever presses first."""
    if not Referral.objects.filter(pk=referral.pk, state__in=sources).update(state=to, **more):
        raise NotNow(_("This has been answered meanwhile. Look again."))
    referral.refresh_from_db()


# --- Answering ---------------------------------------------------------------------------------


@transaction.atomic
def accept(
    referral: Referral, *, at: dt.datetime, by: Person | None = None, words: str = ""
) -> None:
    """Accept it: the person is on the waiting list, and the sender hears how long that is."""
    _not_about_oneself(referral, by)
    _move(referral, (State.SENT, State.ASKED), State.WAITING, answered_at=at, waiting_since=at)
    _note(referral, Kind.ACCEPTED, by=by, at=at, words=words, by_link=by is None)
    wait = expected_wait(referral.organisation, at)
    title = (
        gettext_lazy("Your referral was accepted")
        if wait.weeks is None
        else ngettext(
            "Your referral was accepted. Most wait about %(n)d week.",
            "Your referral was accepted. Most wait about %(n)d weeks.",
            wait.weeks,
        )
        % {"n": wait.weeks}
    )
    _tell_sender(referral, title, "accepted", at)


@transaction.atomic
def decline(
    referral: Referral,
    *,
    at: dt.datetime,
    why: str,
    by: Person | None = None,
    words: str = "",
) -> None:
    """Say no with a reason the sender is told."""
    _not_about_oneself(referral, by)
    if why not in Referral.Decline.values:
        raise NotNow(_("Say why, so that the sender can look further."))
    _move(
        referral,
        (State.SENT, State.ASKED, State.WAITING),
        State.DECLINED,
        declined_for=why,
        answered_at=at,
        ended_at=at,
        waiting_since=None,
    )
    _note(referral, Kind.DECLINED, by=by, at=at, words=words, by_link=by is None)
    _tell_sender(
        referral, gettext_lazy("They can't take your referral on. Read why."), "declined", at
    )


@transaction.atomic
def ask(referral: Referral, *, at: dt.datetime, words: str, by: Person | None = None) -> None:
    """Ask the sender something first."""
    _not_about_oneself(referral, by)
    _move(referral, (State.SENT, State.ASKED), State.ASKED)
    _note(referral, Kind.ASKED, by=by, at=at, words=words, by_link=by is None)
    _tell_sender(referral, gettext_lazy("There is a question about your referral"), "asked", at)


@transaction.atomic
def answer(referral: Referral, *, at: dt.datetime, words: str, by: Person | None = None) -> None:
    """Answer what they asked; the organisation looks again."""
    _move(referral, (State.ASKED,), State.SENT)
    _note(referral, Kind.ANSWERED, by=by, at=at, words=words, by_link=by is None)
    Referral.objects.filter(pk=referral.pk).update(link_number=F("link_number") + 1)
    transaction.on_commit(partial(_tell_desk, referral.pk, at))


@transaction.atomic
def withdraw(referral: Referral, *, at: dt.datetime, by: Person | None, words: str = "") -> None:
    """Take it back: links die, and the organisation hears no more than that."""
    _move(
        referral,
        Referral.OPEN,
        State.WITHDRAWN,
        ended_at=at,
        waiting_since=None,
        link_number=referral.link_number + 1,
    )
    _note(referral, Kind.WITHDRAWN, by=by, at=at)
    for person in receivers(referral):
        send(
            KIND,
            person,
            key=f"referral:{referral.pk}:withdrawn",
            title=gettext_lazy("A referral was taken back"),
            body=gettext_lazy("Please don't get in touch with them."),
            path=reverse("connect:home"),
            at=at,
        )


def _not_about_oneself(referral: Referral, by: Person | None) -> None:
    if by is not None and not rules.can_receive(by, referral):
        raise NotNow(_("Somebody else has to answer this one."))


# --- The waiting list --------------------------------------------------------------------------


@dataclass(frozen=True)
class Wait:
    """How long people wait, honestly: the middle of those taken on lately; None: too few to say.

    `waiting` people are on the list, the longest since `longest` days.
    """

    weeks: int | None
    waiting: int
    longest: int


def expected_wait(organisation: Organisation, at: dt.datetime) -> Wait:
    """Return the wait at an organisation, from the last half year."""
    return expected_waits([organisation], at)[organisation.pk]


def expected_waits(organisations: Iterable[Organisation], at: dt.datetime) -> dict[int, Wait]:
    """Return the wait at each of these, by id: one query for all of them."""
    days: dict[int, list[int]] = {one.pk: [] for one in organisations}
    waiting: dict[int, list[int]] = {pk: [] for pk in days}
    lately = Q(state=State.TAKEN, ended_at__gte=at - dt.timedelta(days=182))
    rows = Referral.objects.filter(lately | Q(state=State.WAITING), organisation__in=days)
    for pk, state, start, end in rows.values_list(
        "organisation", "state", "waiting_since", "ended_at"
    ):
        if state == State.WAITING:
            waiting[pk].append((at - start).days if start else 0)
        elif start and end:
            days[pk].append((end - start).days)
    found = {}
    for pk, waited in days.items():
        longest = max(waiting[pk], default=0)
        weeks = None
        if len(waited) >= 3:
            # Whoever waits now waits at least as long as those before them did so far.
            weeks = max(1, round(max(median(waited), longest / 2) / 7))
        found[pk] = Wait(weeks, len(waiting[pk]), longest)
    return found


@dataclass(frozen=True)
class Match:
    """A catalyst for somebody on the waiting list, with why."""

    person: Person
    free: int
    why: list[str]
    score: float


def matches(referral: Referral) -> list[Match]:
    """Rank the organisation's catalysts for a referral: room first, then language, then fit."""
    walking = dict(
        Walk.objects.filter(until=None, relationship__organisation=referral.organisation)
        .exclude(relationship__state=Relationship.State.ENDED)
        .values_list("person")
        .annotate(n=Count("pk"))
    )
    loads = {
        one.person_id: one for one in Caseload.objects.filter(organisation=referral.organisation)
    }
    text = f"{referral.about} {referral.hopes}".lower()
    found = []
    for person in rules.catalysts_of(referral.organisation):
        if person.pk == referral.person_id:
            continue
        load = loads.get(person.pk)
        most = load.most if load else 12
        free = most - walking.get(person.pk, 0)
        why, score = [], 0.0
        if free > 0:
            why.append(ngettext("room for %(n)d more", "room for %(n)d more", free) % {"n": free})
            score += 10 + min(free, 5)
        else:
            why.append(_("full"))
        if referral.language and referral.language in person.languages:
            why.append(_("speaks their language"))
            score += 8
        words = [
            w for w in (load.fits if load else "").lower().replace(",", " ").split() if len(w) > 3
        ]
        shared = sorted({w for w in words if w in text})
        if shared:
            why.append(_("goes well with: %(words)s") % {"words": ", ".join(shared)})
            score += 4 * len(shared)
        if referral.area is not None and person.home_id == referral.area_id:
            why.append(_("knows their ward"))
            score += 1
        found.append(Match(person, free, why, score))
    return sorted(found, key=lambda one: (-one.score, one.person.known_as))


@transaction.atomic
def take_on(
    referral: Referral,
    *,
    by: Person,
    to: Person,
    at: dt.datetime,
    next_step: str,
    next_on: dt.date,
    person: Person | None = None,
) -> Relationship:
    """Somebody walks alongside from now on; the yes of the referral becomes a consent.

    `person` is the record it belongs to; without one, a new record is written. Raises NotNow.
    """
    _not_about_oneself(referral, by)
    person = referral.person or person or _write_down(referral, at)
    if to.pk == person.pk or referral.organisation_id not in rules.desks(to):
        raise NotNow(_("Choose somebody who walks alongside people there."))
    if person.restricted_at is not None or person.state != Person.State.ACTIVE:
        raise NotNow(_("Their record can't be used now."))
    if (
        Relationship.objects.going_on()
        .filter(person=person, organisation=referral.organisation)
        .exists()
    ):
        raise NotNow(_("Somebody walks alongside them already."))
    _move(referral, (State.WAITING,), State.TAKEN, ended_at=at, person=person)
    relationship = begin(
        person,
        referral.organisation,
        by=by,
        to=to,
        at=at,
        next_step=next_step,
        next_on=next_on,
        referral=referral,
    )
    recipient = rules.recipient_of(referral.organisation)
    if (
        not Consent.objects.live(at)
        .filter(person=person, purpose=rules.WALK, recipient_key=recipient.key)
        .exists()
    ):
        try:
            consents.give(
                person,
                purpose=rules.WALK,
                recipient=recipient,
                parts=["name", "phone", "area", "languages", "access", "asked"],
                by=by,
                at=at,
                how=How.SPOKEN,
                words=referral.agreed_words or _("Said yes when the referral was sent."),
                client_key=f"connect-{referral.ref}",
            )
        except consents.CannotAgree as problem:
            raise NotNow(str(problem)) from None
    _note(referral, Kind.TAKEN, by=by, at=at)
    _tell_sender(referral, gettext_lazy("Somebody walks alongside them now"), "taken", at)
    return relationship


def _write_down(referral: Referral, at: dt.datetime) -> Person:
    """A new record; with its number, so that the duplicates of the records page find its twin."""
    from doorstep.connect.actions.matching import reached_by

    phone, email = reached_by(referral.reach)
    return Person.objects.create(
        known_as=(referral.name or _("Somebody"))[:60],
        home=referral.area,
        phone=phone,
        email=email,
        languages=[referral.language] if referral.language else [],
        created_at=at,
    )


def begin(
    person: Person,
    organisation: Organisation,
    *,
    by: Person,
    to: Person,
    at: dt.datetime,
    next_step: str,
    next_on: dt.date,
    referral: Referral | None = None,
) -> Relationship:
    """Make the relationship, its first catalyst, and what is asked at the start."""
    from doorstep.connect.actions.measuring import plan

    try:
        with transaction.atomic():
            relationship = Relationship.objects.create(
                person=person,
                organisation=organisation,
                referral=referral,
                started_at=at,
                next_step=next_step,
                next_on=next_on,
                is_kept_apart=rules.belongs_to(person, organisation),
            )
    except IntegrityError:
        raise NotNow(_("Somebody walks alongside them already.")) from None
    Walk.objects.create(relationship=relationship, person=to, since=at)
    plan(relationship)
    if to.pk != by.pk:
        send(
            "connect",
            to,
            key=f"relationship:{relationship.pk}:yours",
            title=gettext_lazy("Somebody new to walk alongside"),
            path=relationship.get_absolute_url(),
            at=at,
        )
    return relationship


# --- Catalysts ---------------------------------------------------------------------------------


@transaction.atomic
def name_catalyst(
    person: Person, organisation: Organisation, *, by: Person, at: dt.datetime, most: int = 12
) -> RoleHolding:
    """Offer somebody of an organisation the role of catalyst there; they say yes or no."""
    if organisation.pk not in rules.leads(by):
        raise NotNow(_("Whoever leads the organisation names its catalysts."))
    if person.pk == by.pk or person.is_child or person.state != Person.State.ACTIVE:
        raise NotNow(_("Choose somebody else: a grown-up with an open account."))
    held = RoleHolding.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=at),
        person=person,
        role=RoleHolding.Role.CATALYST,
        scope_kind=rules.SCOPE,
        scope_key=str(organisation.pk),
    ).first()
    Caseload.objects.update_or_create(
        person=person, organisation=organisation, defaults={"most": most}
    )
    if held is not None:
        return held
    holding = RoleHolding.objects.create(
        person=person,
        role=RoleHolding.Role.CATALYST,
        scope_kind=rules.SCOPE,
        scope_key=str(organisation.pk),
        granted_by=by,
        offered_at=at,
        accepted_at=None,
        starts_at=at,
    )
    RoleEvent.objects.create(holding=holding, what=RoleEvent.What.OFFERED, by=by, at=at)
    tell(
        "roles",
        person,
        key=f"role-{holding.pk}-offer",
        title=gettext_lazy("You have been asked to take on a role"),
        path=reverse("people:my_roles"),
        at=at,
    )
    return holding
