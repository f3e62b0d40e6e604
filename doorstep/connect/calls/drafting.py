"""From what a catalyst writes to what goes out: every mark is decided by the writer.

Marks are what `connect.deidentify` finds, and every name we know around this person beside.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from doorstep.connect.deidentify import SAID, Span, find, mask
from doorstep.connect.deidentify.spans import without_overlaps
from doorstep.connect.models import CircleMember, Relationship
from doorstep.organisations.finding.text import STOP

# What may never stay, whatever the writer thinks.
NEVER_KEPT = ("phone", "email", "nhs_number", "postcode", "date_of_birth")
TAKE, SAY, KEEP = "take", "say", "keep"
_WORD = re.compile(r"[^\W\d_]{3,}")
_PLACE_HELD = re.compile(rf"\[(?:{'|'.join(map(re.escape, SAID.values()))})\]")

Mark = dict[str, Any]


def known_names(relationship: Relationship) -> tuple[set[str], set[str]]:
    """Return words of names known around a person: of their own name, and of others' names."""
    person = relationship.person
    own = {one.casefold() for one in _WORD.findall(f"{person.known_as} {person.full_name}")}
    others = set()
    names = [
        *CircleMember.objects.filter(owner=person, organisation=None).values_list(
            "name", flat=True
        ),
        *relationship.walks.values_list("person__known_as", flat=True),  # type: ignore[attr-defined]
    ]
    if relationship.referral is not None:
        own |= {one.casefold() for one in _WORD.findall(relationship.referral.name)}
    for name in names:
        others |= {
            one for one in _WORD.findall(name) if one[0].isupper() and one.casefold() not in STOP
        }
    return own - STOP, others


def spans_of(text: str, relationship: Relationship) -> list[Span]:
    """Return what may tell who it is: found by reading, and by the names we know."""
    own, others = known_names(relationship)
    held = [(one.start(), one.end()) for one in _PLACE_HELD.finditer(text)]
    known = [
        Span(one.start(), one.end(), "name")
        for one in _WORD.finditer(text)
        if one[0].casefold() in own or one[0] in others
    ]
    found = without_overlaps([*find(text), *known])
    return [
        one for one in found if not any(one.start < end and start < one.end for start, end in held)
    ]


def mark_up(
    text: str, relationship: Relationship, before: Sequence[tuple[str, str]] = ()
) -> list[Mark]:
    """Return the marks of a text, undecided but for those kept before: (kind, words)."""
    kept = {(kind, words.casefold()) for kind, words in before}
    return [
        {
            "start": one.start,
            "end": one.end,
            "kind": one.kind,
            "do": KEEP if (one.kind, text[one.start : one.end].casefold()) in kept else "",
            "instead": "",
        }
        for one in spans_of(text, relationship)
    ]


def kept_in(text: str, marks: Sequence[Mark]) -> list[tuple[str, str]]:
    """Return (kind, words) of the marks the writer let stay."""
    return [(one["kind"], text[one["start"] : one["end"]]) for one in marks if one["do"] == KEEP]


def put_together(text: str, marks: Sequence[Mark]) -> str:
    """Return the text as it goes out, each mark as it was decided."""
    out, at = [], 0
    for one in sorted(marks, key=lambda mark: mark["start"]):
        start, end = one["start"], one["end"]
        if one["do"] == KEEP or start < at:
            continue
        said = one["instead"] if one["do"] == SAY else f"[{SAID[one['kind']]}]"
        out += [text[at:start], said]
        at = end
    out.append(text[at:])
    # “[name], [name]” tells how many there are; one will do (as `mask` does).
    return mask("".join(out), [])


def pieces(text: str, marks: Sequence[Mark]) -> list[dict[str, Any]]:
    """Return the text in pieces, those marked with their number from 1, for a page."""
    made: list[dict[str, Any]] = []
    at = 0
    for number, one in enumerate(marks, 1):
        made.append({"text": text[at : one["start"]], "number": None})
        made.append({"text": text[one["start"] : one["end"]], "number": number})
        at = one["end"]
    made.append({"text": text[at:], "number": None})
    return [one for one in made if one["text"]]
