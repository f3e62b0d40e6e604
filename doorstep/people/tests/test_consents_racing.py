"""A yes withdrawn in the middle of a request: refused in a sentence, and nothing goes out.

On SQLite a hook stands between the question and the act; on PostgreSQL threads race for real.
"""

import threading

import pytest
from django.db import connection, connections

from doorstep.base import keys
from doorstep.base.time import now
from doorstep.people.consents import actions, kinds, sharing
from doorstep.people.models import Consent, How, Person, Reliance, Sheet, SheetOpening

FOOD_BANK = kinds.Recipient(
    "organisation", kinds.key_of("Riverside Food Bank"), "Riverside Food Bank"
)


def agree(person):
    return actions.give(
        person,
        purpose="help",
        recipient=FOOD_BANK,
        parts=["name", "phone"],
        by=person,
        at=now(),
        how=How.WEB,
        client_key=keys.new_key(20),
    )


def withdraw(consent):
    actions.withdraw(consent, by=consent.person, at=now(), how=How.WEB)


def pass_on(person, by):
    return sharing.pass_on(
        person,
        purpose="help",
        recipient=FOOD_BANK,
        parts=["name"],
        by=by,
        at=now(),
        client_key=keys.new_key(20),
    )


@pytest.mark.django_db
def test_a_yes_withdrawn_between_the_page_and_the_act_is_refused_in_a_sentence(cast):
    consent = agree(cast.amina)
    withdraw(consent)
    with pytest.raises(actions.NotAgreed, match="changed their mind"):
        pass_on(cast.amina, cast.bryn)
    assert (Sheet.objects.count(), Reliance.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_a_yes_withdrawn_while_the_sheet_is_being_opened_shows_nothing(cast, monkeypatch):
    consent = agree(cast.amina)
    _sheet, key = pass_on(cast.amina, cast.bryn)
    asked = sharing.may_share

    def withdrawn_just_before(*args, **kwargs):
        withdraw(consent)
        return asked(*args, **kwargs)

    monkeypatch.setattr(sharing, "may_share", withdrawn_just_before)
    with pytest.raises(sharing.NoLongerShared):
        sharing.open_sheet(key, name="Fatou", at=now())
    assert SheetOpening.objects.count() == 0


@pytest.mark.django_db
def test_a_sheet_stopped_after_the_yes_was_asked_shows_nothing(cast, monkeypatch):
    agree(cast.amina)
    sheet, key = pass_on(cast.amina, cast.bryn)
    asked = sharing.may_share

    def stopped_just_after(*args, **kwargs):
        basis = asked(*args, **kwargs)
        sharing.stop(sheet, by=cast.bryn, at=now())
        return basis

    monkeypatch.setattr(sharing, "may_share", stopped_just_after)
    with pytest.raises(sharing.NoLongerShared):
        sharing.open_sheet(key, name="Fatou", at=now())


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.parametrize("attempt", range(10))
def test_whichever_comes_first_no_live_link_outlives_the_yes(cast, attempt):
    """A sheet made at the moment of a withdrawal is refused, or is dead and its maker told."""
    consent = agree(cast.amina)
    start = threading.Barrier(3)
    made, errors = [], []

    def run(act):
        try:
            start.wait()
            act()
        except actions.NotAgreed:
            pass
        except Exception as problem:  # shown by the assertion below
            errors.append(problem)
        finally:
            connections.close_all()

    amina, bryn = cast.amina.pk, cast.bryn.pk
    threads = [
        threading.Thread(
            target=run,
            args=(
                lambda: made.append(
                    pass_on(Person.objects.get(pk=amina), Person.objects.get(pk=bryn))
                ),
            ),
        )
        for _ in range(2)
    ]
    threads.append(
        threading.Thread(target=run, args=(lambda: withdraw(Consent.objects.get(pk=consent.pk)),))
    )
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert not Sheet.objects.filter(stopped_at=None).exists()
    assert Reliance.objects.filter(told_at=None).count() == 0
    assert Reliance.objects.count() == len(made)
    for _sheet, key in made:
        with pytest.raises(sharing.NoLongerShared):
            sharing.open_sheet(key, name="Fatou", at=now())


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_an_opening_holds_the_yes_until_it_is_logged(cast):
    """A withdrawal that comes while a sheet is being read waits, then finds the opening."""
    consent = agree(cast.amina)
    _sheet, key = pass_on(cast.amina, cast.bryn)
    inside, go_on = threading.Event(), threading.Event()
    order = []
    real = sharing.log_read

    def slow(**kwargs):
        inside.set()
        go_on.wait(60)
        row = real(**kwargs)
        order.append("logged")
        return row

    def read():
        sharing.log_read = slow
        try:
            sharing.open_sheet(key, name="Fatou", at=now())
        finally:
            sharing.log_read = real
            connections.close_all()

    def change_mind():
        withdraw(Consent.objects.get(pk=consent.pk))
        order.append("withdrawn")
        connections.close_all()

    reader = threading.Thread(target=read)
    reader.start()
    assert inside.wait(60)
    changer = threading.Thread(target=change_mind)
    changer.start()
    changer.join(0.5)
    assert changer.is_alive()
    go_on.set()
    reader.join(60)
    changer.join(60)
    assert order == ["logged", "withdrawn"]
    with pytest.raises(sharing.NoLongerShared):
        sharing.open_sheet(key, name="Fatou", at=now())
