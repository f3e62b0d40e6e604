"""Who looked at my record; and, for those who judge, what was unusual."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base.time import now
from doorstep.people import numbers
from doorstep.people.models import OddReading, Person, RoleHolding
from doorstep.people.readings import actions, showing
from doorstep.people.readings.kinds import reasons
from doorstep.people.records import rules
from doorstep.people.records.forms import AskForm, HoldBackForm, ReviewForm
from doorstep.people.rules import holds


def _month(text: str | None) -> int | None:
    if text and text.isascii() and text.isdigit() and len(text) == 6 and 1 <= int(text[4:]) <= 12:
        return int(text)
    return None


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What we hold to reach me, and who has looked."""
    account = request.user
    me: Person = account.person  # type: ignore[union-attr]
    month = _month(request.GET.get("month"))
    asked = OddReading.objects.filter(subject=me, kind=OddReading.Kind.ASKED).in_bulk(
        field_name="key"
    )
    looks = showing.looks(me, month=month, limit=showing.MOST_ON_A_PAGE)
    return render(
        request,
        "people/readings/mine.html",
        {
            "person": me,
            "phone": numbers.shown(account.phone or me.phone),  # type: ignore[union-attr]
            "email": account.email or me.email,  # type: ignore[union-attr]
            "looks": [
                (look, next(filter(None, (asked.get(f"asked:{pk}") for pk in look.ids)), None))
                for look in looks
            ],
            "months": [(one, dt.date(one // 100, one % 100, 1)) for one in showing.months(me)],
            "month": month,
        },
    )


@never_cache
@require_safe
def mine_on_paper(request: HttpRequest) -> HttpResponse:
    """The same, to print."""
    me = request.user.person  # type: ignore[union-attr]
    return render(
        request,
        "people/records/log_paper.html",
        {"person": me, "looks": showing.looks(me, limit=400), "at": now(), "is_mine": True},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask about one look at my record."""
    me = request.user.person  # type: ignore[union-attr]
    row = get_object_or_404(showing.about(me).exclude(reader=me), pk=pk)
    if row.reason == "emergency" and showing.is_held_back(me, row):
        raise Http404
    look = showing.told(row)
    look.add(row)
    form = AskForm(request.POST or None)
    if form.is_valid():
        actions.ask_about(row, by=me, words=form.cleaned_data["words"], at=now())
        messages.success(
            request,
            _("Thank you for asking. Somebody who didn't look will find out and tell you."),
        )
        return redirect("people:my_record")
    return render(
        request,
        "people/readings/ask.html",
        {"form": form, "look": look, "bare": True},
        status=422 if form.is_bound else 200,
    )


# --- Judging ---------------------------------------------------------------------------------


def _visible(me: Person):  # type: ignore[no-untyped-def]
    """What `me` may judge: never their own reading, nor what is about themselves."""
    return (
        OddReading.objects.select_related("reader", "subject", "reviewed_by", "held_back_by")
        .exclude(reader=me)
        .exclude(Q(subject=me) & Q(subject__isnull=False))
    )


@never_cache
@require_safe
def reviews(request: HttpRequest) -> HttpResponse:
    """List what was unusual and nobody has judged yet, and the last that were judged."""
    me = request.user.person  # type: ignore[union-attr]
    if not rules.can_review(me):
        raise PermissionDenied
    return render(
        request,
        "people/readings/reviews.html",
        {
            "open": _visible(me).filter(outcome="").order_by("-found_at", "-pk")[:100],
            "done": _visible(me).exclude(outcome="").order_by("-reviewed_at", "-pk")[:20],
            "sees_names": _sees_words(me),
        },
    )


def _sees_words(me: Person) -> bool:
    """Whether more than handles, counts and reasons may be shown: an administrator's role alone
    opens no story."""
    return holds(me, RoleHolding.Role.SAFEGUARDING)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, handle: str) -> HttpResponse:
    """Judge one."""
    me = request.user.person  # type: ignore[union-attr]
    if not rules.can_review(me):
        raise PermissionDenied
    odd = get_object_or_404(_visible(me), handle=handle)
    form = ReviewForm(request.POST or None)
    sees_words = _sees_words(me)
    problem = ""
    if not odd.outcome and form.is_valid():
        try:
            actions.judge(odd, by=me, at=now(), **form.cleaned_data)
        except actions.CannotJudge as refused:
            problem = str(refused)
        else:
            messages.success(request, _("Written down. It is off the list."))
            return redirect("people:reviews")
    return render(
        request,
        "people/readings/review.html",
        {
            "odd": odd,
            "form": form,
            "problem": problem,
            "sees_words": sees_words,
            "why": [reasons.get(name).label for name in odd.reasons if reasons.get(name)],  # type: ignore[union-attr]
            "said": actions.words_about(odd) if sees_words else [],
            "can_hold_back": _can_hold_back(me, odd),
        },
        status=422 if form.is_bound else 200,
    )


def _can_hold_back(me: Person, odd: OddReading) -> bool:
    return (
        odd.kind == OddReading.Kind.BREAK_GLASS
        and odd.told_at is None
        and holds(me, RoleHolding.Role.SAFEGUARDING)
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hold_back(request: HttpRequest, handle: str) -> HttpResponse:
    """Keep an emergency from the person for now, or tell them after all."""
    me = request.user.person  # type: ignore[union-attr]
    if not _sees_words(me):
        raise PermissionDenied
    odd = get_object_or_404(_visible(me), handle=handle)
    if not _can_hold_back(me, odd):
        raise Http404
    form = HoldBackForm(request.POST or None)
    if request.method == "POST" and odd.held_back_by is not None:
        actions.let_know(odd, by=me, at=now())
        messages.success(request, _("They are told now."))
        return redirect("people:review", handle=handle)
    if form.is_valid():
        actions.hold_back(odd, by=me, because=form.cleaned_data["because"], at=now())
        messages.success(request, _("They are not told for now. It stays in the log."))
        return redirect("people:review", handle=handle)
    return render(
        request,
        "people/readings/hold_back.html",
        {"odd": odd, "form": form, "bare": True},
        status=422 if form.is_bound else 200,
    )
