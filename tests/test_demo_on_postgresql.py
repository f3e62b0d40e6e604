"""`doorstep demo`, `backup` and `keys check` on a PostgreSQL of its own, outside transactions."""

import shutil
import uuid
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings

from tests import template, test_backups
from tests.test_commands import doorstep

SERVER = settings.DATABASES["default"]
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(
        not SERVER["ENGINE"].endswith("postgresql"),
        reason="needs the temporary PostgreSQL; test_demo_making.py is the same for SQLite",
    ),
]


def connect(name: str):
    return psycopg.connect(
        host=SERVER["HOST"], port=SERVER["PORT"] or None, user=SERVER["USER"],
        password=SERVER["PASSWORD"], dbname=name, autocommit=True,
    )  # fmt: skip


@pytest.fixture
def own(django_db_setup):
    """The name of a new database with nobody in it, migrated where there is one to copy."""
    name = f"demo_{uuid.uuid4().hex[:12]}"
    kept = f"template_{template.fingerprint()}"
    with connect("postgres") as server:
        is_there = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [kept]).fetchone()
        server.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {kept}" if is_there else ""))
        yield name
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def fingerprint(name: str) -> tuple:
    """Return what of the demo does not depend on the second it was made in."""
    with connect(name) as database:
        rows = database.execute(
            "SELECT count(*), md5(string_agg(id || author_id::text || kind || text, ''"
            " ORDER BY id))"
            " FROM feed_post UNION ALL"
            " SELECT count(*), md5(string_agg(id || handle || known_as, '' ORDER BY id))"
            " FROM people_person UNION ALL"
            " SELECT count(*), md5(string_agg(id || name || member_count::text, '' ORDER BY id))"
            " FROM teams_team"
        )
        return tuple(rows.fetchall())


def test_a_demo_is_refused_twice_replaced_when_asked_and_the_same_each_time(own, tmp_path):
    host = quote(SERVER["HOST"], safe="")
    url = f"postgresql://{SERVER['USER']}@{host}/{own}"

    def run(*words):
        return doorstep(*words, data=tmp_path, DATABASE_URL=url)

    assert run("migrate", "-v0").returncode == 0
    first = run("demo", "street")
    assert first.returncode == 0, first.stderr
    made = fingerprint(own)
    assert [count > 10 for count, _md5 in made] == [True, True, True]
    again = run("demo", "street")
    assert again.returncode == 1
    assert "here already" in again.stderr
    replaced = run("demo", "street", "--replace")
    assert replaced.returncode == 0, replaced.stderr
    assert fingerprint(own) == made


def test_a_backup_brings_everything_back(own, tmp_path):
    host = quote(SERVER["HOST"], safe="")
    url = f"postgresql://{SERVER['USER']}@{host}/{own}"
    data = tmp_path / "data"
    data.mkdir()
    assert doorstep("migrate", "-v0", data=data, DATABASE_URL=url).returncode == 0
    test_backups.shell(test_backups.PLANT, data, DATABASE_URL=url)
    made = test_backups.ask("make", tmp_path / "kept", data=data, DATABASE_URL=url)["path"]
    with connect(own) as database:
        database.execute("UPDATE people_person SET full_name = '', about = 'spoilt'")
        database.execute("CREATE TABLE left_over (id int)")
    shutil.rmtree(data / "private")
    done = doorstep("backup", "restore", made, data=data, DATABASE_URL=url)
    assert (done.returncode, "--replace" in done.stderr) == (1, True)
    test_backups.ask("restore", made, "--replace", data=data, DATABASE_URL=url)
    assert test_backups.told(data, DATABASE_URL=url) == test_backups.HELD
    with connect(own) as database:
        assert database.execute("SELECT about FROM people_person").fetchall() == [("",)]
    assert doorstep("keys", "check", data=data, DATABASE_URL=url).returncode == 0
