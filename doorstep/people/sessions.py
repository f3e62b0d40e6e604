"""Sessions kept in our own table, each naming its account."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    """Django's database sessions, with the account written beside them."""

    @classmethod
    def get_model_class(cls) -> type:
        from doorstep.people.models import Session

        return Session

    def create_model_instance(self, data: dict):  # type: ignore[no-untyped-def]
        row = super().create_model_instance(data)
        account = data.get("_auth_user_id")
        row.account_id = int(account) if account else None
        return row
