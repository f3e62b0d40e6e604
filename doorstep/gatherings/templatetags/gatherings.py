"""Tags of gatherings. Load with `{% load gatherings %}`."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from doorstep.gatherings.models import Gathering
from doorstep.gatherings.reading import Row
from doorstep.gatherings.recurrence import in_words
from doorstep.gatherings.tickets import render_ticket

register = template.Library()


@register.simple_tag
def ticket(row: Row, level: int = 3, style: str = "full") -> SafeString:
    """Draw the ticket of a row from `gatherings.reading`; styles as in `tickets`."""
    return render_ticket(row, level, style)


@register.filter
def how_often(gathering: Gathering) -> str:
    """“Every Thursday, until 3 March 2027”."""
    return in_words(gathering.rrule, gathering.starts_at)
