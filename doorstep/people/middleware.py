"""The session, and the language a page is spoken in."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessions
from django.http import HttpRequest, HttpResponse
from django.utils import translation


class SessionMiddleware(DjangoSessions):
    """Django's own, under the name the settings use."""


_OFFERED = dict(settings.LANGUAGES)


def language(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Speak the language chosen in the footer (a cookie), else the browser's, else English."""

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        if chosen not in _OFFERED:
            chosen = translation.get_language_from_request(request)
        translation.activate(chosen)
        request.LANGUAGE_CODE = chosen
        response = get_response(request)
        response.headers.setdefault("Content-Language", chosen)
        return response

    return middleware
