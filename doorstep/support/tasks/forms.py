"""What is typed about a task."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.organisations.models import Organisation
from doorstep.support.amounts import NumberField
from doorstep.support.models import Assignment, Feedback, HelpReason, How, MoneyLine, Offer

_Why = Assignment.Why


class AnswerForm(forms.Form):
    """Yes or no to an offer."""

    answer = forms.ChoiceField(choices=(("yes", ""), ("no", "")))
    why = forms.ChoiceField(
        label=gettext_lazy("Would you tell us why?"), choices=Offer.Why.choices, required=False
    )
    how = forms.ChoiceField(choices=How.choices, required=False)


class UpdateForm(forms.Form):
    """One update of a task; `key` makes one kept on a phone count once."""

    do = forms.ChoiceField(
        choices=[
            (one, one)
            for one in ("on_the_way", "done", "not_done", "hand_back", "note", "take_back")
        ]
    )
    key = forms.RegexField(r"^[a-z0-9-]{8,60}$", required=False)
    words = CleanText(
        label=gettext_lazy("A note for the hub"), max_length=1000, rows=2, required=False
    )
    minutes = NumberField(
        label=gettext_lazy("How many minutes did it take, door to door?"),
        min_value=1,
        max_value=1440,
        required=False,
    )
    why = forms.ChoiceField(
        label=gettext_lazy("Why?"),
        choices=[(one.value, one.label) for one in _Why if one != _Why.PAPERS],
        required=False,
    )
    how = forms.ChoiceField(choices=How.choices, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("do") == "not_done" and not data.get("why"):
            self.add_error("why", _("Choose why it couldn't be done."))
        if data.get("do") == "note" and not data.get("words"):
            self.add_error("words", _("Write a few words."))
        return data


class PoundsField(forms.Field):
    """An amount as people write it, "14.50" or "£14", in pence."""

    def to_python(self, value: Any) -> int | None:
        typed = str(value or "").replace("£", "").replace(",", ".").strip()
        if not typed:
            return None
        if not re.fullmatch(r"\d{1,4}(\.\d{1,2})?", typed):
            raise ValidationError(_("Type how much it was, for example 14.50."))
        whole, _dot, part = typed.partition(".")
        return int(whole) * 100 + int(part.ljust(2, "0") or 0)


class MoneyForm(OnceForm):
    """One line of the ledger."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What happened?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what happened.")},
    )
    pounds = PoundsField(
        label=gettext_lazy("How much, in pounds?"),
        error_messages={"required": gettext_lazy("Type how much it was, for example 14.50.")},
    )
    receipt = forms.FileField(
        label=gettext_lazy("Photo of the receipt"),
        help_text=gettext_lazy("For what was spent. Up to 8 MB; only you and the hub can open it."),
        required=False,
        allow_empty_file=True,  # said in the same words as of any other file that is no photo
    )
    words = CleanLine(
        label=gettext_lazy("A note"),
        help_text=gettext_lazy("Never the number of a card, and never a PIN."),
        max_length=200,
        required=False,
    )

    def __init__(self, *args: Any, is_desk: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        both = [MoneyLine.Kind.GIVEN, MoneyLine.Kind.SPENT, MoneyLine.Kind.RETURNED]
        kinds = [*both, MoneyLine.Kind.ADVANCED, MoneyLine.Kind.REPAID] if is_desk else both
        self.fields["kind"].choices = [(one.value, one.label) for one in kinds]  # type: ignore[attr-defined]
        self.fields["pounds"].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}
        self.fields["receipt"].widget.attrs |= {"accept": "image/*"}
        self.fields["receipt"].is_sometimes_needed = True  # type: ignore[attr-defined]

    def clean_pounds(self) -> int:
        pence = self.cleaned_data["pounds"]
        if not pence or not 1 <= pence <= 100_000:
            raise ValidationError(_("Type how much it was, for example 14.50."))
        return pence


class DeskMoneyForm(forms.Form):
    """What the hub does with the money of a task."""

    do = forms.ChoiceField(choices=[(one, one) for one in ("settle", "ask", "strike")])
    line = forms.IntegerField(required=False)
    words = CleanLine(
        label=gettext_lazy("What do you want to ask?"), max_length=300, required=False
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("do") in ("ask", "strike") and not data.get("words"):
            self.add_error("words", _("Write a few words."))
        return data


class FeedbackForm(OnceForm):
    """How it went, and: anything else?"""

    mood = forms.TypedChoiceField(
        label=gettext_lazy("How did it go?"),
        coerce=int,
        choices=(
            ("5", gettext_lazy("Very well")),
            ("4", gettext_lazy("Well")),
            ("3", gettext_lazy("All right")),
            ("2", gettext_lazy("Not so well")),
            ("1", gettext_lazy("Badly")),
        ),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how it went.")},
    )
    words = CleanText(
        label=gettext_lazy("In your own words"), max_length=1000, rows=3, required=False
    )
    more = forms.ChoiceField(
        label=gettext_lazy("Anything else?"),
        choices=Feedback.Else.choices,
        widget=forms.RadioSelect,
        required=False,
    )
    more_words = CleanLine(label=gettext_lazy("What exactly?"), max_length=300, required=False)
    said_yes = forms.TypedChoiceField(
        label=gettext_lazy("Have you asked them?"),
        choices=(
            ("", gettext_lazy("I haven't asked")),
            ("yes", gettext_lazy("Yes, and they would like it")),
        ),
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
    )

    def __init__(self, *args: Any, side: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if side == Feedback.Side.PERSON:
            del self.fields["said_yes"]
        else:
            self.fields["more"].label = gettext_lazy("Could they do with anything else?")


class ReferOnForm(forms.Form):
    """To which organisation, and what the person said to it."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=gettext_lazy("Who may get in touch?"),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of them.")},
    )
    agreed_words = CleanLine(
        label=gettext_lazy("What did they say to it?"),
        help_text=gettext_lazy("In their own words, as well as you remember."),
        max_length=300,
        error_messages={"required": gettext_lazy("Write down what they said.")},
    )

    def __init__(self, *args: Any, takers: Any, words: Any, is_self: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["organisation"]
        field.queryset = takers
        field.label_from_instance = words
        if is_self:
            del self.fields["agreed_words"]


class OfferForm(forms.Form):
    """Ask one of the list, or write down that they said yes by phone."""

    volunteer = forms.IntegerField()
    do = forms.ChoiceField(choices=(("offer", ""), ("give", "")))
    moves_on = forms.BooleanField(required=False)


class ReasonForm(forms.Form):
    """Why they can't do it themselves."""

    why = forms.ChoiceField(
        label=gettext_lazy("Why can't they do it themselves?"),
        choices=HelpReason.Why.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose why.")},
    )
    to_care = forms.BooleanField(
        label=gettext_lazy("It is a lift to or from a doctor, a hospital or a place of care"),
        required=False,
    )
