# ruff: noqa: S608 (the names in the SQL are our own tables')
"""Many rows into an empty database, quickly, on SQLite and PostgreSQL.

Rows go in as the database stores them, past Django's model objects: a million of those would
take an hour. What a model gains later is filled with its own default, or named in the error.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TextIO

from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction

from doorstep.base import fulltext, stamps
from doorstep.base.sealed_fields import SealedJSONField, SealedMixin

CHUNK = 40_000  # rows in one transaction


class Progress:
    """A bar with the time left, on a terminal; a line now and then elsewhere."""

    def __init__(self, total: int, out: TextIO | None) -> None:
        self.total, self.out = max(1, total), out
        self.done, self.what = 0, ""
        self.began = self._drawn = time.monotonic()
        self._tenth = 0

    def stage(self, what: str) -> None:
        """Say what is being made now."""
        self.what = what
        self._draw(now=True)

    def add(self, rows: int) -> None:
        """Count `rows` more as made."""
        self.done += rows
        self._draw()

    def _draw(self, *, now: bool = False) -> None:
        if self.out is None:
            return
        moment = time.monotonic()
        share = min(1.0, self.done / self.total)
        took = moment - self.began
        left = f", about {_span(took / share - took)} left" if 0.02 < share < 1 else ""
        if self.out.isatty():
            if now or moment - self._drawn > 0.2:
                bar = "#" * round(share * 28)
                self.out.write(f"\r[{bar:.<28}] {share:4.0%}  {self.what}{left}\x1b[K")
                self.out.flush()
                self._drawn = moment
        elif int(share * 10) > self._tenth:
            self._tenth = int(share * 10)
            self.out.write(f"{share:4.0%}  {self.what}{left}\n")
            self.out.flush()

    def end(self) -> None:
        """Finish the bar."""
        if self.out is not None and self.out.isatty():
            self.out.write("\r\x1b[K")


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"


def _turned(
    rows: Iterable[Sequence[Any]], turned: list[tuple[int, Callable[[Any], Any]]]
) -> Iterator[list[Any]]:
    for row in rows:
        values = list(row)
        for place, stored in turned:
            values[place] = stored(values[place])
        yield values


def _sealing_json(field: SealedJSONField) -> Callable[[Any], Any]:
    """Return what seals a dict or list of a field; JSON text would lie in it as a text."""

    def stored(value: Any) -> str | None:
        if isinstance(value, str):
            raise TypeError(f"the demo must give {field} a dict or list, not JSON text")
        return field.stored(value)

    return stored


class Loader:
    """Writes rows of models in order, giving out their ids beforehand."""

    def __init__(
        self, progress: Progress, *, big: bool = False, using: str = DEFAULT_DB_ALIAS
    ) -> None:
        self.connection = connections[using]
        self.on_sqlite = self.connection.vendor == "sqlite"
        self.progress = progress
        self.big = big
        self._next: dict[type[models.Model], int] = {}
        self._statements: dict[tuple[type[models.Model], tuple[str, ...]], tuple[str, tuple]] = {}

    # --- Ids -------------------------------------------------------------------------------

    def ids(self, model: type[models.Model], many: int = 1) -> int:
        """Keep `many` ids of a model; return the first."""
        if model not in self._next:
            newest = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
            self._next[model] = (newest or 0) + 1
        first = self._next[model]
        self._next[model] += many
        return first

    # --- Rows ------------------------------------------------------------------------------

    def write(
        self, model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> int:
        """Insert rows whose columns are `names` (attribute names); return how many."""
        sql, rest = self._statement(model, tuple(names))
        coming = iter(self._sealed(model, names, rows))
        count = 0
        while chunk := list(islice(coming, CHUNK)):
            full = [(*row, *rest) for row in chunk] if rest else chunk
            with transaction.atomic(using=self.connection.alias):
                if self.on_sqlite:
                    with self.connection.wrap_database_errors:
                        self.connection.connection.executemany(sql, full)
                else:
                    with (
                        self.connection.cursor() as cursor,
                        cursor.cursor.copy(sql) as copy,
                    ):
                        for row in full:
                            copy.write_row(row)
            count += len(chunk)
            self.progress.add(len(chunk))
        return count

    def _sealed(
        self, model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> Iterable[Sequence[Any]]:
        """Return the rows with what is sealed in their table sealed."""
        fields = {field.attname: field for field in model._meta.concrete_fields}
        turned: list[tuple[int, Callable[[Any], Any]]] = [
            (place, _sealing_json(field) if isinstance(field, SealedJSONField) else field.stored)
            for place, field in enumerate(fields[name] for name in names)
            if isinstance(field, SealedMixin)
        ]
        return _turned(rows, turned) if turned else rows

    def _statement(self, model: type[models.Model], names: tuple[str, ...]) -> tuple[str, tuple]:
        key = (model, names)
        if key not in self._statements:
            fields = {field.attname: field for field in model._meta.concrete_fields}
            columns = [str(fields.pop(name).column) for name in names]
            rest = []
            for field in fields.values():
                if field.primary_key:
                    continue
                value = field.get_default()
                if field.unique and value is not None:
                    raise TypeError(f"the demo must say what {model.__name__}.{field.name} is")
                if value is None and not field.null:
                    raise TypeError(f"the demo must say what {model.__name__}.{field.name} is")
                if isinstance(field, models.DateTimeField) and value is not None:
                    raise TypeError(f"the demo must say when {model.__name__}.{field.name} is")
                columns.append(str(field.column))
                rest.append(self._stored(field, value))
            quote = self.connection.ops.quote_name
            into = f"{quote(model._meta.db_table)} ({', '.join(map(quote, columns))})"
            sql = (
                f"INSERT INTO {into} VALUES ({', '.join('?' * len(columns))})"
                if self.on_sqlite
                else f"COPY {into} FROM STDIN"
            )
            self.connection.ensure_connection()
            self._statements[key] = (sql, tuple(rest))
        return self._statements[key]

    def _stored(self, field: models.Field, value: Any) -> Any:
        if isinstance(field, models.JSONField):
            return None if value is None else json.dumps(value, ensure_ascii=False)
        if isinstance(field, SealedMixin):
            return field.stored(value)
        return value

    def run(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run one statement."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params)

    # --- Before and after --------------------------------------------------------------------

    @contextmanager
    def loading(self, tables: Sequence[str], keep: Any) -> Iterator[None]:
        """Lay indexes and triggers aside while rows go in, and put them back.

        `keep(statements)` is called with what brings them back before any is dropped, so that a
        load that is killed half-way can be undone.
        """
        indexes = [index for index in fulltext.indexes() if index.table in tables]
        aside = self._secondary(tables) if self.on_sqlite and self.big else []
        if self.on_sqlite:
            back = [sql for _name, sql in aside]
            back += [sql for index in indexes for sql in index.triggers()]
            keep(back)
            # A killed process loses nothing by synchronous=OFF; only a power cut could, and
            # then the demo is made again.
            # Within a transaction (a test's) SQLite refuses these; it is slower then, no more.
            for pragma in (
                ()
                if self.connection.in_atomic_block
                else (
                    "foreign_keys=OFF",
                    "synchronous=OFF",
                    "wal_autocheckpoint=20000",
                    "cache_size=-200000",
                    "mmap_size=0",
                )
            ):
                self.run(f"PRAGMA {pragma}")
            for index in indexes:
                for sql in index.without_triggers():
                    self.run(sql)
            stamps.lay_aside()
            for name, _sql in aside:
                self.run(f'DROP INDEX IF EXISTS "{name}"')
        yield
        if self.on_sqlite:
            weight = self.progress.total // 60 if self.big else 0
            for name, sql in aside:
                self.progress.stage(f"index {name}")
                self.run(sql)
                self.progress.add(weight // max(1, len(aside)) * 2)
            for index in indexes:
                self.progress.stage(f"full text of {index.table}")
                with transaction.atomic(using=self.connection.alias):
                    for sql in [*index.rebuilt(), *index.triggers()]:
                        self.run(sql)
            stamps.mend()
            self.run("ANALYZE")
            for pragma in (
                ()
                if self.connection.in_atomic_block
                else (
                    "wal_checkpoint(TRUNCATE)",
                    "foreign_keys=ON",
                    "synchronous=NORMAL",
                    "wal_autocheckpoint=1000",
                    "cache_size=-65536",
                    "mmap_size=1073741824",
                )
            ):
                self.run(f"PRAGMA {pragma}")
        else:
            for sql in self.connection.ops.sequence_reset_sql(no_style(), list(self._next)):
                self.run(sql)
            self.run("ANALYZE")

    def _secondary(self, tables: Sequence[str]) -> list[tuple[str, str]]:
        marks = ", ".join(["%s"] * len(tables))
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
                f"AND tbl_name IN ({marks}) ORDER BY name",
                list(tables),
            )
            return cursor.fetchall()
