"""Do the background work: queued tasks, and what happens again and again."""

import signal
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError
from django.utils import autoreload

from doorstep.base.commands import HelpfulCommand

EXAMPLES = """examples:
  doorstep worker           until stopped; as many of them as you like may run at once
  doorstep worker --once    everything that is due or queued now, then end
"""


class Command(HelpfulCommand):
    help = "Do background work: send what waits, and everything that happens again and again."
    requires_system_checks: list[str] = []
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then end")
        parser.add_argument(
            "--reload", action="store_true", help="start again when a source file changes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from doorstep.base import rotating
        from doorstep.base.working import Rounds, run_due, run_tasks

        rotating.check()
        if options["once"]:
            try:
                ran = run_due()
                tasks = run_tasks()
            except DatabaseError as problem:
                raise CommandError(
                    f"We can't use the database: {problem}. Run `doorstep doctor`."
                ) from problem
            self.stdout.write(f"Did {len(ran)} regular jobs and {tasks} queued tasks.")
            return
        rounds = Rounds()
        if options["reload"]:
            autoreload.run_with_reloader(rounds.run)
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: rounds.stop())
        self.stdout.write("The worker is at work. Stop it with Ctrl-C.")
        self.stdout.flush()
        rounds.run()
