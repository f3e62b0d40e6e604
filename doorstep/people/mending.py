"""What we mend in allauth, each with its reason. Called once, when the app is ready."""

from __future__ import annotations

from django.core.cache import caches
from django.utils.connection import ConnectionProxy


def mend() -> None:
    """Make allauth's limits hold across processes, and its codes silent about who is known."""
    _share_the_counts()
    _send_again_to_nobody()


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
