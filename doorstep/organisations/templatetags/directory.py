"""Tags of the directory. Load with `{% load directory %}`."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from doorstep.organisations import showing

register = template.Library()


@register.simple_tag(takes_context=True)
def service_card(context: Any, card: showing.Card, level: int = 2, back: str = "") -> SafeString:
    """Draw an entry as it stands in a list; see `showing.drawn`."""
    token = str(context.get("csrf_token") or "")
    return showing.drawn(card, level=level, back=back, token=token)
