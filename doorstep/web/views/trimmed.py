"""Addresses somebody cuts short: each first word of ours leads to where it would be looked for,
and each longer beginning of an address to the page above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, URLPattern, get_resolver, get_urlconf
from django.views.decorators.http import require_safe

from doorstep.support.requests import rules
from doorstep.web.views import errors


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


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, but for the beginning of an address of ours, which leads to the page above.

    Which those are is the same for everybody: nothing is told of what may not be seen.
    """
    if request.method in ("GET", "HEAD"):
        further = beginnings(get_urlconf()).get(request.path_info.strip("/"))
        if further is not None:
            return redirect(further)
    return errors.not_found(request, exception)


@lru_cache(4)
def beginnings(urlconf: str | None = None) -> dict[str, str]:
    """Return every beginning of an address, in whole words, that is none itself -> the one above.

    Words alone: what holds a name or a number of something isn't there.
    """
    resolver = get_resolver(urlconf)

    def is_address(path: str) -> bool:
        try:
            # Where a name may stand, any word is an address, and mostly of nothing.
            return "<" not in resolver.resolve(path).route
        except Resolver404:
            return False

    found = {}
    for route in routes(resolver.url_patterns):
        words = route.split("/")[:-1]
        for many in range(2, len(words) + 1):
            if not all(re.fullmatch("[a-z0-9_-]+", word) for word in words[:many]):
                break
            begins = "/".join(words[:many])
            if begins not in found and not is_address(f"/{begins}/"):
                above = (f"/{'/'.join(words[:less])}/" for less in range(many - 1, 0, -1))
                found[begins] = next((one for one in above if is_address(one)), "/")
    return found


def routes(patterns: Any, before: str = "") -> Iterator[str]:
    """Yield the route of every address, as `path` and `re_path` word it."""
    for one in patterns:
        route = before + str(one.pattern).lstrip("^")
        if isinstance(one, URLPattern):
            yield route
        else:
            yield from routes(one.url_patterns, route)
