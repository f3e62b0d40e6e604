"""The session, the language a page is spoken in, and the second step of those who need one."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from allauth.core.exceptions import RateLimited
from allauth.core.internal.httpkit import get_client_ip
from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.contrib import messages
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessions
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from doorstep.base.time import now
from doorstep.people import rules

SEEN_EVERY = dt.timedelta(minutes=15)
security = logging.getLogger("doorstep.security")
_KEY = re.compile(r"[a-z0-9]{32}")


class SessionMiddleware(DjangoSessions):
    """Django's own, which also knows the browser and when it was last here."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        given = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if given and not _KEY.fullmatch(given):
            security.warning("a session cookie that is none of ours came to be read")
        request.session.user_agent = request.META.get("HTTP_USER_AGENT", "")  # type: ignore[attr-defined]
        request.session.ip_of = partial(ip_of, request)  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        row = getattr(request.session, "row", None)
        if row is not None and row.account_id and now() - row.last_seen > SEEN_EVERY:
            type(row).objects.filter(pk=row.pk).update(last_seen=now(), ip=ip_of(request))
        return super().process_response(request, response)


def ip_of(request: HttpRequest) -> str | None:
    """Return where a request comes from, through the proxies we trust; None if that is unclear."""
    try:
        return get_client_ip(request)
    except ImproperlyConfigured:
        return None


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


# Where somebody may go who still has to set a second step up; and who only has to take it:
# not to the spare codes, say, which would open the door themselves.
_SETTING_UP = ("mfa_", "account_reauthenticate", "account_logout")
_TAKING_IT = ("mfa_reauthenticate", "account_logout")
_OPEN_NAMES = {"design:language", "web:healthz"}
SECOND_FACTOR = "second_factor"
# So long a second step lasts: a shift and its handover, not the night after it. What was being
# typed when it ended may still be sent for a while, so that no words are lost.
STEP_LASTS = dt.timedelta(hours=12)
SENDING_LASTS = dt.timedelta(hours=13)
WAIVED = "second_factor_waived"


def note_second_step(session: Any, account_id: int) -> None:
    """Write into the session that this account took its second step just now."""
    session[SECOND_FACTOR] = [account_id, int(now().timestamp())]


def _took_second_step(request: HttpRequest) -> bool:
    """Tell whether this session's account took it within the last twelve hours."""
    match request.session.get(SECOND_FACTOR):
        case [account_id, at] if account_id == request.user.pk:
            lasts = STEP_LASTS if request.method in ("GET", "HEAD") else SENDING_LASTS
            return now().timestamp() - at < lasts.total_seconds()
    return False


def ask_second_step(request: HttpRequest, why: Any) -> HttpResponse | None:
    """Return where somebody signed in takes their second step, or None where nothing is asked.

    For pages that show others' cases to people whom no role brings there, such as a duty: the
    middleware below asks those with a role on every page. `why` is said to who has none yet.
    """
    if not settings.REQUIRE_SECOND_FACTOR or _took_second_step(request):
        return None
    if request.session.get(WAIVED) and _may_waive():
        return None
    has_one = _has_one(request)
    if _is_on_the_way(request, _TAKING_IT if has_one else _SETTING_UP):
        return None
    if has_one:
        there = _where_to_show_it(request)
        query = urlencode({"next": request.get_full_path() if request.method == "GET" else "/"})
        return redirect(f"{there}?{query}")
    messages.warning(request, why)
    return redirect("mfa_index")


def second_factor(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Keep people whose role opens other people's cases out until they took a second step.

    People without roles cost no query here: their session already says that they hold none.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(request: HttpRequest, *_view: object) -> HttpResponse | None:
        if not settings.REQUIRE_SECOND_FACTOR or not request.user.is_authenticated:
            return None
        if not rules.sees_cases(request.user.person):
            return None
        return ask_second_step(request, _("Your role needs a second step. Set one up, then go on."))

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware


def _may_waive() -> bool:
    """Demo sign-in skips the second step, where no real person is concerned."""
    return bool(settings.DEMO_SIGN_IN) or settings.MODE in ("dev", "test")


def _is_on_the_way(request: HttpRequest, names: tuple[str, ...]) -> bool:
    match = request.resolver_match
    if match is None:
        return False
    if match.view_name in _OPEN_NAMES or request.path.startswith(settings.STATIC_URL):
        return True
    return not match.namespace and (match.url_name or "").startswith(names)


def _where_to_show_it(request: HttpRequest) -> str:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.utils import is_mfa_enabled

    if is_mfa_enabled(request.user, [Authenticator.Type.WEBAUTHN]):
        return reverse("mfa_reauthenticate_webauthn")
    return reverse("mfa_reauthenticate")


def _has_one(request: HttpRequest) -> bool:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.utils import is_mfa_enabled

    return is_mfa_enabled(request.user, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN])


class FormsOfAllauth:
    """Answers a form that failed with 422, and too many tries with a sentence, in allauth too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_template_response(
        self, request: HttpRequest, response: HttpResponse
    ) -> HttpResponse:
        context = getattr(response, "context_data", None)
        if context is None:
            return response
        if "form" in context or not request.user.is_authenticated:
            context["bare"] = True  # one thing at a time, without the tab bar
        if request.method == "POST" and response.status_code == 200:
            forms = (context.get(name) for name in ("form", "verify_form", "change_form"))
            if any(getattr(form, "errors", None) for form in forms):
                response.status_code = 422
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return respond_429(request) if isinstance(exception, RateLimited) else None
