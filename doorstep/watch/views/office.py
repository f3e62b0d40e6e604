"""An MP's or councillors' office: what it passed on and what came of it; and counts by ward."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from doorstep.base.pages import read_key
from doorstep.base.time import now
from doorstep.watch import closing, rules, trends
from doorstep.watch.models import Concern
from doorstep.watch.views.guarding import second_step

PAGE = 30


@never_cache
@require_safe
@second_step
def office(request: HttpRequest) -> HttpResponse:
    """What this office passed on, newest first, with what came back. There is no export."""
    me = request.user.person  # type: ignore[union-attr]
    offices = rules.offices_of(me)
    if not offices:
        raise PermissionDenied
    rows = (
        Concern.objects.filter(office__in=offices)
        .select_related("theme", "area", "merged_into")
        .order_by("-pk")
    )
    before = read_key(request.GET.get("before"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    context: dict[str, Any] = {
        "offices": offices,
        "rows": [(row, *closing.words_for(row)) for row in found[:PAGE]],
        "next_before": found[PAGE - 1].pk if len(found) > PAGE else None,
    }
    return render(request, "watch/office.html", context)


@never_cache
@require_safe
@second_step
def ward_trends(request: HttpRequest) -> HttpResponse:
    """Counts by ward and theme over whole months, small numbers hidden. No names, no rows."""
    me = request.user.person  # type: ignore[union-attr]
    paths = rules.trend_paths(me)
    if not paths:
        raise PermissionDenied
    table = trends.table(paths, now())
    return render(request, "watch/trends.html", {"table": table, "fewest": trends.FEWEST})
