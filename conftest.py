"""The cast and the tools every test may ask for."""

import contextlib
import gc
import importlib
import os

os.environ.setdefault("DOORSTEP_MODE", "test")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

from types import SimpleNamespace

import hypothesis
import pytest
from django.middleware import csrf

from doorstep.design import tokens

# Every page holds random letters, and now and then they would spell a name that must not be there.
csrf.CSRF_ALLOWED_CHARS = "QXZJVKqxzjvkbc"  # b and c are what our two clients send
importlib.reload(tokens)  # it was here before us, and learned the other letters
# The same examples each time, however long they take: what is right must not be refused because
# a machine was slow, or a die fell otherwise. Whoever looks for what nobody thought of says
# `--hypothesis-profile=wide`, and gets others each time.
hypothesis.settings.register_profile("wide", deadline=None, print_blob=True)
hypothesis.settings.register_profile(
    "same", deadline=None, print_blob=True, derandomize=True, database=None
)
hypothesis.settings.load_profile("same")


def pytest_configure(config):
    """Compile the translations once, before any process could read English in their place.

    A fresh clone has none, and whoever first starts `doorstep serve` makes them: a test that
    asked in Urdu before that moment was answered in English, and that process kept it so.
    """
    if hasattr(config, "workerinput"):
        return
    from doorstep.web import serving

    serving.compile_translations(serving.stale_translations())


def pytest_collection_modifyitems(config, items):
    """On PostgreSQL, leave out what would only be the same again.

    That is every test which asks for no database, and what is marked `once`: it starts processes
    that keep a SQLite of their own, or its views and rules are tried there by fewer people (see
    `tests/test_authorisation.py`). All of it runs on SQLite. A test that needs PostgreSQL and
    brings its own database says `postgres`.
    """
    from django.conf import settings

    if not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        return
    asking = {"db", "transactional_db", "live_server", "django_db_setup"}
    kept, left_out = [], []
    for item in items:
        needed = item.get_closest_marker("postgres") or (
            (item.get_closest_marker("django_db") or asking & set(item.fixturenames))
            and not item.get_closest_marker("once")
        )
        (kept if needed else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_collection_finish(session):
    """Let go through less rubbish: what was imported stays, as in a process that serves.

    A sixth of the tests' time went into looking through modules for what nobody needs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, django_db_modify_db_settings):
    """The test database: migrated once, and copied for every process (`tests/template.py`)."""
    from tests import template

    with contextlib.ExitStack() as stack:
        with django_db_blocker.unblock():
            stack.enter_context(template.prepared())
        yield
        with django_db_blocker.unblock():
            stack.close()


@pytest.fixture
def on_disk(transactional_db, tmp_path):
    """The test's database in a file, with a connection for each thread (`tests/template.py`)."""
    from tests import template

    with template.on_disk(tmp_path):
        yield


@pytest.fixture
def live_server(on_disk):
    """A server for this test alone; its threads and the test have connections of their own."""
    from tests import template

    with template.a_server() as server:
        yield server


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path):
    """Uploads and outgoing mail of a test stay in its own folder, and so does what it kept."""
    from django.core.cache import cache

    cache.clear()
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.OUTBOX = tmp_path / "outbox"
    settings.PRIVATE_ROOT = tmp_path / "private"


@pytest.fixture
def borough(db):
    """A small made-up borough: two localities, three wards."""
    from doorstep.places.tests.factories import small_borough

    return small_borough()


@pytest.fixture
def cast(borough):
    """Amina asks, Bryn volunteers, Carys is catalyst, Dev hosts the team, Ewan sees nothing."""
    from doorstep.people.tests.factories import PersonFactory

    names = ("amina", "bryn", "carys", "dev", "ewan")
    return SimpleNamespace(
        **{name: PersonFactory(known_as=name.title(), home=borough.ward) for name in names}
    )
