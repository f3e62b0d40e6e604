# ruff: noqa: E501 - expressions read better whole
"""By what neighbours would know somebody without a name: a rare job, a known event, a one-only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from doorstep.connect.deidentify.naming import MODEL, Word
from doorstep.connect.deidentify.spans import Span
from doorstep.connect.deidentify.words import ordinary

if TYPE_CHECKING:
    import numpy as np

_CUT = re.compile(
    r"[.!?;:\n]+(?=\s|$|[\"”'’])|\n|,\s|\s[-–—]\s|[()\"“”]|,$|"
    r"\s(?=(?:and|but|so) (?:he|she|they|would|wants?|needs?|is looking|likes?|can't|has started)\b)"
)
_LEAD = re.compile(
    r"^\s*(?:(?:and|but|so|because|also|he|she|they|he's|she's|i|who|is|was|has|had|client is|"
    r"it's|they're|i'm|the caller|caller|lady|gentleman|my client)\s+)+",
    re.IGNORECASE,
)
CUES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, 0 if name == "capitals" else re.IGNORECASE))
    for name, pattern in {
        "the-one": r"\b(?:the|that) (?:\w+ ){0,2}(?:one|man|woman|lady|chap|bloke|fella|boy|girl|lad|"
        r"guy|family|couple|person|nurse|vicar|driver|teacher|old boy|twins?|only \w+) (?:who|that|"
        r"whose|with|in|from|on|at|behind)\b",
        "only": r"\b(?:the )?(?:only|last|sole)\b(?! (?:day|time|one of|thing|on|just|wants?|need))",
        "first": r"\bthe (?:first|youngest|oldest|tallest|longest|biggest)\b(?! (?:of|monday|time|"
        r"floor|day|week|one|tuesday|thursday|friday))",
        "news": r"\b(?:news|papers?|front page|telly|television|on tv|viral|documentary|headline|"
        r"film|the post|radio)\b",
        "record": r"\b(?:record|champion|medal|olympi\w*|world|national|england|international|won|"
        r"winner|prize|mbe|obe|trophy|cup|guinness|title)\b",
        "office": r"\b(?:mayor\w*|councillor|mp|ambassador|judge|bishop|consul|headmaster|"
        r"headmistress|stood for|captain|president|chairman|sheriff|magistrate|queen|king|prince)\b",
        "fame": r"\b(?:famous|known (?:for|as)|everyone knows|legend|voice of|face of|statue|mural|"
        r"plaque|named after|backing|band|played for|signed for|starred|extra in|stunt|double)\b",
        "event": r"\b(?:fire|crash|flood|explosion|disaster|tornado|storm|murder|trial|kidnap\w*|"
        r"rescued|collapse\w*|bomb\w*|siege|shipwreck|sank|hoax|strike|scandal|inquest|lottery|"
        r"pools|windrush|marathon)\b",
        "many": r"\b(?:triplets|quads|quadruplets|quins|conjoined|twins)\b",
        "former": r"\b(?:former|formerly|ex|retired|used to|was once|once|the old)\b",
        "whose": r"\bwhose\b",
        "number": r"\b(?:\d{4}|\d+|twice|three times|four times|five|six|seven|nine|ten|twenty|"
        r"thirty|forty|fifty)\b",
        "animal": r"\b(?:parrot|snakes?|donkey|goat|owls?|lion|tiger|ferrets?|llama|alpaca|python|"
        r"tarantula|peacock|pigeons?|swan|fox|foxes|badger|horse|elephant|circus|camel|pig)\b",
        "ill": r"\b(?:syndrome|transplant|rabies|leprosy|rare|\w{5,}(?:osis|itis|plegia|emia|trophy|"
        r"oma|egaly|geria)|one in a|cases in|disease|condition|iron lung)\b",
        "dress": r"\b(?:dressed as|in a (?:\w+ )?costume|regalia|pearly|tattoo\w*|glass eye|gold "
        r"tooth|eye ?patch|kilt|cape|top hat|one arm|one leg|wig)\b",
        "in-all": r"\bin (?:the (?:borough|country|world|whole|county|city)|london|essex|england|"
        r"britain|dagenham|barking|europe|uk)\b",
        "asks": r"\b(?:please|can anyone|could|looking for|would like|wants?|needs?|anyone|help|"
        r"lift to|bring|meet|rang|ring|call|come|thank)\b",
        "capitals": r"(?<=[a-z,] )[A-Z][a-z]{2,}",
    }.items()
)


@dataclass(frozen=True)
class Weights:
    """What `rare` learned: over cues and over meaning."""

    cues: dict[str, float]
    start: float
    meaning: Any
    bar: float
    plain_cues: dict[str, float]
    plain_start: float
    plain_bar: float


@lru_cache(1)
def weights() -> Weights:
    """Return the learned weights."""
    import json

    import numpy as np

    with np.load(MODEL) as held:
        keys = json.loads(bytes(held["rare_keys"]).decode())
        s = held["rare_starts"]
        return Weights(
            dict(zip(keys, held["rare_cues"].tolist(), strict=True)),
            float(s[0]),
            held["rare_meaning"].astype("float32"),
            float(s[1]),
            dict(zip(keys, held["rare_plain"].tolist(), strict=True)),
            float(s[2]),
            float(s[3]),
        )


def segments(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of the stretches of a text between commas, stops and dashes."""
    made = []
    start = 0
    for match in [*list(_CUT.finditer(text)), None]:
        end = match.start() if match else len(text)
        s, e = start, end
        while s < e and not text[s].isalnum():
            s += 1
        while e > s and not text[e - 1].isalnum():
            e -= 1
        if e > s:
            made.append((s, e))
        if match:
            start = match.end()
    return made


def cues(text: str, start: int, end: int) -> list[str]:
    """Return what is telling about one stretch."""
    said = text[start:end]
    found = [name for name, pattern in CUES if pattern.search(said)]
    plain = ordinary()
    words = [w.lower() for w in re.findall(r"[^\W\d_]{3,}", said)]
    unusual = sum(1 for w in words if plain.get(w, 0) != 1 and plain.get(w.rstrip("s"), 0) != 1)
    found.append(f"length={min(len(words) // 3, 5)}")
    found.append(f"unusual={min(unusual, 3)}")
    telling = [
        n for n in found if n not in ("asks", "capitals", "number", "former") and "=" not in n
    ]
    found.append(f"telling={min(len(telling), 3)}")
    return found


def vectors(
    words: Sequence[Word], meanings: np.ndarray[Any, Any], start: int, end: int
) -> np.ndarray[Any, Any]:
    """Return the mean of what the words between `start` and `end` mean, of length one."""
    import numpy as np

    inside = [at for at, w in enumerate(words) if start <= w.start < end]
    if not inside:
        return np.zeros(meanings.shape[1], dtype=np.float32)
    mean = meanings[inside].mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-6)


def rare_details(
    text: str, meanings: np.ndarray[Any, Any] | None, words: Sequence[Word]
) -> list[Span]:
    """Return the stretches by which somebody might be known."""
    it = weights()
    found = []
    for start, end in segments(text):
        if end - start < 12:
            continue
        row = cues(text, start, end)
        if meanings is None:
            score = it.plain_start + sum(it.plain_cues.get(c, 0.0) for c in row) - it.plain_bar
        else:
            score = it.start + sum(it.cues.get(c, 0.0) for c in row) - it.bar
            score += float(vectors(words, meanings, start, end) @ it.meaning)
        if score > 0:
            lead = _LEAD.match(text[start:end])
            begin = start + (lead.end() if lead and lead.end() < end - start - 8 else 0)
            found.append(Span(begin, end, "rare_detail", round(min(0.95, 0.5 + score / 10), 2)))
    return found
