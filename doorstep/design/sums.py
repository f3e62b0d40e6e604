"""Sums of money in a line of words, in languages of either direction."""

from __future__ import annotations

from django.utils import translation


def in_line(amount: str) -> str:
    """Return "£12.50" kept left to right: after Urdu words the sign would stand behind it."""
    return f"\u2066{amount}\u2069" if translation.get_language_bidi() else amount
