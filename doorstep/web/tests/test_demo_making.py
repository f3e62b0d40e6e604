"""Making a demo: the same twice, only where it may go, and begun again when it was killed."""

import datetime as dt
import hashlib
import io

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from doorstep.base import fulltext
from doorstep.feed.models import Post
from doorstep.people.models import Person
from doorstep.web.demo import making, record


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for model in making.FILLED:
        if model._meta.label == "gatherings.Feeling":
            continue
        for row in model.objects.order_by("pk").values_list():
            digest.update(repr(row).encode())
    return digest.hexdigest()


# These make a whole demo inside a test's transaction, in a database other tests have used: there
# PostgreSQL refuses TRUNCATE and its sequences don't begin at one. On a PostgreSQL of its own the
# same is tested by tests/test_demo_on_postgresql.py.
IN_ITS_OWN_FILE = pytest.mark.skipif(
    settings.DATABASES["default"]["ENGINE"].endswith("postgresql"),
    reason="a demo made within a test's transaction needs SQLite",
)


@IN_ITS_OWN_FILE
@pytest.mark.django_db
def test_the_same_seed_gives_the_same_rows_and_another_seed_others():
    prints = []
    for seed in (1, 1, 2):
        with transaction.atomic():
            making.make("street", seed=seed, day=dt.date(2026, 11, 21))
            prints.append(_fingerprint())
            transaction.set_rollback(True)
    assert prints[0] == prints[1]
    assert prints[0] != prints[2]


# --- Where a demo may go --------------------------------------------------------------------


@pytest.mark.django_db
def test_a_demo_never_goes_beside_real_people(cast):
    with pytest.raises(CommandError, match="real people"):
        call_command("demo", "street", replace=True)
    assert Person.objects.count() == 5


@pytest.mark.django_db
def test_a_demo_never_goes_into_production(settings):
    settings.MODE = "production"
    with pytest.raises(CommandError, match="real people live"):
        call_command("demo", "street")
    assert not Person.objects.exists()


@IN_ITS_OWN_FILE
@pytest.mark.django_db
def test_a_demo_is_replaced_only_when_asked_and_not_those_who_joined():
    call_command("demo", "street", verbosity=0)
    before = Post.objects.count()
    with pytest.raises(CommandError, match="here already"):
        call_command("demo", "street")
    newcomer = Person.objects.create(known_as="Somebody real")
    with pytest.raises(CommandError, match="joined by themselves"):
        call_command("demo", "street", replace=True)
    newcomer.delete()
    out = io.StringIO()
    call_command("demo", "street", replace=True, seed=3, json=True, verbosity=0, stdout=out)
    assert Post.objects.count() == before
    assert '"size": "street"' in out.getvalue()


@IN_ITS_OWN_FILE
@pytest.mark.django_db
def test_a_demo_that_was_killed_says_so_and_is_begun_again(monkeypatch):
    def killed(demo):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(making._Demo, "feed", killed)
        with pytest.raises(KeyboardInterrupt):
            call_command("demo", "street", verbosity=0)
    assert record.state() == "half"
    assert Person.objects.exists()
    with pytest.raises(CommandError, match="never finished"):
        call_command("demo", "street")
    call_command("demo", "street", replace=True, verbosity=0)
    assert record.state() == "whole"
    assert Post.objects.count() == 1000
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            names = [name for (name,) in cursor.fetchall()]
            # Others raise stamps and guard logs, which have tests of their own.
            ours = [name for name in names if "_fts_" in name]
            assert len(ours) == 3 * len(fulltext.indexes())


@pytest.mark.django_db
def test_indexes_laid_aside_for_a_large_demo_come_back(monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite lays them aside")

    def indexes():
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'")
            return sorted(cursor.fetchall())

    before = indexes()
    init = making.Loader.__init__

    def as_if_large(self, progress, *, big=False, using="default"):
        init(self, progress, big=True, using=using)

    monkeypatch.setattr(making.Loader, "__init__", as_if_large)

    def killed(demo):
        assert indexes() != before
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(making._Demo, "feed", killed)
        with pytest.raises(KeyboardInterrupt):
            call_command("demo", "street", verbosity=0)
    call_command("demo", "street", replace=True, verbosity=0)
    assert indexes() == before
