"""What follows from allauth's news. Connected once, when the app is ready."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_used
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from doorstep.people import actions
from doorstep.people.middleware import SECOND_FACTOR, note_second_step

security = logging.getLogger("doorstep.security")
_STEPS = {Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN}


def connect() -> None:
    for signal in (password_changed, password_set, password_reset):
        signal.connect(sign_others_out, dispatch_uid="people.sign_others_out")
    user_logged_in.connect(came_in, dispatch_uid="people.came_in")
    user_logged_out.connect(went_out, dispatch_uid="people.went_out")
    user_login_failed.connect(was_refused, dispatch_uid="people.was_refused")
    authenticator_added.connect(took_the_step, dispatch_uid="people.took_the_step")
    authenticator_used.connect(took_the_step, dispatch_uid="people.took_the_step")
    authenticator_removed.connect(lost_the_step, dispatch_uid="people.lost_the_step")


def came_in(user: Any, **_news: Any) -> None:
    """Every decision at the door is a line of the log: a number of ours, never a name."""
    security.info("signed in: account %s", user.pk)


def went_out(user: Any, **_news: Any) -> None:
    if user is not None:
        security.info("signed out: account %s", user.pk)


def was_refused(**_news: Any) -> None:
    # What was typed is never written down: it may be somebody's number, or a password.
    security.warning("sign-in refused")


def sign_others_out(request: HttpRequest, user: Any, **_news: Any) -> None:
    """A new password ends every other browser's session."""
    keep = request.session.session_key if request.user.is_authenticated else None
    actions.end_sessions(user, keep=keep)


def took_the_step(request: HttpRequest, user: Any, authenticator: Any, **_news: Any) -> None:
    """Setting a second factor up takes a working code or touch, so it counts as using it."""
    is_new = _news["signal"] is authenticator_added
    if is_new and authenticator.type not in _STEPS:
        return
    note_second_step(request.session, user.pk)
    if is_new and request.user.is_authenticated:
        # Else the page with the spare codes, which comes next, would ask for it again.
        record_authentication(
            request, user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True
        )


def lost_the_step(request: HttpRequest, user: Any, **_news: Any) -> None:
    if not Authenticator.objects.filter(user=user, type__in=_STEPS).exists():
        request.session.pop(SECOND_FACTOR, None)
