# ruff: noqa: S608 (the names in the SQL are our own)
"""Stamps: numbers that the database itself raises whenever a watched table changes.

Whoever keeps something made from rows writes down the stamps those rows had, and asks for them
again before showing it: equal numbers, unchanged rows. Because triggers raise them, no verb can
forget to. SQLite only: there a process asks for a score of stamps in some 20 µs, and one writer
at a time raises them; on PostgreSQL two writers could wait for each other's.

    watch("feed_post", ("channel", "row.channel_id"), but=("language",))

raises, for each row that comes, changes or goes, the stamps `feed_post` and `feed_post:channel:7`
(old and new value). Columns in `but` may change without anybody noticing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection


@dataclass(frozen=True)
class Watch:
    """One table: its narrower stamps (name -> SQL of the row) and what does not matter in it."""

    table: str
    scopes: tuple[tuple[str, str], ...]
    but: tuple[str, ...]
    on_insert: bool

    def triggers(self) -> dict[str, str]:
        """Return SQLite's triggers, by their names, which change with what they do."""
        found = {}
        for event in ("INSERT", "DELETE", "UPDATE"):
            if event == "INSERT" and not self.on_insert:
                continue
            raised = [one for name, sql in self.scopes for one in self._raised(event, name, sql)]
            # The last one's WHERE tells SQLite that what follows isn't a join's ON.
            raised.append(f"SELECT '{self.table}', 1 WHERE 1")
            of = f" OF {', '.join(self._columns())}" if event == "UPDATE" and self.but else ""
            # One raised twice differs all the same: nobody need look for doubles.
            body = (
                f"AFTER {event}{of} ON {self.table} BEGIN "
                f"INSERT INTO base_stamp(name, number) {' UNION ALL '.join(raised)} "
                "ON CONFLICT(name) DO UPDATE SET number = number + 1; END"
            )
            mark = hashlib.blake2b(body.encode(), digest_size=4).hexdigest()
            trigger = f"stamp_{self.table}_{event.lower()}_{mark}"
            found[trigger] = f"CREATE TRIGGER {trigger} {body}"
        return found

    def _raised(self, event: str, name: str, sql: str) -> list[str]:
        """Return what selects the narrower stamps of one scope: of the row as it is and was."""
        old, new = sql.replace("row.", "old."), sql.replace("row.", "new.")
        stamp = f"SELECT '{self.table}:{name}:' || ({{0}}), 1 WHERE ({{0}}) IS NOT NULL"
        if event == "UPDATE":
            return [stamp.format(new), f"{stamp.format(old)} AND ({old}) IS NOT ({new})"]
        return [stamp.format(new if event == "INSERT" else old)]

    def _columns(self) -> list[str]:
        model = _models()[self.table]
        names = [field.column for field in model._meta.concrete_fields]
        if unknown := set(self.but) - set(names):
            raise TypeError(f"{self.table} has no {sorted(unknown)}")
        return [f'"{name}"' for name in names if name not in self.but]


watches: dict[str, Watch] = {}


def watch(
    table: str,
    *scopes: tuple[str, str],
    but: Iterable[str] = (),
    on_insert: bool = True,
) -> None:
    """Have the database raise stamps for `table`; called in `AppConfig.ready()`.

    `on_insert=False` where a new row shows nowhere until another table points to it.
    """
    if table in watches:
        raise ValueError(f"{table} is watched already")
    watches[table] = Watch(table, scopes, tuple(but), on_insert)


def _models() -> dict[str, Any]:
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


def is_kept() -> bool:
    """Whether this database raises stamps at all."""
    return connection.vendor == "sqlite"


def mend() -> list[str]:
    """Put every trigger in place that is not, and take away those of another wording.

    Called after `migrate`, which loses the triggers of a table it makes afresh. Returns the
    names of those put in place.
    """
    if not is_kept():
        return []
    _in_place.clear()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, type FROM sqlite_master WHERE type IN ('trigger', 'table')")
        rows = cursor.fetchall()
        tables = {name for name, kind in rows if kind == "table"}
        there = {name for name, kind in rows if kind == "trigger" and name.startswith("stamp_")}
        if "base_stamp" not in tables:
            return []
        wanted = {
            name: sql
            for one in watches.values()
            if one.table in tables
            for name, sql in one.triggers().items()
        }
        for name in there - wanted.keys():
            cursor.execute(f"DROP TRIGGER {name}")
        made = sorted(wanted.keys() - there)
        for name in made:
            cursor.execute(wanted[name])
        if made:
            # Rows may have changed unseen: whoever keeps something must make it afresh.
            cursor.execute("UPDATE base_stamp SET number = number + 1")
            for table in watches:
                cursor.execute(
                    "INSERT INTO base_stamp(name, number) VALUES (%s, 1) "
                    "ON CONFLICT(name) DO UPDATE SET number = number + 1",
                    [table],
                )
    return made


_in_place: dict[str, bool] = {}


def are_in_place() -> bool:
    """Whether this database has every trigger; asked once per process and database."""
    if not is_kept():
        return False
    name = str(connection.settings_dict["NAME"])
    if name not in _in_place:
        wanted = {name for one in watches.values() for name in one.triggers()}
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            there = {name for (name,) in cursor.fetchall()}
        _in_place[name] = wanted <= there
    return _in_place[name]


def lay_aside() -> None:
    """Take the triggers away while very many rows go in; `mend` puts them back."""
    if not is_kept():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'stamp\\_%%' "
            "ESCAPE '\\'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")


def read(names: Iterable[str]) -> dict[str, int]:
    """Return the stamps of these names; one never raised is missing. One query."""
    asked = list(names)
    if not asked:
        return {}
    # Name by name through the index: for a list behind IN, SQLite reads the whole table where its
    # statistics were taken while it was small (0.6 ms instead of 0.01 with 10,000 entries).
    marks = ",".join(["(%s)"] * len(asked))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH asked(one) AS (VALUES {marks}) "
            "SELECT name, number FROM asked CROSS JOIN base_stamp ON name = one",
            asked,
        )
        return dict(cursor.fetchall())


def said_of(*tables: str) -> str | None:
    """Return a word that stays the same while no row of these tables changes.

    None where nobody can say so: the database raises no stamps, or not for each of them.
    """
    if not set(tables) <= watches.keys() or not are_in_place():
        return None
    numbers = read(tables)
    return ".".join(str(numbers.get(table, 0)) for table in tables)
