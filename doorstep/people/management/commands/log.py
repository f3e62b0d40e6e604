"""Verify the read log, sign how far it has come, and close months kept long enough."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from django.core.management.base import CommandError, CommandParser

from doorstep.base.commands import HelpfulCommand
from doorstep.base.time import now
from doorstep.people.models.readings import LogCheckpoint
from doorstep.people.readings import checkpoints, partitions, verify

EXAMPLES = """examples:
  doorstep log verify                  every row, chain and checkpoint
  doorstep log verify --since 2026-10  only from that month on
  doorstep log verify --json           for programs
  doorstep log checkpoint              sign now instead of waiting for the worker
  doorstep log close 2020-11 --why "kept for six years"

Exit codes of verify: 0 the log is whole, 1 it is not (each bad row is named), 2 wrong words.
"""
# More than these are counted, not listed.
_MOST_SHOWN = 200


class Command(HelpfulCommand):
    help = "Verify the log of who looked at whose record, or close an old month of it."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        check = verbs.add_parser("verify", help="prove that the log is whole")
        check.add_argument("--since", help="a day or month, e.g. 2026-10; else all of it")
        check.add_argument("--json", action="store_true", help="for programs")
        verbs.add_parser("checkpoint", help="sign how far the log has come")
        close = verbs.add_parser("close", help="take a whole month away for good, and sign that")
        close.add_argument("month", help="e.g. 2020-11; it must be more than a year old")
        close.add_argument("--why", required=True, help="the rule it is taken away by")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "verify":
            self._verify(options["since"], as_json=options["json"])
        elif options["verb"] == "checkpoint":
            row = checkpoints.checkpoint(at=now())
            self.stdout.write(
                f"Checkpoint {row.number}: {bytes(row.mac).hex()}"
                if row
                else "Nothing was read since the last checkpoint."
            )
        else:
            self._close(options["month"], options["why"])

    def _verify(self, since: str | None, *, as_json: bool) -> None:
        began = time.monotonic()
        result, shown, count = verify.Result(), [], 0
        for problem in verify.verify(
            since=self._month(since) if since else 0,
            result=result,
            progress=None if as_json else self._progress,
        ):
            count += 1
            if count <= _MOST_SHOWN:
                shown.append(problem)
                if not as_json:
                    self.stdout.write(str(problem))
        seconds = round(time.monotonic() - began, 2)
        newest = LogCheckpoint.objects.order_by("-number").first()
        if as_json:
            said = {
                "is_whole": not count,
                "rows": result.rows,
                "chains": result.chains,
                "months": result.months,
                "checkpoints": result.checkpoints,
                "newest_checkpoint": (
                    {"number": newest.number, "mac": bytes(newest.mac).hex()} if newest else None
                ),
                "seconds": seconds,
                "problems": count,
                "first_problems": [problem.__dict__ for problem in shown],
            }
            self.stdout.write(json.dumps(said, indent=1))
        else:
            self.stdout.write(
                f"{result.rows:,} rows in {result.chains:,} chains, {result.months:,} months and "
                f"{result.checkpoints:,} checkpoints, in {seconds} seconds."
            )
            self.stdout.write(
                "The log is whole." if not count else f"{count:,} problems. The log is NOT whole."
            )
        if count:
            sys.exit(1)

    def _progress(self, rows: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{rows:,} rows…", ending="")

    def _close(self, month: str, why: str) -> None:
        try:
            rows = partitions.close_month(self._month(month), why=why, at=now())
        except partitions.CannotClose as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{month} is closed: {rows:,} rows were taken away, and that is signed.")

    def _month(self, text: str) -> int:
        try:
            return verify.moment_to_month(text)
        except ValueError as problem:
            raise CommandError(str(problem), returncode=2) from problem
