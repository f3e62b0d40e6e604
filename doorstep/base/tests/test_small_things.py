"""Time, keys, pages and registries."""

import datetime as dt
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.base import keys, pages, time
from doorstep.base.registry import Registry

# A time as the clock on the wall says it, of no zone yet: that is what is tested.
wall = partial(dt.datetime, tzinfo=None)


def test_noon_in_london_is_noon_before_and_after_the_clocks_change():
    for day, utc in (((2026, 10, 24), 11), ((2026, 10, 26), 12)):
        assert time.in_london(wall(*day, 12)).astimezone(dt.UTC).hour == utc


def test_a_time_skipped_in_march_moves_on_by_the_hour_that_was_skipped():
    assert time.in_london(wall(2026, 3, 29, 1, 30)).isoformat() == ("2026-03-29T02:30:00+01:00")


def test_a_time_that_happens_twice_in_october_is_the_first_of_the_two():
    assert time.in_london(wall(2026, 10, 25, 1, 30)).astimezone(dt.UTC).hour == 0


@given(st.datetimes(min_value=wall(2020, 1, 1), max_value=wall(2035, 1, 1)))
def test_every_wall_time_is_some_moment_on_londons_clock(naive):
    moment = time.in_london(naive)
    assert moment.tzinfo is time.LONDON
    assert abs(moment.replace(tzinfo=None) - naive) in (dt.timedelta(), dt.timedelta(hours=1))


@given(st.one_of(st.none(), st.text(max_size=30)))
def test_a_key_in_an_address_is_a_number_or_nothing(words):
    key = pages.read_key(words)
    assert key is None or (key >= 0 and key < 10**18)


@pytest.mark.parametrize("words", ["", "-1", "1e9", "٣", "9" * 30, "1 OR 1=1", None])
def test_nonsense_in_an_address_is_no_key(words):
    assert pages.read_key(words) is None


def test_keys_are_long_and_not_the_same():
    made = {keys.new_key() for _ in range(500)}
    assert len(made) == 500
    assert {len(key) for key in made} == {10}


def test_a_slug_already_taken_gets_another_ending():
    taken = {"tea"}
    assert keys.slug_from("Tea", lambda slug: slug in taken).startswith("tea-")
    assert keys.slug_from("Soup", lambda slug: slug in taken) == "soup"
    assert keys.slug_from("چائے", lambda slug: False)  # no Latin letter in it
    assert len(keys.slug_from("a" * 500, lambda slug: False)) <= 60


def test_a_registry_keeps_order_and_refuses_the_same_name_twice():
    shelf = Registry("the shelf")
    shelf.add("late", "b", order=90)
    shelf.add("early", "a", order=1)
    assert list(shelf) == ["a", "b"]
    assert shelf.get("nothing") is None
    with pytest.raises(ValueError, match="the shelf already has 'early'"):
        shelf.add("early", "c")


def test_a_textarea_is_as_tall_as_its_field_says():
    from doorstep.base.forms import CleanText

    assert CleanText(rows=3).widget.attrs["rows"] == 3


def test_what_was_sent_is_cleaned_as_its_form_cleans_it():
    from django.http import QueryDict

    from doorstep.base.forms import CleanText, OnceForm, cleaned

    class Note(OnceForm):
        text = CleanText(max_length=20)

    for sent in (
        "client_key=abcdefgh12&text=Hello%0D%0A%0D%0A%0D%0A%0D%0Athere%E2%80%AE+",
        "client_key=short&text=Hello",
        "client_key=abcdefgh12&text=+",
        "text=Hello",
        "client_key=abcdefgh12&text=" + "x" * 21,
    ):
        form = Note(QueryDict(sent))
        assert cleaned(Note, QueryDict(sent)) == (form.cleaned_data if form.is_valid() else None)
