"""Made-up diaries, photos and bundles for tests."""

import datetime as dt
import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from doorstep.base.keys import new_key
from doorstep.connect.diary.actions import bundling, writing
from doorstep.connect.tests.factories import AT

TODAY = AT.date()
DAY = dt.timedelta(days=1)


def key():
    return new_key(20)


def diary(person, by=None, **more):
    words = {"problem": "repairs", "title": "Mould in the back bedroom", "at": AT - 60 * DAY}
    return writing.begin(person, by=by or person, client_key=key(), **{**words, **more})


def entry(row, by=None, days=10, **more):
    words = {
        "kind": "happened",
        "happened_on": TODAY - days * DAY,
        "facts": "Water ran down the wall behind the cot.",
        "feelings": "I was frightened for the baby.",
        "at": AT - days * DAY,
    }
    return writing.write(row, by=by or row.person, client_key=key(), **{**words, **more})


def photo(colour="red", size=(64, 48), **exif):
    out = io.BytesIO()
    image = Image.new("RGB", size, colour)
    tags = image.getexif()
    for tag, value in exif.items():
        tags[int(tag[1:])] = value
    image.save(out, "JPEG", exif=tags)
    return SimpleUploadedFile("IMG_2041.jpg", out.getvalue(), "image/jpeg")


def letter():
    return SimpleUploadedFile("letter.pdf", b"%PDF-1.4\n1 0 obj\n%%EOF\n", "application/pdf")


def sound():
    return SimpleUploadedFile("noise.mp3", b"ID3\x04" + b"\0" * 500, "audio/mpeg")


def exhibit(row, kind="photo", by=None, upload=None, **more):
    upload = upload or {"photo": photo, "letter": letter, "sound": sound}[kind]()
    words = {"description": "The wall behind the cot, black to the height of a chair."}
    return writing.attach(
        row,
        by=by or row.diary.person,
        at=AT,
        kind=kind,
        upload=upload,
        client_key=key(),
        **{**words, **more},
    )


def bundle(row, by=None, at=AT, make=True, **more):
    made = bundling.begin(row, by=by or row.person, at=at, client_key=key(), **more)
    if make:
        assert bundling.make(made.pk, at=at)
        made.refresh_from_db()
    return made
