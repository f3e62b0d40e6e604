"""The forgery token of a page: masked once per answer, however many forms the page holds."""

from django.http import HttpRequest
from django.middleware.csrf import get_token


def token_of(request: HttpRequest) -> str:
    """Return the request's CSRF token; the same one for every form of this page."""
    token: str | None = getattr(request, "_page_token", None)
    if token is None:
        token = request._page_token = get_token(request)  # type: ignore[attr-defined]
    return token
