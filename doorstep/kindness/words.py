"""From a text as people type it to the features a reading is made of. Pure, no Django."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from doorstep.kindness import details

DATA = Path(__file__).parent / "data"
# A reading looks at no more of a text than this; the rest is read by the same eyes as ever.
MOST_CHARACTERS = 4_000

_LEET = str.maketrans({"@": "a", "$": "s", "0": "o", "1": "i", "3": "e", "4": "a", "5": "s"})
_TXT = {
    "u": "you", "ur": "your", "r": "are", "pls": "please", "plz": "please", "cos": "because",
    "bc": "because", "wanna": "want to", "gonna": "going to", "gona": "going to",
    "tmrw": "tomorrow", "tmr": "tomorrow", "2nite": "tonight", "2night": "tonight",
    "tonite": "tonight", "nite": "night", "sum1": "someone", "some1": "someone",
    "any1": "anyone", "ppl": "people", "b4": "before", "l8": "late", "thx": "thanks",
    "msg": "message", "dont": "dont", "bf": "boyfriend", "gf": "girlfriend", "hubby": "husband",
    "babe": "baby", "bby": "baby", "abt": "about", "wont": "wont", "cant": "cant",
    "somebody": "someone", "anybody": "anyone", "everybody": "everyone", "kms": "kill myself",
    "mam": "mum", "mom": "mum", "hosp": "hospital", "amb": "ambulance", "tabs": "tablets",
    "meds": "tablets", "pills": "tablets", "pill": "tablet", "bloke": "man", "fella": "man",
    "fone": "phone", "stoped": "stopped", "breathin": "breathing", "brething": "breathing",
    "breath": "breathe", "chocking": "choking", "beatin": "beating", "hitin": "hitting",
}  # fmt: skip
_WORD = re.compile(r"[^\W_]+|[!?£%😏😂🤣💀🍑💦❤]|(?<=\s)-(?=\s)")
_APOSTROPHE = re.compile(r"(?<=\w)['’`´](?=\w)")
_REPEATED = re.compile(r"(\w)\1{2,}")
_SPELT_OUT = re.compile(r"(?<=[a-z])[@$013457](?=[a-z])")
_NUMBER = re.compile(r"\d+")
# Shapes that say something by themselves; looked for only where their first sign stands.
_SHAPES = {
    "£": re.compile(r"£ ?\d"),
    "http": re.compile(r"https?://"),
    "www": re.compile(r"www\."),
    "!!": re.compile(r"!!"),
    '"': re.compile(r'["“”]'),
    "%": re.compile(r"\d ?%"),
}
_ENDINGS = ("s", "es", "ed", "d", "ing", "er", "y")


def plain(text: str) -> str:
    """Return lower-case text without accents, apostrophes in words, or letters drawn out."""
    text = text[:MOST_CHARACTERS].lower()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in text if not "\u0300" <= c <= "\u036f")
        text = text.replace("ł", "l")
    text = _APOSTROPHE.sub("", text)
    text = _REPEATED.sub(r"\1\1", text)
    return _SPELT_OUT.sub(lambda m: m[0].translate(_LEET), text)


def tokens(text: str) -> list[str]:
    """Return the words of a text made plain; numbers by their size, txt-speak written out."""
    out: list[str] = []
    for word in _WORD.findall(plain(text)):
        if word.isascii() and word.isdigit():
            out.append(_number(word))
        elif word in _TXT:
            out.extend(_TXT[word].split())
        else:
            out.append(word)
    return out


def _number(word: str) -> str:
    value = int(word[:12])
    if len(word) > 5:
        return "#long"
    if value < 8:
        return "#few"
    if value < 18:
        return "#teen"
    if value < 100:
        return "#tens"
    return "#year" if 1900 < value < 2100 else "#many"


@lru_cache(1)
def concepts() -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    """Return word (or "two_words") -> what it is about, and the first words of longer ones."""
    found: dict[str, set[str]] = {}
    for line in (DATA / "concepts.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, _colon, words = line.partition(":")
        for word in words.split():
            parts = tokens(word.replace("_", " "))
            if parts:
                found.setdefault("_".join(parts), set()).add(name)
    firsts = frozenset(word.split("_")[0] for word in found if "_" in word)
    return {word: tuple(sorted(names)) for word, names in found.items()}, firsts


@lru_cache(20_000)
def about(word: str) -> tuple[str, ...]:
    """Return what one word is about, its endings taken off where needed."""
    known, _firsts = concepts()
    if word in known:
        return known[word]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) > 2:
            stem = word[: -len(ending)]
            if stem in known:
                return known[stem]
            if ending == "ing" and stem + "e" in known:
                return known[stem + "e"]
            if stem[-1] == stem[-2] and stem[:-1] in known:
                return known[stem[:-1]]
    return ()


@lru_cache(20_000)
def pieces(word: str) -> tuple[str, ...]:
    """Return the runs of 3 to 5 letters of one word with its edges, each once."""
    edged = f"<{word}>"
    found = [edged[at : at + size] for size in (3, 4, 5) for at in range(len(edged) - size + 1)]
    return tuple(dict.fromkeys(found))


def features(text: str, private: list[details.Detail] | None = None) -> Iterator[str]:
    """Yield what a reading knows of a text: words, pairs, pieces and concepts; each once.

    `private` are the details in it, where they were looked for already.
    """
    words = tokens(text)
    known, firsts = concepts()
    seen: dict[str, None] = {}
    ideas: dict[str, None] = {}
    last_idea = last = ""
    size = len(words)
    for at, word in enumerate(words):
        seen[word] = None
        if last:
            seen[f"{last} {word}"] = None
        last = word
        for piece in pieces(word):
            seen[piece] = None
        names = about(word)
        if word in firsts:
            for length in (2, 3, 4):
                if at + length <= size:
                    more = known.get("_".join(words[at : at + length]))
                    if more:
                        names = (*names, *more)
        for name in names:
            ideas[name] = None
            if last_idea and last_idea != name:
                seen[f"{last_idea}>{name}"] = None
        if names:
            last_idea = names[0]
    for detail in details.find(text[:MOST_CHARACTERS]) if private is None else private:
        ideas["@" + ("own-" if detail.is_own else "") + detail.sort] = None
    for mark, pattern in _SHAPES.items():
        if mark in text and pattern.search(text):
            ideas["@" + pattern.pattern[:6]] = None
    listed = sorted(ideas)
    for at, one in enumerate(listed):
        seen["&" + one] = None
        for other in listed[at + 1 :]:
            seen[f"{one}&{other}"] = None
    return iter(seen)
