"""Declarations about personal data: check them, and write the documents made from them."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from doorstep.base import declaring
from doorstep.base.commands import HelpfulCommand
from doorstep.people.rights import documents

EXAMPLES = """examples:
  doorstep rights check             is every model and field declared, every document up to date?
  doorstep rights check --json      the same for programs
  doorstep rights document          write docs/record-of-processing.md and docs/dpia.md
"""


class Command(HelpfulCommand):
    help = "Check what is declared about people's data, or write the documents made from it."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        check = verbs.add_parser("check", help="fail when something is not declared or out of date")
        check.add_argument("--json", action="store_true", help="for programs")
        verbs.add_parser("document", help="write the documents")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "document":
            for path in documents.write():
                self.stdout.write(f"Written: docs/{path.name}")
            return
        problems = declaring.problems()
        problems += [
            f"docs/{name} is out of date. Make it again: doorstep rights document"
            for name in documents.stale()
        ]
        if options["json"]:
            self.stdout.write(json.dumps(problems, indent=1))
        elif not problems:
            self.stdout.write("Every model and field is declared; the documents are up to date.")
        if problems:
            raise CommandError("\n".join(problems))
