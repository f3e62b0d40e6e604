"""A round once it was sent: yes or no, out and about, done or not done, over.

A mark can be changed for some minutes; then it is handed on to the task's own verbs
(`tasks.actions`), which tell whoever asked, write the history and set the next thing going.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.time import local
from doorstep.notices.actions import send
from doorstep.people.models import Person
from doorstep.people.readings.actions import log_reads
from doorstep.support.models import Assignment, Round, RoundPlan, Stop, Task
from doorstep.support.models.volunteers import How
from doorstep.support.rounds import rules
from doorstep.support.rounds.actions import KIND_PLAN
from doorstep.support.tasks import actions as tasks

# A mark can be put right for this long.
STANDS = dt.timedelta(minutes=5)
# A round nobody closed is over this long after its day.
OLD = dt.timedelta(days=2)
MARKS = {
    "done": (Stop.State.DONE, ""),
    "no_answer": (Stop.State.NOT_DONE, Stop.Why.NO_ANSWER),
    "not_needed": (Stop.State.NOT_DONE, Stop.Why.NOT_NEEDED),
    "other": (Stop.State.NOT_DONE, Stop.Why.OTHER),
    "": (Stop.State.TO_DO, ""),
}
_R = Round.State


class TooLate(Exception):
    """It stands otherwise by now; a sentence says how."""


@dataclass(frozen=True)
class Mark:
    """How a stop went, by key of MARKS."""

    stop_id: int
    mark: str


def mark_of(stop: Stop) -> str:
    """Return the key of MARKS that a stop wears."""
    if stop.state == Stop.State.DONE:
        return "done"
    return stop.why if stop.state == Stop.State.NOT_DONE else ""


# --- Yes or no ----------------------------------------------------------------------------------


def _may_answer(one: Round, by: Person) -> None:
    mine = one.volunteer.person_id == by.pk
    if not mine and not rules.can_see_plan(by, one.plan):
        raise TooLate(_("That isn't yours to answer."))


@transaction.atomic
def accept(one: Round, *, by: Person, at: dt.datetime, how: str = How.WEB) -> list[str]:
    """Say yes, oneself or to an organiser on the phone; return names of stops that fell away.

    Every task becomes the volunteer's; one that was called off or taken meanwhile comes off.
    Raises TooLate.
    """
    _may_answer(one, by)
    if one.state == _R.TAKEN:
        return []
    if not Round.objects.filter(pk=one.pk, state=_R.SENT).update(state=_R.TAKEN, answered_at=at):
        raise TooLate(_("This round isn't waiting for an answer any more. Ring the hub."))
    one.state = _R.TAKEN
    planner = one.plan.by
    gone = []
    stops = Stop.objects.filter(round=one).select_related("task__request__person")
    for stop in stops:
        if planner is None:
            raise TooLate(_("Whoever planned this round has left. Ring the hub."))
        giver = by if by.pk != one.volunteer.person_id else planner
        try:
            with transaction.atomic():
                tasks.give(stop.task, one.volunteer, by=giver, at=at, how=how, tell=False)
        except (tasks.NotNow, tasks.NotTheirs):
            gone.append(stop.pk)
    Stop.objects.filter(pk__in=gone).update(round=None, why_left="gone", is_fixed=False)
    if gone:
        _tell_planner(one, "gone", gettext_lazy("Some stops of a round fell away"), at=at)
    return [str(pk) for pk in gone]


@transaction.atomic
def decline(one: Round, *, by: Person, at: dt.datetime) -> None:
    """Say no; its stops wait to be planned anew. Raises TooLate."""
    _may_answer(one, by)
    if not Round.objects.filter(pk=one.pk, state=_R.SENT).update(state=_R.DECLINED, answered_at=at):
        one.refresh_from_db()
        if one.state == _R.DECLINED:
            return
        raise TooLate(_("This round isn't waiting for an answer any more. Ring the hub."))
    one.state = _R.DECLINED
    Stop.objects.filter(round=one).update(round=None, why_left="declined", is_fixed=False)
    _tell_planner(one, "no", gettext_lazy("Somebody can't take their round"), at=at)
    _close_plan(one.plan, at=at)


@transaction.atomic
def call_off(one: Round, *, by: Person, at: dt.datetime) -> None:
    """The hub takes a round back. What was done stays done. Raises TooLate."""
    if not rules.can_see_plan(by, one.plan):
        raise TooLate(_("That isn't yours to call off."))
    if not Round.objects.filter(pk=one.pk, state__in=rules.THEIRS).update(
        state=_R.CALLED_OFF, answered_at=at
    ):
        raise TooLate(_("It is over already."))
    was_taken = one.state == _R.TAKEN
    one.state = _R.CALLED_OFF
    stops = Stop.objects.filter(round=one).select_related("task__request__person")
    for stop in stops:
        assignment = _assignment(one, stop) if was_taken else None
        if stop.state != Stop.State.TO_DO:
            if assignment is not None:
                _hand_on(stop, assignment, by=by)
            continue
        if assignment is not None:
            try:
                with transaction.atomic():
                    tasks.take_back(assignment, by=by, at=at)
            except (tasks.NotNow, tasks.NotTheirs):
                continue
        Stop.objects.filter(pk=stop.pk).update(round=None, why_left="called_off")
    if not was_taken:
        send(
            "round",
            one.volunteer.person,
            key=f"round-off:{one.pk}",
            title=gettext_lazy("Your round was called off"),
            body=gettext_lazy("You don't need to go. Thank you for being there."),
            path="/",
            at=at,
        )
    _close_plan(one.plan, at=at)


def _tell_planner(one: Round, key: str, title: object, *, at: dt.datetime) -> None:
    if one.plan.by is not None:
        send(
            KIND_PLAN,
            one.plan.by,
            key=f"round-{key}:{one.pk}",
            title=title,
            body=gettext_lazy("Its stops wait on the plan's page."),
            path=one.plan.get_absolute_url(),
            about=one.volunteer.person,
            at=at,
        )


# --- Out and about ------------------------------------------------------------------------------


def doors(one: Round, *, by: Person, at: dt.datetime, reason: str) -> list[Stop]:
    """Return the stops with where they are, and write down that `by` looked: one INSERT for all.

    A stop that was handed on already keeps its door to itself: `stop.door` is None there.
    """
    stops = list(
        Stop.objects.filter(round=one)
        .select_related("task__request__person")
        .order_by("order", "pk")
    )
    shown = []
    unwanted = rules.hidden_from(by)
    for stop in stops:
        request = stop.task.request
        stop.door = None  # type: ignore[attr-defined]
        is_theirs = one.volunteer.person_id == by.pk
        live = stop.task.state in (Task.State.ACCEPTED, Task.State.ON_THE_WAY)
        if request.person_id in unwanted or request.person.restricted_at is not None:
            continue
        if is_theirs and not live:
            continue
        stop.door = {  # type: ignore[attr-defined]
            "name": request.person.known_as,
            "address": request.address,
            "postcode": request.postcode,
            "phone": request.phone or request.person.phone,
            "note": stop.task.door_note,
            "what": stop.task.what,
        }
        shown.append(stop)
    if shown:
        log_reads(
            by=by,
            about=[stop.task.request.person for stop in shown],
            what="address",
            reason=reason,
            things=[stop.task.ref for stop in shown],
            at=at,
            role="volunteer" if one.volunteer.person_id == by.pk else "",
        )
    return stops


@transaction.atomic
def set_out(one: Round, *, by: Person, at: dt.datetime) -> None:
    """On the way with the whole round: everybody on it hears that somebody is coming."""
    for stop in Stop.objects.filter(round=one, state=Stop.State.TO_DO).select_related("task"):
        assignment = _assignment(one, stop)
        if assignment is None:
            continue
        try:
            with transaction.atomic():
                tasks.set_out(assignment, by=by, at=at)
        except tasks.NotNow:
            continue


@transaction.atomic
def save_marks(one: Round, marks: Iterable[Mark], *, by: Person, at: dt.datetime) -> int:
    """Write marks made at `at`; return how many stops changed.

    For one stop the mark made last wins, in whichever order two arrive; the same twice changes
    nothing. One that was handed on already stays. Raises Stop.DoesNotExist, TooLate.
    """
    wanted = {mark.stop_id: mark.mark for mark in marks}
    if not wanted:
        return 0
    one = Round.objects.select_for_update().get(pk=one.pk)
    if one.state != _R.TAKEN:
        raise TooLate(_("This round is over. Ring the hub if something is not right."))
    rows = {
        stop.pk: stop
        for stop in Stop.objects.filter(round=one, pk__in=wanted).select_related("task")
    }
    if len(rows) != len(wanted):
        raise Stop.DoesNotExist
    changed = 0
    for pk, name in wanted.items():
        state, why = MARKS[name]
        stop = rows[pk]
        if not stop.task.is_unfinished:
            continue
        same = (stop.state, stop.why) == (state, why)
        written = Stop.objects.filter(Q(marked_at=None) | Q(marked_at__lte=at), pk=pk).update(
            state=state, why=why, marked_at=at, marked_by=by
        )
        changed += bool(written) and not same
    return changed


def _assignment(one: Round, stop: Stop) -> Assignment | None:
    return (
        Assignment.objects.live()
        .filter(task=stop.task_id, volunteer=one.volunteer_id)
        .select_related("task__request__person", "volunteer__person")
        .first()
    )


def _hand_on(stop: Stop, assignment: Assignment, *, by: Person | None) -> bool:
    """Tell the task how its stop went. The volunteer's own mark counts as theirs."""
    who = by or assignment.volunteer.person
    at = stop.marked_at or assignment.accepted_at
    try:
        with transaction.atomic():
            if stop.state == Stop.State.DONE:
                tasks.finish(assignment, by=who, at=at, key=f"stop-{stop.pk}-done")
            else:
                tasks.not_done(
                    assignment, by=who, at=at, why=stop.why or "other", key=f"stop-{stop.pk}-not"
                )
    except tasks.NotNow:
        return False
    return True


def hand_on(*, at: dt.datetime) -> int:
    """Hand on the marks that have stood long enough; return how many."""
    waiting = (
        Stop.objects.filter(
            round__state=_R.TAKEN,
            state__in=[Stop.State.DONE, Stop.State.NOT_DONE],
            marked_at__lte=at - STANDS,
            task__state__in=[Task.State.ACCEPTED, Task.State.ON_THE_WAY],
        )
        .select_related("round", "task")
        .order_by("marked_at", "pk")
    )
    handed = 0
    for stop in list(waiting[:500]):
        assignment = _assignment(stop.round, stop) if stop.round is not None else None
        if assignment is not None:
            handed += _hand_on(stop, assignment, by=None)
    return handed


@transaction.atomic
def finish(one: Round, *, by: Person | None, at: dt.datetime) -> bool:
    """The round is over: marks are handed on, what wasn't reached is free again."""
    if not Round.objects.filter(pk=one.pk, state=_R.TAKEN).update(state=_R.OVER):
        return False
    one.state = _R.OVER
    for stop in Stop.objects.filter(round=one).select_related("task"):
        assignment = _assignment(one, stop)
        if assignment is None:
            continue
        if stop.state != Stop.State.TO_DO:
            _hand_on(stop, assignment, by=None)
            continue
        try:
            with transaction.atomic():
                tasks.hand_back(assignment, by=assignment.volunteer.person, at=at, why="time")
        except tasks.NotNow:
            continue
        Stop.objects.filter(pk=stop.pk).update(why_left="not_reached")
    _close_plan(one.plan, at=at)
    return True


def _close_plan(plan: RoundPlan, *, at: dt.datetime) -> None:
    under_way = Round.objects.filter(plan=plan, state__in=rules.THEIRS)
    if not under_way.exists():
        RoundPlan.objects.filter(pk=plan.pk, state=RoundPlan.State.SENT).update(
            state=RoundPlan.State.OVER, ended_at=at
        )


def close_old(*, at: dt.datetime) -> None:
    """Rounds of days gone by that nobody closed."""
    day = local(at - OLD).date()
    for one in Round.objects.filter(state=_R.TAKEN, plan__day__lt=day).select_related(
        "plan", "volunteer__person"
    )[:100]:
        finish(one, by=None, at=at)
    for one in Round.objects.filter(state=_R.SENT, plan__day__lt=day).select_related("plan")[:100]:
        Round.objects.filter(pk=one.pk, state=_R.SENT).update(state=_R.CALLED_OFF)
        Stop.objects.filter(round=one).update(round=None, why_left="declined")
        _close_plan(one.plan, at=at)
