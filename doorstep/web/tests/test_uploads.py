"""What people send as a photo is a picture or nothing, and what is kept of it runs nothing."""

import io
import zipfile
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from doorstep.base import pictures
from doorstep.feed import photos
from doorstep.feed.models import Photo, Post
from doorstep.feed.tests.factories import PostFactory, area_channel

SCRIPT = b"<script>alert(document.cookie)</script>"


def drawn(kind="JPEG", **more):
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, kind, **more)
    return out.getvalue()


def sent(data, name="photo.jpg", kind="image/jpeg"):
    return SimpleUploadedFile(name, data, content_type=kind)


def bomb():
    """A PNG of a few bytes that claims 50,000 by 50,000 pixels."""
    header = b"IHDR" + (50_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    return (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\r" + header + zlib.crc32(header).to_bytes(4, "big")
        + b"\x00\x00\x00\x00IEND\xaeB`\x82"
    )  # fmt: skip


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        pack.writestr("a.html", SCRIPT * 100)
    return out.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + SCRIPT + b"</svg>"
NOT_PICTURES = {
    "drawing.svg": SVG,
    "drawing.jpg": SVG,
    "page.html": b"<!doctype html>" + SCRIPT,
    "page.png": b"<!doctype html>" + SCRIPT,
    "looks.gif": b"GIF89a/*" + SCRIPT + b"*/=0;",
    "looks.jpg": b"\xff\xd8\xff\xe0" + SCRIPT,
    "pack.jpg": zipped(),
    "paper.png": b"%PDF-1.7\n" + SCRIPT,
    "code.php": b"<?php system($_GET['x']); ?>",
    "tiff.jpg": drawn("TIFF"),
    "bmp.jpg": drawn("BMP"),
    "bomb.png": bomb(),
    "empty.jpg": b"",
    "nulls.jpg": b"\x00" * 4096,
}


@pytest.fixture
def post(cast, borough):
    return PostFactory(channel=area_channel(borough.ward), author=cast.dev, readers="everyone")


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_what_is_not_a_picture_is_refused_whatever_it_is_called(db, cast, name, settings):
    with pytest.raises(pictures.BadPicture):
        photos.keep(sent(NOT_PICTURES[name], name), description="x", by=cast.dev)
    assert not Photo.objects.exists()
    assert not list(settings.MEDIA_ROOT.rglob("*.webp"))


def test_a_drawing_with_a_script_is_no_photo(db, cast):
    with pytest.raises(pictures.BadPicture):
        photos.keep(sent(SVG, "x.svg", "image/svg+xml"), description="x", by=cast.dev)


@pytest.mark.parametrize("tail", [SCRIPT, zipped(), b"<?php phpinfo(); ?>"])
def test_of_a_picture_that_is_also_something_else_only_the_picture_is_kept(db, cast, tail):
    exif = Image.Exif()
    exif[0x010E] = SCRIPT.decode()
    exif[0x9286] = SCRIPT.decode()
    data = drawn(exif=exif.tobytes(), comment=SCRIPT) + tail
    kept = photos.keep(sent(data), description="A teal square", by=cast.dev)
    for size in pictures.WIDTHS:
        with photos.open_file(kept, size) as file:
            bytes_kept = file.read()
        assert bytes_kept[:4] == b"RIFF"
        assert b"script" not in bytes_kept
        assert b"php" not in bytes_kept
        assert b"PK\x03\x04" not in bytes_kept


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "..\\..\\x.jpg", "/etc/passwd.jpg", "x.jpg\x00.html", "con.jpg",
     "http://evil.example/x.jpg", "$(id).jpg", "a" * 400 + ".jpg", "\u202egpj.exe"],
)  # fmt: skip
def test_a_name_that_climbs_names_nothing(db, cast, name, settings):
    upload = sent(drawn())
    upload._name = name
    kept = photos.keep(upload, description="A teal square", by=cast.dev)
    for stored in (kept.name, kept.small_name):
        assert stored.startswith("feed/")
        assert stored.endswith(".webp")
        assert name not in stored
        assert (settings.MEDIA_ROOT / stored).resolve().is_relative_to(settings.MEDIA_ROOT)


def test_a_hundred_megabytes_are_refused_without_being_read(db, cast):
    class Huge(io.BytesIO):
        def read(self, size=-1):
            raise AssertionError("it was read")

    upload = sent(drawn())
    upload.file = Huge()
    upload.size = 100 * 1024 * 1024
    with pytest.raises(pictures.BadPicture):
        photos.keep(upload, description="x", by=cast.dev)


def test_a_kept_photo_opened_by_itself_runs_nothing(client, cast, post):
    kept = photos.keep(sent(drawn()), description="A teal square", by=cast.dev)
    Photo.objects.filter(pk=kept.pk).update(post=post)
    answer = client.get(f"/feed/photo/{kept.key}/480.webp")
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_the_folder_of_uploads_is_not_served(client, cast, post):
    kept = photos.keep(sent(drawn()), description="A teal square", by=cast.dev)
    for where in (f"/media/{kept.name}", f"/{kept.name}", "/media/", f"/static/{kept.name}"):
        assert client.get(where).status_code == 404


def test_a_download_is_named_by_us(client, cast, borough):
    from doorstep.people.models import RoleHolding

    RoleHolding.objects.create(person=cast.carys, role="moderator", area=borough.ward)
    client.force_login(cast.carys.account)
    answer = client.get("/feed/moderation/log.csv?filename=evil.exe")
    assert "evil" not in answer.headers["Content-Disposition"]


def test_a_post_with_a_hostile_file_keeps_its_words_and_nothing_else(client, cast, borough):
    client.force_login(cast.dev.account)
    answer = client.post(
        "/feed/write/",
        {
            "place": f"area:{borough.ward.pk}",
            "kind": "note",
            "text": "Look at my garden",
            "client_key": "key-of-hostile",
            "photo": sent(SVG, "garden.svg", "image/svg+xml"),
            "photo_1": sent(SVG, "garden.svg", "image/svg+xml"),
            "photos": sent(SVG, "garden.svg", "image/svg+xml"),
        },
    )
    assert answer.status_code in (302, 422)
    assert not Photo.objects.exists()
    assert answer.status_code == 302 or "Look at my garden" in answer.content.decode()
    assert Post.objects.count() in (0, 1)
