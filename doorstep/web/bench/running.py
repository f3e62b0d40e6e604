# ruff: noqa: S603 (the processes it starts are our own)
"""Runs the two servers side by side and measures them in turns."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from doorstep.web.bench.inside import PAGES, comment_body

ROOT = Path(__file__).resolve().parents[3]
TICKS = os.sysconf("SC_CLK_TCK")
AT_ONCE = 8
WARM_WITHIN = 60.0  # seconds after which a server that is still cold is measured all the same
LABELS = {
    "home": "home feed",
    "team": "team feed",
    "article": "blog article",
    "gathering": "gathering",
    "area": "area page",
    "search": "search",
    "comment": "posting a comment",
}
# Page -> most of (times hello's CPU, queries, bytes of HTML); None: no target.
TARGETS: dict[str, tuple[float, int, int | None]] = {
    "home": (5, 8, 14 * 1024),
    "team": (4, 8, 12 * 1024),
    "article": (4, 8, 12 * 1024),
    "gathering": (4, 8, 12 * 1024),
    "area": (4, 8, 12 * 1024),
    "search": (8, 6, 12 * 1024),
    "comment": (8, 12, None),
}
MOST_GROWTH = 1.3  # from street to borough
FIRST_VISIT = (100_000, 10)  # bytes, requests


class CannotMeasure(Exception):
    """A sentence: what is in the way and what to do."""


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(module: str, port: int, workers: int, env: dict[str, str]) -> Iterator[int]:
    """Run one of our two servers; yields the id of its first process."""
    child = subprocess.Popen(
        [sys.executable, "-m", module, str(port), str(workers)],
        cwd=ROOT,
        env=env,
        start_new_session=True,
    )
    try:
        _wait_for(port, child)
        yield child.pid
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_for(port: int, child: subprocess.Popen) -> None:
    ends = time.monotonic() + 90
    while time.monotonic() < ends:
        if child.poll() is not None:
            raise CannotMeasure("The server stopped at once. What it said stands above.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            time.sleep(0.5)
            return
        except OSError:
            time.sleep(0.1)
    raise CannotMeasure("The server did not answer within 90 seconds.")


# --- Processor time ---------------------------------------------------------------------------


def _stat(pid: int) -> tuple[int, float] | None:
    """Return (parent, seconds of processor time with those of ended children), or None if gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    rest = text[text.rindex(")") + 2 :].split()
    return int(rest[1]), sum(int(rest[field]) for field in (11, 12, 13, 14)) / TICKS


def cpu_of(*roots: int) -> float:
    """Return the processor seconds that process trees have used.

    What an ended child used is added to its parent's, so nothing is lost when a worker changes.
    """
    known: dict[int, tuple[int, float]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (stat := _stat(int(entry))):
            known[int(entry)] = stat
    inside = set(roots)
    grew = True
    while grew:
        more = {pid for pid, (parent, _used) in known.items() if parent in inside} - inside
        inside |= more
        grew = bool(more)
    return sum(known[pid][1] for pid in inside if pid in known)


# --- Measuring --------------------------------------------------------------------------------


def ask(orders: list[dict[str, Any]], **how: Any) -> dict[str, Any]:
    """Let the load client, a process of its own, send the orders."""
    done = subprocess.run(
        [sys.executable, "-m", "doorstep.web.bench.client"],
        input=json.dumps({"orders": orders, **how}),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    if done.returncode:
        raise CannotMeasure(f"The load client failed.\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def _fresh(page: str, orders: list[dict[str, Any]], many: int) -> list[dict[str, Any]]:
    if page != "comment":
        return orders
    return [
        {**orders[number % len(orders)], "body": comment_body(number)} for number in range(many)
    ]


def measure(
    env: dict[str, str],
    orders: dict[str, list[dict[str, Any]]],
    *,
    seconds: float,
    rounds: int,
    workers: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Measure every page in turns with hello; return the medians by page."""
    # PostgreSQL works in processes of its own; SQLite in ours.
    database = json.loads(inside("database", Path(os.devnull), env))
    ports = free_port(), free_port()
    hello_orders = [{"path": "/"}]
    found: dict[str, list[dict[str, float]]] = {page: [] for page in PAGES}
    broken: dict[str, dict[str, int]] = {}
    with (
        server("doorstep.web.bench.hello", ports[0], workers, env) as hello,
        server("doorstep.web.bench.site", ports[1], workers, env) as site,
    ):
        say("warming up")
        ask(hello_orders, port=ports[0], seconds=min(1.0, seconds), at_once=AT_ONCE)
        if orders["comment"]:
            ask(
                _fresh("comment", orders["comment"], 200),
                port=ports[1],
                seconds=WARM_WITHIN,  # until `most` are through
                at_once=AT_ONCE,
                most=200,
            )
        begins = dict.fromkeys(PAGES, 0)
        for turn in range(rounds):
            for page in PAGES:
                if not orders[page]:
                    continue
                say(f"round {turn + 1} of {rounds}: {LABELS[page]}")
                used = cpu_of(hello)
                plain = ask(hello_orders, port=ports[0], seconds=seconds, at_once=AT_ONCE)
                plain_cpu = (cpu_of(hello) - used) / plain["requests"]
                if page != "comment":
                    # Some four times in each of two processes: the first time somebody's look is
                    # noted, the second the page is kept (`base.kept_pages`). Before each round,
                    # because its last replies changed what everybody's pages show. So many
                    # requests, not so many seconds: a busy machine would not get warm.
                    ask(
                        orders[page],
                        port=ports[1],
                        seconds=WARM_WITHIN,
                        at_once=AT_ONCE,
                        most=len(orders[page]) * 8,
                    )
                # Comments are made beforehand, so that making them isn't in the client's way.
                coming = _fresh(page, orders[page], int(1200 * seconds) + 100)
                used = cpu_of(site, *database)
                got = ask(
                    coming,
                    port=ports[1],
                    seconds=seconds,
                    at_once=AT_ONCE,
                    start=begins[page] if page != "comment" else 0,
                    most=len(coming) if page == "comment" else None,
                )
                cpu = (cpu_of(site, *database) - used) / got["requests"]
                begins[page] = got["next"]
                bad = {
                    state: many
                    for state, many in got["states"].items()
                    if state != ("302" if page == "comment" else "200")
                }
                if bad:
                    broken[page] = bad
                found[page].append(
                    {
                        "requests_per_second": got["requests"] / got["seconds"],
                        "p50_ms": got["p50_ms"],
                        "p95_ms": got["p95_ms"],
                        "cpu_ms": cpu * 1000,
                        "hello_cpu_ms": plain_cpu * 1000,
                        "hello_requests_per_second": plain["requests"] / plain["seconds"],
                        "times_hello": cpu / plain_cpu if plain_cpu else 0.0,
                        "html_bytes": got["bytes"],
                        "html_bytes_most": got["bytes_most"],
                    }
                )
    return {
        page: {
            **{name: median(row[name] for row in rows) for name in rows[0]},
            "rounds": [round(row["times_hello"], 2) for row in rows],
            "unexpected": broken.get(page, {}),
        }
        for page, rows in found.items()
        if rows
    }


def inside(what: str, file: Path, env: dict[str, str]) -> str:
    """Run one job of `bench.inside` against the database `env` names; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "doorstep.web.bench.inside", what, str(file)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=env,
        check=False,
    )
    if done.returncode:
        raise CannotMeasure(done.stderr[-3000:])
    return done.stdout


# --- The first visit --------------------------------------------------------------------------

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def first_visits(
    env: dict[str, str], orders: dict[str, list[dict[str, Any]]], workers: int
) -> dict[str, dict[str, Any]]:
    """Return bytes and requests of a first visit, all included, by page.

    Chromium counts what goes over the wire. Without it there is nothing to say, and {}.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return {}
    if not Path("/usr/bin/chromium").exists():
        return {}
    port = free_port()
    visits = {"welcome (not signed in)": ("/", "")}
    for name in ("home", "team", "article", "gathering", "area", "search"):
        if orders[name]:
            visits[LABELS[name]] = (orders[name][0]["path"], orders[name][0]["cookie"])
    weights: dict[str, dict[str, Any]] = {}
    with (
        server("doorstep.web.bench.site", port, workers, env),
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=_FLAGS)
        for name, (path, cookie) in visits.items():
            context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
            if cookie:
                context.add_cookies(
                    [
                        {
                            "name": part.split("=")[0],
                            "value": part.split("=", 1)[1],
                            "url": f"http://127.0.0.1:{port}",
                        }
                        for part in cookie.split("; ")
                    ]
                )
            page = context.new_page()
            wire = context.new_cdp_session(page)
            wire.send("Network.enable")
            sizes: list[int] = []
            photos: set[str] = set()
            seen: dict[str, str] = {}
            wire.on(
                "Network.responseReceived",
                lambda event, seen=seen: seen.__setitem__(
                    event["requestId"], event["response"]["url"]
                ),
            )

            def count(
                event: dict[str, Any],
                sizes: list[int] = sizes,
                photos: set[str] = photos,
                seen: dict[str, str] = seen,
            ) -> None:
                if "/feed/photo/" in seen.get(event["requestId"], ""):
                    photos.add(event["requestId"])  # what neighbours put up, not ours
                elif not seen.get(event["requestId"], "").startswith("data:"):
                    sizes.append(int(event["encodedDataLength"]))

            wire.on("Network.loadingFinished", count)
            page.goto(f"http://127.0.0.1:{port}{path}", wait_until="networkidle")
            page.wait_for_timeout(200)
            weights[name] = {
                "path": path,
                "bytes": sum(sizes),
                "requests": len(sizes),
                "photos": len(photos),
            }
            context.close()
        browser.close()
    return weights


# --- Telling ----------------------------------------------------------------------------------


def missed(results: dict[str, Any]) -> list[str]:
    """Return a sentence for each target that was missed."""
    found = []
    sizes = results["sizes"]
    last = list(sizes)[-1] if sizes else ""
    for size, measured in sizes.items():
        for page, row in measured["pages"].items():
            label = f"{LABELS[page]} on {size}"
            if row["unexpected"]:
                found.append(f"{label}: unexpected answers {row['unexpected']}")
            if size != last:
                continue
            times, queries, weight = TARGETS[page]
            if row["times_hello"] > times:
                found.append(f"{label}: {row['times_hello']:.1f} × hello, {times} at most")
            if row["queries"] > queries:
                found.append(f"{label}: {row['queries']} queries, {queries} at most")
            if weight and row["html_bytes"] > weight:
                found.append(
                    f"{label}: {row['html_bytes'] / 1024:.1f} KB of HTML, {weight // 1024} at most"
                )
    if "street" in sizes and "borough" in sizes:
        for page, row in sizes["borough"]["pages"].items():
            before = sizes["street"]["pages"].get(page)
            if before and row["times_hello"] > MOST_GROWTH * before["times_hello"]:
                grew = row["times_hello"] / before["times_hello"]
                found.append(f"{LABELS[page]} grew {grew:.2f} × from street to borough")
    for name, weight in results["first_visit"].items():
        if weight["bytes"] > FIRST_VISIT[0] or weight["requests"] > FIRST_VISIT[1]:
            found.append(
                f"a first visit of {name}: {weight['bytes'] / 1000:.0f} KB "
                f"in {weight['requests']} requests"
            )
    return found


def table(results: dict[str, Any]) -> str:
    """Return everything as Markdown."""
    lines = []
    for size, measured in results["sizes"].items():
        lines += [
            f"### {size}",
            "",
            "| page | × hello CPU | CPU ms | requests/s | p50 ms | p95 ms | queries | HTML gzip |",
            "|---|---:|---:|---:|---:|---:|---:|---:|",
        ]
        for page, row in measured["pages"].items():
            times, queries, _weight = TARGETS[page]
            weight = "–" if page == "comment" else f"{row['html_bytes'] / 1024:.1f} KB"
            lines.append(
                f"| {LABELS[page]} | {row['times_hello']:.1f} (≤ {times:g}) | {row['cpu_ms']:.2f} "
                f"| {row['requests_per_second']:.0f} | {row['p50_ms']:.1f} | {row['p95_ms']:.1f} "
                f"| {row['queries']} (≤ {queries}) | {weight} |"
            )
        plain = measured["hello"]
        lines += [
            f"| bare Django “hello” | 1 | {plain['cpu_ms']:.3f} | "
            f"{plain['requests_per_second']:.0f} | – | – | 0 | – |",
            "",
            f"Load of the machine: {measured['load_before']:.1f} before, "
            f"{measured['load_after']:.1f} after.",
            "",
        ]
    if {"street", "borough"} <= results["sizes"].keys():
        small, large = (results["sizes"][size]["pages"] for size in ("street", "borough"))
        lines.append(
            "From street to borough (CPU ÷ hello, at most 1.3 ×): "
            + ", ".join(
                f"{LABELS[page]} {large[page]['times_hello'] / small[page]['times_hello']:.2f} ×"
                for page in large
                if page in small and small[page]["times_hello"]
            )
        )
        lines.append("")
    if results["first_visit"]:
        lines += ["| first visit, all included | KB | requests |", "|---|---:|---:|"]
        lines += [
            f"| {name} | {row['bytes'] / 1000:.1f} | {row['requests']} |"
            for name, row in results["first_visit"].items()
        ]
        lines.append("")
    return "\n".join(lines)
