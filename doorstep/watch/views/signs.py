"""Weak signs that wait for a human."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.forms import CleanLine
from doorstep.base.time import now
from doorstep.watch import rules, weighing
from doorstep.watch.models import SignDecision
from doorstep.watch.views.guarding import second_step

MOST = 60


class WeighForm(forms.Form):
    """What a human makes of one sign."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=80)
    decision = forms.ChoiceField(
        label=gettext_lazy("What do you make of it?"),
        choices=SignDecision.Decision.choices,
        error_messages={"required": gettext_lazy("Choose one")},
    )
    reason = CleanLine(
        label=gettext_lazy("Why?"),
        max_length=300,
        error_messages={"required": gettext_lazy("Say why, in a few words")},
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@second_step
def signs(request: HttpRequest) -> HttpResponse:
    """Each sign with its reason and the day it runs out; somebody decides, with a reason."""
    me = request.user.person  # type: ignore[union-attr]
    if not rules.is_carer(me):
        raise PermissionDenied
    at = now()
    rows = weighing.for_viewer(me, at)
    form = WeighForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        shown = next((row for row in rows if row.sign.key == data["key"]), None)
        done = shown and weighing.decide(
            shown, decision=data["decision"], reason=data["reason"], by=me, at=at
        )
        if done:
            messages.success(request, _("Written down."))
        else:
            messages.info(request, _("Somebody else was first, or it has run out."))
        if done and done.concern is not None and rules.can_see(me, done.concern):
            return redirect(done.concern)
        return redirect("watch:signs")
    typed = request.POST.get("key", "")
    context = {
        "rows": [
            (row, form if form.is_bound and row.sign.key == typed else _fresh(row, number))
            for number, row in enumerate(rows[:MOST])
        ],
        "is_more": len(rows) > MOST,
        "form": form if form.is_bound else None,
    }
    return render(request, "watch/signs.html", context, status=422 if form.errors else 200)


def _fresh(row: weighing.Shown, number: int) -> WeighForm:
    return WeighForm(initial={"key": row.sign.key}, auto_id=f"id_{number}_%s")
