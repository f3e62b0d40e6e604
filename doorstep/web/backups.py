"""Backups: made while people go on using the site, checked, and brought back.

A backup is a folder `doorstep-2026-11-22-031500` with the database, the photos (`media/`), the
sealed private files (`private/`), the read log's witness, and `manifest.json`: the size in bytes
and the SHA-256 of each. The key ring is never in it (docs/keys.md): a stolen backup tells nobody
anything. The database is taken first and the files after it, so every file it names is there.
Files never change once written, so a file that the backup before this one holds is linked, not
copied: fourteen nights cost little more than one.
"""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from doorstep.base import rotating, sealing
from doorstep.base.time import local, now

Progress = Callable[[str, int, int], None]  # what, files done, files in all

MANIFEST, NOTE = "manifest.json", "last-backup.json"
FOLDERS = ("media", "private")
WITNESS = "read-log-witness.txt"
_NAME = re.compile(r"doorstep-\d{4}-\d\d-\d\d-\d{6}")
_BEING_MADE = ".being-made"
# What a restore that was killed leaves: which backup it was, and what it had moved aside.
_RESTORING = ".restoring.json"
_SPARE = 200 * 1024 * 1024  # bytes that stay free on the disk


class CannotBackUp(Exception):
    """Why a backup can't be made, trusted or brought back, and what to do."""


@dataclass(frozen=True)
class Backup:
    """One finished backup: its folder, when it was made, its size in bytes, its files."""

    path: Path
    made_at: dt.datetime
    size: int
    files: int


def _quiet(what: str, done: int, total: int) -> None:
    pass


# --- Making one ---------------------------------------------------------------------------------


def make(into: Path, *, keep: int = 0, progress: Progress = _quiet) -> Backup:
    """Make a backup in the folder `into`; of older ones leave the newest `keep` (0: all).

    Raises CannotBackUp; then nothing half-made is left.
    """
    into = into.absolute()
    if into == settings.DATA or settings.DATA in into.parents:
        raise CannotBackUp(
            f"{into} lies inside {settings.DATA}: a disk that dies would take both. Choose a "
            "folder elsewhere, best on another machine's disk."
        )
    try:
        into.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone(into / ".lock", "Another backup is being made there now."):
            return _make(into, keep, progress)
    except (OSError, sqlite3.OperationalError) as problem:
        if _is_full(problem):
            raise CannotBackUp(
                f"The disk of {into} became full. Nothing half-made is left there, and the backups "
                "before this one are whole. Make room, keep fewer (--keep), or choose another disk."
            ) from problem
        said = getattr(problem, "strerror", None) or problem
        raise CannotBackUp(f"We can't make a backup in {into}: {said}.") from problem


def _is_full(problem: BaseException | None) -> bool:
    return (
        getattr(problem, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        or getattr(problem, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    )


@contextmanager
def _alone(lock: Path, else_said: str) -> Iterator[None]:
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise CannotBackUp(else_said) from problem
        yield


def _restoring_alone() -> Any:
    said = f"A backup is being brought back into {settings.DATA} now. Wait until it is done."
    return _alone(settings.DATA / ".restoring.lock", said)


def _make(into: Path, keep: int, progress: Progress) -> Backup:
    at = now()
    name = f"doorstep-{local(at):%Y-%m-%d-%H%M%S}"
    for left in into.glob(f"{_BEING_MADE}-*"):  # by one that was killed
        shutil.rmtree(left)
    if (into / name).exists():
        raise CannotBackUp("A backup was made this very second. That will do.")
    earlier = every(into)
    before = earlier[0].path if earlier else None
    place = into / f"{_BEING_MADE}-{name}"
    place.mkdir(mode=0o700)
    try:
        _room_for_database(into)
        progress("database", 0, 0)
        database = _take_database(place)
        files = _take_files(place, before, progress)
        manifest = {
            "format": 1,
            "made_at": at.isoformat(),
            "key": sealing.ring().writing,
            "database": database,
            "files": files,
        }
        text = json.dumps(manifest, indent=1)
        with (place / MANIFEST).open("w") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        place.rename(into / name)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    _note(into / name, at)
    if keep:
        for old in every(into)[keep:]:
            shutil.rmtree(old.path)
    return read(into / name)


def _room_for_database(into: Path) -> None:
    free = shutil.disk_usage(into).free
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        else:
            cursor.execute("SELECT pg_database_size(current_database())")
        needed = cursor.fetchone()[0]
    if free < needed + _SPARE:
        raise CannotBackUp(
            f"The database takes {_mb(needed)} MB and only {_mb(free)} MB are free in {into}. "
            "Make room, keep fewer backups (--keep), or choose another disk."
        )


def _mb(size: int) -> int:
    return size // (1024 * 1024)


def _take_database(place: Path) -> dict[str, Any]:
    if connection.vendor == "sqlite":
        kind, path = "sqlite", place / "doorstep.sqlite3"
        with closing(sqlite3.connect(_database_file(), timeout=60)) as source:
            source.execute("VACUUM INTO ?", (str(path),))
    else:
        kind, path = "postgresql", place / "doorstep.dump"
        _postgresql("pg_dump", "--format=custom", "--no-owner", f"--file={path}")
    path.chmod(0o600)
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    return {"kind": kind, "file": path.name, "bytes": path.stat().st_size, "sha256": _hash(path)}


def _postgresql(tool: str, *words: str) -> None:
    """Run PostgreSQL's own tool on our database; the password never stands in its words."""
    server: dict[str, Any] = settings.DATABASES["default"]
    found = shutil.which(tool) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{tool}"))[::-1]), ""
    )
    if not found:
        raise CannotBackUp(f"{tool} is missing. On Debian: apt-get install postgresql-client")
    given = {
        "PGHOST": server["HOST"],
        "PGPORT": str(server["PORT"] or ""),
        "PGUSER": server["USER"],
        "PGPASSWORD": server["PASSWORD"],
        "PGDATABASE": server["NAME"],
        **{
            f"PG{name.upper()}": str(value)
            for name, value in server.get("OPTIONS", {}).items()
            if name in ("sslmode", "sslrootcert")
        },
    }
    environment = os.environ | {name: value for name, value in given.items() if value}
    done = subprocess.run(  # noqa: S603 (a tool of PostgreSQL's, our own words)
        [found, *words], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise CannotBackUp(_explained(tool, done.stderr))


def _explained(tool: str, said: str) -> str:
    """Return a sentence for what a tool of PostgreSQL's complained about."""
    if "unsupported version" in said:
        return (
            f"This backup was made with a newer PostgreSQL than {tool} here can read. Install "
            "postgresql-client of that version or a newer one, and try again."
        )
    if "server version mismatch" in said:
        return (
            f"{tool} here is older than the database server. Install postgresql-client of the "
            "server's version, and try again."
        )
    if "No space left on device" in said:
        return f"The disk became full while {tool} wrote. Make room, and try again."
    if "unrecognized configuration parameter" in said:
        return (
            "This backup was made by a newer PostgreSQL than the server here. Bring it back on a "
            "server of that version or a newer one."
        )
    return f"{tool} failed: {(said.strip().splitlines() or ['it said nothing'])[0]}"


def _take_files(place: Path, before: Path | None, progress: Progress) -> dict[str, Any]:
    """Link or copy every photo and private file; return {path: {bytes, sha256}}."""
    known = _manifest(before)["files"] if before else {}
    found = list(_files_of(settings.DATA))
    taken: dict[str, Any] = {}
    for number, source in enumerate(found):
        progress("files", number, len(found))
        name = source.relative_to(settings.DATA).as_posix()
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            stat = source.stat()
            old = before / name if before else None
            if (
                old is not None
                and name in known
                and name != WITNESS
                and old.exists()
                and (old.stat().st_size, old.stat().st_mtime_ns) == (stat.st_size, stat.st_mtime_ns)
            ):
                os.link(old, target)
                taken[name] = known[name]
                continue
            shutil.copy2(source, target)
        except FileNotFoundError:
            continue  # erased since: whoever asked for that wants it gone from here as well
        taken[name] = {"bytes": target.stat().st_size, "sha256": _hash(target)}
    progress("files", len(found), len(found))
    return taken


def _files_of(folder: Path) -> Iterator[Path]:
    for name in FOLDERS:
        yield from (
            path
            for path in sorted((folder / name).rglob("*"))
            if path.is_file() and not path.is_symlink()
        )
    if (folder / WITNESS).exists():
        yield folder / WITNESS


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _note(path: Path, at: dt.datetime) -> None:
    """Leave word for the doctor."""
    text = json.dumps({"at": at.isoformat(), "path": str(path)})
    (settings.DATA / NOTE).write_text(text)


def last_made() -> dt.datetime | None:
    """Return when the last backup of this installation was finished, None if never."""
    try:
        return dt.datetime.fromisoformat(json.loads((settings.DATA / NOTE).read_text())["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


# --- Looking at them ----------------------------------------------------------------------------


def every(folder: Path) -> list[Backup]:
    """Return the finished backups in a folder, newest first."""
    paths = sorted(folder.glob("doorstep-*"), reverse=True) if folder.is_dir() else []
    return [
        read(path) for path in paths if _NAME.fullmatch(path.name) and (path / MANIFEST).is_file()
    ]


def _manifest(path: Path) -> dict[str, Any]:
    try:
        found = json.loads((path / MANIFEST).read_text())
        if found["format"] != 1:
            raise CannotBackUp(f"{path} was made by a newer Doorstep. Bring that version first.")
        names = [found["database"]["file"], *found["files"]]
        if any(Path(name).is_absolute() or ".." in Path(name).parts for name in names):
            raise CannotBackUp(f"{path} names files outside of itself. Don't trust it.")
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise CannotBackUp(
            f"{path} isn't a finished backup: its {MANIFEST} can't be read."
        ) from problem
    return found


def read(path: Path) -> Backup:
    """Return what a backup's manifest says of it. Raises CannotBackUp."""
    manifest = _manifest(path)
    size = manifest["database"]["bytes"] + sum(row["bytes"] for row in manifest["files"].values())
    made_at = dt.datetime.fromisoformat(manifest["made_at"])
    return Backup(path, made_at, size, len(manifest["files"]))


def faults(path: Path, *, progress: Progress = _quiet) -> list[str]:
    """Compare a backup with its manifest, byte by byte; return what is wrong, nothing if whole."""
    manifest = _manifest(path)
    wrong = []
    database = manifest["database"]
    rows = {database["file"]: database, **manifest["files"]}
    for number, (name, row) in enumerate(rows.items()):
        progress("files", number, len(rows))
        file = path / name
        if not file.is_file():
            wrong.append(f"{name} is missing")
        elif file.stat().st_size != row["bytes"] or _hash(file) != row["sha256"]:
            wrong.append(f"{name} is not as it was made")
    progress("files", len(rows), len(rows))
    if database["kind"] == "sqlite" and not wrong:
        with closing(sqlite3.connect(f"file:{path / database['file']}?mode=ro", uri=True)) as kept:
            said = kept.execute("PRAGMA quick_check").fetchone()[0]
        if said != "ok":
            wrong.append(f"the database is damaged: {said[:200]}")
    return wrong


# --- Bringing one back --------------------------------------------------------------------------


def restore(path: Path, *, replace: bool = False, progress: Progress = _quiet) -> Path | None:
    """Put a backup in the place of what is there; return where the old went, None if nothing.

    What was there is moved aside within the data folder and comes back when anything fails. Only
    PostgreSQL's own rows are replaced, in one transaction. Raises CannotBackUp.
    """
    wrong = faults(path, progress=progress)
    if wrong:
        raise CannotBackUp(
            f"{path} can't be trusted: {'; '.join(wrong[:5])}. Use another backup, nothing was "
            "changed here."
        )
    manifest = _manifest(path)
    kind = manifest["database"]["kind"]
    if kind != connection.vendor:
        raise CannotBackUp(
            f"This backup is of {kind}, and Doorstep runs on {connection.vendor} here. Set "
            "DOORSTEP_DATABASE_URL to where it shall go (docs/running.md)."
        )
    if manifest["key"] not in sealing.reload().keys:
        raise CannotBackUp(
            f"The key file here doesn't open this backup: it doesn't hold key {manifest['key']}. "
            "Bring the key file of that time first (docs/keys.md). Nothing was changed here."
        )
    settings.DATA.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _restoring_alone():
        _undo_stopped()
        return _restore(path, manifest, replace, progress)


def _restore(
    path: Path, manifest: dict[str, Any], replace: bool, progress: Progress
) -> Path | None:
    if not replace and _has_people():
        raise CannotBackUp(
            "There are people in this database. Add --replace if the backup shall take its place; "
            "what is here now is moved aside."
        )
    kind = manifest["database"]["kind"]
    if kind == "sqlite":
        _in_use()
    _room_for(manifest)
    connections.close_all()
    aside = settings.DATA / f"before-restore-{local(now()):%Y-%m-%d-%H%M%S}"
    names = _names_there()
    _note_restoring(path, aside, names)
    _move_aside(aside, names)
    try:
        _put_back(path, manifest, progress)
        if kind != "sqlite":
            # Its rows are replaced for good: from here on the files belong to them.
            (settings.DATA / _RESTORING).unlink()
        _bring_to_this_version(progress)
        rotating.check()
    except BaseException as problem:
        connections.close_all()
        _bring_back(aside, names)
        if isinstance(problem, sealing.KeyProblem):
            raise CannotBackUp(
                f"The key file here doesn't open this backup: {problem} Bring the key file of that "
                "time first (docs/keys.md)."
            ) from problem
        if isinstance(problem, OSError) or _is_full(problem) or _is_full(problem.__cause__):
            said = getattr(problem, "strerror", None) or problem
            is_full = _is_full(problem) or _is_full(problem.__cause__)
            raise CannotBackUp(
                f"It could not be brought back: {said}. What was here is in its place again."
                + (" Make room on the disk, and try again." if is_full else "")
            ) from problem
        raise
    (settings.DATA / _RESTORING).unlink(missing_ok=True)
    return aside if names else None


def being_restored() -> str | None:
    """Return the backup a restore was stopped at half-way, None if there is none."""
    try:
        return json.loads((settings.DATA / _RESTORING).read_text())["backup"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def undo_stopped() -> str | None:
    """Put back what a restore that was killed had moved aside; return which backup that was.

    A restore has happened wholly or not at all: every start asks. None when there is nothing to
    do. Raises CannotBackUp while one goes on.
    """
    if not (settings.DATA / _RESTORING).exists():
        return None
    with _restoring_alone():
        return _undo_stopped()


def _undo_stopped() -> str | None:
    stopped = being_restored()
    if stopped is not None:
        note = json.loads((settings.DATA / _RESTORING).read_text())
        connections.close_all()
        _bring_back(settings.DATA / note["aside"], note["names"])
    return stopped


def _note_restoring(path: Path, aside: Path, names: list[str]) -> None:
    note = settings.DATA / _RESTORING
    coming = note.with_suffix(".coming")
    with coming.open("w") as out:
        json.dump({"backup": str(path), "aside": aside.name, "names": names}, out)
        out.flush()
        os.fsync(out.fileno())
    coming.replace(note)


def _room_for(manifest: dict[str, Any]) -> None:
    """Raise CannotBackUp unless all of it has room beside what is there."""
    rows = [*manifest["files"].values()]
    rows += [manifest["database"]] if manifest["database"]["kind"] == "sqlite" else []
    needed, free = sum(row["bytes"] for row in rows), shutil.disk_usage(settings.DATA).free
    if free < needed + _SPARE:
        raise CannotBackUp(
            f"The backup takes {_mb(needed)} MB and only {_mb(free)} MB are free in "
            f"{settings.DATA}. Make room there, and try again. Nothing was changed here."
        )


def _has_people() -> bool:
    from doorstep.people.models import Person

    if Person._meta.db_table not in connection.introspection.table_names():
        return False
    return Person.objects.exists()


def _database_file() -> Path:
    return Path(str(settings.DATABASES["default"]["NAME"]))


_DATABASE = ("doorstep.sqlite3", "doorstep.sqlite3-wal", "doorstep.sqlite3-shm")


def _in_use() -> None:
    """Refuse while any process has the database open: it would go on writing into the old one."""
    connections.close_all()
    file = _database_file()
    if not file.exists():
        return
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as own:
        try:
            own.execute("PRAGMA locking_mode = EXCLUSIVE")
            own.execute("BEGIN EXCLUSIVE")
            own.execute("ROLLBACK")
        except sqlite3.OperationalError as problem:
            raise CannotBackUp(
                "Doorstep is running. Stop it first (systemctl stop doorstep)."
            ) from problem


def _is_blank() -> bool:
    """Tell whether the file was only made by looking for people in a new place."""
    file = _database_file()
    if not file.exists():
        return False
    with closing(sqlite3.connect(file)) as own:
        return not own.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _names_there() -> list[str]:
    """Return the names of what a restore moves aside: nothing in a new place."""
    if connection.vendor == "sqlite" and _is_blank():
        for name in _DATABASE:
            (settings.DATA / name).unlink(missing_ok=True)
    for name in FOLDERS:
        with suppress(OSError):
            (settings.DATA / name).rmdir()  # only where it is empty
    names = [name for name in (*FOLDERS, WITNESS) if (settings.DATA / name).exists()]
    return names + [name for name in _database_files() if (settings.DATA / name).exists()]


def _database_files() -> tuple[str, ...]:
    return _DATABASE if connection.vendor == "sqlite" else ()


def _move_aside(aside: Path, names: list[str]) -> None:
    if names:
        aside.mkdir(mode=0o700)
    for name in names:
        (settings.DATA / name).rename(aside / name)


def _bring_back(aside: Path, names: list[str]) -> None:
    """Throw away what a restore brought, and put what was there (`names`) back in its place.

    Whatever of it was not moved aside yet is where it was. May be killed and asked again.
    """
    for name in (*FOLDERS, WITNESS, *_database_files()):
        if name not in names or (aside / name).exists():
            _throw_away(settings.DATA / name)
        if (aside / name).exists():
            (aside / name).rename(settings.DATA / name)
    shutil.rmtree(aside, ignore_errors=True)
    (settings.DATA / _RESTORING).unlink(missing_ok=True)


def _throw_away(found: Path) -> None:
    if found.is_dir():
        shutil.rmtree(found)
    else:
        found.unlink(missing_ok=True)


def _put_back(path: Path, manifest: dict[str, Any], progress: Progress) -> None:
    for number, name in enumerate(manifest["files"]):
        progress("files", number, len(manifest["files"]))
        target = settings.DATA / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copy2(path / name, target)
    progress("database", 0, 0)
    source = path / manifest["database"]["file"]
    if manifest["database"]["kind"] == "sqlite":
        target = _database_file()
        shutil.copyfile(source, target)
        target.chmod(0o600)
        with target.open("rb+") as file:
            os.fsync(file.fileno())
    else:
        _restore_postgresql(source)


def _bring_to_this_version(progress: Progress) -> None:
    """Let the rows of an older Doorstep take this one's shape, as the next start would.

    Only then can it be seen whether the key file opens them. A newer one's are refused.
    """
    executor = MigrationExecutor(connection)
    known = executor.loader.disk_migrations
    apps = {app for app, _name in known}
    newer = sorted(
        f"{app}.{name}"
        for app, name in executor.loader.applied_migrations
        if app in apps and (app, name) not in known
    )
    if newer:
        raise CannotBackUp(
            f"This backup was made by a newer Doorstep: it has {newer[-1]}. Bring that version "
            "first. What was here is in its place again."
        )
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        progress("older rows", 0, 0)
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except (DatabaseError, CommandError) as problem:
            raise CannotBackUp(
                f"This backup was made by an older Doorstep, and its rows could not be brought "
                f"to this version: {problem}. What was here is in its place again. Bring the "
                "version of that time first, restore, then update."
            ) from problem


def _restore_postgresql(source: Path) -> None:
    """Replace all tables by the dump's, in one transaction: either all of it is there, or nothing.

    Not by `pg_restore --clean`, which can't drop the read log's partitions.
    """
    script = settings.DATA / ".restoring.sql"
    try:
        script.touch(mode=0o600)
        _postgresql("pg_restore", "--no-owner", f"--file={script}", str(source))
        _postgresql(
            "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1",
            "--command=DROP SCHEMA public CASCADE; CREATE SCHEMA public", f"--file={script}",
        )  # fmt: skip
    finally:
        script.unlink(missing_ok=True)
