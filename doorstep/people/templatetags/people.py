"""How facts about people are shown."""

from django import template

from doorstep.base.text import to_html
from doorstep.people import numbers

register = template.Library()


@register.filter
def mobile(number: str | None) -> str:
    """Show "+447700900123" as "07700 900123"."""
    return numbers.shown(number)


@register.filter
def words(text: str) -> str:
    """Show what somebody wrote, with its paragraphs and links."""
    return to_html(text)
