"""Forms that count once, and fields that clean what people type."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys, text


class CleanLine(forms.CharField):
    """One line of people's words, without control characters or direction tricks."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        found = super().widget_attrs(widget)
        if not widget.is_hidden and "dir" not in widget.attrs:
            found["dir"] = "auto"  # an English address in an Urdu page starts at its number
        return found

    def to_python(self, value: Any) -> str:
        return text.clean_line(super().to_python(value) or "")


class CleanText(forms.CharField):
    """Several lines of people's words, cleaned the same way."""

    widget = forms.Textarea

    def __init__(self, *, rows: int = 5, **kwargs: Any) -> None:
        kwargs.setdefault("strip", True)
        super().__init__(**kwargs)
        if "widget" not in kwargs:  # Django's own textarea says 10 rows
            self.widget.attrs["rows"] = rows
        self.widget.attrs.setdefault("dir", "auto")

    def to_python(self, value: Any) -> str:
        return text.clean(super().to_python(value) or "")


class OnceForm(forms.Form):
    """A form that makes one thing however often it is sent.

    Its hidden `client_key` goes into the row's unique `client_key`; the verb finds the row
    already made and returns it.
    """

    client_key = forms.CharField(
        widget=forms.HiddenInput,
        max_length=40,
        min_length=8,
        error_messages={"required": _("This page is out of date. Load it again, then send it.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.initial.setdefault("client_key", keys.new_key(20))


def cleaned(form: type[forms.BaseForm], sent: QueryDict) -> dict[str, Any] | None:
    """Return what `form` makes of what was sent; None where it finds fault with any of it.

    For busy paths, and forms of plain fields alone: a form copies all its fields each time it is
    made, which costs more than looking at what they were sent.
    """
    found = {}
    for name, field in form.base_fields.items():  # type: ignore[attr-defined]
        try:
            found[name] = field.clean(field.widget.value_from_datadict(sent, {}, name))
        except ValidationError:
            return None
    return found
