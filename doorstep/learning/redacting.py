"""Finding a story's words wherever somebody wrote them down again, and taking them out.

People copy: into an insight, the minutes, an answer. A run of five words of the story is a copy,
and the whole title is. What stands around it stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import models

from doorstep.learning.models import (
    Action,
    Booklet,
    Carry,
    Experiment,
    Meeting,
    Recording,
    Telling,
    Thing,
)

RUN = 5  # words
_WORD = re.compile(r"\w+(?:['’]\w+)*")
INSTEAD = "[…]"

# Everything in learning that people write: model, fields, how it leads to its community.
WRITTEN: tuple[tuple[type[models.Model], tuple[str, ...], str], ...] = (
    (Thing, ("title", "words", "said_by"), "thing"),
    (Experiment, ("wonder", "smallest", "happened", "learned", "what_next"), "experiment"),
    (Meeting, ("title", "agenda", "minutes"), "meeting"),
    (Action, ("what", "done_words"), "action"),
    (Carry, ("why", "answer", "came_of_it"), "carry"),
    (Recording, ("title", "transcript"), "recording"),
    (Booklet, ("title", "opening"), "booklet"),
    (Telling, ("reply",), "story"),
)


def _words(text: str) -> list[tuple[str, int, int]]:
    return [
        (found[0].casefold().replace("’", "'"), *found.span()) for found in _WORD.finditer(text)
    ]


@dataclass(frozen=True)
class Traces:
    """What a story is known by: its runs of words, and its title."""

    runs: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, texts: Iterable[str], title: str = "", *, run: int = RUN) -> Traces:
        """Return the traces of a story's texts; a text shorter than a run counts as a whole.

        With a longer `run` than ours, a text shorter than that leaves no trace.
        """
        runs: set[tuple[str, ...]] = set()
        for text in texts:
            words = [word for word, _start, _end in _words(text)]
            if len(words) >= (3 if run == RUN else run):
                size = min(run, len(words))
                runs |= {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}
        named = tuple(word for word, _start, _end in _words(title))
        if len(named) >= 3:
            runs.add(named)
        return cls(frozenset(runs))

    def take_out(self, text: str) -> tuple[str, int]:
        """Return the text without the story's words, and how many passages went."""
        words = _words(text)
        if not words or not self.runs:
            return text, 0
        alone = [word for word, _start, _end in words]
        gone = [False] * len(words)
        for size in {len(run) for run in self.runs}:
            for at in range(len(alone) - size + 1):
                if tuple(alone[at : at + size]) in self.runs:
                    gone[at : at + size] = [True] * size
        if not any(gone):
            return text, 0
        spans: list[list[int]] = []
        for number, (_word, start, end) in enumerate(words):
            if gone[number] and number and gone[number - 1]:
                spans[-1][1] = end
            elif gone[number]:
                spans.append([start, end])
        out, at = [], 0
        for start, end in spans:
            out += [text[at:start], INSTEAD]
            at = end
        return "".join([*out, text[at:]]), len(spans)


def everywhere(traces: Traces, *, but: int) -> Iterator[tuple[str, models.Model, list[str]]]:
    """Yield (kind, row with the passages taken out, fields changed), the row not saved yet.

    `but` is the story itself, which is emptied whole.
    """
    if not traces.runs:
        return
    for model, fields, kind in WRITTEN:
        # Sealed text can't be searched by the database: each row is opened here.
        for row in model._base_manager.only("pk", *fields).order_by("pk").iterator(500):
            if model is Thing and row.pk == but:
                continue
            changed = []
            for name in fields:
                text = getattr(row, name) or ""
                if len(text) < 8:
                    continue
                mended, passages = traces.take_out(text)
                if passages:
                    setattr(row, name, mended)
                    changed.append(name)
            if changed:
                yield kind, row, changed
