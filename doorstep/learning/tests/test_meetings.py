"""Meetings: planned, attended, written down, acted on; with figures that point at nobody."""

import datetime as dt
import io
import wave

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from doorstep.base.private_files import private_files
from doorstep.base.time import in_london, now, today
from doorstep.gatherings.tests.at_the_door import HOUR, coming, move, session_that
from doorstep.learning import digest, evidence, likeness
from doorstep.learning.actions import carrying, chain, meetings
from doorstep.learning.models import Attendance, Evidence, Meaning, Recording
from doorstep.learning.tests import making
from doorstep.notices.models import Notice, Preference
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(cast, borough):
    amina = making.facilitator(cast.amina, borough.borough)
    cast.amina = amina
    return making.community(amina, cast.bryn)


def work(row, verb):
    return reverse("learning:meeting_work", args=[row.pk, verb])


def test_everybody_hears_of_a_day_and_of_another_day(cast, home):
    row = making.meeting(home, cast.amina, starts_at=now() + dt.timedelta(days=5))
    told = Notice.objects.filter(person=cast.bryn, kind="learning-meeting")
    assert told.count() == 1
    meetings.change(
        row, title=row.title, starts_at=now() + dt.timedelta(days=9), minutes_long=90,
        where="The hall", agenda="", by=cast.amina, at=now(),
    )  # fmt: skip
    assert told.count() == 2


def test_who_came_is_written_down_from_paper_as_from_the_screen(cast, home, client):
    row = making.meeting(home, cast.amina)
    client.force_login(cast.bryn.account)
    paper = client.get(reverse("learning:meeting_paper", args=[row.pk])).content.decode()
    assert paper.count("paper-box") == 2 + 4
    client.post(work(row, "came"), {"people": [cast.amina.handle], "guests": "Mr Osei\n\nHis son"})
    assert Attendance.objects.filter(meeting=row).count() == 3
    client.post(work(row, "came"), {"people": [cast.bryn.handle], "guests": ""})
    assert [one.person for one in Attendance.objects.filter(meeting=row)] == [cast.bryn]


def test_minutes_may_be_typed_for_somebody(cast, home, client):
    row = making.meeting(home, cast.amina)
    client.force_login(cast.bryn.account)
    client.post(work(row, "minutes"), {"minutes": "We agreed.", "minutes_from": "Mr Osei"})
    page = client.get(row.get_absolute_url()).content.decode()
    assert "Taken by" in page
    assert "Mr Osei" in page


def test_an_action_is_told_reminded_once_and_done_with_one_press(cast, home, client):
    row = making.meeting(home, cast.amina)
    action = meetings.add_action(
        row, what="Ask the library", owner=cast.bryn, due_on=today() + dt.timedelta(days=1),
        by=cast.amina, at=now(), client_key=making.key(),
    )  # fmt: skip
    told = Notice.objects.filter(person=cast.bryn, kind="learning-action")
    assert told.count() == 1
    for _again in range(2):
        meetings.remind(now())
    assert told.count() == 2
    meetings.remind(now() + dt.timedelta(days=4))
    assert told.count() == 3
    client.force_login(cast.bryn.account)
    assert "Ask the library" in client.get(reverse("learning:home")).content.decode()
    client.post(reverse("learning:action", args=[action.pk]), {"verb": "done"})
    action.refresh_from_db()
    assert action.done_at is not None
    client.post(reverse("learning:action", args=[action.pk]), {"verb": "not-done"})
    action.refresh_from_db()
    assert action.done_at is None
    # Only who wrote it down, or a facilitator, takes it away.
    address = reverse("learning:action", args=[action.pk])
    assert client.post(address, {"verb": "take-away"}).status_code == 403
    # No word of what it is leaves by a notice.
    assert not any("library" in f"{one.title} {one.body}".lower() for one in told)


def test_when_its_last_day_is_over_the_owner_is_asked_once_what_came_of_it(cast, home):
    one = making.thing(
        home, cast.amina, "experiment", "A kettle", owner=cast.bryn, stage="running",
        starts_on=today() - dt.timedelta(days=9), ends_on=today() - dt.timedelta(days=1),
    )  # fmt: skip
    assert chain.ask_how_it_went(now()) == 1
    assert chain.ask_how_it_went(now()) == 0
    told = Notice.objects.filter(person=cast.bryn, path=one.get_absolute_url())
    titles = [one.title for one in told]
    assert titles.count("Your experiment has come to its end") == 1


# --- Evidence ---------------------------------------------------------------------------------


def held(host, borough, came_each):
    """A gathering with sessions that are over; `came_each` lists who came to each."""
    first = session_that(host, starts_in=-30 * 24 * HOUR)
    sessions = [first]
    for number in range(1, len(came_each)):
        sessions.append(
            type(first).objects.create(
                gathering=first.gathering,
                rule_starts_at=now() + dt.timedelta(minutes=number),
                starts_at=now(),
                ends_at=now() + HOUR,
            )
        )
    for number, (session, people) in enumerate(zip(sessions, came_each, strict=True)):
        session = move(session, -(30 - number) * 24 * HOUR)
        for person in people:
            coming(session, person, came=True)
    return first.gathering


def people(borough, count):
    return [PersonFactory(home=borough.ward) for _number in range(count)]


def test_return_rates_come_in_for_groups_of_five_and_more(cast, borough):
    crowd = people(borough, 12)
    gathering = held(cast.dev, borough, [crowd, crowd[:6], crowd[:2], crowd[:2], crowd[:2]])
    found = evidence.figures_of(gathering)
    assert found["people"] == 12
    assert found["back_4"] == {"count": 6, "out_of": 12, "share": 50}
    assert found["back_8"] is None


@pytest.mark.parametrize("back", [1, 4, 8, 11])
def test_a_handful_is_never_shown_nor_what_is_left_of_the_whole(back, cast, borough):
    crowd = people(borough, 12)
    gathering = held(cast.dev, borough, [crowd, crowd[:back], [crowd[0]], [crowd[0]], [crowd[0]]])
    assert evidence.figures_of(gathering)["back_4"] is None


def test_only_a_host_brings_a_gathering_in_and_names_stay_at_home(cast, borough, home, client):
    crowd = people(borough, 6)
    gathering = held(cast.bryn, borough, [crowd, crowd])
    row = making.meeting(home, cast.amina)
    client.force_login(cast.amina.account)
    refused = client.post(work(row, "evidence"), {"gathering": gathering.pk})
    assert refused.status_code == 422
    client.force_login(cast.bryn.account)
    client.post(work(row, "evidence"), {"gathering": gathering.pk, "question": "Who comes back?"})
    assert Evidence.objects.get().figures["people"] == 6
    page = client.get(row.get_absolute_url()).content.decode()
    assert "Who comes back?" in page
    for person in crowd:
        assert person.known_as + "<" not in page


# --- Film, photo and sound --------------------------------------------------------------------


def sound():
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 4000)
    return SimpleUploadedFile("talk.wav", out.getvalue(), "audio/wav")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"kind": "sound", "file": sound}, "Write down what is said in it"),
        ({"kind": "film", "url": "https://example.org/f"}, "tick that it has captions"),
        ({"kind": "film", "has_captions": "on"}, "Paste the link"),
        ({"kind": "sound", "transcript": "Hello."}, "Choose the file"),
        (
            {
                "kind": "sound",
                "transcript": "Hello.",
                "file": lambda: SimpleUploadedFile("a.mp3", b"<html>", "audio/mpeg"),
            },
            "We can&#x27;t play that file",
        ),
        ({"kind": "film", "url": "javascript:alert(1)", "has_captions": "on"}, "whole, with"),
    ],
)
def test_what_not_everybody_can_follow_is_refused_kindly(data, said, cast, home, client):
    row = making.meeting(home, cast.amina)
    client.force_login(cast.bryn.account)
    sent = {key: value() if callable(value) else value for key, value in data.items()}
    answer = client.post(work(row, "recording"), sent)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Recording.objects.count() == 0
    assert not list(private_files.root.glob("*/*.sealed"))


def test_a_sound_is_kept_sealed_and_played_in_parts_to_those_in_it(cast, home, client):
    row = making.meeting(home, cast.amina)
    client.force_login(cast.bryn.account)
    client.post(
        work(row, "recording"), {"kind": "sound", "transcript": "We laughed.", "file": sound()}
    )
    one = Recording.objects.get()
    assert b"RIFF" not in (private_files.root / one.file).read_bytes()
    address = reverse("learning:recording", args=[one.ref])
    whole = client.get(address)
    assert whole["Content-Type"] == "audio/wav"
    part = client.get(address, headers={"Range": "bytes=8-11"})
    assert part.status_code == 206
    assert b"".join(part.streaming_content) == b"WAVE"
    assert client.get(address, headers={"Range": "bytes=99999-"}).status_code == 416
    assert "We laughed." in client.get(row.get_absolute_url()).content.decode()
    client.force_login(cast.ewan.account)
    assert client.get(address).status_code == 404
    client.force_login(cast.amina.account)
    assert "Take it away" in client.get(row.get_absolute_url()).content.decode()
    client.post(address)
    assert Recording.objects.count() == 0


# --- The week, likeness, carrying -------------------------------------------------------------


def monday(hour=9):
    day = today() - dt.timedelta(days=today().weekday())
    return in_london(dt.datetime.combine(day + dt.timedelta(days=7), dt.time(hour)))


def test_each_monday_those_with_news_hear_of_it_once(cast, home, client):
    making.thing(home, cast.amina)
    assert digest.send(monday(hour=6)) == 0
    assert digest.send(monday() + dt.timedelta(days=1)) == 0
    assert digest.send(monday()) == 2
    assert digest.send(monday(hour=11)) == 0
    notice = Notice.objects.get(person=cast.bryn, kind="learning-digest")
    assert "keeps people" not in notice.title + notice.body
    client.force_login(cast.bryn.account)
    assert "What keeps people coming back?" in client.get(notice.path).content.decode()


def test_the_digest_can_be_switched_off(cast, home):
    making.thing(home, cast.amina)
    for channel in ("in_app", "email"):
        Preference.objects.create(
            person=cast.bryn, kind="learning-digest", channel=channel, is_wanted=False
        )
    assert digest.send(monday()) == 1


def test_last_weeks_page_forgets_what_was_taken_back(cast, home, client):
    from doorstep.learning.actions import stories

    one = making.story(home, cast.bryn, cast.amina, title="The long way round")
    address = reverse("learning:week", args=[digest.key_of(today())])
    client.force_login(cast.amina.account)
    assert "The long way round" in client.get(address).content.decode()
    stories.withdraw(one, by=cast.bryn, at=now())
    assert "The long way round" not in client.get(address).content.decode()


@pytest.mark.parametrize("key", ["2026-W99", "last", "1999-W01", "2026-W00"])
def test_a_week_that_never_was_is_missing(key, cast, home, client):
    client.force_login(cast.amina.account)
    assert client.get(reverse("learning:week", args=[key])).status_code == 404


@pytest.mark.parametrize("by_meaning", [True, False])
def test_what_is_like_it_is_suggested_with_why(by_meaning, cast, home):
    mine = making.thing(
        home, cast.amina, title="How do we reach lonely neighbours who never leave the house?"
    )
    near = making.thing(
        home, cast.bryn, "insight", "Lonely neighbours answer the telephone, not the door",
        "Neighbours who stay in the house wait for a voice.",
    )  # fmt: skip
    making.thing(home, cast.bryn, "insight", "The bus timetable is printed too small")
    if by_meaning:
        assert likeness.read_new() == 3
        assert likeness.read_new() == 0
        assert not Meaning.objects.filter(thing__kind="story").exists()
    found = likeness.like(mine, cast.bryn)
    assert [one.thing for one in found] == [near]
    assert "neighbours" in found[0].why
    # Nobody is told of what they may not see.
    assert likeness.like(mine, cast.ewan) == []


def test_what_was_carried_can_be_taken_back_until_it_is_answered(cast, borough, home, client):
    other = making.community(cast.amina, cast.dev, name="Dots")
    one = making.thing(home, cast.bryn)
    row = carrying.carry(
        one, to=other, why="You may know.", by=cast.bryn, at=now(), client_key=making.key()
    )
    client.force_login(cast.dev.account)
    assert client.get(row.get_absolute_url()).status_code == 200
    assert carrying.take_back(row)
    assert client.get(row.get_absolute_url()).status_code == 404
    with pytest.raises(carrying.CannotCarry, match="took it back"):
        carrying.answer(row, words="Too late", answer_from="", by=cast.dev, at=now())
    again = carrying.carry(
        one, to=other, why="Once more.", by=cast.bryn, at=now(), client_key=making.key()
    )
    carrying.answer(again, words="Yes.", answer_from="", by=cast.dev, at=now())
    assert not carrying.take_back(again)


def test_a_story_never_travels(cast, borough, home):
    other = making.community(cast.amina, name="Dots")
    one = making.story(home, cast.bryn, cast.amina)
    with pytest.raises(carrying.CannotCarry):
        carrying.carry(one, to=other, why="?", by=cast.bryn, at=now(), client_key=making.key())
