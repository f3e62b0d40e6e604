"""Fill a new database with a synthetic borough."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from doorstep.base import keys
from doorstep.base.commands import HelpfulCommand
from doorstep.base.time import today
from doorstep.web import lexicon
from doorstep.web.demo import (
    agreeing,
    asking,
    calling,
    connecting,
    directory,
    doubling,
    funding,
    guarding,
    helping,
    keeping_safe,
    learning,
    looking,
    proving,
    record,
    rights,
    rounding,
    signalling,
    volunteering,
    worrying,
)
from doorstep.web.demo.making import SIZES, make

EXAMPLES = """examples:
  doorstep demo street              200 neighbours, in a few seconds
  doorstep demo borough             220,000 members and a million posts, in some minutes
  doorstep demo ward --replace      throw the demo that is there away and make another
  doorstep demo street --seed 7     other people, other words; the same seed gives the same

Everyone in it is made up. It goes into a database without people only, never where
DOORSTEP_MODE is production.
"""


class Command(HelpfulCommand):
    help = "Fill a new database with a synthetic borough."
    examples = EXAMPLES

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("size", choices=list(SIZES), help="street, ward or borough")
        parser.add_argument("--seed", type=int, default=1, help="another number, other people")
        parser.add_argument(
            "--replace", action="store_true", help="throw away the demo that is there first"
        )
        parser.add_argument(
            "--with-those-who-joined",
            action="store_true",
            help="with --replace: also throw away people who joined the demo themselves",
        )
        parser.add_argument(
            "--day",
            type=dt.date.fromisoformat,
            help="the demo's today, as 2026-11-21 (default: today)",
        )
        parser.add_argument("--json", action="store_true", help="tell what was made as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.MODE == "production":
            raise CommandError(
                "A demo never goes where real people live. Set DOORSTEP_MODE to demo, and "
                "DOORSTEP_DATA to a folder of its own."
            )
        try:
            record.make_room(
                replace=options["replace"], joined_too=options["with_those_who_joined"]
            )
        except record.NoRoom as problem:
            raise CommandError(str(problem)) from problem
        began = time.monotonic()
        day = options["day"] or today()
        record.begin(options["size"], options["seed"], day)
        made = make(
            options["size"],
            seed=options["seed"],
            day=day,
            out=sys.stderr if options["verbosity"] else None,
            keep=record.keep,
        )
        # The same seed gives the same addresses too: of people, concerns, funds and the rest.
        dice = random.Random(f"keys {options['seed']}")  # noqa: S311 (everyone is made up)
        with keys.drawn_from(dice.randbytes):
            agreeing.fill(day=day)
            asking.fill(day=day)
            looking.fill(seed=options["seed"], day=day)
            guarding.fill(day=day)
            keeping_safe.fill(day=day)
            rights.fill(day=day, seed=options["seed"])
            directory.fill(day=day, seed=options["seed"])
            doubling.fill(day=day)
            learning.fill(day=day)
            funding.fill(day=day)
            helping.fill(day=day, seed=options["seed"])
            volunteering.fill(day=day, seed=options["seed"])
            rounding.fill(day=day)
            signalling.fill(day=day)
            worrying.fill(day=day)
            connecting.fill(day=day)
            calling.fill(day=day)
            proving.fill(day=day)
        lexicon.refresh()  # so that searching forgives slips from the first minute
        record.finish()
        took = time.monotonic() - began
        if options["json"]:
            self.stdout.write(
                json.dumps({"size": options["size"], "seconds": round(took, 1), "rows": made})
            )
        elif options["verbosity"]:
            self.stdout.write(
                f"A {options['size']} of {made['Person']:,} people, {made['Team']:,} teams, "
                f"{made['Gathering']:,} gatherings, {made['Post']:,} posts and "
                f"{made['Comment']:,} replies is there, after {took:.0f} s."
            )
