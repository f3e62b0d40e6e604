"""Offers, a volunteer's task, its money, and how it went; the hub writes the same things down."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base import keys
from doorstep.base.private_files import answer, private_files
from doorstep.base.time import local, now
from doorstep.people import numbers
from doorstep.people.models import Person
from doorstep.safeguarding.things import about_address
from doorstep.support.matching.ranking import in_words, roughly
from doorstep.support.models import Assignment, Feedback, How, MoneyLine, Offer
from doorstep.support.tasks import actions, keeping, money, onward, rules
from doorstep.support.tasks.forms import (
    AnswerForm,
    DeskMoneyForm,
    FeedbackForm,
    MoneyForm,
    ReferOnForm,
    UpdateForm,
)
from doorstep.support.volunteers import lawful


def _me(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr]


def _offer_or_404(me: Person, pk: int) -> Offer:
    offer = (
        Offer.objects.select_related(
            "task__request__person", "task__request__help_reason", "task__request__locality",
            "task__request__ward", "task__locality", "volunteer__person",
        )
        .filter(pk=pk)
        .first()
    )  # fmt: skip
    if offer is None or not (offer.volunteer.person_id == me.pk or rules.can_offer(me, offer.task)):
        raise Http404
    return offer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """A task put to me: what, when, roughly where, why me; yes or no. The hub answers for
    somebody on the phone."""
    me = _me(request)
    row = _offer_or_404(me, pk)
    is_mine = row.volunteer.person_id == me.pk
    form = AnswerForm(request.POST or None)
    problem = ""
    if form.is_valid():
        at, how = now(), How.WEB if is_mine else (form.cleaned_data["how"] or How.PHONE)
        try:
            if form.cleaned_data["answer"] == "yes":
                mine = actions.accept(row, by=me, at=at, how=how)
                messages.success(
                    request,
                    _("Thank you. It's yours: here is where and whom to ring.")
                    if is_mine
                    else _("Written down: they said yes."),
                )
                return redirect(mine)
            actions.decline(row, by=me, at=at, why=form.cleaned_data["why"])
            messages.success(
                request,
                _("That's fine. We ask somebody else.") if is_mine else _("Written down."),
            )
            return redirect("support:volunteering" if is_mine else row.volunteer)
        except actions.NotNow as refused:
            problem = str(refused)
            row.refresh_from_db()
    task = row.task
    return render(
        request,
        "support/tasks/offer.html",
        {
            "offer": row,
            "task": task,
            "is_mine": is_mine,
            "is_open": row.state == Offer.State.OPEN and row.expires_at > now(),
            "why_you": in_words(row.reasons, to_them=is_mine),
            "need": lawful.need_of_task(task),
            "way": roughly(row.metres) if row.metres is not None else "",
            "area": task.request.ward or task.locality,
            "problem": problem,
            "form": form,
            "whys": Offer.Why.choices,
            "hows": [how for how in How if how != How.WEB],
            "cap": money.pounds(task.money_cap) if task.money_cap else "",
            "bare": True,
        },
        status=409 if problem else 422 if form.is_bound and not form.is_valid() else 200,
    )


def _assignment_or_404(me: Person, ref: str) -> Assignment:
    rows = Assignment.objects.visible_to(me).select_related(
        "task__request__person", "task__request__help_reason", "task__request__locality",
        "task__request__ward", "task__locality", "volunteer__person__home",
    )  # fmt: skip
    return get_object_or_404(rows, ref=ref)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_task(request: HttpRequest, ref: str) -> HttpResponse:
    """My task: where and whom to ring while it is mine, and how far I am.

    A phone without signal sends its updates later, each with its key and the moment of the tap.
    """
    me = _me(request)
    assignment = _assignment_or_404(me, ref)
    wants_json = request.headers.get("Accept") == "application/json"
    form = UpdateForm(request.POST or None)
    problem, status = "", 200
    if request.method == "POST":
        if form.is_valid():
            try:
                said = _update(assignment, form.cleaned_data, me, _when(request.POST.get("at")))
            except actions.NotNow as refused:
                problem, status = str(refused), 409
                assignment = _assignment_or_404(me, ref)
            except actions.NotTheirs:
                raise PermissionDenied from None
            else:
                if wants_json:
                    return JsonResponse({"said": said, "state": assignment.state})
                messages.success(request, said)
                return redirect(_after(assignment, form.cleaned_data["do"], me))
        else:
            problem = " ".join(str(one) for errors in form.errors.values() for one in errors)
            status = 422
        if wants_json:
            return JsonResponse({"said": problem, "state": assignment.state}, status=status)
    return _task_page(request, me, assignment, form, problem, status)


def _after(assignment: Assignment, do: str, me: Person) -> Any:
    if do in ("done", "not_done") and rules.is_mine(me, assignment):
        return f"{assignment.get_absolute_url()}feedback/"
    if do == "hand_back" and rules.is_mine(me, assignment):
        return "support:volunteering"
    return assignment


def _when(typed: str | None) -> dt.datetime:
    """The moment of the tap, as a phone without signal noted it; never later than now."""
    moment = now()
    try:
        tapped = parse_datetime(typed or "")
    except ValueError:
        tapped = None
    if tapped is None or tapped.tzinfo is None:
        return moment
    return tapped if moment - dt.timedelta(days=3) < tapped < moment else moment


def _update(assignment: Assignment, data: dict[str, Any], me: Person, at: dt.datetime) -> str:
    """Do one update; return what to say."""
    is_mine = rules.is_mine(me, assignment)
    more: dict[str, Any] = {
        "by": me, "at": at, "key": data["key"] or None,
        "how": How.WEB if is_mine else (data["how"] or How.PHONE),
    }  # fmt: skip
    do = data["do"]
    if do == "on_the_way":
        actions.set_out(assignment, **more)
        return _("They know that you're on your way.") if is_mine else _("Written down.")
    if do == "done":
        actions.finish(assignment, minutes=data["minutes"], words=data["words"], **more)
        return _("Thank you. That's one thing less to worry about for them.")
    if do == "not_done":
        actions.not_done(
            assignment, why=data["why"], words=data["words"], minutes=data["minutes"], **more
        )
        return _("Thank you for trying. The hub looks after it now.")
    if do == "hand_back":
        actions.hand_back(assignment, why=data["why"], words=data["words"], **more)
        return _("That's fine. Somebody else is found.")
    if do == "take_back":
        actions.take_back(assignment, by=me, at=at, words=data["words"])
        return _("The task is free again, and they are told.")
    actions.note(assignment, words=data["words"], **more)
    return _("Written down.")


def _task_page(
    request: HttpRequest, me: Person, assignment: Assignment, form: Any, problem: str, status: int
) -> HttpResponse:
    at = now()
    is_mine = rules.is_mine(me, assignment)
    address: dict[str, str] | None = None
    lacking: list[int] = []
    if rules.sees_address(me, assignment, at):
        address = actions.open_address(assignment, by=me, at=at)
        address["shown_phone"] = numbers.shown(address["phone"])
    elif is_mine and assignment.is_live:
        lacking = lawful.lacks(assignment.volunteer, assignment.task, local(at).date())
    is_desk = rules.is_desks(me, assignment)
    return render(
        request,
        "support/tasks/mine.html",
        {
            "assignment": assignment,
            "task": assignment.task,
            "address": address,
            "is_mine": is_mine,
            "keep": keeping.keep(me, at)
            if address and keeping.is_todays(assignment.task, at)
            else None,
            "is_desk": is_desk,
            "lacking": lawful.in_words(lacking),
            "trail": assignment.steps.select_related("by"),  # type: ignore[attr-defined]
            "form": form,
            "typed": request.POST if problem else {},
            "problem": problem,
            "whys": [
                (one.value, one.label)
                for one in Assignment.Why
                if one.value and one != Assignment.Why.PAPERS
            ],
            "hows": [how for how in How if how != How.WEB],
            "worried": about_address("task", assignment.pk),
            "area": assignment.task.request.ward or assignment.task.locality,
            "cap": money.pounds(assignment.task.money_cap) if assignment.task.money_cap else "",
            "new_keys": {name: keys.new_key(20) for name in ("a", "b", "c", "d", "e")},
            "has_said": Feedback.objects.filter(
                assignment=assignment,
                side=Feedback.Side.VOLUNTEER if is_mine else Feedback.Side.PERSON,
            ).exists(),
        },
        status=status,
    )


@login_not_required
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that shows a volunteer's own pages of today when there is no signal."""
    scope = worker_scope()
    nothing = render_to_string(
        "support/tasks/no_signal.html",
        {"mine": f"{scope}volunteering/", "help_phone": settings.HELP_PHONE},
    )
    response = render(
        request,
        "support/tasks/worker.js",
        # `<` can't end the script it stands in: it is a file of its own, and JSON all the same.
        {"scope": scope.replace("/", "\\/"), "nothing": json.dumps(nothing)},
        content_type="text/javascript; charset=utf-8",
    )
    response["Service-Worker-Allowed"] = scope
    response["Content-Security-Policy"] = "default-src 'none'; connect-src 'self'"
    response["Cache-Control"] = "no-cache"
    return response


def worker_scope() -> str:
    """Return the address below which the worker works: that of all help."""
    return reverse("support:volunteering").removesuffix("volunteering/")


# --- Money ----------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def task_money(request: HttpRequest, ref: str) -> HttpResponse:
    """The ledger of one task; the hub goes through it here."""
    me = _me(request)
    assignment = _assignment_or_404(me, ref)
    is_desk = rules.is_desks(me, assignment)
    for_desk = request.method == "POST" and "do" in request.POST
    form = MoneyForm(
        request.POST if request.method == "POST" and not for_desk else None,
        request.FILES if request.method == "POST" and not for_desk else None,
        is_desk=is_desk,
    )
    desk_form = DeskMoneyForm(request.POST if for_desk else None)
    if request.method == "POST" and for_desk and not is_desk:
        raise PermissionDenied
    try:
        if for_desk and desk_form.is_valid():
            _go_through(assignment, desk_form.cleaned_data, me)
            messages.success(request, _("Written down."))
            return redirect("support:task_money", ref)
        if not for_desk and form.is_valid():
            data = form.cleaned_data
            money.write(
                assignment, kind=data["kind"], pence=data["pounds"], by=me, at=now(),
                words=data["words"], receipt=data["receipt"], key=data["client_key"],
            )  # fmt: skip
            messages.success(request, _("Written down."))
            return redirect("support:task_money", ref)
    except actions.NotNow as refused:
        (desk_form if for_desk else form).add_error(None, str(refused))
    lines = list(money.lines_of(assignment))
    struck = {line.strikes_id for line in lines if line.strikes_id}
    sums = money.totals(lines)
    return render(
        request,
        "support/tasks/money.html",
        {
            "assignment": assignment,
            "task": assignment.task,
            "is_desk": is_desk,
            "form": form,
            "desk_form": desk_form,
            "lines": [
                {"line": line, "pounds": money.pounds(line.pence), "is_struck": line.pk in struck}
                for line in lines
            ],
            "sums": {name: money.pounds(pence) for name, pence in sums.items()},
            "held": sums["held"],
            "owed": money.pounds(-sums["held"]),
            "cap": money.pounds(assignment.task.money_cap),
            "bare": True,
        },
        status=422 if (form.is_bound and form.errors) or desk_form.errors else 200,
    )


def _go_through(assignment: Assignment, data: dict[str, Any], me: Person) -> None:
    if data["do"] == "settle":
        money.settle(assignment, by=me, at=now())
    elif data["do"] == "ask":
        money.ask_about(assignment, by=me, at=now(), words=data["words"])
    else:
        line = get_object_or_404(MoneyLine, pk=data["line"], assignment=assignment)
        line.assignment = assignment
        money.strike(line, by=me, at=now(), words=data["words"])


@never_cache
@require_safe
def receipt(request: HttpRequest, ref: str, pk: int) -> HttpResponseBase:
    """The photo of a receipt, for the volunteer and the hub; the hub's opening is logged."""
    me = _me(request)
    assignment = _assignment_or_404(me, ref)
    line = get_object_or_404(MoneyLine.objects.exclude(receipt=""), pk=pk, assignment=assignment)
    line.assignment = assignment
    if not private_files.exists(line.receipt):
        messages.error(request, _("That photo isn't there any more. Ask for the paper one."))
        return redirect("support:task_money", ref)
    money.open_receipt(line, by=me, at=now())
    return answer(line.receipt, called=line.receipt_called)


@never_cache
@require_safe
def all_money(request: HttpRequest) -> HttpResponse:
    """Money nobody has gone through yet, in my patch."""
    me = _me(request)
    from doorstep.support.volunteers.rules import is_desk

    if not is_desk(me):
        raise PermissionDenied
    rows = []
    for one in money.waiting(me)[:100]:
        sums = money.totals(one.money.all())  # type: ignore[attr-defined]
        rows.append({
            "assignment": one, "held": sums["held"], "spent": money.pounds(sums["spent"]),
            "left": money.pounds(sums["held"]), "owed": money.pounds(-sums["held"]),
        })  # fmt: skip
    return render(request, "support/tasks/all_money.html", {"rows": rows})


# --- How it went ----------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def feedback(request: HttpRequest, ref: str) -> HttpResponse:
    """How it went, as the volunteer or the person tells it; the hub types what they said.

    The person who was helped comes here from their own page; `?side=` is for the hub.
    """
    me = _me(request)
    assignment = _feedback_or_404(me, ref)
    side = _side(request, me, assignment)
    done = Feedback.objects.filter(assignment=assignment, side=side).first()
    if done is not None:
        done.assignment = assignment
    if request.method == "POST" and "follow" in request.POST:
        return _follow(request, me, assignment)
    onto = _onto(request, me, done)
    if onto is not None and done is not None and onto.is_valid():
        try:
            sent = onward.refer(
                done,
                organisation=onto.cleaned_data["organisation"],
                agreed_words=onto.cleaned_data.get("agreed_words") or _("They chose it here."),
                by=me,
                at=now(),
            )
        except actions.NotNow as refused:
            onto.add_error(None, str(refused))
        else:
            messages.success(request, _("Sent. You hear as soon as they have looked."))
            return redirect(sent)
    form = FeedbackForm(request.POST or None, side=side)
    if done is None and form.is_valid():
        data = dict(form.cleaned_data)
        key = data.pop("client_key")
        is_desk = rules.is_desks(me, assignment)
        try:
            actions.give_feedback(
                assignment, side=side, by=me, at=now(), key=key,
                how=How.PHONE if is_desk else How.WEB, **data,
            )  # fmt: skip
        except actions.NotNow as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Thank you for telling us."))
            if data["more"] == Feedback.Else.REFERRAL and side == Feedback.Side.PERSON:
                return redirect(f"{assignment.get_absolute_url()}feedback/")
            if is_desk:
                return redirect(assignment)
            return redirect("support:volunteering" if side == "volunteer" else "support:mine")
    return render(
        request,
        "support/tasks/feedback.html",
        {
            "assignment": assignment,
            "task": assignment.task,
            "form": form,
            "side": side,
            "done": done,
            "onto": onto,
            "is_desk": rules.is_desks(me, assignment),
            "worried": about_address("task", assignment.pk) if side == "volunteer" else "",
            "bare": True,
        },
        status=422 if (form.is_bound and form.errors) or (onto and onto.errors) else 200,
    )


def _onto(request: HttpRequest, me: Person, done: Feedback | None) -> ReferOnForm | None:
    """The question to whom it goes on, where there is something to pass on and somebody to."""
    if done is None or done.passed_on_at or not onward.can_refer(me, done):
        return None
    takers = onward.takers()
    if not takers:
        return None
    return ReferOnForm(
        request.POST if "refer" in request.POST else None,
        takers=takers,
        words=onward.taker_words(takers, now()),
        is_self=done.assignment.task.request.person_id == me.pk,
    )


def _feedback_or_404(me: Person, ref: str) -> Assignment:
    row = (
        Assignment.objects.select_related(
            "task__request__person", "task__request__locality", "task__locality",
            "volunteer__person",
        )
        .filter(ref=ref)
        .first()
    )  # fmt: skip
    if row is None:
        raise Http404
    request = row.task.request
    if me.pk in (request.person_id, request.asked_by_id) or rules.can_see(me, row):
        return row
    raise Http404


def _side(request: HttpRequest, me: Person, assignment: Assignment) -> str:
    if rules.is_mine(me, assignment):
        return Feedback.Side.VOLUNTEER
    asked = assignment.task.request
    if me.pk in (asked.person_id, asked.asked_by_id):
        return Feedback.Side.PERSON
    wanted = request.POST.get("side") or request.GET.get("side")
    return Feedback.Side.VOLUNTEER if wanted == "volunteer" else Feedback.Side.PERSON


def _follow(request: HttpRequest, me: Person, assignment: Assignment) -> HttpResponse:
    """The hub asked the person: they said yes or no, or it was passed on."""
    if not rules.is_desks(me, assignment):
        raise PermissionDenied
    side = request.POST.get("side", "")
    row = get_object_or_404(
        Feedback.objects.select_related("assignment__task__request__person"),
        assignment=assignment, side=side,
    )  # fmt: skip
    do = request.POST["follow"]
    if do == "passed_on":
        actions.passed_on(row, by=me, at=now())
    else:
        actions.follow_up(row, by=me, at=now(), said_yes=do == "yes")
    messages.success(request, _("Written down."))
    return redirect("support:volunteers")
