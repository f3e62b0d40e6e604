"""Backups, as somebody who runs Doorstep makes them and needs one back."""

import errno
import hashlib
import json
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from doorstep.web import backups
from tests import template
from tests.test_commands import doorstep

pytestmark = pytest.mark.xdist_group("commands")
PLANT = """
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from doorstep.base.private_files import private_files
from doorstep.base.time import now
from doorstep.people.models import Person
person = Person.objects.create(known_as="Amina", full_name="Amina Planted-Warsame",
                               phone="+442085550142", created_at=now())
print(private_files.save("letters", ContentFile(b"The planted letter of the landlord.")))
print(default_storage.save("photos/door.webp", ContentFile(b"a picture of a door")))
"""
TELL = """
import json
from pathlib import Path
from django.conf import settings
from doorstep.base.private_files import private_files
from doorstep.people.models import Person
print(json.dumps([
    [[one.full_name, one.phone] for one in Person.objects.order_by("id")],
    [private_files.open(path.relative_to(settings.PRIVATE_ROOT).as_posix()).read().decode()
     for path in sorted(Path(settings.PRIVATE_ROOT).rglob("*.sealed"))],
    [path.read_text() for path in sorted(Path(settings.MEDIA_ROOT).rglob("*.webp"))],
]))
"""
HELD = [
    [["Amina Planted-Warsame", "+442085550142"]],
    ["The planted letter of the landlord."],
    ["a picture of a door"],
]


def shell(code, data, **settings):
    done = doorstep("shell", "-v0", "--no-imports", "-c", code, data=data, **settings)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def told(data, **settings):
    return json.loads(shell(TELL, data, **settings)[-1])


def ask(*words, data, **settings):
    """Run a verb of `doorstep backup` that must succeed; return its JSON."""
    done = doorstep("backup", *map(str, words), "--json", data=data, **settings)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def inhabited(tmp_path_factory):
    folder = template.data_folder(tmp_path_factory.mktemp("backed-up") / "data", doorstep)
    shell(PLANT, folder)
    return folder


@pytest.fixture(scope="module")
def made(inhabited, tmp_path_factory):
    """A backup, made while somebody else has the database open and has just written."""
    with closing(sqlite3.connect(inhabited / "doorstep.sqlite3")) as other:
        other.execute("UPDATE people_person SET about = 'just written'")
        other.commit()
        place = tmp_path_factory.mktemp("backups")
        return Path(ask("make", place, data=inhabited)["path"])


def new_home(made, tmp_path, inhabited, *, with_key=True):
    home = tmp_path / "home"
    home.mkdir()
    if with_key:
        shutil.copy(inhabited / "keys.json", home)
    return home


def test_a_backup_brings_everything_back_into_an_empty_place(inhabited, made, tmp_path):
    home = new_home(made, tmp_path, inhabited)
    assert ask("restore", made, data=home) == {"restored": str(made), "aside": None}
    assert told(home) == told(inhabited) == HELD
    with closing(sqlite3.connect(home / "doorstep.sqlite3")) as database:
        [(about,)] = database.execute("SELECT about FROM people_person").fetchall()
    assert about == "just written"


def test_the_backup_alone_tells_nobody_anything(inhabited, made):
    kept = b"".join(path.read_bytes() for path in made.rglob("*") if path.is_file())
    key = json.loads((inhabited / "keys.json").read_text())
    assert not (made / "keys.json").exists()
    for planted in ("Planted-Warsame", "2085550142", "planted letter", *secrets_in(key)):
        assert planted.encode() not in kept
    assert b"a picture of a door" in kept  # what is public lies there as it is: the search works


def secrets_in(key):
    """Return every long text within the key file."""
    if isinstance(key, dict):
        return [one for value in key.values() for one in secrets_in(value)]
    if isinstance(key, list):
        return [one for value in key for one in secrets_in(value)]
    return [key] if isinstance(key, str) and len(key) >= 32 else []


def test_the_key_file_holds_something_to_look_for(inhabited):
    assert secrets_in(json.loads((inhabited / "keys.json").read_text()))


def test_with_another_key_all_stays_as_it_was(inhabited, made, tmp_path):
    home = new_home(made, tmp_path, inhabited, with_key=False)
    done = doorstep("backup", "restore", str(made), data=home)
    assert done.returncode == 1
    assert "doesn't open this backup" in done.stderr
    assert "Bring the key file" in done.stderr
    assert "Nothing was changed" in done.stderr
    with closing(sqlite3.connect(home / "doorstep.sqlite3")) as database:
        assert database.execute("SELECT * FROM sqlite_master").fetchall() == []
    assert not [path for path in home.rglob("*") if path.suffix in (".sealed", ".webp")]


@pytest.mark.parametrize("harm", ["changed", "missing", "cut"])
def test_a_backup_that_was_harmed_is_named_and_not_used(inhabited, made, tmp_path, harm):
    harmed = Path(shutil.copytree(made, tmp_path / made.name))
    [letter] = (harmed / "private").rglob("*.sealed")
    if harm == "missing":
        letter.unlink()
    elif harm == "cut":
        file = harmed / "doorstep.sqlite3"
        file.write_bytes(file.read_bytes()[:-4096])
    else:
        data = bytearray(letter.read_bytes())
        data[30] ^= 1
        letter.write_bytes(data)
    done = doorstep("backup", "restore", str(harmed), "--replace", data=inhabited)
    assert done.returncode == 1
    assert "can't be trusted" in done.stderr
    assert ("doorstep.sqlite3" if harm == "cut" else letter.name) in done.stderr
    assert told(inhabited) == HELD


def test_people_are_replaced_only_when_asked_and_moved_aside(inhabited, made, tmp_path):
    home = Path(shutil.copytree(inhabited, tmp_path / "home"))
    shell("from doorstep.people.models import Person; Person.objects.update(about='later')", home)
    done = doorstep("backup", "restore", str(made), data=home)
    assert (done.returncode, "--replace" in done.stderr) == (1, True)
    aside = Path(ask("restore", made, "--replace", data=home)["aside"])
    for folder, about in ((home, "just written"), (aside, "later")):
        with closing(sqlite3.connect(folder / "doorstep.sqlite3")) as database:
            assert database.execute("SELECT about FROM people_person").fetchall() == [(about,)]
    assert told(home) == HELD


# Where the restore is killed -> what kills it there.
KILLED = {
    "when the database was moved aside": """
move = backups._move_aside
def half(aside, names):
    move(aside, [name for name in names if name.startswith("doorstep")])
    stop()
backups._move_aside = half
""",
    "while the database comes back": """
copy = backups.shutil.copyfile
def half(source, target, **how):
    if target.name != "doorstep.sqlite3":
        return copy(source, target, **how)
    target.write_bytes(source.read_bytes()[:20_000])
    stop()
backups.shutil.copyfile = half
""",
    "when all is back, but not looked at": "backups.rotating.check = stop",
}


@pytest.mark.parametrize("where", KILLED)
def test_a_restore_that_is_killed_has_not_happened(where, inhabited, made, tmp_path):
    home = Path(shutil.copytree(inhabited, tmp_path / "home"))
    code = (
        "import os, signal\nfrom pathlib import Path\nfrom doorstep.web import backups\n"
        "def stop(*args, **kwargs):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"{KILLED[where]}\nbackups.restore(Path({str(made)!r}), replace=True)"
    )
    done = doorstep("shell", "-v0", "--no-imports", "-c", code, data=home)
    assert done.returncode == -signal.SIGKILL
    before = "from doorstep.web import backups; assert backups.undo_stopped() == " + repr(str(made))
    assert json.loads(shell(before + TELL, home)[-1]) == HELD
    with closing(sqlite3.connect(home / "doorstep.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert not list(home.glob("before-restore-*"))
    assert not (home / ".restoring.json").exists()


def test_what_has_no_room_is_not_begun(made, tmp_path, monkeypatch, settings):
    settings.DATA = tmp_path
    manifest = backups._manifest(made)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(backups.shutil, "disk_usage", lambda path: usage._replace(free=9_000_000))
    with pytest.raises(backups.CannotBackUp, match="only 8 MB are free"):
        backups._room_for(manifest)


def test_nothing_is_brought_back_under_a_running_doorstep(inhabited, made, tmp_path):
    home = Path(shutil.copytree(inhabited, tmp_path / "home"))
    with closing(sqlite3.connect(home / "doorstep.sqlite3")) as running:
        running.execute("SELECT count(*) FROM people_person").fetchall()
        done = doorstep("backup", "restore", str(made), "--replace", data=home)
    assert (done.returncode, "Stop it first" in done.stderr) == (1, True)
    assert not list(home.glob("before-restore-*"))


def test_the_newest_are_kept_and_files_that_did_not_change_cost_nothing(inhabited, made, tmp_path):
    place = tmp_path / "nights"
    shutil.copytree(made, place / "doorstep-2026-11-20-030000")
    shutil.copytree(made, place / "doorstep-2026-11-21-030000")
    (place / ".being-made-doorstep-2026-11-19-030000").mkdir()  # one that was killed
    (place / "photos-of-mine").mkdir()
    newest = Path(ask("make", place, "--keep", "2", data=inhabited)["path"])
    assert {path.name for path in place.iterdir()} == {
        newest.name, "doorstep-2026-11-21-030000", "photos-of-mine", ".lock",
    }  # fmt: skip
    [letter] = (newest / "private").rglob("*.sealed")
    assert letter.stat().st_nlink == 2
    assert [row["path"] for row in ask("list", place, data=inhabited)] == [
        str(newest), str(place / "doorstep-2026-11-21-030000"),
    ]  # fmt: skip
    assert ask("check", newest, data=inhabited) == {"is_whole": True, "faults": []}


def test_a_backup_never_goes_beside_what_it_guards(inhabited):
    done = doorstep("backup", "make", str(inhabited / "backups"), data=inhabited)
    assert (done.returncode, "would take both" in done.stderr) == (1, True)
    assert not (inhabited / "backups").exists()


def remade(made, place, change):
    """A copy of a backup whose database was changed, as one of another version would be."""
    copy = place / made.name
    shutil.copytree(made, copy)
    with closing(sqlite3.connect(copy / "doorstep.sqlite3")) as database:
        database.executescript(change)
    row = json.loads((copy / "manifest.json").read_text())
    data = (copy / "doorstep.sqlite3").read_bytes()
    row["database"] |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (copy / "manifest.json").write_text(json.dumps(row))
    return copy


def test_a_backup_of_a_newer_version_is_refused_and_nothing_changes(inhabited, made, tmp_path):
    newer = remade(
        made,
        tmp_path,
        "INSERT INTO django_migrations (app, name, applied) "
        "VALUES ('people', '9999_next_year', '2027-01-01');",
    )
    home = new_home(made, tmp_path, inhabited)
    done = doorstep("backup", "restore", str(newer), data=home)
    assert done.returncode == 1
    assert "made by a newer Doorstep: it has people.9999_next_year" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home / "doorstep.sqlite3").exists()


def test_one_that_was_killed_is_no_backup_and_is_cleared_away(inhabited, tmp_path):
    place = tmp_path / "backups"
    left = place / ".being-made-doorstep-2026-01-01-000000"
    left.mkdir(parents=True)
    (left / "doorstep.sqlite3").write_bytes(b"half")
    assert ask("list", place, data=inhabited) == []
    done = doorstep("backup", "check", str(left), data=inhabited)
    assert done.returncode == 1
    assert "isn't a finished backup" in done.stderr
    made = Path(ask("make", place, data=inhabited)["path"])
    assert [one.name for one in place.iterdir() if one.name != ".lock"] == [made.name]


@pytest.mark.parametrize(
    "problem",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
    ],
)
def test_a_full_disk_leaves_nothing_half_made_and_says_what_to_do(
    problem, tmp_path, monkeypatch, settings
):
    settings.DATA = tmp_path / "data"

    def fills(into, keep, progress):
        raise problem

    monkeypatch.setattr(backups, "_make", fills)
    with pytest.raises(backups.CannotBackUp) as said:
        backups.make(tmp_path / "backups")
    assert "became full" in str(said.value)
    assert "Make room" in str(said.value)


@pytest.mark.parametrize(
    ("complaint", "says"),
    [
        ("pg_restore: error: unsupported version (1.99) in file header", "a newer PostgreSQL than"),
        ("pg_dump: error: aborting because of server version mismatch", "older than the database"),
        ('psql: ERROR:  unrecognized configuration parameter "x"', "by a newer PostgreSQL"),
        ("pg_dump: error: could not write: No space left on device", "Make room"),
        ("", "it said nothing"),
    ],
)
def test_what_postgresql_complains_about_is_said_with_what_to_do(complaint, says):
    assert says in backups._explained("pg_restore", complaint)
