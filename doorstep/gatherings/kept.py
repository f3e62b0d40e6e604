"""Parts of pages drawn once and kept by everything they show.

The key holds all that a part's look depends on, so a change is seen at the next request and
nothing needs clearing; nothing personal is in a part but what is in its key. The token that
guards forms is filled in for each reader.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.template.loader import get_template
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from doorstep.base.time import today
from doorstep.design.tokens import token_of

MOST_KEPT = 4096
_TOKEN = secrets.token_hex(16)  # nobody can write it into a gathering


class _Context:
    """How to draw a part that isn't kept yet; equal to any other, so the key alone decides."""

    def __init__(self, make: Callable[[], dict[str, Any]]) -> None:
        self.make = make

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Context)

    def __hash__(self) -> int:
        return 0


def part(
    request: HttpRequest, template: str, key: Hashable, make: Callable[[], dict[str, Any]]
) -> SafeString:
    """Return `gatherings/<template>` drawn with `make()`, or as it was kept under `key`."""
    html = _drawn(template, translation.get_language() or "", str(today()), key, _Context(make))
    if _TOKEN in html:
        html = html.replace(_TOKEN, token_of(request))
    return mark_safe(html)


@lru_cache(MOST_KEPT)
def _drawn(template: str, language: str, day: str, key: Hashable, context: _Context) -> str:
    found = {**context.make(), "csrf_token": _TOKEN}
    return str(get_template(f"gatherings/{template}").render(found))
