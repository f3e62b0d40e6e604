"""Serve the site: check, prepare, start the web server and the background worker, watch them."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError

from doorstep.base import rotating
from doorstep.base.commands import HelpfulCommand
from doorstep.web import backups, serving

EXAMPLES = """examples:
  doorstep serve --first-run    try it out: fills a new database with a synthetic borough
  doorstep serve                serve what is there
  doorstep serve --reload       while writing code: starts again when a file changes
  doorstep serve --no-worker    where `doorstep worker` runs as a service of its own

DOORSTEP_HOST, DOORSTEP_PORT and DOORSTEP_WEB_WORKERS say where and with how many processes.
"""


class Command(HelpfulCommand):
    help = "Serve the site, and do its background work."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--first-run",
            action="store_true",
            help="fill an empty database with a synthetic borough first",
        )
        parser.add_argument(
            "--reload", action="store_true", help="start again when a source file changes"
        )
        parser.add_argument(
            "--no-worker", action="store_true", help="leave background work to `doorstep worker`"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = settings.DOORSTEP
        host, port = wanted["HOST"], wanted["PORT"]
        try:
            serving.check_folder(settings.DATA)
            serving.check_port(host, port)
            stopped = backups.undo_stopped()
            if stopped is not None:
                self._say(
                    f"Bringing back {stopped} was stopped half-way. What was here before is in "
                    "its place again; bring the backup back once more."
                )
            self._prepare()
            # Sealed values without their key stop the start, before anybody writes a line.
            rotating.check()
            if options["first_run"]:
                self._first_run()
        except (serving.CannotServe, backups.CannotBackUp) as problem:
            raise CommandError(str(problem)) from problem
        except DatabaseError as problem:
            raise CommandError(_about_the_database(problem)) from problem
        children = serving.Children()
        if options["reload"]:
            code = self._reloading(children, host, port, worker=not options["no_worker"])
        else:
            children.add(
                "web",
                lambda: serving.web_server(
                    host=host, port=port, workers=wanted["WEB_WORKERS"], ready=self._say_ready
                ),
            )
            if not options["no_worker"]:
                children.add("worker", serving.background_worker)
            code = children.watch()
        if code:
            sys.exit(code)
        self.stdout.write("Doorstep has stopped.")

    def _prepare(self) -> None:
        """Bring database, translations and static files up to date, doing only what is needed."""
        waiting = serving.migrations_waiting()
        if waiting:
            self._say(f"Preparing the database ({len(waiting)} steps)…")
            call_command("migrate", interactive=False, verbosity=0)
        stale = serving.stale_translations()
        if stale:
            self._say("Preparing the languages…")
            try:
                serving.compile_translations(stale)
            except OSError as problem:
                raise serving.CannotServe(
                    f"We can't write the translations beside {stale[0]} ({problem.strerror}). "
                    "Run `doorstep serve` once as someone who may."
                ) from problem
        if serving.collect_static():
            self._say("Prepared the site's own files.")

    def _first_run(self) -> None:
        from doorstep.people.models import Person

        if settings.MODE == "production":
            if Person.objects.exists():
                return
            self._say("In production no synthetic borough is made. People can join now.")
            return
        from doorstep.web.demo import record

        state = record.state()
        if state == "whole" or (state == "none" and Person.objects.exists()):
            return
        if state == "half":
            self._say("The synthetic borough was interrupted last time; making it again.")
        else:
            self._say("Filling a small synthetic borough. This happens once.")
        call_command("demo", "street")

    def _reloading(self, children: serving.Children, host: str, port: int, worker: bool) -> int:
        command = [sys.executable, "-m", "config"]
        where = str(Path(settings.ROOT))
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        children.add("web", lambda: _become([*command, "runserver", address], where))
        if worker:
            children.add("worker", lambda: _become([*command, "worker", "--reload"], where))
        self._say_ready()
        return children.watch()

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()

    def _say_ready(self) -> None:
        self._say(f"Doorstep is ready: {settings.SITE_URL}\nStop it with Ctrl-C.")


def _become(command: list[str], where: str) -> None:
    """Run `command` in the child's own process group, ending with it."""
    import os
    import signal

    child = subprocess.Popen(command, cwd=where)

    def stop(number: int, frame: object) -> None:
        child.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    code = child.wait()
    # The reloader's own child is in our group too.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    os._exit(0 if code < 0 else code)


def _about_the_database(problem: DatabaseError) -> str:
    words = str(problem).strip()
    if "locked" in words:
        return (
            "The database is locked: another program is writing to it. Is Doorstep already "
            "running with this data folder? Stop that one, or wait a moment and try again."
        )
    if "unable to open" in words or "readonly" in words:
        return (
            f"We can't write the database in {settings.DATA} ({words}). "
            "Give this user the folder, or name another with DOORSTEP_DATA."
        )
    if "malformed" in words or "not a database" in words:
        return (
            f"The database file in {settings.DATA} is damaged ({words}). "
            "Bring back your latest backup: docs/running.md says how."
        )
    return (
        f"We can't reach the database: {words}. Check DOORSTEP_DATABASE_URL and that the "
        "database server is running."
    )
