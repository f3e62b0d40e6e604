"""Keep nothing longer than declared: what would go, and taking it away."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from doorstep.base.commands import HelpfulCommand
from doorstep.base.time import now
from doorstep.people.rights import retention

EXAMPLES = """examples:
  doorstep retention preview        what would go tonight; nothing is changed
  doorstep retention run            take it away now (the worker does this every night)
  doorstep retention run --json     the same, telling what went as JSON
"""


class Command(HelpfulCommand):
    help = "Show or take away what has been kept long enough."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        for verb, what in (("preview", "show what would go"), ("run", "take it away")):
            one = verbs.add_parser(verb, help=what)
            one.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "preview":
            rows = [
                {**row, "label": str(row["label"]), "kept": str(row["kept"])}
                for row in retention.preview(at=now())
            ]
        else:
            rows = retention.run(at=now()).counts
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=1))
            return
        for row in rows:
            if row["count"] or row["held"]:
                held = f", {row['held']} held back" if row["held"] else ""
                self.stdout.write(f"{row['count']:>8}  {row['name']}: {row['what']}{held}")
        if not any(row["count"] for row in rows):
            self.stdout.write("Nothing has been kept too long.")
