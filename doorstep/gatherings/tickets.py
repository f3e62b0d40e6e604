"""The gathering ticket, drawn once for each thing it can show."""

from __future__ import annotations

from functools import lru_cache

from django.template.loader import get_template
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from doorstep.base.time import local, today
from doorstep.gatherings.reading import Row


def render_ticket(row: Row, level: int = 3, style: str = "full") -> SafeString:
    """Return a ticket. Kept by everything it shows, so a change is seen at the next request.

    `level` is the heading's: 3 under a page's h2. Nothing about who reads is in it but
    `row.mine`, which is part of the key. `style`: "full"; "short" for a side column, with
    title, time and place; "date" for one date of many on its gathering's own page.
    """
    return _drawn(row, level, style, translation.get_language() or "", str(today()))


@lru_cache(4096)
def _drawn(row: Row, level: int, style: str, language: str, day: str) -> SafeString:
    # Bare numbers of London's clock, for the stub.
    context: dict[str, object] = {"row": row, "level": level, "style": style}
    context["starts"] = local(row.starts_at)
    html = get_template("gatherings/_ticket.html").render(context)
    return mark_safe(" ".join(html.split()))


def render_tickets(rows: list[Row], level: int = 3, style: str = "full") -> SafeString:
    """Return several tickets, one under the other."""
    return mark_safe("".join(render_ticket(row, level, style) for row in rows))
