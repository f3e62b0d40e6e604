"""A task from offer to done: offered → accepted → on the way → done or not done.

Each verb claims its row by a conditional update, so that of two people at the same moment one is
first and the other is told; each update kept on a phone carries a `key` and counts once. A
verb that comes too late raises `NotNow` with a sentence that says how it stands.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.registry import Registry
from doorstep.base.time import local
from doorstep.notices.actions import send, send_to_all
from doorstep.people.models import Person, RoleHolding
from doorstep.people.readings.actions import log_read
from doorstep.people.rules import blocked_ids
from doorstep.support.models import (
    Assignment,
    Feedback,
    How,
    Offer,
    Request,
    RequestStep,
    Standby,
    Step,
    Task,
    ThankYou,
    Volunteer,
)
from doorstep.support.requests import working
from doorstep.support.tasks import rules
from doorstep.support.volunteers import lawful

KIND_OFFER = "task-offer"
KIND_NEWS = "task-news"
KIND_DESK = "task-desk"
# An offer waits this long for an answer, and no longer than until the task begins.
PATIENCE = dt.timedelta(hours=24)
SHORT_PATIENCE = dt.timedelta(hours=2)
# So many are asked one after the other before it comes back to the desk.
MOST_WAVES = 5
_A, _O, _T = Assignment.State, Offer.State, Task.State


class NotNow(Exception):
    """It stands otherwise by now; the message says how, for whoever asked."""


class NotFit(NotNow):
    """This volunteer can't have this task; the message says why."""


class PapersRanOut(NotNow):
    """A check ran out between the offer and the yes."""


class NotTheirs(PermissionError):
    """This is not theirs to do."""


# --- Offering ------------------------------------------------------------


def unfit(volunteer: Volunteer, task: Task, at: dt.datetime) -> str:
    """Return why this volunteer can't have this task at all, "" when they can."""
    person = volunteer.person
    if volunteer.state != Volunteer.State.HERE:
        return _("%(name)s isn't helping just now.") % {"name": person.known_as}
    if person.state != Person.State.ACTIVE or person.restricted_at is not None:
        return _("Their record isn't in use just now.")
    if person.pk in (task.request.person_id, task.request.asked_by_id):
        return _("It is for %(name)s themselves.") % {"name": person.known_as}
    if {task.request.person_id, task.request.asked_by_id} & blocked_ids(person):
        return _("The two of them don't fit together.")
    lacking = lawful.lacks(volunteer, task, _last_day(task, at))
    if lacking:
        return _("%(name)s can't have this task yet: %(what)s.") % {
            "name": person.known_as,
            "what": lawful.in_words(lacking, desk=True),
        }
    return ""


def _last_day(task: Task, at: dt.datetime) -> dt.date:
    """The day on which papers must still count: that of the task, or today."""
    return local(max(at, task.ends_at or at)).date()


def answer_by(task: Task, at: dt.datetime) -> dt.datetime:
    """Return until when an offer of this task waits."""
    patience = SHORT_PATIENCE if task.request.priority == Request.Priority.TODAY else PATIENCE
    until = at + patience
    if task.starts_at is not None:
        until = min(until, task.starts_at - dt.timedelta(minutes=30))
    return max(until, at + dt.timedelta(minutes=30))


@transaction.atomic
def offer(
    task: Task, volunteer: Volunteer, *, by: Person | None, at: dt.datetime,
    reasons: Sequence[dict[str, Any]] = (), metres: int | None = None, moves_on: bool = True,
    wave: int = 1, how: str = How.WEB, tell: bool = True,
) -> Offer:  # fmt: skip
    """Put a task to one volunteer. `by` None is the clock, moving on.

    Without `tell` they get no notice: somebody asks them in another way.

    Raises NotFit where they can't have it, NotNow where it is offered or taken already, NotTheirs.
    """
    if by is not None and not rules.can_offer(by, task):
        raise NotTheirs
    if task.request.is_drill:
        raise NotNow(_("This is a drill: nobody is asked."))
    why = unfit(volunteer, task, at)
    if why:
        raise NotFit(why)
    if not Task.objects.filter(pk=task.pk, state=_T.OPEN).update(state=_T.OFFERED, since=at):
        raise NotNow(_how_it_stands(task))
    task.state, task.since = _T.OFFERED, at
    row = Offer.objects.create(
        task=task, volunteer=volunteer, offered_at=at, expires_at=answer_by(task, at), by=by,
        reasons=list(reasons), metres=metres, moves_on=moves_on, wave=wave, how=how,
    )  # fmt: skip
    working.step(task.request, RequestStep.Kind.OFFERED, by=by, at=at, task=task)
    if tell:
        send(
            KIND_OFFER, volunteer.person, key=f"offer:{row.pk}",
            title=gettext_lazy("A neighbour could do with a hand. Can you?"),
            body=gettext_lazy("Have a look, and say yes or no. No is fine: we ask somebody else."),
            path=row.get_absolute_url(), at=at,
        )  # fmt: skip
    return row


def _how_it_stands(task: Task) -> str:
    state = Task.objects.filter(pk=task.pk).values_list("state", flat=True).first()
    said: dict[str, str] = {
        _T.OFFERED: _("Somebody else has been asked already."),
        _T.ACCEPTED: _("Somebody else has taken it. Thank you for wanting to."),
        _T.ON_THE_WAY: _("Somebody else is on their way."),
        _T.DONE: _("It is done already."),
        _T.NOT_DONE: _("It has ended."),
        _T.CANCELLED: _("It was called off: they don't need it any more."),
    }
    return said.get(state or "", _("It stands differently now. Look again."))


def accept(offer: Offer, *, by: Person, at: dt.datetime, how: str = How.WEB) -> Assignment:
    """Say yes: the task is theirs. Twice is the same as once.

    Raises NotNow when it went to somebody else or its time is over, PapersRanOut when a check ran
    out in between (then the offer is taken back, and the desk hears).
    """
    _may_answer(offer, by)
    task, volunteer = offer.task, offer.volunteer
    lacking = lawful.lacks(volunteer, task, _last_day(task, at))
    if lacking and _end_offer(offer, _O.WITHDRAWN, at=at):
        # Kept: the refusal must not undo that the task is free again.
        _desk(
            task, f"papers:{offer.pk}",
            gettext_lazy("A task is free again: a check ran out"), at=at,
        )  # fmt: skip
    if lacking:
        raise PapersRanOut(
            _(
                "You can't have this one just now. It needs %(what)s, and yours doesn't count "
                "any more. We have told the hub."
            )
            % {"what": lawful.in_words(lacking)}
        )
    return _take(offer, by=by, at=at, how=how)


@transaction.atomic
def _take(offer: Offer, *, by: Person, at: dt.datetime, how: str) -> Assignment:
    task, volunteer = offer.task, offer.volunteer
    made = Assignment.objects.filter(offer=offer).first()
    if made is not None:
        return made
    if volunteer.state == Volunteer.State.LEFT:
        raise NotNow(_("You said that you have stopped. Tell us if you want to help again."))
    claimed = Offer.objects.filter(pk=offer.pk, state=_O.OPEN, expires_at__gt=at).update(
        state=_O.ACCEPTED, answered_at=at
    )
    if not claimed:
        offer.refresh_from_db()
        if offer.state == _O.OPEN or offer.state == _O.EXPIRED:
            raise NotNow(
                _("The time to answer is over, so we asked somebody else. Thank you all the same.")
            )
        raise NotNow(_how_it_stands(task))
    if not Task.objects.filter(pk=task.pk, state=_T.OFFERED).update(
        state=_T.ACCEPTED, since=at, taken_at=at
    ):
        raise NotNow(_how_it_stands(task))
    offer.state, offer.answered_at = _O.ACCEPTED, at
    task.state, task.since, task.taken_at = _T.ACCEPTED, at, at
    assignment = Assignment.objects.create(
        task=task, volunteer=volunteer, offer=offer, accepted_at=at, how=how
    )
    Volunteer.objects.filter(pk=volunteer.pk).update(last_task_at=at)
    Standby.objects.filter(volunteer=volunteer, ended_at=None).update(ended_at=at)
    _step(assignment, Step.Kind.ACCEPTED, by=by, at=at, how=how)
    working.step(task.request, RequestStep.Kind.TAKEN_ON, by=by, at=at, task=task)
    working.tell_news(task.request, key=f"taken:{assignment.pk}", by=by, at=at)
    return assignment


def _may_answer(offer: Offer, by: Person) -> None:
    if offer.volunteer.person_id != by.pk and not rules.can_offer(by, offer.task):
        raise NotTheirs


@transaction.atomic
def decline(offer: Offer, *, by: Person, at: dt.datetime, why: str = "") -> None:
    """Say no, without having to say why. The task moves on, or waits for the desk."""
    _may_answer(offer, by)
    if not _end_offer(offer, _O.DECLINED, at=at, why=why):
        return
    _move_on(offer, at=at)


@transaction.atomic
def withdraw(offer: Offer, *, by: Person, at: dt.datetime) -> None:
    """Take an offer back before it is answered."""
    if not rules.can_offer(by, offer.task):
        raise NotTheirs
    if not _end_offer(offer, _O.WITHDRAWN, at=at):
        raise NotNow(_("They have answered already. Look again."))
    send(
        KIND_NEWS, offer.volunteer.person, key=f"withdrawn:{offer.pk}",
        title=gettext_lazy("We don't need you for that one after all. Thank you."),
        path=reverse("support:volunteering"), at=at,
    )  # fmt: skip


@transaction.atomic
def _end_offer(offer: Offer, state: str, *, at: dt.datetime, why: str = "") -> bool:
    """End an open offer; the task is free again. False when it was answered already."""
    if not Offer.objects.filter(pk=offer.pk, state=_O.OPEN).update(
        state=state, answered_at=at, why=why
    ):
        return False
    offer.state, offer.answered_at, offer.why = state, at, why
    if Task.objects.filter(pk=offer.task_id, state=_T.OFFERED).update(state=_T.OPEN, since=at):
        offer.task.state = _T.OPEN
    return True


def _move_on(row: Offer, *, at: dt.datetime) -> None:
    """Ask the next one on the list; after a few, or when there is none, tell the desk."""
    from doorstep.support.matching.ranking import next_for

    task = Task.objects.select_related("request__person", "locality").get(pk=row.task_id)
    if task.state != _T.OPEN:
        return
    if row.moves_on and row.wave < MOST_WAVES and not task.request.is_drill:
        best = next_for(task, asked_by=row.by, at=at)
        if best is not None:
            offer(
                task, best.volunteer, by=None, at=at, reasons=best.reasons, metres=best.metres,
                moves_on=True, wave=row.wave + 1,
            )  # fmt: skip
            return
    _desk(task, f"nobody:{row.pk}", gettext_lazy("A task needs somebody: nobody said yes"), at=at)


def expire(at: dt.datetime) -> int:
    """The worker's turn: offers nobody answered move on; return how many. Safe to repeat."""
    count = 0
    late = Offer.objects.waiting().filter(expires_at__lte=at).order_by("expires_at")[:500]
    for row in late.select_related("task__request__person", "volunteer__person", "by"):
        with transaction.atomic():
            if _end_offer(row, _O.EXPIRED, at=at):
                _move_on(row, at=at)
                count += 1
    return count


@transaction.atomic
def give(
    task: Task, volunteer: Volunteer, *, by: Person, at: dt.datetime, how: str = How.PHONE,
    reasons: Sequence[dict[str, Any]] = (), metres: int | None = None, tell: bool = True,
) -> Assignment:  # fmt: skip
    """Write down that a volunteer said yes by phone or in person: offered and accepted in one."""
    row = offer(
        task,
        volunteer,
        by=by,
        at=at,
        reasons=reasons,
        metres=metres,
        moves_on=False,
        how=how,
        tell=tell,
    )
    return _take(row, by=by, at=at, how=how)


# --- On the way ------------------------------------------------------------


def _step(
    assignment: Assignment, kind: str, *, by: Person | None, at: dt.datetime, how: str = How.WEB,
    words: str = "", key: str | None = None,
) -> Step:  # fmt: skip
    return Step.objects.create(
        assignment=assignment, kind=kind, at=at, by=by, how=how, words=words, client_key=key
    )


def _came_before(assignment: Assignment, key: str | None) -> bool:
    """Whether this very update was written already."""
    return bool(key) and Step.objects.filter(assignment=assignment, client_key=key).exists()


def _may_work(assignment: Assignment, by: Person) -> None:
    if not rules.can_see(by, assignment):
        raise NotTheirs


def _claim(
    assignment: Assignment, to: str, task_state: str | None, *, at: dt.datetime, among: Iterable[str] = Assignment.LIVE,  # noqa: E501
    **fields: Any,
) -> None:  # fmt: skip
    """Bring assignment and task into a new state together, or raise NotNow.

    A task that was called off meanwhile ends the assignment too, whatever was pressed.
    """
    if to not in Assignment.LIVE:
        fields["ended_at"] = at
    rows = Assignment.objects.filter(pk=assignment.pk, state__in=list(among))
    if not rows.update(state=to, **fields):
        assignment.refresh_from_db()
        raise NotNow(_ended_words(assignment))
    for name, value in {"state": to, **fields}.items():
        setattr(assignment, name, value)
    if task_state is None:
        return
    changes: dict[str, Any] = {"state": task_state, "since": at}
    if task_state in Task.ENDED:
        changes["ended_at"] = at
    if task_state == _T.OPEN:
        changes["taken_at"] = None
    live = (_T.ACCEPTED, _T.ON_THE_WAY)
    if not Task.objects.filter(pk=assignment.task_id, state__in=live).update(**changes):
        raise NotNow(_how_it_stands(assignment.task))
    for name, value in changes.items():
        setattr(assignment.task, name, value)


def _ended_words(assignment: Assignment) -> str:
    return {
        _A.ON_THE_WAY: _("You said already that you're on your way."),
        _A.DONE: _("It is done already."),
        _A.NOT_DONE: _("It has ended already."),
        _A.HANDED_BACK: _("You have given it back."),
        _A.TAKEN_BACK: _("The hub has taken this task back. Please ring them."),
        _A.CANCELLED: _("It was called off: they don't need it any more. Please don't go."),
    }.get(_A(assignment.state), _("It stands differently now. Look again."))


@transaction.atomic
def set_out(
    assignment: Assignment, *, by: Person, at: dt.datetime, how: str = How.WEB,
    key: str | None = None,
) -> None:  # fmt: skip
    """On the way. Raises NotNow when it is not theirs any more, PapersRanOut."""
    _may_work(assignment, by)
    if _came_before(assignment, key) or assignment.state == _A.ON_THE_WAY:
        return
    if lawful.lacks(assignment.volunteer, assignment.task, local(at).date()):
        raise PapersRanOut(_("A check of yours has run out. Please don't go: ring the hub."))
    _claim(assignment, _A.ON_THE_WAY, _T.ON_THE_WAY, at=at, among=[_A.ACCEPTED], set_out_at=at)
    _step(assignment, Step.Kind.ON_THE_WAY, by=by, at=at, how=how, key=key)
    working.tell_news(assignment.task.request, key=f"coming:{assignment.pk}", by=by, at=at)


@transaction.atomic
def note(
    assignment: Assignment, *, by: Person, at: dt.datetime, words: str, how: str = How.WEB,
    key: str | None = None,
) -> None:  # fmt: skip
    """Write something down about the task."""
    _may_work(assignment, by)
    if words and not _came_before(assignment, key):
        _step(assignment, Step.Kind.NOTE, by=by, at=at, how=how, words=words, key=key)


@transaction.atomic
def finish(
    assignment: Assignment, *, by: Person, at: dt.datetime, minutes: int | None = None,
    words: str = "", how: str = How.WEB, key: str | None = None,
) -> None:  # fmt: skip
    """All done."""
    _may_work(assignment, by)
    if _came_before(assignment, key) or assignment.state == _A.DONE:
        return
    _claim(assignment, _A.DONE, _T.DONE, at=at, minutes=minutes)
    _step(assignment, Step.Kind.DONE, by=by, at=at, how=how, words=words, key=key)
    working.task_ended(assignment.task, by=by, at=at)
    request = assignment.task.request
    if not request.is_drill:
        # Who has no account is rung, and asked the same.
        send(
            working.KIND_ANSWER, request.person, key=f"how:{assignment.pk}",
            title=gettext_lazy("How did it go, and is there anything else?"),
            path=f"{assignment.get_absolute_url()}feedback/", at=at,
        )  # fmt: skip


@transaction.atomic
def not_done(
    assignment: Assignment, *, by: Person, at: dt.datetime, why: str, words: str = "",
    minutes: int | None = None, how: str = How.WEB, key: str | None = None,
) -> None:  # fmt: skip
    """It couldn't be done, and why: the desk hears at once."""
    _may_work(assignment, by)
    if _came_before(assignment, key) or assignment.state == _A.NOT_DONE:
        return
    if not why:
        raise NotNow(_("Say why it couldn't be done."))
    _claim(assignment, _A.NOT_DONE, _T.NOT_DONE, at=at, why=why, minutes=minutes)
    _step(assignment, Step.Kind.NOT_DONE, by=by, at=at, how=how, words=words, key=key)
    working.task_ended(assignment.task, by=by, at=at, words=str(Assignment.Why(why).label))
    for tell in on_not_done:
        tell(assignment, by=by, at=at)
    _desk(
        assignment.task, f"not-done:{assignment.pk}",
        gettext_lazy("A task could not be done"), at=at, but=by,
    )  # fmt: skip


# What others do when nobody answered the door: `fn(assignment, by=…, at=…)`.
on_not_done: Registry[Callable[..., None]] = Registry("what happens when a task was not done")


@transaction.atomic
def hand_back(
    assignment: Assignment, *, by: Person, at: dt.datetime, why: str = "", words: str = "",
    how: str = How.WEB, key: str | None = None,
) -> None:  # fmt: skip
    """“I can't do this after all”: the task is free again, and the desk hears at once."""
    _may_work(assignment, by)
    if _came_before(assignment, key) or assignment.state == _A.HANDED_BACK:
        return
    _claim(assignment, _A.HANDED_BACK, _T.OPEN, at=at, why=why)
    _step(assignment, Step.Kind.HANDED_BACK, by=by, at=at, how=how, words=words, key=key)
    _desk(
        assignment.task, f"back:{assignment.pk}",
        gettext_lazy("A task is free again: a volunteer can't do it"), at=at, but=by,
    )  # fmt: skip


@transaction.atomic
def take_back(
    assignment: Assignment, *, by: Person | None, at: dt.datetime, why: str = "", words: str = ""
) -> None:
    """The hub takes a task back, and they are told. `by` None is the clock: a check ran out."""
    if by is not None and not rules.is_desks(by, assignment):
        raise NotTheirs
    _claim(assignment, _A.TAKEN_BACK, _T.OPEN, at=at, why=why)
    _step(assignment, Step.Kind.TAKEN_BACK, by=by, at=at, words=words)
    send(
        KIND_NEWS, assignment.volunteer.person, key=f"taken-back:{assignment.pk}",
        title=gettext_lazy("Please don't go: the hub has taken a task back"),
        body=gettext_lazy("Ring the hub if you have set out or hold money for it."),
        path=reverse("support:volunteering"), at=at,
    )  # fmt: skip
    if by is None:
        _desk(
            assignment.task, f"free:{assignment.pk}",
            gettext_lazy("A task is free again: a check ran out"), at=at,
        )  # fmt: skip


def called_off(task: Task, *, by: Person | None, at: dt.datetime) -> None:
    """The task was called off: whoever was asked or has it is told, also on the way."""
    for row in Offer.objects.waiting().filter(task=task).select_related("volunteer__person"):
        if Offer.objects.filter(pk=row.pk, state=_O.OPEN).update(
            state=_O.WITHDRAWN, answered_at=at
        ):
            _tell_off(row.volunteer.person, f"off-offer:{row.pk}", at=at)
    live = Assignment.objects.live().filter(task=task).select_related("volunteer__person")
    for assignment in live:
        if Assignment.objects.filter(pk=assignment.pk, state__in=Assignment.LIVE).update(
            state=_A.CANCELLED, ended_at=at
        ):
            _step(assignment, Step.Kind.CANCELLED, by=by, at=at)
            _tell_off(assignment.volunteer.person, f"off:{assignment.pk}", at=at)


def _tell_off(person: Person, key: str, *, at: dt.datetime) -> None:
    send(
        KIND_NEWS, person, key=key,
        title=gettext_lazy("Please don't go: a task was called off"),
        body=gettext_lazy("They don't need it any more. Thank you for being there."),
        path=reverse("support:volunteering"), at=at,
    )  # fmt: skip


# --- Seeing where it is ------------------------------------------------------------


def open_address(assignment: Assignment, *, by: Person, at: dt.datetime) -> dict[str, str]:
    """Return where it is and whom to ring, and write down that they looked.

    Raises NotTheirs the moment the task is not theirs any more.
    """
    if not rules.sees_address(by, assignment, at):
        raise NotTheirs
    request = assignment.task.request
    log_read(
        by=by, about=request.person, what="address", reason="task", thing=assignment.ref, at=at,
        role="volunteer",
    )  # fmt: skip
    return {
        "name": request.person.known_as,
        "address": request.address,
        "postcode": request.postcode,
        "phone": request.phone or request.person.phone,
        "door_note": assignment.task.door_note,
    }


# --- Afterwards ------------------------------------------------------------


@transaction.atomic
def give_feedback(
    assignment: Assignment, *, side: str, mood: int, by: Person, at: dt.datetime, words: str = "",
    more: str = "", more_words: str = "", said_yes: bool | None = None, how: str = How.WEB,
    key: str | None = None,
) -> Feedback:  # fmt: skip
    """Say how it went and whether there is anything else; each side once.

    What the person themselves asks for, or said yes to, goes on: a friendly call becomes a task;
    a wish for company waits until they said to whom (`onward`). What a volunteer only thinks
    waits for somebody of the hub to ask the person.
    """
    _may_say(assignment, side, by)
    if assignment.state not in (_A.DONE, _A.NOT_DONE):
        raise NotNow(_("Tell us when it has ended."))
    try:
        with transaction.atomic():
            row = Feedback.objects.create(
                assignment=assignment, side=side, mood=mood, words=words, more=more,
                more_words=more_words, said_yes=True if side == Feedback.Side.PERSON else said_yes,
                given_at=at, how=how, recorded_by=by, client_key=key,
            )  # fmt: skip
    except IntegrityError:
        return Feedback.objects.get(assignment=assignment, side=side)
    if row.more and row.said_yes:
        follow_up(row, by=by, at=at)
    elif row.more:
        _desk(
            assignment.task, f"more:{row.pk}",
            gettext_lazy("A volunteer thinks somebody could do with more"), at=at, but=by,
        )  # fmt: skip
    if side == Feedback.Side.PERSON and words and mood >= 4:
        thank(
            assignment.volunteer, words=words, by=assignment.task.request.person,
            task=assignment.task, at=at, key=f"feedback-{row.pk}",
        )  # fmt: skip
    return row


def _may_say(assignment: Assignment, side: str, by: Person) -> None:
    """A side speaks for itself; the desk writes down what either of them told."""
    if rules.is_desks(by, assignment):
        return
    request = assignment.task.request
    if side == Feedback.Side.VOLUNTEER and rules.is_mine(by, assignment):
        return
    if side == Feedback.Side.PERSON and by.pk in (request.person_id, request.asked_by_id):
        return
    raise NotTheirs


@transaction.atomic
def follow_up(row: Feedback, *, by: Person, at: dt.datetime, said_yes: bool = True) -> None:
    """“Anything else?” goes on, after the person's own yes; or ends with their no."""
    if not row.more or row.became_id or row.passed_on_at:
        return
    if not said_yes:
        Feedback.objects.filter(pk=row.pk).update(said_yes=False, passed_on_at=at)
        return
    request = Request.objects.get(pk=row.assignment.task.request_id)
    if row.more == Feedback.Else.REFERRAL:
        # A yes to company is no yes to one organisation: that is asked for by name (`onward`).
        # Until then it stays on the desk's list.
        Feedback.objects.filter(pk=row.pk).update(said_yes=True)
        working.step(
            request, RequestStep.Kind.NOTE, by=by, at=at,
            words=_("They would like somebody to talk to. %(words)s") % {"words": row.more_words},
        )  # fmt: skip
        return
    if not request.is_open and request.state != Request.State.MERGED:
        working.reopen(request, by=by, at=at, words=_("They would like something else."))
    kind = "call" if row.more == Feedback.Else.CALL else "other"
    task = working.add_task(
        request, by=by, at=at, kind=kind, what=row.more_words, minutes=30,
        client_key=f"more-{row.pk}",
        language=request.language if request.language != "en-gb" else "",
    )  # fmt: skip
    row.became, row.said_yes = task, True
    Feedback.objects.filter(pk=row.pk).update(became=task, said_yes=True)


@transaction.atomic
def passed_on(row: Feedback, *, by: Person, at: dt.datetime) -> None:
    """The hub has passed it on by hand."""
    if not rules.is_desks(by, row.assignment):
        raise NotTheirs
    Feedback.objects.filter(pk=row.pk, passed_on_at=None).update(passed_on_at=at)


def thank(
    volunteer: Volunteer, *, words: str, by: Person | None, at: dt.datetime,
    task: Task | None = None, key: str | None = None,
) -> ThankYou:  # fmt: skip
    """Hand somebody's thanks on."""
    row, made = ThankYou.objects.get_or_create(
        client_key=key or f"{volunteer.pk}-{at.timestamp()}",
        defaults={"volunteer": volunteer, "task": task, "by": by, "words": words, "at": at},
    )
    if made:
        send(
            KIND_NEWS, volunteer.person, key=f"thanks:{row.pk}",
            title=gettext_lazy("Somebody thanks you for your help"),
            path=reverse("support:volunteering"), at=at,
        )  # fmt: skip
    return row


# --- Telling the desk ------------------------------------------------------------


def _desk(task: Task, key: str, title: Any, *, at: dt.datetime, but: Person | None = None) -> None:
    """Tell the organisers where the task lies, or the officers where there are none."""
    request = task.request
    if request.is_drill:
        return
    people: list[Person] = []
    if task.locality is not None:
        people = working.workers(RoleHolding.Role.ORGANISER, within=task.locality, but=request)
    people = people or working.workers(RoleHolding.Role.OFFICER, within=task.locality, but=request)
    send_to_all(
        KIND_DESK,
        [one for one in people if but is None or one.pk != but.pk],
        key=f"task:{key}",
        title=title,
        path=reverse("support:task", args=[task.ref]),
        at=at,
    )


def waiting_for_more(viewer: Person) -> Any:
    """Return the feedback that asks for something nobody has followed up, in the viewer's patch."""
    from doorstep.support.models import Feedback as Row

    return (
        Row.objects.exclude(more="")
        .filter(became=None, passed_on_at=None)
        .filter(assignment__in=Assignment.objects.visible_to(viewer))
        .exclude(Q(assignment__volunteer__person=viewer))
        .select_related("assignment__task__request__person", "assignment__volunteer__person")
        .order_by("given_at")
    )
