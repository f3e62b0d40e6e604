"""How we keep this place safe: for everybody to read, and for its keepers to look after."""

from __future__ import annotations

import csv
import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base.time import now, today
from doorstep.people.models import Person
from doorstep.people.rules import can_moderate, holds
from doorstep.web.safety import actions
from doorstep.web.safety.forms import AnswerForm, ChangeForm, ComplaintForm, ReviewForm
from doorstep.web.safety.models import Complaint, Record, Review, WordsChange

A_YEAR = dt.timedelta(days=365)


def can_keep_records(person: Person | None) -> bool:
    """Moderators and administrators look after the safety records."""
    return holds(person, *actions.KEEPERS)


def _me(request: HttpRequest) -> Person | None:
    return getattr(request.user, "person", None)


def _keeper(request: HttpRequest) -> Person:
    me = _me(request)
    if me is None or not can_keep_records(me):
        raise PermissionDenied
    return me


# --- For everybody ----------------------------------------------------------------------------


@login_not_required
@require_safe
def safety(request: HttpRequest) -> HttpResponse:
    """How we keep this place safe, with the numbers of a year."""
    # Read by everybody, and the same for an hour.
    figures = cache.get_or_set(
        "safety-figures", lambda: actions.public_figures(now() - A_YEAR), 3600
    )
    return render(
        request,
        "web/safety/safety.html",
        {
            "figures": figures,
            "accountable": _accountable(),
            "keeps": can_keep_records(_me(request)),
        },
    )


def _accountable() -> str:
    found = Review.objects.filter(record=Record.MEASURES, key="accountable").order_by("-number")
    newest = found.first()
    return newest.owner if newest else ""


@login_not_required
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """What changed on the pages that tell how we do things."""
    return render(
        request,
        "web/safety/changes.html",
        {"changes": list(WordsChange.objects.all()[:50]), "keeps": can_keep_records(_me(request))},
    )


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def complain(request: HttpRequest) -> HttpResponse:
    """Tell us that we do it wrong; no account is needed."""
    me = _me(request)
    keeps = can_keep_records(me)
    form = ComplaintForm(request.POST or None, is_known=me is not None, is_keeper=keeps)
    if form.is_valid():
        given = form.cleaned_data
        # One that a keeper types for somebody is not the keeper's own.
        how = given.pop("how", Complaint.How.WEB)
        row = actions.complain(
            by=None if keeps and how != Complaint.How.WEB else me,
            at=now(),
            how=how,
            **({"contact": ""} | given),
        )
        return render(request, "web/safety/complained.html", {"complaint": row, "me": me})
    status = 422 if form.errors else 200
    return render(request, "web/safety/complain.html", {"form": form, "bare": True}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def complaint(request: HttpRequest, key: str) -> HttpResponse:
    """One complaint: whoever made it reads the answer, keepers write it."""
    me = _me(request)
    row = get_object_or_404(Complaint.objects.select_related("by"), key=key)
    keeps = can_keep_records(me)
    is_mine = me is not None and row.by_id == me.pk
    if not (keeps or is_mine):
        raise Http404
    may_answer = keeps and not is_mine and row.answered_at is None
    if request.method == "POST" and not may_answer:
        raise PermissionDenied
    form = AnswerForm(request.POST or None) if may_answer else None
    if form is not None and form.is_valid():
        assert me is not None  # noqa: S101
        try:
            actions.answer(
                row,
                text=form.cleaned_data["text"],
                is_upheld=form.cleaned_data["is_upheld"] == "yes",
                by=me,
                at=now(),
            )
        except actions.AlreadyAnswered:
            messages.info(request, _("Somebody else has answered it. Here is what they wrote."))
        else:
            messages.success(request, _("Answered. Thank you."))
        return redirect("web:complaint", key)
    return render(
        request,
        "web/safety/complaint.html",
        {"complaint": row, "form": form, "is_mine": is_mine, "keeps": keeps},
        status=422 if form is not None and form.errors else 200,
    )


# --- For the keepers --------------------------------------------------------------------------


@never_cache
@require_safe
def records(request: HttpRequest) -> HttpResponse:
    """The records, what is due, the numbers, and the complaints that wait."""
    _keeper(request)
    found = [(record, actions.entries(record)) for record in Record]
    return render(
        request,
        "web/safety/records.html",
        {
            "records": [(record, rows, sum(one.is_due for one in rows)) for record, rows in found],
            "figures": [one for one in actions.figures(now() - A_YEAR).values() if one.flags],
            "complaints": list(Complaint.objects.order_by("answered_at", "due_on")[:30]),
            "today": today(),
        },
    )


@never_cache
@require_safe
def record(request: HttpRequest, record: str) -> HttpResponse:
    """One record, with every entry as it holds now."""
    _keeper(request)
    if record not in Record.values:
        raise Http404
    return render(
        request,
        "web/safety/record.html",
        {"record": Record(record), "entries": actions.entries(record)},
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest, record: str, key: str) -> HttpResponse:
    """Look at one entry again, and write down how it holds now."""
    me = _keeper(request)
    found = actions.entry(record, key)
    if found is None:
        raise Http404
    holds_now = found.now
    names = ("likely", "harm", "why", "measures", "left", "owner")
    initial = {name: getattr(holds_now, name) for name in names} | {
        "number": found.review.number if found.review else 0,
        "due_on": today() + actions.LOOK_AGAIN,
    }
    form = ReviewForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            actions.review(record, key, by=me, at=now(), **form.cleaned_data)
        except actions.AlreadyReviewed:
            form.add_error(
                None, _("Somebody else wrote a newer review. Read it below, then send yours again.")
            )
            data = request.POST.copy()
            data["number"] = str(found.review.number if found.review else 0)
            form.data = data
        else:
            messages.success(request, _("Written down. The one before is kept."))
            return redirect("web:safety_record", record)
    figures = actions.figures(now() - A_YEAR)
    past = Review.objects.filter(record=record, key=key).select_related("by").order_by("-number")
    return render(
        request,
        "web/safety/entry.html",
        {
            "record": Record(record),
            "entry": found,
            "form": form,
            "figures": [figures[rule] for rule in found.draft.rules],
            "moderates": can_moderate(me),
            "past": list(past[:30]),
        },
        status=422 if form.errors else 200,
    )


@never_cache
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """Flags and what became of them by rule, for each of the last twelve months, as CSV."""
    _keeper(request)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="reports-and-outcomes.csv"'
    response.write("\ufeff")
    out = csv.writer(response)
    out.writerow(
        ["from", "until", "rule", "flags", "taken_down", "stayed", "appealed",
         "changed_on_appeal", "median_hours_to_decision"]
    )  # fmt: skip
    until = now()
    for _month in range(12):
        since = until - dt.timedelta(days=30)
        for rule, one in actions.figures(since, until).items():
            out.writerow(
                [since.date(), until.date(), rule, one.flags, one.taken_down, one.stayed,
                 one.appealed, one.changed, one.hours if one.hours is not None else ""]
            )  # fmt: skip
        until = since
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tell_change(request: HttpRequest) -> HttpResponse:
    """Write down that one of our pages changed."""
    me = _keeper(request)
    form = ChangeForm(request.POST or None)
    if form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        actions.tell_change(given.pop("what"), given.pop("text"), by=me, at=now(), **given)
        messages.success(request, _("Written down. Everybody can read it."))
        return redirect("web:changes")
    return render(
        request, "web/safety/tell_change.html", {"form": form, "bare": True},
        status=422 if form.errors else 200,
    )  # fmt: skip
