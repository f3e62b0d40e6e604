"""Plain pages that everyone may read."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Say what Doorstep is, in a minute."""
    return render(request, "web/pages/about.html")


@login_not_required
@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    """Every way to reach a person."""
    return render(request, "web/pages/contact.html")


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """What makes the site easier to use, and what doesn't work yet."""
    return render(request, "web/pages/accessibility.html")


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What we keep about people, in plain words."""
    return render(request, "web/pages/privacy.html")


@login_not_required
@require_safe
def worried(request: HttpRequest) -> HttpResponse:
    """Who to ring when somebody may be in trouble, the loudest door first."""
    return render(request, "web/pages/worried.html")
