"""How allauth's accounts fit Doorstep's people."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from smtplib import SMTPException
from typing import Any, NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django import forms
from django.conf import settings
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import pgettext as _p

from doorstep.base.registry import Registry
from doorstep.base.time import now
from doorstep.people import actions, numbers, texts
from doorstep.people.models import Account

log = logging.getLogger(__name__)
# Mails that only tell of something already done; without them the work goes on.
_NEWS = (
    "mfa/",
    "account/email/password_changed",
    "account/email/password_set",
    "account/email/email_changed",
    "account/email/email_confirm_",
    "account/email/email_deleted",
    "account/email/accounts_joined",
)


# `function(person) -> bool`: whether news of their account may be mailed to them now. Filled by
# `notices`, which keeps safe-contact rules. A code somebody asks for themselves isn't news.
news_guards: Registry[Callable[[Any], bool]] = Registry("who may be mailed news of their account")


def _say_nothing_went_out(request: HttpRequest) -> NoReturn:
    """Stop with a page that says so; the same for known and unknown people."""
    raise ImmediateHttpResponse(render(request, "people/no_post.html", {"bare": True}, status=503))


class PhoneField(forms.CharField):
    """A mobile number as people write it; gives E.164."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "dir": "ltr"})

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Mobile number"))
        kwargs.setdefault("max_length", 40)
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        value = super().clean(value)
        return numbers.parse(value) if value else ""


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up, sign-in and one-time codes."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": gettext_lazy("This account is closed. Ring us if that's a surprise."),
        "duplicate_email": gettext_lazy("That is the e-mail we have already."),
        "email_password_mismatch": gettext_lazy(
            "The e-mail and the password don't go together. Try again, or ask for a code instead."
        ),
        "phone_password_mismatch": gettext_lazy(
            "The number and the password don't go together. Try again, or ask for a code instead."
        ),
        "username_password_mismatch": gettext_lazy(
            "Those don't go together. Try again, or ask for a code instead."
        ),
        "enter_current_password": gettext_lazy("That isn't the password you have now."),
        "incorrect_code": gettext_lazy(
            "That isn't the code we sent. Look again: it has six digits."
        ),
        "incorrect_password": gettext_lazy("That isn't your password. Try again."),
        "invalid_login": gettext_lazy("Type your e-mail or your mobile number."),
        "email_taken": gettext_lazy("That e-mail belongs to another account."),
        "phone_taken": gettext_lazy("That number belongs to another account."),
        "rate_limited": gettext_lazy("That was a bit fast. Wait half a minute, then try again."),
        "same_as_current": gettext_lazy("That is the one we have already."),
        "too_many_login_attempts": gettext_lazy(
            "Too many tries. Wait a few minutes, then ask for a new code."
        ),
    }

    # --- Joining -----------------------------------------------------------------------------

    def save_user(
        self, request: HttpRequest, user: Any, form: forms.BaseForm, commit: bool = True
    ) -> Account:
        data = form.cleaned_data
        join = partial(
            actions.join,
            user,
            known_as=data["known_as"],
            email=data.get("email") or "",
            phone=data.get("phone") or "",
            password=data.get("password1") or "",
            born_on=data.get("born_on"),
            postcode=data.get("postcode") or "",
            reads=request.LANGUAGE_CODE or settings.LANGUAGE_CODE,
            at=now(),
        )
        try:
            return join()
        except IntegrityError:
            # The same form came twice at once, and the other one was first: take its place.
            user.pk = None
            return join()

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        actions.forget_pending(email=email_address.email, but=email_address.user)
        confirmed = super().confirm_email(request, email_address)
        if confirmed:
            actions.prove(email_address.user, at=now())
        return confirmed

    def post_login(
        self, request: HttpRequest, user: Any, *, signup: bool, **kwargs: Any
    ) -> HttpResponse:
        response = super().post_login(request, user, signup=signup, **kwargs)
        if signup and actions.claimable(user) is not None:
            onwards = urlencode({"next": response.headers.get("Location", "/")})
            return redirect(f"{reverse('people:claim')}?{onwards}")
        return response

    # --- Signing in --------------------------------------------------------------------------

    def get_login_stages(self) -> list[str]:
        ours = {
            "allauth.account.stages.EmailVerificationStage": "doorstep.people.stages.ProveEmail",
            "allauth.mfa.stages.AuthenticateStage": "doorstep.people.stages.SecondStep",
        }
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        if actions.may_come_in(user, at=now()):
            return None
        clear_login(request)
        return self.respond_user_inactive(request, user)

    def login(self, request: HttpRequest, user: Any) -> None:
        actions.let_in(user, at=now())
        super().login(request, user)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth counts wrong passwords by e-mail only: all phone numbers would share one count.
        return name_for_the_lock(request, credentials)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The easiest first: a passkey, then a password, then a code from an app."""
        order = {"mfa_reauthenticate:webauthn": 0, "reauthenticate": 1, "mfa_reauthenticate": 2}
        methods = super().get_reauthentication_methods(user)
        return sorted(methods, key=lambda method: order.get(method["id"], 9))

    # --- Mobile numbers ----------------------------------------------------------------------

    def phone_form_field(self, **kwargs: Any) -> PhoneField:
        kwargs.pop("label", None)
        return PhoneField(**kwargs)

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        return (user.phone, user.phone_verified) if user.phone else None

    def set_phone(self, user: Any, phone: str, verified: bool) -> None:
        actions.set_phone(user, phone, is_proved=verified, at=now())

    def set_phone_verified(self, user: Any, phone: str) -> None:
        actions.set_phone(user, phone, is_proved=True, at=now())

    def get_user_by_phone(self, phone: str) -> Account | None:
        return Account.objects.filter(phone=phone, is_pending=False).first()

    def send_verification_code_sms(self, user: Any, phone: str, code: str, **kwargs: Any) -> None:
        self._text(
            phone,
            _p("text message", "%(site)s: your code is %(code)s. It works for 15 minutes.")
            % {"site": settings.SITE_NAME, "code": code}
            + " "
            + _("Didn't ask for it? Do nothing."),
        )

    def send_unknown_account_sms(self, phone: str, **kwargs: Any) -> None:
        self._text(
            phone,
            _("%(site)s: somebody tried to sign in with this number. It has no account.")
            % {"site": settings.SITE_NAME}
            + " "
            + _("To join: %(address)s")
            % {"address": settings.SITE_URL + reverse("account_signup")},
        )

    def send_account_already_exists_sms(self, phone: str) -> None:
        self._text(
            phone,
            _("%(site)s: this number has an account already.") % {"site": settings.SITE_NAME}
            + " "
            + _("Sign in here: %(address)s")
            % {"address": settings.SITE_URL + reverse("account_login")},
        )

    def tell_joined(self, account: Account) -> None:
        """Say to an account that was joined to another, the way it signed in, that it was."""
        # What was agreed about safe contact went along to the record that stays.
        person = account.person.merged_into or account.person
        if not all(may_be_told(person) for may_be_told in news_guards):
            return
        if account.email:
            self.send_notification_mail("account/email/accounts_joined", account)
        elif account.phone:
            self._text(
                account.phone,
                _("%(site)s: this account was joined with another one.")
                % {"site": settings.SITE_NAME}
                + " "
                + _("Wasn't it you? Ring us at once: %(phone)s") % {"phone": settings.HELP_PHONE},
            )

    # --- Mail --------------------------------------------------------------------------------

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        person = getattr(context.get("user"), "person", None)
        is_news = template_prefix.startswith(_NEWS) and person is not None
        if is_news and not all(may_be_told(person) for may_be_told in news_guards):
            return
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as problem:
            log.error("A mail about an account could not be sent (%s).", type(problem).__name__)
            if not template_prefix.startswith(_NEWS):
                _say_nothing_went_out(self.request)

    def _text(self, phone: str, message: str) -> None:
        if not texts.send_text(phone, message):
            _say_nothing_went_out(self.request)

    # --- Words -------------------------------------------------------------------------------

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("people:me")

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        return reverse("people:me")


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second factors."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("That code didn't fit. Wait for the next one and type it."),
        "cannot_delete_authenticator": gettext_lazy(
            "Your role needs a second step. Add a passkey first, then you can take this one away."
        ),
        "unverified_email": gettext_lazy("Show us first that your e-mail is yours."),
    }

    def get_totp_issuer(self) -> str:
        return settings.SITE_NAME

    def get_totp_label(self, user: Any) -> str:
        return user.person.known_as

    def _get_site_name(self) -> str:
        return settings.SITE_NAME

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        return actions.can_do_without(authenticator)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        from doorstep.people.devices import in_words

        return in_words(self.request.META.get("HTTP_USER_AGENT", ""))[:60]

    def encrypt(self, text: str) -> str:
        from doorstep.people import secrets_at_rest

        return secrets_at_rest.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        from doorstep.people import secrets_at_rest

        return secrets_at_rest.open_sealed(encrypted_text)


def name_for_the_lock(request: HttpRequest | None, credentials: Any = None) -> str:
    """Return what wrong passwords are counted under: the same for known and unknown people.

    A keyed hash, because e-mails and numbers have no business in a cache of counts.
    """
    given = credentials or {}
    name = given.get("email") or given.get("phone") or given.get("username") or ""
    if not name and request is not None:
        name = request.POST.get("login", "")
    squeezed = "".join(str(name).lower().split())
    return salted_hmac("doorstep.people.lock", squeezed, algorithm="sha256").hexdigest()


def client_ip(request: HttpRequest) -> str:
    """Return the address wrong passwords are counted under."""
    from doorstep.people.middleware import ip_of

    return ip_of(request) or "unknown"
