"""The public banner of a crisis, put on every page while the switch is on.

Each process asks the database at most every ten seconds, and puts the banner into the finished
page: pages kept ready-made need to know nothing of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from doorstep.design.templatetags.design import icon
from doorstep.support.crisis import rules

EVERY = 10  # seconds
_PLACE = b'<div class="awning" aria-hidden="true"></div></header>'
_kept: dict[str, tuple[float, tuple[str, str] | None]] = {}
_lock = threading.Lock()


def forget() -> None:
    """Ask again at the next page: the switch was pressed here."""
    _kept.clear()


def watches() -> bool:
    """Whether pages ask at all; tests count queries and say so themselves."""
    return settings.MODE != "test"


def on_now() -> tuple[str, str] | None:
    """Return (name, banner) of the crisis that is on, as this process last saw it."""
    seen = _kept.get("surge")
    if seen is None or time.monotonic() - seen[0] > EVERY:
        with _lock:
            seen = _kept.get("surge")
            if seen is None or time.monotonic() - seen[0] > EVERY:
                surge = rules.current()
                seen = (time.monotonic(), (surge.name, surge.banner) if surge else None)
                _kept["surge"] = seen
    return seen[1]


def put_on(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """The middleware."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not watches() or response.streaming or response.status_code >= 500:
            return response
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        said = on_now()
        if said is None or _PLACE not in response.content:
            return response
        html = format_html(
            '<aside class="crisis" role="region" aria-label="{}"><div class="wrap">{}<p dir="auto">'
            "<strong>{}</strong> {}</p></div></aside>",
            said[0],
            icon("triangle-alert"),
            said[0],
            said[1],
        )
        response.content = response.content.replace(_PLACE, _PLACE + html.encode(), 1)
        if response.has_header("Content-Length"):
            response["Content-Length"] = str(len(response.content))
        return response

    return middleware
