"""What is typed after a call or a visit, and when a list is brought in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.base.time import in_london, today
from doorstep.places.models import Area
from doorstep.support.models import ContactAttempt

_CHANNELS = ContactAttempt.Channel.choices


class AttemptForm(OnceForm):
    """One try to reach somebody."""

    channel = forms.ChoiceField(label=gettext_lazy("How?"), choices=_CHANNELS, initial="phone")
    direction = forms.ChoiceField(
        label=gettext_lazy("Which way?"), choices=ContactAttempt.Direction.choices, initial="out"
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("What came of it?"),
        choices=ContactAttempt.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what came of it.")},
    )
    back_on = forms.DateField(
        label=gettext_lazy("Ring again on"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "w-m"}),
    )
    back_at = forms.TimeField(
        label=gettext_lazy("at"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "w-s"}),
    )
    words = CleanText(
        label=gettext_lazy("What was said? They can ask to read this"),
        rows=2,
        max_length=4000,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("outcome") == ContactAttempt.Outcome.CALL_BACK:
            if not data.get("back_on"):
                self.add_error("back_on", _("Say on which day."))
            elif data["back_on"] < today():
                self.add_error("back_on", _("That day is over."))
        return data

    def attempt(self) -> dict[str, Any]:
        """Return what `contacts.actions.record` takes."""
        data = dict(self.cleaned_data)
        on, clock = data.pop("back_on"), data.pop("back_at")
        if on and data["outcome"] == ContactAttempt.Outcome.CALL_BACK:
            data["call_back_at"] = in_london(dt.datetime.combine(on, clock or dt.time(10)))
        return data


class RingForm(AttemptForm):
    """What came of ringing the next person of a list: what can come of a call, and no more."""

    CALLS = ("spoke", "call_back", "no_answer", "busy", "message", "wrong", "refused")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outcome: Any = self.fields["outcome"]
        outcome.choices = [one for one in outcome.choices if one[0] in self.CALLS]
        self.fields["channel"].required = self.fields["direction"].required = False


class OutreachForm(OnceForm):
    """Bring in a list of people to ring."""

    name = CleanLine(
        label=gettext_lazy("What is the list called?"),
        max_length=80,
        error_messages={"required": gettext_lazy("Give the list a name.")},
    )
    script = CleanText(
        label=gettext_lazy("What do callers say?"), rows=4, max_length=2000, required=False
    )
    locality = forms.ModelChoiceField(
        label=gettext_lazy("Which hub rings them?"),
        queryset=Area.objects.of_kind(Area.Kind.LOCALITY).order_by("name"),
        empty_label=gettext_lazy("The borough, and each hub its own"),
        required=False,
    )
    file = forms.FileField(
        label=gettext_lazy("The file"),
        help_text=gettext_lazy(
            "A CSV with a first line of names: name, phone, and if you have them address, "
            "postcode, note, language. Up to 50,000 lines."
        ),
        error_messages={
            "required": gettext_lazy("Choose a CSV file."),
            "empty": gettext_lazy("The file is empty."),
        },
    )
