"""The worker's rounds: each tick in its turn, never twice at once, and nothing lost."""

import datetime as dt
import threading

import pytest
from django.db import connection

from doorstep.base import working
from doorstep.base.models import TickRun
from doorstep.base.registry import Registry, Tick
from doorstep.base.time import now

AT = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def calls():
    return []


@pytest.fixture
def tick(calls):
    return Tick(lambda: calls.append(1), 60)


def later(seconds):
    return AT + dt.timedelta(seconds=seconds)


def test_a_tick_runs_in_its_turn(db, tick, calls):
    assert working.run_tick("tea", tick, at=AT)
    assert not working.run_tick("tea", tick, at=later(59))
    assert working.run_tick("tea", tick, at=later(60))
    assert len(calls) == 2


def test_a_tick_that_raises_is_written_down_and_runs_again(db, calls):
    def spill():
        calls.append(1)
        raise ValueError("the tea is spilt")

    broken = Tick(spill, 60)
    assert working.run_tick("tea", broken, at=AT)
    assert TickRun.objects.get().problem == "ValueError: the tea is spilt"
    assert working.run_tick("tea", Tick(lambda: calls.append(2), 60), at=later(60))
    assert TickRun.objects.get().problem == ""
    assert calls == [1, 2]


def test_one_broken_tick_holds_up_no_other(db, calls):
    shelf = Registry("ticks")
    shelf.add("a", Tick(lambda: 1 / 0, 60))
    shelf.add("b", Tick(lambda: calls.append(1), 60))
    assert working.run_due(shelf) == ["a", "b"]
    assert calls == [1]


def test_a_tick_another_worker_has_in_hand_is_left_alone(db, tick, calls):
    TickRun.objects.create(name="tea", ran_at=AT, held_until=later(30))
    assert not working.run_tick("tea", tick, at=later(29), force=True)
    assert calls == []


def test_a_worker_killed_half_way_lets_go_by_itself(db, tick, calls):
    assert working.claim("tea", 60, at=AT)  # and then it died
    assert not working.run_tick("tea", tick, at=later(30))
    assert working.run_tick("tea", tick, at=later(61))
    assert calls == [1]


def test_a_clock_set_back_does_not_put_a_tick_to_sleep(db, tick, calls):
    TickRun.objects.create(name="tea", ran_at=AT + dt.timedelta(days=365))
    assert working.run_tick("tea", tick, at=AT)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_run_a_tick_once(on_disk):
    TickRun.objects.create(name="tea", ran_at=AT)
    gate = threading.Barrier(3)
    got = []

    def work():
        try:
            gate.wait()
            got.append(working.claim("tea", 60, at=later(100)))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False, False, True]


def test_a_tick_that_has_not_run_for_long_is_late(db, tick):
    shelf = Registry("ticks")
    shelf.add("tea", tick)
    assert [name for name, _row in working.late(shelf, at=now())] == ["tea"]
    working.run_tick("tea", tick)
    assert working.late(shelf, at=now()) == []
    assert len(working.late(shelf, at=now() + dt.timedelta(minutes=4))) == 1
