"""One door: words in, entries with reasons out. The page (`organisations.searching`) asks here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from django.db.models import Avg
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.organisations.finding import (
    audience,
    danger,
    engine,
    languages,
    meaning,
    others,
    store,
    text,
)
from doorstep.people.models import Person
from doorstep.places.atlas import atlas
from doorstep.places.models import Area, Postcode, find_postcode, tidy_postcode

# A result is shown when it is at least so near to the best, and not by chance alone.
NEAR_THE_BEST, LEAST = 0.45, 0.3
MOST, MOST_OF_ALL = 60, 2_000  # the latter where filters still narrow them
MOST_ASKED = 1_000  # words whose answers an index remembers
_POSTCODE = re.compile(r"\b([A-Za-z]{1,2}\d[A-Za-z\d]?)(?:\s*(\d[A-Za-z]{2}))?\b")


class Result(NamedTuple):
    """One entry. `pk` of the service, `score` about 0 to 2."""

    pk: int
    score: float
    hit: engine.Hit
    heard: engine.Heard
    within: engine.Index

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is shown, said when it is: “for private renters”, “in Romanian”."""
        place = self.hit.place
        return _reasons(self.hit, self.heard, self.within.meant[place], self.within.spoken[place])


@dataclass(frozen=True)
class Point:
    """A spot on the map, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True)
class Understood:
    """What was understood beside the need: a place, languages, who it is about."""

    area: Area | None = None
    postcode: Postcode | None = None
    district: str = ""  # "RM10", where only half a postcode was given
    languages: tuple[str, ...] = ()
    who: audience.About = field(default_factory=audience.About)
    said: tuple[str, ...] = ()  # for “We understood: …”
    near: Area | Postcode | Point | None = None  # from where it is near


@dataclass(frozen=True)
class Found:
    """What was found; `danger` is "emergency", "safeguarding" or "" and leads the page."""

    results: tuple[Result, ...] = ()
    danger: str = ""
    understood: Understood = field(default_factory=Understood)


_TENURES: dict[str, str | Promise] = {
    "council": gettext_lazy("for council tenants"),
    "private": gettext_lazy("for private renters"),
    "own": gettext_lazy("for people who own their home"),
}
_SEXES: dict[str, str | Promise] = {
    "women": gettext_lazy("for women"),
    "men": gettext_lazy("for men"),
}


def find(
    words: str,
    viewer: Person | None = None,
    *,
    at: dt.datetime | None = None,
    everything: bool = False,
) -> Found:
    """Return what answers `words`, best first: at most 60 shown services.

    `everything` asks for all that answer nearly as well as the best, for filters to choose from.
    `viewer` and `at` are for the page, which filters by what the viewer may see and by time; here
    everything is public. Costs one query at most once a minute, none otherwise.
    """
    plain = text.plain(words)
    if not plain:
        return Found()
    heard, reading, level = _read(words)
    index = store.index()
    shown = None if everything else index.asked.get(words)
    if everything:
        shown = index.answering(heard, reading, LEAST, NEAR_THE_BEST, MOST_OF_ALL)
    elif shown is None:
        hits = index.search(heard, reading, MOST)
        best = hits[0].score if hits else 0.0
        shown = [one for one in hits if one.score >= max(LEAST, NEAR_THE_BEST * best)]
        if len(index.asked) >= MOST_ASKED:
            index.asked.clear()
        index.asked[words] = shown
    understood = _understood(words, heard)
    results = tuple(
        Result(int(index.keys[one.place]), one.score, one, heard, index) for one in shown
    )
    return Found(results, level, understood)


def beside(words: str, best: float) -> dict[str, list[tuple[int, float]]]:
    """Return kind -> (id, score): what else answers about as well as `best`, before it is asked
    who may see it (`others.groups`)."""
    if not text.plain(words):
        return {}
    heard, reading, _level = _read(words)
    return others.find(words, heard, reading, best)


def mended(words: str) -> str:
    """Return `words` with slips of the finger put right, "" where there are none."""
    return _mended(words, store.index())


@lru_cache(1_000)
def _mended(words: str, index: engine.Index) -> str:
    from doorstep.organisations.finding import spelling

    return spelling.mended(words, index)


@lru_cache(1_000)
def _read(words: str) -> tuple[engine.Heard, engine.Reading, str]:
    """Return what `words` say. The last few stay in memory: pages and filters ask them again."""
    heard = engine.hear(words)
    reading = engine.read(heard, meaning.quick_reader())
    level = danger.hear(heard, reading).level if len(words.strip()) > 3 else danger.NONE
    return heard, reading, level


def _reasons(
    hit: engine.Hit, heard: engine.Heard, meant: audience.For, spoken: Sequence[str]
) -> tuple[str, ...]:
    """Return why an entry is shown, as sentences' ends: “for private renters”, “in Romanian”."""
    found = []
    if "tenure" in hit.fits:
        found.append(str(_TENURES[heard.who.tenure]))
    if "age" in hit.fits:
        found.append(_age(meant))
    if "sex" in hit.fits:
        found.append(str(_SEXES[meant.sex]))
    if "home" in hit.fits:
        found.append(_("they can come to you, or ring"))
    found += [
        _("in %(language)s") % {"language": one} for one in heard.asked_languages if one in spoken
    ]
    return tuple(found)


def _age(meant: audience.For) -> str:
    low, high = meant.youngest, meant.oldest
    if low is not None and high is not None:
        return _("for people of %(low)d to %(high)d") % {"low": low, "high": high}
    if low is not None:
        return _("for people over %(low)d") % {"low": low}
    return _("for people under %(high)d") % {"high": high or 0}


_NEAR = re.compile(r"\b(?:in|near|on|at|from|round|around|by) (?:the )?((?:[\w'&-]+ ?){1,4})")


def _names_of_areas() -> dict[str, Area]:
    """Every area by its name in small letters; kept with the atlas."""
    book = atlas()
    if "names" not in book.kept:
        book.kept["names"] = {one.name.casefold(): one for one in book.areas.values()}
    names: dict[str, Area] = book.kept["names"]
    return names


def _understood(words: str, heard: engine.Heard) -> Understood:
    """Return the place, languages and people that words mention. At most one query, for a postcode
    or half of one."""
    area = postcode = None
    district = ""
    for outer, inner in _POSTCODE.findall(words):
        whole = tidy_postcode(f"{outer}{inner}") if inner else None
        if whole:
            postcode = find_postcode(whole)
            break
        if outer.upper().startswith(("RM", "IG", "E")) and not inner:
            district = outer.upper()
    names = _names_of_areas()
    for named in _NEAR.findall(text.plain(words)):
        pieces = named.split()
        for many in range(len(pieces), 0, -1):
            area = area or names.get(" ".join(pieces[:many]))
    said = []
    if area is not None:
        said.append(_("near %(place)s") % {"place": area.name})
    elif postcode is not None:
        said.append(_("near %(place)s") % {"place": str(postcode)})
    elif district:
        said.append(_("near %(place)s") % {"place": district})
    said += [_("in %(language)s") % {"language": one} for one in heard.asked_languages]
    if heard.who.tenure:
        said.append(str(_TENURES[heard.who.tenure]))
    near: Area | Postcode | Point | None = postcode
    if near is None and area is not None and area.latitude is not None:
        near = area
    if near is None and district:
        near = _middle_of(district)
    return Understood(area, postcode, district, heard.asked_languages, heard.who, tuple(said), near)


def _middle_of(district: str) -> Point | None:
    """Return the middle of what begins with half a postcode; None for one that isn't ours.

    Kept with the atlas: one query each time that is made anew.
    """
    book = atlas()
    key = ("district", district)
    if key not in book.kept:
        middle = Postcode.objects.filter(code__startswith=f"{district} ").aggregate(
            latitude=Avg("latitude"), longitude=Avg("longitude")
        )
        if middle["latitude"] is None:
            return None
        book.kept[key] = Point(**middle)
    point: Point = book.kept[key]
    return point


def warm() -> None:
    """Load what the first search would have to; harmless to call twice."""
    languages.glosses()
    reader = meaning.quick_reader()
    if reader is not None:
        reader(["hello"])
        engine.learned()
    danger.by_words("hello")
    store.index()
    others.index()
