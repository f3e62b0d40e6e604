"""Every model and field with anything about a person is declared, and the documents follow."""

from __future__ import annotations

import dataclasses
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from doorstep.base import declaring
from doorstep.people.models import Person
from doorstep.people.rights import documents


def test_everything_about_people_is_declared():
    assert declaring.problems() == []


@pytest.fixture
def fresh():
    """What is found after, and was not before."""
    before = set(declaring.problems())
    return lambda: sorted(set(declaring.problems()) - before)


def test_a_field_nobody_declared_is_found(fresh, monkeypatch):
    [holding] = declaring.holdings_of(Person)
    less = dataclasses.replace(
        holding, shown={name: words for name, words in holding.shown.items() if name != "about"}
    )
    monkeypatch.setitem(declaring._declared, "people.Person", (less,))
    monkeypatch.setitem(declaring._model_of, id(less), Person)
    assert fresh() == ["people.Person.about is not declared: may the person read it, or who may?"]


def test_a_model_nobody_declared_is_found(fresh, monkeypatch):
    monkeypatch.delitem(declaring._declared, "people.Block")
    assert [words.split(".")[1] for words in fresh()] == ["Block is not declared"]


def test_a_sensitive_field_in_the_clear_is_found(fresh, monkeypatch):
    [holding] = declaring.holdings_of(Person)
    more = dataclasses.replace(holding, sensitive={**holding.sensitive, "known_as": ""})
    monkeypatch.setitem(declaring._declared, "people.Person", (more,))
    monkeypatch.setitem(declaring._model_of, id(more), Person)
    assert fresh() == ["people.Person.known_as is sensitive: seal it, or say why it can't be."]


def test_a_link_to_a_person_is_never_about_nobody(fresh, monkeypatch):
    rows = dict(declaring._declared)
    rows.pop("people.Block")
    monkeypatch.setattr(declaring, "_declared", rows)
    monkeypatch.setitem(declaring._nobody, "people.Block", "It isn't.")
    assert "leads to a person" in fresh()[0]


@pytest.mark.django_db
def test_every_table_is_accounted_for():
    from django.apps import apps

    known = set(declaring.tables())
    for model in apps.get_models(include_auto_created=True):
        known.add(model._meta.db_table)
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    # An index over a table of ours holds what its table holds; a month of the read log is the log.
    left = {
        name
        for name in tables - known
        if not any(name.startswith((f"{table}_fts", f"{table}_2")) for table in known)
    }
    assert left == set()


def test_the_documents_are_up_to_date():
    assert documents.stale() == []


def test_the_command_says_what_is_missing(monkeypatch, capsys):
    call_command("rights", "check", "--json")
    assert json.loads(capsys.readouterr().out) == []
    monkeypatch.delitem(declaring._declared, "people.Block")
    with pytest.raises(CommandError, match=r"people\.Block is not declared"):
        call_command("rights", "check")


def test_the_privacy_notice_can_say_everything_in_plain_words():
    for activity in declaring.summary():
        for holding in activity["holdings"]:
            assert all(holding[what] for what in ("label", "purpose", "kept")), activity["name"]
