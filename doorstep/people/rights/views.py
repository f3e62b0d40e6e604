"""Pages of a person's rights over their data, and of those who answer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorstep.base import private_files
from doorstep.base.declaring import summary
from doorstep.base.time import local, now, today
from doorstep.people.models import Erasure, Export, Hold, Person, Restriction, RightsRequest
from doorstep.people.readings.actions import log_read
from doorstep.people.rights import actions, documents, erasing, exporting, retention, rules
from doorstep.people.rights.forms import (
    AnswerForm,
    CorrectionForm,
    CorrectionForThem,
    HoldForm,
    LeavingForm,
    LeavingForThem,
    RestrictionForm,
    RestrictionForThem,
    WhyForm,
)

Kind = RightsRequest.Kind


def _me(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr]


# --- One's own ---------------------------------------------------------------------------------


@require_safe
def rights(request: HttpRequest) -> HttpResponse:
    """Lead to each right, and show what was asked and answered."""
    me = _me(request)
    asked = RightsRequest.objects.filter(person=me).order_by("-pk")[:50]
    return render(
        request,
        "people/rights/rights.html",
        {
            "asked": asked,
            "restriction": Restriction.objects.filter(person=me, lifted_at=None).first(),
            "export": Export.objects.filter(person=me).order_by("-pk").first(),
            "today": today(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, kind: str) -> HttpResponse:
    """Ask for something to be put right, or for one's record not to be used."""
    kinds = {Kind.CORRECTION: CorrectionForm, Kind.RESTRICTION: RestrictionForm}
    if kind not in kinds:
        raise Http404
    me = _me(request)
    form = kinds[Kind(kind)](request.POST or None)
    if form.is_valid():
        made = actions.ask(me, kind, by=me, at=now(), **form.cleaned_data)
        if kind == Kind.RESTRICTION:
            messages.success(request, _("Done. Nobody uses your record until you say so."))
        else:
            messages.success(
                request,
                _("Thank you. You'll hear from us by %(day)s.")
                % {"day": exporting.in_words(made.due_on)},
            )
        return redirect("people:rights")
    status = 422 if form.is_bound else 200
    return render(
        request,
        "people/rights/ask.html",
        {"form": form, "is_correction": kind == Kind.CORRECTION, "bare": True},
        status=status,
    )


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what one asked."""
    me = _me(request)
    asked = get_object_or_404(RightsRequest.objects.filter(person=me), pk=pk)
    try:
        actions.withdraw(asked, by=me, at=now())
    except actions.NotNow as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("Taken back. We'll leave it as it is."))
    return redirect("people:rights")


@require_POST
def use_again(request: HttpRequest) -> HttpResponse:
    """One's own record may be used again."""
    me = _me(request)
    restriction = get_object_or_404(Restriction, person=me, lifted_at=None)
    actions.lift(restriction, by=me, at=now())
    messages.success(request, _("Your record is used again, as before."))
    return redirect("people:rights")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def export(request: HttpRequest) -> HttpResponse:
    """Have a copy of everything made, see how far it is, and fetch it."""
    me = _me(request)
    if request.method == "POST":
        actions.ask_export(me, by=me, at=now())
        messages.success(request, _("We're making it. You'll get a notice when it's ready."))
        return redirect("people:export")
    rows = list(Export.objects.filter(person=me, asked_by=None).order_by("-pk")[:10])
    return render(
        request,
        "people/rights/export.html",
        {
            "current": next((row for row in rows if row.state in ("waiting", "making")), None),
            "ready": [row for row in rows if _can_be_fetched(row)],
            "failed": bool(rows) and rows[0].state == Export.State.FAILED,
            "earlier": [row for row in rows if row.state == Export.State.GONE],
        },
    )


def _can_be_fetched(row: Export) -> bool:
    return row.state == Export.State.READY and row.expires_at is not None and row.expires_at > now()


@require_safe
@never_cache
def export_file(request: HttpRequest, key: str, part: str) -> HttpResponse:
    """Hand a person their own copy, and nobody else's."""
    row = get_object_or_404(Export, key=key, person=_me(request), asked_by=None)
    if not _can_be_fetched(row) or part not in ("zip", "page"):
        raise Http404
    Export.objects.filter(pk=row.pk, opened_at=None).update(opened_at=now())
    name = row.file_name if part == "zip" else row.page_name
    day = local(row.made_at or row.asked_at).date().isoformat()
    ending = "zip" if part == "zip" else "html"
    return _file(request, name, f"what-we-hold-{day}.{ending}", redirect("people:export"))


def _file(request: HttpRequest, name: str, called: str, back: HttpResponse) -> HttpResponse:
    try:
        return private_files.answer(name, called=called)  # type: ignore[return-value]
    except OSError:
        messages.error(request, _("That copy is gone. Make a new one, please."))
        return back


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Show what goes and what stays, ask, and do it."""
    me = _me(request)
    form = LeavingForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            erasure = actions.ask_erasure(
                me,
                by=me,
                at=now(),
                takes_posts=data["posts"] == "take",
                at_once=data["when"] == "now",
            )
        except actions.NotNow as problem:
            form.add_error(None, str(problem))
        else:
            logout(request)
            if data["when"] == "now":
                # The same answer for everybody: whose data must stay a while is not told by it.
                actions.run_erasure(erasure, at=now())
                return redirect("people:left", key=erasure.number)
            words = _("You're gone from view. If you change your mind, sign in within 30 days.")
            messages.success(request, words)
            return redirect("account_login")
    rows = erasing.preview(me)
    return render(
        request,
        "people/rights/leave.html",
        {
            "form": form,
            "goes": [row for row in rows if not row["is_kept"]],
            "stays": [row for row in rows if row["is_kept"]],
            "never_told": erasing.never_told(),
            "bare": True,
        },
        status=422 if form.is_bound else 200,
    )


@login_not_required
@require_safe
@never_cache
def left(request: HttpRequest, key: str) -> HttpResponse:
    """The certificate of an erasure: numbers only, for whoever holds its long number.

    Before its day it says the same to everybody, also to somebody whose data must stay a while.
    """
    at = now()
    rows = Erasure.objects.filter(Q(done_at__isnull=False) | Q(due_at__lte=at), undone_at=None)
    erasure = get_object_or_404(rows, number=key)
    shows_on = actions.certificate_shows_on(erasure)
    is_done = erasure.done_at is not None and shows_on <= at
    return render(
        request,
        "people/rights/left.html",
        {
            "erasure": erasure,
            "rows": erasing.certificate(erasure) if is_done else [],
            "is_done": is_done,
            "shows_on": shows_on,
            "bare": True,
        },
    )


# --- Those who answer --------------------------------------------------------------------------


def _worker(request: HttpRequest) -> Person:
    me = _me(request)
    if not rules.can_work_on_rights(me):
        raise PermissionDenied
    return me


def _log(me: Person, them: Person) -> None:
    """Acting for somebody is opening their record: they can read that it was."""
    log_read(by=me, about=them, what="record", reason="asked_for_data", at=now())


def _them(request: HttpRequest, handle: str) -> tuple[Person, Person]:
    """The officer, and the person they act for."""
    me = _me(request)
    them = get_object_or_404(Person.objects.select_related("home"), handle=handle)
    if not rules.can_act_for(me, them):
        raise Http404
    return me, them


def _asked(request: HttpRequest, pk: int) -> tuple[Person, RightsRequest]:
    """The officer, and what somebody else asked."""
    me = _me(request)
    rows = RightsRequest.objects.visible_to(me).select_related(
        "person__home", "taken_by", "answered_by"
    )
    row = get_object_or_404(rows, pk=pk)
    if not rules.can_act_for(me, row.person):
        raise Http404
    return me, row


@require_safe
def worklist(request: HttpRequest) -> HttpResponse:
    """What people ask about their data, the next due first."""
    me = _worker(request)
    waiting = (
        RightsRequest.objects.visible_to(me)
        .waiting()
        .select_related("person", "taken_by")
        .order_by("due_on", "pk")[:200]
    )
    theirs = rules.people_within_reach(me)
    told = (
        Restriction.objects.filter(lifted_at=None, person__in=theirs)
        .select_related("person")
        .order_by("since")
    )
    # Without those that are past their day: why somebody's data stays is for nobody to guess.
    leaving = (
        Erasure.objects.filter(done_at=None, undone_at=None, person__in=theirs, due_at__gt=now())
        .select_related("person")
        .order_by("due_at")[:100]
    )
    answered = (
        RightsRequest.objects.visible_to(me)
        .filter(answered_at__isnull=False)
        .select_related("person", "answered_by")
        .order_by("-answered_at")[:20]
    )
    return render(
        request,
        "people/rights/worklist.html",
        {
            "waiting": [(row, row.is_late(today())) for row in waiting],
            "restrictions": told[:100],
            "leaving": leaving,
            "answered": answered,
            "today": today(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def request_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Read one request, take it on, and answer it."""
    me, row = _asked(request, pk)
    if request.method != "POST":
        _log(me, row.person)
    can_answer = rules.can_answer(me, row)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and not can_answer:
        raise PermissionDenied
    if form.is_valid():
        try:
            told = actions.answer(
                row,
                is_done=form.cleaned_data["outcome"] == RightsRequest.State.DONE,
                words=form.cleaned_data["words"],
                by=me,
                at=now(),
            )
        except actions.NotNow as problem:
            form.add_error(None, str(problem))
        else:
            words = _("Answered. We've told them.")
            if told:
                words += " " + _("So have we told those who were given the record.")
            messages.success(request, words)
            return redirect("people:rights_worklist")
    return render(
        request,
        "people/rights/request.html",
        {
            "asked": row,
            "form": form,
            "can_answer": can_answer,
            "can_extend": can_answer and row.extended_at is None and not row.is_late(today()),
            "is_late": row.is_late(today()),
        },
        status=422 if form.is_bound else 200,
    )


@require_POST
def take_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one looks into it."""
    me, row = _asked(request, pk)
    if not rules.can_answer(me, row):
        raise PermissionDenied
    actions.take_on(row, by=me, at=now())
    messages.success(request, _("It's yours now. Others see that."))
    return redirect("people:rights_request", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def extend(request: HttpRequest, pk: int) -> HttpResponse:
    """Take two more months, once, and tell why."""
    me, row = _asked(request, pk)
    if not rules.can_answer(me, row):
        raise PermissionDenied
    form = WhyForm(request.POST or None)
    if form.is_valid():
        try:
            actions.extend(row, why=form.cleaned_data["why"], by=me, at=now())
        except actions.NotNow as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Two more months. We've told them why."))
            return redirect("people:rights_request", pk=pk)
    return render(
        request,
        "people/rights/extend.html",
        {"asked": row, "form": form},
        status=422 if form.is_bound else 200,
    )


@require_safe
def for_them(request: HttpRequest, handle: str) -> HttpResponse:
    """Everything an officer can do about one person's data, at their wish."""
    me, them = _them(request, handle)
    _log(me, them)
    return render(
        request,
        "people/rights/for_them.html",
        {
            "person": them,
            "asked": RightsRequest.objects.visible_to(me).filter(person=them).order_by("-pk")[:20],
            "restriction": Restriction.objects.filter(person=them, lifted_at=None).first(),
            "exports": Export.objects.filter(person=them, asked_by__isnull=False).order_by("-pk")[
                :5
            ],
            "erasure": Erasure.objects.filter(person=them, done_at=None, undone_at=None).first(),
            "hold": Hold.objects.filter(person=them, lifted_at=None).first()
            if rules.can_hold(me)
            else None,
            "can_hold": rules.can_hold(me),
            "now": now(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_them(request: HttpRequest, handle: str, kind: str) -> HttpResponse:
    """Write down what somebody asks by telephone or letter."""
    kinds = {Kind.CORRECTION: CorrectionForThem, Kind.RESTRICTION: RestrictionForThem}
    if kind not in kinds:
        raise Http404
    me, them = _them(request, handle)
    form = kinds[Kind(kind)](request.POST or None)
    if form.is_valid():
        made = actions.ask(them, kind, by=me, at=now(), **form.cleaned_data)
        if kind == Kind.RESTRICTION:
            messages.success(request, _("Done. Nobody uses this record until it is lifted."))
        else:
            messages.success(
                request,
                _("Written down. It is due by %(day)s.") % {"day": exporting.in_words(made.due_on)},
            )
        return redirect("people:rights_for", handle=handle)
    return render(
        request,
        "people/rights/ask.html",
        {"form": form, "person": them, "is_correction": kind == Kind.CORRECTION, "bare": True},
        status=422 if form.is_bound else 200,
    )


@require_POST
def export_for_them(request: HttpRequest, handle: str) -> HttpResponse:
    """Have a copy made to print for somebody."""
    me, them = _them(request, handle)
    actions.ask_export(them, by=me, at=now())
    messages.success(request, _("We're making it. Load this page again in a minute."))
    return redirect("people:rights_for", handle=handle)


@require_POST
def export_page_for_them(request: HttpRequest, handle: str, key: str) -> HttpResponse:
    """Hand an officer the page to print; that they did is in the person's log."""
    me, them = _them(request, handle)
    row = get_object_or_404(Export, key=key, person=them, asked_by__isnull=False)
    if not _can_be_fetched(row):
        raise Http404
    log_read(
        by=me,
        about=them,
        what="export",
        reason="asked_for_data",
        thing=f"export:{row.pk}",
        at=now(),
    )
    Export.objects.filter(pk=row.pk, opened_at=None).update(opened_at=now())
    back = redirect("people:rights_for", handle=handle)
    return _file(request, row.page_name, "for-the-printer.html", back)


@require_http_methods(["GET", "HEAD", "POST"])
def leave_for_them(request: HttpRequest, handle: str) -> HttpResponse:
    """Have somebody forgotten who asked for it by telephone or letter."""
    me, them = _them(request, handle)
    form = LeavingForThem(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            erasure = actions.ask_erasure(
                them,
                by=me,
                at=now(),
                takes_posts=data["posts"] == "take",
                at_once=data["when"] == "now",
                way=data["way"],
                known_by=data["known_by"],
            )
        except actions.NotNow as problem:
            form.add_error(None, str(problem))
        else:
            if data["when"] == "now":
                actions.run_erasure(erasure, at=now())
                return redirect("people:left", key=erasure.number)
            messages.success(request, _("They're gone from view. In 30 days the rest goes."))
            return redirect("people:rights_worklist")
    rows = erasing.preview(them)
    return render(
        request,
        "people/rights/leave.html",
        {
            "form": form,
            "person": them,
            "goes": [row for row in rows if not row["is_kept"]],
            "stays": [row for row in rows if row["is_kept"]],
            "never_told": erasing.never_told(),
            "bare": True,
        },
        status=422 if form.is_bound else 200,
    )


@require_POST
def stay_after_all(request: HttpRequest, handle: str) -> HttpResponse:
    """Somebody who was leaving has thought again."""
    _officer, them = _them(request, handle)
    erasure = get_object_or_404(Erasure, person=them, done_at=None, undone_at=None)
    actions.undo_erasure(erasure, at=now())
    messages.success(request, _("They stay. Everything is as it was."))
    return redirect("people:rights_for", handle=handle)


@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: HttpRequest, handle: str) -> HttpResponse:
    """Tell a person that their record will be used again; a week later, lift it."""
    me, them = _them(request, handle)
    restriction = get_object_or_404(Restriction, person=them, lifted_at=None)
    form = WhyForm(request.POST or None) if restriction.told_at is None else None
    problem = ""
    if request.method == "POST":
        try:
            if form is None:
                actions.lift(restriction, by=me, at=now())
                messages.success(request, _("The record can be used again."))
                return redirect("people:rights_for", handle=handle)
            if form.is_valid():
                actions.tell_before_lifting(
                    restriction, why=form.cleaned_data["why"], by=me, at=now()
                )
                messages.success(request, _("We've told them. Lift it when their week is over."))
                return redirect("people:rights_for", handle=handle)
        except actions.NotNow as refused:
            problem = str(refused)
    return render(
        request,
        "people/rights/lift.html",
        {"person": them, "restriction": restriction, "form": form, "problem": problem},
        status=422 if request.method == "POST" else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def hold(request: HttpRequest, handle: str) -> HttpResponse:
    """Keep everything about somebody for a claim or an inquiry."""
    me, them = _them(request, handle)
    if not rules.can_hold(me):
        raise Http404
    form = HoldForm(request.POST or None)
    if form.is_valid():
        actions.hold(them, by=me, at=now(), **form.cleaned_data)
        messages.success(request, _("Nothing about them is taken away until you release it."))
        return redirect("people:rights_for", handle=handle)
    return render(
        request,
        "people/rights/hold.html",
        {"person": them, "form": form},
        status=422 if form.is_bound else 200,
    )


@require_POST
def release(request: HttpRequest, handle: str) -> HttpResponse:
    """The claim or inquiry is over."""
    me, them = _them(request, handle)
    if not rules.can_hold(me):
        raise Http404
    held = get_object_or_404(Hold, person=them, lifted_at=None)
    actions.release(held, by=me, at=now())
    messages.success(request, _("Released. What is due goes tonight."))
    return redirect("people:rights_for", handle=handle)


# --- Figures and documents, for administrators -------------------------------------------------


def _administrator(request: HttpRequest) -> None:
    if not rules.can_see_figures(_me(request)):
        raise PermissionDenied


@require_safe
def retention_page(request: HttpRequest) -> HttpResponse:
    """What would go tonight, and what went on the last nights. Counts only.

    Never how much is held back: an administrator could read their own alert from it.
    """
    _administrator(request)
    rows = retention.preview(at=now())
    return render(
        request,
        "people/rights/retention.html",
        {
            "due": [row for row in rows if row["count"]],
            "nothing_due": [row for row in rows if not row["count"]],
            "total": sum(row["count"] for row in rows),
            "nights": retention.nights(),
        },
    )


@require_safe
def processing(request: HttpRequest) -> HttpResponse:
    """The record of processing, from the models' own declarations."""
    _administrator(request)
    return render(request, "people/rights/processing.html", {"activities": summary()})


@require_safe
def assessment(request: HttpRequest) -> HttpResponse:
    """The data protection impact assessment: risks, and what is done about each."""
    _administrator(request)
    context: dict[str, Any] = documents.assessment()
    context["is_due"] = context["review_on"] <= today()
    return render(request, "people/rights/assessment.html", context)
