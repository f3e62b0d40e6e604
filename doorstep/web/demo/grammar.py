"""Words from templates: `{slot}` takes one of a list, `(this|that)` one of the choices.

A template file has sections: `[ask/lift]` and under it one template a line. A title stands
before `::`. Lines that begin with `#` are remarks.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

# A template that has been read: words as they are, or lists of which one is taken. A slot is
# its name in a one-item tuple, because its list may differ from post to post.
Part = Any
Compiled = list[Part]


def compile_template(text: str) -> Compiled:
    """Read one template. Raises ValueError for a bracket that is not closed."""
    parts, at = _read(text, 0, "")
    if at != len(text):
        raise ValueError(f"a bracket too many in {text!r}")
    return parts


def _read(text: str, at: int, ends: str) -> tuple[Compiled, int]:
    parts: Compiled = []
    words = ""
    while at < len(text) and text[at] not in ends:
        letter = text[at]
        if letter == "{":
            close = text.index("}", at)
            if words:
                parts.append(words)
                words = ""
            parts.append((text[at + 1 : close],))
            at = close + 1
        elif letter == "(":
            if words:
                parts.append(words)
                words = ""
            choices = []
            at += 1
            while True:
                choice, at = _read(text, at, "|)")
                if at >= len(text):
                    raise ValueError(f"a bracket is not closed in {text!r}")
                choices.append(choice)
                at += 1
                if text[at - 1] == ")":
                    break
            parts.append([_simple(choice) for choice in choices])
        elif letter == "\\" and at + 1 < len(text):
            words += {"n": "\n"}.get(text[at + 1], text[at + 1])
            at += 2
        else:
            words += letter
            at += 1
    if words:
        parts.append(words)
    return parts, at


def _simple(choice: Compiled) -> Any:
    """A choice of mere words is a string; one with slots stays compiled, in a dict to tell it."""
    if not choice:
        return ""
    if len(choice) == 1 and isinstance(choice[0], str):
        return choice[0]
    return {"parts": choice}


# Said once in a post, these stay what they were, in its title, its words and its answers.
STICKY = frozenset(
    (
        *("street", "spot", "park", "place", "hub", "library", "event", "day"),
        *("spotname", "libname", "language", "pet", "child", "dish", "food"),
    )
)


def say(
    parts: Compiled,
    slots: Mapping[str, Sequence[str]],
    rnd: Callable[[], float],
    memo: dict[str, str],
) -> str:
    """Speak a template: `slots` holds what each name may be, `rnd` is `random.random`.

    `memo` remembers the sticky slots of one conversation.
    """
    out = []
    for part in parts:
        kind = type(part)
        if kind is str:
            out.append(part)
        elif kind is tuple:
            name = part[0]
            if name in memo:
                out.append(memo[name])
                continue
            among = slots[name]
            word = among[int(rnd() * len(among))]
            if name in STICKY:
                memo[name] = word
            out.append(word)
        else:
            taken = part[int(rnd() * len(part))]
            out.append(taken if type(taken) is str else say(taken["parts"], slots, rnd, memo))
    return "".join(out)


def read_sections(path: Path) -> dict[str, list[str]]:
    """Return a template file as section -> lines."""
    sections: dict[str, list[str]] = {}
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            name = line[1:-1]
            sections.setdefault(name, [])
        else:
            sections[name].append(line)
    return sections


def cards(rng: random.Random, weights: Mapping[str, int], size: int = 1000) -> list[str]:
    """Return a shuffled pack in which each name comes as often as its weight says."""
    total = sum(weights.values())
    pack = [name for name, weight in weights.items() for _ in range(round(size * weight / total))]
    rng.shuffle(pack)
    return pack
