"""The page that shows every component, and the choice of language."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

ONE_YEAR = 60 * 60 * 24 * 365


@login_not_required
@require_safe
def specimen(request: HttpRequest) -> HttpResponse:
    """Show the components, each in its states, light and dark."""
    return render(request, "design/specimen.html")


@login_not_required
@require_safe
def language(request: HttpRequest, code: str) -> HttpResponse:
    """Speak another language from here on, and go back to the page the reader was on."""
    if code not in dict(settings.LANGUAGES):
        raise Http404
    back = request.META.get("HTTP_REFERER", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = "/"
    response = redirect(back)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=ONE_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
        httponly=True,
    )
    return response
