"""The keys of what is sealed: make, list, check and rotate them."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError

from doorstep.base import rotating, sealing
from doorstep.base.commands import HelpfulCommand
from doorstep.base.time import now

EXAMPLES = """examples:
  doorstep keys new        make the key file of a new Doorstep
  doorstep keys list       every key, since when, and how much lies under it
  doorstep keys check      open one value of each kind
  doorstep keys rotate     a new key, and everything sealed afresh under it; the site stays up

After `new` and `rotate` copy the key file to your safe place, apart from the database's backup.
Each takes --json, for programs. Exit codes: 0 done, 1 it failed, 2 wrong words.
"""


class Command(HelpfulCommand):
    help = "Make, list, check or rotate the keys of what is sealed."
    requires_system_checks: list[str] = []
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        for name, what in (
            ("new", "make the key file; refuses where one is"),
            ("list", "list the keys, never their secrets"),
            ("check", "open one value of each kind"),
            ("rotate", "take a new key into use, and seal everything afresh under it"),
        ):
            verb = verbs.add_parser(name, help=what)
            verb.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['verb']}")(as_json=options["json"])
        except sealing.KeyProblem as problem:
            raise CommandError(str(problem)) from None
        except OSError as problem:
            raise CommandError(
                f"The key file {sealing.key_file()} can't be written ({problem.strerror})."
            ) from None
        except DatabaseError as problem:
            raise CommandError(
                f"We can't use the database: {problem}. Run `doorstep doctor`."
            ) from problem

    def _new(self, *, as_json: bool) -> None:
        path = sealing.key_file()
        if path is not None and path.exists():
            raise CommandError(
                f"The key file {path} is there already. `doorstep keys rotate` makes a new key."
            )
        keys = sealing.reload()
        if as_json:
            self.stdout.write(json.dumps({"file": str(path), "key": keys.writing}))
            return
        self.stdout.write(
            f"Key {keys.writing} is in {path}.\n"
            "Copy that file to a safe place now, apart from where the database's backups go: "
            "without it nobody can read what is sealed, you neither."
        )

    def _list(self, *, as_json: bool) -> None:
        keys, used = sealing.reload(), rotating.used()
        rows = [
            {
                "id": key.id,
                "made_at": key.made_at.isoformat(timespec="seconds"),
                "state": "seals"
                if key.id == keys.writing
                else "retired"
                if key.is_retired
                else "opens",
                "values": used[key.id],
            }
            for key in keys.keys.values()
        ]
        missing = {name: count for name, count in used.items() if name not in keys.keys}
        if as_json:
            self.stdout.write(
                json.dumps(
                    {"file": str(sealing.key_file()), "keys": rows, "missing": missing}, indent=1
                )
            )
        else:
            for row in rows:
                self.stdout.write("{id}  {state:8} made {made_at}  {values:,} values".format(**row))
        if missing and not as_json:
            for name, count in missing.items():
                self.stdout.write(self.style.ERROR(f"{name}  missing  {count:,} values"))
        if missing:
            sys.exit(1)

    def _check(self, *, as_json: bool) -> None:
        opened = rotating.check()
        if as_json:
            self.stdout.write(json.dumps({"opened": opened}))
        else:
            self.stdout.write(f"One value each of {opened} columns opened.")

    def _rotate(self, *, as_json: bool) -> None:
        bar = _Bar(None if as_json else self.stdout)
        report = rotating.rotate(at=now(), tell=bar.tell)
        bar.end()
        if as_json:
            self.stdout.write(json.dumps(asdict(report), indent=1))
        else:
            for problem in report.problems:
                self.stdout.write(self.style.ERROR(problem))
            self.stdout.write(
                f"{'Went on with' if report.was_begun else 'Made'} key {report.key}: "
                f"{report.values:,} values sealed afresh in {report.seconds:.0f} s.\n"
                f"Copy {sealing.key_file()} to your safe place again."
            )
        if report.problems:
            sys.exit(1)


class _Bar:
    """One line that fills, on a terminal; a line for each kind of thing elsewhere."""

    def __init__(self, out: Any) -> None:
        self.out, self.drawn, self.what = out, 0.0, ""

    def tell(self, step: rotating.Step) -> None:
        if self.out is None:
            return
        moment = time.monotonic()
        if self.out.isatty():
            if moment - self.drawn < 0.2 and step.what == self.what:
                return
            share = step.done / step.of if step.of else 0
            self.out.write(
                f"\r[{'#' * round(share * 28):.<28}] {share:4.0%}  {step.what}\x1b[K", ending=""
            )
            self.out.flush()
        elif step.what != self.what:
            self.out.write(f"{step.what}…")
        self.drawn, self.what = moment, step.what

    def end(self) -> None:
        if self.out is not None and self.out.isatty():
            self.out.write("\r\x1b[K", ending="")
