"""The register: two minutes for thirty people, nothing lost, nothing counted twice."""

import datetime as dt
import json

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.time import now
from doorstep.gatherings import rules
from doorstep.gatherings.actions import register as actions
from doorstep.gatherings.actions.register import Mark
from doorstep.gatherings.models import Place
from doorstep.gatherings.tests.at_the_door import (
    HOUR,
    afresh,
    another_session,
    block,
    call_off,
    coming,
    session_that,
    sign_in,
)
from doorstep.people.tests.factories import PersonFactory
from doorstep.teams.tests.factories import TeamFactory, add_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def tea(cast):
    team = TeamFactory()
    add_member(team, cast.dev, "host")
    add_member(team, cast.carys, "host")
    session = session_that(cast.dev, starts_in=-HOUR / 4, team=team)
    session.amina = coming(session, cast.amina, is_first_time=True)
    session.bryn = coming(session, cast.bryn, guests=2)
    return session


def address(session, page="register"):
    return reverse(f"gatherings:{page}", args=[session.pk])


def row(place, mark, was="", **guests):
    words = {f"mark-{place.pk}": mark, f"was-{place.pk}": was}
    for name, count in guests.items():
        words[f"{name}-{place.pk}"] = str(count)
    return words


def marks(session):
    return {
        place.person.known_as if place.person else place.name: (place.came, place.guests_came)
        for place in Place.objects.filter(session=session).select_related("person")
    }


# --- Marking ---------------------------------------------------------------------------------


def named(name: str) -> list[Place]:
    """Return the places of guests of that name, which lies sealed."""
    return [place for place in Place.objects.order_by("pk") if place.name == name]


def test_one_form_marks_everybody(cast, tea, client):
    sign_in(client, cast.dev)
    client.post(
        address(tea),
        {**row(tea.amina, "not"), **row(tea.bryn, "came", guests=1, wasguests=2)},
    )
    assert marks(tea) == {"Amina": (False, 0), "Bryn": (True, 1)}
    page = client.get(address(tea)).content.decode()
    assert "Saved: 2 people." in page


def test_a_newcomer_is_flagged(cast, tea, client):
    page = sign_in(client, cast.dev).get(address(tea)).content.decode()
    amina = page[page.index(f'data-roll="{tea.amina.pk}"') :].split("</li>")[0]
    bryn = page[page.index(f'data-roll="{tea.bryn.pk}"') :].split("</li>")[0]
    assert ("First time" in amina, "First time" in bryn) == (True, False)


def test_a_stale_form_does_not_erase_what_others_marked(cast, tea, client):
    """Dev opened the page before Carys marked Amina, and saves only Bryn."""
    actions.save_marks(tea, [Mark(tea.amina.pk, True)], by=cast.carys, at=now())
    sign_in(client, cast.dev).post(
        address(tea), {**row(tea.amina, "", was=""), **row(tea.bryn, "came", guests=2)}
    )
    assert marks(tea) == {"Amina": (True, 0), "Bryn": (True, 2)}


def test_for_one_person_the_later_mark_wins_whichever_arrives_first(cast, tea):
    early, late = now() - dt.timedelta(minutes=9), now()
    actions.save_marks(tea, [Mark(tea.amina.pk, False)], by=cast.carys, at=late)
    actions.save_marks(tea, [Mark(tea.amina.pk, True)], by=cast.dev, at=early)
    assert marks(tea)["Amina"] == (False, 0)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations(range(6)), st.lists(st.booleans(), min_size=6, max_size=6))
def test_any_order_of_arrival_ends_the_same(cast, tea, order, answers):
    Place.objects.filter(session=tea).update(came=None, marked_at=None)
    begun = now()
    sent = [
        (begun + dt.timedelta(seconds=second), [tea.amina, tea.bryn][second % 2], answer)
        for second, answer in enumerate(answers)
    ]
    for index in order:
        at, place, came = sent[index]
        for _twice in range(2):
            actions.save_marks(tea, [Mark(place.pk, came)], by=cast.dev, at=at)
    assert {name: came for name, (came, _guests) in marks(tea).items()} == {
        "Amina": answers[4],
        "Bryn": answers[5],
    }


def test_a_mark_kept_on_a_phone_without_signal_is_sent_with_its_time(cast, tea, client):
    actions.save_marks(
        tea, [Mark(tea.amina.pk, False)], by=cast.carys, at=now() - dt.timedelta(minutes=1)
    )
    tapped = (now() - dt.timedelta(minutes=5)).isoformat()
    answer = sign_in(client, cast.dev).post(
        address(tea),
        {f"mark-{tea.amina.pk}": "came", "at": tapped},
        headers={"Accept": "application/json"},
    )
    assert (answer.status_code, marks(tea)["Amina"]) == (200, (False, 0))
    assert json.loads(answer.content)["absent"] == 1


@pytest.mark.parametrize("at", ["", "yesterday", "2999-01-01T00:00:00Z", "2020-13-45", "1" * 9999])
def test_a_clock_that_is_wrong_counts_as_now(cast, tea, client, at):
    sign_in(client, cast.dev).post(address(tea), {f"mark-{tea.amina.pk}": "came", "at": at})
    assert abs(Place.objects.get(pk=tea.amina.pk).marked_at - now()) < dt.timedelta(minutes=1)


def test_undo_puts_the_last_save_back_but_not_over_a_newer_mark(cast, tea, client):
    sign_in(client, cast.dev)
    client.post(address(tea), {**row(tea.amina, "came"), **row(tea.bryn, "came", guests=2)})
    actions.save_marks(tea, [Mark(tea.bryn.pk, False)], by=cast.carys, at=now())
    client.post(address(tea, "register_undo"))
    assert marks(tea) == {"Amina": (None, 0), "Bryn": (False, 0)}
    client.post(address(tea, "register_undo"))
    assert marks(tea) == {"Amina": (None, 0), "Bryn": (False, 0)}


def test_whoever_came_is_no_newcomer_at_the_next_session(cast, tea, client):
    later = another_session(tea, 48 * HOUR)
    place = coming(later, cast.amina, is_first_time=True)
    sign_in(client, cast.dev).post(address(tea), row(tea.amina, "came"))
    assert not afresh(place).is_first_time
    client.post(address(tea, "register_undo"))
    assert afresh(place).is_first_time


def test_somebody_on_the_waiting_list_who_turns_up_can_be_marked(cast, tea, client):
    place = coming(tea, cast.ewan, state="waiting")
    sign_in(client, cast.dev).post(address(tea), row(place, "came"))
    assert marks(tea)["Ewan"] == (True, 0)


# --- Forged, stale and nonsense --------------------------------------------------------------


def test_a_place_of_another_session_is_not_found_and_nothing_is_written(cast, tea, client):
    other = coming(session_that(cast.ewan), cast.amina)
    sign_in(client, cast.dev)
    answer = client.post(address(tea), {**row(tea.bryn, "came"), **row(other, "came")})
    assert answer.status_code == 404
    assert marks(tea)["Bryn"] == (None, 0)
    assert afresh(other).came is None


@pytest.mark.parametrize("name", ["mark-x", "mark-", "mark--1", "mark-" + "9" * 40])
def test_a_made_up_name_is_not_found(cast, tea, client, name):
    assert sign_in(client, cast.dev).post(address(tea), {name: "came"}).status_code == 404


def test_a_made_up_mark_is_not_found(cast, tea, client):
    answer = sign_in(client, cast.dev).post(address(tea), {f"mark-{tea.amina.pk}": "maybe"})
    assert answer.status_code == 404


def test_guests_are_bounded(cast, tea, client):
    sign_in(client, cast.dev).post(address(tea), row(tea.bryn, "came", guests=99999))
    assert marks(tea)["Bryn"] == (True, actions.MOST_GUESTS)


def test_a_session_called_off_mid_way_has_no_register(cast, tea, client):
    call_off(tea)
    assert sign_in(client, cast.dev).get(address(tea)).status_code == 403
    assert client.post(address(tea), row(tea.amina, "came")).status_code == 403


# --- Who may ---------------------------------------------------------------------------------


def test_each_role_at_the_register(cast, tea, client):
    stranger, greeter, other_host = (PersonFactory() for _person in range(3))
    add_member(TeamFactory(), other_host, "host")
    coming(tea, greeter, is_greeter=True)
    codes = {}
    for name, person in {
        "host": cast.dev, "co-host": cast.carys, "coming": cast.amina, "greeter": greeter,
        "stranger": stranger, "other team's host": other_host,
    }.items():  # fmt: skip
        sign_in(client, person)
        codes[name] = {
            client.get(address(tea)).status_code,
            client.get(address(tea, "register_paper")).status_code,
            client.post(address(tea), row(tea.amina, "came")).status_code,
        }
    assert codes == {
        "host": {200, 302}, "co-host": {200, 302}, "coming": {403}, "greeter": {403},
        "stranger": {403}, "other team's host": {403},
    }  # fmt: skip
    client.logout()
    assert client.get(address(tea)).status_code == 302


def test_someone_blocked_by_the_host_finds_no_such_session(cast, tea, client):
    block(cast.dev, cast.amina)
    assert sign_in(client, cast.amina).get(address(tea)).status_code == 404


def test_a_co_host_does_not_meet_somebody_across_a_block(cast, tea, client):
    block(cast.amina, cast.carys)
    for page in ("register", "register_paper", "welcomes"):
        words = sign_in(client, cast.carys).get(address(tea, page)).content.decode()
        assert "Amina" not in words, page
        words = sign_in(client, cast.dev).get(address(tea, page)).content.decode()
        assert "Amina" in words, page


# --- Walk-ins --------------------------------------------------------------------------------


def walk_in(number=0, **words):
    line = {"key": f"walk-in-{number}", "name": "Mr Gill", "guests": "1", "how": "phone", **words}
    return {f"new-{number}-{name}": value for name, value in line.items()}


def test_a_walk_in_counts_as_here_and_their_seats_too(cast, tea, client):
    before = afresh(tea).seats_taken
    sign_in(client, cast.dev).post(address(tea), walk_in(first="on"))
    place = named("Mr Gill")[0]
    assert (place.came, place.guests_came, place.how, place.is_first_time) == (
        True, 1, "phone", True,
    )  # fmt: skip
    assert afresh(tea).seats_taken == before + 2


def test_the_same_paper_sent_twice_is_one_walk_in(cast, tea, client):
    sign_in(client, cast.dev)
    client.post(address(tea), walk_in())
    client.post(address(tea), walk_in())
    assert len(named("Mr Gill")) == 1


def test_two_of_one_name_are_two_people(cast, tea, client):
    sign_in(client, cast.dev).post(address(tea), {**walk_in(0), **walk_in(1)})
    assert len(named("Mr Gill")) == 2


def test_a_bad_line_keeps_everything_and_writes_nothing(cast, tea, client):
    answer = sign_in(client, cast.dev).post(
        address(tea), {**row(tea.amina, "came"), **walk_in(name="Mrs Gill", guests="500")}
    )
    assert answer.status_code == 422
    assert "Mrs Gill" in answer.content.decode()
    assert marks(tea) == {"Amina": (None, 0), "Bryn": (None, 0)}
    words = answer.content.decode()
    line = words[words.index(f'data-roll="{tea.amina.pk}"') :].split("</li>")[0]
    assert 'value="came" checked' in line


def test_control_characters_in_a_name_are_cleaned(cast, tea, client):
    sign_in(client, cast.dev).post(address(tea), walk_in(name="Mr\u202e Gi\x00ll\x07"))
    assert named("Mr Gill")


def test_a_name_put_on_by_mistake_comes_off_and_a_person_does_not(cast, tea, client):
    sign_in(client, cast.dev).post(address(tea), walk_in())
    place = named("Mr Gill")[0]
    before = afresh(tea).seats_taken
    client.post(reverse("gatherings:register_remove", args=[tea.pk, place.pk]))
    answer = client.post(reverse("gatherings:register_remove", args=[tea.pk, tea.amina.pk]))
    assert answer.status_code == 404
    assert (set(marks(tea)), afresh(tea).seats_taken) == ({"Amina", "Bryn"}, before - 2)


# --- Closing ---------------------------------------------------------------------------------


def test_closing_twice_is_closing_once_and_it_opens_again(cast, tea, client):
    sign_in(client, cast.dev)
    client.post(address(tea), {**row(tea.amina, "came"), "close": "yes"})
    closed = afresh(tea).closed_at
    client.post(address(tea), {"close": "yes"})
    assert afresh(tea).closed_at == closed
    assert marks(tea)["Amina"] == (True, 0)
    assert "The register is closed" in client.get(address(tea)).content.decode()
    client.post(address(tea, "register_open"))
    client.post(address(tea, "register_open"))
    assert afresh(tea).closed_at is None


def test_a_form_sent_after_closing_is_kept_and_not_written(cast, tea, client):
    actions.close_register(tea, by=cast.carys, at=now())
    answer = sign_in(client, cast.dev).post(
        address(tea), {**row(tea.amina, "came"), **walk_in(name="Mrs Gill")}
    )
    assert answer.status_code == 409
    words = answer.content.decode()
    assert "The register was closed in the meantime" in words
    assert 'value="came" checked' in words[words.index(f'data-roll="{tea.amina.pk}"') :]
    assert marks(tea) == {"Amina": (None, 0), "Bryn": (None, 0)}


def test_a_mark_made_before_closing_counts_though_it_arrives_after(cast, tea, client):
    """Nothing tapped at the door is lost because somebody else pressed That's everyone."""
    tapped = now() - dt.timedelta(minutes=2)
    actions.close_register(tea, by=cast.carys, at=now())
    actions.save_marks(tea, [Mark(tea.amina.pk, True)], by=cast.dev, at=tapped)
    assert marks(tea)["Amina"] == (True, 0)


# --- Speed and paper -------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 30])
def test_a_long_register_costs_no_more_queries(
    cast, tea, client, rows, django_assert_max_num_queries
):
    for person in PersonFactory.create_batch(rows, account=False):
        coming(tea, person, is_first_time=True)
    sign_in(client, cast.dev)
    with django_assert_max_num_queries(8):
        client.get(address(tea))


def test_thirty_marks_are_saved_in_one_go(cast, tea, client):
    people = [coming(tea, person) for person in PersonFactory.create_batch(30, account=False)]
    words = {}
    for place in people:
        words |= row(place, "came")
    sign_in(client, cast.dev).post(address(tea), words)
    assert Place.objects.filter(session=tea, came=True).count() == 30


def test_the_paper_has_names_lines_faces_the_number_and_a_code(cast, tea, client, settings):
    page = sign_in(client, cast.dev).get(address(tea, "register_paper")).content.decode()
    assert "Amina" in page
    assert page.count("Blank line") >= 6
    assert settings.HELP_PHONE in page
    assert 'class="segno"' in page
    assert "Arriving" in page


def test_the_register_opens_before_the_session_for_printing(cast, client):
    session = session_that(cast.dev, starts_in=48 * HOUR)
    assert rules.can_keep_register(cast.dev, session)
    assert (
        "You can print the list now"
        in sign_in(client, cast.dev).get(address(session)).content.decode()
    )
