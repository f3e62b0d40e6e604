"""When something cannot be shown: say so in a sentence, and say what to do next."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from doorstep.notices.views import LED_TO


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the browser sent something we can't read, or more than we take."""
    is_too_long = isinstance(exception, RequestDataTooBig)
    return render(request, "web/errors/400.html", {"is_too_long": is_too_long}, status=400)


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but not theirs to do."""
    return render(request, "web/errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: hidden and missing look the same.

    Whoever came here through a notice of their own hears that it has moved out of their sight.
    That tells nothing of why, nor where to, and nobody else hears it.
    """
    session = getattr(request, "session", None)
    led = session is not None and session.get(LED_TO) == request.path
    return render(request, "web/errors/404.html", {"led_by_a_notice": led}, status=404)


def our_fault(request: HttpRequest) -> HttpResponse:
    """500: drawn without the database, which may be what failed."""
    return render(request, "web/errors/500.html", status=500)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 from the forgery check: nearly always a page left open too long."""
    return render(request, "web/errors/stale.html", {"kept": _typed(request)}, status=403)


def _typed(request: HttpRequest) -> list[str]:
    """Return the longer things the person typed, so that they can be copied."""
    return [
        value
        for name, value in request.POST.items()
        if isinstance(value, str) and len(value) > 20 and name != "csrfmiddlewaretoken"
    ]
