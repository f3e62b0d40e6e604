"""Every part we build on is locked with its hash, is what is installed, and is looked at again."""

import datetime as dt
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from doorstep.base.time import today

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.M)


def test_there_is_a_lock():
    assert LOCKS


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_part_is_locked_with_its_hash(lock):
    text = lock.read_text()
    parts = re.split(r"\n(?=[A-Za-z0-9])", text)
    pinned = [part for part in parts if _PIN.match(part)]
    assert pinned
    assert [part.split("\n")[0] for part in pinned if "--hash=sha256:" not in part] == []
    assert "git+" not in text
    assert "http://" not in text


def test_what_is_installed_is_what_is_locked():
    pins = dict(pair for lock in LOCKS for pair in _PIN.findall(lock.read_text()))
    wrong = []
    for name, wanted in pins.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            continue  # of another platform or another group
        if found != wanted:
            wrong.append(f"{name}: {found}, locked is {wanted}")
    assert wrong == []


def test_the_parts_fit_together():
    said = subprocess.run(
        [sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False
    )
    if "No module named pip" in said.stderr:
        pytest.skip("this environment has no pip")
    assert said.returncode == 0, said.stdout


def when_to_look(text: str) -> dt.date:
    """Return the last day by which the lock must be looked through, as docs/security.md says."""
    days = [
        dt.date.fromisoformat(day) + dt.timedelta(days=90)
        for day in re.findall(r"was last looked through on (\d{4}-\d{2}-\d{2})", text)
    ]
    # Until it was for the first time, there is a day by which it must have been.
    first = re.search(r"must be looked through by (\d{4}-\d{2}-\d{2})", text)
    return max(days) if days else dt.date.fromisoformat(first[1] if first else "2000-01-01")


def test_the_day_to_look_through_the_lock_is_not_past():
    """Nobody here can ask which parts are known to be insecure: so a person must, by hand."""
    last = when_to_look((ROOT / "docs/security.md").read_text())
    assert today() <= last, "run pip-audit (docs/security.md), then write the day and the result"
    assert last <= today() + dt.timedelta(days=90), "the day may not be pushed away"


def test_a_look_counts_for_ninety_days_and_nothing_else_does():
    assert when_to_look("was last looked through on 2026-01-01: nothing") == dt.date(2026, 4, 1)
    assert when_to_look("must be looked through by 2027-02-20") == dt.date(2027, 2, 20)
    assert when_to_look("we looked at it, by hand, on 2026-11-22") < dt.date(2026, 1, 1)
