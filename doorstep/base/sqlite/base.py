"""The database backend (`ENGINE = "doorstep.base.sqlite"`).

Django rewrites the placeholders of every query each time it is run; busy pages ask the same few
queries all day. And it reads each moment in three steps where one does: moments are stored in
UTC, and come out of the cursor aware of it. A flush passes the guards of what is only ever added
to.
"""

import datetime as dt
import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.operations import DatabaseOperations as DjangoOperations


@lru_cache(2048)
def _with_question_marks(query: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


def _moment(stored: bytes) -> dt.datetime:
    """Return the moment of a `datetime` column, which holds UTC without saying so."""
    return dt.datetime.fromisoformat(stored.decode()).replace(tzinfo=dt.UTC)


sqlite3.register_converter("datetime", _moment)


class DatabaseOperations(DjangoOperations):
    """Django's operations; a moment that is aware already stays as it is."""

    def convert_datetimefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value is None or (isinstance(value, dt.datetime) and value.tzinfo is not None):
            return value
        return super().convert_datetimefield_value(value, expression, connection)

    def guards(self) -> list[tuple[str, str]]:
        """Return (name, SQL) of the triggers that refuse to take rows out: "only_added_…"."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master "
                "WHERE type = 'trigger' AND name LIKE 'only\\_added\\_%' ESCAPE '\\'"
            )
            return cursor.fetchall()

    def execute_sql_flush(self, sql_list: Iterable[str]) -> None:
        """Empty every table (`flush`, and between tests); guards step aside and come back."""
        guards = self.guards()
        aside = [f'DROP TRIGGER "{name}"' for name, _words in guards]
        super().execute_sql_flush([*aside, *sql_list, *(words for _name, words in guards)])


class Cursor(base.SQLiteCursorWrapper):
    """Django's cursor; the wording of a query without named parameters is kept."""

    def convert_query(self, query: str, *, param_names: Any = None) -> str:
        if param_names is None:
            return _with_question_marks(query)
        return super().convert_query(query, param_names=param_names)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite, with our cursor and moments."""

    ops_class = DatabaseOperations

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=Cursor)
