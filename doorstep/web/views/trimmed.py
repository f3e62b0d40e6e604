"""Addresses somebody cuts short: each first word of ours leads to where it would be looked for."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from doorstep.support.requests import rules


@login_not_required
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """What neighbours write stands on the front page."""
    return redirect("web:home")


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Of people everybody has a page of their own, where the account is too."""
    return redirect("people:me")


@login_not_required
@require_safe
def support(request: HttpRequest) -> HttpResponse:
    """The desk for those who have one, the front door for everybody else."""
    person = getattr(request.user, "person", None)
    return redirect("support:desk" if rules.is_worker(person) else "support:ask")
