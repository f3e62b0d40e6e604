"""Records are compared beside everybody's writing, not in its way."""

import pytest
from django.db import connection

from doorstep.base.time import now
from doorstep.people.merging import matching
from doorstep.people.models import Pair, Person, ToMatch
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


def _two():
    same = {"phone": "+447700900222", "full_name": "Maureen Tully", "postcode": "RM10 7FH"}
    one, other = (PersonFactory(known_as="Maureen Tully", **same) for _n in range(2))
    return [one, other]


def test_no_transaction_is_open_while_records_are_compared(monkeypatch):
    found = matching._who_meets
    before = list(connection.savepoint_ids)
    open_then = []

    def meets(keys):
        open_then.extend(connection.savepoint_ids[len(before) :])
        return found(keys)

    monkeypatch.setattr(matching, "_who_meets", meets)
    people = _two()
    assert matching.compare([one.pk for one in people], at=now()) == 1
    assert open_then == []
    assert Pair.objects.count() == 1
    assert not ToMatch.objects.filter(person__in=people).exists()


def test_a_record_that_changes_while_it_is_compared_waits_for_another_turn(monkeypatch):
    people = _two()
    found = matching._who_meets

    def meets(keys):
        people[0].full_name = "Maureen Tulley"
        people[0].save()
        return found(keys)

    monkeypatch.setattr(matching, "_who_meets", meets)
    matching.compare([one.pk for one in people], at=now())
    assert list(ToMatch.objects.values_list("person", flat=True)) == [people[0].pk]


def test_somebody_taken_out_while_they_are_compared_makes_no_pair(monkeypatch):
    people = _two()
    gone, note = people[1].pk, matching._note

    def first_gone(ids, pairs, **given):
        ToMatch.objects.filter(person=gone).delete()
        Person.objects.filter(pk=gone).delete()
        return note(ids, pairs, **given)

    monkeypatch.setattr(matching, "_note", first_gone)
    assert matching.compare([one.pk for one in people], at=now()) == 0
    assert not Pair.objects.exists()
