"""Themes, who looks after what, and offices: for hub officers and administrators."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.pages import read_key
from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.watch import rules
from doorstep.watch.actions import arranging
from doorstep.watch.forms.care import DutyForm, OfficeForm, ThemeForm
from doorstep.watch.models import Concern, Duty, Office, Theme


def _me(request: HttpRequest) -> Person:
    me: Person = request.user.person  # type: ignore[union-attr]
    if not rules.can_arrange(me):
        raise PermissionDenied
    return me


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def themes(request: HttpRequest) -> HttpResponse:
    """The tree of themes: change, add, put away (never delete), bring back."""
    _me(request)
    slug = request.POST.get("theme") or request.GET.get("theme") or ""
    chosen = get_object_or_404(Theme, slug=slug) if slug else None
    verb = request.POST.get("verb", "")
    if chosen is not None and verb == "archive":
        arranging.archive_theme(chosen, at=now())
        messages.success(request, _("Put away. What is under it keeps its name."))
        return redirect("watch:themes")
    if chosen is not None and verb == "bring-back":
        arranging.bring_back_theme(chosen)
        messages.success(request, _("It can be chosen again."))
        return redirect("watch:themes")
    form = ThemeForm(request.POST if request.method == "POST" else None, instance=chosen)
    if form.is_valid():
        arranging.save_theme(form.save(commit=False))
        messages.success(request, _("Saved."))
        return redirect("watch:themes")
    rows = list(
        Theme.objects.annotate(
            open_ones=Count("concerns", filter=Q(concerns__state__in=Concern.OPEN))
        )
    )
    tree = [
        (group, [row for row in rows if row.parent_id == group.pk])
        for group in rows
        if group.parent_id is None
    ]
    context = {"form": form, "chosen": chosen, "tree": tree}
    return render(request, "watch/themes.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def duties(request: HttpRequest) -> HttpResponse:
    """Who looks after what, where."""
    me = _me(request)
    ending = read_key(request.POST.get("end"))
    if ending is not None:
        duty = get_object_or_404(Duty, pk=ending)
        arranging.end_duty(duty, at=now())
        messages.success(request, _("Ended. What they have in hand stays with them."))
        return redirect("watch:duties")
    form = DutyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        arranging.give_duty(by=me, at=now(), **form.values())
        messages.success(request, _("Written down. New concerns go to them."))
        return redirect("watch:duties")
    rows = (
        Duty.objects.filter(ended_at=None)
        .select_related("theme", "area", "person")
        .order_by("area__path", "theme__order", "pk")
    )
    context: dict[str, Any] = {"form": form, "rows": rows}
    return render(request, "watch/duties.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def offices(request: HttpRequest) -> HttpResponse:
    """Which MPs' and councillors' offices pass things on."""
    me = _me(request)
    ending = read_key(request.POST.get("end"))
    if ending is not None:
        arranging.close_office(get_object_or_404(Office, pk=ending), at=now())
        messages.success(request, _("Closed. Its people read nothing here any more."))
        return redirect("watch:offices")
    form = OfficeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        arranging.open_office(by=me, at=now(), **form.values())
        messages.success(request, _("Open. Its people find it in their work."))
        return redirect("watch:offices")
    rows = (
        Office.objects.filter(closed_at=None)
        .select_related("organisation")
        .prefetch_related("areas")
        .order_by("organisation__name", "pk")
    )
    context = {"form": form, "rows": rows}
    return render(request, "watch/offices.html", context, status=422 if form.errors else 200)
