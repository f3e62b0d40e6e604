"""What the database remembers about the demo in it: a small table that only a demo has.

It tells a demo from real people, a finished demo from one that was killed half-way, and keeps
what a load laid aside so that it can be put back.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError, connection, transaction

from doorstep.base import fulltext, stamps
from doorstep.people.models import Person
from doorstep.web.demo.making import FILLED

_TABLE = "web_demo"


class NoRoom(Exception):
    """A sentence: why no demo may go into this database, and what to do."""


def _exists() -> bool:
    with connection.cursor() as cursor:
        return _TABLE in connection.introspection.table_names(cursor)


def facts() -> dict | None:
    """Return what is noted about the demo: size, seed, is_whole, …; None where there is none."""
    if not _exists():
        return None
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT facts FROM {_TABLE}")  # noqa: S608
        row = cursor.fetchone()
    return json.loads(row[0]) if row else None


def _write(facts: dict) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {_TABLE} (facts text NOT NULL)")
        cursor.execute(f"DELETE FROM {_TABLE}")  # noqa: S608
        cursor.execute(f"INSERT INTO {_TABLE} (facts) VALUES (%s)", [json.dumps(facts)])  # noqa: S608


def state() -> str:
    """Return "none", "half" (killed while it was made) or "whole"."""
    noted = facts()
    if noted is None:
        return "none"
    return "whole" if noted.get("is_whole") else "half"


def begin(size: str, seed: int, day: dt.date) -> None:
    """Note that a demo is being made."""
    _write({"size": size, "seed": seed, "day": day.isoformat(), "is_whole": False, "aside": []})


def keep(statements: list[str]) -> None:
    """Note what brings back the indexes and triggers that a load lays aside."""
    _write({**(facts() or {}), "aside": statements})


def finish() -> None:
    """Note that the demo is whole, and who its last person is."""
    newest = Person.objects.order_by("-pk").values_list("pk", flat=True).first()
    _write({**(facts() or {}), "is_whole": True, "aside": [], "last_person": newest})


def make_room(*, replace: bool, joined_too: bool = False) -> None:
    """Make sure the database holds nobody; with `replace` throw the demo in it away.

    Raises NoRoom with what to do.
    """
    try:
        anyone = Person.objects.exists()
    except (OperationalError, ProgrammingError) as problem:
        raise NoRoom("The database has no tables yet. Run: doorstep migrate") from problem
    noted = facts()
    if noted is None:
        if anyone:
            raise NoRoom(
                "There are real people in this database, and a demo never goes beside them. "
                "Name another folder with DOORSTEP_DATA."
            )
        return
    if not replace:
        if noted.get("is_whole"):
            raise NoRoom(
                f"A demo {noted['size']} is here already. "
                "Add --replace to throw it away and make another."
            )
        raise NoRoom(
            f"A demo {noted['size']} was begun here and never finished. "
            "Add --replace to throw the half of it away and begin again."
        )
    last = noted.get("last_person")
    if last and not joined_too:
        joined = Person.objects.filter(pk__gt=last).count()
        if joined:
            raise NoRoom(
                f"{joined} of the people here joined by themselves after the demo was made. "
                "Add --with-those-who-joined if nobody will miss them."
            )
    _empty(noted.get("aside", []))


def _empty(aside: list[str]) -> None:
    """Empty every table that people fill; leave areas, postcodes, kits, themes."""
    from django.apps import apps

    stay = {"places_area", "places_postcode", "teams_kit", "watch_theme", "django_content_type"}
    stay |= {"django_migrations", "base_tickrun", "base_shared_cache"}
    tables = [
        model._meta.db_table
        for app in apps.get_app_configs()
        for model in app.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]
    ours = {model._meta.db_table for model in FILLED}
    if not ours <= set(tables):
        raise ImproperlyConfigured("a table of the demo is not among the site's tables")
    tables = [name for name in dict.fromkeys(tables) if name not in stay]
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            names = ", ".join(map(quote, tables))
            cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
        else:
            # Without triggers and foreign keys SQLite drops a table's pages in one go.
            cursor.execute("PRAGMA foreign_keys=OFF")
            try:
                with transaction.atomic():
                    indexes = fulltext.indexes()
                    for index in indexes:
                        for sql in index.without_triggers():
                            cursor.execute(sql)
                    stamps.lay_aside()
                    # The read log refuses to lose a row; here all of it goes.
                    guards = connection.ops.guards()  # type: ignore[attr-defined]
                    for guard, _sql in guards:
                        cursor.execute(f'DROP TRIGGER "{guard}"')
                    for name in tables:
                        cursor.execute(f"DELETE FROM {quote(name)}")  # noqa: S608
                    for _guard, sql in guards:
                        cursor.execute(sql)
                    for index in indexes:
                        for sql in [*index.rebuilt(), *index.triggers()]:
                            cursor.execute(sql)
                    cursor.execute(
                        "SELECT name FROM sqlite_master WHERE type IN ('index', 'trigger')"
                    )
                    there = {row[0] for row in cursor.fetchall()}
                    for sql in aside:
                        name = sql.split("INDEX", 1)[-1].split("ON", 1)[0].strip(' "')
                        if "CREATE TRIGGER" not in sql and name not in there:
                            cursor.execute(sql)
                    stamps.mend()
            finally:
                cursor.execute("PRAGMA foreign_keys=ON")
    shutil.rmtree(settings.MEDIA_ROOT / "demo", ignore_errors=True)
    _write({"size": "", "is_whole": False, "aside": []})
