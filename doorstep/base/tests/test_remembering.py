"""What a process knows for a while is made once, and afresh when its time is over."""

import threading

import pytest

from doorstep.base import remembering
from doorstep.base.remembering import Remembered


@pytest.fixture(autouse=True)
def as_in_life(monkeypatch):
    monkeypatch.setattr(remembering, "holds", lambda: True)


def counting(seconds):
    made = []

    def make(before):
        made.append(before)
        return len(made)

    return Remembered(make, seconds), made


def test_it_is_made_once_while_it_holds_and_knows_what_was_before():
    known, made = counting(60)
    assert [known(), known(), known()] == [1, 1, 1]
    known, made = counting(lambda number: 60 if number > 1 else -1)
    assert [known(), known(), known()] == [1, 2, 2]
    assert made == [None, 1]


def test_it_is_made_afresh_when_it_is_forgotten():
    known, made = counting(60)
    known()
    known.forget()
    assert known() == 2
    assert made == [None, None]


def test_threads_that_ask_at_once_have_it_made_once():
    begun = threading.Event()

    def make(_before):
        begun.wait(5)
        made.append(1)
        return "made"

    made, found = [], []
    known = Remembered(make, 60)
    threads = [threading.Thread(target=lambda: found.append(known())) for _each in range(4)]
    for one in threads:
        one.start()
    begun.set()
    for one in threads:
        one.join()
    assert (made, found) == ([1], ["made"] * 4)


def test_in_tests_nothing_is_remembered(monkeypatch):
    monkeypatch.undo()
    known, _made = counting(60)
    assert [known(), known()] == [1, 2]
