"""The keys of what is sealed, as somebody who runs Doorstep meets them."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests import template
from tests.test_commands import ROOT, doorstep, environment, wait_for

pytestmark = [pytest.mark.xdist_group("commands"), pytest.mark.once]


@pytest.fixture(scope="module")
def inhabited(tmp_path_factory):
    """A data folder with a street of people in it."""
    folder = template.data_folder(tmp_path_factory.mktemp("inhabited") / "data", doorstep)
    done = doorstep("demo", "street", "-v0", data=folder, MODE="demo")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def data(inhabited, tmp_path):
    return Path(shutil.copytree(inhabited, tmp_path / "data"))


def keys_of(data):
    done = doorstep("keys", "list", "--json", data=data)
    return json.loads(done.stdout)


def letters_of(data, text="DEMO"):
    """Return every account's e-mail, through the site's own code."""
    done = doorstep(
        "shell", "-v0", "-c",
        "from doorstep.people.models import Account;"
        "import json; print(json.dumps(sorted(Account.objects.values_list('email', flat=True))))",
        data=data,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_first_run_makes_a_key_for_this_user_alone(inhabited):
    assert stat.S_IMODE(os.stat(inhabited / "keys.json").st_mode) == 0o600
    found = keys_of(inhabited)
    assert [row["state"] for row in found["keys"]] == ["seals"]
    assert found["keys"][0]["values"] > 200
    assert found["missing"] == {}


def test_a_rotation_seals_everything_with_a_new_key(data):
    before = letters_of(data)
    [old] = keys_of(data)["keys"]
    done = doorstep("keys", "rotate", "--json", data=data)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["values"], report["retired"]) == (old["values"], [old["id"]])
    rows = {row["state"]: row for row in keys_of(data)["keys"]}
    assert (rows["retired"]["values"], rows["seals"]["values"]) == (0, old["values"])
    assert letters_of(data) == before
    assert doorstep("keys", "check", data=data).returncode == 0


STATE = """
import io, json
from django.core.management import call_command
from doorstep.people.models import Account
listed = io.StringIO()
call_command("keys", "list", "--json", stdout=listed)
call_command("keys", "check", stdout=io.StringIO())
letters = sorted(Account.objects.values_list("email", flat=True))
print(json.dumps([json.loads(listed.getvalue())["keys"], letters]))
"""


def state_of(data):
    """Return the keys and every account's e-mail; fails where one value can't be opened."""
    done = doorstep("shell", "-v0", "-c", STATE, data=data)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def kill_a_rotation(data, *, at_line=None):
    """Begin a rotation and kill it at a line it says, or when it has changed the key file."""
    before = (data / "keys.json").read_bytes()
    process = subprocess.Popen(
        [sys.executable, "-m", "config", "keys", "rotate"],
        env={**environment(data), "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    if at_line:
        for _line in range(at_line):
            process.stdout.readline()
    else:
        wait_for(lambda: (data / "keys.json").read_bytes() != before)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_rotation_that_is_killed_goes_on_where_it_was(data):
    before = letters_of(data)
    [old] = keys_of(data)["keys"]
    seen, left = [], []
    # The first line is said before the new key seals, the next change of the file is that it
    # does; then a line is said for each table.
    for point in (1, None, 3, 6, 9, 12):
        kill_a_rotation(data, at_line=point)
        # At every point the site can read and find everything.
        keys, letters = state_of(data)
        assert letters == before
        seen.append(tuple(row["state"] for row in keys))
        left.append(keys[0]["values"])
    assert seen[:2] == [("seals", "opens"), ("opens", "seals")]
    assert left == sorted(left, reverse=True)
    assert left[0] == old["values"]
    assert 0 < left[-1] < left[1]
    done = doorstep("keys", "rotate", "--json", data=data)
    assert done.returncode == 0, done.stderr
    found = keys_of(data)["keys"]
    assert sum(row["values"] for row in found if row["state"] != "seals") == 0
    assert [row["state"] for row in found].count("seals") == 1
    assert "opens" not in {row["state"] for row in found}
    assert letters_of(data) == before


def test_two_rotations_at_once_do_no_harm(data):
    before = letters_of(data)
    first = subprocess.Popen(
        [sys.executable, "-m", "config", "keys", "rotate"],
        env={**environment(data), "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    # It has begun, and holds still while the other one comes.
    first.stdout.readline()
    first.send_signal(signal.SIGSTOP)
    try:
        second = doorstep("keys", "rotate", data=data)
    finally:
        first.send_signal(signal.SIGCONT)
    first.communicate(timeout=600)
    assert (first.returncode, second.returncode) == (0, 1)
    assert "Let it finish" in second.stderr
    assert len(keys_of(data)["keys"]) == 2
    assert letters_of(data) == before


def test_without_its_key_doorstep_does_not_start_and_says_why(data):
    (data / "keys.json").unlink()
    for words in (("serve", "--no-worker"), ("worker", "--once"), ("keys", "check")):
        done = doorstep(*words, data=data)
        assert done.returncode != 0
        assert "is missing" in done.stderr
        assert "Traceback" not in done.stderr
    doctor = doorstep("doctor", "--json", data=data)
    [keys] = [one for one in json.loads(doctor.stdout)["findings"] if one["what"] == "keys"]
    assert keys["state"] == "broken"
    assert not (data / "keys.json").exists()


def test_with_another_key_doorstep_does_not_start_and_shows_nothing(data, tmp_path):
    other = tmp_path / "other"
    template.data_folder(other, doorstep)
    assert doorstep("keys", "new", data=other).returncode == 0
    shutil.copy(other / "keys.json", data / "keys.json")
    done = doorstep("serve", "--no-worker", data=data)
    assert done.returncode != 0
    assert "which the key file does not hold" in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads((data / "keys.json").read_text())["keys"][0]["key"] not in done.stderr


def test_the_doctor_minds_a_key_file_others_may_read(data):
    (data / "keys.json").chmod(0o644)
    done = doorstep("doctor", "--json", data=data)
    found = [one for one in json.loads(done.stdout)["findings"] if one["what"] == "keys"]
    assert any(one["state"] == "broken" and "chmod 600" in one["to_do"] for one in found)


def test_the_file_may_lie_elsewhere(data, tmp_path):
    safe = tmp_path / "safe" / "keys.json"
    safe.parent.mkdir()
    (data / "keys.json").rename(safe)
    assert doorstep("keys", "check", data=data, KEY_FILE=safe).returncode == 0
    assert not (data / "keys.json").exists()


def test_new_refuses_where_a_key_is(data):
    before = (data / "keys.json").read_text()
    done = doorstep("keys", "new", data=data)
    assert (done.returncode, (data / "keys.json").read_text()) == (1, before)
    assert "doorstep keys rotate" in done.stderr


def test_a_damaged_value_is_named_by_its_place_and_never_shown(data):
    with sqlite3.connect(data / "doorstep.sqlite3") as database:
        pk, sealed = database.execute(
            "SELECT id, email FROM people_account WHERE email <> '' ORDER BY id DESC LIMIT 1"
        ).fetchone()
        broken = sealed[:-6] + ("AAAA==" if not sealed.endswith("AAAA==") else "BBBB==")
        database.execute("UPDATE people_account SET email = ? WHERE id = ?", [broken, pk])
    done = doorstep("keys", "check", data=data)
    assert done.returncode == 1
    assert "people.account.email" in done.stderr
    assert broken not in done.stderr
    assert "Traceback" not in done.stderr
