"""Forms of what happens at a gathering: welcome, jobs, faces, live room."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.gatherings.models import Place

_NUMBER = re.compile(r"^\+?[0-9]{10,15}$")


class PhoneField(CleanLine):
    """A number to ring, kept as it was typed."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "class": "w-m"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, required=False, **kwargs)

    def clean(self, value: Any) -> str:
        number = super().clean(value)
        if number and not _NUMBER.match(re.sub(r"[ ()\-.]", "", number)):
            raise forms.ValidationError(
                _("Check the number: it should be about 11 digits, like 07700 900123.")
            )
        return number


class ExpectMeForm(forms.Form):
    """“Would you like someone to look out for you?”"""

    wishes = CleanLine(
        label=_("What would help?"),
        help_text=_(
            "For example: I don't hear well, please wave. Only your greeter and the hosts see this."
        ),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto", "class": "area-s"}),
    )
    phone = PhoneField(
        label=_("A number we can ring you on afterwards"),
        help_text=_(
            "To ask how it was. Only your greeter sees it, and we delete it after the call."
        ),
    )

    def __init__(self, *args: Any, is_child: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_child:
            # A grown-up doesn't ring a child they have just met.
            del self.fields["phone"]


class CallerForm(OnceForm):
    """A newcomer on the phone, put on the list by a host."""

    name = CleanLine(label=_("What are they called?"), max_length=80)
    how = forms.ChoiceField(
        label=_("How will they join?"),
        choices=Place.How.choices,
        initial=Place.How.ROOM,
        widget=forms.RadioSelect,
    )
    guests = forms.IntegerField(
        label=_("How many people with them?"),
        min_value=0,
        max_value=10,
        initial=0,
        widget=forms.NumberInput(attrs={"class": "w-s", "inputmode": "numeric"}),
    )
    wishes = CleanLine(
        label=_("What would help them?"),
        help_text=_("For example: walks slowly, please find a seat near the door."),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto", "class": "area-s"}),
    )
    phone = PhoneField(
        label=_("A number to ring afterwards"),
        help_text=_("Ask first. Only the greeter sees it, and we delete it after the call."),
    )


class CallForm(forms.Form):
    """What came of the call afterwards."""

    note = CleanLine(
        label=_("How was it?"),
        help_text=_("One line for the hosts. Leave out anything private."),
        max_length=300,
        required=False,
    )


class JobForm(forms.Form):
    """A job at the gathering."""

    name = CleanLine(label=_("What wants doing?"), max_length=80)
    needed = forms.IntegerField(
        label=_("How many people?"),
        min_value=1,
        max_value=30,
        initial=1,
        widget=forms.NumberInput(attrs={"class": "w-s", "inputmode": "numeric"}),
    )


class SayForm(OnceForm):
    """Something said in the live room."""

    text = CleanText(
        label=_("Say something"),
        rows=2,
        max_length=1000,
        error_messages={
            "required": _("Write something first."),
            "max_length": _("That's too long for one message. Send it in two."),
        },
    )


class PaperFacesForm(forms.Form):
    """How many ticks under each face on paper; a field per moment and face."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for moment in ("arriving", "leaving"):
            for face in range(1, 6):
                self.fields[f"{moment}-{face}"] = forms.IntegerField(
                    min_value=0, max_value=200, required=False
                )

    def counts(self, moment: str) -> list[int]:
        """Return how many of face 1 to 5."""
        return [self.cleaned_data.get(f"{moment}-{face}") or 0 for face in range(1, 6)]


class WalkInForm(forms.Form):
    """A line at the foot of the register: somebody who just turned up."""

    key = forms.CharField(min_length=8, max_length=40)
    name = CleanLine(max_length=80)
    guests = forms.IntegerField(min_value=0, max_value=20, required=False)
    how = forms.ChoiceField(choices=Place.How.choices, required=False)
    first = forms.BooleanField(required=False)
