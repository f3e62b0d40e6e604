"""Search indexes stay whole: a migration that makes a table afresh loses SQLite's triggers."""

from __future__ import annotations

from typing import Any

from django.db import connections, transaction

from doorstep.base import stamps
from doorstep.base.fulltext import indexes


def mend(*, using: str = "default", **kwargs: Any) -> list[str]:
    """Put back the triggers a migration took away, and make those indexes afresh.

    Called after every `migrate`; returns the tables that were mended.
    """
    connection = connections[using]
    if connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'table')")
        there = {name for (name,) in cursor.fetchall()}
    mended = []
    for index in indexes():
        names = [f"{index.table}_fts_{event}" for event in ("insert", "delete", "change")]
        if f"{index.table}_fts" not in there or all(name in there for name in names):
            continue
        statements = [*index.without_triggers(), *index.rebuilt(), *index.triggers()]
        with transaction.atomic(using=using), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        mended.append(index.table)
    stamps.mend()
    return mended
