"""Measure speed beside a bare Django “hello”, or profile one page."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from doorstep.base.benches import BadFile, benches, every_bench
from doorstep.base.commands import HelpfulCommand
from doorstep.web.bench import inside, running
from doorstep.web.demo.making import SIZES

EXAMPLES = """examples:
  doorstep bench                                     street, ward and borough, all pages
  doorstep bench --sizes borough --json build/bench.json
  doorstep bench --sizes street --seconds 0.5 --rounds 1     a quick look
  doorstep bench --strict                            exit code 1 when a target is missed
  doorstep bench profile home                        where one page's time goes, in this database
  doorstep bench profile /people/me/ --sql           any address; each query with its plan
  doorstep bench profile search --size borough
  doorstep bench moderation posts.csv --json         how well texts are read (id,text,verdict)
  doorstep bench duplicates people.csv --json        how well records of one person are found
  doorstep bench matching services.csv needs.csv --json      how well needs are understood
  doorstep bench calls receivers.csv calls.csv --json    how well calls find who may answer
  doorstep bench surge --size borough --kill         a surge day, counted; a process killed amid it
  doorstep bench desk --size ward --requests 20000   the desk with so many open requests
  doorstep bench finding --rounds 3                  how quickly, among 10,000 services
  doorstep bench log                                 verifying a read log of a million rows
  doorstep bench keys                                a new key over 200,000 people, the site up

The demo databases are made once and kept in --keep-in. With DOORSTEP_DATABASE_URL set, the
database named there is measured (one size at a time) and filled with that demo first.
"""


# Settings of whoever runs the bench that would make the measured site another one.
_LEFT_OUT = {"DOORSTEP_DEBUG", "DOORSTEP_DEMO_SIGN_IN", "DOORSTEP_SITE_URL"}


class Command(HelpfulCommand):
    help = (
        "Measure speed beside a bare Django “hello”, profile one page, or how well texts and "
        "needs are read."
    )
    examples = EXAMPLES

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        labelled = every_bench()
        parser.add_argument(
            "what",
            nargs="?",
            choices=["pages", "profile", *labelled],
            default="pages",
            help="; ".join(f"{name}: {bench.help}" for name, bench in labelled.items()),
        )
        parser.add_argument(
            "files",
            nargs="*",
            metavar="PAGE or FILE",
            help="profile: home, team, … or an address; "
            + "; ".join(f"{name}: {' '.join(bench.files)}" for name, bench in labelled.items()),
        )
        parser.add_argument("--sizes", default=",".join(SIZES), help="street,ward,borough")
        parser.add_argument("--pages", default="", help="only these: home,comment,…")
        parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
        parser.add_argument("--rounds", type=int, default=3, help="their median counts")
        parser.add_argument("--workers", type=int, default=2, help="web processes of each server")
        parser.add_argument(
            "--json",
            type=Path,
            nargs="?",
            const=Path("-"),
            metavar="FILE",
            help="also write everything here; with moderation and matching: print JSON",
        )
        parser.add_argument(
            "--keep-in",
            type=Path,
            default=settings.DATA / "bench",
            help="folder of the demo databases (default: bench in the data folder)",
        )
        parser.add_argument("--fresh", action="store_true", help="make the demo databases again")
        parser.add_argument("--afresh", action="store_true", help="make every page anew; keep none")
        parser.add_argument("--no-visits", action="store_true", help="leave the browser out")
        parser.add_argument("--strict", action="store_true", help="exit 1 when a target is missed")
        parser.add_argument("--size", choices=list(SIZES), help="profile, surge, desk: which demo")
        parser.add_argument("--requests", type=int, help="surge, desk: how many")
        parser.add_argument(
            "--pace", type=float, default=20.0, help="surge: how many times faster than life"
        )
        parser.add_argument(
            "--hours",
            default="",
            help="surge: only a part of the day, such as 2-4; else all twelve",
        )
        parser.add_argument(
            "--kill", action="store_true", help="surge: kill a web process at its half"
        )
        parser.add_argument("--times", type=int, default=60, help="profile: requests")
        parser.add_argument("--lines", type=int, default=45, help="profile: functions shown")
        parser.add_argument("--sort", default="tottime", help="profile: tottime or cumulative")
        parser.add_argument("--sql", action="store_true", help="profile: show each query")
        parser.add_argument(
            "--by-words", action="store_true", help="matching: without the reader of meanings"
        )
        parser.add_argument("--many", type=int, default=10_000, help="finding: services made up")
        parser.add_argument(
            "--rows", type=int, help="log: readings (a million); keys: people (200,000)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["what"] == "profile":
                self._profile(options)
            elif benches.get(options["what"]):
                self._labelled(options["what"], options)
            elif options["json"] == Path("-"):
                raise CommandError("Say where to write it: --json FILE")
            else:
                self._pages(options)
        except (running.CannotMeasure, BadFile) as problem:
            raise CommandError(str(problem)) from problem

    # --- Labelled files ----------------------------------------------------------------------

    def _labelled(self, name: str, options: dict[str, Any]) -> None:
        bench = every_bench()[name]
        wanted = options["json"]
        files = [Path(one) for one in options["files"]]
        if len(files) < len(bench.files) and wanted is not None and wanted != Path("-"):
            files, wanted = [wanted, *files], Path("-")  # `--json FILE.csv`
        if not 0 <= len(files) - len(bench.files) <= len(bench.optional):
            wanted_files = " ".join([*bench.files, *(f"[{one}]" for one in bench.optional)])
            raise CommandError(f"Say which: doorstep bench {name} {wanted_files} --json")
        needs = {
            "database": partial(self._database, options=options),
            "server": running.server,
            "port": running.free_port,
            "cpu_of": running.cpu_of,
            "say": self._say,
        }
        found = bench.run(files, options | needs)
        text = json.dumps(found, ensure_ascii=False, indent=1)
        if wanted is not None and wanted != Path("-"):
            wanted.write_text(text)
        asks_json = wanted == Path("-") or bench.table is None
        self.stdout.write(text if asks_json or bench.table is None else bench.table(found))

    # --- Profile -----------------------------------------------------------------------------

    def _profile(self, options: dict[str, Any]) -> None:
        page = next(iter(options["files"]), None)
        if not page or not (page in inside.PAGES or page.startswith("/")):
            raise CommandError(
                f"Say which page: {', '.join(inside.PAGES)}, or an address such as /people/me/"
            )
        if options["size"]:
            env = self._database(options["size"], options)
            words = ["profile", page, "--times", str(options["times"])]
            words += ["--lines", str(options["lines"]), "--sort", options["sort"]]
            words += ["--sql"] if options["sql"] else []
            done = subprocess.run(
                [sys.executable, "-m", "config", "bench", *words],
                cwd=running.ROOT,
                env=env,
                check=False,
            )
            if done.returncode:
                raise CommandError("The profile failed. What it said stands above.")
            return
        inside.profile(
            page,
            times=options["times"],
            lines=options["lines"],
            sort=options["sort"],
            sql=options["sql"],
        )

    # --- Pages -------------------------------------------------------------------------------

    def _pages(self, options: dict[str, Any]) -> None:
        sizes = [size.strip() for size in options["sizes"].split(",") if size.strip()]
        unknown = [size for size in sizes if size not in SIZES]
        if unknown or not sizes:
            raise CommandError(f"--sizes takes {', '.join(SIZES)}, with commas between.")
        wanted = {page.strip() for page in options["pages"].split(",") if page.strip()}
        if wanted - set(inside.PAGES):
            raise CommandError(f"--pages takes {', '.join(inside.PAGES)}, with commas between.")
        if os.environ.get("DOORSTEP_DATABASE_URL") and len(sizes) > 1:
            raise CommandError(
                "One PostgreSQL database holds one demo: name one size with --sizes."
            )
        results: dict[str, Any] = {
            "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python "
            f"{platform.python_version()}",
            "workers": options["workers"],
            "concurrency": running.AT_ONCE,
            "sizes": {},
            "first_visit": {},
        }
        for size in sizes:
            env = self._database(size, options)
            self._say(f"{size}: signing 200 neighbours in")
            folder = options["keep_in"] / size
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / "orders.json"
            running.inside("prepare", file, env)
            orders = json.loads(file.read_text())
            if wanted:
                orders = {page: among if page in wanted else [] for page, among in orders.items()}
                file.write_text(json.dumps(orders))
            self._say(f"{size}: counting queries")
            queries = json.loads(running.inside("queries", file, env))
            before = os.getloadavg()[0]
            pages = running.measure(
                env,
                orders,
                seconds=options["seconds"],
                rounds=options["rounds"],
                workers=options["workers"],
                say=partial(self._say_of, size),
            )
            for page, row in pages.items():
                row["queries"] = queries.get(page, 0)
            results["sizes"][size] = {
                "pages": pages,
                "hello": {
                    "cpu_ms": median(row["hello_cpu_ms"] for row in pages.values()),
                    "requests_per_second": median(
                        row["hello_requests_per_second"] for row in pages.values()
                    ),
                },
                "load_before": before,
                "load_after": os.getloadavg()[0],
            }
            if size == sizes[-1] and not options["no_visits"]:
                self._say("first visits, in Chromium")
                results["first_visit"] = running.first_visits(env, orders, options["workers"])
        self._say("")
        results["missed"] = running.missed(results)
        self.stdout.write(running.table(results))
        for sentence in results["missed"]:
            self.stdout.write(f"Missed: {sentence}")
        if not results["missed"]:
            self.stdout.write("Every target is met.")
        if options["json"]:
            options["json"].parent.mkdir(parents=True, exist_ok=True)
            options["json"].write_text(json.dumps(results, indent=1))
        if options["strict"] and results["missed"]:
            raise SystemExit(1)

    def _database(self, size: str, options: dict[str, Any]) -> dict[str, str]:
        """Make sure the demo of that size is there; return the environment that names it."""
        env = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
        if options["afresh"]:
            env["DOORSTEP_KEEP_PAGES"] = "no"
        env |= {
            "PYTHONPATH": str(running.ROOT),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DOORSTEP_MODE": "demo",
            "DOORSTEP_DATA": str((options["keep_in"] / size).resolve()),
            "PYTHONWARNINGS": "ignore",
        }
        self._run(env, "migrate", "--verbosity", "0", "--skip-checks")
        self._say(f"{size}: is the demo there?")
        state = self._ask(
            env,
            "from doorstep.web.demo import record; f = record.facts(); "
            "print(f and f['is_whole'] and f['size'], f and f.get('day'))",
        )
        made, _space, day = state.partition(" ")
        # After some weeks nothing would be coming up in it any more.
        old = (dt.date.today() - dt.timedelta(days=21)).isoformat()  # noqa: DTZ011
        if options["fresh"] or made != size or day < old:
            self._say(f"{size}: making the demo")
            verbosity = "1" if sys.stderr.isatty() else "0"
            self._run(
                env, "demo", size, "--replace", "--with-those-who-joined", "--verbosity", verbosity
            )
        return env

    def _run(self, env: dict[str, str], *words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "config", *words], cwd=running.ROOT, env=env, check=False
        )
        if done.returncode:
            raise CommandError(f"`doorstep {' '.join(words)}` failed. What it said stands above.")

    def _ask(self, env: dict[str, str], code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "config", "shell", "--no-imports", "-c", code],
            cwd=running.ROOT,
            env=env,
            check=False,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""

    def _say_of(self, size: str, what: str) -> None:
        self._say(f"{size}: {what}")

    def _say(self, what: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{what}\x1b[K")
        elif what:
            sys.stderr.write(f"{what}\n")
        sys.stderr.flush()
