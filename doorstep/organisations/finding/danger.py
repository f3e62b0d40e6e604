"""Whether somebody may be in danger: said outright, in passing, or asked for as something else.

The features are those of the one reader of texts, `doorstep.kindness`; here they are weighed for
people at a front door, where most stories are sad and few are dangerous, and heard beside what the
words mean. It leads to numbers and people first; it never hides what was searched for.
"""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from doorstep.kindness import frames
from doorstep.kindness import words as kindness_words
from doorstep.organisations.finding import engine, meaning

NONE, SAFEGUARDING, EMERGENCY = "", "safeguarding", "emergency"
# From here on danger leads. Chosen on texts held back from learning and half of the needs.
FROM, FROM_WORDS_ALONE = 2.9, 0.45
# What a whole scene (`kindness.frames`) is worth beside those: it lifts the doubtful, and what the
# others are sure is harmless stays so.
A_SCENE, A_SCENE_WORDS_ALONE = 3.0, 1.0
# Likelier an emergency: if in doubt, the numbers first.
ACUTE_FROM = -0.4


@dataclass(frozen=True)
class Danger:
    """What may be the matter: "" (nothing seen), "safeguarding" or "emergency"; its strength."""

    level: str
    score: float

    def __bool__(self) -> bool:
        return bool(self.level)


@lru_cache(1)
def _words() -> tuple[float, dict[str, list[float]]]:
    given = json.loads(gzip.decompress((engine.DATA / "words.json.gz").read_bytes()))
    return given["start"], given["features"]


def by_words(words: str) -> float:
    """Return how the words lean, above 0 to danger. Pure Python, needs no reader of meanings."""
    start, table = _words()
    total = squares = 0.0
    for name in kindness_words.features(words):
        row = table.get(name)
        if row is not None:
            total += row[0]
            squares += row[1]
    return start + (total / math.sqrt(squares) if squares else 0.0)


def of(words: str) -> Danger:
    """Return what danger may be in a text, by its words and what they mean."""
    heard = engine.hear(words)
    return hear(heard, engine.read(heard, meaning.reader()))


def hear(heard: engine.Heard, reading: engine.Reading) -> Danger:
    """Return what danger may be in the words, given what `engine.read` read of them."""
    pieces = heard.pieces
    # The words as they came (the reader knows danger in several languages), then their sentences.
    leaning = np.array([by_words(heard.words), *map(by_words, pieces[1:])], dtype=np.float32)
    if heard.code != "en":
        leaning[0] = max(leaning[0], by_words(heard.english))
    scenes = {level for level, _scene in frames.heard(heard.words)}
    if heard.code != "en":
        scenes |= {level for level, _scene in frames.heard(heard.english)}
    if reading.vectors is None or reading.classes is None:
        score = 0.6 * leaning[0] + 0.4 * leaning.max() + A_SCENE_WORDS_ALONE * bool(scenes)
        if score < FROM_WORDS_ALONE:
            return Danger(NONE, float(score))
        return Danger(EMERGENCY, float(score))
    known = engine.learned()
    chance = reading.classes[:, known.classes_of_need == -2].sum(axis=1)
    classed = np.log(chance + 1e-9) - np.log(1 - chance + 1e-9)
    near = _near(known, reading.vectors)
    rows = np.stack([classed, near, leaning])
    scores = ((rows - known.middle[:, None]) / known.spread[:, None]).sum(axis=0)
    score = float(0.6 * scores[0] + 0.4 * scores.max()) + A_SCENE * bool(scenes)
    if score < FROM:
        return Danger(NONE, score)
    acute = float((reading.vectors @ known.acute + known.acute_start).max())
    is_acute = acute > ACUTE_FROM or EMERGENCY in scenes
    return Danger(EMERGENCY if is_acute else SAFEGUARDING, score)


def _near(known: engine.Learned, vectors: Any) -> Any:
    """The support vectors' say; all vectors are of length one."""
    apart = 2.0 - 2.0 * (vectors @ known.supports.T)
    return np.exp(-known.gamma * apart) @ known.dual + known.svm_start
