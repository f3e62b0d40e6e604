"""A migrated database, made once and copied: for each test process and each process they start.

Migrating costs half a minute. The first test process that needs a database migrates one and puts
a copy by; everybody after it begins with the copy. SQLite's copy stays in `build/tests/` under the
fingerprint of all that migrations are made of, so the next run begins with it too. PostgreSQL's is
a template database of the same server. `migrate` is run on each copy all the same: it finds
nothing to do, and if it should find something, does it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "build" / "tests"
# Migrations, and what ours lean on: columns, triggers, sealing, settings, the libraries' own.
MADE_OF = (
    "doorstep/*/migrations/*.py",
    "doorstep/base/*.py",
    "doorstep/base/sqlite/*.py",
    "doorstep/*/apps.py",
    "config/settings.py",
    "requirements/run.txt",
)


def fingerprint() -> str:
    """Return the mark of what a migrated database is made of: 20 hexadecimal digits."""
    found = hashlib.sha256(f"{sys.version} {sqlite3.sqlite_version}".encode())
    for pattern in MADE_OF:
        for path in sorted(ROOT.glob(pattern)):
            found.update(str(path.relative_to(ROOT)).encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:20]


def sqlite_template() -> Path:
    """Return where a migrated SQLite file is, or would be."""
    return KEPT / f"migrated-{fingerprint()}.sqlite3"


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Wait until no other process is making a template."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with open(KEPT / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def keep(source: sqlite3.Connection) -> None:
    """Put a copy of a freshly migrated SQLite by; call it `alone`."""
    path = sqlite_template()
    half = path.with_suffix(f".{os.getpid()}")
    with contextlib.closing(sqlite3.connect(half)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, that can be read by all
    half.replace(path)
    for old in sorted(KEPT.glob("migrated-*"), key=lambda one: -one.stat().st_mtime)[4:]:
        old.unlink()


# --- The database of the test process --------------------------------------------------------


@contextlib.contextmanager
def prepared() -> Iterator[None]:
    """Have Django's test database there, inside; taken away after."""
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    kind = {"sqlite": _Sqlite, "postgresql": _Postgresql}[connection.vendor]()
    how = {
        "verbosity": 0,
        "interactive": False,
        "aliases": ["default"],
        "serialized_aliases": [],
    }
    with contextlib.ExitStack() as stack:
        if not kind.is_there():
            stack.enter_context(alone())
        if kind.is_there():
            stack.close()
            with kind.copied():
                before = setup_databases(**how, keepdb=True)
        else:
            mark = fingerprint()
            before = setup_databases(**how)
            if fingerprint() == mark:  # and nobody wrote a migration meanwhile
                kind.keep()
    try:
        yield
    finally:
        teardown_databases(before, verbosity=0)


class _Sqlite:
    def is_there(self) -> bool:
        return sqlite_template().exists()

    @contextlib.contextmanager
    def copied(self) -> Iterator[None]:
        from django.db import connection

        # Django opens this very name while we hold it, and finds everything there already.
        name = connection.creation._get_test_db_name()
        path = sqlite_template()
        path.touch()  # the longest unused goes first
        with contextlib.closing(sqlite3.connect(name, uri=True)) as target:
            with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as kept:
                kept.backup(target)
            yield

    def keep(self) -> None:
        from django.db import connection

        keep(connection.connection)


class _Postgresql:
    def __init__(self) -> None:
        from django.db import connection

        self.connection = connection
        self.template = f"template_{fingerprint()}"
        self.mine = connection.creation._get_test_db_name()

    def is_there(self) -> bool:
        return (self.template,) in self._run("SELECT datname FROM pg_database")

    @contextlib.contextmanager
    def copied(self) -> Iterator[None]:
        self._run("DROP DATABASE IF EXISTS {0}", self.mine)
        self._run("CREATE DATABASE {0} TEMPLATE {1}", self.mine, self.template)
        yield

    def keep(self) -> None:
        self.connection.close()
        self._run("CREATE DATABASE {0} TEMPLATE {1}", self.template, self.mine)

    def _run(self, words: str, *names: str) -> list:
        quoted = [self.connection.ops.quote_name(name) for name in names]
        with self.connection.creation._nodb_cursor() as cursor:
            cursor.execute(words.format(*quoted))
            return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def on_disk(folder: Path) -> Iterator[None]:
    """Work on a copy in a file, where each thread has a connection of its own, as it has in life.

    The tests' SQLite lives in memory. A server's threads would share its one connection, and end
    each other's transactions; threads with their own would find its tables locked, and not wait.
    """
    from django.db import connection, connections
    from django.db.backends.signals import connection_created

    if connection.vendor != "sqlite":
        yield
        return
    opened: list[Any] = []
    here = threading.get_ident()

    def note(connection: Any, **_: Any) -> None:
        # Beside a browser, whose library runs a loop in this thread, Django opens another one.
        if threading.get_ident() == here:
            opened.append(connection)

    connection.ensure_connection()
    memory, name = connection.connection, connection.settings_dict["NAME"]
    path = folder / "copy.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as copy:
        memory.backup(copy)
    connection.connection = None
    connection.settings_dict["NAME"] = connections.settings["default"]["NAME"] = str(path)
    connection_created.connect(note)
    try:
        yield
    finally:
        connection_created.disconnect(note)
        for one in [connection, *opened]:
            one.close()
        connection.settings_dict["NAME"] = connections.settings["default"]["NAME"] = name
        connection.connection = memory


@contextlib.contextmanager
def a_server() -> Iterator[Any]:
    """Yield a server in threads of this process (its `url`); at the end nobody is still at it."""
    from pytest_django.live_server_helper import LiveServer

    server = LiveServer("localhost")
    try:
        yield server
    finally:
        server.stop()
        ends = time.monotonic() + 10  # a client may keep its line open and say no more
        for thread in threading.enumerate():
            if "process_request_thread" in thread.name:
                thread.join(max(0.0, ends - time.monotonic()))


# --- Data folders of processes that tests start ----------------------------------------------


def data_folder(folder: Path, doorstep) -> Path:
    """Make `folder` a data folder whose database is migrated and whose key is made.

    `doorstep(*words, data=folder)` runs the command; it finds whatever is left to do.
    """
    folder.mkdir(parents=True)
    if not sqlite_template().exists():
        with alone():
            if not sqlite_template().exists():
                mark = fingerprint()
                _migrate(folder, doorstep)
                if fingerprint() == mark:
                    source = contextlib.closing(sqlite3.connect(folder / "doorstep.sqlite3"))
                    with source as database:
                        keep(database)
                return folder
    shutil.copy(sqlite_template(), folder / "doorstep.sqlite3")
    _migrate(folder, doorstep)
    return folder


def _migrate(folder: Path, doorstep) -> None:
    done = doorstep("migrate", "-v0", data=folder, patience=600)
    assert done.returncode == 0, done.stderr
