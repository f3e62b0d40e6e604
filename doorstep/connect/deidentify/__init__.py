"""De-identifying: what in a text may tell who somebody is, marked before it leaves the record.

    find(text) -> [Span(start, end, kind, sure)]     in order, never overlapping
    mask(text) -> "[name] lives at [address]"

Pure: no database, no request, nothing outside this process. The writer confirms every mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from doorstep.connect.deidentify.spans import KINDS, Span, without_overlaps

__all__ = ["KINDS", "Span", "find", "mask"]

LONGEST = 20_000  # characters; what is longer is read in parts


def find(text: str, *, rare: bool = True) -> list[Span]:
    """Return what may tell who somebody is, in order and without overlaps.

    `rare=False` leaves out rare details. `start` and `end` count characters.
    """
    made: list[Span] = []
    for start in range(0, len(text), LONGEST):
        made += [
            Span(one.start + start, one.end + start, one.kind, one.sure)
            for one in _find(text[start : start + LONGEST], rare)
        ]
    return made


def _find(text: str, rare: bool) -> list[Span]:
    from doorstep.connect.deidentify import meanings, naming, shapes
    from doorstep.connect.deidentify import rare as rare_details

    if not text.strip():
        return []
    words = naming.split(text)
    read = meanings.of_words(text, words) if words else None
    found = without_overlaps([*shapes.emails(text), *shapes.postcodes(text), *shapes.numbers(text)])
    born = list(shapes.births(text))
    homes = without_overlaps([*found, *born, *shapes.addresses(text)])
    names = naming.names(text, homes, read, words)
    everything = [*homes, *names, *shapes.births(text, names)]
    if rare:
        everything += rare_details.rare_details(text, read, words)
    spans = []
    for one in without_overlaps_but_rare(everything):
        start, end = one.start, one.end
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if end > start:
            spans.append(Span(start, end, one.kind, one.sure))
    return spans


def without_overlaps_but_rare(spans: list[Span]) -> list[Span]:
    """Return spans without overlaps; a rare detail is shortened round what lies inside it."""
    firm = without_overlaps([one for one in spans if one.kind != "rare_detail"])
    made = list(firm)
    for one in spans:
        if one.kind != "rare_detail":
            continue
        parts = [(one.start, one.end)]
        for other in firm:
            cut = []
            for start, end in parts:
                if other.end <= start or other.start >= end:
                    cut.append((start, end))
                else:
                    cut += [(start, other.start), (other.end, end)]
            parts = cut
        made += [Span(s, e, one.kind, one.sure) for s, e in parts if e - s >= 16]
    return sorted(made, key=lambda one: one.start)


def mask(text: str, spans: Sequence[Span] | None = None) -> str:
    """Return the text with each mark replaced by what it is: “[name] rang”.

    `spans` are the marks the writer confirmed; without them, everything found.
    """
    out, at = [], 0
    for one in sorted(find(text) if spans is None else spans, key=lambda span: span.start):
        if one.start < at:
            continue
        out += [text[at : one.start], f"[{SAID[one.kind]}]"]
        at = one.end
    out.append(text[at:])
    return re.sub(r"(\[[a-z ]+\])(?:[ ,]+\1)+", r"\1", "".join(out))


SAID = {
    "name": "name",
    "address": "address",
    "postcode": "postcode",
    "phone": "phone number",
    "email": "email",
    "date_of_birth": "date of birth",
    "nhs_number": "NHS number",
    "rare_detail": "detail",
}
