"""From somebody's own words to the right next thing, each with its reason. It decides nothing."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from doorstep.gatherings import reading as gatherings
from doorstep.organisations import showing
from doorstep.organisations.finding import danger as hearing
from doorstep.organisations.finding import engine, finding
from doorstep.organisations.finding.text import plain
from doorstep.organisations.models import Service
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.support.models import Kind
from doorstep.support.requests.doors import Asked, Door, doors
from doorstep.teams.models import Team

_RANK = {"": 0, "safeguarding": 1, "emergency": 2}
# So much of a long letter is read at once for what it means; danger is heard in all of it.
_WHOLE = 1_500
# Danger is listened for in pieces small enough that one sentence is not drowned by the others.
_PIECE = 400
MOST_READ = 60  # pieces: 24,000 letters, some 4,000 words; of the rest every sentence's words
_LAST = 20  # of them from the end


@dataclass
class Suggestions:
    """What to show, the best first in each part. `danger` leads the page where it is not ""."""

    danger: str = ""
    kinds: list[tuple[str, Any]] = field(default_factory=list)
    services: list[Any] = field(default_factory=list)
    gatherings: list[tuple[Any, Any]] = field(default_factory=list)
    teams: list[tuple[Any, Any]] = field(default_factory=list)
    doors: list[Door] = field(default_factory=list)
    area: Area | None = None
    language: str = ""
    code: str = "en"
    about_child: bool = False


# --- Danger ----------------------------------------------------------------------------------


def danger_in(words: str) -> str:
    """Return "emergency", "safeguarding" or "": what the directory's own ear hears in all of it."""
    worst = ""
    for piece in _pieces(words):
        _heard, _reading, level = finding._read(piece)
        if _RANK[level] > _RANK[worst]:
            worst = level
        if worst == "emergency":
            break
    if not worst and len(words) > _PIECE * MOST_READ:
        # The middle of a very long letter is heard sentence by sentence, by its words alone.
        lines = re.split(r"(?<=[.!?\n।])\s+", words)
        if any(hearing.by_words(line) > hearing.FROM for line in lines if line.strip()):
            worst = "safeguarding"
    return worst


def heard(words: str, level: str) -> str:
    """Return a note that travels with the form: in these very words we heard this.

    Reading a text twice costs more than all the rest of asking; what is sent is mostly what was
    read a minute ago, in another process.
    """
    return f"{level}:{_seal(words, level)}"


def danger_of(words: str, note: str) -> str:
    """Return `danger_in(words)`; from the note, where it is ours and of these words."""
    level, _colon, seal = note[:200].partition(":")
    if level in _RANK and secrets.compare_digest(seal.encode(), _seal(words, level).encode()):
        return level
    return danger_in(words)


def _seal(words: str, level: str) -> str:
    text = f"{level}:{words}"
    return salted_hmac(
        "support.heard", text, secret=settings.SECRET_KEY, algorithm="sha256"
    ).hexdigest()


def _pieces(words: str, size: int = _PIECE) -> list[str]:
    """Cut a long letter where a sentence ends, so that each piece can be read whole."""
    quiet = words.lower() if _shouts(words) else words
    if len(quiet) <= size:
        return [quiet] if quiet.strip() else []
    found: list[str] = []
    rest = quiet
    while rest:
        cut = len(rest) if len(rest) <= size else _end_of_sentence(rest[:size])
        found.append(rest[:cut])
        rest = rest[cut:]
    if len(found) > MOST_READ:
        # Its beginning and its end: the end is where people say what they came to say.
        found = found[: MOST_READ - _LAST] + found[-_LAST:]
    return [piece for piece in found if piece.strip()]


def _end_of_sentence(text: str) -> int:
    ends = [match.end() for match in re.finditer(r"[.!?\n।]\s", text)]
    return ends[-1] if ends else text.rfind(" ") + 1 or len(text)


def _shouts(words: str) -> bool:
    letters = [one for one in words if one.isalpha()]
    return len(letters) > 8 and sum(one.isupper() for one in letters) > 0.7 * len(letters)


# --- Kinds of help ---------------------------------------------------------------------------

# Stems of everyday words, whole or the beginning of one ("~"). A kind wins by how many it has.
_WORDS: dict[str, str] = {
    Kind.SHOPPING: "shop~ groceries grocery tesco asda lidl aldi sainsbury~ milk bread errand~ "
    "supermarket fetch~ provisions",
    Kind.PRESCRIPTION: "prescription~ pharmac~ chemist~ medicine~ medication~ tablet~ insulin "
    "inhaler~ pills pill repeat~ boots",
    Kind.PARCEL: "hungry foodbank food~ eat eating nappies formula cupboard~ meal~ parcel~ "
    "starving fridge",
    Kind.CALL: "lonely lonel~ alone talk chat~ company friend~ isolated bored widow~ nobody "
    "conversation listen",
    Kind.TRANSPORT: "lift~ drive driver appointment~ hospital transport taxi bus travel~ "
    "wheelchair car ride station clinic",
    Kind.FORMS: "form~ letter~ benefit~ application~ apply~ universal credit pip paperwork "
    "online website email~ passport visa blue badge",
    Kind.REPAIRS: "repair~ fix~ broken leak~ tap bulb~ boiler mend~ plumb~ shelf shelves garden~ "
    "grass drill lock furniture heavy flat-pack paint~",
    Kind.DOG: "dog~ puppy walk-the-dog",
}
_WHY: dict[str, Any] = {}


@lru_cache(1)
def _table() -> list[tuple[str, set[str], tuple[str, ...]]]:
    rows = []
    for kind, said in _WORDS.items():
        words = said.split()
        rows.append(
            (
                str(kind),
                {one for one in words if not one.endswith("~")},
                tuple(one[:-1] for one in words if one.endswith("~")),
            )
        )
    return rows


# Who can't lift something asks for no ride.
_LIFTING = re.compile(
    r"\b(?:can|can'?t|cannot|could|couldn'?t|to|not|me|us|and) lift\b|\blifting\b"
)


def _tokens(english: str) -> list[str]:
    """Return the words of a text, without those that only look like a kind of help."""
    text = _LIFTING.sub(" ", plain(english).replace("’", "'"))
    return re.findall(r"[a-z][a-z'-]+", text)


def kinds_in(english: str) -> list[str]:
    """Return the kinds of help these (English) words speak of, the most spoken of first."""
    tokens = _tokens(english)
    scores: dict[str, int] = {}
    for kind, whole, starts in _table():
        count = sum(token in whole or token.startswith(starts) for token in tokens)
        if count:
            scores[kind] = count
    # “Lift” is a ride, unless it is the one in the house that broke.
    if "lift" in tokens and {"broken", "broke", "stairs"} & set(tokens):
        scores.pop(Kind.TRANSPORT, None)
    return sorted(scores, key=lambda kind: (-scores[kind], Kind.values.index(kind)))[:3]


def _why_of(kind: str, english: str) -> Any:
    tokens = _tokens(english)
    for name, whole, starts in _table():
        if name == kind:
            said = next((t for t in tokens if t in whole or t.startswith(starts)), "")
            return _("because you spoke of “%(word)s”") % {"word": said}
    return ""


# --- All of it -------------------------------------------------------------------------------

MOST_SERVICES, MOST_GATHERINGS, MOST_TEAMS = 3, 2, 2


# While a call is typed, the same words come again with each letter of the name: person, words and
# place -> (until when, what was found).
_lately: OrderedDict[tuple[Any, ...], tuple[dt.datetime, Suggestions]] = OrderedDict()
_KEEPS = dt.timedelta(seconds=60)
_MOST_KEPT = 200


def suggest_again(
    words: str, *, viewer: Person | None, at: dt.datetime, area: Area | None = None
) -> Suggestions:
    """`suggest`, at most a minute old: for a page that asks with every few letters typed."""
    key = (words, viewer.pk if viewer else 0, area.pk if area else 0, get_language())
    kept = _lately.get(key)
    if kept is not None and at < kept[0]:
        return kept[1]
    found = suggest(words, viewer=viewer, at=at, area=area)
    _lately[key] = (at + _KEEPS, found)
    while len(_lately) > _MOST_KEPT:
        try:
            _lately.popitem(last=False)
        except KeyError:  # another thread took the last one
            break
    return found


def suggest(
    words: str, *, viewer: Person | None, at: dt.datetime, area: Area | None = None
) -> Suggestions:
    """Return what may help with `words`. `area`: the ward, where a postcode was given."""
    pieces = _pieces(words, _WHOLE)
    if not pieces:
        return Suggestions()
    found = finding.find(pieces[0], viewer, at=at)
    heard, _reading, _level = finding._read(pieces[0])
    here = area or found.understood.area
    if here is None and found.understood.postcode is not None:
        here = found.understood.postcode.ward
    asked = Asked(words, heard.english, here, viewer, at)
    kinds = kinds_in(heard.english)
    who = heard.who
    return Suggestions(
        danger=danger_in(words),
        kinds=[(kind, _why_of(kind, heard.english)) for kind in kinds],
        services=_services(found, viewer, at),
        gatherings=_gatherings(asked, kinds),
        teams=_teams(asked),
        doors=[door for make in doors if (door := make(asked)) is not None],
        area=here,
        language=heard.language,
        code=heard.code,
        about_child=_is_child(who),
    )


def is_about_child(words: str) -> bool:
    """Whether words tell of somebody under 18 whom they are about."""
    pieces = _pieces(words, _WHOLE)
    if not pieces:
        return False
    # Heard by rule alone: reading what is meant costs a hundred times as much.
    heard = engine.hear(pieces[0])
    said = _OF_AN_AGE.findall(heard.english.lower())
    return _is_child(heard.who) or any(int(age) < 18 for age in said)


# “My daughter, 15, …”
_OF_AN_AGE = re.compile(
    r"\b(?:son|daughter|grandson|granddaughter|niece|nephew|child|boy|girl|brother|sister),? "
    r"(?:who is |who's |aged )?(\d{1,2})\b"
)


def _is_child(who: Any) -> bool:
    return bool(who.ages) and min(who.ages) < 18


def _services(found: finding.Found, viewer: Person | None, at: dt.datetime) -> list[Any]:
    best = found.results[:MOST_SERVICES]
    why = {one.pk: one.reasons for one in best}
    shown = Service.objects.visible_to(viewer)
    cards = showing.cards(shown, [one.pk for one in best], at)
    return [(one, "; ".join(why.get(one.service.pk, ()))) for one in cards]


# What sends somebody out of the door, and what is on there.
_COMPANY = re.compile(
    r"\b(lonel\w*|alone|bored|company|friends?|meet\w*|people|isolat\w*|talk|chat|class\w*|group\w*"
    r"|coffee|tea|sew\w*|knit\w*|sing\w*|danc\w*|garden\w*|walk\w*|craft\w*|cook\w*|play\w*)\b"
)


def _topics(english: str) -> list[str]:
    """Words somebody may share with a gathering or a team: what they like."""
    said = re.findall(r"[a-z]{4,}", plain(english))
    return [word[:6] for word in dict.fromkeys(said) if word not in _TOO_COMMON][:12]


_COMMON_WORDS = """
need needs help with have that this from some would like want please cannot could there their
they them very much just also because about when what where which been being does doing week
weeks every time going come coming make get gets thing things good house home hello thank thanks
really still someone somebody something anyone
"""
_TOO_COMMON = frozenset(_COMMON_WORDS.split())


def _gatherings(asked: Asked, kinds: list[str]) -> list[tuple[Any, Any]]:
    lonely = Kind.CALL in kinds or _COMPANY.search(plain(asked.english))
    if not lonely:
        return []
    sessions = gatherings.on_now_or_later(asked.viewer, asked.at)
    if asked.area is not None:
        near = gatherings.locality_of(asked.area)
        sessions = sessions.filter(gathering__area__path__startswith=near)
    match = Q(pk__in=[])
    for word in _topics(asked.english):
        match |= Q(gathering__title__icontains=word)
    rows = gatherings.rows_of(sessions.filter(match)[:MOST_GATHERINGS])
    why: Any = _("because it sounds like what you wrote")
    if not rows and Kind.CALL in kinds:
        rows = gatherings.rows_of(sessions[:MOST_GATHERINGS])
        why = (
            _("because it is near you, and somebody can expect you at the door")
            if asked.area
            else _("because somebody can expect you at the door")
        )
    return [(row, why) for row in rows]


def _teams(asked: Asked) -> list[tuple[Any, Any]]:
    topics = _topics(asked.english)
    if not topics:
        return []
    match = Q(pk__in=[])
    for word in topics:
        match |= Q(name__icontains=word) | Q(purpose__icontains=word)
    teams = Team.objects.visible_to(asked.viewer).filter(match, state=Team.State.LIVE)
    if asked.area is not None:
        teams = teams.filter(area__path__startswith=gatherings.locality_of(asked.area))
    return [
        (team, _("because they do something like it near you") if asked.area
         else _("because they do something like it"))
        for team in teams.order_by("name", "pk")[:MOST_TEAMS]
    ]  # fmt: skip
