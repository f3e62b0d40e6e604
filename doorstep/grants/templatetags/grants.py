"""Money in templates."""

from django import template

from doorstep.grants.actions.ideas import pounds as in_pounds

register = template.Library()


@register.filter
def pounds(pence: int | None) -> str:
    """Return £1,250 or £12.50, kept left to right; "" for nothing known."""
    return "" if pence is None else f"\u2066{in_pounds(int(pence))}\u2069"


@register.filter
def share_of(part: int, whole: int) -> int:
    """Return `part` of `whole` in per cent, 0 to 100, down."""
    return max(0, min(100, part * 100 // whole)) if whole else 0
