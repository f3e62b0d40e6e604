"""Check that a bundle of an evidence diary is as it was made: anybody can, with our public key."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from doorstep.base.commands import HelpfulCommand

EXAMPLES = """examples:
  doorstep evidence verify evidence-bcdfg23456.zip
  doorstep evidence verify evidence.pdf attachments/*
  doorstep evidence verify unpacked-folder --json
  doorstep evidence verify bundle.zip --key 9f2c…   (made by another Doorstep)
  doorstep evidence key

FILE is a bundle (the zip, or the folder it was unpacked to), its PDF by itself, or a file that
belongs to a bundle given beside it. Ends with 0 when all of it is as it was made, with 1 when
something was changed, taken out or put in (each is named), with 2 when the words are wrong or a
file can't be read. docs/connect.md tells how the seal is made.
"""


class Command(HelpfulCommand):
    help = "Check the seal of an evidence diary's bundle, byte by byte."
    requires_system_checks: list[str] = []
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_subparsers(dest="does", required=True, metavar="verify|key")
        verify = does.add_parser("verify", help="is it as it was made?")
        verify.add_argument("files", metavar="FILE", nargs="+", type=Path)
        verify.add_argument(
            "--key",
            action="append",
            default=[],
            help="trust this public key instead of ours (64 letters 0-9 a-f, or a file of it)",
        )
        verify.add_argument(
            "--repacked", action="store_true", help="a zip that was packed again is fine"
        )
        verify.add_argument("--json", action="store_true", help='{"whole": true, "files": […]}')
        key = does.add_parser("key", help="print our public keys, the one in use first")
        key.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["does"] == "key":
            self.show_keys(as_json=options["json"])
        else:
            self.verify(options)

    def show_keys(self, *, as_json: bool) -> None:
        from doorstep.connect.diary import seals

        first = seals.own_key()
        keys = [first, *sorted(seals.own_keys() - {first})]
        if as_json:
            rows = [{"key": key, "short": seals.fingerprint(key)} for key in keys]
            self.stdout.write(json.dumps(rows, indent=1))
            return
        for key in keys:
            self.stdout.write(f"{key}  ({seals.fingerprint(key)})")

    def verify(self, options: dict[str, Any]) -> None:
        from doorstep.connect.diary import seals, verifying

        try:
            keys = {_key(text) for text in options["key"]} or seals.own_keys()
            report = verifying.verify(
                options["files"], keys=keys, allow_repacked=options["repacked"]
            )
        except (verifying.Unreadable, ValueError) as problem:
            if options["json"]:
                self.stdout.write(json.dumps({"whole": False, "files": [], "error": str(problem)}))
            raise CommandError(str(problem), returncode=2) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False, indent=1))
        else:
            self.stdout.write(report.in_words())
        if not report.is_whole:
            sys.exit(1)


def _key(text: str) -> str:
    """A public key as it was typed, or the first one in a file."""
    if not re.fullmatch("[0-9a-fA-F]{64}", text.strip()):
        try:
            found = re.search("[0-9a-f]{64}", Path(text).read_text("ascii")[:10_000])
        except (OSError, ValueError):
            found = None
        if found is None:
            raise ValueError(
                f"--key {text[:20]}… is no key: it takes 64 letters 0-9 a-f, or a file with them."
            )
        return found[0]
    return text.strip().lower()
