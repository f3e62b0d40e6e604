"""Who fits a call, best first, with reasons. Plain words and meaning, all in this process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from doorstep.connect.calls import index
from doorstep.connect.calls.models import Call, CallAsk
from doorstep.connect.calls.sources import Candidate, sources
from doorstep.connect.models import CircleMember, Walk
from doorstep.connect.rules import SCOPE
from doorstep.organisations.finding import engine, meaning, text
from doorstep.organisations.models import Position
from doorstep.people.models import Person, RoleHolding
from doorstep.people.rules import blocked_ids
from doorstep.places.models import Area
from doorstep.teams.models import Membership

SHOWN = 40
_WIDE = 400  # taken from the index before what may not be asked is left out
# Beside what the directory's engine says: neighbours' few words say no need by name (measured in
# docs/connect.md).
_BY_MEANING, _BY_WORDS = 0.6, 0.2
# Less than so near to the best is not shown; a word in more than one in so many says nothing.
_NEAR_THE_BEST, _LEAST = 0.25, 0.25
_OFTEN = 12
_MUCH_THE_SAME = 0.4  # how near two meanings are, 0 to 1
_SAME_PLACE, _SAME_LOCALITY, _ELSEWHERE = 0.12, 0.08, -0.06
_ASKED_LATELY = -0.2
LATELY = dt.timedelta(days=28)


@dataclass(frozen=True)
class Fit:
    """A candidate, how well it fits, and why in sentences."""

    candidate: Candidate
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """A place in the index, its score, and how near it is in meaning (0 to 1)."""

    place: int
    score: float
    near: float


@dataclass(frozen=True)
class Apart:
    """Who must not hear of a call: the person, those blocked, around them, or where they work."""

    person: int
    people: frozenset[int]
    organisations: frozenset[int]
    teams: frozenset[int]

    @classmethod
    def of(cls, call: Call) -> Apart:
        relationship, person = call.relationship, call.relationship.person
        people = {person.pk, *blocked_ids(person)}
        people |= set(
            Walk.objects.filter(relationship__person=person, until=None).values_list(
                "person", flat=True
            )
        )
        people |= {
            pk
            for pk in CircleMember.objects.filter(owner=person)
            .exclude(person=None)
            .values_list("person", flat=True)
            if pk is not None
        }
        desks = (
            RoleHolding.objects.held()
            .filter(person=person, role=RoleHolding.Role.CATALYST, scope_kind=SCOPE)
            .values_list("scope_key", flat=True)
        )
        houses = set(
            Position.objects.held().filter(person=person).values_list("organisation", flat=True)
        ) | {int(key) for key in desks if key.isdigit()}
        teams = Membership.objects.filter(person=person, state="member").values_list(
            "team", flat=True
        )
        assert relationship.person_id == person.pk  # noqa: S101
        return cls(person.pk, frozenset(people), frozenset(houses), frozenset(teams))

    def hears(self, one: Candidate) -> list[Person]:
        """Return who of the candidate's people may hear of it."""
        return [
            who
            for who in one.people
            if who.pk not in self.people and who.state == Person.State.ACTIVE and not who.is_child
        ]

    def keeps_out(self, one: Candidate) -> bool:
        """Whether the candidate may not be asked at all."""
        if one.organisation is not None and one.organisation.pk in self.organisations:
            return True
        if one.team is not None and one.team.pk in self.teams:
            return True
        if one.person is not None and one.person.pk in self.people:
            return True
        # Somebody has to be able to answer, and not the person or one blocked in their place.
        return not self.hears(one) and (bool(one.people) or not one.email)


def rank(
    call: Call,
    words: str,
    viewer: Person,
    *,
    at: dt.datetime,
    leave_out: Collection[str] = (),
    most: int = SHOWN,
) -> list[Fit]:
    """Return who fits the words of a call, best first. `viewer` is who sends it."""
    table = index.index()
    heard = engine.hear(words)
    reading = engine.read(heard, meaning.reader())
    hits = order(table, heard, reading)
    wanted: dict[str, list[int]] = {}
    # The best alone are fetched: somebody further down would not be shown.
    for hit in hits[: 4 * most]:
        kind, _sep, pk = table.keys[hit.place].partition(":")
        if table.keys[hit.place] not in leave_out and pk.isdigit():
            wanted.setdefault(kind, []).append(int(pk))
    found: dict[str, Candidate] = {}
    for kind, source in sources.items():
        if kind in wanted:
            found.update(source.fetch(wanted[kind], viewer, at))
    apart = Apart.of(call)
    asked = _asked_lately(found, call, at)
    stems = _telling(table, text.stems(heard.english))
    fits: list[Fit] = []
    there: set[tuple[str, tuple[int, ...]]] = set()
    for hit in hits:
        one = found.get(table.keys[hit.place])
        if one is None or apart.keeps_out(one):
            continue
        same = (one.label, tuple(who.pk for who in one.people))
        if same in there:
            continue  # the same thing on another day of the week
        there.add(same)
        nearer, where = _near(call.near, one)
        score = hit.score + nearer
        reasons = [_why(one, stems, hit.near)]
        reasons += [_("speaks %(language)s") % {"language": said} for said in heard.asked_languages
                    if said in one.languages]  # fmt: skip
        if where:
            reasons.append(where)
        if one.note:
            reasons.append(one.note)
        if one.key in asked:
            score += _ASKED_LATELY
            reasons.append(_("was asked for somebody else lately"))
        fits.append(Fit(one, score, tuple(reasons)))
    fits.sort(key=lambda fit: -fit.score)
    least = max(_LEAST, _NEAR_THE_BEST * fits[0].score) if fits else 0.0
    return [fit for fit in fits[:most] if fit.score >= least]


def _telling(table: engine.Index, stems: list[str]) -> set[str]:
    """Return the stems that say something: “people” and “first” stand nearly everywhere."""
    held, size = table.words
    often = max(3, size // _OFTEN)
    return {stem for stem in stems if stem in held and len(held[stem][0]) <= often}


def order(table: engine.Index, heard: engine.Heard, reading: engine.Reading) -> list[Place]:
    """Return the places of an index by how well they answer what was heard, best first."""
    by_words = engine._by_words(table.words, text.stems(heard.english))
    found = []
    for hit in table.search(heard, reading, _WIDE):
        near = 0.0
        if reading.vectors is not None and table.vectors is not None:
            near = max(0.0, float((reading.vectors @ table.vectors[hit.place]).max()))
        score = hit.score + _BY_MEANING * near + _BY_WORDS * float(by_words[hit.place])
        found.append(Place(hit.place, score, near))
    return sorted(found, key=lambda one: (-one.score, one.place))


def _why(one: Candidate, stems: set[str], near: float) -> str:
    """Return the words both share, or how near the two are in meaning. Never more than is so."""
    shared = []
    for word in text.raw_words(one.words):
        bare = word.casefold()
        if bare not in text.STOP and text.stem(text.bare(bare)) in stems and bare not in shared:
            shared.append(bare)
    if shared:
        return _("says: %(words)s") % {"words": ", ".join(shared[:4])}
    if near >= _MUCH_THE_SAME:
        return _("means much the same")
    return _("may be near to it")


def _near(near: Area | None, one: Candidate) -> tuple[float, str]:
    """Return how much nearness counts, and what to say of it."""
    if near is None or not one.path or near.path.count("/") < 2:
        return 0.0, ""
    if one.path.startswith(near.path):
        return _SAME_PLACE, _("in %(place)s") % {"place": near.name}
    if near.path.startswith(one.path):
        return _SAME_LOCALITY, _("comes to %(place)s") % {"place": near.name}
    locality = "/".join(near.path.split("/")[:2]) + "/"
    if one.path.startswith(locality):
        return _SAME_LOCALITY, _("close by")
    return _ELSEWHERE, _("further away")


def _asked_lately(found: dict[str, Candidate], call: Call, at: dt.datetime) -> set[str]:
    """Return the keys of those asked for somebody else in the last weeks: fair turns."""
    return set(
        CallAsk.objects.filter(Q(key__in=list(found)), sent_at__gt=at - LATELY)
        .exclude(call=call)
        .values_list("key", flat=True)
    )
