"""How the API answers machines: open to all origins, with ETags, and a fair share for everybody."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _

from doorstep.base.limits import MINUTE, address_of, allow, seconds_left
from doorstep.organisations.oruk.asking import NotUnderstood

PER_MINUTE = 600  # questions from one address
# Words first, spaces never: a page of 50 is a third smaller.
_DUMP = {"ensure_ascii": False, "separators": (",", ":")}


def to_json(told: Any) -> str:
    return json.dumps(told, **_DUMP)  # type: ignore[arg-type]


def answer(
    request: HttpRequest, told: Any, *, changed_at: datetime | None = None
) -> HttpResponseBase:
    """Return JSON with an ETag, or 304 if the asker has it already."""
    body = to_json(told).encode()
    etag = quote_etag(hashlib.blake2b(body, digest_size=12).hexdigest())
    seconds = int(changed_at.timestamp()) if changed_at else None
    response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response["ETag"] = etag
    if seconds is not None:
        response["Last-Modified"] = http_date(seconds)
    response["Cache-Control"] = "public, max-age=60"
    # Compressed on the way out it becomes a weak one; both name the same answer.
    return get_conditional_response(request, etag, seconds, response) or response


def problem(status: int, said: str, **more: Any) -> JsonResponse:
    """Return what went wrong, as JSON: {"error": a sentence, …}."""
    response = JsonResponse({"error": said, **more}, status=status)
    response["Cache-Control"] = "no-store"
    return response


def open_to_machines(
    view: Callable[..., HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Let any page of any site read what the view answers, without an account, at a fair pace."""

    @login_not_required
    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return _open(_answer(view, request, args, kwargs))

    return opened


def _answer(
    view: Callable[..., HttpResponseBase], request: HttpRequest, args: Any, kwargs: Any
) -> HttpResponseBase:
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    if request.method not in ("GET", "HEAD"):
        response: HttpResponseBase = problem(405, _("This can only be read."))
        response["Allow"] = "GET, HEAD, OPTIONS"
        return response
    if not allow("directory api", address_of(request), PER_MINUTE, MINUTE):
        wait = seconds_left(MINUTE)
        response = problem(
            429, _("That is a lot at once. Ask again a little later."), retry_after=wait
        )
        response["Retry-After"] = str(wait)
        return response
    try:
        return view(request, *args, **kwargs)
    except NotUnderstood as refused:
        return problem(400, refused.said, parameter=refused.name)
    except Http404:
        return problem(404, _("We have nothing with that id."))


def _open(response: HttpResponseBase) -> HttpResponseBase:
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
    response["Access-Control-Allow-Headers"] = "If-None-Match, If-Modified-Since"
    response["Access-Control-Expose-Headers"] = "ETag, Last-Modified, Retry-After"
    response["Access-Control-Max-Age"] = "86400"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
