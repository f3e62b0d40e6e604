"""The forgery token of a page: masked once per answer, however many forms the page holds."""

from __future__ import annotations

import secrets

from django.http import HttpRequest
from django.middleware.csrf import CSRF_ALLOWED_CHARS, CSRF_SECRET_LENGTH, get_token

_LETTERS = CSRF_ALLOWED_CHARS.encode("ascii")
# Each random byte becomes a letter; the few too large to share out evenly are left out.
_EVEN = len(_LETTERS) * (256 // len(_LETTERS))
_TABLE = bytes(_LETTERS[byte % len(_LETTERS)] for byte in range(256))
_LEFT_OUT = bytes(range(_EVEN, 256))
_PLACE = {letter: place for place, letter in enumerate(CSRF_ALLOWED_CHARS)}


def token_of(request: HttpRequest) -> str:
    """Return the request's CSRF token; the same one for every form of this page."""
    token: str | None = getattr(request, "_page_token", None)
    if token is None:
        secret = request.META.get("CSRF_COOKIE")
        if secret and len(secret) == CSRF_SECRET_LENGTH:
            # The browser has its cookie; it need not be sent again with every page.
            token = _masked(secret)
        else:
            token = get_token(request)
        request._page_token = token  # type: ignore[attr-defined]
    return token


def _masked(secret: str) -> str:
    """Return `secret` behind a mask made for this answer, as Django's middleware reads it."""
    mask = b""
    while len(mask) < CSRF_SECRET_LENGTH:
        mask += secrets.token_bytes(2 * CSRF_SECRET_LENGTH).translate(_TABLE, _LEFT_OUT)
    shown = mask[:CSRF_SECRET_LENGTH].decode("ascii")
    size = len(CSRF_ALLOWED_CHARS)
    hidden = "".join(
        [
            CSRF_ALLOWED_CHARS[(_PLACE[one] + _PLACE[other]) % size]
            for one, other in zip(secret, shown, strict=True)
        ]
    )
    return shown + hidden
