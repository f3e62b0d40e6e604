"""Keeping an evidence diary: words are only added, facts stand apart from feelings."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from doorstep.base.private_files import private_files
from doorstep.base.time import now
from doorstep.connect.actions import walking
from doorstep.connect.actions.referring import NotNow
from doorstep.connect.diary import rules
from doorstep.connect.diary.actions import reminding, writing
from doorstep.connect.diary.models import Deadline, Diary, Entry, EntryWords, Exhibit
from doorstep.connect.diary.tests import making
from doorstep.connect.tests import factories
from doorstep.notices.models import Notice
from doorstep.people.models import Reading, RoleHolding

pytestmark = pytest.mark.django_db
AT, DAY = factories.AT, making.DAY


@pytest.fixture
def carys(db):
    return factories.catalyst(factories.organisation())


@pytest.fixture
def walk(cast, carys):
    org = carys.caseloads.get().organisation
    return factories.relationship(org, carys, person=cast.amina)


def test_what_was_written_is_never_overwritten(cast):
    row = making.entry(making.diary(cast.amina))
    writing.put_right(
        row, by=cast.amina, at=AT, why="It was the Monday.", happened_on=making.TODAY - 11 * DAY,
        facts="Water ran down the wall.", feelings="",
    )  # fmt: skip
    row = Entry.objects.get(pk=row.pk)
    assert [words.facts for words in row.versions] == [
        "Water ran down the wall behind the cot.",
        "Water ran down the wall.",
    ]
    assert row.happened_on == row.now.happened_on
    with pytest.raises(TypeError):
        row.now.save()
    writing.strike(row, by=cast.amina, at=AT, why="It was the flat above.")
    with pytest.raises(NotNow):
        writing.strike(row, by=cast.amina, at=AT, why="Again.")
    assert EntryWords.objects.count() == 3


def test_who_keeps_it_is_the_persons_to_say(cast, carys, walk):
    alone = making.diary(cast.amina)
    assert not rules.can_see_diary(carys, alone)
    writing.keep_with(alone, by=cast.amina, at=AT, relationship=walk)
    assert rules.can_see_diary(carys, alone)
    with pytest.raises(NotNow):
        writing.keep_with(alone, by=carys, at=AT, relationship=None)
    walking.end(walk, by=carys, at=AT, why="wished")
    assert not rules.can_see_diary(carys, Diary.objects.get(pk=alone.pk))
    assert not Diary.objects.visible_to(carys).exists()


def test_a_catalyst_writes_it_down_as_they_were_told(cast, carys, walk, client):
    row = making.diary(cast.amina, by=carys, relationship=walk)
    client.force_login(carys.account)
    page = client.post(
        reverse("connect:diary_do", args=[row.ref, "write"]) + "?kind=told",
        {
            "client_key": making.key(),
            "happened_on": "2026-11-02",
            "who": "Housing, Mr Hale",
            "how": "phone",
            "reference": "R-4471",
            "facts": "That the wall is wet.",
            "then_attach": "yes",
        },
    )
    made = Entry.objects.get()
    assert page.url.endswith(f"attach/?about={made.ref}")
    assert made.now.is_spoken
    assert made.now.by == carys
    assert "as told to" in client.get(row.get_absolute_url()).content.decode()
    assert Reading.objects.filter(subject=cast.amina, what="evidence").count() == 1


def test_an_officer_keeps_it_only_where_the_person_asked_the_hub(cast, borough, client):
    officer = cast.dev
    RoleHolding.objects.create(
        person=officer, role="officer", area=borough.borough, starts_at=AT, accepted_at=AT
    )
    row = making.diary(cast.amina)
    client.force_login(officer.account)
    assert client.get(row.get_absolute_url()).status_code == 404
    writing.keep_with(row, by=cast.amina, at=AT, relationship=None, is_with_hub=True)
    assert client.get(row.get_absolute_url()).status_code == 200
    there = f"{reverse('connect:diaries')}?for={cast.amina.handle}"
    client.post(
        there,
        {"client_key": making.key(), "problem": "debt", "title": "The letters"},
    )
    told = Diary.objects.get(problem="debt")
    assert told.is_with_hub
    assert told.started_by == officer


def test_a_photo_is_kept_without_where_it_was_taken(cast):
    row = making.entry(making.diary(cast.amina))
    sent = making.photo(size=(2400, 1200), t271="Nokia", t34853={1: "N"})
    kept = making.exhibit(row, upload=sent)
    with private_files.open(kept.file) as file:
        image = Image.open(io.BytesIO(file.read()))
    assert image.size == (1600, 800)
    assert dict(image.getexif()) == {}


@pytest.mark.parametrize(
    ("kind", "content", "says"),
    [
        ("photo", b"not a photo", "can't read"),
        ("letter", b"<html>", "PDF, or a photo"),
        ("sound", b"MZ\x90\0program", "can't play"),
        ("sound", b"", "can't play"),
    ],
)
def test_a_file_that_is_not_what_it_says_leaves_nothing_behind(cast, kind, content, says):
    row = making.entry(making.diary(cast.amina))
    before = len(list(private_files.root.glob("evidence/*.sealed")))
    with pytest.raises(NotNow, match=says):
        making.exhibit(row, kind, upload=SimpleUploadedFile("x", content))
    assert not Exhibit.objects.exists()
    assert len(list(private_files.root.glob("evidence/*.sealed"))) == before


def test_a_photo_without_words_is_not_kept(cast, client):
    row = making.entry(making.diary(cast.amina))
    client.force_login(cast.amina.account)
    there = reverse("connect:diary_do", args=[row.diary.ref, "attach"]) + f"?about={row.ref}"
    page = client.post(
        there, {"client_key": making.key(), "kind": "photo", "upload": making.photo()}
    )
    assert page.status_code == 422
    assert not Exhibit.objects.exists()


def test_what_is_taken_away_is_gone_from_the_disk(cast, client, django_capture_on_commit_callbacks):
    kept = making.exhibit(making.entry(making.diary(cast.amina)))
    with django_capture_on_commit_callbacks(execute=True):
        writing.take_away(kept, by=cast.amina, at=AT)
    assert not private_files.exists(kept.file)
    client.force_login(cast.amina.account)
    assert client.get(reverse("connect:exhibit", args=[kept.ref])).status_code == 404
    assert "taken away" in client.get(kept.entry.diary.get_absolute_url()).content.decode()


def test_a_diary_that_is_deleted_takes_its_files_along(cast, django_capture_on_commit_callbacks):
    row = making.diary(cast.amina)
    kept = making.exhibit(making.entry(row))
    with django_capture_on_commit_callbacks(execute=True):
        Diary.objects.get(pk=row.pk).delete()
    assert not private_files.exists(kept.file)
    assert not private_files.exists(kept.small_file)


def test_a_day_to_keep_is_told_once_each_time_and_says_nothing_of_what(cast, carys, walk):
    row = making.diary(cast.amina, relationship=walk)
    day = Deadline.objects.create(
        diary=row, words="Mr Hale sends the plumber", due_on=making.TODAY + 7 * DAY,
        made_at=AT - DAY, client_key=making.key(),
    )  # fmt: skip
    for days in (0, 0, 3, 6, 7, 7, 9, 12, 40):
        reminding.remind(AT + days * DAY)
    said = Notice.objects.filter(kind="evidence", person=cast.amina)
    assert said.count() == 4
    assert Notice.objects.filter(kind="evidence", person=carys).count() == 4
    assert not any("Hale" in one.title + one.body for one in said)
    writing.end_deadline(day, by=cast.amina, at=AT, outcome="missed")
    with pytest.raises(NotNow):
        writing.end_deadline(day, by=carys, at=AT, outcome="met")


def test_nobody_is_reminded_of_a_diary_of_somebody_who_died(cast, carys, walk):
    row = making.diary(cast.amina)
    Deadline.objects.create(
        diary=row, words="Answer", due_on=making.TODAY, made_at=AT - DAY, client_key="k" * 12
    )
    walking.end(walk, by=carys, at=AT, why="died")
    assert reminding.remind(AT) == 0


def test_a_day_still_to_come_cannot_have_happened(cast, client):
    row = making.diary(cast.amina)
    client.force_login(cast.amina.account)
    page = client.post(
        reverse("connect:diary_do", args=[row.ref, "write"]),
        {
            "client_key": making.key(),
            "happened_on": (now().date() + dt.timedelta(days=3)).isoformat(),
            "facts": "The plumber came.",
        },
    )
    assert page.status_code == 422
    assert "still to come" in page.content.decode()
    assert "The plumber came." in page.content.decode()


def test_the_same_form_sent_twice_writes_once(cast):
    row = making.diary(cast.amina)
    for _again in range(2):
        writing.write(
            row, by=cast.amina, at=AT, kind="happened", happened_on=making.TODAY,
            facts="Once.", client_key="same-key-of-a-form",
        )  # fmt: skip
    assert [one.number for one in row.entries.all()] == [1]


def test_nobody_writes_in_a_diary_that_is_closed(cast, client):
    row = making.diary(cast.amina)
    writing.close(row, by=cast.amina, at=AT, words="They came at last.")
    client.force_login(cast.amina.account)
    there = reverse("connect:diary_do", args=[row.ref, "write"])
    assert client.get(there).status_code == 403
    page = client.get(row.get_absolute_url()).content.decode()
    assert "They came at last." in page
    assert there not in page


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_diary_costs_no_more_queries(rows, cast, client, django_assert_num_queries):
    row = making.diary(cast.amina)
    for number in range(rows):
        made = making.entry(row, days=number + 1)
        making.exhibit(made, "sound")
        writing.add_deadline(
            row, by=cast.amina, at=AT, words="Day", whose="mine", due_on=making.TODAY,
            client_key=making.key(),
        )  # fmt: skip
    client.force_login(cast.amina.account)
    client.get(row.get_absolute_url())
    with django_assert_num_queries(9):
        assert client.get(row.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    ("words", "asks"),
    [
        ("He waits outside my door with a knife.", True),
        ("Nobody came about the boiler again.", False),
    ],
)
def test_what_sounds_dangerous_is_written_down_and_the_numbers_come_first(
    cast, client, words, asks
):
    row = making.diary(cast.amina, problem="antisocial")
    client.force_login(cast.amina.account)
    page = client.post(
        reverse("connect:diary_do", args=[row.ref, "write"]),
        {
            "client_key": making.key(),
            "happened_on": "2026-11-02",
            "facts": words,
            "then_attach": "yes",
        },
        follow=True,
    ).content.decode()
    assert row.entries.count() == 1
    assert ("Are you safe?" in page) is asks


def test_a_sound_is_played_in_parts_and_heard_once(cast, carys, walk, client, monkeypatch):
    """What an iPhone asks for: the first two bytes, then parts, then a part it had begun before."""
    row = making.diary(walk.person, by=carys, relationship=walk)
    piece = making.exhibit(making.entry(row, by=carys), "sound", by=carys)
    url = reverse("connect:exhibit", args=[piece.ref])
    client.force_login(carys.account)

    def part(asked, **more):
        return client.get(url, headers={"range": f"bytes={asked}", **more})

    first = part("0-1")
    assert (first.status_code, first["Content-Range"]) == (206, "bytes 0-1/504")
    assert b"".join(first.streaming_content) == b"ID"
    tag = first["ETag"]
    assert b"".join(part("1-3", **{"if-range": tag}).streaming_content) == b"D3\x04"
    assert part("-4")["Content-Range"] == "bytes 500-503/504"
    assert part("500-").status_code == 206
    other = part("1-3", **{"if-range": '"another"'})
    assert (other.status_code, other["Content-Length"]) == (200, "504")
    assert part("0-1,5-6").status_code == 200
    none = part("504-")
    assert (none.status_code, none["Content-Range"]) == (416, "bytes */504")
    heard = Reading.objects.filter(reader=carys, subject=walk.person, thing=piece.ref)
    assert heard.count() == 1
    later = now() + dt.timedelta(minutes=31)
    monkeypatch.setattr("doorstep.connect.diary.views.now", lambda: later)
    part("2-9")
    assert heard.count() == 2
    saved = client.get(f"{url}?save")
    assert saved["Content-Disposition"].startswith("attachment")
    client.force_login(cast.ewan.account)
    assert part("0-1").status_code == 404
