"""The second core: a process that searches when asked, over its standard input and output.

A process of its own rather than a thread (PyVRP keeps Python's lock) or a fork (the worker that
asks has a database open). It is asked for one of WORK by name; `frames` carries both ways.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from doorstep.support.rounds.engine import frames

# All it can be asked to do.
WORK = ("planning:attempt", "solving:improve")
_ROOT = Path(__file__).resolve().parents[4]


class ChildFailed(Exception):
    """The other process stopped or said that it failed."""


class Child:
    """A process that runs `ask(work, …)`, one of WORK: "module of this package:function".

    Use as a context manager: it is gone afterwards, whatever happened. `nice` makes it wait for
    others who need the machine.
    """

    def __init__(self) -> None:
        env = {
            name: value
            for name, value in os.environ.items()
            if name in ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
        }
        # One thread for sums: the other core is ours too.
        env |= {"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "doorstep.support.rounds.engine.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env=env,
        )
        into, out = self._process.stdin, self._process.stdout
        if into is None or out is None:  # never, with two pipes asked for
            raise ChildFailed("The second process has no pipes.")
        self._into, self._out = into, out

    def ask(self, work: str, *args: Any, **named: Any) -> None:
        """Start a piece of work; `answer` waits for it. Raises ChildFailed."""
        try:
            frames.write(self._into, (work, args, named))
        except (BrokenPipeError, ValueError) as problem:
            raise ChildFailed("The second process has stopped.") from problem

    def answer(self) -> Any:
        """Return what the function returned. Raises ChildFailed."""
        try:
            fine, what = frames.read(self._out)
        except (EOFError, OSError, ValueError) as problem:
            raise ChildFailed("The second process has stopped.") from problem
        if not fine:
            raise ChildFailed(what)
        return what

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._into, self._out):
            with suppress(OSError):
                stream.close()


def main() -> None:
    """Answer frames until the one who asks is gone."""
    import importlib

    read_from, write_to = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not come between the frames
    while True:
        try:
            work, args, named = frames.read(read_from)
        except EOFError:
            return
        try:
            if work not in WORK:
                raise ValueError(f"{work} is none of its work")
            module, _, name = work.partition(":")
            here = importlib.import_module(f"doorstep.support.rounds.engine.{module}")
            frames.write(write_to, (True, getattr(here, name)(*args, **named)))
        except Exception as problem:  # told to whoever asked
            frames.write(write_to, (False, f"{type(problem).__name__}: {problem}"))


if __name__ == "__main__":
    main()
