"""Parts of pages kept ready-made in the process.

A part is kept under everything it shows, so that a change makes another key, and nothing one
person may see can come to another who may not.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.utils import translation
from django.utils.safestring import SafeString

_MOST = 6000
_kept: dict[tuple[Any, ...], SafeString] = {}


def part(name: str, shown: tuple[Any, ...], context: dict[str, Any]) -> SafeString:
    """Return the template `name` drawn with `context`, of which it may show only `shown`."""
    key = (name, translation.get_language(), *shown)
    kept = _kept.get(key)
    if kept is not None:
        return kept
    # Django's engine returns what it drew as safe HTML.
    html = SafeString(get_template(f"teams/{name}").render(context))
    if not settings.DEBUG:
        if len(_kept) >= _MOST:
            _kept.clear()
        _kept[key] = html
    return html
