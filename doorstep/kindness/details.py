"""Private details in a text: numbers, addresses and the like, with where they stand.

Only shapes are looked for; whose detail it is, is guessed from the words just before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Detail:
    """One private detail. `sort` is a name of `SORTS`; `start` and `end` count characters."""

    sort: str
    start: int
    end: int
    is_own: bool


# The words before a detail that say whose it is.
_OTHER = re.compile(
    r"\b(he|she|his|her|hers|their|theirs|him|them|mrs?|ms|miss|neighbour'?s?|the (?:landlord|"
    r"head\w*|host|woman|man|family|couple|lady|boy|girl|carer)|\w+['’]s|who lives|lives)\b",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(me|my|mine|i|i'm|im|i’m|our|ours|us|we|we're|at ours)\b", re.IGNORECASE)
# Where an address or a number is meant to be known.
_PUBLIC = re.compile(
    r"\b(hall|centre|center|church|mosque|temple|gurdwara|synagogue|library|caf[eé]|club|school|"
    r"surgery|pharmacy|chemist|shop|hub|helpline|line|office|council|charity|samaritans|venue|"
    r"market|museum|park|station|bus|poster|team|hotline|advice|refuge|service|club's)\b",
    re.IGNORECASE,
)
_STREET = (
    r"(?:road|rd|street|st|close|lane|row|avenue|ave|court|gardens|crescent|drive|way|terrace|"
    r"grove|walk|place|square|mews|hill|house|buildings|tower|mansions|green)"
)


def _luhn(match: re.Match[str]) -> bool:
    digits = [int(c) for c in match[0] if c.isdigit()]
    if not 13 <= len(digits) <= 19:
        return False
    doubled = [d * 2 - 9 * (d > 4) for d in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _phone(match: re.Match[str]) -> bool:
    return 10 <= sum(c.isdigit() for c in match[0]) <= 13


_ANY: Callable[[re.Match[str]], bool] = lambda match: True  # noqa: E731

# Most telling first: what one has found, the next leaves alone.
SORTS: dict[str, tuple[re.Pattern[str], Callable[[re.Match[str]], bool]]] = {
    "card": (re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)"), _luhn),
    "insurance": (
        re.compile(r"\b[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D]\b", re.IGNORECASE),
        _ANY,
    ),
    "bank": (
        re.compile(
            r"(?<!\d)\d\d-\d\d-\d\d(?!\d)|\bsort code:? ?\d\d ?\d\d ?\d\d(?!\d)|"
            r"\baccount(?: number| no\.?)?:? ?\d{8}(?!\d)",
            re.IGNORECASE,
        ),
        _ANY,
    ),
    "phone": (re.compile(r"(?<![\d#])(?:\+|00|0)\d(?:[ ().-]{0,2}\d){8,12}(?!\d)"), _phone),
    "nhs": (re.compile(r"\bnhs\D{0,20}(\d{3}[ -]?\d{3}[ -]?\d{4})(?!\d)", re.IGNORECASE), _ANY),
    "secret": (
        re.compile(
            r"\b(?:pin|password|passcode|pass code)(?: number)?(?: is|'s|:|=)\s*\S{3,}",
            re.IGNORECASE,
        ),
        _ANY,
    ),
    "email": (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w"), _ANY),
    "plate": (re.compile(r"\b[A-Z]{2}\d\d ?[A-Z]{3}\b"), _ANY),
    "address": (
        re.compile(
            r"(?:\b(?:flat|apartment|apt|unit) \d{1,4}[a-z]?,? ?(?:at )?)?"
            rf"\b\d{{1,4}}[a-z]?,? (?:[A-Z][\w’']+ ){{1,3}}(?i:{_STREET})\b",
        ),
        _ANY,
    ),
    "birth": (
        re.compile(
            r"\b(?:born(?: on)?|date of birth|dob|d\.o\.b\.?)\D{0,12}"
            r"\d{1,2}[/. -]\w{1,9}[/. -]\d{2,4}",
            re.IGNORECASE,
        ),
        _ANY,
    ),
    "postcode": (
        re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}\b", re.IGNORECASE),
        _ANY,
    ),
}
# Numbers that are for everyone to ring.
_KNOWN_NUMBERS = re.compile(r"^(?:0800|0808|0300|0330|0333|0345|0370|116|111|999|101|112)")
_HAS_ONE = re.compile(r"\d|@|\bpin\b|password", re.IGNORECASE)


def find(text: str) -> list[Detail]:
    """Return the private details in `text`, in the order they stand."""
    if not _HAS_ONE.search(text):
        return []
    found: list[Detail] = []
    for sort, (pattern, is_one) in SORTS.items():
        for match in pattern.finditer(text):
            start, end = match.span()
            if not is_one(match) or any(start < d.end and d.start < end for d in found):
                continue
            if sort == "phone" and _KNOWN_NUMBERS.match(match[0].replace(" ", "")):
                continue
            near = text[max(0, start - 60) : start]
            around = near + text[end : end + 40]
            if sort in ("phone", "address", "postcode", "email") and _PUBLIC.search(around):
                continue
            found.append(Detail(sort, start, end, _is_own(near)))
    return sorted(found, key=lambda one: one.start)


def _is_own(before: str) -> bool:
    """Whether the last word before it that says whose it is, says the writer's own."""
    other = max((m.end() for m in _OTHER.finditer(before)), default=-1)
    own = max((m.end() for m in _OWN.finditer(before)), default=-1)
    return own > other
