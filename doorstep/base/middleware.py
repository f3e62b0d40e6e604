"""The outermost layers: strict headers, no nonsense, and compression."""

from collections.abc import Callable
from typing import Any

from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.cache import patch_vary_headers
from isal import igzip

from doorstep.base.packing import Packed

_WORTH_IT = 600  # bytes; below this the headers cost more than is saved
_KINDS = ("text/", "application/json", "application/atom+xml", "image/svg+xml")


def compress(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Gzip answers for browsers that take it.

    ISA-L compresses a page in about a tenth of zlib's time. Pages hold no secret beside
    what the reader typed (Django masks its CSRF token afresh in every answer), so BREACH
    has nothing to measure.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if (
            response.streaming
            or len(response.content) < _WORTH_IT
            or response.has_header("Content-Encoding")
            or not response.get("Content-Type", "").startswith(_KINDS)
        ):
            return response
        vary = response.get("Vary")
        if not vary or "Accept-Encoding" not in vary:
            response["Vary"] = f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"
        if "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", ""):
            ready: Packed | None = getattr(response, "packed", None)
            # Unless something was put into the page since.
            if ready is not None and ready.content == response.content:
                response.content = ready.gzip()
            else:
                response.content = igzip.compress(response.content, compresslevel=2)
            response["Content-Encoding"] = "gzip"
            response["Content-Length"] = str(len(response.content))
            etag = response.get("ETag")
            if etag and not etag.startswith("W/"):
                response["ETag"] = "W/" + etag
        return response

    return middleware


# What answers that are not pages may do in a browser that opens them: nothing. Opened by
# themselves, a photo, a calendar, a list or a feed runs no script and loads nothing more.
_INERT = "default-src 'none'; frame-ancestors 'none'; form-action 'none'; sandbox"
# A drawing may colour itself, and still runs nothing.
_DRAWING = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
# A browser's own reader of PDFs doesn't start in a sandbox.
_PAPER = "default-src 'none'; frame-ancestors 'none'; form-action 'none'"

# Pages that hold what must not lie in a shared phone's memory: their namespaces and beginnings.
_KEPT_NOWHERE = frozenset({"people", "notices", "safeguarding"})
_KEPT_NOWHERE_BEGINNINGS = (
    "account_",
    "mfa_",
    "feed:moderation",
    "feed:case",
    "feed:hear",
    "feed:decision",
    "feed:appeal",
    "teams:host",
    "gatherings:register",
    "gatherings:welcomes",
)


def hard_shell(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Put the same strict headers on every answer: pages, files, refusals and errors.

    The content-security policy is django-csp's, worded once at the start: ours has no nonce,
    so it never differs from page to page. What is not a page gets a policy that allows nothing.

    Pages are the reader's own and not kept without asking again; those with sensitive things in
    them are not kept at all. Signing out empties what the browser kept.
    """
    page_policy = build_policy()
    headers = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    }

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        found = response.headers
        for name, value in headers.items():
            if name not in found:
                found[name] = value
        kind = found.get("Content-Type", "")
        if "Content-Security-Policy" not in found:
            found["Content-Security-Policy"] = (
                page_policy if kind.startswith("text/html") else _policy_of(kind)
            )
        kept = found.get("Cache-Control")
        if kept is None:
            found["Cache-Control"] = (
                "private, no-store" if _is_kept_nowhere(request) else "private, no-cache"
            )
        elif "public" in kept:
            # What a proxy may keep differs by language; nobody may be given another's.
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        if getattr(request, "signed_out", False):
            found["Clear-Site-Data"] = '"cache", "storage"'
        return response

    return middleware


def note_signing_out(sender: object, request: HttpRequest | None, **kwargs: object) -> None:
    """Remember for `hard_shell` that somebody signed out within this request (a signal)."""
    if request is not None:
        request.signed_out = True  # type: ignore[attr-defined]


def _policy_of(kind: str) -> str:
    if kind.startswith("image/svg"):
        return _DRAWING
    return _PAPER if kind.startswith("application/pdf") else _INERT


def _is_kept_nowhere(request: HttpRequest) -> bool:
    match = request.resolver_match
    if match is None:
        return False
    return match.namespace in _KEPT_NOWHERE or match.view_name.startswith(_KEPT_NOWHERE_BEGINNINGS)


_LARGEST = 2**63 - 1  # the largest number a row can have
# Fields of forms that views look things up by, without a form field between.
_AS_THEY_CAME = ("client_key", "place", "fixed", "draft", "next", "channel", "key")
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


def well_formed(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Refuse what no browser of a neighbour sends, before anything reads it.

    Other methods than ours, characters that databases choke on, and bodies larger than any form
    of ours takes: each is refused in a sentence and logged (by Django, without what was sent).
    """
    most = settings.UPLOAD_BYTES * 4 + settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method not in _METHODS:
            refused = HttpResponseNotAllowed(sorted(_METHODS))
            refused.write("This site takes GET, HEAD, POST and OPTIONS.")
            refused["Content-Type"] = "text/plain; charset=utf-8"
            return refused
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise SuspiciousOperation("A null character in an address.")
        if request.method == "POST":
            length = request.META.get("CONTENT_LENGTH") or "0"
            if not (length.isascii() and length.isdigit()):
                raise SuspiciousOperation("A length that is not a number.")
            if int(length) > most:
                raise RequestDataTooBig("A body larger than any form of ours takes.")
        return get_response(request)

    def process_view(
        request: HttpRequest, view: object, args: object, given: dict[str, Any]
    ) -> None:
        if any(isinstance(value, int) and value > _LARGEST for value in given.values()):
            raise Http404  # no row has such a number, and a database may choke on it
        # Words are cleaned of nulls by their fields; keys go to the database as they came.
        if request.method == "POST" and any(
            "\x00" in value for name in _AS_THEY_CAME for value in request.POST.getlist(name)
        ):
            raise SuspiciousOperation("A null character in a form.")

    middleware.process_view = process_view  # type: ignore[attr-defined]
    middleware.process_exception = _once_more  # type: ignore[attr-defined]
    return middleware


def _once_more(request: HttpRequest, problem: Exception) -> HttpResponse | None:
    """Ask the view again where the same form came twice at the same instant.

    Verbs that make one row a `client_key` look for it first; on PostgreSQL two requests may both
    look before either writes, and the later one breaks the key's constraint with all of it undone.
    Asked again, its verb finds the row and answers as for any second press. Once, and only for
    forms that carry such a key.
    """
    if (
        not isinstance(problem, IntegrityError)
        or request.method != "POST"
        or "client_key" not in request.POST
        or request.resolver_match is None
        or getattr(request, "was_asked_again", False)
    ):
        return None
    request.was_asked_again = True  # type: ignore[attr-defined]
    for name in request.FILES:
        for file in request.FILES.getlist(name):
            file.seek(0)
    match = request.resolver_match
    answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return answer
