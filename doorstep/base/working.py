"""The worker's round: run what is due, never the same thing twice at once.

A tick's row in the database is the lock. Whoever changes `held_until` first has it; while the
work goes on, a heartbeat holds it further, and a worker that dies lets go within `HOLD`.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, close_old_connections, connection
from django.db.models import Q

from doorstep.base.models import TickRun
from doorstep.base.registry import MORE, More, Registry, Tick
from doorstep.base.registry import ticks as all_ticks
from doorstep.base.scrubbing import scrub
from doorstep.base.time import now

log = logging.getLogger("doorstep.worker")

HOLD = dt.timedelta(seconds=60)
_BEAT = 15  # seconds between two heartbeats
_LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def claim(name: str, seconds: float, *, at: dt.datetime) -> bool:
    """Take the tick in hand when it is due and nobody else holds it."""
    free = Q(held_until=None) | Q(held_until__lte=at)
    due = Q(ran_at__lte=at - dt.timedelta(seconds=seconds)) | Q(ran_at__gt=at + HOLD)
    hold = {"held_until": at + HOLD, "ran_at": at}
    # A conditional update is a claim that holds on SQLite and PostgreSQL alike. A time in the
    # future (the clock was set back) counts as due, or the tick would sleep until then.
    if TickRun.objects.filter(free & due, name=name).update(**hold):
        return True
    if TickRun.objects.filter(name=name).exists():
        return False
    TickRun.objects.bulk_create([TickRun(name=name, ran_at=_LONG_AGO)], ignore_conflicts=True)
    return bool(TickRun.objects.filter(free & due, name=name).update(**hold))


def run_tick(
    name: str, tick: Tick, *, at: dt.datetime | None = None, force: bool = False
) -> bool | More:
    """Run one tick if it is due; return whether it ran, or MORE where it wants to go on soon.

    One that raises is written down in its row and runs again at its next turn. `force` runs
    it whether due or not, but never while another worker has it in hand.
    """
    if not claim(name, 0 if force else tick.seconds, at=at or now()):
        return False
    done = threading.Event()
    threading.Thread(target=_hold, args=(name, done), daemon=True).start()
    began = time.monotonic()
    problem, found = "", None
    try:
        found = tick.run()
    except Exception as error:
        problem = scrub(f"{type(error).__name__}: {error}")[:2000]
        # Said once, not every five seconds; the doctor reads it from the row.
        if TickRun.objects.filter(name=name).exclude(problem=problem).exists():
            log.warning("%s: %s", name, error, exc_info=not getattr(error, "is_expected", False))
    finally:
        done.set()
        took = round((time.monotonic() - began) * 1000)
        row: dict[str, object] = {"held_until": None, "took_ms": took, "problem": problem}
        if found is MORE:
            # Due again at once, for whichever worker comes by.
            row["ran_at"] = (at or now()) - dt.timedelta(seconds=tick.seconds)
        TickRun.objects.filter(name=name).update(**row)
    return MORE if found is MORE else True


def _hold(name: str, done: threading.Event) -> None:
    """Keep the tick in hand while it runs longer than a heartbeat."""
    try:
        while not done.wait(_BEAT):
            try:
                TickRun.objects.filter(name=name, held_until__isnull=False).update(
                    held_until=now() + HOLD
                )
            except DatabaseError:
                continue  # the tick itself is writing; the next beat comes soon
    finally:
        connection.close()


def run_due(ticks: Registry[Tick] = all_ticks, *, force: bool = False) -> list[str]:
    """Run every tick that is due, once; return their names."""
    return [name for name, tick in ticks.items() if run_tick(name, tick, force=force)]


def run_tasks(*, most: int | None = None) -> int:
    """Run queued tasks until none is ready (or `most` have run); return how many."""
    from django_tasks_db.management.commands.db_worker import Worker
    from django_tasks_db.models import DBTaskResult

    # Asking first is a read; claiming takes the write lock.
    if not DBTaskResult.objects.ready().exists():
        return 0
    worker = Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=most,
        worker_id=f"doorstep-{threading.get_ident()}-{time.monotonic_ns()}",
        excluded_queue_names=[],
    )
    worker.run()
    return worker._run_tasks


class Rounds:
    """The worker's two rounds, of ticks and of queued tasks, until told to stop."""

    def __init__(self, ticks: Registry[Tick] = all_ticks) -> None:
        self.ticks = ticks
        self.stopping = threading.Event()
        self._next: dict[str, float] = {}

    def stop(self) -> None:
        """Finish what is in hand, then end."""
        self.stopping.set()

    def run(self) -> None:
        """Go round until `stop()`."""
        tasks = threading.Thread(target=self._round, args=(self._tasks, 1.0), daemon=True)
        tasks.start()
        self._round(self._ticks, 1.0)
        tasks.join(timeout=25)

    def _round(self, once: Callable[[], object], pause: float) -> None:
        while not self.stopping.is_set():
            try:
                close_old_connections()
                once()
            except Exception:
                # A database that is away for a minute must not end the worker.
                log.exception("The worker met a problem; it goes on in five seconds.")
                connection.close()
                self.stopping.wait(5)
            self.stopping.wait(pause)
        connection.close()

    def _ticks(self) -> None:
        clock = time.monotonic()
        for name, tick in self.ticks.items():
            if self.stopping.is_set():
                return
            # Asked in memory first: an idle worker leaves the database alone.
            if self._next.get(name, 0) <= clock:
                wait = 0 if run_tick(name, tick) is MORE else tick.seconds
                self._next[name] = time.monotonic() + wait

    def _tasks(self) -> None:
        while not self.stopping.is_set() and run_tasks(most=1):
            pass


def tidy() -> None:
    """Give back tasks whose worker died."""
    from django_tasks_db.models import DBTaskResult

    # Tasks survive running twice, so one that seems lost is simply begun again.
    DBTaskResult.objects.filter(
        status="RUNNING", started_at__lt=now() - dt.timedelta(hours=2)
    ).update(status="READY", started_at=None)


def late(ticks: Registry[Tick] = all_ticks, *, at: dt.datetime) -> list[tuple[str, TickRun | None]]:
    """Return the ticks that have not run for three of their turns (and two minutes)."""
    rows = {row.name: row for row in TickRun.objects.all()}
    found: list[tuple[str, TickRun | None]] = []
    for name, tick in ticks.items():
        row = rows.get(name)
        if row is None or at - row.ran_at > dt.timedelta(seconds=max(120, tick.seconds * 3)):
            found.append((name, row))
    return found
