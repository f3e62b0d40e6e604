"""Full text: an index kept by the database itself, so a deletion is gone at the next request.

On SQLite an FTS5 table beside the model's own, kept in step by triggers; on PostgreSQL a
generated `tsvector` column with a GIN index, and trigrams for typing mistakes.
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.loader import MigrationLoader


class AddFullText(migrations.RunPython):
    """Index `columns` of `table`, where `live` (an SQL condition on the row) holds.

    The SQLite table is `<table>_fts` with rowid = id. The PostgreSQL column is `words`.
    """

    def __init__(self, table: str, columns: list[str], live: str = "1=1") -> None:
        self.table, self.columns, self.live = table, columns, live
        super().__init__(self._add, self._remove)

    def deconstruct(self):  # type: ignore[no-untyped-def]
        return (self.__class__.__name__, [self.table, self.columns, self.live], {})

    def _add(self, apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            words = " || ' ' || ".join(f"coalesce({column}, '')" for column in self.columns)
            editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            editor.execute(
                f"ALTER TABLE {self.table} ADD COLUMN words tsvector GENERATED ALWAYS AS "
                f"(to_tsvector('simple', {words})) STORED"
            )
            editor.execute(f"CREATE INDEX {self.table}_words ON {self.table} USING gin (words)")
            return
        fts = f"{self.table}_fts"
        editor.execute(
            f"CREATE VIRTUAL TABLE {fts} USING fts5({self._names}, content='{self.table}', "
            "content_rowid='id', tokenize=\"unicode61 remove_diacritics 2\", prefix='3', detail=full)"
        )
        editor.execute(f"CREATE VIRTUAL TABLE {fts}_vocab USING fts5vocab({fts}, row)")
        for statement in self.triggers():
            editor.execute(statement)

    @property
    def _names(self) -> str:
        return ", ".join(self.columns)

    def triggers(self) -> list[str]:
        """Return the statements that make SQLite keep the index in step with the rows."""
        names, fts = self._names, f"{self.table}_fts"
        new = ", ".join(f"new.{column}" for column in self.columns)
        old = ", ".join(f"old.{column}" for column in self.columns)
        live_new = self.live.replace("row.", "new.")
        live_old = self.live.replace("row.", "old.")
        return [
            f"CREATE TRIGGER {fts}_insert AFTER INSERT ON {self.table} WHEN {live_new} BEGIN "
            f"INSERT INTO {fts}(rowid, {names}) VALUES (new.id, {new}); END",
            f"CREATE TRIGGER {fts}_delete AFTER DELETE ON {self.table} WHEN {live_old} BEGIN "
            f"INSERT INTO {fts}({fts}, rowid, {names}) VALUES ('delete', old.id, {old}); END",
            # One trigger, because SQLite does not promise the order of two.
            f"CREATE TRIGGER {fts}_change AFTER UPDATE ON {self.table} WHEN {self._changed()} BEGIN "
            f"INSERT INTO {fts}({fts}, rowid, {names}) SELECT 'delete', old.id, {old} "
            f"WHERE {live_old}; "
            f"INSERT INTO {fts}(rowid, {names}) SELECT new.id, {new} WHERE {live_new}; END",
        ]

    def without_triggers(self) -> list[str]:
        """Return the statements that stop SQLite keeping the index, for loading very many rows.

        Follow them by `rebuilt()` and `triggers()` once the rows are in.
        """
        return [
            f"DROP TRIGGER IF EXISTS {self.table}_fts_{name}"
            for name in ("insert", "delete", "change")
        ]

    def rebuilt(self) -> list[str]:
        """Return the statements that make SQLite's index afresh from the live rows alone.

        FTS5's own 'rebuild' would take in what has been taken down too.
        """
        fts, live = f"{self.table}_fts", self.live.replace("row.", "")
        return [
            f"INSERT INTO {fts}({fts}) VALUES ('delete-all')",
            f"INSERT INTO {fts}(rowid, {self._names}) "
            f"SELECT id, {self._names} FROM {self.table} WHERE {live}",
        ]

    def _changed(self) -> str:
        """Return when words or being live changed: counters must not touch the index."""
        same = [f"old.{column} IS NOT new.{column}" for column in self.columns]
        was = self.live.replace("row.", "old.")
        is_ = self.live.replace("row.", "new.")
        return " OR ".join([*same, f"({was}) IS NOT ({is_})"])

    def _remove(self, apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"ALTER TABLE {self.table} DROP COLUMN words")
            return
        fts = f"{self.table}_fts"
        for statement in self.without_triggers():
            editor.execute(statement)
        editor.execute(f"DROP TABLE {fts}_vocab")
        editor.execute(f"DROP TABLE {fts}")


def indexes() -> list[AddFullText]:
    """Return every full-text index the migrations make, the last word on each table."""
    found: dict[str, Any] = {}
    loader = MigrationLoader(None, ignore_no_migrations=True)
    for key in loader.graph.leaf_nodes():
        for node in loader.graph.forwards_plan(key):
            for operation in loader.graph.nodes[node].operations:
                if isinstance(operation, AddFullText):
                    found[operation.table] = operation
    return list(found.values())
