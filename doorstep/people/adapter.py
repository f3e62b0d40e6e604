"""How allauth's accounts fit Doorstep's people."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up, sign-in and one-time codes."""


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second factors."""
