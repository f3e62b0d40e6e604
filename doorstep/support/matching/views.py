"""Who could do this task; and a whole backlog shared out, looked through before it is sent."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.pages import read_key
from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.people.readings.actions import log_read
from doorstep.support.matching import planning, ranking
from doorstep.support.models import Assignment, Offer, Plan, PlanLine, Task, Volunteer
from doorstep.support.tasks import actions, rules
from doorstep.support.tasks.forms import OfferForm, ReasonForm
from doorstep.support.tasks.money import pounds
from doorstep.support.volunteers import lawful
from doorstep.support.volunteers.actions import set_help_reason
from doorstep.support.volunteers.rules import is_desk
from doorstep.support.volunteers.views import PAPER_NAMES

PAGE = 100


def _me(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr]


def _task_or_404(me: Person, ref: str) -> Task:
    rows = Task.objects.select_related(
        "request__person", "request__help_reason", "request__locality", "request__ward", "locality"
    )
    before = {"task": OuterRef("pk")}
    task = (
        rows.annotate(
            was_offered=Exists(Offer.objects.filter(**before)),
            was_taken=Exists(Assignment.objects.filter(**before)),
        )
        .filter(ref=ref)
        .first()
    )
    if task is None or not rules.can_offer(me, task):
        raise Http404
    return task


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def match(request: HttpRequest, ref: str) -> HttpResponse:
    """One task: who could do it and why them, best first; ask one, or write down their yes."""
    me = _me(request)
    task = _task_or_404(me, ref)
    at = now()
    reason_form = ReasonForm(
        request.POST if request.POST.get("do") == "reason" else None,
        initial=_reason(task),
    )
    problem = ""
    if request.method == "POST":
        answer, problem = _do(request, me, task, reason_form)
        if answer is not None:
            return answer
    ranking_ = None
    if task.state == Task.State.OPEN:
        team = ranking.crew(ranking.volunteers_for(me), at, tasks=[task])
        ranking_ = ranking.rank(task, team, at=at)
    if request.method != "POST":
        log_read(
            by=me, about=task.request.person, what="case", reason="helping",
            thing=task.request.ref, at=at,
        )  # fmt: skip
    offers = _latest(Offer, task, 9) if task.was_offered or problem else []  # type: ignore[attr-defined]
    return render(
        request,
        "support/matching/match.html",
        {
            "task": task,
            "need": lawful.need_of_task(task),
            "needs": [
                PAPER_NAMES[bit] for bit in lawful.PAPERS if lawful.need_of_task(task).papers & bit
            ],
            "reason_form": reason_form,
            "has_reason": hasattr(task.request, "help_reason"),
            "asks_reason": task.kind in ("shopping", "transport") or task.money_cap > 0,
            "ranking": ranking_,
            "offer": next((row for row in offers if row.state == Offer.State.OPEN), None),
            "assignments": _latest(Assignment, task, 5) if task.was_taken or problem else [],  # type: ignore[attr-defined]
            "gone": [row for row in offers if row.state != Offer.State.OPEN][:8],
            "cap": pounds(task.money_cap) if task.money_cap else "",
            "problem": problem,
        },
        status=422 if problem or reason_form.errors else 200,
    )


def _latest(what: Any, task: Task, most: int) -> list[Any]:
    """Return the newest offers or assignments of a task. What waits for an answer is the newest."""
    rows = what.objects.filter(task=task).select_related("volunteer__person")
    return list(rows.order_by("-pk")[:most])


def _reason(task: Task) -> dict[str, Any]:
    row = getattr(task.request, "help_reason", None)
    return {"why": row.why, "to_care": row.to_care} if row else {}


def _do(
    request: HttpRequest, me: Person, task: Task, reason_form: ReasonForm
) -> tuple[HttpResponse | None, str]:
    """Do what was pressed; return (where to go, "") or (None, what to say)."""
    at, do = now(), request.POST.get("do")
    here = redirect("support:task", task.ref)
    if do == "reason":
        if not reason_form.is_valid():
            return None, ""
        set_help_reason(task.request, by=me, at=at, **reason_form.cleaned_data)
        messages.success(request, _("Written down."))
        return here, ""
    if do == "withdraw":
        row = get_object_or_404(
            Offer.objects.select_related("task__request__person", "volunteer__person"),
            task=task, pk=read_key(request.POST.get("offer")) or 0,
        )  # fmt: skip
        try:
            actions.withdraw(row, by=me, at=at)
        except actions.NotNow as refused:
            return None, str(refused)
        messages.success(request, _("Taken back, and they are told."))
        return here, ""
    form = OfferForm(request.POST)
    if not form.is_valid():
        return None, _("Choose whom to ask.")
    volunteer = get_object_or_404(
        Volunteer.objects.visible_to(me).select_related("person__home"),
        pk=form.cleaned_data["volunteer"],
    )
    team = ranking.crew(Volunteer.objects.filter(pk=volunteer.pk), at, tasks=[task])
    best = ranking.rank(task, team, at=at, most=1).best
    why: dict[str, Any] = {"reasons": best[0].reasons, "metres": best[0].metres} if best else {}
    try:
        if form.cleaned_data["do"] == "give":
            # They were just on the phone: no notice asks them what they have answered.
            made = actions.give(task, volunteer, by=me, at=at, tell=False, **why)
            messages.success(request, _("Written down: they said yes."))
            return redirect(made), ""
        actions.offer(task, volunteer, by=me, at=at, moves_on=form.cleaned_data["moves_on"], **why)
    except actions.NotNow as refused:
        task.refresh_from_db(fields=["state"])
        return None, str(refused)
    messages.success(request, _("%(name)s has been asked.") % {"name": volunteer.person.known_as})
    return here, ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def plans(request: HttpRequest) -> HttpResponse:
    """The backlog, and one press that proposes who could do all of it."""
    me = _me(request)
    if not is_desk(me):
        raise PermissionDenied
    if request.method == "POST":
        plan = planning.propose(by=me, at=now())
        return redirect(plan)
    tasks = planning.backlog(me).select_related("request__person", "locality")
    page = Paginator(tasks, 50).get_page(read_key(request.GET.get("page")) or 1)
    return render(
        request,
        "support/matching/plans.html",
        {
            "page": page,
            "plans": list(Plan.objects.filter(by=me).order_by("-pk")[:5]),
            "fair": planning.fairness(me, now()),
        },
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, ref: str) -> HttpResponse:
    """A plan to look through: take lines out, then send it; nobody was asked yet."""
    me = _me(request)
    found = get_object_or_404(Plan, ref=ref, by=me)
    if not is_desk(me):
        raise PermissionDenied
    if request.method == "POST":
        if request.POST.get("do") == "drop":
            planning.drop(found, by=me)
            messages.success(request, _("Dropped. Nobody was asked."))
            return redirect("support:plans")
        left_out = {int(pk) for pk in request.POST.getlist("out") if pk.isdigit()}
        every = set(
            found.lines.exclude(volunteer=None).values_list("pk", flat=True)  # type: ignore[attr-defined]
        )
        try:
            counts = planning.send(found, by=me, at=now(), keep=every - left_out)
        except actions.NotNow as refused:
            messages.error(request, str(refused))
            return redirect(found)
        messages.success(
            request,
            _("%(sent)d people are asked. %(overtaken)d had changed since, and were left out.")
            % counts,
        )
        return redirect(found)
    lines = found.lines.select_related(  # type: ignore[attr-defined]
        "task__request__person", "task__locality", "volunteer__person"
    ).order_by("volunteer__person__known_as", "pk")
    page = Paginator(lines, PAGE).get_page(read_key(request.GET.get("page")) or 1)
    return render(
        request,
        "support/matching/plan.html",
        {
            "plan": found,
            "page": page,
            "rows": [(line, ranking.in_words(line.reasons)) for line in page],
            "is_open": found.state == Plan.State.PROPOSED,
            "states": PlanLine.State,
            "f": found.figures,
        },
    )
