"""The live room: talk, who is here, hands up; cheap to poll; blocks and hosts respected."""

import datetime as dt
import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models import F
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from doorstep.base.time import now
from doorstep.feed import moderation
from doorstep.gatherings import rules
from doorstep.gatherings.actions import room as actions
from doorstep.gatherings.models import Presence, RoomMessage, Session
from doorstep.gatherings.tests.at_the_door import (
    HOUR,
    afresh,
    block,
    call_off,
    coming,
    move,
    session_that,
    sign_in,
)
from doorstep.gatherings.views import room
from doorstep.people.models import Person
from doorstep.people.tests.factories import PersonFactory
from doorstep.teams.tests.factories import TeamFactory, add_member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_seen():
    cache.clear()


@pytest.fixture
def tea(cast):
    session = session_that(
        cast.dev,
        starts_in=-HOUR / 4,
        is_online=True,
        dial_in="020 7946 0142",
        dial_in_code="4419#",
    )
    coming(session, cast.amina)
    coming(session, cast.bryn)
    return session


def at(session, page="room", *more):
    return reverse(f"gatherings:{page}", args=[session.pk, *more])


def say(client, session, text="Hello", key="key-of-one-message", **headers):
    return client.post(at(session, "room_say"), {"text": text, "client_key": key}, headers=headers)


def said():
    return list(RoomMessage.objects.order_by("id").values_list("text", flat=True))


# --- Coming in -------------------------------------------------------------------------------


def test_the_room_shows_how_to_join(cast, tea, client):
    page = sign_in(client, cast.amina).get(at(tea)).content.decode()
    assert "020 7946 0142" in page
    assert "4419#" in page
    assert "Join by video" in page
    assert "https://meet.jit.si/" in page


def test_every_role_at_the_door_of_the_room(cast, client):
    team = TeamFactory()
    add_member(team, cast.dev, "host")
    member, greeter, other_host = (PersonFactory() for _person in range(3))
    add_member(team, member)
    add_member(TeamFactory(), other_host, "host")
    session = session_that(cast.dev, starts_in=-HOUR / 4, team=team, is_online=True)
    coming(session, cast.amina)
    coming(session, greeter, is_greeter=True)
    coming(session, cast.bryn, state="cancelled")
    coming(session, cast.carys, state="waiting")
    codes = {}
    for name, person in {
        "host": cast.dev, "member": member, "coming": cast.amina, "greeter": greeter,
        "not coming": cast.bryn, "waiting": cast.carys, "stranger": cast.ewan,
        "other team's host": other_host,
    }.items():  # fmt: skip
        sign_in(client, person)
        codes[name] = {
            client.get(at(session)).status_code,
            client.get(at(session, "room_now")).status_code,
            say(client, session, key=f"key-of-{person.pk}", Accept="application/json").status_code,
        }
    assert codes == {
        "host": {200}, "member": {200}, "coming": {200}, "greeter": {200}, "not coming": {403},
        "waiting": {403}, "stranger": {403}, "other team's host": {403},
    }  # fmt: skip
    client.logout()
    assert client.get(at(session)).status_code == 302


@pytest.mark.parametrize(
    ("starts_in", "is_open"),
    [
        (dt.timedelta(minutes=31), False),
        (dt.timedelta(minutes=29), True),
        (-1.5 * HOUR - dt.timedelta(minutes=119), True),
        (-1.5 * HOUR - dt.timedelta(minutes=121), False),
    ],
)
def test_it_opens_half_an_hour_before_and_closes_two_hours_after(
    cast, tea, client, starts_in, is_open
):
    session = move(tea, starts_in)
    assert rules.room_is_open(session) == is_open
    sign_in(client, cast.amina)
    page = client.get(at(session))
    assert (page.status_code, "Say something" in page.content.decode()) == (200, is_open)
    assert say(client, session).status_code == (302 if is_open else 403)
    assert client.get(at(session, "room_now")).status_code == (200 if is_open else 410)


def test_a_session_called_off_mid_way_closes_the_room_for_everybody(cast, tea, client):
    sign_in(client, cast.amina).get(at(tea))
    call_off(tea)
    assert client.get(at(tea, "room_now")).status_code == 410
    assert "called off" in client.get(at(tea)).content.decode()
    assert say(client, tea).status_code == 403


def test_whoever_gives_up_their_place_is_out_at_the_next_poll(cast, tea, client):
    sign_in(client, cast.amina).get(at(tea))
    tea.places.filter(person=cast.amina).update(state="cancelled")
    assert client.get(at(tea, "room_now")).status_code == 403


# --- Talking ---------------------------------------------------------------------------------


def test_saying_something_without_script_comes_back_to_the_room(cast, tea, client):
    answer = say(sign_in(client, cast.amina), tea, "Morning all")
    assert (answer.status_code, answer.url) == (302, at(tea))
    assert "Morning all" in client.get(at(tea)).content.decode()


def test_the_same_key_is_one_message(cast, tea, client):
    sign_in(client, cast.amina)
    for _time in range(3):
        assert say(client, tea, Accept="application/json").status_code == 200
    assert said() == ["Hello"]


def test_somebody_elses_key_says_nothing_of_theirs(cast, tea, client):
    say(sign_in(client, cast.amina), tea, "Mine")
    answer = say(sign_in(client, cast.bryn), tea, "Theirs")
    assert (answer.status_code, said()) == (422, ["Mine"])


def test_markup_is_only_words(cast, tea, client):
    say(sign_in(client, cast.amina), tea, "<script>alert(1)</script>")
    page = client.get(at(tea)).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_control_and_direction_characters_are_cleaned(cast, tea, client):
    say(sign_in(client, cast.amina), tea, "Mor\u202ening\x00 \x07all")
    assert said() == ["Morning all"]


@pytest.mark.parametrize("text", ["", "   ", "\u202e", "x" * 1001])
def test_an_empty_or_endless_message_is_refused_and_kept(cast, tea, client, text):
    answer = say(sign_in(client, cast.amina), tea, text)
    assert (answer.status_code, said()) == (422, [])
    if len(text) > 1000:
        assert text in answer.content.decode()


def test_ten_megabytes_are_refused_with_a_page(cast, tea, client):
    answer = say(sign_in(client, cast.amina), tea, "x" * 10_000_000)
    assert (answer.status_code, said()) == (400, [])


def test_more_than_anybody_can_read_is_refused(cast, tea):
    for number in range(actions.MOST_IN_A_MINUTE):
        actions.say(tea, by=cast.amina, at=now(), text="x", key=f"key-number-{number}")
    with pytest.raises(actions.TooFast):
        actions.say(tea, by=cast.amina, at=now(), text="x", key="key-one-too-many")


def test_earlier_messages_are_a_page_away(cast, tea, client):
    for number in range(70):
        RoomMessage.objects.create(session=tea, person=cast.amina, text=f"number {number}.")
    page = sign_in(client, cast.bryn).get(at(tea)).content.decode()
    assert ("number 69." in page, "number 9." in page) == (True, False)
    [before] = [one.pk for one in RoomMessage.objects.all() if one.text == "number 10."]
    page = client.get(at(tea) + f"?before={before}").content.decode()
    assert ("number 9." in page, "number 69." in page) == (True, False)


# --- Blocks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("who_blocks", ["amina", "bryn"])
def test_a_block_hides_both_ways_at_the_next_poll(cast, tea, client, who_blocks):
    actions.say(tea, by=cast.amina, at=now(), text="From Amina", key="key-of-amina-1")
    actions.say(tea, by=cast.bryn, at=now(), text="From Bryn", key="key-of-bryn-1")
    for person in (cast.amina, cast.bryn):
        actions.raise_hand(tea, by=person, at=now())
    etag = sign_in(client, cast.amina).get(at(tea, "room_now"))["ETag"]
    others = {"amina": cast.bryn, "bryn": cast.amina}
    block(getattr(cast, who_blocks), others[who_blocks])
    fresh = client.get(at(tea, "room_now"), headers={"If-None-Match": etag})
    assert fresh.status_code == 200
    assert "Bryn" not in fresh.content.decode()
    page = sign_in(client, cast.bryn).get(at(tea)).content.decode()
    assert "Amina" not in page
    page = sign_in(client, cast.dev).get(at(tea)).content.decode()
    assert ("From Amina" in page, "From Bryn" in page) == (True, True)


# --- Hands -----------------------------------------------------------------------------------


def hands(session):
    rows = Presence.objects.filter(session=session, hand_up_at__isnull=False)
    return [row.person.known_as for row in rows.order_by("hand_up_at")]


def test_hands_queue_in_order_and_raising_again_keeps_the_turn(cast, tea, client):
    for name in ("bryn", "amina", "bryn"):
        sign_in(client, getattr(cast, name)).post(at(tea, "room_hand"), {"up": "yes"})
    assert hands(tea) == ["Bryn", "Amina"]
    client.post(at(tea, "room_hand"), {"up": "no"})
    assert hands(tea) == ["Amina"]


def test_a_host_lowers_one_hand_or_all_and_others_may_not(cast, tea, client):
    for person in (cast.amina, cast.bryn):
        actions.raise_hand(tea, by=person, at=now())
    sign_in(client, cast.amina)
    assert client.post(at(tea, "room_lower"), {"person": cast.bryn.handle}).status_code == 403
    sign_in(client, cast.dev)
    client.post(at(tea, "room_lower"), {"person": cast.amina.handle})
    assert hands(tea) == ["Bryn"]
    assert client.post(at(tea, "room_lower"), {"person": cast.ewan.handle}).status_code == 404
    client.post(at(tea, "room_lower"))
    assert hands(tea) == []


# --- The host --------------------------------------------------------------------------------


def test_a_hidden_message_is_gone_for_all_but_hosts_and_can_come_back(cast, tea, client):
    row = actions.say(tea, by=cast.amina, at=now(), text="Rude words", key="key-of-rude-1")
    assert sign_in(client, cast.bryn).post(at(tea, "room_hide", row.pk)).status_code == 403
    sign_in(client, cast.dev).post(at(tea, "room_hide", row.pk))
    assert "hidden from the others" in client.get(at(tea)).content.decode()
    assert "Rude words" not in sign_in(client, cast.bryn).get(at(tea)).content.decode()
    sign_in(client, cast.dev).post(at(tea, "room_hide", row.pk), {"hidden": "no"})
    assert "Rude words" in sign_in(client, cast.bryn).get(at(tea)).content.decode()


def test_a_message_of_another_room_is_not_found(cast, tea, client):
    other = session_that(cast.ewan, starts_in=-HOUR / 4)
    row = actions.say(other, by=cast.ewan, at=now(), text="x", key="key-of-another")
    assert sign_in(client, cast.dev).post(at(tea, "room_hide", row.pk)).status_code == 404


def test_somebody_asked_to_listen_cannot_write_until_they_may_again(cast, tea, client):
    sign_in(client, cast.amina).get(at(tea))
    words = {"person": cast.amina.handle, "muted": "yes"}
    assert sign_in(client, cast.bryn).post(at(tea, "room_mute"), words).status_code == 403
    sign_in(client, cast.dev).post(at(tea, "room_mute"), words)
    answer = say(sign_in(client, cast.amina), tea, "But I")
    assert (answer.status_code, said()) == (422, [])
    assert "But I" in answer.content.decode()
    sign_in(client, cast.dev).post(at(tea, "room_mute"), {**words, "muted": "no"})
    assert say(sign_in(client, cast.amina), tea, "Thank you").status_code == 302


# --- Three hundred people --------------------------------------------------------------------


def test_a_poll_that_changes_nothing_is_a_304_for_two_queries(cast, tea, client):
    """Beyond what every page's sign-in asks: who blocks whom, and the room with the place."""
    sign_in(client, cast.amina)
    etag = client.get(at(tea, "room_now"))["ETag"]
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(at(tea, "room_now"), headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")
    ours = [row["sql"] for row in asked if "gatherings_" in row["sql"] or "_block" in row["sql"]]
    assert len(ours) == 2, ours
    assert not [sql for sql in ours if not sql.startswith("SELECT")]


@pytest.mark.parametrize("change", ["say", "hand", "hide", "mute", "arrive"])
def test_whatever_happens_is_in_the_next_poll(cast, tea, client, change):
    message = actions.say(tea, by=cast.dev, at=now(), text="First", key="key-of-first")
    sign_in(client, cast.amina)
    etag = client.get(at(tea, "room_now"))["ETag"]
    if change == "say":
        actions.say(tea, by=cast.bryn, at=now(), text="News", key="key-of-news")
    elif change == "hand":
        actions.raise_hand(tea, by=cast.bryn, at=now())
    elif change == "hide":
        actions.hide_message(message, by=cast.dev, at=now())
    elif change == "mute":
        actions.mute(tea, cast.bryn, by=cast.dev, at=now(), muted=True)
    else:
        actions.be_here(tea, by=cast.bryn, at=now())
    answer = client.get(at(tea, "room_now"), headers={"If-None-Match": etag})
    assert (answer.status_code, answer["ETag"] != etag) == (200, True)


@pytest.mark.parametrize("people", [1, 30])
def test_a_full_room_costs_no_more_queries(
    cast, tea, client, people, django_assert_max_num_queries
):
    for person in PersonFactory.create_batch(people, account=False):
        coming(tea, person)
        actions.raise_hand(tea, by=person, at=now())
        actions.say(tea, by=person, at=now(), text="Hi", key=f"key-of-person-{person.pk}")
    sign_in(client, cast.amina)
    client.get(at(tea, "room_now"))
    with django_assert_max_num_queries(8):
        assert client.get(at(tea, "room_now")).status_code == 200


def test_presence_is_written_at_most_every_twenty_seconds(cast, tea):
    begun = now()
    actions.be_here(tea, by=cast.amina, at=begun)
    actions.be_here(tea, by=cast.amina, at=begun + dt.timedelta(seconds=19))
    assert Presence.objects.get().seen_at == begun
    actions.be_here(tea, by=cast.amina, at=begun + dt.timedelta(seconds=21))
    assert Presence.objects.get().seen_at > begun
    assert afresh(tea).room_version == 1


def test_whoever_went_is_no_longer_here(cast, tea, client):
    actions.be_here(tea, by=cast.bryn, at=now() - actions.HERE_FOR)
    page = sign_in(client, cast.amina).get(at(tea, "room_now")).content.decode()
    assert "Bryn" not in page


# --- Moderators ------------------------------------------------------------------------------


def test_a_message_can_be_flagged_by_those_who_may_read_it(cast, tea, client):
    row = actions.say(tea, by=cast.amina, at=now(), text="Rude words", key="key-of-rude-2")
    address = reverse("feed:flag", args=["room-message", row.pk])
    assert address in sign_in(client, cast.bryn).get(at(tea)).content.decode()
    assert client.get(address).status_code == 200
    assert sign_in(client, cast.ewan).get(address).status_code == 404
    block(cast.bryn, cast.amina)
    assert sign_in(client, cast.bryn).get(address).status_code == 404


def test_what_a_moderator_takes_down_no_host_shows_again(cast, tea, client):
    row = actions.say(tea, by=cast.amina, at=now(), text="Rude words", key="key-of-rude-3")
    kind = moderation.flaggable.get("room-message")
    message = kind.get(row.pk)
    before = kind.snapshot(message)
    for _twice in range(2):
        kind.hide(message)
    sign_in(client, cast.dev).post(at(tea, "room_hide", row.pk), {"hidden": "no"})
    for name in ("dev", "bryn", "amina"):
        page = sign_in(client, getattr(cast, name)).get(at(tea)).content.decode()
        assert "Rude words" not in page, name
    kind.restore(message, before)
    assert "Rude words" in sign_in(client, cast.bryn).get(at(tea)).content.decode()


def test_who_sees_a_message_is_one_rule_told_twice(cast, tea, client):
    for name in ("amina", "bryn", "dev"):
        person = getattr(cast, name)
        for number in range(3):
            actions.say(
                tea, by=person, at=now(), text=f"{name} {number}.", key=f"key-{name}-{number}"
            )
    for one in RoomMessage.objects.all():
        one.is_hidden = one.is_hidden or one.text.endswith("1.")
        one.is_taken_down = one.is_taken_down or one.text.endswith("2.")
        one.save()
    block(cast.amina, cast.bryn)
    for name in ("amina", "bryn", "dev"):
        page = sign_in(client, getattr(cast, name)).get(at(tea)).content.decode()
        person = Person.objects.get(pk=getattr(cast, name).pk)
        for row in RoomMessage.objects.select_related("session__gathering__team"):
            assert rules.can_see_message(person, row) == (row.text in page), (name, row.text)


# --- Many at once ----------------------------------------------------------------------------


def poll(client, session, **headers):
    return client.get(at(session, "room_now"), headers=headers)


def test_what_is_drawn_once_for_all_is_what_each_would_have_been_given(cast, tea, client, rf):
    for number, who in enumerate((cast.amina, cast.bryn, cast.amina)):
        actions.be_here(tea, by=who, at=now())
        actions.say(tea, by=who, at=now(), text=f"Number {number} <b>", key=f"key-number-{number}")
    actions.raise_hand(tea, by=cast.bryn, at=now())
    tea.refresh_from_db()
    for me in (cast.amina, cast.bryn):
        asked = rf.get("/")
        one_by_one = render_to_string(
            "gatherings/during/_room_now.html", room._now_in(tea, me), request=asked
        )
        for_all = render_to_string(
            "gatherings/during/_room_now.html",
            room._seen_by(tea, me, room._crowd(tea, tea.room_version)),
            request=asked,
        )
        without_token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
        assert without_token.sub("", for_all) == without_token.sub("", one_by_one)
        assert "say-me" in for_all
        assert for_all.count("(you)") == (2 if me == cast.bryn else 1)


def test_a_crowd_costs_no_more_queries_than_a_few(cast, tea, client):
    sign_in(client, cast.amina)
    poll(client, tea)

    def asked():
        room._crowds.clear()
        Session.objects.filter(pk=tea.pk).update(room_version=F("room_version") + 1)
        with CaptureQueriesContext(connection) as first:
            assert poll(client, tea).status_code == 200
        with CaptureQueriesContext(connection) as again:
            assert poll(client, tea).status_code == 200
        return len(first), len(again)

    few = asked()
    for person in PersonFactory.create_batch(20, home=cast.amina.home):
        coming(tea, person)
        actions.be_here(tea, by=person, at=now())
        actions.say(tea, by=person, at=now(), text="Hello", key=f"hello-{person.handle}")
    assert asked() == few
    assert few[1] == few[0] - 2  # what others asked for is there


def test_hidden_words_are_gone_at_the_next_poll_of_everybody(cast, tea, client):
    actions.say(tea, by=cast.bryn, at=now(), text="Something unkind", key="key-unkind-words")
    sign_in(client, cast.amina)
    assert "Something unkind" in poll(client, tea).content.decode()
    actions.hide_message(RoomMessage.objects.get(), by=cast.dev, at=now())
    assert "Something unkind" not in poll(client, tea).content.decode()
    sign_in(client, cast.dev)
    assert "Something unkind" in poll(client, tea).content.decode()
