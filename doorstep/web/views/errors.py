"""When something cannot be shown: say so in a sentence, and say what to do next."""

from urllib.parse import urlsplit

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from doorstep.notices.views import LED_TO


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the browser sent something we can't read, or more than we take."""
    is_too_long = isinstance(exception, RequestDataTooBig)
    return render(request, "web/errors/400.html", {"is_too_long": is_too_long}, status=400)


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but not theirs to do; or no longer, where a notice of theirs led here."""
    if request.method in ("GET", "HEAD") and _was_led_here(request):
        return render(request, "web/errors/404.html", {"led_by_a_notice": True}, status=403)
    return render(request, "web/errors/403.html", {"kept": typed(request)}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: hidden and missing look the same.

    Whoever came here through a notice or letter of their own hears that it has moved out of their
    sight. That tells nothing of why, nor where to, and nobody else hears it.
    """
    # A request may move to another hub, or a role end, while somebody writes: their words stay.
    context = {"led_by_a_notice": _was_led_here(request), "kept": typed(request)}
    return render(request, "web/errors/404.html", context, status=404)


def _was_led_here(request: HttpRequest) -> bool:
    """Whether the last notice they followed, on the screen or in a letter, led to this page."""
    session = getattr(request, "session", None)
    return session is not None and session.get(LED_TO) == request.path


def our_fault(request: HttpRequest) -> HttpResponse:
    """500: drawn without the database, which may be what failed."""
    return render(request, "web/errors/500.html", status=500)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 from the forgery check: nearly always a page left open too long."""
    context = {"kept": typed(request), "back": page_before(request)}
    return render(request, "web/errors/stale.html", context, status=403)


def typed(request: HttpRequest) -> list[str]:
    """Return the longer things the person typed, so that they can be copied.

    Those are words with gaps between them: no keys of ours, and never a password.
    """
    return [
        value
        for name, value in request.POST.items()
        if isinstance(value, str)
        and len(value) > 20
        and len(value.split()) > 1
        and "password" not in name.lower()
    ]


def page_before(request: HttpRequest) -> str:
    """Return the path of the page of ours that a form was sent from, "" where it isn't said."""
    before = request.META.get("HTTP_REFERER", "")
    if not url_has_allowed_host_and_scheme(before, {request.get_host()}, request.is_secure()):
        return ""
    parts = urlsplit(before)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    # What begins with two strokes is another host.
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, None)
    return path if is_ours else ""
