"""What people and officers type about rights over data."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.base.time import today
from doorstep.people.models import RightsRequest, Way

_SAY = gettext_lazy("Say it in a few words.")


class CorrectionForm(OnceForm):
    """What is wrong, and what is right."""

    what = CleanLine(
        label=gettext_lazy("What is wrong?"),
        help_text=gettext_lazy("For example: my date of birth, or a note about a visit."),
        max_length=200,
        error_messages={"required": gettext_lazy("Say what is wrong.")},
    )
    words = CleanText(
        label=gettext_lazy("What would be right?"),
        max_length=2000,
        error_messages={"required": gettext_lazy("Say what would be right.")},
    )


class RestrictionForm(OnceForm):
    """Why the record should be left alone."""

    words = CleanText(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("For example: something in it is wrong, and you have asked us."),
        max_length=600,
        error_messages={"required": _SAY},
    )


class LeavingForm(forms.Form):
    """Being forgotten: what becomes of posts, when, and being sure."""

    posts = forms.ChoiceField(
        label=gettext_lazy("What you wrote to neighbours"),
        choices=[
            ("keep", gettext_lazy("Keep it up, without my name")),
            ("take", gettext_lazy("Take it all down and delete it")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what becomes of what you wrote.")},
    )
    when = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=[
            ("later", gettext_lazy("In 30 days. Until then I can come back by signing in.")),
            ("now", gettext_lazy("Now. It can't be undone.")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose when.")},
    )
    sure = forms.BooleanField(
        label=gettext_lazy("Yes, I want this"),
        error_messages={"required": gettext_lazy("Tick the box if you are sure.")},
    )


class _ForThem(forms.Form):
    """How the officer knows whom they speak to, and how it was asked."""

    way = forms.ChoiceField(
        label=gettext_lazy("How did they ask?"),
        choices=[choice for choice in Way.choices if choice[0] != Way.WEB],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how they asked.")},
    )
    known_by = CleanLine(
        label=gettext_lazy("How do you know it's them?"),
        help_text=gettext_lazy("For example: rang back on their number, or saw their bus pass."),
        max_length=200,
        error_messages={"required": gettext_lazy("Say how you know it's them.")},
    )


class CorrectionForThem(CorrectionForm, _ForThem):
    """An officer writes down what somebody says is wrong."""


class RestrictionForThem(RestrictionForm, _ForThem):
    """An officer stops a record being used because the person asked."""


class LeavingForThem(LeavingForm, _ForThem):
    """An officer has somebody forgotten who asked for it."""

    field_order = ["posts", "when", "way", "known_by", "sure"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sure"].label = _("Yes, they want this, and know that it can't be undone")


class AnswerForm(forms.Form):
    """Done or not done, and the reason either way."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What came of it?"),
        choices=[
            (RightsRequest.State.DONE, gettext_lazy("Done, as they asked")),
            (RightsRequest.State.REFUSED, gettext_lazy("Not done, or not all of it")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what came of it.")},
    )
    words = CleanText(
        label=gettext_lazy("What you tell them"),
        help_text=gettext_lazy(
            "Plain words. If it is not done: why, and that they can complain to us "
            "and to the Information Commissioner."
        ),
        max_length=2000,
        error_messages={"required": gettext_lazy("Write what you tell them.")},
    )


class WhyForm(forms.Form):
    """One reason, in words."""

    why = CleanText(
        label=gettext_lazy("Why?"),
        max_length=600,
        rows=3,
        error_messages={"required": gettext_lazy("Say why; they will read it.")},
    )


class HoldForm(forms.Form):
    """Why nothing may be taken away, and when to look again."""

    why = CleanText(
        label=gettext_lazy("Why must it be kept?"),
        max_length=600,
        rows=3,
        error_messages={"required": gettext_lazy("Say which claim or inquiry needs it.")},
    )
    review_on = forms.DateField(
        label=gettext_lazy("Look at it again on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={
            "required": gettext_lazy("Choose a day."),
            "invalid": gettext_lazy("Write a date, such as 2027-03-31."),
        },
    )

    def clean_review_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["review_on"]
        if not today() < day <= today() + dt.timedelta(days=366):
            raise ValidationError(_("Choose a day within the next year."))
        return day
