"""Plain pages that everyone may read; `web/urls.py` says which there are."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def plain(request: HttpRequest, page: str) -> HttpResponse:
    """Show one of the plain pages, `web/pages/<page>.html`."""
    return render(request, f"web/pages/{page}.html")
