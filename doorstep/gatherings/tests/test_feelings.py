"""Five faces: anonymous, once each, and never shown in small numbers."""

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from doorstep.base.time import now
from doorstep.gatherings import figures
from doorstep.gatherings.actions import feelings
from doorstep.gatherings.models import Feeling
from doorstep.gatherings.tests.at_the_door import (
    HOUR,
    afresh,
    call_off,
    coming,
    move,
    session_that,
    sign_in,
)
from doorstep.gatherings.views.feelings import _table
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def tea(cast):
    session = session_that(cast.dev, starts_in=-HOUR / 4)
    coming(session, cast.amina)
    return session


def tap(client, session, face, moment="arriving"):
    return client.post(
        reverse("gatherings:feel", args=[session.pk]), {"face": str(face), "moment": moment}
    )


def table_of(session):
    return reverse("gatherings:face_table", args=[_table.sign(session.pk)])


def faces():
    return list(Feeling.objects.order_by("id").values_list("moment", "way", "face"))


def test_one_tap_is_one_face_and_another_changes_it(cast, tea, client):
    sign_in(client, cast.amina)
    tap(client, tea, 2)
    tap(client, tea, 4)
    tap(client, tea, 5, "leaving")
    assert faces() == [("arriving", "own", 4), ("leaving", "own", 5)]


def test_a_row_holds_nothing_that_leads_to_the_person(cast, tea, client, settings):
    tap(sign_in(client, cast.amina), tea, 2)
    columns = {field.column for field in Feeling._meta.get_fields()}
    assert columns == {"id", "session_id", "moment", "way", "face", "once"}
    once = Feeling.objects.get().once
    # Without the secret the hash can't be made again, so it can't be tried on everybody.
    settings.SECRET_KEY = "another secret"
    assert feelings.said(tea, cast.amina) == {}
    assert once not in {
        feelings._once("own", cast.amina.pk, tea.pk, moment) for moment in Feeling.Moment
    }


def test_only_those_coming_are_asked(cast, tea, client):
    assert tap(sign_in(client, cast.ewan), tea, 3).status_code == 403
    assert tap(sign_in(client, cast.dev), tea, 3).status_code == 403


@pytest.mark.parametrize("face", ["0", "6", "", "5 ", "-1", "9" * 5000])
def test_a_face_that_is_none_is_not_found(cast, tea, client, face):
    assert tap(sign_in(client, cast.amina), tea, face).status_code == 404


def test_a_face_too_late_is_thanked_and_not_counted(cast, tea, client):
    move(tea, -48 * HOUR)
    sign_in(client, cast.amina)
    assert tap(client, tea, 3).status_code == 302
    assert faces() == []


def test_a_session_called_off_asks_nobody(cast, tea, client):
    call_off(tea)
    tap(sign_in(client, cast.amina), tea, 3)
    assert faces() == []


# --- The tablet ------------------------------------------------------------------------------


def test_the_tablet_needs_no_sign_in_and_shows_no_names(cast, tea, client):
    page = client.get(table_of(tea)).content.decode()
    assert "How do you feel as you arrive?" in page
    assert "Amina" not in page
    assert "Dev" not in page
    assert reverse("people:me") not in page


def test_each_tap_is_one_row_and_a_double_tap_too(cast, tea, client):
    words = {"moment": "arriving", "face": "4", "key": "abcdefgh1"}
    client.post(table_of(tea), words)
    client.post(table_of(tea), words)
    client.post(table_of(tea), {**words, "key": "abcdefgh2"})
    assert faces() == [("arriving", "table", 4)] * 2


def test_a_made_up_table_is_not_found(tea, client):
    assert client.get(f"/whats-on/table/{tea.pk}:made-up/").status_code == 404


def test_the_table_closes_and_a_stuck_button_stops(cast, tea, client, monkeypatch):
    monkeypatch.setattr(feelings, "MOST_AT_THE_TABLE", 2)
    for number in range(4):
        client.post(table_of(tea), {"moment": "arriving", "face": "4", "key": f"abcdefgh{number}"})
    assert len(faces()) == 2
    move(tea, -72 * HOUR)
    page = client.get(table_of(tea)).content.decode()
    assert "That&#x27;s all for today" in page or "That's all for today" in page


# --- Paper -----------------------------------------------------------------------------------


def test_typing_paper_twice_counts_once(cast, tea, client):
    address = reverse("gatherings:faces", args=[tea.pk])
    sign_in(client, cast.dev)
    client.post(address, {"arriving-3": "4", "leaving-5": "2"})
    client.post(address, {"arriving-3": "2", "leaving-5": "2"})
    assert sorted(faces()) == [("arriving", "paper", 3)] * 2 + [("leaving", "paper", 5)] * 2
    assert feelings.paper_counts(tea)["arriving"] == [0, 0, 2, 0, 0]


def test_paper_leaves_taps_alone(cast, tea, client):
    tap(sign_in(client, cast.amina), tea, 1)
    sign_in(client, cast.dev).post(reverse("gatherings:faces", args=[tea.pk]), {"arriving-3": "1"})
    assert sorted(faces()) == [("arriving", "own", 1), ("arriving", "paper", 3)]


@pytest.mark.parametrize("typed", ["201", "-1", "many", "9" * 4000])
def test_nonsense_on_paper_is_refused_and_kept(cast, tea, client, typed):
    answer = sign_in(client, cast.dev).post(
        reverse("gatherings:faces", args=[tea.pk]), {"arriving-3": typed}
    )
    assert (answer.status_code, faces()) == (422, [])
    assert typed in answer.content.decode()


@pytest.mark.parametrize("who", ["amina", "ewan"])
def test_only_hosts_open_the_faces_page(cast, tea, client, who):
    address = reverse("gatherings:faces", args=[tea.pk])
    assert sign_in(client, getattr(cast, who)).get(address).status_code == 403


# --- Small numbers ---------------------------------------------------------------------------


def say(session, count, face=2, moment="arriving"):
    for _person in range(count):
        feelings.say(session, moment, face, by=PersonFactory(account=False), at=now())


def test_four_faces_are_never_shown_and_five_are(cast, tea):
    say(tea, 4)
    tea = move(tea, -72 * HOUR)
    assert figures.faces_of_session(tea)["arriving"].counts is None
    say(tea, 1, face=5)
    assert figures.faces_of_session(tea)["arriving"].counts == [0, 4, 0, 0, 1]


def test_nothing_is_shown_while_people_are_still_asked(cast, tea):
    """Or somebody watching the count could see the sixth person's face."""
    say(tea, 6)
    say(tea, 6, moment="leaving")
    assert figures.faces_of_session(tea)["arriving"].counts is None
    tea = move(tea, -3 * HOUR)
    shown = figures.faces_of_session(tea)
    assert (shown["arriving"].counts, shown["leaving"].counts) == ([0, 6, 0, 0, 0], None)


def test_paper_cannot_be_taken_away_to_find_a_single_tap(cast, tea):
    feelings.set_paper_counts(tea, "arriving", [0, 0, 9, 0, 0], by=cast.dev, at=now())
    say(tea, 1, face=1)
    tea = move(tea, -72 * HOUR)
    assert figures.faces_of_session(tea)["arriving"].counts is None


@given(
    st.lists(st.integers(0, 7), min_size=5, max_size=5),
    st.lists(st.integers(0, 7), min_size=5, max_size=5),
)
def test_what_is_shown_never_leaves_a_group_under_five(paper, others):
    shown = figures.showable(paper, others)
    if shown is None:
        assert sum(paper) + sum(others) < 5 or 0 < sum(others) < 5
    else:
        assert shown == [a + b for a, b in zip(paper, others, strict=True)]
        assert sum(shown) >= 5
        assert sum(others) == 0 or sum(others) >= 5


def test_the_host_never_sees_the_face_of_a_person(cast, tea, client):
    tap(sign_in(client, cast.amina), tea, 1)
    sign_in(client, cast.dev)
    pages = [
        client.get(reverse("gatherings:faces", args=[tea.pk])),
        client.get(reverse("gatherings:figures", args=[tea.gathering.slug])),
        client.get(afresh(tea).get_absolute_url()),
    ]
    for page in pages:
        assert 'aria-pressed="true"' not in page.content.decode()
