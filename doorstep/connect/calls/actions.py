"""A call on its way: written, sent in waves, answered, an introduction, an end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.connect import links
from doorstep.connect import rules as connect_rules
from doorstep.connect.actions.referring import NotNow
from doorstep.connect.actions.walking import check
from doorstep.connect.calls import drafting, rules
from doorstep.connect.calls.models import Call, CallAsk
from doorstep.connect.calls.ranking import Apart, Fit
from doorstep.connect.calls.sources import NOTICE as KIND
from doorstep.connect.calls.sources import Candidate, sources
from doorstep.connect.models import Matter, Relationship
from doorstep.notices.actions import send
from doorstep.people.consents import actions as consents
from doorstep.people.consents.rules import may_share
from doorstep.people.models import How, Person
from doorstep.places.models import Area

State, Answer = Call.State, CallAsk.Answer
DAY = dt.timedelta(days=1)
MOST_ASKED = 60
NUDGE_AFTER = 3 * DAY  # a receiver who has not answered, once
YES_WAITS = 3 * DAY  # a yes that leads nowhere: whoever walks alongside hears of it
MET_AFTER = 14 * DAY  # after an introduction: what came of it?
AGAIN_AFTER = 7 * DAY
DRAFTS_FOR = 60 * DAY


# --- Writing it --------------------------------------------------------------------------------


@transaction.atomic
def write(
    relationship: Relationship,
    *,
    by: Person,
    at: dt.datetime,
    words: str,
    agreed_words: str,
    near: Area | None = None,
    matter: Matter | None = None,
    wave_size: int = 5,
    wave_days: int = 4,
    client_key: str | None = None,
) -> Call:
    """Write a call. Nothing goes anywhere; the person's yes to being asked for is written down.

    The same `client_key` again is the same call. Raises NotNow.
    """
    check(relationship, by)
    if relationship.state == Relationship.State.PAUSED:
        raise NotNow(_("It rests just now. Go on with it first."))
    if client_key:
        twin = Call.objects.filter(client_key=client_key, relationship=relationship).first()
        if twin is not None:
            return twin
    try:
        with transaction.atomic():
            call = Call.objects.create(
                relationship=relationship,
                matter=matter,
                made_by=by,
                made_at=at,
                near=near,
                agreed_words=agreed_words,
                wave_size=wave_size,
                wave_days=wave_days,
                client_key=client_key,
            )
    except IntegrityError:
        return Call.objects.get(client_key=client_key)
    _say_yes(call, by=by, at=at)
    _put(call, words, ())
    return call


def _say_yes(call: Call, *, by: Person, at: dt.datetime) -> None:
    """Keep the person's yes to being asked for, unless one stands already."""
    relationship = call.relationship
    recipient = connect_rules.recipient_of(relationship.organisation)
    if may_share(relationship.person, rules.CALL, recipient, at) is not None:
        return
    try:
        consents.give(
            relationship.person,
            purpose=rules.CALL,
            recipient=recipient,
            parts=["asked"],
            by=by,
            at=at,
            how=How.SPOKEN,
            words=call.agreed_words,
            client_key=f"call-{call.ref}-{int(at.timestamp())}",
        )
    except consents.CannotAgree as problem:
        raise NotNow(str(problem)) from None


def _put(call: Call, words: str, kept: Sequence[tuple[str, str]]) -> None:
    """Set what is written, marked; claimed by the version, so that nobody is overwritten."""
    marks = drafting.mark_up(words, call.relationship, kept)
    _claim_draft(
        call,
        written=words,
        marks=marks,
        words="" if any(not one["do"] for one in marks) else drafting.put_together(words, marks),
    )


def _claim_draft(call: Call, **fields: Any) -> None:
    changed = Call.objects.filter(pk=call.pk, state=State.DRAFT, version=call.version).update(
        version=F("version") + 1, **fields
    )
    if not changed:
        raise NotNow(_("Your colleague changed it meanwhile. Look again before you go on."))
    call.refresh_from_db()


@transaction.atomic
def reword(
    call: Call,
    *,
    by: Person,
    at: dt.datetime,
    words: str,
    near: Area | None,
    matter: Matter | None,
    agreed_words: str,
    wave_size: int,
    wave_days: int,
) -> None:
    """Write it anew; what was let stay before stays decided. Whom it goes to is chosen again."""
    check(call.relationship, by)
    kept = drafting.kept_in(call.written, call.marks or [])
    _put(call, words, kept)
    Call.objects.filter(pk=call.pk).update(
        near=near, matter=matter, wave_size=wave_size, wave_days=wave_days
    )
    call.near, call.matter, call.wave_size, call.wave_days = near, matter, wave_size, wave_days
    call.agreed_words = agreed_words
    call.save(update_fields=["agreed_words"])
    _say_yes(call, by=by, at=at)
    CallAsk.objects.filter(call=call, sent_at=None).delete()


@transaction.atomic
def decide(
    call: Call, *, by: Person, at: dt.datetime, decisions: Sequence[tuple[str, str]]
) -> bool:
    """Decide every mark: ("take" | "say" | "keep", what to say instead), in order.

    Returns whether it is ready: what was said instead is read again, and what still tells who it
    is comes back to be decided. Raises NotNow.
    """
    check(call.relationship, by)
    marks = [dict(one) for one in call.marks or []]
    if len(decisions) != len(marks):
        raise NotNow(_("Your colleague changed it meanwhile. Look again before you go on."))
    for one, (do, instead) in zip(marks, decisions, strict=True):
        if do not in (drafting.TAKE, drafting.SAY, drafting.KEEP) or (
            do == drafting.SAY and not instead
        ):
            raise NotNow(_("Say what happens with each of them."))
        if do == drafting.KEEP and one["kind"] in drafting.NEVER_KEPT:
            raise NotNow(_("A number, an address or a birthday can’t go out."))
        one["do"], one["instead"] = do, instead if do == drafting.SAY else ""
    out = drafting.put_together(call.written, marks)
    kept = drafting.kept_in(call.written, marks)
    again = drafting.mark_up(out, call.relationship, kept)
    if any(not one["do"] for one in again):
        _claim_draft(call, written=out, marks=again, words="")
        return False
    _claim_draft(call, marks=marks, words=out)
    return True


@transaction.atomic
def choose(call: Call, *, by: Person, at: dt.datetime, fits: Sequence[Fit]) -> None:
    """Set whom it goes to, in this order; those asked already stay as they are."""
    check(call.relationship, by)
    if call.state not in (State.DRAFT, State.OUT):
        raise NotNow(_("This call is over."))
    if not call.words:
        raise NotNow(_("Decide first what may go out."))
    if not fits:
        raise NotNow(_("Tick at least one of them."))
    CallAsk.objects.filter(call=call, sent_at=None).delete()
    there = set(CallAsk.objects.filter(call=call).values_list("key", flat=True))
    start = len(there)
    apart = Apart.of(call)
    rows = [fit for fit in fits if fit.candidate.key not in there]
    if start + len(rows) > MOST_ASKED:
        raise NotNow(_("That is too many. Sixty at most hear of one call."))
    CallAsk.objects.bulk_create(
        _ask(call, fit, start + number)
        for number, fit in enumerate(rows)
        if not apart.keeps_out(fit.candidate)
    )
    if call.state == State.OUT:
        # A call that had nobody left to ask goes on tomorrow at the latest.
        Call.objects.filter(pk=call.pk, state=State.OUT, next_at=None).update(next_at=at)


def _ask(call: Call, fit: Fit, place: int) -> CallAsk:
    one = fit.candidate
    return CallAsk(
        call=call,
        kind=one.kind,
        key=one.key,
        offer=one.offer,
        organisation=one.organisation,
        team=one.team,
        person=one.person,
        name="" if one.kind in (CallAsk.Kind.PERSON, CallAsk.Kind.TEAM) else one.label[:200],
        email=one.email,
        reasons=list(fit.reasons),
        place=place,
    )


def drop(call: Call, *, by: Person, at: dt.datetime) -> None:
    """Throw a draft away; it was never sent."""
    check(call.relationship, by, open_only=False)
    Call.objects.filter(pk=call.pk, state=State.DRAFT).delete()


# --- Sending, in waves -------------------------------------------------------------------------


@transaction.atomic
def send_out(call: Call, *, by: Person, at: dt.datetime) -> int:
    """Send the first wave; return how many were asked. It goes out once. Raises NotNow."""
    check(call.relationship, by)
    if not call.words or not call.asks.exists():  # type: ignore[attr-defined]
        raise NotNow(_("Choose first whom it goes to."))
    _say_yes(call, by=by, at=at)
    # The words as first written, with what tells who it is, are kept no longer.
    changed = Call.objects.filter(
        pk=call.pk, state=State.DRAFT, version=call.version
    ).update(
        state=State.OUT, sent_at=at, next_at=at, written="", marks=None,
        version=F("version") + 1,
    )  # fmt: skip
    if not changed:
        raise NotNow(_("Your colleague changed or sent it meanwhile. Look again."))
    call.refresh_from_db()
    asked = send_wave(call, at=at)
    if not asked:
        raise NotNow(_("None of them can be asked any more. Choose again."))
    return asked


@transaction.atomic
def send_wave(call: Call, *, at: dt.datetime) -> int:
    """Ask the next ones in line; return how many. Two at once ask nobody twice."""
    claimed = Call.objects.filter(pk=call.pk, state=State.OUT, wave=call.wave).update(
        wave=F("wave") + 1, next_at=at + call.wave_days * DAY
    )
    if not claimed:
        return 0
    call.refresh_from_db()
    if not rules.is_live(call, at):
        return 0
    apart = Apart.of(call)
    asked: list[tuple[CallAsk, Candidate | None]] = []
    for ask in call.asks.filter(sent_at=None).select_related("person", "team"):  # type: ignore[attr-defined]
        if len(asked) >= call.wave_size:
            break
        one = _as_it_is(ask, call, at)
        if ask.kind != CallAsk.Kind.KNOWN and (one is None or apart.keeps_out(one)):
            ask.delete()  # it has gone, or may not hear of it any more
            continue
        CallAsk.objects.filter(pk=ask.pk, sent_at=None).update(
            sent_at=at,
            wave=call.wave,
            # The host of a gathering answers for it.
            person=one.people[0] if one is not None and one.kind == "gathering" else ask.person,
        )
        asked.append((ask, one))
    if not asked:
        Call.objects.filter(pk=call.pk).update(next_at=at)
    for ask, one in asked:
        _tell_receiver(ask, apart.hears(one) if one is not None else [], at)
    return len(asked)


def _as_it_is(ask: CallAsk, call: Call, at: dt.datetime) -> Candidate | None:
    """Return the receiver as they are now, or None where they can't be asked any more."""
    kind, _sep, pk = ask.key.partition(":")
    source = sources.get(kind)
    viewer = call.made_by or call.relationship.person
    if source is None or not pk.isdigit():
        return None
    return source.fetch([int(pk)], viewer, at).get(ask.key)


_COULD_YOU = gettext_lazy("Could you lend a hand with something small?")
_READ_IT = gettext_lazy("Somebody around here could use what you offer. Say yes, not now or no.")
_FOR_YOU_ALONE = gettext_lazy(
    "Somebody around here could use what you offer. Read it, then say yes, not now or no. No "
    "account is needed. The link is for you alone: if you know someone, tell us there, and we "
    "ask them."
)


def _tell_receiver(
    ask: CallAsk, people: Sequence[Person], at: dt.datetime, again: str = ""
) -> None:
    for person in people:
        send(
            KIND,
            person,
            # Somebody who answers for two of those asked hears of it once.
            key=f"call:{ask.call_id}:to:{again or 'sent'}",
            title=_COULD_YOU if not again else gettext_lazy("A small ask still waits for you"),
            body=_READ_IT,
            path=ask.get_absolute_url(),
            at=at,
        )
    if not people and ask.email:
        transaction.on_commit(
            partial(
                links.mail,
                ask.email,
                subject=gettext_lazy("could you lend a hand?"),
                lines=[_FOR_YOU_ALONE],
                link=links.address("call", ask.code, ask.link_number),
            )
        )


def _tell_walkers(call: Call, what: str, title: Any, at: dt.datetime, body: Any = "") -> None:
    for walk in call.relationship.walks.filter(until=None).select_related("person"):  # type: ignore[attr-defined]
        send(
            KIND,
            walk.person,
            key=f"call:{call.pk}:{what}",
            title=title,
            body=body,
            path=call.get_absolute_url(),
            at=at,
        )


def tick(at: dt.datetime) -> None:
    """Send what is due, remind once, and tell whoever walks alongside. May run twice.

    What was begun and never sent goes after two months: it may say who somebody is.
    """
    Call.objects.filter(state=State.DRAFT, made_at__lt=at - DRAFTS_FOR).delete()
    out = Call.objects.filter(state=State.OUT).select_related(
        "relationship__person", "relationship__organisation", "made_by"
    )
    for call in out.filter(next_at__lte=at).order_by("next_at", "pk")[:200]:
        _go_on(call, at)
    for ask in (
        CallAsk.objects.filter(
            call__in=out, answer="", nudged_at=None, sent_at__lte=at - NUDGE_AFTER
        )
        .filter(call__first_yes_at=None)
        .select_related("call__relationship__person", "call__relationship__organisation", "team")[
            :300
        ]
    ):
        _nudge(ask, at)
    waits = Q(asks__answer=Answer.YES, asks__introduced_at=None) & Q(
        asks__answered_at__lte=at - YES_WAITS
    )
    met = Q(asks__introduced_at__lte=at - MET_AFTER)
    for call in (
        out.filter(waits | met)
        .filter(Q(nudged_at=None) | Q(nudged_at__lte=at - AGAIN_AFTER))
        .distinct()[:200]
    ):
        _remind_walkers(call, at)


def _go_on(call: Call, at: dt.datetime) -> None:
    """The next wave, where nobody said yes; resting and stopped calls wait."""
    if not rules.has_yes(call, at) and call.relationship.person.restricted_at is None:
        # It ran out; nobody took it back, and nobody was there to see.
        if stop(call, by=None, at=at, why=Call.Why.CONSENT):
            _tell_of_no(call.relationship, call.pk, at)
        return
    if not rules.is_live(call, at) or call.relationship.state == Relationship.State.PAUSED:
        Call.objects.filter(pk=call.pk, state=State.OUT).update(next_at=at + DAY)
        return
    answered = call.asks.filter(answer__in=(Answer.YES, Answer.KNOWS)).exists()  # type: ignore[attr-defined]
    waits = call.asks.filter(sent_at=None).exists()  # type: ignore[attr-defined]
    if waits and not answered and send_wave(call, at=at):
        return
    claimed = Call.objects.filter(pk=call.pk, state=State.OUT, next_at__lte=at).update(next_at=None)
    if claimed and not answered:
        _tell_walkers(
            call,
            f"nobody:{call.wave}",
            gettext_lazy("Nobody has said yes to your call yet"),
            at,
            gettext_lazy("Ask more people, put it in other words, or close it."),
        )


def _nudge(ask: CallAsk, at: dt.datetime) -> None:
    if ask.call.relationship.state == Relationship.State.PAUSED or not rules.is_live(ask.call, at):
        return
    if not CallAsk.objects.filter(pk=ask.pk, nudged_at=None, answer="").update(nudged_at=at):
        return
    one = _as_it_is(ask, ask.call, at)
    apart = Apart.of(ask.call)
    if one is not None and not apart.keeps_out(one):
        _tell_receiver(ask, apart.hears(one), at, again="again")
    elif one is None and ask.kind == CallAsk.Kind.KNOWN:
        _tell_receiver(ask, [], at, again="again")


def nudge(ask: CallAsk, *, by: Person, at: dt.datetime) -> None:
    """Remind one receiver now, by hand; once for each, however often it is pressed."""
    check(ask.call.relationship, by)
    if ask.answer or ask.sent_at is None or not rules.is_live(ask.call, at):
        raise NotNow(_("There is nobody to remind."))
    if ask.nudged_at is not None:
        raise NotNow(_("They were reminded already. Once is enough."))
    _nudge(ask, at)


def _remind_walkers(call: Call, at: dt.datetime) -> None:
    if not rules.is_live(call, at) or call.relationship.state == Relationship.State.PAUSED:
        return
    claimed = (
        Call.objects.filter(pk=call.pk, state=State.OUT)
        .filter(Q(nudged_at=None) | Q(nudged_at__lte=at - AGAIN_AFTER))
        .update(nudged_at=at)
    )
    if not claimed:
        return
    if call.asks.filter(answer=Answer.YES, introduced_at=None).exists():  # type: ignore[attr-defined]
        title = gettext_lazy("Somebody said yes, and waits for you")
    else:
        title = gettext_lazy("What came of your call? Write it down and close it")
    _tell_walkers(call, f"remind:{int(at.timestamp())}", title, at)


# --- Answers -----------------------------------------------------------------------------------


@transaction.atomic
def answer(
    ask: CallAsk,
    *,
    at: dt.datetime,
    answer: str,
    how: str,
    by: Person | None = None,
    name: str = "",
    reach: str = "",
    words: str = "",
) -> None:
    """Keep what a receiver says; the last answer counts, until they have been introduced.

    `by` is the receiver where they are signed in, or who notes it for them (`how` "told").
    Raises NotNow, also when the call is over.
    """
    call = Call.objects.select_related("relationship__person", "relationship__organisation").get(
        pk=ask.call_id
    )
    if ask.sent_at is None or not rules.is_live(call, at):
        raise NotNow(_("Thank you, but this is over. Nothing more is needed."))
    if answer not in Answer.values:
        raise NotNow(_("Choose one of the answers."))
    told = how == CallAsk.How.TOLD
    if told:
        assert by is not None  # noqa: S101
        check(call.relationship, by)
    elif by is not None and not rules.can_see_ask(by, ask):
        raise NotNow(_("Somebody else has to answer this one."))
    # Only who answered changes it: not a colleague, and not whoever a link was passed to.
    mine = Q(answer="")
    if told:
        mine = Q()
    elif by is not None:
        mine |= Q(answered_by=by)
    changed = CallAsk.objects.filter(
        mine, pk=ask.pk, introduced_at=None, call__state=State.OUT
    ).update(
        answer=answer,
        answered_at=at,
        answered_how=how,
        answered_by=None if told else by,
        noted_by=by if told else None,
        **_sealed(name, reach, words),
    )  # fmt: skip
    if not changed:
        raise NotNow(_("This has been answered. Ring us to change it."))
    ask.refresh_from_db()
    if answer == Answer.YES:
        Call.objects.filter(pk=call.pk, first_yes_at=None).update(first_yes_at=at)
    if told:
        return
    title = {
        Answer.YES: gettext_lazy("Somebody said yes to your call"),
        Answer.KNOWS: gettext_lazy("Somebody knows someone for your call"),
    }.get(answer)  # type: ignore[call-overload]
    if title is not None:
        _tell_walkers(call, f"answer:{ask.pk}:{answer}", title, at)
    elif not call.asks.sent().filter(answer="").exists():  # type: ignore[attr-defined]
        # Everybody of the wave has answered: the next needn't wait for its day.
        Call.objects.filter(pk=call.pk, state=State.OUT, next_at__gt=at).update(next_at=at)


def _sealed(name: str, reach: str, words: str) -> dict[str, str]:
    return {"answer_name": name[:120], "answer_reach": reach[:200], "answer_words": words}


@transaction.atomic
def ask_known(call: Call, *, by: Person, at: dt.datetime, name: str, email: str = "") -> CallAsk:
    """Ask somebody a receiver suggested, now: by a link of their own, or by whoever rings them."""
    check(call.relationship, by)
    if not rules.is_live(call, at):
        raise NotNow(_("This call is over."))
    if _is_them(call, name, email):
        raise NotNow(_("That may be the person themselves. Ask somebody else."))
    ask, is_new = CallAsk.objects.get_or_create(
        call=call,
        key=f"known:{connect_rules.key_of(name + email)[:20]}",
        defaults={
            "kind": CallAsk.Kind.KNOWN,
            "name": name,
            "email": email,
            "place": call.asks.count(),  # type: ignore[attr-defined]
            "wave": call.wave,
            "sent_at": at,
        },
    )
    if is_new:
        _tell_receiver(ask, [], at)
    return ask


def _is_them(call: Call, name: str, email: str) -> bool:
    """Whether somebody suggested is the person, or somebody blocked, by e-mail or whole name."""
    from doorstep.people.rules import blocked_ids

    person = call.relationship.person
    near = Person.objects.filter(pk__in={person.pk, *blocked_ids(person)}).select_related("account")
    for one in near:
        account = getattr(one, "account", None)
        mails = {one.email, account.email if account else ""} - {"", None}
        if email and email.casefold() in {str(mail).casefold() for mail in mails}:
            return True
        if name and name.casefold() in {one.known_as.casefold(), one.full_name.casefold()}:
            return True
    return False


# --- Introducing -------------------------------------------------------------------------------


@transaction.atomic
def introduce(
    ask: CallAsk,
    *,
    by: Person,
    at: dt.datetime,
    agreed_words: str,
    name: str,
    reach: str,
) -> None:
    """Bring the two together: each may know the other's name and how to reach them, from now.

    `name` and `reach` are what the person lets them know. Their yes is for this receiver alone;
    taking it back shuts it again. Raises NotNow.
    """
    check(ask.call.relationship, by)
    if ask.answer != Answer.YES:
        raise NotNow(_("They have to say yes first."))
    if not rules.is_live(ask.call, at):
        raise NotNow(_("This call is over."))
    person = ask.call.relationship.person
    if ask.organisation is not None and connect_rules.belongs_to(person, ask.organisation):
        raise NotNow(_("They work or help there themselves. Ask somebody else."))
    try:
        consents.give(
            person,
            purpose=rules.MEET,
            recipient=rules.receiver_of(ask),
            parts=["name", "phone"],
            by=by,
            at=at,
            how=How.SPOKEN,
            words=agreed_words,
            client_key=f"meet-{ask.code}",
        )
    except consents.CannotAgree as problem:
        raise NotNow(str(problem)) from None
    changed = CallAsk.objects.filter(pk=ask.pk, introduced_at=None, answer=Answer.YES).update(
        introduced_at=at,
        introduced_by=by,
        meet_name=name,
        meet_reach=reach,
        # Whoever else holds the old link opens nothing with it any more.
        link_number=F("link_number") + 1,
    )
    if not changed:
        return
    ask.refresh_from_db()
    title = gettext_lazy("They would like to meet you")
    if ask.answered_by is not None:
        send(
            KIND,
            ask.answered_by,
            key=f"call-ask:{ask.pk}:meet",
            title=title,
            body=gettext_lazy("Read how to get in touch. Please do it within a few days."),
            path=ask.get_absolute_url(),
            at=at,
        )
        return
    mail_to = ask.answer_reach if "@" in ask.answer_reach else ask.email
    if mail_to:
        transaction.on_commit(
            partial(
                links.mail,
                mail_to,
                subject=gettext_lazy("they would like to meet you"),
                lines=[
                    gettext_lazy(
                        "Open the link to read how to get in touch. It asks for the number or "
                        "e-mail you gave us, so that nobody else can."
                    )
                ],
                link=links.address("call", ask.code, ask.link_number),
            )
        )


# --- Ending ------------------------------------------------------------------------------------

_OVER = gettext_lazy("A call you were asked about is over")
_NOTHING_MORE = gettext_lazy("Thank you for being there. Nothing more is needed.")


@transaction.atomic
def close(call: Call, *, by: Person, at: dt.datetime, what: str, words: str = "") -> None:
    """Say what happened and close it. Those who said yes or knew someone are thanked."""
    check(call.relationship, by, open_only=False)
    if what not in Call.Ended.values:
        raise NotNow(_("Say what happened."))
    changed = Call.objects.filter(pk=call.pk, state=State.OUT).update(
        state=State.CLOSED, ended_at=at, ended_for=what, next_at=None
    )
    if not changed:
        raise NotNow(_("It is over already."))
    call.refresh_from_db()
    call.ended_words = words
    call.save(update_fields=["ended_words"])
    _thank(call, at, (Answer.YES, Answer.KNOWS, Answer.NOT_NOW))
    CallAsk.objects.filter(call=call, sent_at=None).delete()


@transaction.atomic
def stop(call: Call, *, by: Person | None, at: dt.datetime, why: str) -> bool:
    """Stop it at once: links are dead, and receivers hear no more than that it is over.

    After a death only those who had said yes are told, in the same words. Returns whether it was
    out. `by` is checked where somebody walks alongside; the person themselves may always.
    """
    if by is not None and by.pk != call.relationship.person_id:
        check(call.relationship, by, open_only=False)
    changed = Call.objects.filter(pk=call.pk, state=State.OUT).update(
        state=State.STOPPED, ended_at=at, stopped_for=why, next_at=None
    )
    if not changed:
        return False
    call.refresh_from_db()
    quietly = why == Call.Why.DIED
    _thank(
        call,
        at,
        (Answer.YES, Answer.KNOWS) if quietly else (Answer.YES, Answer.KNOWS, Answer.NOT_NOW, ""),
    )
    CallAsk.objects.filter(call=call, sent_at=None).delete()
    return True


def _thank(call: Call, at: dt.datetime, answers: Sequence[str]) -> None:
    """Tell those with these answers that it is over, and nothing else."""
    about = call.relationship.person
    apart = Apart.of(call)
    for ask in (
        call.asks.sent()  # type: ignore[attr-defined]
        .filter(answer__in=answers)
        .select_related("answered_by", "person", "team", "organisation")
    ):
        people = [ask.answered_by] if ask.answered_by else []
        if not people and not ask.answer:
            one = _as_it_is(ask, call, at)
            people = apart.hears(one) if one is not None else []
        for person in people:
            if person.pk != about.pk:
                send(
                    KIND,
                    person,
                    key=f"call-ask:{ask.pk}:over",
                    title=_OVER,
                    body=_NOTHING_MORE,
                    path=ask.get_absolute_url(),
                    at=at,
                )
        if not people and ask.answer in (Answer.YES, Answer.KNOWS):
            mail_to = ask.answer_reach if "@" in ask.answer_reach else ask.email
            if mail_to:
                transaction.on_commit(
                    partial(
                        links.mail,
                        mail_to,
                        subject=gettext_lazy("a call is over"),
                        lines=[_NOTHING_MORE],
                        link=links.address("call", ask.code, ask.link_number),
                    )
                )


def stop_all(
    person: Person, *, at: dt.datetime, why: str, relationship: Relationship | None = None
) -> int:
    """Stop every call for somebody (of one relationship); return how many. Drafts go as well."""
    rows = Call.objects.filter(relationship__person=person).select_related(
        "relationship__person", "relationship__organisation"
    )
    if relationship is not None and why != Call.Why.DIED:
        rows = rows.filter(relationship=relationship)
    if why != Call.Why.CONSENT:
        rows.filter(state=State.DRAFT).delete()
    return sum(stop(call, by=None, at=at, why=why) for call in rows.filter(state=State.OUT))


def on_withdrawal(consent: Any, at: dt.datetime) -> None:
    """A yes was taken back: the call stops. Taking back an introduction shuts that one alone."""
    if consent.purpose not in (rules.CALL, connect_rules.WALK):
        return
    for relationship in Relationship.objects.filter(person=consent.person).select_related(
        "organisation", "person"
    ):
        if connect_rules.recipient_of(relationship.organisation).key == consent.recipient_key:
            stopped = stop_all(
                relationship.person, at=at, why=Call.Why.CONSENT, relationship=relationship
            )
            if stopped and consent.purpose == rules.CALL:
                _tell_of_no(relationship, consent.pk, at)


def _tell_of_no(relationship: Relationship, pk: int, at: dt.datetime) -> None:
    for walk in relationship.walks.filter(until=None).select_related("person"):  # type: ignore[attr-defined]
        send(
            KIND,
            walk.person,
            key=f"calls:{relationship.pk}:no:{pk}",
            title=gettext_lazy("A call has stopped: their yes no longer stands"),
            body=gettext_lazy("Every link is dead. Please ask them before anything else."),
            path=relationship.get_absolute_url(),
            at=at,
        )
