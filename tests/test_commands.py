"""The doorstep command as somebody types it: in processes of their own, with their own folder."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from doorstep.base.tests.pace import slowness
from doorstep.web.bench import running
from tests import template

ROOT = Path(__file__).resolve().parent.parent
pytestmark = [pytest.mark.xdist_group("commands"), pytest.mark.once]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(data, **more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "DOORSTEP_MODE": "dev",
        "DOORSTEP_DATA": str(data),
        **{f"DOORSTEP_{name}": str(value) for name, value in more.items()},
    }


def doorstep(*words, data, patience=600, **settings):
    return subprocess.run(
        [sys.executable, "-m", "config", *words],
        env=environment(data, **settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=patience,
    )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A data folder with a database ready to use."""
    return template.data_folder(tmp_path_factory.mktemp("prepared") / "data", doorstep)


@pytest.fixture
def data(prepared, tmp_path):
    return Path(shutil.copytree(prepared, tmp_path / "data"))


def children_of(pid):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(words[1]) == pid and words[0] != "Z":
            child = int(stat.parent.name)
            found += [child, *children_of(child)]
    return found


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_for(what, seconds=120.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = what()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError("it took too long")


def answer(port, path="/healthz"):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as page:
            return page.status, page.read()
    except (OSError, urllib.error.URLError):
        return None


@contextlib.contextmanager
def serving(data, *words, **settings):
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "config", "serve", *words],
        env=environment(data, PORT=port, SITE_URL=f"http://127.0.0.1:{port}", **settings),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    family = []
    try:
        wait_for(lambda: process.poll() is not None or answer(port))
        family = children_of(process.pid)
        yield process, port, family
    finally:
        for pid in [process.pid, *family, *children_of(process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def test_it_serves_and_ends_in_order_leaving_nobody_behind(data):
    with serving(data) as (process, port, family):
        assert answer(port)[0] == 200
        assert answer(port, "/feed/rules/")[0] == 200
        # The web server, its two workers, the background worker; the last may still be starting.
        wait_for(lambda: len(children_of(process.pid)) == 4)
        family = children_of(process.pid)
        process.send_signal(signal.SIGTERM)
        out, _nothing = process.communicate(timeout=120)
        assert process.returncode == 0, out
        assert f"Doorstep is ready: http://127.0.0.1:{port}" in out
        assert "Doorstep has stopped." in out
        assert [pid for pid in family if is_alive(pid)] == []
        assert answer(port) is None


def test_ctrl_c_ends_it_too(data):
    with serving(data) as (process, _port, family):
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
        assert process.returncode == 0
        wait_for(lambda: not [pid for pid in family if is_alive(pid)])


def test_a_second_start_takes_under_five_seconds(data):
    """Of the processor, all its processes together: what else a machine does is not counted."""
    with serving(data) as (process, port, _family):
        assert answer(port)
        assert running.cpu_of(process.pid) < 5 * slowness()


def test_a_process_that_dies_is_started_again(data):
    with serving(data) as (process, port, _family):
        for child in children_of(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        wait_for(lambda: answer(port))
        wait_for(lambda: len(children_of(process.pid)) == 4)
        process.send_signal(signal.SIGTERM)
        out, _nothing = process.communicate(timeout=120)
        assert "ended; starting it again" in out
        assert process.returncode == 0


def test_a_parent_killed_outright_leaves_nobody_behind(data):
    with serving(data) as (process, port, family):
        process.kill()
        process.wait()
        wait_for(lambda: not [pid for pid in family if is_alive(pid)])
        assert answer(port) is None


def test_without_a_worker_it_only_serves(data):
    with serving(data, "--no-worker", WEB_WORKERS=1) as (_process, _port, family):
        assert len(family) == 2


def test_while_writing_code_it_serves_and_leaves_nobody_behind(data):
    with serving(data, "--reload") as (process, port, _family):
        assert answer(port)[0] == 200
        family = children_of(process.pid)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
        wait_for(lambda: not [pid for pid in family if is_alive(pid)])


def test_a_port_in_use_is_said_in_a_sentence(data):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = doorstep("serve", data=data, PORT=port)
    assert done.returncode == 1
    assert f"Something already answers at port {port}." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    done = doorstep("serve", data=tmp_path / "file" / "data")
    assert done.returncode == 3
    assert "DOORSTEP_DATA" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_database_is_said_in_a_sentence(data):
    for old in data.glob("doorstep.sqlite3*"):
        old.unlink()
    (data / "doorstep.sqlite3").write_bytes(b"this is no database" * 1000)
    done = doorstep("serve", data=data, PORT=free_port())
    assert done.returncode == 1
    assert "backup" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_settings_end_every_command_with_three(tmp_path):
    for command in ("serve", "worker", "doctor"):
        done = doorstep(command, data=tmp_path, PROT=1)
        assert done.returncode == 3
        assert "Did you mean DOORSTEP_PORT?" in done.stderr


def test_production_makes_no_synthetic_borough_and_says_so(data):
    settings = {
        "MODE": "production",
        "SECRET_KEY": "q8Zr-4nVt_Lw2-yXhB7-cMk9-Pd3s-Ge6u-Jf1a-To5i",
        "MAIL_FROM": "hello@doorstep.example.org",
    }
    with serving(data, "--first-run", **settings) as (process, port, _family):
        assert answer(port)
        process.send_signal(signal.SIGTERM)
        out, _nothing = process.communicate(timeout=120)
    assert "In production no synthetic borough is made." in out


@pytest.mark.parametrize("command", ["serve", "worker", "doctor"])
def test_each_command_shows_examples(command, tmp_path):
    done = doorstep(command, "--help", data=tmp_path)
    assert done.returncode == 0
    assert f"doorstep {command}" in done.stdout.split("examples:")[1]


def test_the_worker_does_what_is_due_once(data):
    done = doorstep("worker", "--once", data=data)
    assert done.returncode == 0, done.stderr
    first = int(done.stdout.split()[1])
    assert first > 3
    again = doorstep("worker", "--once", data=data)
    assert int(again.stdout.split()[1]) < first


def test_the_doctor_finds_a_prepared_house_well(data):
    done = doorstep("doctor", "--json", data=data)
    found = json.loads(done.stdout)
    assert (done.returncode, found["is_well"]) == (0, True)
    looked_at = {one["what"] for one in found["findings"]}
    assert looked_at == {
        "settings", "database", "mail", "storage", "disk", "clock", "worker", "static files",
        "languages", "keys",
    }  # fmt: skip


def test_the_doctor_finds_an_unprepared_database_and_says_what_to_do(tmp_path):
    done = doorstep("doctor", data=tmp_path / "new")
    assert done.returncode == 1
    assert "doorstep migrate" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_doctor_finds_a_mail_server_that_is_away_and_letters_that_wait(data):
    done = doorstep("doctor", "--json", data=data, MAIL_URL=f"smtp://127.0.0.1:{free_port()}")
    [mail] = [one for one in json.loads(done.stdout)["findings"] if one["what"] == "mail"]
    assert (done.returncode, mail["state"]) == (1, "broken")
    assert "DOORSTEP_MAIL_URL" in mail["to_do"]


def test_settings_are_listed_even_when_they_are_wrong_and_secrets_never(tmp_path):
    done = doorstep("doctor", "--settings", data=tmp_path, SECRET_KEY="hunter2", PROT=1)
    assert done.returncode == 3
    assert "DOORSTEP_SECRET_KEY=(set, not shown)" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr
    assert "Did you mean DOORSTEP_PORT?" in done.stderr
