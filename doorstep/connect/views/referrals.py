"""Proposing somebody, answering with an account or by a link, and hearing what became of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.time import now
from doorstep.connect import links, rules
from doorstep.connect.actions import matching, referring
from doorstep.connect.actions import meeting as table_actions
from doorstep.connect.calls import views as calls
from doorstep.connect.diary import views as diary
from doorstep.connect.forms import (
    AnswerReferralForm,
    GuestForm,
    ReferForm,
    TakeOnForm,
    WordsForm,
)
from doorstep.connect.models import CaseGuest, Referral, ReferralStep
from doorstep.people.models import Person
from doorstep.people.readings.actions import log_read
from doorstep.people.records.rules import can_open_record


def _me(request: HttpRequest) -> Person | None:
    return getattr(request.user, "person", None)


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def refer(request: HttpRequest) -> HttpResponse:
    """Propose oneself or somebody else; officers, from a record."""
    me = _me(request)
    about = None
    handle = request.GET.get("for", "")
    if handle and me is not None:
        about = Person.objects.filter(handle=handle).first()
        if about is None or not can_open_record(me, about):
            raise Http404
    form = ReferForm(
        request.POST or None,
        me=me,
        about=about,
        initial={"source": "letter" if about else "self"},
    )
    if form.is_valid():
        try:
            referral = referring.refer(by=me, at=now(), **form.values())
        except referring.NotNow as problem:
            form.add_error(None, str(problem))
        else:
            if referral.state == Referral.State.SIGNPOST:
                return render(request, "connect/signpost.html", {"referral": referral})
            if me is not None:
                messages.success(request, _("Sent. You hear as soon as they have looked."))
                return redirect(referral)
            return redirect("connect:link", token=links.token_for("sent", referral.ref))
    at = now()
    those = list(rules.takers().order_by("name"))
    waits = referring.expected_waits(those, at)
    takers = [(one, waits[one.pk]) for one in those]
    context = {"form": form, "takers": takers, "about": about, "bare": True}
    return render(request, "connect/refer.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def referral(request: HttpRequest, ref: str) -> HttpResponse:
    """What was sent, what happened since, and for those who answer: what to say."""
    me: Person = request.user.person  # type: ignore[union-attr]
    seen = Referral.objects.visible_to(me).select_related(
        "organisation", "person", "person__home", "area", "sender"
    )
    row = get_object_or_404(seen, ref=ref)
    return _page(request, row, me=me)


def _page(request: HttpRequest, row: Referral, *, me: Person | None) -> HttpResponse:
    """The page of a referral for somebody with an account."""
    at = now()
    receives = rules.can_receive(me, row)
    sends = me is not None and me.pk in (row.sender_id, row.person_id)
    what = request.POST.get("what", "")
    form: Any = None
    take: Any = None
    if receives and row.state in (Referral.State.SENT, Referral.State.ASKED):
        form = AnswerReferralForm(request.POST if what == "answer" else None)
    elif receives and row.state == Referral.State.WAITING:
        found = referring.matches(row)
        take = TakeOnForm(request.POST if what == "take" else None, matches=found)
        form = AnswerReferralForm(request.POST if what == "answer" else None)
        form.fields["answer"].choices = [("decline", _("We can’t after all"))]
        form.initial["answer"] = "decline"
    reply = None
    if sends and row.state == Referral.State.ASKED:
        reply = WordsForm(request.POST if what == "reply" else None)
    if request.method == "POST":
        try:
            if what == "withdraw":
                if not sends:
                    raise PermissionDenied
                referring.withdraw(row, by=me, at=at)
                messages.success(request, _("Taken back. Nobody gets in touch."))
                return redirect(row)
            if what == "answer" and form is not None and form.is_valid():
                _answer(row, form, by=me)
                messages.success(request, _("Thank you. Whoever sent it has been told."))
                return redirect(row)
            if what == "take" and take is not None and take.is_valid():
                data = take.cleaned_data
                relationship = referring.take_on(
                    row,
                    by=me,  # type: ignore[arg-type]
                    to=take.by_handle[data["to"]],
                    at=at,
                    next_step=data["next_step"],
                    next_on=data["next_on"],
                )
                messages.success(request, _("Somebody walks alongside from now on."))
                return redirect(relationship if rules.can_see(me, relationship) else "connect:home")
            if what == "reply" and reply is not None and reply.is_valid():
                referring.answer(row, by=me, at=at, words=reply.cleaned_data["words"])
                messages.success(request, _("Sent. They look at it again."))
                return redirect(row)
            if what in ("same", "other", "part"):
                if me is None or not receives:
                    raise PermissionDenied
                _whether_known(row, what, request.POST.get("who", ""), by=me)
                messages.success(request, _("Written down."))
                return redirect(row)
        except referring.NotNow as problem:
            messages.error(request, str(problem))
            return redirect(row)
        if not receives and not sends:
            raise PermissionDenied
    if receives and row.person is not None and request.method == "GET":
        log_read(
            by=me,  # type: ignore[arg-type]
            about=row.person,
            what="referral",
            reason="referral",
            thing=row.ref,
            at=at,
        )
    context = {
        "referral": row,
        "steps": _steps(row, receives=receives),
        "twins": matching.suggestions(row, me) if receives and me is not None else [],
        "was_joined": receives and matching.was_joined(row),
        "form": form,
        "take": take,
        "reply": reply,
        "receives": receives,
        "sends": sends,
        "wait": referring.expected_wait(row.organisation, at),
        "shows_reach": receives and row.state in (Referral.State.WAITING, Referral.State.TAKEN),
        "token": "",
        "bare": True,
    }
    bad = any(one is not None and one.errors for one in (form, take, reply))
    return render(request, "connect/referral.html", context, status=422 if bad else 200)


def _whether_known(row: Referral, what: str, handle: str, *, by: Person) -> None:
    """Whoever answers says whether it is somebody we know."""
    if what == "part":
        matching.part(row, by=by, at=now())
        return
    person = get_object_or_404(matching.known_to(by, row), handle=handle)
    act = matching.is_them if what == "same" else matching.is_somebody_else
    act(row, person, by=by, at=now())


def _steps(row: Referral, *, receives: bool) -> list[ReferralStep]:
    """What happened so far; whom we know is for those who answer alone."""
    steps = row.steps.select_related("whom")  # type: ignore[attr-defined]
    return list(steps if receives else steps.exclude(kind__in=ReferralStep.INSIDE))


def _answer(row: Referral, form: AnswerReferralForm, *, by: Person | None) -> None:
    data, at = form.cleaned_data, now()
    if data["answer"] == "accept":
        referring.accept(row, by=by, at=at, words=data["words"])
    elif data["answer"] == "ask":
        referring.ask(row, by=by, at=at, words=data["words"])
    else:
        referring.decline(row, by=by, at=at, why=data["why"], words=data["words"])


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """A signed link: an organisation answers, a sender looks, a guest sits at the table."""
    found = links.read(token)
    if found is None:
        return _dead(request)
    what, key, number = found
    if what == "referral":
        row = (
            Referral.objects.filter(ref=key, link_number=number)
            .select_related("organisation", "area", "person")
            .first()
        )
        if row is None or row.state in (Referral.State.WITHDRAWN, Referral.State.SIGNPOST):
            return _dead(request)
        return _by_link(request, row, token)
    if what == "sent":
        row = Referral.objects.filter(ref=key).select_related("organisation", "person").first()
        return _dead(request) if row is None else _sent(request, row, token)
    if what == "table":
        guest = (
            CaseGuest.objects.filter(key=key)
            .select_related("meeting__relationship__person")
            .first()
        )
        if guest is None or not table_actions.may_open(guest, now()):
            return _dead(request)
        return _table(request, guest, token)
    if what == "evidence":
        return diary.shared(request, token, key, _dead)
    if what == "call":
        return calls.by_link(request, key, number) or _dead(request)
    return _dead(request)


def _dead(request: HttpRequest) -> HttpResponse:
    return render(request, "connect/dead.html", {"bare": True}, status=410)


def _by_link(request: HttpRequest, row: Referral, token: str) -> HttpResponse:
    """The receiving organisation, without an account: no name or number until it says yes."""
    form = None
    if row.state in (Referral.State.SENT, Referral.State.ASKED):
        form = AnswerReferralForm(request.POST or None)
        if form.is_valid():
            try:
                _answer(row, form, by=None)
                messages.success(request, _("Thank you. Whoever sent it has been told."))
            except referring.NotNow as problem:
                messages.error(request, str(problem))
            return redirect("connect:link", token=token)
    context = {
        "referral": row,
        "steps": _steps(row, receives=False),
        "form": form,
        "receives": True,
        "wait": referring.expected_wait(row.organisation, now()),
        "shows_reach": row.state == Referral.State.WAITING,
        "token": token,
        "bare": True,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "connect/referral.html", context, status=status)


def _sent(request: HttpRequest, row: Referral, token: str) -> HttpResponse:
    """A sender without an account: what became of it, an answer, taking it back."""
    reply = None
    what = request.POST.get("what", "")
    if row.state == Referral.State.ASKED:
        reply = WordsForm(request.POST if what == "reply" else None)
    if request.method == "POST":
        try:
            if what == "withdraw":
                referring.withdraw(row, by=None, at=now())
                messages.success(request, _("Taken back. Nobody gets in touch."))
                return redirect("connect:link", token=token)
            if reply is not None and reply.is_valid():
                referring.answer(row, by=None, at=now(), words=reply.cleaned_data["words"])
                messages.success(request, _("Sent. They look at it again."))
                return redirect("connect:link", token=token)
        except referring.NotNow as problem:
            messages.error(request, str(problem))
    context = {
        "referral": row,
        "steps": _steps(row, receives=False),
        "reply": reply,
        "sends": True,
        "receives": False,
        "wait": referring.expected_wait(row.organisation, now()),
        "token": token,
        "bare": True,
    }
    status = 422 if reply is not None and reply.errors else 200
    return render(request, "connect/referral.html", context, status=status)


def _table(request: HttpRequest, guest: CaseGuest, token: str) -> HttpResponse:
    """What a guest of a case meeting sees and writes."""
    at = now()
    mine = list(guest.actions.all())  # type: ignore[attr-defined]
    form = GuestForm(request.POST or None, actions=mine)
    if form.is_valid():
        data = form.cleaned_data
        if data["action"]:
            table_actions.finish_action(form.open[data["action"]], at=at, outcome=data["outcome"])
        if data["learned"]:
            table_actions.learned(guest, words=data["learned"])
        messages.success(request, _("Written down. Thank you."))
        return redirect("connect:link", token=token)
    if guest.opened_at is None and request.method == "GET":
        CaseGuest.objects.filter(pk=guest.pk).update(opened_at=at)
    context = {
        "guest": guest,
        "meeting": guest.meeting,
        "actions": list(guest.meeting.actions.select_related("owner")),  # type: ignore[attr-defined]
        "guests": list(guest.meeting.guests.all()),  # type: ignore[attr-defined]
        "form": form,
        "bare": True,
        "back": reverse("connect:link", args=[token]),
    }
    return render(request, "connect/table.html", context, status=422 if form.errors else 200)
