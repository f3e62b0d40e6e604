# ruff: noqa: T201 (what it did is printed for whoever started it)
"""How long finding takes in a directory of many thousand entries: `doorstep bench finding`.

A directory is made up, brought in as a feed (timed), read for its meaning, and then asked over the
wire as `doorstep serve` serves it: needs asked before, words never asked, both beside a postcode,
and the pages other systems read.

python -m doorstep.web.bench.finding fill FOLDER MANY
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from doorstep.base.benches import Bench
from doorstep.web.bench import running

# What is asked -> most of (p95 in ms).
TARGETS = {
    "asked before": 60.0,
    "never asked": 60.0,
    "asked before, near a postcode": 60.0,
    "never asked, near a postcode": 60.0,
    "API page of 50": 40.0,
}
IMPORT_SECONDS = 60.0
_FOR = (
    "", " for my mum", " for a neighbour", " please", " near me", " for two of us", " on my own",
    " in the evening", " this week", " for my brother", " in Barking", " for someone I care for",
)  # fmt: skip
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA")
_NAMES = (
    "Heath", "Goresbrook", "Valence", "Becontree", "Mayesbrook", "Abbey", "Gascoigne", "Parsloes",
    "Eastbrook", "Longbridge", "Thames", "Alibon", "Village", "River", "Northbury", "Whalebone",
)  # fmt: skip
_WHAT = (
    "Neighbours", "Community Association", "Trust", "Family Centre", "Advice", "Church", "Project",
    "Together", "Partnership", "Youth Club",
)  # fmt: skip


def services(many: int, postcodes: list[str]) -> Iterator[dict[str, Any]]:
    """Yield made-up services of the standard, full ones, the same each time for the same `many`."""
    import uuid

    from doorstep.organisations.finding import thesaurus

    rng = random.Random(9)  # noqa: S311
    needs = thesaurus.needs()

    def uid(*words: object) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, "bench/" + "/".join(map(str, words))))

    for number in range(many):
        need = needs[number % len(needs)]
        kind = number // len(needs) % 10
        owner = number * 7 % max(1, many * 15 // 100)
        place = number * 11 % max(1, many // 4)
        saying = need.sayings[kind % len(need.sayings)] if need.sayings else need.said
        postcode = postcodes[place % len(postcodes)] if postcodes else "RM10 7XJ"
        yield {
            "id": uid("service", number),
            "name": f"{need.name.replace('-', ' ').replace('_', ' ').capitalize()} {_WHAT[kind]}",
            "description": f"{need.said} People come who say: {saying}. Ring first, or drop in; "
            "somebody meets you at the door and shows you round.",
            "status": "active",
            "email": f"hello{number}@example.org",
            "url": f"https://example.org/{number}",
            "fees": "" if number % 3 else "Free",
            "minimum_age": 16 if number % 5 == 0 else None,
            "last_modified": "2026-11-01T10:00:00Z",
            "organization": {
                "id": uid("organisation", owner),
                "name": f"{_NAMES[owner % 16]} {_WHAT[owner // 16 % 10]} {owner}",
                "description": "A made-up organisation.",
            },
            "cost_options": [{"id": uid("cost", number), "option": "a visit", "amount": 2}]
            if number % 3
            else [],
            "phones": [{"id": uid("phone", number), "number": f"020 7946 {number % 10_000:04d}"}],
            "languages": [
                {"id": uid("language", number, said), "name": said}
                for said in ("English", rng.choice(("Romanian", "Urdu", "Bengali", "Polish")))
            ],
            "schedules": [
                {
                    "id": uid("schedule", number, day),
                    "freq": "WEEKLY",
                    "byday": day,
                    "opens_at": "10:00",
                    "closes_at": "15:00",
                    "valid_from": "2026-01-05",
                }
                for day in rng.sample(_DAYS, 2)
            ],
            "service_at_locations": [
                {
                    "id": uid("at", number),
                    "location": {
                        "id": uid("location", place),
                        "location_type": "physical",
                        "name": f"{_NAMES[place % 16]} Hall {place}",
                        "latitude": 51.53 + (place % 50) / 1500,
                        "longitude": 0.08 + (place // 50 % 50) / 700,
                        "addresses": [
                            {
                                "id": uid("address", place),
                                "address_1": f"{place + 1} Bench Road",
                                "city": "Dagenham",
                                "postal_code": postcode,
                                "country": "GB",
                                "address_type": "physical",
                            }
                        ],
                    },
                }
            ],
        }


def fill(folder: Path, many: int) -> None:
    """Make the directory in the database of this process, and tell what it took in facts.json."""
    import django

    django.setup()
    from django.core.management import call_command

    from doorstep.organisations.finding import store
    from doorstep.organisations.models import Service
    from doorstep.organisations.oruk.bringing_in import import_feed
    from doorstep.places.models import Postcode

    call_command("migrate", verbosity=0, skip_checks=True)
    if not Postcode.objects.exists():
        call_command("demo", "street", verbosity=0)
    postcodes = list(Postcode.objects.order_by("pk").values_list("code", flat=True)[::7])
    feed = folder / f"services-{many}.json"
    feed.write_text(json.dumps({"contents": list(services(many, postcodes))}), encoding="utf-8")
    facts: dict[str, Any] = {"load": round(os.getloadavg()[0], 1)}
    for name in ("import", "import_again"):
        clock, used = time.perf_counter(), time.process_time()
        report = import_feed(str(feed.resolve()), name="Bench", at=None)
        facts[f"{name}_seconds"] = round(time.perf_counter() - clock, 1)
        facts[f"{name}_cpu_seconds"] = round(time.process_time() - used, 1)
        facts[f"{name}_said"] = f"{report.added} added, {report.same} the same"
    clock = time.perf_counter()
    while store.rebuild():
        print("read some", flush=True)
    facts["index_seconds"] = round(time.perf_counter() - clock, 1)
    facts["services"] = Service.objects.public().count()
    (folder / "facts.json").write_text(json.dumps(facts))


def orders() -> dict[str, list[dict[str, Any]]]:
    """Return what is asked, by name. What was never asked is asked once in each process's life."""
    from doorstep.organisations.finding import thesaurus

    sayings = [line for line, _need in thesaurus.sayings()]
    known = sayings[::13][:100]
    fresh = [f"{line}{more}" for more in _FOR for line in sayings if line not in known]
    random.Random(5).shuffle(fresh)  # noqa: S311

    def asked(lines: list[str], **more: str) -> list[dict[str, Any]]:
        return [{"path": f"/directory/?{urlencode({'q': one, **more})}"} for one in lines]

    half = len(fresh) // 2
    return {
        "asked before": asked(known),
        "never asked": asked(fresh[:half]),
        "asked before, near a postcode": asked(known, near="RM10 7XJ"),
        "never asked, near a postcode": asked(fresh[half:], near="RM10 7XJ"),
        "API page of 50": [
            {"path": f"/directory/api/services?page={page}"} for page in range(1, 150)
        ],
    }


def measure(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Make the directory if need be, and return what asking it takes, in ms, medians of rounds."""
    many = options.get("many") or 10_000
    folder = (folder / f"finding-{many}").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    left_out = {"DOORSTEP_DEBUG", "DOORSTEP_DEMO_SIGN_IN", "DOORSTEP_SITE_URL"}
    env = {name: value for name, value in os.environ.items() if name not in left_out} | {
        "PYTHONPATH": str(running.ROOT),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DOORSTEP_MODE": "demo",
        "DOORSTEP_DATA": str(folder),
        "PYTHONWARNINGS": "ignore",
    }
    if options.get("fresh") or not (folder / "facts.json").exists():
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "doorstep.web.bench.finding", "fill", str(folder), str(many)],
            cwd=running.ROOT, env=env, check=False, stdout=sys.stderr,
        )  # fmt: skip
        if done.returncode:
            raise running.CannotMeasure("The directory could not be made. What was said is above.")
    facts = json.loads((folder / "facts.json").read_text())
    asked = orders()
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in asked}
    port = running.free_port()
    seconds, workers = float(options.get("seconds") or 3), int(options.get("workers") or 2)
    load = os.getloadavg()[0]
    with running.server("doorstep.web.bench.site", port, workers, env) as site:
        begins = dict.fromkeys(asked, 0)
        for name, among in asked.items():  # each of the two processes loads what it reads with
            new = name.startswith("never")
            most = 40 if new else len(among) * 4
            got = running.ask(among, port=port, seconds=60, at_once=running.AT_ONCE, most=most)
            begins[name] = got["next"]
        for _turn in range(int(options.get("rounds") or 3)):
            for name, among in asked.items():
                used = running.cpu_of(site)
                got = running.ask(
                    among, port=port, seconds=seconds, at_once=running.AT_ONCE, start=begins[name]
                )
                begins[name] = got["next"]
                bad = {state: n for state, n in got["states"].items() if state != "200"}
                if bad:
                    raise running.CannotMeasure(f"{name}: unexpected answers {bad}")
                rounds[name].append(
                    {
                        "p50_ms": got["p50_ms"],
                        "p95_ms": got["p95_ms"],
                        "cpu_ms": (running.cpu_of(site) - used) / got["requests"] * 1000,
                        "requests": got["requests"],
                        "kilobytes": got["bytes"] / 1024,
                        "times_round": got["next"] / len(among),
                    }
                )
    pages = {
        name: {key: round(median(row[key] for row in rows), 1) for key in rows[0]}
        for name, rows in rounds.items()
        if rows
    }
    missed = [name for name, row in pages.items() if row["p95_ms"] > TARGETS[name]]
    missed += ["import"] if facts["import_seconds"] > IMPORT_SECONDS else []
    missed += [name for name, row in pages.items() if "never" in name and row["times_round"] > 1]
    return {
        **facts, "workers": workers, "concurrency": running.AT_ONCE, "load_before": load,
        "load_after": os.getloadavg()[0], "pages": pages, "missed": missed,
    }  # fmt: skip


def table(found: dict[str, Any]) -> str:
    """Return what `measure` found as lines for people."""
    lines = [
        f"{found['services']} services; {found['concurrency']} at once, {found['workers']} "
        f"processes; load {found['load_before']:.1f} before, {found['load_after']:.1f} after",
        f"bringing in: {found['import_seconds']} s ({found['import_cpu_seconds']} of processor, "
        f"load {found['load']}; at most {IMPORT_SECONDS:.0f}); again "
        f"{found['import_again_seconds']} s; reading meanings {found['index_seconds']} s",
        "",
        f"{'what is asked':32} {'p50':>7} {'p95':>7} {'most':>6} {'CPU':>6} {'KB':>6} {'asked':>6}",
    ]
    for name, row in found["pages"].items():
        lines.append(
            f"{name:32} {row['p50_ms']:7.1f} {row['p95_ms']:7.1f} {TARGETS[name]:6.0f} "
            f"{row['cpu_ms']:6.1f} {row['kilobytes']:6.1f} {row['requests']:6.0f}"
        )
    return "\n".join([*lines, "", f"Missed: {', '.join(found['missed']) or 'nothing'}"])


BENCH = Bench(
    (),
    "how long finding takes among 10,000 services",
    lambda files, options: measure(options["keep_in"], options),
    table,
)


if __name__ == "__main__":
    fill(Path(sys.argv[2]), int(sys.argv[3]))
