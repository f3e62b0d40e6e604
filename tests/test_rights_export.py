"""A copy of everything: all of one's own, and nobody else."""

from __future__ import annotations

import io
import json
import random
import zipfile

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.declaring import all_holdings
from doorstep.base.private_files import private_files
from doorstep.base.time import now
from doorstep.feed import actions as feed
from doorstep.feed import moderation
from doorstep.feed.models import Decision, Photo, Post
from doorstep.feed.tests.factories import area_channel
from doorstep.gatherings.actions import places, welcomes
from doorstep.gatherings.models import RoomMessage
from doorstep.gatherings.tests.factories import one_session
from doorstep.notices import actions as notices
from doorstep.people.actions import block
from doorstep.people.models import Export, Person, RoleHolding
from doorstep.people.rights import actions, exporting
from doorstep.people.rights.redacting import Redactor
from doorstep.people.tests.factories import PersonFactory
from doorstep.teams.tests.factories import TeamFactory, add_member

pytestmark = pytest.mark.django_db

NAMES = ("Zephyrine Quill", "Orlando Brambleby", "Thisbe Marchbanks", "Ignatius Pettifer")


def world(borough, seed: int) -> list[Person]:
    """A few people with names found nowhere else, who talk, meet, thank, flag and block."""
    rng = random.Random(seed)
    people = []
    for number, name in enumerate(NAMES):
        person = PersonFactory(
            known_as=name,
            home=borough.ward,
            full_name=f"{name} Esquire",
            phone=f"+4479460001{number:02d}",
            email=f"written{number}@example.net",
            about=f"{name} likes tea",
        )
        person.account.phone = f"+4479460002{number:02d}"
        person.account.save()
        people.append(person)
    at, one = now(), rng.choice
    team = TeamFactory(area=borough.ward, name="Tea and toast")
    for person in people:
        add_member(team, person, "host" if person is people[0] else "member")
    posts = []
    for step in range(6):
        by, other = rng.sample(people, 2)
        said = one(
            [
                f"Thanks to @{other.known_as} for the soup",
                f"Ring {other.known_as.split()[0]} on 07946 000{100 + step} or {other.email}",
                f"See /people/{other.handle}/ for more",
                "The kettle is on",
            ]
        )
        posts.append(
            feed.put_up(
                area_channel(borough.ward), by=by, at=at, text=said, client_key=f"k{seed}-{step}-p"
            )
        )
    for step in range(8):
        by, other = rng.sample(people, 2)
        post = one(posts)
        feed.reply(
            post, by=by, at=at, text=f"@{other.known_as} said so", client_key=f"k{seed}-{step}-c"
        )
        if post.author_id != by.pk:
            feed.thank(post, by=by, at=at)
    by = people[1]
    feed.change(posts[0], by=posts[0].author, at=at, text=f"I meant @{people[2].known_as}")
    flagged = next(post for post in posts if post.author_id != by.pk)
    moderation.flag("post", flagged, by=by, rule="scam", note="It asks for money", at=at)
    Decision.objects.create(
        target_kind="post", target_id=flagged.pk, author=flagged.author, rule="scam",
        outcome="keep", reason="It is fine", by=people[3],
    )  # fmt: skip
    session = one_session(people[0])
    for guest in people[1:3]:
        place = places.take_place(session, by=guest, at=at)
        welcomes.ask_to_be_expected(place, by=guest, at=at, wishes="A chair", phone=guest.phone)
    RoomMessage.objects.create(session=session, person=people[2], text=f"Hi {people[0].known_as}")
    RoleHolding.objects.create(
        person=people[2], role="mentor", area=borough.ward, granted_by=people[3]
    )
    block(people[3], by=people[2], at=at)
    notices.send(
        "reply", people[1], key="x", title=f"{people[0].known_as} answered", body="Come by",
        path=f"/people/{people[0].handle}/", about=people[0],
    )  # fmt: skip
    name = default_storage.save("feed/soup.webp", ContentFile(b"soup"))
    Photo.objects.create(
        owner=people[1], name=name, small_name=name, width=1, height=1, description="Soup"
    )
    return people


def telling(person: Person) -> list[str]:
    """What would tell who this person is."""
    account = person.account
    return [
        person.known_as, person.full_name, person.handle, person.phone, person.email,
        person.phone.removeprefix("+44"), account.email, account.phone,
        person.known_as.split()[0], person.known_as.split()[1],
    ]  # fmt: skip


def both(person: Person) -> tuple[str, str]:
    document = exporting.collect(person, at=now())
    return exporting.as_html(document), exporting.as_json(document)


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000))
def test_nobody_else_stands_in_a_copy(borough, seed):
    from django.db import transaction

    with transaction.atomic():
        people = world(borough, seed)
        for person in people:
            for text in both(person):
                assert person.known_as in text
                for other in people:
                    if other is not person:
                        assert [word for word in telling(other) if word in text] == []
        transaction.set_rollback(True)


def _count_by_hand(one, person) -> int:
    """Count the rows about a person in SQL of our own, along each path."""
    model = one.model
    ids: set = set()
    with connection.cursor() as cursor:
        for path in one.subjects:
            if path == "pk":
                return 1
            steps, table, wanted = [], model, path.split("__")
            for step in wanted:
                field = table._meta.get_field(step)
                steps.append((table._meta.db_table, field.column, field.related_model))
                table = field.related_model
            inner = str(person.pk)
            for name, column, _to in reversed(steps):
                key = next(m for m in _tables() if m._meta.db_table == name)._meta.pk.column
                inner = f"SELECT {key} FROM {name} WHERE {column} IN ({inner})"  # noqa: S608
            cursor.execute(inner)
            ids |= {row[0] for row in cursor.fetchall()}
    return len(ids)


def _tables():
    from django.apps import apps

    return apps.get_models(include_auto_created=True)


def test_every_row_about_a_person_is_in_their_copy(borough):
    people = world(borough, 7)
    for person in people:
        document = exporting.collect(person, at=now())
        found = {section["name"]: section["count"] for section in document["sections"]}
        for one in all_holdings():
            if one.subjects and not one.withhold:
                assert found.get(one.name, 0) == _count_by_hand(one, person), one.name
        assert all(len(s["rows"]) == s["count"] for s in document["sections"])


def test_who_reported_and_who_blocked_is_never_told(borough):
    people = world(borough, 3)
    document = exporting.collect(people[3], at=now())
    by_name = {section["name"]: section for section in document["sections"]}
    assert by_name["people.block:blocked"]["rows"] == []
    assert "theirs to know" in by_name["people.block:blocked"]["withheld"]
    for person in people:
        text = exporting.as_json(exporting.collect(person, at=now()))
        if "feed.flag:author" in text:
            reported = json.loads(text)["sections"]
            row = next(s for s in reported if s["name"] == "feed.flag:author")["rows"][0]
            assert "It asks for money" not in json.dumps(row)


def test_secrets_never_leave(borough):
    people = world(borough, 5)
    person = people[1]
    person.account.set_password("a-long-secret-word")
    person.account.save()
    for text in both(person):
        assert person.account.password not in text


def test_a_copy_is_made_in_the_background_and_fetched_by_its_person_alone(
    borough, client, django_capture_on_commit_callbacks
):
    mine, theirs, *_rest = world(borough, 11)[1:]
    client.force_login(mine.account)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/people/me/record/export/").status_code == 302
    row = Export.objects.get(person=mine)
    assert row.state == "ready"
    page = client.get("/people/me/record/export/").content.decode()
    assert f"/people/me/record/export/{row.key}/zip/" in page
    answer = client.get(f"/people/me/record/export/{row.key}/zip/")
    assert answer["Content-Disposition"].startswith("attachment")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert {exporting.HTML, exporting.JSON} <= set(archive.namelist())
    assert [archive.read(n) for n in archive.namelist() if n.startswith("photos/")] == [b"soup"]
    assert mine.notices.filter(kind="rights").exists()
    # Another's, a made-up one, and one whose week is over all answer alike.
    client.force_login(theirs.account)
    assert client.get(f"/people/me/record/export/{row.key}/zip/").status_code == 404
    Export.objects.update(expires_at=now())
    client.force_login(mine.account)
    assert client.get(f"/people/me/record/export/{row.key}/zip/").status_code == 404
    assert actions.forget_exports(at=now()) == 1
    with pytest.raises(FileNotFoundError):
        private_files.open(row.file_name)


def test_the_file_on_disk_says_nothing_without_the_key(borough, settings, tmp_path):
    person = world(borough, 2)[0]
    export = actions.ask_export(person, by=person, at=now())
    assert actions.make(export.pk, at=now())
    assert not actions.make(export.pk, at=now())
    found = [path for path in tmp_path.rglob("*") if path.suffix == ".sealed"]
    assert found
    for path in found:
        raw = path.read_bytes()
        assert b"Zephyrine" not in raw
        assert not raw.startswith(b"PK")


def test_ones_own_name_number_and_flowers_stay(borough):
    me = PersonFactory(known_as="Rose Field", phone="+447946000999", home=borough.ward)
    other = PersonFactory(known_as="Bryn Ivy", home=borough.ward)
    redact = Redactor(me, [other.pk])
    said = "Rose here: ring 07946 000999, not 07946 000111. Bryn has ivy and a rose."
    assert redact.words(said) == (
        "Rose here: ring 07946 000999, not [a number]. a neighbour has ivy and a rose."
    )
    assert Post.objects.count() == 0
