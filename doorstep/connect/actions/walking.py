"""What happens in a relationship: matters, conversations, the next step, first steps, the end."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.time import local
from doorstep.connect import rules
from doorstep.connect.actions.referring import NotNow
from doorstep.connect.first_steps import FullUp, providers
from doorstep.connect.models import (
    MONTHS_AFTER,
    Asking,
    CircleMember,
    Conversation,
    FirstStep,
    FollowUp,
    Matter,
    MatterWords,
    Relationship,
    Walk,
    months_on,
)
from doorstep.notices.actions import send
from doorstep.people.models import Consent, Person

KIND = "connect"
State = Relationship.State


def check(relationship: Relationship, by: Person, *, open_only: bool = True) -> None:
    """Raise NotNow where `by` doesn't walk alongside, or it has ended."""
    if not rules.can_work(by, relationship):
        raise NotNow(_("Only whoever walks alongside writes here."))
    if open_only and not relationship.is_open:
        raise NotNow(_("This has ended."))


# --- What matters ------------------------------------------------------------------------------


@transaction.atomic
def add_matter(
    relationship: Relationship,
    *,
    by: Person,
    at: dt.datetime,
    kind: str,
    words: str,
    on: dt.date | None = None,
    of: Matter | None = None,
) -> Matter:
    """Write down what matters, a strength, a gift, a barrier or a day, in the person's words."""
    check(relationship, by)
    matter = Matter.objects.create(
        relationship=relationship,
        kind=kind,
        on=on if kind == Matter.Kind.DAY else None,
        of=of if kind == Matter.Kind.BARRIER else None,
        made_at=at,
    )
    MatterWords.objects.create(matter=matter, words=words, at=at, by=by)
    return matter


@transaction.atomic
def say_anew(
    matter: Matter, *, by: Person, at: dt.datetime, words: str = "", state: str = ""
) -> None:
    """Say it again in new words, or say that it is reached or put aside; the old words stay."""
    check(matter.relationship, by)
    last = matter.said.last()  # type: ignore[attr-defined]
    if words and (last is None or last.words != words):
        MatterWords.objects.create(matter=matter, words=words, at=at, by=by)
    if state and state in Matter.State.values:
        Matter.objects.filter(pk=matter.pk).update(state=state)


def set_next_step(
    relationship: Relationship, *, by: Person, at: dt.datetime, words: str, whose: str, on: dt.date
) -> None:
    """Say what the next small step is: the one thing that always has to be there."""
    check(relationship, by)
    Relationship.objects.filter(pk=relationship.pk).update(
        next_step=words, next_whose=whose, next_on=on
    )


# --- Conversations -----------------------------------------------------------------------------


def write(
    relationship: Relationship,
    *,
    by: Person,
    at: dt.datetime,
    words: str,
    how: str,
    readers: str,
    is_final: bool,
    client_key: str | None = None,
    draft: Conversation | None = None,
    when: dt.datetime | None = None,
) -> Conversation:
    """Write down a conversation, as a draft or for good. A final one is never changed."""
    check(relationship, by)
    fields: dict[str, Any] = {
        "words": words,
        "how": how,
        "readers": readers,
        "final_at": at if is_final else None,
    }
    if draft is not None:
        changed = Conversation.objects.filter(
            pk=draft.pk, relationship=relationship, by=by, final_at=None
        ).update(**fields)
        if not changed:
            raise NotNow(_("This is final already. Write another one to put it right."))
        draft.refresh_from_db()
        return draft
    try:
        with transaction.atomic():
            return Conversation.objects.create(
                relationship=relationship, by=by, at=when or at, client_key=client_key, **fields
            )
    except IntegrityError:
        return Conversation.objects.get(client_key=client_key, relationship=relationship)


# --- Who walks alongside -----------------------------------------------------------------------


@transaction.atomic
def join(relationship: Relationship, *, by: Person, at: dt.datetime, other: Person) -> Walk:
    """Bring in a second catalyst of the same organisation; never the person themselves."""
    check(relationship, by)
    if other.pk == relationship.person_id or relationship.organisation_id not in rules.desks(other):
        raise NotNow(_("Choose somebody else who walks alongside people here."))
    walk, is_new = Walk.objects.get_or_create(
        relationship=relationship, person=other, until=None, defaults={"since": at}
    )
    if is_new:
        send(
            KIND,
            other,
            key=f"relationship:{relationship.pk}:joined:{walk.pk}",
            title=gettext_lazy("A colleague asks you to walk alongside somebody with them"),
            path=relationship.get_absolute_url(),
            about=by,
            at=at,
        )
    return walk


@transaction.atomic
def leave(relationship: Relationship, *, by: Person, at: dt.datetime) -> None:
    """Stop walking alongside; the last one can't, but ends it or hands it over first."""
    check(relationship, by)
    # Locked, so that two cannot leave each other alone at the same moment.
    walks = list(Walk.objects.select_for_update().filter(relationship=relationship, until=None))
    if len(walks) < 2:
        raise NotNow(_("Nobody else walks alongside. Ask a colleague in first."))
    Walk.objects.filter(relationship=relationship, person=by, until=None).update(until=at)


def pause(relationship: Relationship, *, by: Person | None, at: dt.datetime) -> None:
    """Let it rest; nothing is asked or reminded meanwhile."""
    if by is not None:
        check(relationship, by)
    _move(relationship, (State.OPEN, State.ENDING), State.PAUSED)


def go_on(relationship: Relationship, *, by: Person, at: dt.datetime) -> None:
    """Take it up again, where the person's yes still stands."""
    check(relationship, by)
    recipient = rules.recipient_of(relationship.organisation)
    if (
        not Consent.objects.live(at)
        .filter(person=relationship.person, purpose=rules.WALK, recipient_key=recipient.key)
        .exists()
    ):
        raise NotNow(_("They took their yes back. Ask them, and write down a new one first."))
    _move(relationship, (State.PAUSED, State.ENDING), State.OPEN)


def _move(relationship: Relationship, sources: tuple[str, ...], to: str, **more: Any) -> None:
    changed = Relationship.objects.filter(pk=relationship.pk, state__in=sources).update(
        state=to, **more
    )
    if not changed:
        raise NotNow(_("It has changed meanwhile. Look again."))
    relationship.refresh_from_db()


# --- Endings -----------------------------------------------------------------------------------


def plan_ending(
    relationship: Relationship, *, by: Person, at: dt.datetime, on: dt.date, words: str = ""
) -> None:
    """Plan the end together: the day, and how we say goodbye."""
    check(relationship, by)
    _move(
        relationship,
        (State.OPEN, State.PAUSED, State.ENDING),
        State.ENDING,
        ending_on=on,
        ending_words=words,
    )


@transaction.atomic
def end(
    relationship: Relationship, *, by: Person, at: dt.datetime, why: str, words: str = ""
) -> None:
    """End it. Three, six and twelve months on we ask whether the connections are still there.

    A death ends everything that would ask, remind or write: nobody rings that door by mistake.
    """
    check(relationship, by)
    if why == Relationship.Ended.PLANNED and relationship.state != State.ENDING:
        raise NotNow(_("Plan the ending with them first."))
    more: dict[str, Any] = {"ended_at": at, "ended_for": why}
    if words:
        more["ending_words"] = words
    _move(relationship, (State.OPEN, State.PAUSED, State.ENDING), State.ENDED, **more)
    from doorstep.connect.calls.actions import stop_all

    stop_all(
        relationship.person,
        at=at,
        why="died" if why == Relationship.Ended.DIED else "ended",
        relationship=relationship,
    )
    if why == Relationship.Ended.DIED:
        Asking.objects.filter(relationship=relationship, asked_at=None).delete()
        FirstStep.objects.filter(relationship=relationship, state=FirstStep.State.EXPECTED).delete()
        CircleMember.objects.filter(owner=relationship.person, state="here").update(
            state=CircleMember.State.PAUSED, changed_at=at
        )
        # Others who walk alongside hear it from us, gently, and not by ringing.
        others = (
            Walk.objects.filter(relationship__person=relationship.person, until=None)
            .exclude(person=by)
            .exclude(relationship__state=State.ENDED)
            .select_related("person", "relationship")
        )
        for walk in others:
            send(
                KIND,
                walk.person,
                key=f"relationship:{walk.relationship_id}:sad",
                title=gettext_lazy("Sad news about somebody you walk alongside"),
                body=gettext_lazy("Please don't ring or write to them. Read more here."),
                path=walk.relationship.get_absolute_url(),
                at=at,
            )
        return
    day = local(at).date()
    for months in MONTHS_AFTER:
        FollowUp.objects.get_or_create(
            relationship=relationship, months=months, defaults={"due_on": months_on(day, months)}
        )


def follow_up(row: FollowUp, *, by: Person, at: dt.datetime, answer: str, words: str = "") -> None:
    """Write down whether the connections are still there."""
    check(row.relationship, by, open_only=False)
    if row.relationship.has_died:
        raise NotNow(_("They died. Nobody asks any more."))
    FollowUp.objects.filter(pk=row.pk).update(answer=answer, words=words, answered_at=at, by=by)


# --- First steps -------------------------------------------------------------------------------


@transaction.atomic
def expect(
    relationship: Relationship,
    *,
    by: Person,
    at: dt.datetime,
    provider: str,
    key: str,
    matter: Matter | None = None,
    wishes: str = "",
    travel: str = "",
    phone: str = "",
    client_key: str,
) -> FirstStep:
    """Make a matter into being expected somewhere: with a greeter, and the way there sorted."""
    check(relationship, by)
    known = providers.get(provider)
    already = FirstStep.objects.filter(client_key=client_key, relationship=relationship).first()
    if already is not None:
        return already
    if known is None:
        raise NotNow(_("We can't find that place any more. Choose again."))
    try:
        place = known.expect(
            key,
            person=relationship.person,
            by=by,
            at=at,
            name=relationship.person.known_as,
            wishes=wishes,
            phone=phone,
            client_key=client_key,
        )
    except FullUp as problem:
        raise NotNow(str(problem) or _("There is no place left. Choose another.")) from None
    return FirstStep.objects.create(
        relationship=relationship,
        matter=matter,
        client_key=client_key,
        provider=provider,
        key=key,
        label=place.label[:200],
        starts_at=place.starts_at,
        travel=travel,
        made_by=by,
        made_at=at,
    )


def called_after(
    step: FirstStep, *, by: Person, at: dt.datetime, state: str, words: str = ""
) -> None:
    """Write down the call afterwards: whether they went, and how it was."""
    check(step.relationship, by, open_only=False)
    FirstStep.objects.filter(pk=step.pk).update(state=state, call_words=words, called_at=at)
