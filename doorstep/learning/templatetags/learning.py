"""Small helps of the pages of learning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from doorstep.design.sums import in_line
from doorstep.design.templatetags.design import error_summary
from doorstep.learning import mapping

register = template.Library()


@register.simple_tag
def address(to: tuple[str, list[Any]]) -> str:
    """The address of (url name, arguments)."""
    name, args = to
    return reverse(name, args=args)


@register.simple_tag
def error_summaries(bound: list[Any]) -> SafeString:
    """One box with what several forms have to put right."""
    return error_summary(*bound)


@register.filter
def label(labels: Mapping[str, Any], kind: str) -> Any:
    """What a mark is called."""
    return labels.get(kind, "")


@register.filter
def ink(kind: str) -> str:
    """The shop whose colour a kind of thing wears."""
    return mapping.INKS.get(kind, "learn")


@register.filter
def kind_icon(kind: str) -> str:
    return mapping.ICONS.get(kind, "lightbulb")


@register.filter
def pounds(pence: int | None) -> str:
    """“£12.50”, “£12”."""
    if pence is None:
        return ""
    whole, rest = divmod(pence, 100)
    return in_line(f"£{whole:,}" if not rest else f"£{whole:,}.{rest:02d}")


@register.filter
def of(pictures: Mapping[int, str], key: int) -> str:
    """The picture of a row, as an address with the picture in it."""
    return pictures.get(key, "")
