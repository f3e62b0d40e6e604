"""Reading a list of people to ring: any spreadsheet's CSV, however it was saved.

A file may mix encodings from line to line, repeat people, or hold formulas. Nothing in it is ever
run: a cell is text. Lines without a number stay on the list, marked, so that nobody is lost.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from doorstep.base.private_files import private_files
from doorstep.base.text import clean_line
from doorstep.base.time import now
from doorstep.people import numbers
from doorstep.people.merging.suggesting import fold
from doorstep.people.tongues import TONGUES
from doorstep.places.models import Area, Postcode, tidy_postcode
from doorstep.support.models import Outreach, OutreachRow

MOST_LINES = 50_000
MOST_BYTES = 20 * 1024 * 1024
CHUNK = 1_000
FOLDER = "outreach"

# What people call the columns.
_NAMES = {
    "name": "name", "full name": "name", "fullname": "name", "resident": "name",
    "first name": "given", "forename": "given", "given name": "given", "firstname": "given",
    "last name": "family", "surname": "family", "family name": "family", "lastname": "family",
    "phone": "phone", "telephone": "phone", "tel": "phone", "mobile": "phone", "number": "phone",
    "phone number": "phone", "telephone number": "phone", "contact number": "phone",
    "address": "address", "address 1": "address", "address line 1": "address", "street": "address",
    "postcode": "postcode", "post code": "postcode", "zip": "postcode",
    "note": "note", "notes": "note", "comment": "note", "comments": "note",
    "language": "language",
}  # fmt: skip


# What people call the languages.
_TONGUES = {
    "english": "en-gb", "romanian": "ro", "bengali": "bn", "bangla": "bn", "urdu": "ur",
    "lithuanian": "lt", "albanian": "sq", "portuguese": "pt", "punjabi": "pa", "panjabi": "pa",
    "bulgarian": "bg", "polish": "pl", "italian": "it", "turkish": "tr", "spanish": "es",
    "french": "fr", "arabic": "ar", "somali": "so", "yoruba": "yo", "igbo": "ig", "akan": "ak",
    "twi": "ak", "swahili": "sw", "tamil": "ta", "gujarati": "gu", "hindi": "hi", "persian": "fa",
    "farsi": "fa", "pashto": "ps", "kurdish": "ku", "russian": "ru", "ukrainian": "uk",
    "vietnamese": "vi", "chinese": "zh", "mandarin": "zh", "cantonese": "zh", "filipino": "tl",
    "tagalog": "tl", "malayalam": "ml", "bsl": "bfi", "british sign language": "bfi",
}  # fmt: skip
for _code, _name in TONGUES:
    _TONGUES |= {_name.casefold(): _code, _code: _code}


class Unreadable(Exception):
    """Why a file can't be a list of people, as a sentence."""


@dataclass
class Line:
    """One person of a file."""

    number: int
    name: str = ""
    phone: str = ""
    address: str = ""
    postcode: str = ""
    note: str = ""
    language: str = ""
    is_usable: bool = False


def decode(raw: bytes) -> tuple[str, str]:
    """Return (text, what it was): UTF-8, UTF-16, or a mix settled line by line."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace"), "UTF-16"
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        return raw.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        pass
    lines = []
    mixed = False
    for line in raw.split(b"\n"):
        try:
            lines.append(line.decode("utf-8"))
            mixed = mixed or not line.isascii()
        except UnicodeDecodeError:
            lines.append(line.decode("cp1252", errors="replace"))
    return "\n".join(lines), "mixed" if mixed else "Windows"


def lines_of(text: str) -> Iterator[Line]:
    """Yield the people of a file. Raises Unreadable for one without the columns we need."""
    if "\x00" in text[:4_000]:
        raise Unreadable(_("That is no CSV. Save the sheet as CSV, then choose it again."))
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text.replace("\x00", "")), delimiter=delimiter)
    try:
        head = [
            _NAMES.get(clean_line(cell).casefold().replace("_", " "), "") for cell in next(rows)
        ]
    except StopIteration:
        raise Unreadable(_("The file is empty.")) from None
    if "phone" not in head or not {"name", "given", "family"} & set(head):
        raise Unreadable(
            _("The first line must name the columns. We need at least “name” and “phone”.")
        )
    number = 0
    try:
        for row in rows:
            number += 1
            if number > MOST_LINES:
                raise Unreadable(_("That is more than 50,000 lines. Cut the file in two."))
            if not any(cell.strip() for cell in row):
                continue
            yield _line(number, dict(zip(head, row, strict=False)))
    except csv.Error as problem:
        raise Unreadable(
            _("Line %(n)d can't be read. Save the sheet as CSV again.") % {"n": number + 2}
        ) from problem


def _line(number: int, cells: dict[str, str]) -> Line:
    said = {name: _plain(cell) for name, cell in cells.items()}
    name = said.get("name") or f"{said.get('given', '')} {said.get('family', '')}".strip()
    line = Line(
        number,
        name=name[:120],
        address=said.get("address", "")[:300],
        note=said.get("note", "")[:1_000],
    )
    spoken = said.get("language", "")
    line.language = _TONGUES.get(spoken.casefold(), "")
    if spoken and not line.language:
        # One we have no name for is still read out before somebody rings.
        line.note = ", ".join(filter(None, (line.note, spoken)))[:1_000]
    code = said.get("postcode", "")
    line.postcode = tidy_postcode(code) or code[:10]
    typed = clean_line(cells.get("phone", ""))
    # A sheet eats the first nought and turns long numbers into 4.47701E+11.
    bare = re.sub(r"[^\d+]", "", typed)
    if re.fullmatch(r"7\d{9}", bare):
        bare = f"0{bare}"
    try:
        line.phone = numbers.parse_abroad(bare or "-")
        line.is_usable = True
    except ValidationError:
        line.phone = typed.lstrip("=")[:30]
    return line


def _plain(cell: str) -> str:
    """A cell as text; what would be a formula in a sheet loses what makes it one."""
    text = clean_line(cell or "")
    while text[:1] in ("=", "+", "-", "@", "\t", "'") and text:
        text = text[1:].lstrip()
    return text


def safe_cell(value: Any) -> str:
    """A value for a CSV that goes out: never a formula in whoever's sheet."""
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


# --- The worker's part -----------------------------------------------------------------------


def tick() -> int:
    """Go on reading every list that waits; return how many lines were read."""
    done = 0
    for outreach in Outreach.objects.filter(state=Outreach.State.READING).order_by("pk"):
        done += read(outreach)
    return done


def read(outreach: Outreach) -> int:
    """Read one list to its end, a thousand lines at a time; what was read before stays read."""
    with private_files.open(outreach.file, "rb") as file:
        text, encoding = decode(file.read(MOST_BYTES + 1))
    Outreach.objects.filter(pk=outreach.pk).update(encoding=encoding)
    places = {
        area.pk: area for area in Area.objects.of_kind(Area.Kind.WARD).select_related("parent")
    }
    seen: set[tuple[str, str]] = set()
    heap: list[tuple[Line, bool]] = []
    done = 0
    try:
        for line in lines_of(text):
            who = (line.phone if line.is_usable else fold(line.address), fold(line.name))
            is_double = who in seen
            seen.add(who)
            if line.number <= outreach.read:
                continue
            heap.append((line, is_double))
            if len(heap) >= CHUNK:
                done += _keep(outreach, heap, places)
                heap = []
        done += _keep(outreach, heap, places)
    except Unreadable as problem:
        Outreach.objects.filter(pk=outreach.pk).update(
            state=Outreach.State.FAILED, problem=str(problem)[:300]
        )
        _forget_file(outreach)
        return done
    Outreach.objects.filter(pk=outreach.pk, state=Outreach.State.READING).update(
        state=Outreach.State.READY
    )
    _forget_file(outreach)
    return done


def _forget_file(outreach: Outreach) -> None:
    private_files.delete(outreach.file)
    Outreach.objects.filter(pk=outreach.pk).update(file="")


@transaction.atomic
def _keep(outreach: Outreach, heap: list[tuple[Line, bool]], wards: dict[int, Area]) -> int:
    if not heap:
        return 0
    at = now()
    codes = {line.postcode for line, _double in heap if line.postcode}
    where = dict(Postcode.objects.filter(pk__in=codes).values_list("pk", "ward"))
    rows, doubles, unusable = [], 0, 0
    for line, is_double in heap:
        if is_double:
            doubles += 1
            continue
        unusable += not line.is_usable
        ward = wards.get(where.get(line.postcode, 0))
        rows.append(
            OutreachRow(
                outreach=outreach,
                number=line.number,
                name=line.name,
                phone=line.phone,
                address=line.address,
                postcode=line.postcode,
                note=line.note,
                language=line.language,
                locality=outreach.locality or (ward.parent if ward else None),
                state=OutreachRow.State.WAITING if line.is_usable else OutreachRow.State.UNUSABLE,
                next_at=at,
            )
        )
    OutreachRow.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    last = heap[-1][0].number
    outreach.read = last
    outreach.doubles += doubles
    outreach.unusable += unusable
    Outreach.objects.filter(pk=outreach.pk).update(
        read=last, doubles=outreach.doubles, unusable=outreach.unusable
    )
    return len(heap)
