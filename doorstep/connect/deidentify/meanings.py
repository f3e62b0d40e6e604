"""What each word means where it stands: MiniLM's numbers, lent by the directory's reader."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from doorstep.connect.deidentify.naming import Word

WIDTH = 384
_PIECE = 60  # words read together: MiniLM reads 128 tokens at once
_BREAK = re.compile(r"(?<=[.!?\n])\s+")


def of_words(text: str, words: Sequence[Word]) -> np.ndarray[Any, Any] | None:
    """Return a row of 384 numbers for each word, or None where no reader is installed."""
    import numpy as np

    from doorstep.organisations.finding import meaning

    reader = meaning.reader()
    if reader is None:
        return None
    rows = np.zeros((len(words), WIDTH), dtype=np.float32)
    for start, end in _pieces(text, words):
        read = reader.pieces(text[start:end])
        for at, word in enumerate(words):
            if not start <= word.start < end:
                continue
            near = [
                vector for s, e, vector in read if s < word.end - start and word.start - start < e
            ]
            if near:
                rows[at] = np.mean(near, axis=0)
    return rows


def _pieces(text: str, words: Sequence[Word]) -> list[tuple[int, int]]:
    """Return stretches of whole sentences of at most some 60 words; a longer one is cut."""
    ends = [m.end() for m in _BREAK.finditer(text)] + [len(text)]
    made: list[tuple[int, int]] = []
    start = last = 0
    for end in ends:
        if sum(1 for w in words if start <= w.start < end) > _PIECE and last > start:
            made.append((start, last))
            start = last
        while True:
            inside = [w for w in words if start <= w.start < end]
            if len(inside) <= _PIECE:
                break
            cut = inside[_PIECE - 1].end
            made.append((start, cut))
            start = cut
        last = end
    if start < len(text):
        made.append((start, len(text)))
    return made
