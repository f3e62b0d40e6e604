"""The first run fills an empty database once, and finishes what was interrupted."""

import pytest

from doorstep.people.tests.factories import PersonFactory
from doorstep.web.demo import record
from doorstep.web.management.commands import serve

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(monkeypatch, settings):
    settings.MODE = "demo"
    calls = []
    monkeypatch.setattr(serve, "call_command", lambda *words: calls.append(words))
    return calls


def test_an_empty_database_is_filled(made):
    serve.Command()._first_run()
    assert made == [("demo", "street")]


def test_a_database_with_people_is_left_alone(made):
    PersonFactory()
    serve.Command()._first_run()
    assert made == []


def test_a_borough_interrupted_half_way_is_made_again(made, monkeypatch):
    monkeypatch.setattr(record, "state", lambda: "half")
    PersonFactory()
    serve.Command()._first_run()
    assert made == [("demo", "street")]


def test_production_is_never_filled(made, settings):
    settings.MODE = "production"
    serve.Command()._first_run()
    assert made == []
