"""Parts of pages kept ready-made in the process.

A part is kept under everything it shows, so that a change makes another key and is seen at the
next request, and nothing one person may see can come to another who may not.
"""

from __future__ import annotations

import re
import secrets
import threading
from itertools import islice
from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.utils import translation
from django.utils.safestring import SafeString

MOST = 8000  # a few kilobytes each
_kept: dict[tuple[Any, ...], tuple[str, ...]] = {}
_lock = threading.Lock()
_GAP = secrets.token_hex(12)  # nobody can write it into their own words
_GAPS = re.compile(f"{_GAP}([a-z_]+);")


def part(
    name: str,
    shown: tuple[Any, ...],
    context: dict[str, Any],
    gaps: dict[str, str] | None = None,
) -> SafeString:
    """Return the template `name` drawn with `context`, of which it may show only `shown`.

    `shown` is compared by value: names, numbers, strings and tuples of them. `gaps` are safe
    HTML that differs each time; the template sees each as a variable, empty or not, and may
    only print it or ask whether it is there.
    """
    gaps = gaps or {}
    key = (name, translation.get_language(), *map(bool, gaps.values()), *shown)
    pieces = _kept.get(key)
    if pieces is None:
        marks = {gap: SafeString(f"{_GAP}{gap};") if html else "" for gap, html in gaps.items()}
        html = get_template(name).render({**context, **marks})
        pieces = tuple(_GAPS.split(html))
        if not settings.DEBUG:
            _keep(key, pieces)
    if len(pieces) == 1:
        return SafeString(pieces[0])
    filled = list(pieces)
    for index in range(1, len(filled), 2):
        filled[index] = gaps[filled[index]]
    return SafeString("".join(filled))


def _keep(key: tuple[Any, ...], pieces: tuple[str, ...]) -> None:
    """Keep a part; when there are too many, the oldest tenth goes."""
    if len(_kept) >= MOST:
        with _lock:
            for old in list(islice(iter(list(_kept)), MOST // 10 + 1)):
                _kept.pop(old, None)
    _kept[key] = pieces


def forget_all() -> None:
    """Drop everything kept (tests measure a cold page)."""
    _kept.clear()
