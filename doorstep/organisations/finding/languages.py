"""Which language words are in, and word for word into English: `data/glosses.txt`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from doorstep.organisations.finding import text

DATA = Path(__file__).parent / "data"
_LINE = re.compile(r"\[(\w\w) ([^\]]+)\]")
# Anything between spaces and stops: many scripts write vowels as marks that are no letters.
_STOPS = r"\s.,;:!?()\"“”।॥؟،؛…/&+-"
_TOKEN = re.compile(rf"[^{_STOPS}]+|[.,?!]")
_FIRST = 3  # letters every beginning of words has at least

# Languages by their English names, as residents ask for them and entries list them.
NAMES = (  # noqa: SIM905
    "Albanian Amharic Arabic Bengali Bulgarian Cantonese Dari Farsi French "
    "Greek Gujarati Hindi "
    "Hungarian Igbo Italian Kurdish Lithuanian Mandarin Nepali Pashto Persian Polish Portuguese "
    "Punjabi Romanian Russian Sinhala Slovak Somali Spanish Swahili Sylheti Tagalog Tamil Tigrinya "
    "Turkish Twi Ukrainian Urdu Vietnamese Yoruba Makaton BSL"
).split()
_SAID = {one.casefold(): one for one in NAMES} | {
    "bangla": "Bengali", "bangladeshi": "Bengali", "sylhet": "Sylheti", "romania": "Romanian",
    "poland": "Polish", "lithuania": "Lithuanian", "portugal": "Portuguese", "brazil": "Portuguese",
    "albania": "Albanian", "somalia": "Somali", "pakistan": "Urdu", "pakistani": "Urdu",
    "bulgaria": "Bulgarian", "iran": "Farsi", "afghan": "Dari", "syria": "Arabic",
    "syrian": "Arabic", "eritrea": "Tigrinya", "eritrean": "Tigrinya", "nigerian": "Yoruba",
    "nepal": "Nepali", "gurkha": "Nepali", "turkey": "Turkish", "ukraine": "Ukrainian",
    "panjabi": "Punjabi",
}  # fmt: skip
_SIGNING = re.compile(r"\b(bsl|sign language|signing)\b")


@dataclass(frozen=True)
class Glosses:
    """One language: whole words and beginnings of words, each with its English."""

    code: str
    name: str
    words: dict[str, str]
    beginnings: dict[str, list[tuple[str, str]]]  # by their first three letters, the longest first

    def say(self, word: str) -> str | None:
        """Return the English of `word`, or None."""
        found = self.words.get(word)
        if found is not None:
            return found
        for beginning, said in self.beginnings.get(word[:_FIRST], ()):
            if word.startswith(beginning):
                return said
        return None


@lru_cache(1)
def glosses() -> tuple[Glosses, ...]:
    """Return the languages of the file."""
    found: list[Glosses] = []
    words: dict[str, str] = {}
    starts: dict[str, str] = {}

    def close() -> None:
        if found:
            one = found[-1]
            listed: dict[str, list[tuple[str, str]]] = {}
            for beginning, said in sorted(starts.items(), key=lambda pair: -len(pair[0])):
                if len(beginning) < _FIRST:
                    raise ValueError(f"{beginning}- is too short a beginning")
                listed.setdefault(beginning[:_FIRST], []).append((beginning, said))
            found[-1] = Glosses(one.code, one.name, dict(words), listed)

    for line in (DATA / "glosses.txt").read_text(encoding="utf-8").splitlines():
        heading = _LINE.fullmatch(line.strip())
        if heading:
            close()
            words, starts = {}, {}
            found.append(Glosses(heading[1], heading[2], {}, {}))
        elif line.strip() and not line.startswith("#"):
            for pair in line.split(";"):
                word, _, said = pair.strip().partition(" ")
                if word.endswith("-"):
                    starts[word[:-1]] = said
                elif word:
                    words.setdefault(word, said)
    close()
    return tuple(found)


@lru_cache(1)
def _english() -> frozenset[str]:
    """Words that speak for English: the telling and the small ones of the thesaurus."""
    from doorstep.organisations.finding import thesaurus

    lines = " ".join(line for line, _need in thesaurus.sayings())
    return frozenset(text.raw_words(lines.casefold())) | text.STOP


def _plain_token(token: str) -> str:
    return text.bare(token.casefold().replace("'", "").replace("’", ""))


def understood(words: str) -> tuple[str, str, str]:
    """Return (code, name, English enough to be understood) of the language `words` are in.

    English, and what no language here knows, comes back as it is with ("en", "English").
    """
    tokens = [_plain_token(one) for one in _TOKEN.findall(text.plain(words))]
    tokens = [one for one in tokens if one and one[0] not in ".,?!"]
    if not tokens:
        return "en", "English", words
    english = sum(one in _english() for one in tokens)
    if english == len(tokens) and all(token.isascii() for token in tokens):
        return "en", "English", words
    best, best_count = None, 0.0
    for one in glosses():
        count = sum(one.say(token) is not None for token in tokens)
        if count > best_count:
            best, best_count = one, count
    foreign = any(not token.isascii() for token in tokens)
    if best is None or (best_count <= english and not foreign) or best_count < 2:
        return "en", "English", words
    if best_count < 0.34 * len(tokens) and english > 0.5 * len(tokens):
        return "en", "English", words
    said = []
    for token in _TOKEN.findall(text.plain(words)):
        bare = _plain_token(token)
        if not bare or bare[0] in ".,?!":
            said.append(token)
            continue
        gloss = best.say(bare)
        if gloss is not None:
            said.append(gloss)
        elif bare in _english() or bare.isdigit():
            said.append(bare)
    return best.code, best.name, re.sub(r" ([.,?!])", r"\1", " ".join(said))


def asked_for(words: str) -> tuple[str, ...]:
    """Return the languages `words` ask for or hint at by name, as entries list them."""
    plain = text.plain(words)
    found = [_SAID[one] for one in text.raw_words(plain) if one in _SAID]
    if _SIGNING.search(plain):
        found.append("BSL")
    return tuple(dict.fromkeys(found))
