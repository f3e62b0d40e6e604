"""How long `log verify` and `keys rotate` take: `doorstep bench log` and `doorstep bench keys`.

Each makes rows up in a database of its own, once, and then runs the very command an operator runs:
over a million readings; over 200,000 people with the site up, which a visitor asks all the while.

python -m doorstep.web.bench.trust log|keys FOLDER ROWS
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from doorstep.base.benches import BadFile, Bench
from doorstep.web.bench import running

# What is made up -> (rows unless told, seconds it may take).
ASKED = {"log": (1_000_000, 60.0), "keys": (200_000, 600.0)}
_READERS, _SUBJECTS, _MONTHS, _CHAIN = 300, 220_000, 36, 2_000
_AT_ONCE = 2_000
_LEFT_OUT = {"DOORSTEP_DEBUG", "DOORSTEP_DEMO_SIGN_IN", "DOORSTEP_SITE_URL"}


# --- What is made up --------------------------------------------------------------------------


def readings(many: int, *, at: dt.datetime) -> Iterator[tuple[Any, ...]]:
    """Yield rows of the read log, chained and sealed as `log_read` would: (mac, *columns).

    The columns are those of `readings.verify`, in its order. They lie in 36 months up to the one
    of `at`, in chains of 2,000.
    """
    from doorstep.people.models.readings import Reading
    from doorstep.people.readings import chains, log_keys
    from doorstep.people.readings.kinds import readables

    rng = random.Random(7)  # noqa: S311
    key_id, key = log_keys.newest()
    whats = [name for name, _what in readables.items()]
    name_of: Any = Reading._meta.get_field("reader_name")
    words_of: Any = Reading._meta.get_field("words")
    chain, before, position, when = "", b"", _CHAIN, at
    for number in range(many):
        back = _MONTHS - 1 - number * _MONTHS // many
        year, month = divmod(at.year * 12 + at.month - 1 - back, 12)
        if position == _CHAIN or month + 1 != when.month:
            chain, before, position = f"{key_id}-{number:012d}", b"", 0
        # The middle of a month lies in it on every clock.
        when = dt.datetime(year, month + 1, 10, 9, tzinfo=dt.UTC)
        when += dt.timedelta(seconds=number % 900_000)
        position += 1
        reader, subject = rng.randrange(1, _READERS), rng.randrange(1_000, _SUBJECTS)
        name, words = f"Reader {reader}", "" if number % 3 else "They rang us about their shopping."
        row = (
            year * 100 + month + 1, chain, position, chains.at_utc(when), reader,
            f"reader{reader}", "officer", "", subject, f"person{subject % 9999}",
            rng.choice(whats), "contact", "", name, words,
        )  # fmt: skip
        before = chains.mac_of(key, before, row)
        sealed = (name_of.vault.seal(name), words_of.vault.seal(words) if words else "")
        yield (before, *row[:3], when, *row[4:-2], *sealed)


def fill_log(many: int, *, at: dt.datetime) -> None:
    """Write so many readings, and sign how far they come."""
    from django.db import connection, transaction

    from doorstep.people.readings import checkpoints, verify

    names = ("mac", *verify.COLUMNS)
    columns = ", ".join(f'"{name}"' for name in names)
    places = ", ".join(["%s"] * len(names))
    moment = names.index("at")
    sql = f"INSERT INTO people_reading ({columns}) VALUES ({places})"  # noqa: S608
    rows: list[list[Any]] = []

    def write() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(sql, rows)
        rows.clear()

    for row in readings(many, at=at):
        values = list(row)
        values[moment] = connection.ops.adapt_datetimefield_value(values[moment])
        rows.append(values)
        if len(rows) == _AT_ONCE:
            write()
    if rows:
        write()
    checkpoints.checkpoint(at=at)


def fill_people(many: int) -> None:
    """Write so many people with an account, some seven sealed values each."""
    from allauth.account.models import EmailAddress
    from django.db import transaction

    from doorstep.people.models import Account, Person

    for start in range(0, many, _AT_ONCE):
        numbers = range(start, min(many, start + _AT_ONCE))
        with transaction.atomic():
            people = Person.objects.bulk_create(
                [
                    Person(
                        known_as=f"Neighbour {number}",
                        full_name=f"Neighbour Number {number}",
                        phone=f"+4477{number:08d}",
                        email=f"neighbour{number}@example.org",
                        postcode="RM10 7FH",
                        access_needs="" if number % 4 else "Please ring twice.",
                    )
                    for number in numbers
                ]
            )
            accounts = Account.objects.bulk_create(
                [
                    Account(
                        person=person,
                        email=f"neighbour{number}@example.org",
                        phone=f"+4477{number:08d}",
                        password="!",  # noqa: S106
                    )
                    for number, person in zip(numbers, people, strict=True)
                ]
            )
            EmailAddress.objects.bulk_create(
                [
                    EmailAddress(user=account, email=account.email, verified=True, primary=True)
                    for account in accounts
                ]
            )


def fill(what: str, folder: Path, many: int) -> None:
    """Make the database of this process, fill it, and tell what it took in facts.json."""
    import django

    django.setup()
    from django.core.management import call_command

    from doorstep.base.time import now
    from doorstep.people.models import Person
    from doorstep.people.models.readings import Reading

    call_command("migrate", verbosity=0, skip_checks=True)
    if Reading.objects.exists() or Person.objects.exists():
        raise SystemExit("Somebody lives in that database. Name an empty one.")
    began = time.perf_counter()
    if what == "log":
        fill_log(many, at=now())
    else:
        fill_people(many)
    seconds = round(time.perf_counter() - began, 1)
    (folder / "facts.json").write_text(json.dumps({"rows": many, "making_seconds": seconds}))


# --- What is measured -------------------------------------------------------------------------


def measure(what: str, options: dict[str, Any]) -> dict[str, Any]:
    """Make the rows if need be, run the command, and return what it took.

    Raises BadFile where the rows can't be made or the command failed, with what it said.
    """
    rows, most = ASKED[what]
    rows = options.get("rows") or rows
    if not 10 <= rows <= 100_000_000:
        raise BadFile("--rows takes 10 to 100000000.")
    folder = (options["keep_in"] / f"trust-{what}-{rows}").resolve()
    if options.get("fresh"):
        shutil.rmtree(folder, ignore_errors=True)
    env = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT} | {
        "PYTHONPATH": str(running.ROOT),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DOORSTEP_MODE": "demo",
        "DOORSTEP_DATA": str(folder),
        "PYTHONWARNINGS": "ignore",
    }
    if not (folder / "facts.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        options["say"](f"making {rows:,} rows up")
        _run([sys.executable, "-m", "doorstep.web.bench.trust", what, str(folder), str(rows)], env)
    found: dict[str, Any] = json.loads((folder / "facts.json").read_text())
    found |= {"what": what, "most_seconds": most, "load_before": round(os.getloadavg()[0], 1)}
    options["say"]("")
    if what == "log":
        said = json.loads(_command(["log", "verify", "--json"], env))
        if not said["is_whole"] or said["rows"] != rows:
            raise BadFile(f"The log made up is not whole: {said}")
        found |= {name: said[name] for name in ("seconds", "chains", "months")}
    else:
        port = options["port"]()
        with (
            options["server"]("doorstep.web.bench.site", port, options["workers"], env),
            _Visitor(f"http://127.0.0.1:{port}/account/login/") as visitor,
        ):
            said = json.loads(_command(["keys", "rotate", "--json"], env))
        found |= {name: said[name] for name in ("seconds", "values", "problems")}
        found |= visitor.seen()
    found["load_after"] = round(os.getloadavg()[0], 1)
    is_missed = found["seconds"] > most or found.get("problems") or found.get("failed")
    return found | {"missed": [what] if is_missed else []}


def _run(words: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603
        words, cwd=running.ROOT, env=env, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise BadFile((done.stderr or done.stdout)[-3000:])
    return done.stdout


def _command(words: list[str], env: dict[str, str]) -> str:
    return _run([sys.executable, "-m", "config", *words], env)


class _Visitor:
    """Asks a page twice a second, and counts how long it took and what came."""

    def __init__(self, url: str) -> None:
        self.url, self.over = url, threading.Event()
        self.took: list[float] = []
        self.failed: list[str] = []

    def _ask(self) -> None:
        while not self.over.wait(0.5):
            began = time.perf_counter()
            try:
                with urllib.request.urlopen(self.url, timeout=60) as answer:  # noqa: S310
                    answer.read()
                self.took.append(time.perf_counter() - began)
            except OSError as problem:  # also where the answer was 500
                self.failed.append(str(problem))

    def __enter__(self) -> _Visitor:
        self.thread = threading.Thread(target=self._ask)
        self.thread.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self.over.set()
        self.thread.join()

    def seen(self) -> dict[str, Any]:
        took = sorted(self.took) or [0.0]
        return {
            "asked_meanwhile": len(self.took),
            "failed": self.failed[:5],
            "p95_ms": round(took[int(len(took) * 0.95)] * 1000, 1),
            "slowest_ms": round(took[-1] * 1000, 1),
        }


def table(found: dict[str, Any]) -> str:
    """Return what `measure` found as lines for people."""
    load = f"load {found['load_before']} before, {found['load_after']} after"
    if found["what"] == "log":
        first = (
            f"{found['rows']:,} readings in {found['chains']} chains of {found['months']} months: "
            f"verified in {found['seconds']} s (at most {found['most_seconds']:.0f}); {load}"
        )
        return f"{first}\nMissed: {', '.join(found['missed']) or 'nothing'}"
    return (
        f"{found['rows']:,} people, {found['values']:,} values: sealed afresh in "
        f"{found['seconds']:.0f} s (at most {found['most_seconds']:.0f}); {load}\n"
        f"A visitor asked {found['asked_meanwhile']} times meanwhile: p95 {found['p95_ms']} ms, "
        f"slowest {found['slowest_ms']} ms, failed {len(found['failed'])}\n"
        + "".join(f"{problem}\n" for problem in [*found["problems"], *found["failed"]])
        + f"Missed: {', '.join(found['missed']) or 'nothing'}"
    )


LOG = Bench(
    (),
    "how long verifying a million readings takes",
    lambda files, options: measure("log", options),
    table,
)
KEYS = Bench(
    (),
    "how long a new key over 200,000 people takes, with the site up",
    lambda files, options: measure("keys", options),
    table,
)


if __name__ == "__main__":
    fill(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
