"""Sessions kept in our own table, each naming its account.

Reading a session brings account and person along, and says whether there are roles or blocks
to ask about: one query for everything most pages need to know about their reader.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from doorstep.base import kept_pages
from doorstep.base.prepared import Prepared
from doorstep.base.sealing import CannotOpen

log = logging.getLogger("doorstep.people")


def mark_of(key: str) -> str:
    """Return what the table keeps of a session's key, 40 letters that lead nobody back to it.

    With the key itself, out of a stolen backup, somebody could walk in as whoever is signed in.
    Keys are long and random, so that no salt is needed against guessing.
    """
    return hashlib.sha256(f"doorstep session {key}".encode()).hexdigest()[:40]


def _session_query(key: str, at: dt.datetime) -> Any:
    from doorstep.people.models import Block, RoleHolding, Session

    person = OuterRef("account__person")
    return (
        Session.objects.filter(session_key=key, expire_date__gt=at)
        .select_related("account__person")
        .annotate(
            has_roles=Exists(
                RoleHolding.objects.filter(
                    person=person, accepted_at__lte=at, starts_at__lte=at
                ).filter(Q(ends_at=None) | Q(ends_at__gt=at))
            ),
            # Two look-ups, because an OR would walk the whole table.
            has_blocks=Exists(Block.objects.filter(blocker=person))
            | Exists(Block.objects.filter(blocked=person)),
        )
    )


_session = Prepared(_session_query, key=str, at=dt.datetime)


@lru_cache(4096)
def _opened(sealed: str) -> str:
    """Return the session's content as JSON; the same sealed text always opens the same."""
    from doorstep.people.models import Session

    try:
        return Session._meta.get_field("session_data").opened(sealed)  # type: ignore[union-attr]
    except CannotOpen as problem:
        # As with a wrong signature: whoever it was signs in again.
        log.error("%s", problem)
        return "{}"


def _read(text: str, salt: str) -> dict[str, Any]:
    """Return the content of a session: JSON, or signed as Django does, which ours once were."""
    if text.startswith("{"):
        return json.loads(text)
    try:
        return signing.loads(text, salt=salt, serializer=signing.JSONSerializer)
    except signing.BadSignature:
        return {}


class SessionStore(DatabaseStore):
    """Django's database sessions, with the account written beside them."""

    row: Any = None
    # Of the database, from just before `row` was read (`kept_pages`).
    state: tuple[int, int, int] | None = None
    # What the browser says it is and where it asks from; the middleware sets them.
    user_agent: str = ""
    ip_of: Callable[[], str | None] = staticmethod(lambda: None)

    @classmethod
    def get_model_class(cls) -> type:
        from doorstep.people.models import Session

        return Session

    def load(self) -> dict[str, Any]:
        self.state = kept_pages.state()
        key = self.session_key
        row = _session.first(key=mark_of(key), at=timezone.now()) if key else None
        if row is None:
            self._session_key = None
            return {}
        self.row = row
        return _read(_opened(row.__dict__["session_data"]), self.key_salt)

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Return the content as JSON; the column seals it."""
        return json.dumps(session_dict, separators=(",", ":"))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        return _read(str(session_data), self.key_salt)

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.session_key = mark_of(row.session_key)
        account = data.get("_auth_user_id")
        row.account_id = int(account) if account else None
        return row

    def exists(self, session_key: str) -> bool:
        return super().exists(mark_of(session_key))

    def delete(self, session_key: str | None = None) -> None:
        key = self.session_key if session_key is None else session_key
        if key is not None:
            super().delete(mark_of(key))

    def save(self, must_create: bool = False) -> None:
        """Write the session without touching when it began and where."""
        if self.session_key is None:
            return self.create()
        row = self.create_model_instance(self._get_session(no_load=must_create))  # type: ignore[attr-defined]
        if must_create:
            row.user_agent, row.ip = self.user_agent[:300], self.ip_of()
            try:
                with transaction.atomic():
                    row.save(force_insert=True)
            except IntegrityError as problem:
                raise CreateError from problem
            return None
        sessions: Any = self.model.objects
        changed = sessions.filter(pk=row.pk).update(
            session_data=row.session_data, expire_date=row.expire_date, account_id=row.account_id
        )
        if not changed:
            # Ended from another browser in the meantime; it must not come back to life.
            raise UpdateError
        return None
