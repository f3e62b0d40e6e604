"""Photos: described, stripped, whole or not at all, seen by those who may read the post."""

import datetime as dt
import errno
import io
import struct
import zlib

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from doorstep.base.keys import new_key
from doorstep.feed import actions, photos
from doorstep.feed.models import Photo, Post
from doorstep.people.models import Block
from doorstep.people.rights import retention
from doorstep.teams.tests.factories import TeamFactory, add_member

NOW = timezone.now()


def picture(kind="JPEG", size=(1200, 800), name="holiday.jpg", **more):
    out = io.BytesIO()
    Image.new("RGB", size, "#7CCB6B").save(out, kind, **more)
    return SimpleUploadedFile(name, out.getvalue(), f"image/{kind.lower()}")


def with_a_place():
    exif = Image.Exif()
    exif[0x010F] = "Spy Camera Co"
    exif.get_ifd(0x8825)[1] = "N"
    return picture(exif=exif.tobytes())


def bomb():
    """A PNG of a few bytes that says it is 60,000 by 60,000 pixels."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99))
    return SimpleUploadedFile("bomb.png", png + chunk(b"IEND", b""), "image/png")


def files():
    root = default_storage.location
    import os

    return sorted(name for _d, _s, names in os.walk(root) for name in names)


@pytest.fixture
def form(borough):
    return {
        "place": f"area:{borough.ward.pk}",
        "kind": "note",
        "text": "Look at these.",
        "client_key": new_key(20),
        "describe_1": "A green table",
    }


@pytest.fixture
def amina(cast, client):
    client.force_login(cast.amina.account)
    return cast.amina


def test_a_photo_is_kept_small_and_without_what_the_camera_wrote(amina, form, client):
    assert client.post("/feed/write/", form | {"photo_1": with_a_place()}).status_code == 302
    photo = Photo.objects.get()
    assert (photo.width, photo.description, photo.post.photo_count) == (960, "A green table", 1)
    answer = client.get(f"/feed/photo/{photo.key}/960.webp")
    data = b"".join(answer.streaming_content)
    kept = Image.open(io.BytesIO(data))
    assert (kept.format, kept.size, dict(kept.getexif())) == ("WEBP", (960, 640), {})
    assert b"Spy Camera" not in data
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"].startswith("private")


def test_a_photo_needs_words_for_those_who_cannot_see_it_and_is_not_asked_for_again(
    amina, form, client
):
    sent = form | {"photo_1": picture(), "describe_1": ""}
    answer = client.post("/feed/write/", sent)
    photo = Photo.objects.get()
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Say what the photo shows" in page
    assert f'name="kept_1" value="{photo.key}"' in page
    again = form | {"kept_1": photo.key, "describe_1": "A bus"}
    assert client.post("/feed/write/", again).status_code == 302
    assert Post.objects.get().photos.get().description == "A bus"
    assert Photo.objects.count() == 1


@pytest.mark.parametrize(
    ("upload", "says"),
    [
        (
            lambda: SimpleUploadedFile("a.jpg", b"<script>1</script>", "image/jpeg"),
            "read that file",
        ),
        (lambda: SimpleUploadedFile("a.jpg", b"", "image/jpeg"), "photo is empty"),
        (lambda: SimpleUploadedFile("a.svg", b"<svg/>", "image/svg+xml"), "read that file"),
        (lambda: picture("TIFF", name="a.jpg"), "read that file"),
        (bomb, "too many pixels"),
    ],
)
def test_a_file_that_is_no_photo_is_refused_and_the_words_are_kept(
    upload, says, amina, form, client
):
    answer = client.post("/feed/write/", form | {"photo_1": upload()})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert "Look at these." in answer.content.decode()
    assert (Post.objects.count(), Photo.objects.count(), files()) == (0, 0, [])


def test_a_huge_photo_is_refused_with_what_to_do(amina, form, client, settings):
    settings.UPLOAD_BYTES = 100_000
    big = SimpleUploadedFile("a.jpg", picture().read() + b"\0" * 200_000, "image/jpeg")
    answer = client.post("/feed/write/", form | {"photo_1": big})
    assert answer.status_code == 422
    assert b"too big to send" in answer.content


def test_a_full_disk_says_so_keeps_the_words_and_leaves_no_half_a_file(
    amina, form, client, monkeypatch
):
    writes = []
    real = FileSystemStorage._save

    def fills_up(self, name, content):
        writes.append(name)
        if len(writes) == 2:
            real(self, name, content)  # half of it is on disk already
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, name, content)

    monkeypatch.setattr(FileSystemStorage, "_save", fills_up)
    answer = client.post("/feed/write/", form | {"photo_1": picture()})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "no room for photos just now" in page
    assert "Look at these." in page
    assert (Photo.objects.count(), Post.objects.count(), files()) == (0, 0, [])


def test_more_than_four_photos_cannot_be_sent(amina, form, client):
    sent = form | {f"photo_{n}": picture() for n in range(1, 7)}
    sent |= {f"describe_{n}": f"Number {n}" for n in range(1, 7)}
    client.post("/feed/write/", sent)
    assert Post.objects.get().photo_count == 4


def test_somebody_elses_waiting_photo_cannot_be_posted(cast, amina, form, client):
    theirs = photos.keep(picture(), description="Private", by=cast.bryn)
    client.post("/feed/write/", form | {"kept_1": theirs.key})
    theirs.refresh_from_db()
    assert (theirs.post, Post.objects.get().photo_count) == (None, 0)
    assert client.get(f"/feed/photo/{theirs.key}/480.webp").status_code == 404


def put_up_with_photo(channel, by):
    photo = photos.keep(picture(), description="Ours", by=by)
    return actions.put_up(
        channel, by=by, at=NOW, text="Ours.", client_key=new_key(20), photos=[photo]
    )


def test_a_teams_photo_is_for_the_team(cast, borough, client):
    team = TeamFactory(is_private=True)
    add_member(team, cast.dev)
    photo = put_up_with_photo(actions.channel_of(team), cast.dev).photos.get()
    address = f"/feed/photo/{photo.key}/480.webp"
    assert client.get(address).status_code == 404
    client.force_login(cast.ewan.account)
    assert client.get(address).status_code == 404
    client.force_login(cast.dev.account)
    assert client.get(address).status_code == 200
    assert client.get(f"/feed/photo/{photo.key}/500.webp").status_code == 404


def test_a_blocked_neighbours_photo_is_gone_at_the_next_request(cast, borough, client):
    photo = put_up_with_photo(actions.channel_of(borough.ward), cast.dev).photos.get()
    client.force_login(cast.ewan.account)
    address = f"/feed/photo/{photo.key}/480.webp"
    assert client.get(address).status_code == 200
    Block.objects.create(blocker=cast.dev, blocked=cast.ewan)
    assert client.get(address).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_photo_leaves_the_disk_with_its_post(cast, borough):
    post = put_up_with_photo(actions.channel_of(borough.ward), cast.dev)
    assert len(files()) == 2
    actions.take_down(post, by=cast.dev, at=NOW)
    assert (Photo.objects.count(), files()) == (0, [])


@pytest.mark.django_db(transaction=True)
def test_a_photo_left_out_of_a_change_goes_and_the_others_stay(cast, borough, client):
    post = put_up_with_photo(actions.channel_of(borough.ward), cast.dev)
    first = post.photos.get()
    client.force_login(cast.dev.account)
    sent = {
        "text": "Ours.",
        "kept_1": first.key,
        "describe_1": "Ours",
        "leave_out_1": "1",
        "photo_2": picture(size=(300, 300)),
        "describe_2": "A new one",
    }
    assert client.post(f"/feed/{post.pk}/change/", sent).status_code == 302
    assert [photo.description for photo in post.photos.all()] == ["A new one"]
    post.refresh_from_db()
    assert (post.photo_count, len(files())) == (1, 2)


def test_photos_never_posted_are_thrown_away_after_some_days(cast):
    old = photos.keep(picture(), description="Old", by=cast.dev)
    photos.keep(picture(size=(50, 50)), description="New", by=cast.dev)
    Photo.objects.filter(pk=old.pk).update(kept_at=NOW - dt.timedelta(days=6))
    for _twice in range(2):
        retention.run(at=NOW)
    assert Photo.objects.get().description == "New"
