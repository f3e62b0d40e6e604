"""Who words are about, and whom an entry is for: age, sex, tenure, able to go out. Pure.

A mention is a hint, never a gate: entries that fit rise, those that say they are for others sink.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from doorstep.organisations.finding import text

_TENS = {"sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
         "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
         "ninety": 90, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
         "ten": 10, "nine": 9, "eight": 8, "seven": 7, "six": 6, "five": 5, "four": 4,
         "three": 3, "two": 2, "one": 1}  # fmt: skip
_NUMBER = r"(\d{1,2}|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)" + (
    r"(?:-(?:one|two|three|four|five|six|seven|eight|nine))?|" + "|".join(_TENS) + ")"
)


def _number(said: str) -> int:
    if said.isdigit():
        return int(said)
    return sum(_TENS[one] for one in said.split("-"))


@dataclass(frozen=True)
class About:
    """What words say of the people in them. Empty where they say nothing."""

    ages: tuple[int, ...] = ()
    tenure: str = ""  # "council", "private", "own"
    is_indoors: bool = False  # somebody who cannot easily go out
    wants_out: bool = False
    sexes: frozenset[str] = frozenset()  # "women", "men": who it is to be for

    @property
    def is_anything(self) -> bool:
        return bool(self.ages or self.tenure or self.is_indoors or self.sexes)


_AGE = (
    re.compile(rf"\b(?:i'?m|im|i am|he'?s|hes|she'?s|shes|he is|she is|is|aged?|turned|who'?s|was)"
               rf" (?:only |just |nearly |about |now |a )?{_NUMBER}(?!\s*(?:weeks|months|days|"
               rf"hours|minutes|pounds|quid|kids|children|miles|times|of us|grand|k\b|flats|people|"
               rf"in one|month))\b"),
    re.compile(rf"\b{_NUMBER}[ -]?(?:yr|yrs|year|years|yo)s?[ -]?(?:old|o)\b"),
    re.compile(r"\b(\d\d) ?(?:yo|y/o|m|f)\b"),
    re.compile(r"^(\d\d)(?=[,& ]+(?!k|grand|quid|pounds|p\b|weeks|months|days|hours|mins))"),
)  # fmt: skip
_YEAR = re.compile(r"\byear (\d{1,2})\b")
_OLDER = re.compile(
    r"\b(pensioners?|retired|state pension|in h(?:is|er) (?:seventies|eighties|nineties)|elderly|"
    r"old (?:lady|man|chap|boy|gentleman)|widow(?:er)?)\b"
)
_TEEN = re.compile(r"\b(teen(?:age|ager|agers)?|secondary school|gcses?)\b")
_SMALL = re.compile(r"\b(baby|newborn|toddler|nursery age)\b")
_COUNCIL = re.compile(
    r"\b(council (?:flat|house|tenant|home|place|property|wont|won't|came|say|says|said|painted)|"
    r"my council|the council (?:wont|won't|came|say|says|said|keep|keeps|never)|local authority|"
    r"housing officer|repairs line)\b"
)
_PRIVATE = re.compile(
    r"\b(landlord|land lord|letting agent|lettings?|estate agent|private(?:ly)? rent\w*|agent|"
    r"rent(?:ing)? from a (?:private|man|woman)|deposit)\b"
)
_OWN = re.compile(r"\b(own (?:my|our|her|his) (?:house|home|flat|place)|homeowner|mortgage)\b")
_INDOORS = re.compile(
    r"\b(housebound|house bound|bed ?bound|can'?t (?:get|go|come) (?:out|down|to you|there|into)|"
    r"cannot (?:get|go|come) (?:out|down|to you)|stuck (?:in|at home|indoors)|never gets? out|"
    r"(?:come|pop|visit\w*|comes?) (?:to (?:the|my|his|her|our|their) (?:house|home|flat)|round)|"
    r"don'?t (?:get|go) out|not able to (?:get|go) out|home visit|won'?t leave the house|"
    r"going out hard|from going out|cannot leave|can'?t leave (?:him|her|mum|dad|the house))\b"
)
_FOR_WOMEN = re.compile(
    r"\b(women|ladies|woman|girls|lady|mothers?|mums?|sisters?) (?:only|group|class|club|walk|"
    r"meeting|activit)|\b(women|ladies|female)[ -]only\b|\bno men\b|\bjust (?:women|ladies)\b|"
    r"\bwomen group\b|\bi'?m a (?:woman|girl|mum)\b"
)
_FOR_MEN = re.compile(
    r"\b(?:men|blokes|lads|fellas|dads|fathers)(?:'s)? (?:only|group|club|breakfast)|"
    r"\bi'?m a (?:man|bloke|dad|fella)\b|\bother (?:men|blokes|dads|fellas|lads)\b"
)


def about(words: str) -> About:
    """Return what `words` say of the people in them."""
    plain = text.plain(words)
    ages = [_number(found) for one in _AGE for found in one.findall(plain)]
    ages += [int(found) + 5 for found in _YEAR.findall(plain) if 1 <= int(found) <= 13]
    if not ages:
        if _OLDER.search(plain):
            ages.append(72)
        elif _TEEN.search(plain):
            ages.append(15)
    if _SMALL.search(plain):
        ages.append(1)
    tenure = ""
    if _OWN.search(plain):
        tenure = "own"
    elif _COUNCIL.search(plain):
        tenure = "council"
    elif _PRIVATE.search(plain):
        tenure = "private"
    sexes = {
        sex for sex, pattern in (("women", _FOR_WOMEN), ("men", _FOR_MEN)) if pattern.search(plain)
    }
    return About(
        tuple(dict.fromkeys(one for one in ages if 0 < one < 105)),
        tenure,
        bool(_INDOORS.search(plain)),
        False,
        frozenset(sexes),
    )


@dataclass(frozen=True)
class For:
    """Whom an entry is for, as far as it says. `youngest` and `oldest` in years, or None."""

    youngest: int | None = None
    oldest: int | None = None
    sex: str = ""
    tenures: frozenset[str] = field(default_factory=frozenset)
    comes_to_you: bool = False
    not_tenures: frozenset[str] = field(default_factory=frozenset)


_BETWEEN = re.compile(rf"\b(?:aged?|ages|from|for)? ?{_NUMBER} (?:to|and|–|-) {_NUMBER}s?\b")
_AGED_BETWEEN = re.compile(rf"\b(?:aged?|ages) (?:between )?{_NUMBER} (?:to|and|–|-) {_NUMBER}\b|"
                           rf"\bfor {_NUMBER} to {_NUMBER}s\b")  # fmt: skip
_OVER = re.compile(rf"\b(?:over|above)[ -](?:the age of )?{_NUMBER}s?\b(?! (?:per|pounds|miles))|"
                   rf"\b(?:aged )?{_NUMBER}(?:\+| and (?:above|over))")  # fmt: skip
_UNDER = re.compile(rf"\bunder[ -](?:the age of )?{_NUMBER}s?\b")
_LATER = re.compile(r"\b(later life|later-life|pensioners|older (?:people|residents|adults))\b")
_WOMEN = re.compile(r"\bwomen|\bmothers\b|\bsisters")
_MEN = re.compile(r"\bmen\b|\bmen's\b|\bfathers\b")
_COMES = re.compile(
    r"\b(home visits?|they come to you|in your (?:own )?home|deliver\w*|to your door|"
    r"come to you|flat door|by telephone|by phone|starts by phone|by landline|"
    r"bring items out|they visit)\b"
)


def meant_for(
    name: str,
    description: str,
    access: str = "",
    ages: tuple[float | None, float | None] = (None, None),
) -> For:
    """Return whom an entry is for, from its name, description, way in and given ages."""
    title, body = name.casefold(), f"{name}. {description}".casefold()
    youngest, oldest = (None if one is None else int(one) for one in ages)
    if youngest is None and oldest is None:
        between = _AGED_BETWEEN.search(body)
        if between:
            low, high = (one for one in between.groups() if one)
            youngest, oldest = _number(low), _number(high)
        elif found := _UNDER.search(body):
            oldest = _number(found[1])
        elif found := _OVER.search(body):
            youngest = _number(next(one for one in found.groups() if one))
        elif "state pension age" in body:
            youngest = 66
        elif _LATER.search(body):
            youngest = 55
    sex = ""
    women, men = bool(_WOMEN.search(title)), bool(_MEN.search(title))
    if women != men:
        sex = "women" if women else "men"
    elif "women only" in access.casefold() or "women-only" in body:
        sex = "women"
    tenures, against = set(), set()
    if re.search(r"council tenant|municipal|local authority whose|renting from the local", body):
        tenures.add("council")
    if re.search(r"private (?:landlord|renter|tenant)|renting privately|letting agent", body):
        tenures.add("private")
    if re.search(r"owner-occupier|homeowner", body):
        tenures.add("own")
    if re.search(r"do(?:es)? not (?:assist|help) (?:social|council)", body):
        against.add("council")
    return For(
        youngest, oldest, sex, frozenset(tenures),
        bool(_COMES.search(access.casefold())) or bool(_COMES.search(body)), frozenset(against),
    )  # fmt: skip


# What fitting and not fitting is worth, beside a need's score of about 1.
FITS_AGE, MISSES_AGE = 0.06, 0.16
FITS_TENURE, MISSES_TENURE = 0.12, 0.25
FITS_HOME, MISSES_SEX = 0.08, 0.2
FITS_MOST = 2 * FITS_AGE + FITS_TENURE + FITS_HOME  # all at once


def fit(who: About, entry: For) -> float:
    """Return how much better (or worse) an entry fits because of whom it is for."""
    worth = 0.0
    if who.ages and (entry.youngest is not None or entry.oldest is not None):
        low, high = entry.youngest or 0, entry.oldest if entry.oldest is not None else 120
        if any(low <= age <= high for age in who.ages):
            worth += FITS_AGE
        else:
            nearest = min(min(abs(age - low), abs(age - high)) for age in who.ages)
            worth -= MISSES_AGE * min(1.0, nearest / 8)
    if who.tenure and entry.tenures:
        if who.tenure in entry.tenures:
            worth += FITS_TENURE
        else:
            worth -= MISSES_TENURE
    if who.tenure in entry.not_tenures:
        worth -= MISSES_TENURE
    if who.is_indoors and entry.comes_to_you:
        worth += FITS_HOME
    if entry.sex and who.sexes:
        worth += FITS_AGE if entry.sex in who.sexes else -MISSES_SEX
    return worth


def fits_in_words(who: About, entry: For) -> tuple[str, ...]:
    """Return which of `age`, `tenure`, `home`, `sex` speak for the entry, for the reasons shown."""
    found = []
    if who.ages and (entry.youngest is not None or entry.oldest is not None):
        low, high = entry.youngest or 0, entry.oldest if entry.oldest is not None else 120
        if any(low <= age <= high for age in who.ages):
            found.append("age")
    if who.tenure and who.tenure in entry.tenures:
        found.append("tenure")
    if who.is_indoors and entry.comes_to_you:
        found.append("home")
    if entry.sex and entry.sex in who.sexes:
        found.append("sex")
    return tuple(found)
