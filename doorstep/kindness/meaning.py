"""A second look by what a whole sentence means, for texts the table is not sure of.

The vectors come from a floor above, where they serve the directory; without them the table alone
decides. Nothing here knows how they are made.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from doorstep.base.registry import Registry

# The vectors know English; of other languages they know nothing, and say it with confidence.
_SMALL_WORDS = (
    "the and my he she it you of for was that with not this we they her his him your our at be "
    "have has had are been but so what when who if all just from up out how there their them "
    "its im ive dont cant hes shes theres thats wont didnt isnt does will can would about as by "
    "one some anyone someone get got"
)
_ENGLISH = frozenset(_SMALL_WORDS.split())
_WORDS = re.compile(r"[^\W_]+")
log = logging.getLogger(__name__)

Vectors = Callable[[list[str]], Any]
# `readers` holds functions that return a `Vectors` (texts to rows of numbers), or None where its
# packages are not installed.
readers: Registry[Callable[[], Vectors | None]] = Registry("what sentences mean")


def can_tell(text: str) -> bool:
    """Whether `text` seems to be in English: one word in ten is one of its small ones."""
    said = _WORDS.findall(text.lower().replace("'", "").replace("’", ""))
    return sum(word in _ENGLISH for word in said) * 10 >= max(len(said), 1)


@lru_cache(1)
def _vectors() -> Vectors | None:
    return next((found for make in readers if (found := make()) is not None), None)


def vector(text: str) -> Sequence[float] | None:
    """Return what `text` means as numbers, a list of length-one rows; None where nobody can say."""
    asked = _vectors()
    if asked is None:
        return None
    try:
        return [float(number) for number in asked([text])[0]]
    except Exception:  # a second look is never worth a page that fails
        log.warning("kindness: no second look, the reader of sentences failed.")
        return None
