"""The forms of the safety records."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.base.time import today
from doorstep.web.safety.actions import LOOK_AGAIN
from doorstep.web.safety.models import Complaint, Level, WordsChange


class ReviewForm(forms.Form):
    """How an entry holds now."""

    number = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=100_000)
    likely = forms.ChoiceField(
        label=_("How likely is it here?"), choices=Level.choices, widget=forms.RadioSelect
    )
    harm = forms.ChoiceField(
        label=_("How bad would it be?"), choices=Level.choices, widget=forms.RadioSelect
    )
    why = CleanText(label=_("Why?"), max_length=4000, rows=5)
    measures = CleanText(label=_("What do we do about it?"), max_length=4000, rows=8)
    left = forms.ChoiceField(
        label=_("What risk is left?"), choices=Level.choices, widget=forms.RadioSelect
    )
    owner = CleanLine(label=_("Who answers for it?"), max_length=120)
    what_changed = CleanLine(label=_("What is new?"), max_length=300, required=False)
    due_on = forms.DateField(
        label=_("Look again by"),
        help_text=_("A year from now at the latest."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Give the day like this: 2027-03-31.")},
    )

    def clean_due_on(self) -> dt.date:
        day = self.cleaned_data["due_on"]
        if not today() < day <= today() + LOOK_AGAIN:
            raise forms.ValidationError(_("Choose a day after today, within a year."))
        return day


class ComplaintForm(OnceForm):
    """Tell us that we do it wrong."""

    what = forms.ChoiceField(
        label=_("What is it about?"), choices=Complaint.What.choices, widget=forms.RadioSelect
    )
    text = CleanText(label=_("What happened?"), max_length=5000, rows=7)
    contact = CleanLine(
        label=_("How can we answer you?"),
        help_text=_("An e-mail, a phone number or an address. Only those who answer see it."),
        max_length=200,
    )
    how = forms.ChoiceField(
        label=_("How did it come?"),
        choices=Complaint.How.choices,
        initial=Complaint.How.PHONE,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, is_known: bool, is_keeper: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_keeper:
            self.fields["contact"].required = False
        else:
            del self.fields["how"]
            if is_known:
                del self.fields["contact"]


class AnswerForm(forms.Form):
    """The answer to a complaint."""

    is_upheld = forms.ChoiceField(
        label=_("Are they right?"),
        choices=[("yes", _("Yes, or in part")), ("no", _("No"))],
        widget=forms.RadioSelect,
    )
    text = CleanText(label=_("What do you answer?"), max_length=5000, rows=7)


class ChangeForm(OnceForm):
    """One of our pages changed."""

    what = forms.ChoiceField(
        label=_("Which page?"), choices=WordsChange.What.choices, widget=forms.RadioSelect
    )
    text = CleanText(label=_("What is new, in a sentence or two?"), max_length=600, rows=3)
    is_told = forms.BooleanField(label=_("Tell everybody with an account"), required=False)
