"""Plain pages that everyone may read; `web/urls.py` says which there are."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from doorstep.base.declaring import summary
from doorstep.base.time import now
from doorstep.web.models import WordsChange


@login_not_required
@require_safe
def plain(request: HttpRequest, page: str) -> HttpResponse:
    """Show one of the plain pages, `web/pages/<page>.html`."""
    return render(request, f"web/pages/{page}.html")


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What we keep about people, in layers: in short, then each thing from its declaration."""
    changed = WordsChange.objects.filter(
        what=WordsChange.What.PRIVACY, at__gte=now() - dt.timedelta(days=60)
    ).first()
    return render(request, "web/pages/privacy.html", {"activities": summary(), "changed": changed})
