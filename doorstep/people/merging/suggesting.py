"""Which two records may be one person's: points with reasons in plain words. A human decides.

Points are added up from what two records say. What they differ in counts too: a different year
of birth weighs more than a shared phone, because households share phones. Nothing is learnt from
people's records, and notes are not read.
"""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from doorstep.people.merging.nicknames import FAMILIES, are_one

# From here on a pair is shown to officers.
SUGGEST = 40
# A key that more records share says nothing about any of them.
MOST_WITH_A_KEY = 40

# reason -> what the officer reads
REASONS: dict[str, Any] = {
    "phone": _("the same phone number"),
    "phone_slip": _("phone numbers that differ by a slip"),
    "email": _("the same e-mail"),
    "born": _("the same date of birth"),
    "born_turned": _("the same date of birth with day and month swapped"),
    "born_year": _("the same year of birth"),
    "born_differs": _("different dates of birth"),
    "name": _("the same name"),
    "swapped": _("the same names, the other way round"),
    "nickname": _("a short form of the same name"),
    "near_name": _("names that sound or look alike"),
    "initial": _("the same first letter of the name"),
    "family": _("the same family name"),
    "family_part": _("a part of the family name"),
    "first_name": _("the same first name"),
    "other_name": _("different first names"),
    "other_family": _("different family names"),
    "postcode": _("the same postcode"),
    "address": _("the same address"),
    "elsewhere": _("different postcodes"),
}
AGAINST = frozenset({"born_differs", "other_name", "other_family", "elsewhere"})

# So many people are called this that it proves little.
_COMMON = frozenset(
    [
        "ahmed",
        "akhtar",
        "ali",
        "begum",
        "bibi",
        "brown",
        "hussain",
        "islam",
        "johnson",
        "jones",
        "kaur",
        "khan",
        "khatun",
        "khatoon",
        "miah",
        "mohammed",
        "nguyen",
        "patel",
        "popa",
        "popescu",
        "rahman",
        "shah",
        "singh",
        "smith",
        "taylor",
        "tran",
        "uddin",
        "williams",
    ]
)
_TITLES = frozenset(["mr", "mrs", "ms", "miss", "dr", "rev", "sir", "mx", "master"])
_STREET = {
    "rd": "road", "st": "street", "ln": "lane", "cl": "close", "ct": "court", "crt": "court",
    "ave": "avenue", "av": "avenue", "hse": "house", "gdns": "gardens", "yd": "yard",
    "pde": "parade", "rch": "reach", "mead": "meadow", "pt": "point", "dr": "drive",
    "rm": "room", "sq": "square", "pl": "place", "tce": "terrace",
}  # fmt: skip
_UNIT = frozenset({"flat", "room", "apartment", "apt", "the", "unit", "no"})


@dataclass(frozen=True)
class Card:
    """What a record says, ready to be compared. Names are folded: "Józef" is "jozef"."""

    given: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    born_on: dt.date | None = None
    born_year: int | None = None
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    postcode: str = ""
    address: tuple[str, ...] = ()
    locality: int = 0

    @property
    def year(self) -> int | None:
        return self.born_on.year if self.born_on else self.born_year

    @property
    def names(self) -> tuple[str, ...]:
        return self.given + self.family


@dataclass(frozen=True)
class Score:
    """How likely two records are one person's: `points` from 0 to 100, and why."""

    points: int
    names: tuple[str, ...] = ()

    @property
    def reasons(self) -> list[Any]:
        """What speaks for it, in words, the weightiest first."""
        return [REASONS[name] for name in self.names if name not in AGAINST]

    @property
    def against(self) -> list[Any]:
        """What speaks against it, in words."""
        return [REASONS[name] for name in self.names if name in AGAINST]


# --- Making cards -------------------------------------------------------------------------------


def fold(text: str) -> str:
    """Return lower-case letters and digits without accents, words parted by one space."""
    plain = text.translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", plain).casefold()
    plain = "".join(one for one in plain if not unicodedata.combining(one))
    plain = re.sub(r"['’`]", "", plain)
    return re.sub(r"[^\w]+|_", " ", plain).strip()


_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ı": "i"})


def words_of_name(text: str) -> tuple[str, ...]:
    return tuple(one for one in fold(text).split() if one not in _TITLES and not one.isdigit())


def digits(phone: str) -> str:
    """Return a British number's digits without the nought or +44 in front; "" for too few."""
    found = re.sub(r"\D", "", phone)
    found = found.removeprefix("0044").removeprefix("44") if len(found) > 10 else found
    found = found.removeprefix("0")
    return found if len(found) >= 7 else ""


def squeeze(postcode: str) -> str:
    return re.sub(r"\s", "", postcode).upper()


def address_words(text: str) -> tuple[str, ...]:
    return tuple(
        _STREET.get(one, one) for one in fold(text).split() if _STREET.get(one, one) not in _UNIT
    )


def card_of(person: Any) -> Card:
    """Return the card of a Person; the account's number and e-mail count as theirs."""
    account = getattr(person, "account", None) if person.pk else None
    called, full = words_of_name(person.known_as), words_of_name(person.full_name)
    if len(full) >= 2:
        given, family = list(full[:-1]), full[-1:]
        # “Peggy” beside “Margaret Holloway” is one more name she has.
        given += [one for one in called if one not in full]
    elif len(called) >= 2:
        given, family = list(called[:-1]), called[-1:]
        given += [one for one in full if one not in called]
    else:
        given, family = [*dict.fromkeys((*called, *full))], ()
    contacts = (person.phone, account.phone if account else "")
    mails = (person.email, account.email if account else "")
    return Card(
        given=tuple(given),
        family=family,
        born_on=person.born_on,
        phones=frozenset(filter(None, (digits(one or "") for one in contacts))),
        emails=frozenset(one.lower() for one in mails if one),
        postcode=squeeze(person.postcode),
        locality=_locality(person),
    )


def _locality(person: Any) -> int:
    """The id of the second level of the path of where they live: borough > locality > ward."""
    path = person.home.path_ids if person.home_id else []
    return path[1] if len(path) > 1 else 0


# --- Comparing names ----------------------------------------------------------------------------

_SOUNDS = (
    ("ph", "f"), ("sch", "s"), ("sz", "s"), ("cz", "s"), ("sh", "s"), ("ch", "k"), ("ck", "k"),
    ("kh", "k"), ("gh", "g"), ("th", "t"), ("dh", "d"), ("wh", "v"), ("w", "v"), ("x", "ks"),
    ("q", "k"), ("c", "k"), ("z", "s"), ("j", "y"),
)  # fmt: skip


@functools.lru_cache(maxsize=20_000)
def sound(word: str) -> str:
    """Return the consonants of a folded word as they sound: "mohammed" and "muhammad" agree."""
    for old, new in _SOUNDS:
        word = word.replace(old, new)
    first, rest = word[:1], re.sub(r"[aeiouyh]", "", word[1:])
    key = ("a" if first in "aeiouy" else first) + rest
    return re.sub(r"(.)\1+", r"\1", key)


@functools.lru_cache(maxsize=50_000)
def _name(one: str, other: str) -> str:
    """Return "same", "nickname", "near", "initial" or "other"."""
    if one == other:
        return "same"
    if len(one) == 1 or len(other) == 1:
        return "initial" if one[:1] == other[:1] else "other"
    if are_one(one, other):
        return "nickname"
    short, long = sorted((one, other), key=len)
    if len(short) >= 3 and long.startswith(short) and len(long) - len(short) >= 2:
        return "nickname"
    if short + "a" == long:
        return "other"  # Robert and Roberta
    if sorted(one) == sorted(other) and len(one) >= 4 and _typos(one, other) == 1:
        return "near"
    alike = difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
    if sound(one) == sound(other) and alike >= 0.5 and len(sound(one)) >= 2:
        return "near"
    if _somali(one) == _somali(other):
        return "near"
    if alike >= 0.8 and len(short) >= 5:
        return "near"
    return "other"


def _somali(word: str) -> str:
    """Somali writes c and x where others write nothing and h."""
    plain = re.sub(r"^c(?=[aiu])", "", word).replace("x", "h")
    return re.sub(r"(.)\1+", r"\1", re.sub(r"c(?=[ai])", "", plain))


def _typos(one: str, other: str) -> int:
    """Return how many neighbouring letters change places between two words, 9 for more."""
    differ = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if not differ:
        return 0
    if len(differ) == 2 and differ[1] == differ[0] + 1:
        return 1
    return 9


_RANK = {"same": 5, "nickname": 4, "near": 3, "initial": 2, "": 1, "other": 0}


def _given(mine: Iterable[str], theirs: Iterable[str]) -> str:
    """The best that any two of these names make; "" where one has none."""
    found = [_name(one, other) for one in mine for other in theirs]
    return max(found, key=_RANK.__getitem__) if found else ""


def _family(mine: tuple[str, ...], theirs: tuple[str, ...]) -> str:
    """Return "same", "near", "part", "" (not known) or "other"."""
    if not mine or not theirs:
        return ""
    if mine == theirs or "".join(mine) == "".join(theirs):
        return "same"
    joined = _name("".join(mine), "".join(theirs))
    if joined == "near":
        return "near"
    both = [(one, other, _name(one, other)) for one in mine for other in theirs]
    if any(how == "same" and len(one) > 2 for one, _other, how in both):
        return "part"
    if any(how in ("near", "nickname") and min(len(a), len(b)) > 3 for a, b, how in both):
        return "near"
    return "other"


# --- Scoring ------------------------------------------------------------------------------------


@dataclass
class _Sum:
    points: float = 0
    why: list[tuple[float, str]] = field(default_factory=list)

    def add(self, points: float, reason: str = "") -> None:
        self.points += points
        if reason:
            self.why.append((points, reason))


_GIVEN = {"same": 16, "nickname": 14, "near": 8, "initial": 3, "": -4, "other": -48}
_FAMILY = {"same": 14, "near": 10, "part": 9, "": -4, "other": -14}


def score(one: Card, other: Card) -> Score:
    """Compare two records; never a decision."""
    total = _Sum()
    given, family, is_swapped = _names(one, other)
    total.add(_GIVEN[given])
    total.add(_FAMILY[family])
    if family == "same" and not _COMMON.isdisjoint(one.family + one.given):
        total.add(-7)
    _tell_names(total, given, family, is_swapped)
    _births(total, one, other)
    _contacts(total, one, other, given)
    _places(total, one, other)
    names = [name for _points, name in sorted(total.why, key=lambda row: -abs(row[0]))]
    return Score(int(max(0, min(100, round(total.points)))), tuple(dict.fromkeys(names)))


def _names(one: Card, other: Card) -> tuple[str, str, bool]:
    straight = (_given(one.given, other.given), _family(one.family, other.family))
    if not (one.family and other.family):
        # A single word may be either name.
        if not one.family or not other.family:
            best = _given(one.names, other.names)
            return best, "", False
        return (*straight, False)
    crossed = (_given(one.given, other.family), _family(one.family, other.given))
    worth = lambda pair: _GIVEN[pair[0]] + _FAMILY[pair[1]]  # noqa: E731
    # All the same words, however they were parted between first and family name.
    if straight != ("same", "same") and sorted(one.names) == sorted(other.names):
        return "same", "same", True
    is_swap = crossed[0] in ("same", "near") and crossed[1] in ("same", "part", "near")
    if is_swap and worth(crossed) > worth(straight):
        return crossed[0], crossed[1], True
    return (*straight, False)


def _tell_names(total: _Sum, given: str, family: str, is_swapped: bool) -> None:
    if is_swapped:
        total.why.append((30, "swapped"))
        return
    if (given, family) == ("same", "same"):
        total.why.append((30, "name"))
        return
    tell = {"same": "first_name", "nickname": "nickname", "near": "near_name",
            "initial": "initial", "other": "other_name"}  # fmt: skip
    if given:
        total.why.append((_GIVEN[given], tell[given]))
    kin = {"same": "family", "near": "near_name", "part": "family_part", "other": "other_family"}
    if family:
        total.why.append((_FAMILY[family], kin[family]))


def _births(total: _Sum, one: Card, other: Card) -> None:
    mine, theirs = one.born_on, other.born_on
    if mine and theirs:
        if mine == theirs:
            # Where only the year is known, many write the first of January.
            total.add(13 if (mine.month, mine.day) == (1, 1) else 28, "born")
        elif (mine.year, mine.month, mine.day) == (theirs.year, theirs.day, theirs.month):
            total.add(20, "born_turned")
        elif sum(a != b for a, b in zip(str(mine), str(theirs), strict=True)) == 1:
            total.add(-12, "born_differs")
        else:
            total.add(-50, "born_differs")
    elif one.year and other.year:
        if one.year == other.year:
            total.add(14, "born_year")
        else:
            total.add(-18 if abs(one.year - other.year) == 1 else -50, "born_differs")


def _contacts(total: _Sum, one: Card, other: Card, given: str) -> None:
    if one.phones & other.phones:
        total.add(25, "phone")
    elif one.phones and other.phones:
        if any(is_slip(a, b) for a in one.phones for b in other.phones):
            total.add(18, "phone_slip")
        else:
            total.add(-7)
    if one.emails & other.emails:
        total.add(20, "email")
    elif one.emails and other.emails:
        total.add(-5)


def is_slip(one: str, other: str) -> bool:
    """Whether two numbers differ by two digits that changed places, or by one digit."""
    if len(one) != len(other):
        return False
    differ = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(differ) == 2:
        first, second = differ
        return one[first] == other[second] and one[second] == other[first]
    return False


def _places(total: _Sum, one: Card, other: Card) -> None:
    if one.postcode and other.postcode:
        full = min(len(one.postcode), len(other.postcode)) > 4
        if one.postcode == other.postcode:
            total.add(8 if full else 2, "postcode")
        elif full and sorted(one.postcode) == sorted(other.postcode):
            total.add(5)
        elif full:
            total.add(-10, "elsewhere")
    if one.address and other.address:
        numbers = [{w for w in card.address if w.isdigit()} for card in (one, other)]
        streets = [{w for w in card.address if not w.isdigit()} for card in (one, other)]
        same_street = bool(streets[0] & streets[1]) or any(
            _name(a, b) == "near" for a in streets[0] for b in streets[1]
        )
        if same_street and numbers[0] and numbers[0] == numbers[1]:
            total.add(10, "address")
        elif same_street and not (numbers[0] and numbers[1]):
            total.add(4, "address")
        elif same_street and sorted("".join(numbers[0])) != sorted("".join(numbers[1])):
            total.add(-8)


# --- Meeting ------------------------------------------------------------------------------------


def keys_of(card: Card) -> set[str]:
    """Return what this record shares with those it may be the same as; at most some twenty.

    Two records are compared only where they share one of these.
    """
    found = {f"phone:{one}" for one in card.phones}
    # Two digits that changed places make the same heap of digits.
    found |= {f"digits:{''.join(sorted(one))}:{one[:3]}" for one in card.phones}
    found |= {f"email:{one}" for one in card.emails}
    roots = {root for word in card.given for root in _roots(word)} | {
        sound(word) for word in card.family if len(word) > 1
    }
    if card.born_on:
        day = sorted((card.born_on.day, card.born_on.month))
        born = f"{card.born_on.year}-{day[0]}-{day[1]}"
        found |= {f"born:{born}:{sound(word)[:1]}" for word in card.names}
    sounds = sorted({sound(word) for word in card.names if len(word) > 1})
    if len(sounds) > 1:
        found.add(f"name:{' '.join(sounds)}")
    for root in roots:
        if card.postcode:
            found.add(f"there:{card.postcode}:{root}")
        if card.year:
            found.add(f"year:{card.year}:{root}")
    if card.locality:
        for word in card.family:
            found |= {
                f"near:{card.locality}:{sound(word)}:{root}"
                for given in card.given
                for root in _roots(given)
            }
    return found


def _roots(word: str) -> set[str]:
    """What a first name goes by: its sound, and each family of names it belongs to (at most 4)."""
    if len(word) < 2:
        return set()
    return {sound(word)} | {f"={number}" for number in sorted(FAMILIES.get(word, ()))[:4]}
