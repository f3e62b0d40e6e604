# ruff: noqa: S608 (the names in the SQL are our own tables')
"""Operations that turn plain columns into sealed ones, and back.

`SealField` changes what a column may hold, `SealColumns` seals what lies in it. Migrations may
use both for ever: they depend on nothing but the format of `base.sealing`, which is stable.

    operations = [
        SealField("person", "phone", SealedCharField(max_length=20, blank=True, can_look_up=True)),
        SealColumns("people_person", "people.person", {"phone": FINDABLE}),
    ]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import migrations, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from doorstep.base import sealing

BATCH = 2000
# How a column is sealed.
HIDDEN, FINDABLE, EMAIL = "hidden", "findable", "email"


class SealField(migrations.AlterField):
    """AlterField to a sealed field. SQLite keeps the column as it is: it holds any text.

    Making the table again, as SQLite would, drops its triggers and takes minutes in a borough. Only
    the check that a column holds JSON is taken out of the table's own words.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, *states)
            return
        model = states[0].apps.get_model(app_label, self.model_name)
        if isinstance(model._meta.get_field(self.name), models.JSONField):
            _allow_any_text(schema_editor, model._meta.db_table, self.name)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        if schema_editor.connection.vendor != "sqlite":
            super().database_backwards(app_label, schema_editor, *states)


def _allow_any_text(editor: Any, table: str, column: str) -> None:
    """Take away SQLite's check that a column holds JSON, without making the table again."""
    check = f'CHECK ((JSON_VALID("{column}") OR "{column}" IS NULL))'
    with editor.connection.cursor() as cursor:
        cursor.execute("PRAGMA schema_version")
        [version] = cursor.fetchone()
        cursor.execute("PRAGMA writable_schema = ON")
        try:
            cursor.execute(
                "UPDATE sqlite_master SET sql = replace(sql, %s, '')"
                " WHERE type = 'table' AND name = %s",
                [f" {check}", table],
            )
            # Every connection reads the schema again.
            cursor.execute(f"PRAGMA schema_version = {int(version) + 1}")
        finally:
            cursor.execute("PRAGMA writable_schema = OFF")
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [table])
        if f'JSON_VALID("{column}")' in cursor.fetchone()[0]:
            raise RuntimeError(f"{table}.{column} still takes nothing but JSON")


class SealColumns(migrations.RunPython):
    """Seal what lies in the columns of a table, a batch at a time; reversed, open it again.

    `model` is its label in small letters; `columns` is how each is sealed, by its name.
    Run again after it was stopped, it passes over what is sealed already: with `atomic = False` in
    its migration each batch is kept as it is done, and nothing of a large table is done twice.
    """

    def __init__(self, table: str, model: str, columns: dict[str, str], key: str = "id") -> None:
        self.table, self.model, self.columns, self.key = table, model, columns, key
        super().__init__(self._seal, self._open)

    def deconstruct(self):  # type: ignore[no-untyped-def]
        return (self.__class__.__name__, [self.table, self.model, self.columns, self.key], {})

    def _seal(self, apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        def sealed(text: str, vault: sealing.Column, how: str) -> str:
            if sealing.is_sealed(text):
                return text
            return vault.seal(text.strip().lower() if how == EMAIL else text)

        self._turn(editor, sealed)

    def _open(self, apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        self._turn(
            editor, lambda text, vault, _how: vault.open(text) if sealing.is_sealed(text) else text
        )

    def _turn(
        self, editor: BaseDatabaseSchemaEditor, turned: Callable[[str, sealing.Column, str], str]
    ) -> None:
        connection = editor.connection
        quote = connection.ops.quote_name
        table, key = quote(self.table), quote(self.key)
        columns = [quote(name) for name in self.columns]
        vaults = [
            (sealing.Column(f"{self.model}.{name}", can_look_up=how != HIDDEN), how)
            for name, how in self.columns.items()
        ]
        filled = " OR ".join(f"{column} <> ''" for column in columns)
        read = f"SELECT {key}, {', '.join(columns)} FROM {table} WHERE ({filled})"
        write = f"UPDATE {table} SET {', '.join(f'{c} = %s' for c in columns)} WHERE {key} = %s"
        last: Any = None
        with connection.cursor() as cursor:
            while True:
                since = f" AND {key} > %s" if last is not None else ""
                cursor.execute(
                    f"{read}{since} ORDER BY {key} LIMIT {BATCH}", [last] if since else []
                )
                rows = cursor.fetchall()
                if not rows:
                    return
                with transaction.atomic(using=connection.alias):
                    cursor.executemany(write, list(self._rows(rows, vaults, turned)))
                last = rows[-1][0]

    def _rows(
        self,
        rows: Iterable[tuple[Any, ...]],
        vaults: list[tuple[sealing.Column, str]],
        turned: Callable[[str, sealing.Column, str], str],
    ) -> Iterable[list[Any]]:
        for pk, *values in rows:
            yield [
                *(
                    turned(value, vault, how) if value else value
                    for value, (vault, how) in zip(values, vaults, strict=True)
                ),
                pk,
            ]
