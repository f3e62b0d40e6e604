"""`doorstep demo` on a PostgreSQL of its own, outside of any test's transaction."""

import uuid
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings

from tests.test_commands import doorstep

SERVER = settings.DATABASES["default"]
pytestmark = pytest.mark.skipif(
    not SERVER["ENGINE"].endswith("postgresql"),
    reason="needs the temporary PostgreSQL; test_demo_making.py is the same for SQLite",
)


def connect(name: str):
    return psycopg.connect(
        host=SERVER["HOST"], port=SERVER["PORT"] or None, user=SERVER["USER"],
        password=SERVER["PASSWORD"], dbname=name, autocommit=True,
    )  # fmt: skip


@pytest.fixture
def own():
    """The name of a new, empty database."""
    name = f"demo_{uuid.uuid4().hex[:12]}"
    with connect("postgres") as server:
        server.execute(f"CREATE DATABASE {name}")
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
