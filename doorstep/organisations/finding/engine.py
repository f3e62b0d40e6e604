"""Ranks entries by how well they answer what somebody said. Pure: plain records in, places out.

Three readings are added up: what the words are about (the thesaurus, by meaning and by words),
how near they are to each entry's own words (by meaning), and which words they share; then who it is
for.
Without the reader of meanings the first and second fall back to words alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from doorstep.organisations.finding import audience, languages, text, thesaurus

DATA = Path(__file__).parent / "data"
Vectors = np.ndarray[Any, Any]
Embed = Callable[[list[str]], Vectors]


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
    pieces = tuple(text.in_our_words(one) for one in text.chunks(english))
    return Heard(words, english, language, code, tuple(asked), audience.about(english), pieces)


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
def _need_words() -> tuple[dict[str, tuple[Vectors, Vectors]], int]:
    """BM25 over needs: stem -> (needs, scores)."""
    return _bm25([Counter(thesaurus.stems_of(one)) for one in thesaurus.needs()], 0.5)


def _bm25(
    counts: Sequence[Counter[str]], flat: float
) -> tuple[dict[str, tuple[Vectors, Vectors]], int]:
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


def _by_words(
    table: tuple[dict[str, tuple[Vectors, Vectors]], int], stems: Sequence[str]
) -> Vectors:
    found, size = table
    scores = np.zeros(size, dtype=np.float32)
    for stem in dict.fromkeys(stems):
        hit = found.get(stem)
        if hit is not None:
            np.add.at(scores, hit[0], hit[1])
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


# --- The index -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hit:
    """An entry's place in the index, its score, the need it answers best, what of it fits."""

    place: int
    score: float
    need: int
    fits: tuple[str, ...]


class Index:
    """Entries ready to be searched. Read-only once made, so threads may share it."""

    def __init__(self, entries: Sequence[Entry], vectors: Vectors | None) -> None:
        """`vectors` has a row for each entry's `meaning`; None where there is no reader."""
        self.entries = list(entries)
        self.keys = [one.key for one in entries]
        self.vectors = vectors
        self.words = _bm25([Counter(text.stems(one.words)) for one in entries], 1.0)
        self.answers = self._answers()
        self.meant = [
            audience.meant_for(one.name, one.description, one.access, one.ages) for one in entries
        ]
        self._said_of_audience = np.array([one != audience.For() for one in self.meant], dtype=bool)
        self._languages: dict[str, Vectors] = {}
        for name in {said for one in entries for said in one.languages}:
            held = [at for at, one in enumerate(entries) if name in one.languages]
            self._languages[name] = np.array(held, dtype=np.int32)

    def _answers(self) -> Vectors:
        """entries x needs: how surely an entry answers a need, 0 to 1."""
        proof = thesaurus.proof([(one.name, one.description) for one in self.entries])
        if self.vectors is None:
            made: Vectors = np.clip((proof - 0.3) / 0.5, 0, 1)
            return made.astype(np.float32)
        near = self.vectors @ learned().needs.T
        made = np.clip((0.5 * near + 0.5 * proof - 0.42) / 0.26, 0, 1)
        return made.astype(np.float32)

    def search(self, heard: Heard, reading: Reading, most: int = 60) -> list[Hit]:
        """Return the entries that answer best, best first."""
        if not self.entries:
            return []
        per_need = self.answers * reading.needs[None, :]
        best_need = per_need.argmax(axis=1)
        every = np.arange(len(self.entries))
        scores = per_need[every, best_need]
        if per_need.shape[1] > 1:
            scores = scores + SECOND_NEED * np.partition(per_need, -2, axis=1)[:, -2]
        by_words = _by_words(self.words, text.stems(heard.english))
        if reading.vectors is not None and self.vectors is not None:
            scores = scores + BY_MEANING * (self.vectors @ reading.vectors.T).max(axis=1)
            scores = scores + BY_WORDS * by_words
        else:
            scores = scores + 0.3 * by_words
        for language in heard.asked_languages:
            held = self._languages.get(language)
            if held is not None:
                worth = LANGUAGE_LISTED if heard.code != "en" else LANGUAGE_ASKED
                np.add.at(scores, held, worth)
        wide = min(len(scores), max(3 * most, 100))
        first = np.argpartition(-scores, wide - 1)[:wide]
        found = []
        for place in first.tolist():
            score = float(scores[place])
            fits: tuple[str, ...] = ()
            if heard.who.is_anything and self._said_of_audience[place]:
                score += audience.fit(heard.who, self.meant[place])
                fits = audience.fits_in_words(heard.who, self.meant[place])
            found.append(Hit(place, score, int(best_need[place]), fits))
        found.sort(key=lambda one: (-one.score, one.place))
        return found[:most]
