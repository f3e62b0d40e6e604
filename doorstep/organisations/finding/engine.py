"""Ranks entries by how well they answer what somebody said. Pure: plain records in, places out.

Three readings are added up: what the words are about (the thesaurus, by meaning and by words),
how near they are to each entry's own words (by meaning), and which words they share; then who it is
for.
Without the reader of meanings the first and second fall back to words alone.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from doorstep.organisations.finding import audience, languages, text, thesaurus

DATA = Path(__file__).parent / "data"
Vectors = np.ndarray[Any, Any]
Embed = Callable[[list[str]], Vectors]
# stem -> (places, scores), and how many texts there are.
Postings = tuple[dict[str, tuple[Vectors, Vectors]], int]


@dataclass(frozen=True)
class Entry:
    """What is searched: a service, gathering, team or offer. `key` is whatever names it."""

    key: str
    name: str
    description: str
    organisation: str = ""
    languages: tuple[str, ...] = ()
    area: str = ""
    access: str = ""
    kind: str = "service"
    ages: tuple[float | None, float | None] = (None, None)

    @property
    def meaning(self) -> str:
        """What is read for its meaning."""
        return f"{self.name}. {self.description}"

    @property
    def words(self) -> str:
        """All its words; the name counts twice."""
        spoken = " ".join(self.languages)
        return (
            f"{self.name} {self.name} {self.description} {self.organisation} {spoken} {self.area}"
        )


@dataclass(frozen=True)
class Heard:
    """What was understood of the words somebody typed."""

    words: str
    english: str
    language: str  # of the words, by its English name
    code: str
    asked_languages: tuple[str, ...]
    who: audience.About
    pieces: tuple[str, ...]  # the whole first, then its sentences, as the reader takes them


def hear(words: str) -> Heard:
    """Return what `words` say, before any entry is looked at."""
    words = words[: text.MOST_CHARACTERS]
    code, language, english = languages.understood(words)
    asked = list(languages.asked_for(words))
    if code != "en" and language not in asked:
        asked.append(language)
    english = _without_where(english)
    pieces = tuple(text.in_our_words(one) for one in text.chunks(english))
    return Heard(words, english, language, code, tuple(asked), audience.about(english), pieces)


_LANGUAGE = "(?:" + "|".join(one for one in languages.NAMES if len(one) > 3) + ")"
_WHERE = re.compile(
    # In which language, and near which postcode: looked at by themselves, and in what the words
    # mean only astray (“in Romanian” is near to whatever is for Romanians).
    rf"\b(?:in|who speaks?|that speaks?|speaking) {_LANGUAGE}(?: please)?\b|"
    rf"\b{_LANGUAGE}[ -]speak(?:ing|ers?)\b|"
    r"\b(?:near|in|around|round|close to|at|by) (?:the )?[a-z]{1,2}\d[a-z\d]?(?: ?\d[a-z]{2})?\b",
    re.IGNORECASE,
)


def _without_where(words: str) -> str:
    """Return `words` without the language and the postcode, where they say something besides."""
    rest = " ".join(_WHERE.sub(" ", words).split())
    return rest if rest != words and text.stems(rest) else words


# --- What was learned ------------------------------------------------------------------------


class Learned:
    """Numbers made by `training/learn.py` from the thesaurus and the texts beside it."""

    def __init__(self, given: Any) -> None:
        self.sayings = given["sayings"].astype(np.float32)
        self.needs = given["needs"].astype(np.float32)
        self.weights = given["weights"].astype(np.float32)  # classes x 384: needs, fine, danger
        self.start = given["start"].astype(np.float32)
        self.supports = given["supports"].astype(np.float32)
        self.dual = given["dual"].astype(np.float32)
        self.gamma, self.svm_start = float(given["gamma"]), float(given["svm_start"])
        self.acute, self.acute_start = (
            given["acute"].astype(np.float32),
            float(given["acute_start"]),
        )
        self.classes_of_need = given["classes_of_need"]  # class -> need, -1 fine, -2 danger
        self.middle, self.spread = given["middle"], given["spread"]


@lru_cache(1)
def learned() -> Learned:
    """Return what was learned, loaded when first asked."""
    with np.load(DATA / "learned.npz") as given:
        return Learned({name: given[name] for name in given.files})


@lru_cache(1)
def _need_words() -> Postings:
    """BM25 over needs: stem -> (needs, scores)."""
    return _bm25([Counter(thesaurus.stems_of(one)) for one in thesaurus.needs()], 0.5)


def need_stems() -> dict[str, tuple[Vectors, Vectors]]:
    """Return every stem of the sayings."""
    return _need_words()[0]


def _bm25(counts: Sequence[Counter[str]], flat: float) -> Postings:
    """Return stem -> (places, scores); `flat` is how little a long text counts against itself."""
    lengths = [sum(one.values()) for one in counts]
    mean = (sum(lengths) / len(lengths)) if lengths else 1.0
    gathered: dict[str, tuple[list[int], list[float]]] = {}
    for at, one in enumerate(counts):
        long = 1.2 * (flat + (1 - flat) * lengths[at] / (mean or 1))
        for stem, times in one.items():
            places, scores = gathered.setdefault(stem, ([], []))
            places.append(at)
            scores.append(times * 2.2 / (times + long))
    made = {}
    for stem, (places, scores) in gathered.items():
        rare = math.log(1 + (len(counts) - len(places) + 0.5) / (len(places) + 0.5))
        made[stem] = (
            np.array(places, dtype=np.int32),
            np.array(scores, dtype=np.float32) * np.float32(rare),
        )
    return made, len(counts)


def _by_words(table: Postings, stems: Sequence[str]) -> Vectors:
    found, size = table
    scores = np.zeros(size, dtype=np.float32)
    for stem in dict.fromkeys(stems):
        hit = found.get(stem)
        if hit is None:
            continue
        if len(hit[0]) == size:  # a word that everything says
            scores += hit[1]
        else:
            scores[hit[0]] += hit[1]
    top = scores.max() if size else 0.0
    return scores / top if top > 0 else scores


@lru_cache(1)
def _groups() -> Vectors:
    """needs x most sayings: places of each need's sayings; the last place stands for none."""
    by_need: list[list[int]] = [[] for _need in thesaurus.needs()]
    said = thesaurus.sayings()
    for at, (_line, need) in enumerate(said):
        by_need[need].append(at)
    most = max(len(one) for one in by_need)
    return np.array([one + [len(said)] * (most - len(one)) for one in by_need], dtype=np.int32)


# Chosen on half of the labelled needs and looked at on the other (docs/finding.md).
TOP = np.array([0.5, 0.3, 0.2], dtype=np.float32)
NEED_BY_CLASS, NEED_BY_WORDS, SECOND_NEED = 0.5, 0.2, 0.1
BY_MEANING, BY_WORDS = 0.5, 0.1
LANGUAGE_LISTED, LANGUAGE_ASKED = 0.05, 0.12


@dataclass(frozen=True)
class Reading:
    """Vectors of the pieces of what was said (None without the reader) and what follows."""

    vectors: Vectors | None
    needs: Vectors  # how much the words are about each need, 0 to about 1.7
    classes: Vectors | None  # pieces x classes, probabilities


def read(heard: Heard, embed: Embed | None) -> Reading:
    """Return how much the words are about each need."""
    stems = text.stems(heard.english)
    by_words = _by_words(_need_words(), stems)
    if embed is None:
        return Reading(None, by_words, None)
    known = learned()
    vectors = embed(list(heard.pieces))
    near = (vectors @ known.sayings.T).max(axis=0)
    near = np.append(near, -1.0).astype(np.float32)
    best = -np.sort(-near[_groups()], axis=1)[:, :3]
    about = np.maximum(best, 0.0) @ TOP
    classes = _softmax(vectors @ known.weights.T + known.start)
    chances = np.maximum(classes[0], 0.85 * classes.max(axis=0))
    of_need = known.classes_of_need
    by_class = np.zeros(len(about), dtype=np.float32)
    by_class[of_need[of_need >= 0]] = chances[of_need >= 0]
    total = by_class.sum()
    if total > 0:
        by_class /= max(total, 0.02)
    needs = about + NEED_BY_CLASS * np.sqrt(by_class) + NEED_BY_WORDS * by_words
    return Reading(vectors, needs, classes)


def _softmax(rows: Vectors) -> Vectors:
    raised: Vectors = np.exp(rows - rows.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _near(own: Vectors, vectors: Vectors) -> Vectors:
    """Return what the nearness of entries' vectors to the nearest of `vectors` is worth."""
    near: Vectors = (own @ vectors.T).max(axis=1)
    return np.float32(BY_MEANING) * near


def _top(places: Vectors, scores: Vectors, most: int) -> tuple[Vectors, Vectors]:
    """Return the `most` places with the highest scores, and those, in any order."""
    if most >= len(places):
        return places, scores
    best = np.argpartition(scores, len(scores) - most)[len(scores) - most :]
    return places[best], scores[best]


# --- The index -------------------------------------------------------------------------------


class Hit(NamedTuple):
    """An entry's place in the index, its score, the need it answers best, what of it fits."""

    place: int
    score: float
    need: int
    fits: tuple[str, ...]


# Of more entries than FEW, the LEADING ones are compared by meaning first; the others only where
# they may still catch up.
FEW, LEADING = 2_000, 600
STEP = 100  # entries gone through at once while an index is made


class Index:
    """Entries ready to be searched. They never change once made, so threads may share it."""

    def __init__(
        self,
        keys: list[str],
        meant: list[audience.For],
        spoken: list[tuple[str, ...]],
        vectors: Vectors | None,
        answers: Vectors,
        words: Postings,
        names: Sequence[str] = (),
    ) -> None:
        """Use `make` for entries, or `load` for what was saved."""
        self.keys, self.meant, self.spoken = keys, meant, spoken
        self.vectors, self.answers, self.words = vectors, answers, words
        self.names = frozenset(names)  # words of names, as they are written
        # What was asked lately: pages, filters and the next person ask it again. Threads may share
        # it: at worst something is found twice.
        self.asked: dict[str, list[Hit]] = {}
        self._answering: dict[int, tuple[Vectors, Vectors]] = {}
        nobody = audience.For()
        self._says_whom = [one != nobody for one in meant]
        held: dict[str, list[int]] = {}
        for at, names in enumerate(spoken):
            for name in names:
                held.setdefault(name, []).append(at)
        self._languages = {name: np.array(places) for name, places in held.items()}

    @classmethod
    def make(cls, entries: Sequence[Entry], vectors: Vectors | None) -> Index:
        """Return the index of `entries`; `vectors` has a row for each one's `meaning`, or is None
        where there is no reader."""
        steps = cls.making(entries, vectors)
        try:
            while True:
                next(steps)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]

    @classmethod
    def making(
        cls, entries: Sequence[Entry], vectors: Vectors | None
    ) -> Generator[None, None, Index]:
        """Do what `make` does in steps of some entries each; the index is returned at the end."""
        proofs = [np.zeros((0, len(thesaurus.needs())), dtype=np.float32)]
        meant: list[audience.For] = []
        counts: list[Counter[str]] = []
        names: set[str] = set()
        for start in range(0, len(entries), STEP):
            some = entries[start : start + STEP]
            proofs.append(thesaurus.proof([(one.name, one.description) for one in some]))
            for one in some:
                meant.append(audience.meant_for(one.name, one.description, one.access, one.ages))
                counts.append(Counter(text.stems(one.words)))
                said = text.raw_words(text.plain(f"{one.name} {one.organisation}"))
                names |= {word for word in said if word.isalpha()}
            yield
        proof = np.concatenate(proofs)
        answers = np.clip((proof - 0.3) / 0.5, 0, 1)
        if vectors is not None:
            near = vectors @ learned().needs.T
            surer = np.clip((0.5 * near + 0.5 * proof - 0.42) / 0.26, 0, 1)
            is_read = vectors.any(axis=1)
            answers[is_read] = surer[is_read]
        return cls(
            [one.key for one in entries],
            meant,
            [one.languages for one in entries],
            vectors,
            np.ascontiguousarray(answers.T.astype(np.float32)),  # needs x entries
            _bm25(counts, 1.0),
            sorted(names),
        )

    def __len__(self) -> int:
        return len(self.keys)

    def search(self, heard: Heard, reading: Reading, most: int = 60) -> list[Hit]:
        """Return the entries that answer best, best first."""
        if not self.keys:
            return []
        scores, needs = self._without_meaning(heard, reading)
        # Whom an entry is for may lift one that stands a little lower.
        wide = max(2 * most, 100) if heard.who.is_anything else most
        places, found = self._nearest(scores, reading.vectors, wide)
        return self._hits(places, found, heard.who, needs)[:most]

    def answering(
        self, heard: Heard, reading: Reading, least: float, share: float, most: int
    ) -> list[Hit]:
        """Return every entry, best first, that scores `least` and this share of the best one's."""
        if not self.keys:
            return []
        scores, needs = self._without_meaning(heard, reading)
        places, found = self._nearest(scores, reading.vectors, len(scores))
        head = self._hits(*_top(places, found, 20), heard.who, needs)
        best = head[0].score
        # What may be lifted over the bar is looked at, and no other.
        lifted = audience.FITS_MOST if heard.who.is_anything else 0.0
        over = found >= max(least, share * best) - lifted
        hits = self._hits(*_top(places[over], found[over], 2 * most), heard.who, needs)[:most]
        bar = max(least, share * hits[0].score) if hits else 0.0
        return [one for one in hits if one.score >= bar]

    def _without_meaning(self, heard: Heard, reading: Reading) -> tuple[Vectors, Vectors]:
        """Return every entry's score but for the nearness of its own words; the need of each."""
        size = len(self.keys)
        # No more than a dozen needs can be what the words are about.
        likely = np.argsort(-reading.needs)[:12]
        top = np.zeros(size, dtype=np.float32)
        second, best = np.zeros(size, dtype=np.float32), np.zeros(size, dtype=np.int32)
        for at, need in enumerate(likely.tolist()):
            places, answers = self._answers_of(need)
            worth = answers * reading.needs[need]
            before = top[places]
            is_better = worth > before
            second[places] = np.where(is_better, before, np.maximum(second[places], worth))
            top[places] = np.maximum(before, worth)
            best[places[is_better]] = at
        scores = top + np.float32(SECOND_NEED) * second
        is_read = reading.vectors is not None and self.vectors is not None
        by_words = _by_words(self.words, text.stems(heard.english))
        scores += np.float32(BY_WORDS if is_read else 0.3) * by_words
        for language in heard.asked_languages:
            held = self._languages.get(language)
            if held is not None:
                scores[held] += LANGUAGE_LISTED if heard.code != "en" else LANGUAGE_ASKED
        return scores, likely[best]

    def _nearest(
        self, scores: Vectors, vectors: Vectors | None, most: int
    ) -> tuple[Vectors, Vectors]:
        """Return the places of the `most` best and their scores, in any order.

        The nearness of an entry's own words is added to `scores`. It is worth BY_MEANING at most:
        whoever lies further behind is out, whatever its words are, and isn't compared.
        """
        every = np.arange(len(scores))
        own = self.vectors
        if vectors is None or own is None:
            return _top(every, scores, most)
        if len(scores) > FEW and 2 * most <= LEADING:
            first, _scores = _top(every, scores, LEADING)
            found = scores[first] + _near(own[first], vectors)
            # Rounding may make a vector a hair longer than one.
            bar = np.partition(found, -most)[-most] - 1.01 * BY_MEANING
            may = scores >= bar
            may[first] = False
            rest = np.flatnonzero(may)
            if len(rest) < len(scores) // 3:
                places = np.concatenate([first, rest])
                found = np.concatenate([found, scores[rest] + _near(own[rest], vectors)])
                return _top(places, found, most)
        return _top(every, scores + _near(own, vectors), most)

    def _hits(
        self, places: Vectors, scores: Vectors, who: audience.About, needs: Vectors
    ) -> list[Hit]:
        """Return these entries with whom they are for looked at, best first."""
        found: list[tuple[float, int, tuple[str, ...]]] = []
        asks = who.is_anything
        for place, score in zip(places.tolist(), scores.tolist(), strict=True):
            fits: tuple[str, ...] = ()
            if asks and self._says_whom[place]:
                score += audience.fit(who, self.meant[place])
                fits = audience.fits_in_words(who, self.meant[place])
            found.append((-score, place, fits))
        found.sort()
        return [Hit(place, -worse, int(needs[place]), fits) for worse, place, fits in found]

    def _answers_of(self, need: int) -> tuple[Vectors, Vectors]:
        """Return the places that answer a need at all, one in a hundred, and how well."""
        held = self._answering.get(need)
        if held is None:
            row = self.answers[need]
            places = np.flatnonzero(row)
            held = self._answering[need] = (places, np.asarray(row[places]))
        return held

    # --- On disk: made by the worker, shared by the web processes ----------------------------

    def save(self, folder: Path) -> None:
        """Write the index into a folder that is there and empty."""
        stems = sorted(self.words[0])
        rows = [self.words[0][one] for one in stems]
        np.save(folder / "answers.npy", self.answers)
        if self.vectors is not None:
            np.save(folder / "vectors.npy", self.vectors)
        empty_places, empty_scores = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        np.save(folder / "places.npy", np.concatenate([empty_places, *(one[0] for one in rows)]))
        np.save(folder / "scores.npy", np.concatenate([empty_scores, *(one[1] for one in rows)]))
        told = {
            "keys": self.keys,
            "stems": stems,
            "sizes": [len(one[0]) for one in rows],
            "spoken": self.spoken,
            "names": sorted(self.names),
            "meant": [
                [one.youngest, one.oldest, one.sex, sorted(one.tenures), one.comes_to_you,
                 sorted(one.not_tenures)]
                for one in self.meant
            ],
        }  # fmt: skip
        (folder / "told.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Index:
        """Open what `save` wrote; the arrays stay in the file and are shared between processes.

        Raises OSError, ValueError or KeyError where it is not whole.
        """
        told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
        places = np.load(folder / "places.npy", mmap_mode="r")
        scores = np.load(folder / "scores.npy", mmap_mode="r")
        vectors = None
        if (folder / "vectors.npy").exists():
            vectors = np.asarray(np.load(folder / "vectors.npy", mmap_mode="r"))
        table, start = {}, 0
        for stem, size in zip(told["stems"], told["sizes"], strict=True):
            table[stem] = (places[start : start + size], scores[start : start + size])
            start += size
        meant = [
            audience.For(low, high, sex, frozenset(ours), comes, frozenset(against))
            for low, high, sex, ours, comes, against in told["meant"]
        ]
        return cls(
            told["keys"],
            meant,
            [tuple(one) for one in told["spoken"]],
            vectors,
            np.asarray(np.load(folder / "answers.npy", mmap_mode="r")),
            (table, len(told["keys"])),
            told.get("names", ()),
        )
