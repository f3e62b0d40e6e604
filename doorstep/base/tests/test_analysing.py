"""The database hears of it when a table has grown."""

from __future__ import annotations

import pytest
from django.db import connection

from doorstep.base import analysing
from doorstep.base.models import RateCount

pytestmark = pytest.mark.django_db
sqlite_only = pytest.mark.skipif(
    "connection.vendor != 'sqlite'", reason="PostgreSQL looks by itself"
)
TABLE = RateCount._meta.db_table


def fill(many, start=0):
    RateCount.objects.bulk_create(
        RateCount(key=f"k{number}", count=1, until=number) for number in range(start, start + many)
    )


@sqlite_only
def test_a_table_that_grew_is_counted_once(monkeypatch):
    monkeypatch.setattr(analysing, "MANY", 20)
    assert TABLE not in analysing.grown()
    fill(30)
    assert TABLE in analysing.grown()
    analysing.tick()
    assert TABLE not in analysing.grown()
    fill(40, 100)
    assert TABLE in analysing.grown()


def test_counting_afresh_is_harmless_anywhere():
    analysing.analyse([TABLE])
    analysing.tick()
    assert connection.introspection.table_names()
