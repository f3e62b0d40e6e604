"""Make, check and bring back backups."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from doorstep.base.commands import HelpfulCommand
from doorstep.base.time import local
from doorstep.web import backups

EXAMPLES = """examples:
  doorstep backup make /var/backups/doorstep --keep 14    each night, while people use the site
  doorstep backup list /var/backups/doorstep
  doorstep backup check /var/backups/doorstep/doorstep-2026-11-22-031500
  doorstep backup restore /var/backups/doorstep/doorstep-2026-11-22-031500 --replace

The key file is never in a backup: keep a copy of it in another place (docs/keys.md).
Exit codes: 0 done, 1 it can't be done or the backup is not whole, 2 wrong words.
"""


class Command(HelpfulCommand):
    help = "Make, list, check and bring back backups of everything but the key file."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        make = verbs.add_parser("make", help="make one, while people go on using the site")
        make.add_argument("folder", type=Path, help="where the backups are kept")
        make.add_argument(
            "--keep", type=int, default=0, help="of all there, keep the newest so many"
        )
        listed = verbs.add_parser("list", help="name those in a folder, newest first")
        listed.add_argument("folder", type=Path)
        check = verbs.add_parser("check", help="prove that one is as it was made")
        check.add_argument("backup", type=Path)
        back = verbs.add_parser("restore", help="bring one back; stop Doorstep first")
        back.add_argument("backup", type=Path)
        back.add_argument(
            "--replace", action="store_true", help="although there are people in the database"
        )
        for verb in (make, listed, check, back):
            verb.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        self.as_json = options["json"]
        try:
            getattr(self, f"_{options['verb']}")(options)
        except backups.CannotBackUp as problem:
            raise CommandError(str(problem)) from problem

    def _say(self, words: str, **facts: Any) -> None:
        self.stdout.write(json.dumps(facts) if self.as_json else words)

    def _make(self, options: dict[str, Any]) -> None:
        if options["keep"] < 0:
            raise CommandError("--keep is a number of backups, such as 14.")
        began = time.monotonic()
        made = backups.make(options["folder"], keep=options["keep"], progress=self._progress)
        took = time.monotonic() - began
        self._say(
            f"{made.path}: the database and {made.files:,} files, {made.size / 1e6:,.1f} MB, after "
            f"{took:.0f} s. The key file is not in it.",
            path=str(made.path),
            bytes=made.size,
            files=made.files,
            seconds=round(took, 1),
        )

    def _list(self, options: dict[str, Any]) -> None:
        found = backups.every(options["folder"])
        if self.as_json:
            rows = [
                {"path": str(one.path), "made_at": one.made_at.isoformat(), "bytes": one.size}
                for one in found
            ]
            self.stdout.write(json.dumps(rows))
            return
        for one in found:
            self.stdout.write(
                f"{one.path}  {local(one.made_at):%d %b %Y %H:%M}  {one.size / 1e6:,.1f} MB"
            )
        if not found:
            self.stdout.write("No backups there yet. Make one: doorstep backup make FOLDER")

    def _check(self, options: dict[str, Any]) -> None:
        wrong = backups.faults(options["backup"], progress=self._progress)
        if self.as_json:
            self.stdout.write(json.dumps({"is_whole": not wrong, "faults": wrong}))
        else:
            for line in wrong:
                self.stdout.write(line)
            self.stdout.write("It is whole." if not wrong else "Don't rely on this one.")
        if wrong:
            sys.exit(1)

    def _restore(self, options: dict[str, Any]) -> None:
        aside = backups.restore(
            options["backup"], replace=options["replace"], progress=self._progress
        )
        words = "It is back. Start Doorstep, then run `doorstep doctor`."
        if aside is not None:
            words += f" What was here before lies in {aside}; throw it away when all is well."
        self._say(words, restored=str(options["backup"]), aside=str(aside) if aside else None)

    def _progress(self, what: str, done: int, total: int) -> None:
        if not sys.stderr.isatty() or (total and done % 100 and done != total):
            return
        end = "\n" if total and done == total else ""
        many = f" {done:,} of {total:,}" if total else " …"
        sys.stderr.write(f"\r{what}{many}\x1b[K{end}")
        sys.stderr.flush()
