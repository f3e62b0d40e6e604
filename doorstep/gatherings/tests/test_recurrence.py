# ruff: noqa: DTZ001 (the clock on the wall has no time zone)
"""When it happens again: our rules against an independent reader of calendars."""

import datetime as dt

import icalendar
import pytest
import recurring_ical_events
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.base.tests.pace import stays_under
from doorstep.base.time import LONDON, in_london, local
from doorstep.gatherings import recurrence
from doorstep.gatherings.recurrence import BadRule, check, in_words, make_rule, occurrences

THURSDAY = in_london(dt.datetime(2026, 11, 26, 10))


def clocks(moments):
    return [f"{local(moment):%Y-%m-%d %H:%M}" for moment in moments]


def test_noon_stays_noon_when_the_clocks_change():
    first = in_london(dt.datetime(2027, 3, 18, 12))
    found = occurrences("FREQ=WEEKLY;COUNT=3", first, until=first + dt.timedelta(days=60))
    assert clocks(found) == ["2027-03-18 12:00", "2027-03-25 12:00", "2027-04-01 12:00"]
    assert [moment.astimezone(dt.UTC).hour for moment in found] == [12, 12, 11]


def test_a_gathering_without_a_rule_happens_once():
    assert occurrences("", THURSDAY, until=THURSDAY + dt.timedelta(days=400)) == [THURSDAY]
    assert occurrences("", THURSDAY, after=THURSDAY, until=THURSDAY) == []


@pytest.mark.parametrize(
    ("every", "first_day", "rule"),
    [
        ("once", dt.date(2026, 11, 26), ""),
        ("week", dt.date(2026, 11, 26), "FREQ=WEEKLY"),
        ("fortnight", dt.date(2026, 11, 26), "FREQ=WEEKLY;INTERVAL=2"),
        ("month", dt.date(2026, 11, 5), "FREQ=MONTHLY;BYDAY=1TH"),
        ("month", dt.date(2026, 11, 26), "FREQ=MONTHLY;BYDAY=4TH"),
        ("month", dt.date(2026, 10, 29), "FREQ=MONTHLY;BYDAY=-1TH"),
    ],
)
def test_plain_words_make_a_rule_and_read_back_as_the_same_words(every, first_day, rule):
    assert make_rule(every=every, first_day=first_day) == rule
    first = in_london(dt.datetime.combine(first_day, dt.time(10)))
    assert recurrence.choice_of(rule, first)["every"] == every


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("", "Just once"),
        ("FREQ=WEEKLY", "Every Thursday"),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=6", "Every 2 weeks on Thursday, 6 times"),
        ("FREQ=WEEKLY;BYDAY=TU,TH", "Every Tuesday and Thursday"),
        ("FREQ=MONTHLY;BYDAY=1TH", "The first Thursday of every month"),
        ("FREQ=MONTHLY;BYDAY=-1TH;UNTIL=20270331T225959Z",
         "The last Thursday of every month, until 31 March 2027"),
        ("FREQ=DAILY;INTERVAL=3", "Every 3 days"),
        ("FREQ=YEARLY", "Every year on 26 November"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=2", "Again and again, on the days below"),
    ],
)  # fmt: skip
def test_a_rule_is_said_in_plain_words(rule, words):
    with translation.override("en-gb"):
        assert in_words(rule, THURSDAY) == words


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("FREQ=SECONDLY", "Once a day is the most"),
        ("FREQ=HOURLY", "Once a day is the most"),
        ("FREQ=WEEKLY;COUNT=10000", "more than 400 times"),
        ("FREQ=DAILY;UNTIL=20290101", "more than 400 times"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never lands on a day"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=4", "never lands on a day"),
        ("FREQ=DAILY;BYMONTH=2,4;BYMONTHDAY=31", "never lands on a day"),
        ("FREQ=WEEKLY;BYDAY=FR", "Its first day is Friday 27 November 2026"),
        ("FREQ=WEEKLY;UNTIL=20200101", "ends before the first day"),
        ("FREQ=WEEKLY;UNTIL=soon", "isn't a date"),
        ("FREQ=WEEKLY;BYDAY=XX", "can't work that rule out"),
        ("FREQ=WEEKLY;BYMONTHDAY=a", "can't work that rule out"),
        ("FREQ=WEEKLY;INTERVAL=0", "must be a number from 1 up"),
        ("FREQ=WEEKLY;INTERVAL=-3", "must be a number from 1 up"),
        ("FREQ=WEEKLY;COUNT=3;UNTIL=20270101", "not both"),
        ("FREQ=WEEKLY;FREQ=DAILY", "twice"),
        ("FREQ=WEEKLY;BYHOUR=9,10", "the time has its own box"),
        ("FREQ=WEEKLY;X-FOO=1", "We can't use X-FOO"),
        ("every thursday", "can't read"),
        ("", None),
        ("RRULE:freq=weekly; byday=th", None),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_in_a_sentence(rule, sentence):
    if sentence is None:
        assert check(rule, THURSDAY) in ("", "FREQ=WEEKLY;BYDAY=TH")
        return
    with pytest.raises(BadRule, match=sentence):
        check(rule, THURSDAY)


def test_a_rule_that_never_fires_is_refused_at_once():
    def refused():
        with pytest.raises(BadRule):
            check("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", THURSDAY)

    assert stays_under(1, refused)


@pytest.mark.parametrize(
    ("naive", "skipped"),
    [
        (dt.datetime(2027, 3, 28, 0, 59), False),
        (dt.datetime(2027, 3, 28, 1, 0), True),
        (dt.datetime(2027, 3, 28, 1, 30), True),
        (dt.datetime(2027, 3, 28, 2, 0), False),
        (dt.datetime(2026, 10, 25, 1, 30), False),
    ],
)
def test_the_hour_that_is_skipped_in_march_is_known(naive, skipped):
    assert recurrence.is_skipped(naive) is skipped


# --- An independent oracle -------------------------------------------------------------------

days = st.dates(dt.date(2026, 1, 1), dt.date(2028, 6, 30))
clock = st.builds(dt.time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))


@st.composite
def rules(draw, day):
    """A rule that lands on `day`, as the planning form or an expert could write it."""
    weekday = recurrence.WEEKDAYS[day.weekday()]
    kind = draw(st.sampled_from(["day", "week", "fortnight", "month", "own"]))
    if kind == "own":
        others = draw(st.lists(st.sampled_from(recurrence.WEEKDAYS), max_size=3))
        wanted = ",".join(dict.fromkeys([weekday, *others]))
        parts = {
            "FREQ": "WEEKLY",
            "INTERVAL": str(draw(st.integers(1, 5))),
            "BYDAY": wanted,
            "WKST": "MO",
        }
        if draw(st.booleans()):
            parts = {"FREQ": "MONTHLY", "BYMONTHDAY": str(day.day)}
    else:
        parts = recurrence.parse(make_rule(every=kind, first_day=day))
    end = draw(st.sampled_from(["none", "count", "until"]))
    if end == "count":
        parts["COUNT"] = str(draw(st.integers(1, 60)))
    elif end == "until":
        parts["UNTIL"] = recurrence.until_on(day + dt.timedelta(days=draw(st.integers(0, 500))))
    return recurrence.join(parts)


@settings(max_examples=150, deadline=None)
@given(st.data(), days, clock)
def test_our_days_are_those_of_an_independent_calendar_program(data, day, time):
    naive = dt.datetime.combine(day, time)
    if recurrence.is_skipped(naive):
        return  # the form refuses it as a first time
    rule = data.draw(rules(day))
    first, last = in_london(naive), in_london(naive + dt.timedelta(days=400))
    calendar, event = icalendar.Calendar(), icalendar.Event()
    event.add("uid", "x")
    event.add("dtstart", naive.replace(tzinfo=LONDON))
    event.add("duration", dt.timedelta(minutes=30))
    event.add("rrule", icalendar.vRecur.from_ical(rule))
    calendar.add_component(event)
    theirs = sorted(
        one["DTSTART"].dt.astimezone(dt.UTC)
        for one in recurring_ical_events.of(calendar).between(first, last)
    )
    ours = [moment.astimezone(dt.UTC) for moment in occurrences(rule, first, until=last, most=9999)]
    assert [one for one in ours if one < last] == [one for one in theirs if one < last]


@settings(max_examples=60, deadline=None)
@given(st.data(), days, clock, st.integers(0, 300))
def test_going_on_after_a_moment_gives_what_is_left(data, day, time, gap):
    first = in_london(dt.datetime.combine(day, time))
    rule = data.draw(rules(local(first).date()))
    until = first + dt.timedelta(days=380)  # fewer than the most a gathering may have
    everything = occurrences(rule, first, until=until)
    after = first + dt.timedelta(days=gap)
    assert occurrences(rule, first, after=after, until=until) == [
        moment for moment in everything if moment > after
    ]
    assert everything == sorted(set(everything))
