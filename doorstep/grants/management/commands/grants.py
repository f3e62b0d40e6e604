"""Count the ballots of a Pabulib file: anybody can check a tally with this."""

from __future__ import annotations

import json
import time
from fractions import Fraction
from typing import Any

from django.core.management.base import CommandError, CommandParser

from doorstep.base.commands import HelpfulCommand

EXAMPLES = """examples:
  doorstep grants tally ballots.pb --method equal-shares
  doorstep grants tally ballots.pb --method mes_cost_add1_until_overspend --json
  doorstep grants tally ballots.pb --method most-votes --json --seconds
  doorstep grants methods

Ends with 0 when it was counted, with 1 when the file can't be, 2 when the words are wrong.
docs/grants.md tells what each method does.
"""


class Command(HelpfulCommand):
    help = "Count ballots about money, exactly, from a Pabulib (.pb) file."
    requires_system_checks: list[str] = []
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_subparsers(dest="does", required=True, metavar="tally|methods")
        tally = does.add_parser("tally", help="say who is funded")
        tally.add_argument("file", metavar="FILE.pb")
        tally.add_argument(
            "--method", required=True, help="its name or key: doorstep grants methods"
        )
        tally.add_argument("--json", action="store_true", help='{"funded": […], "cost": …}')
        tally.add_argument(
            "--seconds", action="store_true", help="also how long reading and counting took"
        )
        methods = does.add_parser("methods", help="list the methods")
        methods.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["does"] == "methods":
            self.list_methods(as_json=options["json"])
        else:
            self.tally(options)

    def list_methods(self, *, as_json: bool) -> None:
        from doorstep.grants.tally.methods import METHODS

        if as_json:
            rows = [{"name": m.name, "key": m.key, "help": m.help} for m in METHODS]
            self.stdout.write(json.dumps(rows, indent=1))
            return
        for method in METHODS:
            self.stdout.write(f"{method.name}  ({method.key})\n    {method.help}")

    def tally(self, options: dict[str, Any]) -> None:
        from doorstep.grants.tally import methods, pabulib

        try:
            began = time.perf_counter()
            methods.named(options["method"])
            election = pabulib.read_file(options["file"])
            read = time.perf_counter()
            outcome = methods.run(election, options["method"])
            counted = time.perf_counter()
        except methods.UnknownMethod as problem:
            raise CommandError(str(problem), returncode=2) from None
        except (pabulib.PabulibProblem, methods.WrongBallots) as problem:
            raise CommandError(str(problem)) from None
        cost = election.money(outcome.cost)
        found: dict[str, Any] = {"funded": list(outcome.funded), "cost": _number(cost)}
        if options["seconds"]:
            found |= {"seconds_reading": round(read - began, 4)}
            found |= {"seconds_counting": round(counted - read, 4)}
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        for note in election.notes:
            self.stderr.write(note)
        for at in outcome.chosen:
            project = election.projects[at]
            self.stdout.write(
                f"{project.id}  {_number(election.money(project.cost))}  {project.name}"
            )
        self.stdout.write(
            f"{len(outcome.chosen)} of {len(election.projects)} funded, "
            f"{_number(cost)} of {_number(election.money(election.budget))} spent."
        )
        if options["seconds"]:
            self.stdout.write(f"Read in {read - began:.3f} s, counted in {counted - read:.3f} s.")


def _number(amount: int | Fraction) -> int | float:
    # The file's own decimals; no decision hangs on them any more.
    return amount if isinstance(amount, int) else float(amount)
