"""Photos people send: checked, stripped, resized, or refused with a sentence."""

import io
import struct
import zlib

import pytest
from django.core.files.storage import InMemoryStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from doorstep.base import pictures

MB = 1024 * 1024


def photo(size=(1600, 1200), kind="JPEG", **options):
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


def keep(data, name="photo.jpg", storage=None, most=12 * MB):
    upload = SimpleUploadedFile(name, data)
    return pictures.keep(
        upload, folder="posts", most_bytes=most, storage=storage or InMemoryStorage()
    )


def test_a_photo_is_kept_in_two_sizes_as_webp():
    storage = InMemoryStorage()
    kept = keep(photo(), storage=storage)
    assert (kept.width, kept.height) == (960, 720)
    sizes = [Image.open(storage.open(name)) for name in (kept.small_name, kept.name)]
    assert [(one.format, one.width) for one in sizes] == [("WEBP", 480), ("WEBP", 960)]


def test_place_camera_and_comments_are_gone():
    exif = Image.Exif()
    exif[0x010F] = "SpyCam"
    exif[0x9286] = "secret note"
    exif.get_ifd(0x8825)[2] = (51.0, 32.0, 1.0)
    storage = InMemoryStorage()
    kept = keep(photo(exif=exif.tobytes(), comment=b"secret note"), storage=storage)
    for name in (kept.name, kept.small_name):
        data = storage.open(name).read()
        assert not Image.open(io.BytesIO(data)).getexif()
        for secret in (b"SpyCam", b"secret", b"EXIF", b"GPS"):
            assert secret not in data


def test_a_photo_taken_sideways_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    kept = keep(photo(size=(800, 400), exif=exif.tobytes()))
    assert (kept.width, kept.height) == (400, 800)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script></html>",
        b"MZ\x90\x00" + b"\x00" * 500,
        b"%PDF-1.7\n",
        photo()[:300],
    ],
)
def test_what_only_claims_to_be_a_photo_is_refused_with_what_to_send(data):
    with pytest.raises(pictures.BadPicture, match="Send a JPEG"):
        keep(data, "cat.jpg")


def bomb(width, height):
    """Return a PNG of a few bytes that claims to be enormous."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 100))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(9000, 9000), (50_000, 50_000), (2_000_000, 100)])
def test_a_decompression_bomb_is_refused_before_it_is_opened(size):
    with pytest.raises(pictures.BadPicture, match="too many pixels"):
        keep(bomb(*size), "bomb.png")


def test_a_hundred_megabytes_are_refused_without_being_read():
    class Huge(SimpleUploadedFile):
        def read(self, *args):
            raise AssertionError("it was read")

        seek = read

    upload = Huge("huge.jpg", b"x")
    upload.size = 100 * MB
    with pytest.raises(pictures.BadPicture, match="under 12 MB"):
        pictures.keep(upload, folder="posts", most_bytes=12 * MB, storage=InMemoryStorage())


def test_see_through_pictures_get_a_white_ground():
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    storage = InMemoryStorage()
    kept = keep(out.getvalue(), "x.png", storage)
    assert Image.open(storage.open(kept.name)).getpixel((5, 5)) == (255, 255, 255)


def test_nothing_is_left_behind_when_a_photo_is_refused():
    storage = InMemoryStorage()
    with pytest.raises(pictures.BadPicture):
        keep(photo()[:300], storage=storage)
    assert not storage.exists("posts")
