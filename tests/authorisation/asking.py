"""Asking the site as each viewer, without leaving a trace."""

from __future__ import annotations

import re
from typing import Any

from django.core.cache import caches
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from tests.authorisation.answers import (
    AWAY,
    CLOSED,
    DONE,
    MISSING,
    ON,
    OTHER_WAY,
    PAGE,
    REFUSED,
    SIGN_IN,
    Answer,
)  # fmt: skip
from tests.authorisation.world import World

_BY_STATUS = {200: PAGE, 403: REFUSED, 404: MISSING, 405: OTHER_WAY, 410: CLOSED}


class Asking:
    """A browser for every viewer of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.browsers = {"visitor": Client()}
        for name, person in world.people.items():
            self.browsers[name] = Client()
            self.browsers[name].force_login(
                person.account, backend="doorstep.people.backends.AccountBackend"
            )

    def ask(
        self, viewer: str, path: str, method: str = "get", data: dict[str, str] | None = None
    ) -> HttpResponseBase:
        """Return the whole answer; whatever it changed is changed back."""
        browser = self.browsers[viewer]
        jar = browser.cookies.copy()
        try:
            with transaction.atomic():
                answer = getattr(browser, method)(path, data or {})
                # A page may be drawn while it is sent: inside, where its rows are still there.
                body = b"".join(answer.streaming_content) if answer.streaming else answer.content
                answer.body = body
                transaction.set_rollback(True)
        finally:
            browser.cookies = jar
            caches["default"].clear()
        return answer


def answer_of(answer: Any) -> Answer | str:
    """Return what an answer amounts to, or its status where it is none of ours."""
    status = answer.status_code
    if status in (301, 302):
        where = answer["Location"].split("?")[0]
        if where == reverse("account_login"):
            return SIGN_IN
        # Leave-quickly leads away; only a row that says so may.
        return ON if where.startswith("/") and not where.startswith("//") else AWAY
    return _BY_STATUS.get(status, str(status))


def was_taken(answer: Any) -> bool:
    """Whether a POST came through: done, or sent back with what to put right."""
    return answer.status_code in (200, 400, 422) or answer_of(answer) is ON


_TOKEN = re.compile(rb'(csrfmiddlewaretoken"[^>]*value|data-token|nonce)="[^"]*"')
_PASSING = {"set-cookie", "date", "content-security-policy", "server-timing"}


def told(answer: Any, path: str) -> tuple[int, dict[str, str], bytes]:
    """Return all an asker learns: status, headers and body, without what differs every time."""
    body = _TOKEN.sub(b"", answer.body).replace(path.encode(), b"PATH")
    headers = {
        name.lower(): value.replace(path, "PATH")
        for name, value in answer.headers.items()
        if name.lower() not in _PASSING
    }
    headers.pop("content-length", None)
    return answer.status_code, headers, body


def done_or(answer: Any) -> Answer | str:
    """Like `answer_of`, for a POST."""
    return DONE if was_taken(answer) else answer_of(answer)
