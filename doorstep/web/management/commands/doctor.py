"""Is everything well? Each part is looked at, and where something is wrong, what to do is said."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import get_connection
from django.core.management.base import CommandParser
from django.db import DatabaseError, connection
from django.utils.crypto import get_random_string

from doorstep.base.commands import HelpfulCommand
from doorstep.base.time import now
from doorstep.web import backups, serving

EXAMPLES = """examples:
  doorstep doctor              look at everything
  doorstep doctor --json       the same, for a program to read
  doorstep doctor --settings   every setting, what it does and what it is now

Ends with 0 when nothing is broken, with 1 when something is.
"""
OK, LOOK, BROKEN = "ok", "look", "broken"
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, how it is, and what to do about it."""

    what: str
    state: str
    said: str
    to_do: str = ""


class Command(HelpfulCommand):
    help = "Check settings, database, mail, storage, disk, clock, worker; say what to do."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        found = examine()
        is_well = all(one.state != BROKEN for one in found)
        if options["json"]:
            rows = [asdict(one) for one in found]
            self.stdout.write(json.dumps({"is_well": is_well, "findings": rows}, indent=1))
        else:
            style = {OK: self.style.SUCCESS, LOOK: self.style.WARNING, BROKEN: self.style.ERROR}
            for one in found:
                self.stdout.write(f"{style[one.state](f'{one.state:6}')} {one.what}: {one.said}")
                if one.to_do:
                    self.stdout.write(f"       {one.to_do}")
            self.stdout.write("All is well." if is_well else "Something is broken. See above.")
        if not is_well:
            sys.exit(1)


def examine() -> list[Finding]:
    """Look at every part; one that can't be looked at is a finding too."""
    found: list[Finding] = []
    for what, look in CHECKS.items():
        try:
            found += list(look())
        except DatabaseError as problem:
            found.append(
                Finding(what, LOOK, f"we can't tell without the database ({_first(problem)})")
            )
        except Exception as problem:
            found.append(Finding(what, BROKEN, f"{type(problem).__name__}: {_first(problem)}"))
    return found


def _first(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [""])[0]


def _the_settings() -> Iterator[Finding]:
    # A wrong one stops every command before it begins, this one too.
    yield Finding("settings", OK, f"read and understood; mode {settings.MODE}")
    if settings.MODE == "production" and not settings.ON_TLS:
        yield Finding(
            "settings",
            LOOK,
            "people reach this site without encryption",
            "Put https:// in DOORSTEP_SITE_URL once your web server has a certificate.",
        )
    if settings.MODE == "production" and not settings.DOORSTEP["MAIL_URL"]:
        yield Finding(
            "settings",
            LOOK,
            "no mail server is named, so e-mail is only written to a folder",
            "Set DOORSTEP_MAIL_URL.",
        )
    if settings.MODE in ("demo", "dev") and settings.DOORSTEP["HOST"] not in (
        "127.0.0.1",
        "localhost",
        "::1",
    ):
        yield Finding(
            "settings",
            LOOK,
            f"mode {settings.MODE} answers to other machines",
            "Keep real people out of it, or set DOORSTEP_MODE=production.",
        )


def _the_database() -> Iterator[Finding]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as problem:
        yield Finding(
            "database",
            BROKEN,
            f"no answer: {_first(problem)}",
            "Check DOORSTEP_DATABASE_URL and that the database server runs."
            if connection.vendor == "postgresql"
            else f"Check that this user may write in {settings.DATA}.",
        )
        return
    yield Finding("database", OK, f"{connection.display_name} answers")
    waiting = serving.migrations_waiting()
    if waiting:
        yield Finding(
            "database",
            BROKEN,
            f"{len(waiting)} steps have not been applied, such as {waiting[0]}",
            "Run `doorstep migrate` (`doorstep serve` does it by itself).",
        )
    else:
        yield Finding("database", OK, "every step has been applied")
    if connection.vendor == "sqlite":
        yield from _sqlite()


def _sqlite() -> Iterator[Finding]:
    def pragma(name: str) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA {name}")
            return cursor.fetchone()[0]

    mode = str(pragma("journal_mode")).lower()
    if mode != "wal":
        yield Finding(
            "database",
            LOOK,
            f"the journal is “{mode}”, not WAL: readers will wait for writers",
            "Keep DOORSTEP_DATA on a local disk; network folders can't do WAL.",
        )
    said = str(pragma("quick_check"))
    if said != "ok":
        yield Finding(
            "database",
            BROKEN,
            f"the file is damaged: {said[:200]}",
            "Stop Doorstep and bring back your latest backup (docs/running.md).",
        )
        return
    pages, free, size = pragma("page_count"), pragma("freelist_count"), pragma("page_size")
    yield Finding("database", OK, f"whole, {pages * size / MEGABYTE:.1f} MB")
    if pages > 10_000 and free > pages / 3:
        yield Finding(
            "database",
            LOOK,
            f"{100 * free // pages} % of the file is empty pages",
            "When it is quiet: sqlite3 doorstep.sqlite3 VACUUM",
        )


def _the_mail() -> Iterator[Finding]:
    from django.db.models import Min

    from doorstep.notices.models import Delivery

    backend = settings.EMAIL_BACKEND
    if backend.endswith("smtp.EmailBackend"):
        where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        try:
            server = get_connection(timeout=8)
            server.open()
            server.close()
            yield Finding("mail", OK, f"{where} answers")
        except Exception as problem:
            yield Finding(
                "mail",
                BROKEN,
                f"{where} doesn't take our mail: {_first(problem)}",
                "Check DOORSTEP_MAIL_URL. Nothing is lost: e-mails wait until it answers.",
            )
    else:
        yield Finding("mail", OK, f"written to {getattr(settings, 'EMAIL_FILE_PATH', 'memory')}")
    at = now()
    due = Delivery.objects.filter(state=Delivery.State.WAITING, due_at__lte=at)
    oldest = due.aggregate(oldest=Min("due_at"))["oldest"]
    if oldest and at - oldest > dt.timedelta(minutes=15):
        yield Finding(
            "mail",
            LOOK,
            f"{due.count()} e-mails wait, the oldest for {_long(at - oldest)}",
            "See the lines on mail and worker; they go out once both are well.",
        )
    given_up = Delivery.objects.filter(
        state=Delivery.State.FAILED, due_at__gt=at - dt.timedelta(days=7)
    )
    count = given_up.count()
    if count:
        last = given_up.order_by("-id").values_list("problem", flat=True).first()
        yield Finding(
            "mail",
            LOOK,
            f"{count} e-mails of this week were given up, the last because: {last}",
            "Often an address that doesn't exist any more.",
        )


def _long(gone: dt.timedelta) -> str:
    minutes = int(gone.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 2880 else f"{minutes // 1440} days"


def _the_storage() -> Iterator[Finding]:
    name = f"doctor/{get_random_string(12).lower()}.txt"
    try:
        kept = default_storage.save(name, ContentFile(b"hello"))
        with default_storage.open(kept) as file:
            same = file.read() == b"hello"
        default_storage.delete(kept)
    except OSError as problem:
        yield Finding(
            "storage",
            BROKEN,
            f"we can't keep photos: {problem.strerror}",
            f"Give this user the folder {settings.MEDIA_ROOT}.",
        )
        return
    if same:
        yield Finding("storage", OK, "a file can be written, read and deleted")
    else:
        yield Finding("storage", BROKEN, "what we read isn't what we wrote", "Check the disk.")


def _the_keys() -> Iterator[Finding]:
    from doorstep.base import rotating, sealing

    path = sealing.key_file()
    try:
        keys, used = sealing.reload(), rotating.used()
        opened = rotating.check()
    except sealing.KeyProblem as problem:
        yield Finding("keys", BROKEN, str(problem), "docs/keys.md says what to do.")
        return
    missing = {name: count for name, count in used.items() if name not in keys.keys}
    if missing:
        yield Finding(
            "keys",
            BROKEN,
            f"{sum(missing.values())} values lie under keys the file doesn't hold: "
            + ", ".join(sorted(missing)),
            "Bring back the key file from its backup (docs/keys.md).",
        )
    else:
        yield Finding("keys", OK, f"{opened} columns open; key {keys.writing} seals")
    late = {name for name in used if name in keys.keys and name != keys.writing}
    if late:
        yield Finding(
            "keys",
            LOOK,
            f"{sum(used[name] for name in late)} values lie under older keys",
            "Run `doorstep keys rotate`: it goes on where it was.",
        )
    if path is None:
        return
    found = path.stat()
    if found.st_mode & 0o077:
        yield Finding(
            "keys", BROKEN, f"others on this machine may read {path}", f"chmod 600 {path}"
        )
    if settings.MODE == "production":
        yield Finding(
            "keys",
            LOOK if path.parent == settings.DATA else OK,
            f"kept in {path}",
            "Does your safe place hold a copy, apart from the database's backups? Without it "
            "nobody can read what is sealed. DOORSTEP_KEY_FILE puts it into a folder of its own."
            if path.parent == settings.DATA
            else "",
        )


def _the_disk() -> Iterator[Finding]:
    use = shutil.disk_usage(settings.DATA)
    share = use.free / use.total
    said = f"{use.free / MEGABYTE / 1024:.1f} GB free ({share:.0%})"
    if use.free < 200 * MEGABYTE:
        yield Finding("disk", BROKEN, said, "Make room now: soon nothing can be written.")
    elif use.free < 1024 * MEGABYTE or share < 0.05:
        yield Finding("disk", LOOK, said, "Make room, or move DOORSTEP_DATA to a larger disk.")
    else:
        yield Finding("disk", OK, said)


def _the_backups() -> Iterator[Finding]:
    stopped = backups.being_restored()
    if stopped is not None:
        yield Finding(
            "backups",
            BROKEN,
            f"bringing back {stopped} was stopped half-way",
            "Bring it back once more; or start Doorstep, which puts back what was here before.",
        )
    at = backups.last_made()
    if at is not None and now() - at < dt.timedelta(hours=36):
        yield Finding("backups", OK, f"the last was made {_long(now() - at)} ago")
    elif settings.MODE == "production":
        yield Finding(
            "backups",
            LOOK,
            "none was made yet" if at is None else f"the last is {_long(now() - at)} old",
            "Each night: doorstep backup make FOLDER --keep 14 (docs/running.md).",
        )


def _the_clock() -> Iterator[Finding]:
    at = now()
    if not 2025 <= at.year <= 2100:
        yield Finding(
            "clock", BROKEN, f"it says {at:%d %B %Y}", "Set it right: timedatectl set-ntp true"
        )
        return
    sql = (
        "SELECT extract(epoch FROM clock_timestamp())"
        if connection.vendor == "postgresql"
        else "SELECT (julianday('now') - 2440587.5) * 86400.0"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        there = float(cursor.fetchone()[0])
    apart = abs(there - now().timestamp())
    if apart > 5:
        yield Finding(
            "clock",
            LOOK,
            f"the database's clock is {apart:.0f} seconds off ours",
            "Let both machines follow a time server: timedatectl set-ntp true",
        )
        return
    yield Finding("clock", OK, f"it says {at:%Y-%m-%d %H:%M} UTC, and so does the database")


def _the_worker() -> Iterator[Finding]:
    from django_tasks_db.models import DBTaskResult

    from doorstep.base.models import TickRun
    from doorstep.base.registry import ticks
    from doorstep.base.working import late

    names = {name for name, _tick in ticks.items()}
    slow = late(at=now())
    if names and len(slow) == len(names):
        yield Finding(
            "worker",
            LOOK,
            "it isn't running: no e-mail goes out, no reminder, nothing that takes its time",
            "`doorstep serve` runs one; else start `doorstep worker`.",
        )
    elif slow:
        yield Finding(
            "worker",
            LOOK,
            "these are late: " + ", ".join(name for name, _row in slow),
            "If it stays so, start a second `doorstep worker`.",
        )
    else:
        yield Finding("worker", OK, f"all {len(names)} regular jobs ran in time")
    for row in TickRun.objects.filter(name__in=names).exclude(problem="").order_by("name"):
        yield Finding(
            "worker", LOOK, f"“{row.name}” had a problem: {row.problem.splitlines()[0][:200]}"
        )
    failed = DBTaskResult.objects.filter(
        status="FAILED", finished_at__gt=now() - dt.timedelta(days=1)
    ).count()
    if failed:
        yield Finding(
            "worker",
            LOOK,
            f"{failed} queued tasks failed since yesterday",
            "The worker's log says why.",
        )


def _the_static_files() -> Iterator[Finding]:
    if settings.PLAIN_STATIC:
        yield Finding("static files", OK, "served as they are (mode for building)")
        return
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    if not stamp.exists():
        yield Finding(
            "static files",
            BROKEN,
            "not prepared: pages would have no colours",
            "Run `doorstep serve` once, or `doorstep collectstatic`.",
        )
    elif stamp.read_text() != serving.static_stamp():
        yield Finding(
            "static files", LOOK, "older than their sources", "Start `doorstep serve` again."
        )
    else:
        yield Finding("static files", OK, "prepared")


def _the_languages() -> Iterator[Finding]:
    stale = serving.stale_translations()
    if stale:
        yield Finding(
            "languages",
            LOOK,
            f"{len(stale)} translations are not compiled",
            "Start `doorstep serve` again.",
        )
    else:
        yield Finding("languages", OK, ", ".join(name for _code, name in settings.LANGUAGES))


CHECKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "settings": _the_settings,
    "database": _the_database,
    "mail": _the_mail,
    "storage": _the_storage,
    "keys": _the_keys,
    "disk": _the_disk,
    "backups": _the_backups,
    "clock": _the_clock,
    "worker": _the_worker,
    "static files": _the_static_files,
    "languages": _the_languages,
}
