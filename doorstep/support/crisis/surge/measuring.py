# ruff: noqa: S603 (the processes it starts are our own)
"""`doorstep bench surge` and `doorstep bench desk`: the surge day, and a desk full of requests."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from doorstep.base.benches import BadFile, Bench
from doorstep.support.crisis.surge.day import HOURS

ROOT = Path(__file__).resolve().parents[4]
OFFICERS = 50
SIGNUPS = 270  # a day's, in a surge that brings REQUESTS
REQUESTS = 10_000
P95 = 300.0  # ms, of everything together
OPEN, DESK_P95 = 20_000, 120.0
_KEPT = ("doorstep.sqlite3", "keys.json", "read-log-witness.txt")


def run(files: list[Path], options: dict[str, Any]) -> dict[str, Any]:
    """Play the day; see `playing` for who does what, `inside.count` for what is counted.

    Of `options`: `size` of the demo, `requests`, `pace`, `workers`, `kill`, and from the command
    `database` (size -> environment), `server` (a context: module, port, workers, environment ->
    process id), `port`, `cpu_of` and `say`.
    """
    size = options["size"] or "ward"
    requests = options["requests"] or REQUESTS
    if not 20 <= requests <= 200_000:
        raise BadFile("--requests takes 20 to 200000.")
    pace = options["pace"]
    if not 0 < pace <= 10_000:
        raise BadFile("--pace takes how many times faster than life, such as 20.")
    begins, ends = _hours(options["hours"])
    say: Callable[[str], None] = options["say"]
    with ExitStack() as stack:
        env = _copy_of(options["database"](size), stack, say)
        order: dict[str, Any] = {
            "requests": requests,
            "signups": max(2, round(SIGNUPS * requests / REQUESTS)),
            "officers": OFFICERS if requests >= 1000 else max(5, requests // 20),
            "seed": 1,
            "run": f"{time.time_ns() // 1_000_000:x}",
            "pace": pace,
            "switch": True,
            "browsers": 32,
            "began": dt.datetime.now(dt.UTC).isoformat(),
        }
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        file = folder / "day.json"
        file.write_text(json.dumps(order))
        say(f"{size}: officers, hubs and neighbours get ready")
        _inside("prepare", str(file), env)
        order = json.loads(file.read_text())
        _only(order, begins, ends)
        requests = len(order["day"]["web"]) + len(order["day"]["phone"])
        order["port"] = options["port"]()
        site = stack.enter_context(
            options["server"]("doorstep.web.bench.site", order["port"], options["workers"], env)
        )
        worker = stack.enter_context(_background(env))
        _warm_up(order, options["workers"])
        say(f"{size}: the background work catches up with what a demo never did")
        _settle(lambda: options["cpu_of"](worker))
        say(f"{size}: the day begins, {pace:g} times as fast as life")
        loads = _Loads()
        stack.callback(loads.stop)
        used = options["cpu_of"](site), options["cpu_of"](worker)
        killed: list[tuple[float, int]] = []
        if options["kill"]:
            killer = threading.Timer(
                (ends - begins) * 3600 / pace * 0.5,
                lambda: killed.append((time.monotonic(), _kill_a_worker(site))),
            )
            killer.start()
            stack.callback(killer.cancel)
        seen = _play(order)
        cpu = options["cpu_of"](site) - used[0], options["cpu_of"](worker) - used[1]
        loads.stop()
        say(f"{size}: counting")
        file.write_text(
            json.dumps(order | {"acks": seen["acks"], "unsure": seen["unsure"]})
        )  # fmt: skip
        counted = json.loads(_inside("count", str(file), env))
    took = seen["took"]
    every = sorted(value for rows in took.values() for value in rows)
    found = {
        "size": size,
        "requests": requests,
        "hours": ends - begins,
        "signups": len(order["joins"]),
        "officers": order["officers"],
        "hubs": len(order["hubs"]),
        "workers": options["workers"],
        "pace": pace,
        "seconds": round(seen["seconds"], 1),
        "answers": len(every),
        "answers_per_second": round(len(every) / seen["seconds"], 1),
        "all": _shares(every),
        "actions": {name: _shares(sorted(rows)) for name, rows in took.items()},
        "cpu_seconds": round(cpu[0], 1),
        "cpu_ms_per_answer": round(cpu[0] * 1000 / max(1, len(every)), 1),
        "cpu_ms_per_request": round(cpu[0] * 1000 / requests, 1),
        "cpu_seconds_in_the_background": round(cpu[1], 1),
        "load": loads.told(),
        "errors": len(seen["wrong"]),
        "wrong": seen["wrong"][:40],
        "refused": seen["refused"],
        "cut_off": seen["cut"],
        "unsure": len(seen["unsure"]),
        "killed": len(killed),
        "after_the_kill": _after(killed, seen["long"]),
        "longer_than_a_second": len(seen["long"]),
        "longest_wait_for_a_browser": round(seen["waited"], 2),
        **counted,
    }
    found["missed"] = _missed(found)
    return found


def _hours(said: str) -> tuple[float, float]:
    """Return which part of the day is played: "2-4" is from two hours after eight to four."""
    if not said:
        return 0.0, float(len(HOURS))
    try:
        begins, ends = (float(one) for one in said.split("-"))
    except ValueError:
        raise BadFile("--hours takes a part of the day, such as 2-4.") from None
    if not 0 <= begins < ends <= len(HOURS):
        raise BadFile(f"--hours takes a part of the day, from 0 to {len(HOURS)}.")
    return begins, ends


def _only(order: dict[str, Any], begins: float, ends: float) -> None:
    """Leave those who come between two hours of the day, counted from the first of the two."""

    def some(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            row | {"due": row["due"] - begins * 3600}
            for row in rows
            if begins * 3600 <= row["due"] < ends * 3600
        ]

    order["day"] = {way: some(rows) for way, rows in order["day"].items()}
    order["joins"] = some(order["joins"])


def _missed(found: dict[str, Any]) -> list[str]:
    said = []
    if found["errors"]:
        said.append(f"{found['errors']} errors, none allowed")
    if found["all"]["p95"] >= P95:
        said.append(f"p95 {found['all']['p95']} ms, under {P95:g} allowed")
    said += [f"lost: {one}" for one in found["lost"]]
    said += [f"doubled: {one}" for one in found["doubled"]]
    return said


def _after(killed: list[tuple[float, int]], long: list[list[Any]]) -> dict[str, float]:
    """Return what the killing of a process cost, of answers in the minute after it.

    `most` ms, `over_a_second` answers, and `seconds` until the last of those had come.
    """
    if not killed:
        return {}
    at = killed[0][0]
    rows = [(moment - at, took) for moment, took, _what in long if 0 <= moment - at < 60]
    return {
        "most": round(max((took for _moment, took in rows), default=0.0)),
        "over_a_second": len(rows),
        "seconds": round(max((moment for moment, _took in rows), default=0.0), 1),
    }


def _shares(rows: list[float]) -> dict[str, float]:
    def at(share: float) -> float:
        return round(rows[min(len(rows) - 1, int(len(rows) * share))], 1) if rows else 0.0

    return {"n": len(rows), "p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "most": at(1)}


def _copy_of(env: dict[str, str], stack: ExitStack, say: Callable[[str], None]) -> dict[str, str]:
    """Return the environment of a copy of the demo, so that it stays as it was.

    PostgreSQL's database is used as it is.
    """
    if env.get("DOORSTEP_DATABASE_URL"):
        return env
    there = Path(env["DOORSTEP_DATA"])
    with sqlite3.connect(there / "doorstep.sqlite3") as line:
        line.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    line.close()
    needed = (there / "doorstep.sqlite3").stat().st_size * 2
    here = there.parent / f"{there.name}-surge"
    # Two days on one copy would count each other's requests as doubled.
    lock = stack.enter_context((there.parent / f"{there.name}-surge.lock").open("w"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise BadFile(f"Another day is being played on {there}. Wait until it is over.") from None
    shutil.rmtree(here, ignore_errors=True)
    if shutil.disk_usage(there).free < needed + 1_000_000_000:
        raise BadFile(f"There is no room for a copy of the demo beside {there}. Make some.")
    say(f"{there.name}: making a copy to play on")
    here.mkdir()
    stack.callback(shutil.rmtree, here, ignore_errors=True)
    for name in _KEPT:
        if (there / name).exists():
            shutil.copy2(there / name, here / name)
    return env | {"DOORSTEP_DATA": str(here)}


def _inside(what: str, given: str, env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "doorstep.support.crisis.surge.inside", what, given],
        capture_output=True, text=True, cwd=ROOT, env=env, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BadFile(done.stderr[-3000:])
    return done.stdout


class _background:
    """The background work that `serve` does beside the site; yields its process id."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env

    def __enter__(self) -> int:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "config", "worker"],
            cwd=ROOT, env=self.env, start_new_session=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        return self.child.pid

    def __exit__(self, *problem: Any) -> None:
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def _settle(used: Callable[[], float], most: float = 180.0) -> None:
    """Wait until the background work has caught up: a demo has all its nights before it.

    `used` tells the seconds of processor it took so far; two quiet looks in a row are enough.
    """
    ends = time.monotonic() + most
    was, quiet = used(), 0
    while quiet < 2 and time.monotonic() < ends:
        time.sleep(5)
        so_far = used()
        quiet = quiet + 1 if so_far - was < 0.5 else 0
        was = so_far


def _kill_a_worker(site: int) -> int:
    """Kill one web process outright, in the midst of its work."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            if int(stat[stat.rindex(")") + 2 :].split()[1]) == site:
                os.kill(int(entry), signal.SIGKILL)
                return int(entry)
    return 0


class _Loads:
    """The machine's load, looked at every five seconds."""

    def __init__(self) -> None:
        self.seen = [os.getloadavg()[0]]
        self._over = threading.Event()
        self._idle, self._all = self._clock()
        threading.Thread(target=self._look, daemon=True).start()

    @staticmethod
    def _clock() -> tuple[int, int]:
        values = [int(one) for one in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        return values[3] + values[4], sum(values)

    def _look(self) -> None:
        while not self._over.wait(5):
            self.seen.append(os.getloadavg()[0])

    def stop(self) -> None:
        if not self._over.is_set():
            idle, every = self._clock()
            spent = max(1, every - self._all)
            self._busy = round(1 - (idle - self._idle) / spent, 2)
        self._over.set()

    def told(self) -> dict[str, float]:
        return {
            "cores": os.cpu_count() or 1,
            "least": round(min(self.seen), 2),
            "mean": round(statistics.fmean(self.seen), 2),
            "most": round(max(self.seen), 2),
            "busy": self._busy,
        }


def _play(order: dict[str, Any]) -> dict[str, Any]:
    """Let the people play in a process of their own, whose time is not the site's."""
    done = subprocess.run(
        [sys.executable, "-m", "doorstep.support.crisis.surge.playing"],
        input=json.dumps(order), capture_output=True, text=True, cwd=ROOT, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    if done.returncode:
        raise BadFile(f"The players failed.\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def _warm_up(order: dict[str, Any], workers: int) -> None:
    """Let each process read a text once; people have been asking before eight as well."""
    from doorstep.support.crisis.surge.playing import Browser, Told

    told = Told()
    for turn in range(6 * workers):
        me = Browser(order["port"], told)
        me.ask("warm", "/support/ask/")
        me.ask("warm", "/support/ask/", {"step": "words", "words": f"Tea {turn}", "whom": "me"})
        me.close()
        me = Browser(order["port"], told, order["desks"][turn % len(order["desks"])])
        me.ask("warm", "/support/desk/")
        me.close()
    if told.wrong:
        raise BadFile(f"The site does not answer as it should: {'; '.join(told.wrong[:3])}.")


def table(found: dict[str, Any]) -> str:
    """Return what was found, for people."""
    load = found["load"]
    rows = [
        f"{found['requests']:,} requests and {found['signups']} sign-ups on a {found['size']}, "
        f"{found['officers']} officers, {found['hubs']} hubs, {found['workers']} web processes; "
        f"{found['hours']:g} hours at {found['pace']:g} times life's pace: "
        f"{found['seconds']:.0f} s.",
        "",
        f"{'':34}{'n':>8}{'p50 ms':>9}{'p95':>9}{'p99':>9}{'most':>9}",
    ]
    for name, row in [*found["actions"].items(), ("all together", found["all"])]:
        rows.append(
            f"{name:34}{row['n']:>8,}{row['p50']:>9.0f}{row['p95']:>9.0f}{row['p99']:>9.0f}"
            f"{row['most']:>9.0f}"
        )
    rows += [
        "",
        f"{found['answers']:,} answers, {found['answers_per_second']} a second; "
        f"{found['cpu_ms_per_answer']} ms of processor each, "
        f"{found['cpu_ms_per_request']} ms for all that is done about one request; "
        f"{found['cpu_seconds_in_the_background']} s in the background.",
        f"Load {load['least']} to {load['most']} (mean {load['mean']}) on {load['cores']} cores, "
        f"{load['busy']:.0%} busy.",
        f"Errors: {found['errors']}. Killed: {found['killed']}. Cut off and sent again: "
        f"{sum(found['cut_off'].values())}. "
        f"Longer than a second: {found['longer_than_a_second']}.",
        *_told_of_the_kill(found["after_the_kill"]),
        f"Refused, with a reason: {sum(one['times'] for one in found['refused'])}.",
        *[f"  {one['times']:>5} {one['what']}: {one['said']}" for one in found["refused"][:12]],
        *[f"  {line}" for line in found["wrong"][:10]],
        "Acknowledged: " + ", ".join(f"{n:,} {what}" for what, n in found["acknowledged"].items()),
        "Kept: " + ", ".join(f"{n:,} {what}" for what, n in found["kept"].items()),
        f"Lost: {len(found['lost'])}. Doubled: {len(found['doubled'])}.",
        *[f"Missed: {line}" for line in found["missed"][:20]],
    ]
    if not found["missed"]:
        rows.append("Every target is met.")
    return "\n".join(rows)


def _told_of_the_kill(after: dict[str, float]) -> list[str]:
    if not after:
        return []
    return [
        f"The minute after the kill: {after['over_a_second']} answers took longer than a second, "
        f"the slowest {after['most'] / 1000:.1f} s; the last of them came {after['seconds']} s "
        "after it."
    ]


# --- A full desk ------------------------------------------------------------------------------


def run_desk(files: list[Path], options: dict[str, Any]) -> dict[str, Any]:
    """Ask for the desk with OPEN (or `requests`) open requests, by eight officers in turns.

    First one at a time (what the page costs), then eight at once on two web processes.
    """
    from doorstep.support.crisis.surge.playing import Browser, Told

    size = options["size"] or "ward"
    many = options["requests"] or OPEN
    say: Callable[[str], None] = options["say"]
    with ExitStack() as stack:
        env = _copy_of(options["database"](size), stack, say)
        say(f"{size}: bringing the open requests to {many:,}")
        sessions = json.loads(_inside("fill", str(many), env))
        port = options["port"]()
        site = stack.enter_context(
            options["server"]("doorstep.web.bench.site", port, options["workers"], env)
        )
        pages = ["/support/desk/", "/support/desk/?q=late", "/support/desk/?q=hub",
                 "/support/desk/now/?q=new", "/support/desk/?q=new&page=3"]  # fmt: skip
        for session in sessions:
            for path in pages * options["workers"]:
                me = Browser(port, Told(), session)
                me.ask("warm", path)
                me.close()
        loads = _Loads()
        stack.callback(loads.stop)
        alone, together = Told(), Told()
        used = options["cpu_of"](site)

        def ask(told: Told, session: str, turns: int) -> None:
            me = Browser(port, told, session)
            for turn in range(turns):
                path = pages[turn % len(pages)]
                me.ask(path, path)
            me.close()

        for session in sessions:
            ask(alone, session, 40)
        cpu = options["cpu_of"](site) - used
        threads = [threading.Thread(target=ask, args=(together, one, 60)) for one in sessions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        loads.stop()

    def shares(told: Told) -> dict[str, Any]:
        every = sorted(value for rows in told.took.values() for value in rows)
        return {name: _shares(sorted(rows)) for name, rows in told.took.items()} | {
            "all": _shares(every)
        }

    found = {
        "size": size,
        "open": many,
        "alone": shares(alone),
        "eight_at_once": shares(together),
        "cpu_ms_per_page": round(cpu * 1000 / max(1, sum(map(len, alone.took.values()))), 1),
        "load": loads.told(),
        "errors": len(alone.wrong) + len(together.wrong),
        "wrong": (alone.wrong + together.wrong)[:10],
    }
    found["missed"] = [
        f"p95 {row['all']['p95']} ms {how}, under {DESK_P95:g} allowed"
        for how, row in (("one at a time", found["alone"]),)
        if row["all"]["p95"] >= DESK_P95
    ] + ([f"{found['errors']} errors"] if found["errors"] else [])
    return found


BENCH = Bench(
    files=(),
    help="a surge day on a demo (--size, --requests, --pace, --kill): waiting times, and whether "
    "anything was lost or doubled",
    run=run,
    table=table,
)
DESK = Bench(
    files=(),
    help="the desk with 20,000 open requests (--size, --requests)",
    run=run_desk,
)
