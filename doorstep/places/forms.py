"""Finding one's area."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine
from doorstep.places.models import Postcode, find_postcode, tidy_postcode


class PostcodeField(CleanLine):
    """A postcode of the borough; its clean value is the `Postcode`. Errors say what to do."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 20)
        kwargs.setdefault("label", gettext_lazy("Your postcode"))
        kwargs.setdefault(
            "error_messages", {"required": gettext_lazy("Enter a postcode, such as RM10 7FH")}
        )
        kwargs.setdefault(
            "widget",
            forms.TextInput(
                attrs={
                    "autocomplete": "postal-code",
                    "class": "w-s",
                    "autocapitalize": "characters",
                }
            ),
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Postcode | None:
        text = super().clean(value)
        if not text:
            return None
        tidy = tidy_postcode(text)
        if tidy is None:
            letters = sum(letter.isalnum() for letter in text)
            raise forms.ValidationError(
                _("That’s only part of a postcode. We need all of it, such as RM10 7FH")
                if 0 < letters < 5
                else _("That doesn’t look like a postcode. It should be like RM10 7FH")
            )
        found = find_postcode(tidy)
        if found is None:
            raise forms.ValidationError(
                _("%(code)s isn’t in our borough, or it’s brand new. Choose your ward from the map")
                % {"code": tidy}
            )
        return found


class FindForm(forms.Form):
    """Which area is this postcode in?"""

    postcode = PostcodeField()
