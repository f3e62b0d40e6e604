"""The guard at every page that isn't open to all: sign in first, and lose no words on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from doorstep.web.views.errors import page_before, typed


class SignInFirst(LoginRequiredMiddleware):
    """Django's own, kinder to whoever was signed out while a form lay open before them.

    They are led back to the page the form was on, not to the address it was sent to, which often
    only takes forms; and longer words that they typed are shown to them, to be copied.
    """

    def handle_no_permission(  # type: ignore[override]  # a page instead, where words are kept
        self, request: HttpRequest, view_func: Callable
    ) -> HttpResponse:
        if request.method != "POST":
            return super().handle_no_permission(request, view_func)
        back = page_before(request)
        kept = typed(request) if _is_read_by_somebody(request) else []
        if kept:
            context = {"kept": kept, "sign_in_for": back or "/"}
            return render(request, "web/errors/stale.html", context, status=403)
        return redirect_to_login(back or request.get_full_path(), self.get_login_url(view_func))

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        """Say in a sentence that an address takes only forms, to somebody who loads it again."""
        if response.status_code == 405 and request.method == "GET" and not response.content:
            page = render(request, "web/errors/404.html", status=405)
            page["Allow"] = response["Allow"]
            return page
        return response


def _is_read_by_somebody(request: HttpRequest) -> bool:
    """Whether a page comes of it, rather than an answer to one of our scripts."""
    return request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate" and (
        "text/html" in request.headers.get("Accept", "")
    )
