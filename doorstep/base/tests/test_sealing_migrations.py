"""Rows that are there already are sealed where they lie, and a stopped run goes on."""

from types import SimpleNamespace

import pytest
from django.db import connection

from doorstep.base import sealing, sealing_migrations
from doorstep.base.sealing_migrations import HIDDEN, SealColumns

pytestmark = pytest.mark.django_db
SAID = '["My mother fell in April"]'


@pytest.fixture
def table():
    check = ' CHECK ((JSON_VALID("said") OR "said" IS NULL))' if _is_sqlite() else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f'CREATE TABLE "scratch" ("id" integer PRIMARY KEY, "said" text NOT NULL{check})'
        )
        cursor.executemany(
            "INSERT INTO scratch (id, said) VALUES (%s, %s)", [(n, SAID) for n in range(1, 8)]
        )
    return "scratch"


def _is_sqlite():
    return connection.vendor == "sqlite"


def _rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT said FROM scratch ORDER BY id")
        return [said for (said,) in cursor.fetchall()]


def test_what_lies_there_is_sealed_and_a_stopped_run_goes_on_where_it_was(table, monkeypatch):
    monkeypatch.setattr(sealing_migrations, "BATCH", 2)
    editor = SimpleNamespace(connection=connection)
    if _is_sqlite():
        sealing_migrations._allow_any_text(editor, table, "said")
    vault = sealing.Column("scratch.row.said")
    seals = []

    def stops(column, text):
        if len(seals) == 5:
            raise KeyboardInterrupt
        seals.append(text)
        return honest(column, text)

    honest = sealing.Column.seal
    run = SealColumns(table, "scratch.row", {"said": HIDDEN})
    with monkeypatch.context() as interrupted:
        interrupted.setattr(sealing.Column, "seal", stops)
        with pytest.raises(KeyboardInterrupt):
            run._seal(None, editor)
    half = _rows()
    # Whole batches are kept; the one that was interrupted is as it was.
    assert [sealing.is_sealed(said) for said in half] == [True] * 4 + [False] * 3
    run._seal(None, editor)
    whole = _rows()
    assert whole[:4] == half[:4]
    assert all(sealing.is_sealed(said) and vault.open(said) == SAID for said in whole)
    run._open(None, editor)
    assert _rows() == [SAID] * 7
