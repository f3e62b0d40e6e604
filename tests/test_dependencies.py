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


def test_the_lock_was_looked_at_within_ninety_days():
    """Nobody here can ask which parts are known to be insecure: so a person must, by hand."""
    told = re.search(
        r"looked through on (\d{4}-\d{2}-\d{2})", (ROOT / "docs/security.md").read_text()
    )
    assert told
    age = today() - dt.date.fromisoformat(told[1])
    assert age <= dt.timedelta(days=90), "run pip-audit (docs/security.md), then write the day down"
