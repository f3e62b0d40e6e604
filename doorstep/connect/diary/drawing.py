"""What stands in a bundle: the diary as it is now, as a document for printing, and as a list."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.utils import translation

from doorstep.base.private_files import private_files
from doorstep.base.time import local
from doorstep.connect.diary import seals
from doorstep.connect.diary.models import Bundle, Deadline, Entry, EntryWords, Exhibit

# How wide a picture is on the page, in pixels: a letter has to be read.
_WIDE = {Exhibit.Kind.PHOTO: 1000, Exhibit.Kind.LETTER: 1400}


@dataclass
class Shown:
    """One entry as it stands in a bundle."""

    entry: Entry
    words: EntryWords
    before: list[EntryWords]
    exhibits: list[tuple[Exhibit, str]]  # with its path in the zip, "" where it was taken back
    is_struck: bool
    days_late: int  # how many days after it happened it was written down
    answers: Shown | None = None
    answered_by: list[Shown] = field(default_factory=list)
    days_waited: int | None = None  # of an answer: since the telling

    @property
    def anchor(self) -> str:
        return f"entry-{self.entry.number}"


@dataclass
class Contents:
    """A bundle drawn."""

    bundle: Bundle
    entries: list[Shown]
    deadlines: list[Deadline]

    @property
    def told(self) -> list[Shown]:
        return [one for one in self.entries if one.entry.kind == "told" and not one.is_struck]

    @property
    def corrected(self) -> list[Shown]:
        return [one for one in self.entries if one.before and not one.is_struck]

    @property
    def exhibits(self) -> list[tuple[Exhibit, str]]:
        return [
            (row, path)
            for one in self.entries
            for row, path in one.exhibits
            if path and not one.is_struck
        ]


def contents(bundle: Bundle) -> Contents:
    """Read the diary as it stands now, within the days of the bundle."""
    rows = bundle.diary.entries.prefetch_related("said__by", "exhibits")  # type: ignore[attr-defined]
    if bundle.starts_on:
        rows = rows.filter(happened_on__gte=bundle.starts_on)
    if bundle.ends_on:
        rows = rows.filter(happened_on__lte=bundle.ends_on)
    shown: dict[int, Shown] = {}
    for entry in rows.order_by("happened_on", "number"):
        versions = entry.versions
        exhibits = [
            (
                row,
                ""
                if row.taken_back_at
                else f"attachments/{entry.number:04d}-{at}-{row.kind}{row.ending}",
            )
            for at, row in enumerate(entry.exhibits.all(), 1)
        ]
        written = local(versions[0].at).date()
        shown[entry.pk] = Shown(
            entry,
            versions[-1],
            versions[:-1],
            exhibits,
            versions[-1].is_struck,
            max(0, (written - versions[0].happened_on).days),
        )
    for one in shown.values():
        told = shown.get(one.entry.answers_id or 0)
        if told is not None and not one.is_struck and not told.is_struck:
            one.answers = told
            one.days_waited = (one.words.happened_on - told.words.happened_on).days
            told.answered_by.append(one)
    return Contents(
        bundle,
        list(shown.values()),
        list(bundle.diary.deadlines.all()),  # type: ignore[attr-defined]
    )


def listed(drawn: Contents) -> dict[str, Any]:
    """Return what the list says of a bundle, before its files are known."""
    bundle = drawn.bundle
    rows = []
    for one in drawn.entries:
        row: dict[str, Any] = {
            "number": one.entry.number,
            "written_at": one.before[0].at.isoformat() if one.before else one.words.at.isoformat(),
            "versions": len(one.before) + 1,
            "taken_back": one.is_struck,
        }
        if not one.is_struck:
            row["happened_on"] = one.words.happened_on.isoformat()
            row["sha256"] = _digest(one, has_feelings=bundle.has_feelings)
        rows.append(row)
    return {
        "bundle": bundle.ref,
        "diary": bundle.diary.ref,
        "made_at": bundle.made_at.replace(microsecond=0).isoformat(),
        "made_by": settings.SITE_NAME,
        "from": bundle.starts_on.isoformat() if bundle.starts_on else None,
        "to": bundle.ends_on.isoformat() if bundle.ends_on else None,
        "feelings": bundle.has_feelings,
        "entries": rows,
    }


def _digest(one: Shown, *, has_feelings: bool) -> str:
    """The hash of an entry's words as printed: the same in every bundle that holds it."""
    words = one.words
    said = {
        "number": one.entry.number,
        "kind": one.entry.kind,
        "happened_on": words.happened_on.isoformat(),
        "happened_at": words.happened_at.isoformat() if words.happened_at else None,
        "facts": words.facts,
        "feelings": words.feelings if has_feelings else "",
        "who": words.who,
        "how": words.how,
        "reference": words.reference,
    }
    return hashlib.sha256(seals.canonical(said)).hexdigest()


def file_row(path: str, data: bytes, **more: Any) -> dict[str, Any]:
    """Return how a file stands in a list."""
    return {"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), **more}


def paper(
    drawn: Contents, *, key: str, progress: Callable[[int, int], None] = lambda done, of: None
) -> str:
    """Return the document that `base.printing` makes a PDF of. `progress(photos done, of)`."""
    photos = [row for row, _path in drawn.exhibits if row.content_type == "image/webp"]
    for done, row in enumerate(photos):
        row.picture = _as_data(row)  # type: ignore[attr-defined]
        progress(done + 1, len(photos))
    bundle = drawn.bundle
    language = settings.LANGUAGE_CODE
    with translation.override(language):
        return _with_directions(
            get_template("connect/diary/paper.html").render(
                {
                    "bundle": bundle,
                    "diary": bundle.diary,
                    "person": bundle.diary.person,
                    "drawn": drawn,
                    "borough": settings.BOROUGH,
                    "site": settings.SITE_NAME,
                    "site_url": settings.SITE_URL,
                    "help_phone": settings.HELP_PHONE,
                    "language": language,
                    "fingerprint": seals.fingerprint(key),
                    "key": key,
                }
            )
        )


_AUTO = re.compile(r'dir="auto">((?:\s|<p>)*)([^<]*)')


def _with_directions(html: str) -> str:
    """What a browser does with dir="auto", done here: WeasyPrint doesn't know it."""

    def told(found: re.Match[str]) -> str:
        strong = (unicodedata.bidirectional(one) for one in unescape(found[2]))
        first = next((kind for kind in strong if kind in ("L", "R", "AL")), "L")
        way = "ltr" if first == "L" else "rtl"
        return f'dir="{way}">{found[1]}{found[2]}'

    return _AUTO.sub(told, html)


def _as_data(row: Exhibit) -> str:
    """The picture in the address itself, as a JPEG: nothing is fetched to print."""
    from PIL import Image

    try:
        with private_files.open(row.file) as file:
            image: Image.Image = Image.open(file, formats=("WEBP",))
            image.load()
    except OSError:
        return ""
    wide = _WIDE[Exhibit.Kind(row.kind)]
    if image.width > wide:
        image = image.resize(
            (wide, max(1, round(image.height * wide / image.width))), Image.Resampling.BILINEAR
        )
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=72)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"


def newer(bundle: Bundle, at: dt.datetime | None = None) -> int:
    """Return how many words of the diary were written after the bundle was made."""
    return EntryWords.objects.filter(entry__diary=bundle.diary, at__gt=bundle.made_at).count()
