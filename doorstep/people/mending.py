"""What we mend in allauth, each with its reason. Called once, when the app is ready."""

from __future__ import annotations

from typing import Any

from django.core.cache import caches
from django.utils.connection import ConnectionProxy


def mend() -> None:
    """Make allauth's limits hold across processes, and its codes silent about who is known."""
    _share_the_counts()
    _send_again_to_nobody()
    _seal_the_addresses()
    _tell_of_a_code_used_twice()


def _tell_of_a_code_used_twice() -> None:
    # allauth refuses a code of an app that was used already, and says so to nobody. It may be a
    # finger that pressed twice, or somebody who looked over a shoulder.
    from allauth.mfa.totp.internal.auth import TOTP

    from doorstep.people import actions

    mark = TOTP._mark_code_used

    def marked(self: TOTP, code: str) -> bool:
        is_first = mark(self, code)
        if not is_first:
            actions.tell_of_a_code_used_twice(self.instance.user)
        return is_first

    TOTP._mark_code_used = marked  # type: ignore[method-assign]


def _share_the_counts() -> None:
    # allauth counts tries, and remembers used second-step codes, in the "default" cache. Ours
    # is memory of one process, so with two workers every limit would be twice what it says.
    from allauth.core.internal import ratelimit
    from allauth.mfa.totp.internal import auth

    shared = ConnectionProxy(caches, "shared")
    ratelimit.cache = shared
    auth.cache = shared


def _send_again_to_nobody() -> None:
    # Asked to send a code again to a number without an account, allauth 65.21 stops with an
    # AssertionError: an answer that tells who has an account.
    from allauth.account.internal.flows import login_by_code

    class QuietLoginCode(login_by_code.LoginCodeVerificationProcess):
        def generate_code(self) -> str:
            if self.user is None:
                self.state["code"] = ""
                return ""
            return super().generate_code()

    login_by_code.LoginCodeVerificationProcess = QuietLoginCode  # type: ignore[misc]


def _seal_the_addresses() -> None:
    # allauth keeps e-mails in the clear, in a table of its own. The field becomes ours in its
    # place; to Django's migrations it goes on looking like allauth's, whose state they know.
    # `people/migrations` seals the rows.
    from allauth.account.models import EmailAddress

    from doorstep.base.sealed_fields import SealedEmailField

    class AddressField(SealedEmailField):
        """allauth's `EmailAddress.email`, sealed."""

        # A page of allauth's lists a person's addresses in order; any order will do.
        may_order = True

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.can_look_up = True

        def deconstruct(self) -> Any:
            name, _path, args, kwargs = super().deconstruct()
            kwargs.pop("can_look_up", None)
            return name, "django.db.models.EmailField", args, kwargs

    field: Any = EmailAddress._meta.get_field("email")
    field.__class__ = AddressField
    field.can_look_up, field.sealed_as = True, ""
    field.bind("account.emailaddress.email")
    EmailAddress.email = AddressField.descriptor_class(field)
