"""Who is looking: the account and person that came with the session."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth import get_user as ask_django
from django.contrib.auth.middleware import AuthenticationMiddleware as DjangoAuthentication
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from doorstep.people.models import Account, Person

_SHUT_OUT = {Person.State.SUSPENDED, Person.State.AWAY, Person.State.MERGED}


def user_of(request: HttpRequest) -> Account | AnonymousUser:
    """Return the signed-in account, its person beside it, without another query."""
    session = request.session
    account_id = session.get(SESSION_KEY)
    row: Any = getattr(session, "row", None)
    account = row.account if row is not None else None
    if account is None or account_id != str(account.pk):
        # Signed in within this very request, or not at all.
        return ask_django(request)  # type: ignore[return-value]
    # A closed account has no session left; one that comes about meanwhile is nobody's.
    if not account.is_active or account.person.state in _SHUT_OUT:
        return AnonymousUser()
    sealed = session.get(HASH_SESSION_KEY, "")
    if not constant_time_compare(sealed, account.get_session_auth_hash()):
        return ask_django(request)  # type: ignore[return-value]
    account.backend = "doorstep.people.backends.AccountBackend"
    if not row.has_roles:
        account.person._roles_held = set()
    if not row.has_blocks:
        account.person._blocked_ids = set()
    return account


class AuthenticationMiddleware(DjangoAuthentication):
    """Set `request.user`; like Django's own, but with what the session already knows."""

    def process_request(self, request: HttpRequest) -> None:
        request.user = SimpleLazyObject(lambda: user_of(request))  # type: ignore[assignment]
