"""Nobody does a thing too often; nobody is kept from reading."""

import threading

import pytest
from django.test import RequestFactory

from doorstep.base import limits


@pytest.fixture(autouse=True)
def _real_limits(settings):
    settings.LIMITS_STRETCH = 1
    limits.forget()
    yield
    limits.forget()


def times(count, *args, **kwargs):
    return sum(limits.allow(*args, **kwargs) for _each in range(count))


def test_a_thing_may_be_done_as_often_as_it_says(db):
    assert times(30, "posting", "amina", 20, 60, at=1000.0) == 20


def test_one_persons_limit_is_not_anothers(db):
    times(30, "posting", "amina", 20, 60, at=1000.0)
    assert limits.allow("posting", "bryn", 20, 60, at=1000.0)


def test_one_things_limit_is_not_anothers(db):
    times(30, "posting", "amina", 20, 60, at=1000.0)
    assert limits.allow("replying", "amina", 20, 60, at=1000.0)


def test_after_a_while_it_may_be_done_again(db):
    assert times(30, "posting", "amina", 20, 60, at=1000.0) == 20
    assert limits.allow("posting", "amina", 20, 60, at=1060.0)


def test_the_first_ones_cost_no_question(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        times(5, "posting", "amina", 20, 60, at=1000.0)


def test_what_is_counted_for_all_costs_one_question(db, django_assert_num_queries):
    times(6, "posting", "amina", 20, 60, at=1000.0)
    with django_assert_num_queries(1):
        limits.allow("posting", "amina", 20, 60, at=1000.0)


def test_another_process_counts_on(db):
    assert times(20, "posting", "amina", 20, 60, at=1000.0) == 20
    limits.forget()  # as another process, which counted nothing yet
    # It gives its own first few away, then finds that all is used up.
    assert times(20, "posting", "amina", 20, 60, at=1000.0) == 20 // 4


def test_what_must_be_exact_is_exact_across_processes(db):
    assert times(20, "claiming", "amina", 10, 60, exact=True, at=1000.0) == 10
    limits.forget()
    assert times(20, "claiming", "amina", 10, 60, exact=True, at=1000.0) == 0


@pytest.mark.django_db(transaction=True)
def test_tries_sent_at_the_same_instant_are_all_counted(on_disk):
    from django.db import connection

    allowed = []

    def one_by_one():
        allowed.append(times(10, "claiming", "amina", 12, 60, exact=True, at=1000.0))
        connection.close()

    threads = [threading.Thread(target=one_by_one) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(allowed) == 12


def test_the_counts_name_nobody(db, cast):
    from doorstep.base.models import RateCount

    times(5, "claiming", cast.amina, 3, 60, exact=True)
    key = RateCount.objects.get().key
    assert str(cast.amina.pk) not in key.split(":")
    assert "amina" not in key.lower()


def test_old_counts_are_forgotten(db):
    from doorstep.base.models import RateCount

    RateCount.objects.create(key="old", count=1, until=1000)
    times(1, "claiming", "amina", 3, 60, exact=True)
    assert limits.tidy() == 1
    assert RateCount.objects.count() == 1


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "address"),
    [
        ("192.0.2.7", "", 0, "192.0.2.7"),
        ("192.0.2.7", "203.0.113.9", 0, "192.0.2.7"),
        ("10.0.0.1", "203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "", 0, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "", 0, "192.0.2.7"),
        ("", "", 0, "unknown"),
        ("10.0.0.1", "<script>", 1, "unknown"),
    ],
)
def test_an_address_is_a_household_seen_through_our_own_proxies_only(
    settings, remote, forwarded, proxies, address
):
    settings.DOORSTEP = settings.DOORSTEP | {"PROXIES": proxies}
    request = RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)
    assert limits.address_of(request) == address
