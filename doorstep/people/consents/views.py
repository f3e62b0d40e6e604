"""One's own: what I agreed to; and what I relied on and must stop."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorstep.base import keys
from doorstep.base.time import now
from doorstep.people.consents import actions, rules
from doorstep.people.consents.forms import AgreeForm, DoneForm, question
from doorstep.people.consents.kinds import labels, purposes
from doorstep.people.consents.showing import parted, shown
from doorstep.people.models import Ask, Consent, How, Override, Person, Reliance


def _me(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr]


@require_safe
def agreements(request: HttpRequest) -> HttpResponse:
    """What I have agreed to, what is asked, and what was shared without asking me."""
    me = _me(request)
    rows = (
        Consent.objects.filter(person=me)
        .select_related("recorded_by", "withdrawn_by")
        .prefetch_related("sheets__openings")
        .order_by("-recorded_at", "-pk")
    )
    live, past = parted(rows)
    asks = [
        {
            "ask": row,
            "question": question(row.purpose, actions.recipient_of(row)),
            "parts": labels(row.parts),
            "purpose": purposes.get(row.purpose),
        }
        for row in Ask.objects.filter(person=me, answered_at=None)
        .select_related("asked_by")
        .order_by("-asked_at")
        if purposes.get(row.purpose)
    ]
    without = [
        shown(row)
        for row in Override.objects.filter(person=me, held_back_at=None)
        .exclude(told_at=None)
        .select_related("made_by")
        .prefetch_related("sheets__openings")
        .order_by("-made_at")
    ]
    return render(
        request,
        "people/consents/agreements.html",
        {
            "live": live,
            "past": past,
            "asks": asks,
            "without": without,
            "offers": rules.own_purposes(me),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def agree(request: HttpRequest, purpose: str) -> HttpResponse:
    """Say yes to something."""
    me = _me(request)
    known = dict(rules.own_purposes(me)).get(purpose)
    if known is None:
        raise Http404
    form = AgreeForm(request.POST or None, purpose=purpose)
    if form.is_valid():
        at = now()
        recipient = form.recipient
        try:
            actions.give(
                me,
                purpose=purpose,
                recipient=recipient,
                parts=form.cleaned_data["parts"],
                by=me,
                at=at,
                how=How.WEB,
                asked=question(purpose, recipient),
                language=me.reads,
                ends_at=form.ends_at(at),
                client_key=form.cleaned_data["client_key"],
            )
        except actions.CannotAgree as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Written down. You can stop it here any time."))
            return redirect("people:agreements")
    return render(
        request,
        "people/consents/agree.html",
        {"form": form, "purpose": known, "bare": True},
        status=422 if form.is_bound else 200,
    )


@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one's mind: one press, at once."""
    me = _me(request)
    consent = get_object_or_404(Consent, pk=pk, person=me)
    actions.withdraw(consent, by=me, at=now(), how=How.WEB)
    messages.success(request, _("Stopped. Whoever used it is told right now."))
    return redirect("people:agreements")


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Pressed by mistake: say yes again, to the same. Links that died stay dead."""
    me = _me(request)
    old = get_object_or_404(Consent, pk=pk, person=me)
    known = purposes.get(old.purpose)
    if known is None or not known.by_oneself or not rules.decides_alone(me):
        raise Http404
    recipient = actions.recipient_of(old)
    at = now()
    same: dict[str, Any] = actions.same_recipient(me, old.purpose, recipient)
    if not Consent.objects.live(at).filter(**same).exists():
        actions.give(
            me,
            purpose=old.purpose,
            recipient=recipient,
            parts=[part for part in old.parts if part in known.parts],
            by=me,
            at=at,
            how=How.WEB,
            asked=question(old.purpose, recipient),
            language=me.reads,
            ends_at=old.ends_at if old.ends_at and old.ends_at > at else None,
            client_key=keys.new_key(20),
        )
    messages.success(request, _("Written down again. Old links stay dead."))
    return redirect("people:agreements")


@require_POST
def answer_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes or no to a question."""
    me = _me(request)
    asked = get_object_or_404(Ask, pk=pk, person=me)
    if purposes.get(asked.purpose) is None:
        raise Http404
    yes = request.POST.get("answer") == "yes"
    try:
        done = actions.answer_ask(asked, yes=yes, by=me, at=now())
    except actions.CannotAgree as problem:
        messages.error(request, str(problem))
    else:
        messages.success(
            request,
            _("Thank you. You said yes, and can stop it here any time.")
            if done.answer == Ask.Answer.YES
            else _("Thank you. You said no, and that's that."),
        )
    return redirect("people:agreements")


# --- What I relied on ----------------------------------------------------------------------------


@require_safe
def relied(request: HttpRequest) -> HttpResponse:
    """What I used with somebody's yes: what to stop, what runs out, what I asked."""
    me = _me(request)
    mine = (
        rules.reliances_visible_to(Reliance.objects.all(), me)
        .select_related("consent__person", "override__person")
        .order_by("-at", "-pk")
    )
    rows = [_relied_row(row) for row in mine[:200]]
    return render(
        request,
        "people/consents/relied.html",
        {
            "to_stop": [
                row for row in rows if row["reliance"].told_at and not row["reliance"].done_at
            ],
            "running": [row for row in rows if not row["reliance"].told_at],
            "done": [row for row in rows if row["reliance"].done_at],
            "asks": [
                {"ask": row, "recipient": actions.recipient_of(row)}
                for row in Ask.objects.filter(asked_by=me)
                .select_related("person")
                .order_by("-asked_at")[:50]
            ],
            "recorded": [
                shown(row)
                for row in Consent.objects.unended()
                .filter(
                    recorded_by=me,
                    ends_at__gt=now(),
                    ends_at__lte=now() + max(actions.WARN_BEFORE),
                )
                .exclude(person=me)
                .select_related("person", "recorded_by")
                .order_by("ends_at")[:50]
            ],
            "form": DoneForm(),
        },
    )


def _relied_row(reliance: Reliance) -> dict[str, Any]:
    basis = reliance.consent or reliance.override
    sheet = reliance.thing.removeprefix("sheet:")
    return {
        "reliance": reliance,
        "basis": shown(basis) if basis else None,
        "sheet": int(sheet) if reliance.thing.startswith("sheet:") and sheet.isdigit() else None,
    }


@require_POST
def relied_done(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick what was done about a yes that ended."""
    me = _me(request)
    found = get_object_or_404(rules.reliances_visible_to(Reliance.objects.all(), me), pk=pk)
    form = DoneForm(request.POST)
    if form.is_valid():
        actions.tick_off(found, by=me, at=now(), words=form.cleaned_data["words"])
        messages.success(request, _("Thank you. It's off your list."))
    else:
        messages.error(request, _("Keep it under 300 letters."))
    return redirect("people:relied")
