"""What people come for: `data/needs.txt`, some 130 needs in residents' words and charities' words.

Each need has a name, a sentence as a charity says it, words an entry that answers it uses (`@`),
and sayings: how residents, relatives and workers say it. Written for Doorstep (CC0).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from doorstep.organisations.finding import text

DATA = Path(__file__).parent / "data"


# Words one after another; True where it stands for all words that begin so.
Pattern = tuple[tuple[str, bool], ...]


@dataclass
class Need:
    """One need. `said` is how a charity says it; `evidence` what an entry for it says."""

    name: str
    said: str
    evidence: tuple[Pattern, ...]
    sayings: list[str] = field(default_factory=list)


def _pattern(word: str) -> Pattern:
    parts = word.casefold().replace(",", "").replace("-", "_").split("_")
    return tuple((one.rstrip("*"), one.endswith("*")) for one in parts if one.rstrip("*"))


@lru_cache(1)
def needs() -> tuple[Need, ...]:
    """Return every need, in the order of the file."""
    found: list[Need] = []
    for line in (DATA / "needs.txt").read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if line.startswith("## "):
            name, _, said = line[3:].partition(" | ")
            found.append(Need(name.strip(), said.strip(), ()))
        elif line.startswith("@"):
            found[-1].evidence = tuple(_pattern(one) for one in line[1:].split())
        elif line:
            found[-1].sayings.append(line)
    return tuple(found)


@lru_cache(1)
def sayings() -> tuple[tuple[str, int], ...]:
    """Return every saying with the place of its need in `needs()`; the charity's line is one."""
    return tuple(
        (line, at) for at, need in enumerate(needs()) for line in (need.said, *need.sayings)
    )


_TOKEN = re.compile(r"[^\W_]+(?:['’+][^\W_]*)?")


@lru_cache(1)
def _by_beginning() -> dict[str, list[tuple[int, Pattern]]]:
    """The first three letters of a pattern -> (need, pattern)."""
    made: dict[str, list[tuple[int, Pattern]]] = {}
    for at, need in enumerate(needs()):
        for pattern in need.evidence:
            made.setdefault(pattern[0][0][:3], []).append((at, pattern))
    return made


def _matches(token: str, wanted: str, begins: bool) -> bool:
    if begins:
        return token.startswith(wanted)
    return token == wanted or token in (wanted + "s", wanted + "es")


def _found_in(words: str) -> set[tuple[int, Pattern]]:
    tokens = [one.rstrip("+") for one in _TOKEN.findall(words.casefold().replace("’", "'"))]
    table, found = _by_beginning(), set()
    for at, token in enumerate(tokens):
        for need, pattern in table.get(token[:3], ()):
            if at + len(pattern) <= len(tokens) and all(
                _matches(tokens[at + step], *part) for step, part in enumerate(pattern)
            ):
                found.add((need, pattern))
    return found


def proof(entries: Sequence[tuple[str, str]]) -> np.ndarray[Any, Any]:
    """Return entries x needs: how much an entry's own words say that it answers it, 0 to 1.

    `entries` are (name, description); a word in the name counts twice.
    """
    made = np.zeros((len(entries), len(needs())), dtype=np.float32)
    for at, (name, description) in enumerate(entries):
        in_name = _found_in(name)
        for need, _pattern in in_name:
            made[at, need] += 2.0
        for need, _pattern in _found_in(description) - in_name:
            made[at, need] += 1.0
    weighed: np.ndarray[Any, Any] = made / (made + 2.0)
    return weighed


def stems_of(need: Need) -> list[str]:
    """Return the stems of all a need's sayings, for comparing by words alone."""
    return text.stems(" \n ".join((need.said, *need.sayings)))
