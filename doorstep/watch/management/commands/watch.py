"""Scan a file of counts for unusual rises, with the very code that scans concerns at night."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from doorstep.base.commands import HelpfulCommand

EXAMPLES = """examples:
  doorstep watch scan concerns.csv                 in words
  doorstep watch scan concerns.csv --json          for programs
  doorstep watch scan concerns.csv --until 2026-10-31 --weeks 1     as it was on that day
  doorstep watch scan flu.csv --method farrington-flexible --json   one series, week by week
  doorstep watch scan flu.csv --method ears-c1 --json

Two kinds of file, in UTF-8 with the names of the columns in the first line:
  date,area,theme            a row for each thing that was noticed; dates like 2026-11-22
                             also count (how many), and lat,lon (or easting,northing) of the area
  week,observed              one series; weeks are numbered from 1, for --method

Nothing is written down, and no database is needed. Exit codes: 0 done (whether or not something
was found), 1 the file can't be scanned, 2 wrong words.
"""

SERIES = {
    "farrington-flexible": "Farrington, flexible",
    "farrington": "Farrington, original",
    "ears-c1": "EARS C1",
}


class Command(HelpfulCommand):
    help = "Scan a file of counts for unusual rises."
    requires_system_checks: list[str] = []
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        scan = verbs.add_parser(
            "scan",
            help="find unusual rises in a CSV file",
            epilog=EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        scan.add_argument("file", type=Path, metavar="FILE.csv")
        scan.add_argument("--json", action="store_true", help="for programs")
        scan.add_argument(
            "--method", choices=sorted(SERIES), help="judge one week,observed series this way"
        )
        scan.add_argument("--years", type=int, help="--method: years looked back on (3 or 5)")
        scan.add_argument("--alpha", type=float, help="--method: how rare a week must be")
        scan.add_argument("--start", type=int, help="--method: the first week to judge")
        scan.add_argument("--until", type=dt.date.fromisoformat, help="the last day to look at")
        scan.add_argument("--weeks", type=int, help="judge only the last so many weeks")
        scan.add_argument(
            "--false-alarms", type=float, default=1.0, metavar="N",
            help="how many false signals a month are bearable (default 1)",
        )  # fmt: skip
        scan.add_argument("--longest", type=int, default=14, help="days of a cluster (default 14)")
        scan.add_argument("--shuffles", type=int, default=999, help="of the space-time scan")
        scan.add_argument("--seed", type=int, default=1, help="the same seed, the same answer")

    def handle(self, *args: Any, **options: Any) -> None:
        from doorstep.watch.scan.reading import BadFile

        self._check(options)
        try:
            found = self._series(options) if options["method"] else self._table(options)
        except (BadFile, ValueError) as problem:
            raise CommandError(str(problem)) from None
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(self._in_words(found)))

    def _check(self, options: dict[str, Any]) -> None:
        wrong = ""
        if not 0 < options["false_alarms"] <= 31:
            wrong = "--false-alarms takes a number above 0, up to 31."
        elif not 1 <= options["longest"] <= 365:
            wrong = "--longest takes 1 to 365 days."
        elif not 19 <= options["shuffles"] <= 99_999:
            wrong = "--shuffles takes 19 to 99999."
        elif options["weeks"] is not None and options["weeks"] < 1:
            wrong = "--weeks takes 1 or more."
        elif options["alpha"] is not None and not 0 < options["alpha"] < 0.5:
            wrong = "--alpha takes a number between 0 and 0.5."
        elif options["years"] is not None and not 1 <= options["years"] <= 20:
            wrong = "--years takes 1 to 20."
        elif options["start"] is not None and options["start"] < 1:
            wrong = "--start takes 1 or more."
        if wrong:
            raise CommandError(wrong, returncode=2)

    # --- One series ------------------------------------------------------------------------------

    def _series(self, options: dict[str, Any]) -> dict[str, Any]:
        from dataclasses import replace

        from doorstep.watch.scan import ears, farrington, reading

        counts, notes = reading.read_series(options["file"])
        method = options["method"]
        settings: dict[str, Any]
        if method == "ears-c1":
            alpha = options["alpha"] or ears.ALPHA
            weeks = ears.judge(counts, "C1", alpha=alpha, start=options["start"] or ears.START)
            settings = {"baseline": ears.BASELINE, "alpha": alpha}
        else:
            flexible = method == "farrington-flexible"
            chosen, start = farrington.settings_for(len(counts), flexible=flexible)
            if options["years"]:
                chosen = replace(chosen, years=options["years"])
                start = farrington.first_week(chosen)
            if options["alpha"]:
                chosen = replace(chosen, alpha=options["alpha"])
            weeks = farrington.judge(
                counts, chosen, flexible=flexible, start=options["start"] or start
            )
            settings = {"years": chosen.years, "alpha": chosen.alpha, "half_window": 3}
        return {
            "method": method,
            "settings": settings,
            "weeks": [
                {
                    "week": one.week,
                    "observed": _plain(counts[one.week - 1]),
                    "expected": one.expected,
                    "bound": one.bound,
                    "alarm": one.alarm,
                }
                for one in weeks
            ],
            "notes": notes,
        }

    # --- A table ---------------------------------------------------------------------------------

    def _table(self, options: dict[str, Any]) -> dict[str, Any]:
        from doorstep.base.time import local, now
        from doorstep.watch.scan import reading, scanning
        from doorstep.watch.scan.deciding import Budget

        began = time.perf_counter()
        columns = reading.columns_of(options["file"])
        if {"week", "observed"} <= columns and "date" not in columns:
            raise reading.BadFile(
                f"{options['file']} is one series of weeks. Say how to judge it: "
                f"--method {', --method '.join(SERIES)}."
            )
        table = reading.read_table(
            options["file"], today=local(now()).date(), until=options["until"]
        )
        found = scanning.scan(
            table,
            budget=Budget(per_month=options["false_alarms"]),
            last_weeks=options["weeks"],
            longest=options["longest"],
            shuffles=options["shuffles"],
            seed=options["seed"],
        )
        short = sum(one.why == "short" for one in found.cannot)
        if short:
            found.notes.append(
                f"{short} series have fewer than {_SHORTEST} counted weeks and can't be judged yet."
            )
        return {
            "alerts": [_alert(one) for one in found.alerts],
            "clusters": [_alert(one) for one in found.clusters[:20]],
            "cannot_judge": [
                {
                    "area": one.area, "theme": one.theme or "*", "why": one.why,
                    "since": one.since and one.since.isoformat(),
                }
                for one in found.cannot[:1000]
            ],
            "looked_at": {
                "from": table.first_day.isoformat(),
                "until": table.ends[-1].isoformat(),
                "areas": len(table.areas),
                "themes": len(table.themes),
                "series": found.series,
                "weeks": found.weeks,
                "weeks_judged": found.judged,
                "shuffles": found.shuffles,
            },
            "false_alarms_a_month": options["false_alarms"],
            "notes": found.notes,
            "seconds": round(time.perf_counter() - began, 2),
        }  # fmt: skip

    def _in_words(self, found: dict[str, Any]) -> list[str]:
        if "weeks" in found:
            lines = [f"{'week':>6} {'observed':>9} {'expected':>9} {'bound':>9}"]
            for one in found["weeks"]:
                cells = [
                    f"{value:9.2f}" if value is not None else f"{'–':>9}"
                    for value in (one["observed"], one["expected"], one["bound"])
                ]
                lines.append(f"{one['week']:6} {' '.join(cells)}{'  ALARM' * one['alarm']}")
            return [*lines, *found["notes"]]
        looked = found["looked_at"]
        lines = [
            f"Looked at {looked['series']} series of {looked['areas']} areas and "
            f"{looked['themes']} themes, {looked['from']} to {looked['until']}."
        ]
        if not found["alerts"]:
            lines.append("Nothing unusual.")
        for one in found["alerts"]:
            lines.append(
                f"{'Now' if one['alive'] else 'Then'}: {one['in_words']} (p = {one['p']:.2g}, "
                f"{one['how']}, found {one['found_on']})"
            )
        return [*lines, *found["notes"]]


_SHORTEST = 12


def _plain(value: float) -> int | None:
    return None if math.isnan(value) else int(value)


def _alert(one: Any) -> dict[str, Any]:
    """Return an alert ready for JSON."""
    where = "all areas" if one.areas == ["*"] else ", ".join(one.areas)
    return {
        "theme": one.theme,
        "areas": one.areas,
        "from": one.begins.isoformat(),
        "to": one.until.isoformat(),
        "found_on": one.found_on.isoformat(),
        "days": one.window,
        "observed": one.observed,
        "expected": round(one.expected, 4),
        "usual_at_most": one.usual_bound,
        "p": one.p,
        "how": one.how,
        "alive": one.alive,
        "statistic": round(one.statistic, 6) if one.how == "space-time" else None,
        "also": one.also,
        "in_words": f"{one.theme} in {where}: {one.observed} in {one.window} days, "
        f"where {one.expected:.1f} are usual",
    }
