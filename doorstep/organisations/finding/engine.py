"""Ranks entries by how well they answer what somebody said. Pure: plain records in, places out.

Three readings are added up: what the words are about (the thesaurus, by meaning and by words),
how near they are to each entry's own words (by meaning), and which words they share; then who it is
for.
Without the reader of meanings the first and second fall back to words alone.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

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
        if hit is not None:
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


# --- The index -------------------------------------------------------------------------------

STEP = 100  # entries gone through at once while an index is made


@dataclass(frozen=True)
class Hit:
    """An entry's place in the index, its score, the need it answers best, what of it fits."""

    place: int
    score: float
    need: int
    fits: tuple[str, ...]


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
        size = len(self.keys)
        if not size:
            return []
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
        by_words = _by_words(self.words, text.stems(heard.english))
        if reading.vectors is not None and self.vectors is not None:
            scores += BY_MEANING * (self.vectors @ reading.vectors.T).max(axis=1)
            scores += BY_WORDS * by_words
        else:
            scores += 0.3 * by_words
        for language in heard.asked_languages:
            held = self._languages.get(language)
            if held is not None:
                scores[held] += LANGUAGE_LISTED if heard.code != "en" else LANGUAGE_ASKED
        wide = min(size, max(2 * most, 100))
        first = np.argpartition(scores, size - wide)[size - wide :]
        found: list[tuple[float, int, tuple[str, ...]]] = []
        for place in first.tolist():
            score = float(scores[place])
            fits: tuple[str, ...] = ()
            if heard.who.is_anything and self._says_whom[place]:
                score += audience.fit(heard.who, self.meant[place])
                fits = audience.fits_in_words(heard.who, self.meant[place])
            found.append((-score, place, fits))
        found.sort()
        return [
            Hit(place, -worse, int(likely[best[place]]), fits)
            for worse, place, fits in found[:most]
        ]

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
