"""Numbers people type: what doesn't fit is said in one sentence."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


def errors(low: int, high: int) -> dict[str, Any]:
    """Return the error messages of a field that takes a number from `low` to `high`."""
    said = format_lazy(_("Write a number from {low} to {high}."), low=low, high=high)
    kinds = ("required", "invalid", "min_value", "max_value", "max_digits", "max_decimal_places")
    return dict.fromkeys((*kinds, "max_whole_digits"), said)


class NumberField(forms.IntegerField):
    """A whole number from `min_value` to `max_value`, both included."""

    def __init__(self, *, min_value: int, max_value: int, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", errors(min_value, max_value))
        super().__init__(min_value=min_value, max_value=max_value, **kwargs)
