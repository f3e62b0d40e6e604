"""Everything `doorstep serve` does before and around the server itself."""

from __future__ import annotations

import ctypes
import errno
import gc
import gettext
import hashlib
import json
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, connections

_PATIENCE = 25  # seconds a child has to finish what it is doing
_PR_SET_PDEATHSIG = 1


class CannotServe(Exception):
    """A sentence for whoever started it: what is in the way and what to do."""


# --- Before -----------------------------------------------------------------------------------


def check_folder(folder: Path) -> None:
    """Raise CannotServe unless we may write in `folder`."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x" * 4096)
    except OSError as problem:
        what = "is full" if problem.errno == errno.ENOSPC else "can't be written to"
        raise CannotServe(
            f"The data folder {folder} {what} ({problem.strerror}). "
            "Make room, or name another with DOORSTEP_DATA."
        ) from problem


def check_port(host: str, port: int) -> None:
    """Raise CannotServe when somebody else already answers there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                raise CannotServe(
                    f"Something already answers at port {port}. Stop it, or choose another port: "
                    "DOORSTEP_PORT=8001 (and DOORSTEP_SITE_URL=http://localhost:8001)."
                ) from problem
            if problem.errno == errno.EACCES:
                raise CannotServe(
                    f"We may not use port {port}. Choose one above 1023 with DOORSTEP_PORT."
                ) from problem
            raise CannotServe(
                f"We can't listen at {host} ({problem.strerror}). "
                "DOORSTEP_HOST is an address of this machine, such as 127.0.0.1 or 0.0.0.0."
            ) from problem


def migrations_waiting() -> list[str]:
    """Return the migrations on disk that the database has not had, as “app.name”.

    Reads names only: Django's own planner would import every one of them.
    """
    on_disk = set()
    for app in apps.get_app_configs():
        folder = Path(app.path) / "migrations"
        if (folder / "__init__.py").exists():
            on_disk |= {
                (app.label, file.stem) for file in folder.glob("*.py") if file.stem[0] not in "_~"
            }
    with connection.cursor() as cursor:
        if "django_migrations" not in connection.introspection.table_names(cursor):
            done = set()
        else:
            cursor.execute("SELECT app, name FROM django_migrations")
            done = set(cursor.fetchall())
    return sorted(f"{app}.{name}" for app, name in on_disk - done)


def stale_translations() -> list[Path]:
    """Return the .po files whose .mo is missing or older."""
    found = []
    for root in settings.LOCALE_PATHS:
        for po in sorted(Path(root).glob("*/LC_MESSAGES/*.po")):
            mo = po.with_suffix(".mo")
            if not mo.exists() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns:
                found.append(po)
    return found


def compile_translations(files: Iterable[Path]) -> int:
    """Make the .mo of each .po, in Python alone; return how many.

    Each is written beside its place and moved in, so a reader never meets half of one.
    """
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    count = 0
    for po in files:
        with po.open("rb") as source:
            catalogue = read_po(source, locale=po.parent.parent.name.replace("-", "_"))
        mo = po.with_suffix(".mo")
        with tempfile.NamedTemporaryFile(dir=mo.parent, delete=False) as out:
            write_mo(out, catalogue)
        Path(out.name).chmod(0o644)
        os.replace(out.name, mo)
        with mo.open("rb") as made:  # a broken catalogue must not wait for its first reader
            gettext.GNUTranslations(made)
        count += 1
    return count


def static_stamp() -> str:
    """Return a word that changes whenever a static file or how they are stored does."""
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.blake2b(digest_size=16)
    digest.update(json.dumps(settings.STORAGES["staticfiles"], sort_keys=True).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = os.stat(storage.path(name))
            digest.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def collect_static() -> bool:
    """Make the hashed, compressed copies when the sources changed; return whether it did."""
    if settings.PLAIN_STATIC:
        return False
    stamp = static_stamp()
    kept = Path(settings.STATIC_ROOT) / ".stamp"
    if kept.exists() and kept.read_text() == stamp:
        return False
    from django.core.management import call_command

    try:
        with _one_at_a_time(Path(settings.STATIC_ROOT).parent / "static.lock"):
            if kept.exists() and kept.read_text() == stamp:
                return False
            call_command("collectstatic", interactive=False, verbosity=0)
            kept.write_text(stamp)
    except OSError as problem:
        raise CannotServe(
            f"We can't write the site's own files to {settings.STATIC_ROOT} "
            f"({problem.strerror}). Run `doorstep serve` once as someone who may."
        ) from problem
    return True


@contextmanager
def _one_at_a_time(lock: Path):  # type: ignore[no-untyped-def]
    import fcntl

    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


# --- The children -----------------------------------------------------------------------------


def web_server(
    *,
    host: str,
    port: int,
    workers: int,
    ready: Callable[[], None],
    load: Callable[[], Any] | None = None,
) -> None:
    """Serve the site with gunicorn until told to stop. Runs in a child of its own.

    `load` makes another WSGI application than ours: `doorstep bench` measures against one.
    """
    from gunicorn.app.base import BaseApplication

    class Site(BaseApplication):
        def load_config(self) -> None:
            bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            for name, value in {
                "bind": bind,
                "workers": workers,
                "worker_class": "doorstep.web.lanes.LaneWorker",
                # SQLite works in our own process; another's answer can be waited for together.
                "threads": 1 if _is_sqlite() else 4,
                "preload_app": True,
                "max_requests": 100_000,
                "max_requests_jitter": 0,
                "timeout": 60,
                "graceful_timeout": 20,
                "keepalive": 15,
                "loglevel": "warning",
                "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108
                "control_socket_disable": True,
                "forwarded_allow_ips": "*" if settings.DOORSTEP["PROXIES"] else "127.0.0.1,::1",
                "when_ready": lambda server: ready(),
                # What is loaded once is never garbage; look through the rest less often.
                "pre_fork": lambda server, worker: gc.freeze(),
                "post_fork": lambda server, worker: gc.set_threshold(20_000, 20, 50),
                "post_worker_init": lambda worker: None if load else _catch_up(worker, workers),
            }.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            if load is not None:
                return load()
            from django.core.wsgi import get_wsgi_application

            application = get_wsgi_application()
            _warm_up()
            connections.close_all()
            return application

    Site().run()


def _is_sqlite() -> bool:
    databases = getattr(settings, "DATABASES", {})
    return databases.get("default", {}).get("ENGINE", "").endswith("sqlite")


def _warm_up() -> None:
    """Import the addresses and the frame once, before the processes part and share the memory."""
    from django.template.loader import get_template
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018
    get_template("design/page.html")


def _catch_up(worker: Any, first: int) -> None:
    """Let a process that follows a dead one read a text before it opens its side of the door.

    The first time costs a second of work, and more on a busy machine: everybody who was cut off
    would stand in line behind it. The `first` processes open at once, so that the site is soon
    there.
    """
    if worker.age <= first:
        return
    from django.template.loader import get_template

    from doorstep.base.time import now
    from doorstep.support.requests import suggesting

    try:
        for name in ("support/front/details.html", "support/desk/desk.html", "web/welcome.html",
                     "support/desk/request.html", "support/desk/call.html"):  # fmt: skip
            get_template(name)
        suggesting.suggest("I need help with the shopping", viewer=None, at=now(), area=None)
    except Exception:  # it answers all the same, only later
        worker.log.exception("A new process could not get ready beforehand.")
    finally:
        connections.close_all()


def background_worker() -> None:
    """Do the background work until told to stop. Runs in a child of its own."""
    from doorstep.base.working import Rounds

    rounds = Rounds()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: rounds.stop())
    rounds.run()


class Children:
    """Processes that live and end together.

    One that dies is started again; one that dies five times within seconds ends them all.
    """

    def __init__(self) -> None:
        self._starts: dict[str, Callable[[], None]] = {}
        self._pids: dict[int, str] = {}
        self._deaths: dict[str, list[float]] = {}
        self._stopping = False

    def add(self, name: str, start: Callable[[], None]) -> None:
        """Start `start()` in a child of its own."""
        self._starts[name] = start
        self._fork(name)

    def _fork(self, name: str) -> None:
        connections.close_all()  # a connection must never be shared between processes
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        pid = os.fork()
        if pid:
            self._pids[pid] = name
            return
        code = 1
        try:
            # A terminal's Ctrl-C goes to the parent alone, which tells us to end in order.
            os.setpgid(0, 0)
            # A parent killed outright must leave nobody behind.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(0)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            self._starts[name]()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def watch(self) -> int:
        """Wait, start again whatever dies, and end all on SIGTERM or SIGINT; return the code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while self._pids:
            try:
                pid, status = os.waitpid(-1, 0)
            except InterruptedError:
                continue
            except ChildProcessError:
                break
            name = self._pids.pop(pid, None)
            if name is None or self._stopping:
                continue
            if self._gives_up(name):
                sys.stderr.write(
                    f"The {name} process keeps ending (code {os.waitstatus_to_exitcode(status)}). "
                    "Doorstep stops here; the lines above say why.\n"
                )
                self._stop(signal.SIGTERM, None)
                self._wait_for_all()
                return 1
            sys.stderr.write(f"The {name} process ended; starting it again.\n")
            time.sleep(0.5)
            self._fork(name)
        return 0

    def _gives_up(self, name: str) -> bool:
        deaths = self._deaths.setdefault(name, [])
        deaths.append(time.monotonic())
        return len(deaths) >= 5 and deaths[-1] - deaths[-5] < 30

    def _stop(self, number: int, frame: object) -> None:
        if not self._stopping:
            self._stopping = True
            signal.signal(signal.SIGALRM, self._kill)
            signal.alarm(_PATIENCE)
        for pid in self._pids:
            _tell(pid, signal.SIGTERM)

    def _kill(self, number: int, frame: object) -> None:
        for pid in self._pids:
            _tell_group(pid, signal.SIGKILL)

    def _wait_for_all(self) -> None:
        while self._pids:
            try:
                pid, _status = os.waitpid(-1, 0)
            except ChildProcessError:
                return
            self._pids.pop(pid, None)


def _tell(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _tell_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        _tell(pid, number)
