"""The steps between knowing who somebody says they are and letting them in."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest

from doorstep.people import rules


class ProveEmail(EmailVerificationStage):
    """allauth's, for people who may have a mobile number instead of an e-mail."""

    def handle(self) -> tuple[Any, bool]:
        account = self.login.user
        if account is not None:
            # Without an e-mail there is nothing to prove; with a proved number that was used
            # to sign in there is no need to.
            if not account.email or (account.phone_verified and not self.login.email):  # type: ignore[attr-defined]
                return None, True
            self._note_what_was_proved(account)
        elif self.login.phone:
            return None, True
        return super().handle()

    def _note_what_was_proved(self, account: Any) -> None:
        """Keep that a code came to this e-mail; accounts we made ourselves have no note of it."""
        for record in get_authentication_records(self.request, account):
            if record.get("method") not in ("code", "password_reset"):
                continue
            if (record.get("email") or "").lower() == account.email.lower():
                EmailAddress.objects.get_or_create(
                    user=account, email=account.email, defaults={"verified": True, "primary": True}
                )


class SecondStep(AuthenticateStage):
    """allauth's second step, except for a passkey that is only a way in.

    Whoever joined with a passkey has no recovery codes yet. A lost phone must not lock them
    out of an account that a code can open, unless their role shows them other people's cases.
    """

    def _should_handle(self, request: HttpRequest) -> bool:
        if not super()._should_handle(request):
            return False
        kinds = [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]
        account = self.login.user
        return is_mfa_enabled(account, kinds) or rules.sees_cases(account.person)  # type: ignore[union-attr,attr-defined,arg-type]
