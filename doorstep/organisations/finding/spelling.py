"""Slips of the finger: “foof bank” for “food bank”.

Only a word that nobody uses is mended: none of the thesaurus, of the entries, of the other
languages or of the reader's own thirty thousand. What was typed is always one press away.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from doorstep.organisations.finding import engine, languages, meaning, text
from doorstep.places.atlas import atlas

SHORTEST, LONG = 4, 7  # letters: from here on one slip is mended, from there on two
MOST_WORDS = 7  # a longer telling is understood without
ENDING = 7  # letters alike at the beginning: then it is another form of a word, and no slip
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@lru_cache(1)
def _said_often() -> frozenset[str]:
    """Words people say here, as they say them."""
    return frozenset(one for one in languages._english() if one.isalpha())


def _names() -> frozenset[str]:
    """Words of the names of areas; kept with the atlas."""
    book = atlas()
    if "spelling" not in book.kept:
        said = " ".join(one.name for one in book.areas.values())
        book.kept["spelling"] = frozenset(text.raw_words(said.casefold()))
    names: frozenset[str] = book.kept["spelling"]
    return names


def _is_known(word: str, index: engine.Index) -> bool:
    if word in _said_often() or word in text.SAID or word in _names() or word in index.names:
        return True
    if text.stem(word) in index.words[0] or text.stem(word) in engine.need_stems():
        return True
    reader = meaning.quick_reader()
    if reader is not None and reader.knows(word):
        return True
    return any(one.say(word) is not None for one in languages.glosses())


def _meant(word: str, index: engine.Index) -> str | None:
    """Return the word that was probably meant: as few slips as can be, the same beginning first."""
    slips = 1 if len(word) < LONG else 2
    choices = [
        one
        for one in (*_said_often(), *_names(), *index.names)
        if abs(len(one) - len(word)) <= slips and len(one) >= SHORTEST - 1
    ]
    found = extract(word, choices, scorer=OSA.distance, score_cutoff=slips, limit=20)
    best = [
        (slip, one[0] != word[0], sorted(one) != sorted(word), one) for one, slip, _place in found
    ]
    return min(best)[3] if best else None


def mended(words: str, index: engine.Index) -> str:
    """Return `words` with slips put right, "" where there are none or nothing is like them."""
    if len(words) > 120 or not words.isascii() or len(words.split()) > MOST_WORDS:
        return ""

    def put_right(match: re.Match[str]) -> str:
        word = match[0].casefold()
        if len(word) < SHORTEST or "'" in word or _is_known(word, index):
            return match[0]
        meant = _meant(word, index)
        if meant is None or word[:ENDING] == meant[:ENDING]:
            return match[0]
        return meant

    new = _WORD.sub(put_right, words)
    return new if new != words else ""
