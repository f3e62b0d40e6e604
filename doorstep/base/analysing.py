# ruff: noqa: S608 (the names in the SQL are our own)
"""What the database knows of its tables: how many rows, how many of them alike.

It chooses by that how to look things up, and a table that grew from nothing to ten thousand rows
is else read whole. PostgreSQL looks by itself, a minute later; SQLite never does. So whoever
brings very many rows in says so at the end (`analyse`), and once a day SQLite's tables are looked
through for those that have grown without anybody saying so (`tick`).
"""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.db import connection

MANY = 500  # rows, from which on it matters
GREW = 2  # times as many as when it was last counted
# Rows of each index that SQLite reads to tell: a few milliseconds, however large the table.
LOOKED_AT = 20_000


def analyse(tables: Iterable[str]) -> None:
    """Count these tables afresh. Harmless at any time, inside a transaction too."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA analysis_limit={LOOKED_AT}")
        for table in tables:
            cursor.execute(f'ANALYZE "{table}"')


def grown() -> list[str]:
    """Return the tables, by name, that have many more rows than SQLite believes."""
    if connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat1'")
        believed: dict[str, int] = {}
        if cursor.fetchone()[0]:
            cursor.execute("SELECT tbl, stat FROM sqlite_stat1 WHERE stat IS NOT NULL")
            for table, stat in cursor.fetchall():
                believed[table] = max(believed.get(table, 0), int(stat.split()[0]))
        found = []
        for table in sorted({model._meta.db_table for model in apps.get_models(True)}):
            # The highest number is told without counting.
            cursor.execute(f'SELECT max(rowid) FROM "{table}"')
            rows = cursor.fetchone()[0] or 0
            if rows >= MANY and rows >= GREW * believed.get(table, 0):
                found.append(table)
    return found


def tick() -> None:
    """Once a day: count afresh what has grown."""
    if tables := grown():
        analyse(tables)
