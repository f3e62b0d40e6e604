"""The host's figures: exact on hand-made weeks, and equal to counting by hand."""

import csv
import datetime as dt
import io
from collections import defaultdict

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from doorstep.base.time import local, now
from doorstep.feed.models import Post
from doorstep.gatherings import figures
from doorstep.gatherings.actions import feelings, jobs, welcomes
from doorstep.gatherings.models import Place
from doorstep.gatherings.tests.at_the_door import (
    HOUR,
    another_session,
    block,
    call_off,
    coming,
    session_that,
    sign_in,
)
from doorstep.people.models import Person
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(weeks=1)
MONTHS = [dt.date(2026, month, 1) for month in range(1, 13)]


def came(session, person, **words):
    return coming(session, person, came=True, marked_at=now(), **words)


def weeks(cast, count):
    """Sessions of one gathering, the oldest `count` weeks ago."""
    first = session_that(cast.dev, starts_in=-count * WEEK)
    return [first, *(another_session(first, -n * WEEK) for n in range(count - 1, 0, -1))]


def figures_of(session, **words):
    return figures.GatheringFigures(session.gathering, **words)


# --- Who came back ---------------------------------------------------------------------------


def test_who_came_back_on_a_hand_made_year():
    """Six sessions. Ann comes back at once, Bo only after five, Cy's first is too late to say."""
    held = [(number, MONTHS[number // 3]) for number in range(6)]
    january, february = figures.cohorts(
        held, [("ann", 0), ("ann", 1), ("bo", 0), ("bo", 5), ("cy", 4), ("cy", 5)]
    )
    assert sorted(january.people) == ["ann", "bo"]
    assert (january.within_4.count, january.within_4.out_of) == (1, 2)
    assert (january.within_8.count, january.within_8.out_of) == (0, 0)
    assert february.people == ["cy"]
    assert (february.within_4.count, february.within_4.out_of) == (0, 0)


@given(
    st.integers(1, 14).flatmap(
        lambda count: st.tuples(
            st.lists(st.integers(0, 3), min_size=count, max_size=count).map(sorted),
            st.sets(st.tuples(st.integers(0, 6), st.integers(0, count - 1)), max_size=40),
        )
    )
)
def test_cohorts_equal_counting_by_hand(made):
    months, attended = made
    held = [(number + 100, MONTHS[month]) for number, month in enumerate(months)]
    found = figures.cohorts(held, [(person, number + 100) for person, number in attended])
    by_hand = defaultdict(lambda: {"people": set(), 4: [0, 0], 8: [0, 0]})
    for person in {person for person, _number in attended}:
        times = sorted(number for who, number in attended if who == person)
        row = by_hand[MONTHS[months[times[0]]]]
        row["people"].add(person)
        for k in (4, 8):
            following = list(range(times[0] + 1, times[0] + k + 1))
            if following[-1] > len(months) - 1:
                continue
            row[k][1] += 1
            if any(number in times for number in following):
                row[k][0] += 1
    assert {cohort.month: set(cohort.people) for cohort in found} == {
        month: row["people"] for month, row in by_hand.items()
    }
    for cohort in found:
        for k in (4, 8):
            assert [cohort.within[k].count, cohort.within[k].out_of] == by_hand[cohort.month][k]
    assert [cohort.month for cohort in found] == sorted(by_hand)


def test_sessions_called_off_or_without_a_register_do_not_count(cast):
    sessions = weeks(cast, 7)
    for number in (0, 1, 2, 4, 6):
        came(sessions[number], cast.bryn)
    came(sessions[5], cast.bryn)
    call_off(sessions[5])
    came(sessions[0], cast.amina)
    came(sessions[6], cast.amina)
    found = figures_of(sessions[0])
    assert [row.pk for row in found.sessions] == [sessions[n].pk for n in (0, 1, 2, 4, 6)]
    # Five held: four follow the first, and Amina's second is among them.
    assert sum(cohort.within_4.count for cohort in found.cohorts) == 2
    assert sum(cohort.within_4.out_of for cohort in found.cohorts) == 2


def test_a_session_still_going_on_does_not_count_yet(cast):
    session = session_that(cast.dev, starts_in=-HOUR)
    came(session, cast.amina)
    assert figures_of(session).sessions == []


def test_a_cohort_is_the_month_in_london(cast):
    session = session_that(cast.dev, starts_in=-WEEK)
    came(session, cast.amina)
    month = local(session.starts_at).date().replace(day=1)
    assert [cohort.month for cohort in figures_of(session).cohorts] == [month]


def test_people_guests_and_newcomers_are_counted_from_the_register(cast):
    one, two = weeks(cast, 2)
    came(one, cast.amina, is_first_time=True, guests_came=2)
    came(one, cast.bryn)
    coming(one, cast.carys, came=False, is_first_time=True)
    came(two, cast.amina, is_first_time=True)  # asked before the first one: no newcomer again
    Place.objects.create(session=two, name="Mr Gill", came=True, is_first_time=True)
    rows = figures_of(one).sessions
    assert [(row.people, row.guests, row.newcomers) for row in rows] == [(2, 2, 1), (2, 0, 1)]


# --- Newcomers, contributions, waiting -------------------------------------------------------


def test_the_steps_of_a_welcome(cast):
    (session,) = weeks(cast, 1)
    people = PersonFactory.create_batch(4, account=False)
    coming(session, cast.bryn, is_greeter=True)
    for number, person in enumerate(people):
        place = came(session, person, is_first_time=True)
        if number == 0:
            continue
        welcome = welcomes.ask_to_be_expected(place, by=person, at=now())
        if number > 1:
            welcomes.promise(welcome, by=cast.bryn, at=now())
            welcomes.mark_met(welcome, by=cast.bryn, at=now(), met=True)
        if number > 2:
            welcomes.note_call(welcome, by=cast.bryn, at=now())
    found = figures_of(session)
    steps = ("newcomers", "asked", "expected", "met", "called")
    assert [len(found.newcomers_who(step)) for step in steps] == [4, 3, 2, 2, 1]


def test_who_contributed(cast):
    one, two = weeks(cast, 2)
    job = jobs.add_job(one.gathering, by=cast.dev, at=now(), name="Tea", needed=2)
    for session in (one, two):
        jobs.take_job(job, session, by=cast.bryn, at=now())
        came(session, cast.amina, marked_by=cast.dev)
        came(session, cast.bryn, marked_by=cast.dev)
    Post.objects.create(channel=one.gathering.channel, author=cast.amina, text="Lovely.")
    Post.objects.create(
        channel=one.gathering.channel, author=cast.amina, text="Gone.", state="removed"
    )
    found = {
        row.person.known_as: (row.jobs, row.registers, row.met, row.posts)
        for row in figures_of(one).contributions
    }
    assert found == {"Bryn": (2, 0, 0, 0), "Dev": (0, 2, 0, 0), "Amina": (0, 0, 0, 1)}
    hidden = figures_of(one, hide={cast.bryn.pk}).contributions
    assert [row.person.known_as for row in hidden] == ["Dev", "Amina"]


def test_who_went_without_and_who_waits_now(cast):
    past = session_that(cast.dev, starts_in=-WEEK)
    came(past, cast.amina)
    coming(past, cast.bryn, state="waiting")
    coming(past, cast.carys, state="waiting", came=True)
    ahead = another_session(past, WEEK)
    coming(ahead, cast.ewan, state="waiting")
    found = figures_of(past)
    assert [place.person for place in found.went_without] == [cast.bryn]
    assert [place.person for place in found.waiting_now] == [cast.ewan]


# --- Faces -----------------------------------------------------------------------------------


def say(session, moment, *faces):
    for face in faces:
        feelings.say(session, moment, face, by=PersonFactory(account=False), at=now())


def test_the_change_is_leaving_less_arriving_over_sessions_with_both(cast):
    one, two, three = weeks(cast, 3)
    for session in (one, two, three):
        came(session, cast.amina)
    say(one, "arriving", 1, 2, 2, 2, 3)
    say(one, "leaving", 4, 4, 4, 5, 3)
    say(two, "arriving", 5, 5, 5, 5, 5)  # nobody said anything leaving
    say(three, "arriving", 3, 3, 3, 3, 3, 3)
    say(three, "leaving", 1, 1, 1, 1)  # four are too few
    found = figures_of(one)
    assert found.sessions_with_faces == 1
    assert found.faces["arriving"].counts == [1, 3, 1, 0, 0]
    assert found.faces["leaving"].counts == [0, 0, 1, 3, 1]
    assert found.change == pytest.approx(2.0)
    assert found.sessions[2].leaving.counts is None


def test_no_difference_of_two_figures_shows_a_small_group(cast):
    """All faces less those of the big session would be those of the small one."""
    big, small = weeks(cast, 2)
    for session, size in ((big, 7), (small, 3)):
        came(session, cast.amina)
        say(session, "arriving", *[2] * size)
        say(session, "leaving", *[4] * size)
    assert figures_of(big).faces["arriving"].total == 7


# --- The page --------------------------------------------------------------------------------


@pytest.fixture
def running(cast):
    sessions = weeks(cast, 6)
    people = PersonFactory.create_batch(8, account=False)
    for number, session in enumerate(sessions):
        for person in people[: 4 + number % 4]:
            came(session, person, is_first_time=number == 0, marked_by=cast.dev)
        say(session, "arriving", 1, 2, 3, 2, 1)
        say(session, "leaving", 4, 4, 5, 4, 3)
    return sessions[0].gathering


def page(gathering, name="figures", *more):
    return reverse(f"gatherings:{name}", args=[gathering.slug, *more])


def test_the_page_shows_numbers_that_lead_to_their_rows(cast, running, client):
    words = sign_in(client, cast.dev).get(page(running)).content.decode()
    assert "+2.2" in words
    for what in ("newcomers", "expected", "met", "called", "waiting", "went-without"):
        assert page(running, "figure_rows", what) in words
        assert client.get(page(running, "figure_rows", what)).status_code == 200
    newcomers = client.get(page(running, "figure_rows", "newcomers")).content.decode()
    assert newcomers.count('<th scope="row"') == 4
    cohort = figures.GatheringFigures(running).cohorts[0]
    assert client.get(page(running, "figure_rows", f"first-time-{cohort.key}")).status_code == 200


@pytest.mark.parametrize("what", ["nothing", "first-time-1999-01", "first-time-x"])
def test_rows_of_nothing_are_not_found(cast, running, client, what):
    assert sign_in(client, cast.dev).get(page(running, "figure_rows", what)).status_code == 404


@pytest.mark.parametrize("who", ["amina", "ewan"])
def test_only_hosts_see_figures_rows_and_exports(cast, running, client, who):
    person = getattr(cast, who)
    coming(running.sessions.first(), person)
    sign_in(client, person)
    for address in (
        page(running),
        page(running, "figure_rows", "newcomers"),
        page(running, "figures_csv", "sessions"),
    ):
        assert client.get(address).status_code == 403
    client.logout()
    assert client.get(page(running)).status_code == 302


def test_rows_leave_out_people_across_a_block(cast, running, client):
    person = Person.objects.get(known_as=running.sessions.first().places.first().person.known_as)
    other = PersonFactory()
    block(person, other)
    running.host = other
    running.save()
    words = sign_in(client, other).get(page(running, "figure_rows", "newcomers")).content.decode()
    assert person.known_as not in words.replace(f"{person.known_as}0", "")
    assert words.count('<th scope="row"') == 3


def test_nothing_yet_says_what_to_do(cast, client):
    session = session_that(cast.dev)
    words = sign_in(client, cast.dev).get(page(session.gathering)).content.decode()
    assert "Nothing to count yet" in words


@pytest.mark.parametrize("count", [1, 6])
def test_a_long_history_costs_no_more_queries(cast, count, django_assert_max_num_queries):
    sessions = weeks(cast, count)
    for session in sessions:
        came(session, cast.amina, is_first_time=True)
    with django_assert_max_num_queries(9):
        found = figures_of(sessions[0])
        found.cohorts, found.faces, found.contributions, found.waiting_now  # noqa: B018
        found.newcomers_who("met")


# --- Export ----------------------------------------------------------------------------------


def test_every_table_exports_the_numbers_of_the_page(cast, running, client):
    sign_in(client, cast.dev)
    tables = {}
    for name in ("sessions", "came-back", "faces", "contributed"):
        answer = client.get(page(running, "figures_csv", name))
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        tables[name] = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[1] for row in tables["sessions"][1:]] == ["4", "5", "6", "7", "4", "5"]
    assert len(tables["faces"]) == 1 + 12
    assert tables["contributed"][1][:3] == ["Dev", "0", "6"]
    assert client.get(page(running, "figures_csv", "secrets")).status_code == 404


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+44 7700", "'+44 7700"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("-0.5", "-0.5"),
        ("Amina", "Amina"),
        ("", ""),
        (None, ""),
        (3, "3"),
    ],
)
def test_no_cell_is_a_formula(typed, kept):
    assert figures.safe_cell(typed) == kept


@given(st.text(max_size=20))
def test_no_words_start_a_formula(words):
    cell = figures.safe_cell(words)
    if cell.lstrip()[:1] in set("=+-@"):
        float(cell)  # only a number may


def test_a_name_that_is_a_formula_is_exported_as_words(cast, running, client):
    Person.objects.filter(pk=cast.dev.pk).update(known_as="=1+1")
    answer = sign_in(client, cast.dev).get(page(running, "figures_csv", "contributed"))
    assert "'=1+1" in answer.content.decode()
