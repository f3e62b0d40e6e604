"""What is typed on the record page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.people import numbers
from doorstep.people.forms import BirthField, NameField, PostcodeField, read_contact
from doorstep.people.models import OddReading, Person
from doorstep.people.readings.kinds import reasons
from doorstep.people.tongues import TONGUES

EMERGENCY_WORDS = 20  # letters, at least


class FindForm(forms.Form):
    """Find a record by number, e-mail or name."""

    who = CleanLine(
        label=gettext_lazy("Who are you looking for?"),
        help_text=gettext_lazy("Their whole phone number, their whole e-mail, or their name."),
        max_length=260,
        error_messages={"required": gettext_lazy("Type a number, an e-mail or a name.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["who"].widget.attrs |= {"autocomplete": "off", "dir": "auto"}

    def clean_who(self) -> tuple[str, str]:
        """Return ("phone", "email" or "name", tidy value)."""
        typed = self.cleaned_data["who"]
        if "@" in typed or any(letter.isdigit() for letter in typed):
            try:
                return read_any_contact(typed)
            except ValidationError as problem:
                raise ValidationError(problem.messages[0]) from problem
        if len(typed) < 3:
            raise ValidationError(_("Type at least three letters of the name."))
        return "name", typed


def read_any_contact(text: str) -> tuple[str, str]:
    """Return ("email" or "phone", tidy value); a landline will do. Raises ValidationError."""
    if "@" in text:
        return read_contact(text)
    return "phone", numbers.parse_any(text)


class ReasonForm(forms.Form):
    """Why a record is opened."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Why are you opening it?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose why you are opening it.")},
    )
    words = CleanLine(
        label=gettext_lazy("In your own words"),
        help_text=gettext_lazy("The person reads this. For example: you rang about shopping."),
        max_length=200,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = [  # type: ignore[attr-defined]
            (name, reason.label) for name, reason in reasons.items() if reason.offered
        ]
        self.fields["words"].widget.attrs |= {"autocomplete": "off", "dir": "auto"}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        reason = reasons.get(data.get("reason", ""))
        if reason is not None and reason.needs_words and not data.get("words"):
            self.add_error("words", _("Say in a few words why."))
        return data


class EmergencyForm(forms.Form):
    """Open a record outside one's role."""

    who = CleanLine(
        label=gettext_lazy("Their whole phone number or e-mail"),
        max_length=260,
        error_messages={"required": gettext_lazy("Type their number or e-mail.")},
    )
    words = CleanText(
        label=gettext_lazy("What is the emergency?"),
        help_text=gettext_lazy("A few sentences. The leads read this now, the person later."),
        rows=3,
        max_length=600,
        error_messages={"required": gettext_lazy("Say what the emergency is.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["who"].widget.attrs |= {"autocomplete": "off", "dir": "ltr"}

    def clean_who(self) -> tuple[str, str]:
        return read_any_contact(self.cleaned_data["who"])

    def clean_words(self) -> str:
        words = self.cleaned_data["words"]
        if len(words) < EMERGENCY_WORDS:
            raise ValidationError(_("Say a little more: who is in danger, and of what?"))
        return words


class RecordFields(forms.Form):
    """The details of a record, as a person tells them to somebody who types."""

    known_as = NameField(label=gettext_lazy("What do people call them?"))
    full_name = CleanLine(label=gettext_lazy("Their full name"), max_length=120, required=False)
    phone = CleanLine(label=gettext_lazy("Their phone number"), max_length=30, required=False)
    email = CleanLine(label=gettext_lazy("Their e-mail"), max_length=254, required=False)
    postcode = PostcodeField(label=gettext_lazy("Their postcode"))
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages they speak"),
        choices=TONGUES[:12],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    access_needs = CleanText(
        label=gettext_lazy("What makes it easier for them"),
        help_text=gettext_lazy(
            "Big print, ring slowly, a chair with arms, how they like to be reached."
        ),
        max_length=600,
        rows=2,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("known_as", "full_name", "phone", "email", "postcode"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        for name in ("phone", "email"):
            self.fields[name].widget.attrs["dir"] = "ltr"
        self.fields["full_name"].widget.attrs["dir"] = "auto"

    def clean_phone(self) -> str:
        typed = self.cleaned_data["phone"]
        return numbers.parse_any(typed) if typed else ""

    def clean_email(self) -> str:
        typed = self.cleaned_data["email"]
        if not typed:
            return ""
        kind, value = read_contact(typed if "@" in typed else f"{typed}@")
        return value if kind == "email" else ""


class NewRecordForm(OnceForm, RecordFields):
    """Write down somebody new."""

    born_on = BirthField(label=gettext_lazy("Their date of birth"))
    is_new = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not any(
            data.get(name) for name in ("phone", "email", "postcode", "full_name")
        ):
            raise ValidationError(
                _("Add a number, an e-mail, a postcode or a full name, so we can find them again.")
            )
        return data


class PutRightForm(RecordFields):
    """Put a record right, and say why."""

    because = CleanLine(
        label=gettext_lazy("Why does it change?"),
        help_text=gettext_lazy("For example: she has a new number. The person can read this."),
        max_length=200,
        error_messages={"required": gettext_lazy("Say why it changes.")},
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        kwargs["initial"] = {
            name: getattr(person, name)
            for name in ("known_as", "full_name", "email", "postcode", "languages", "access_needs")
        } | {"phone": numbers.shown(person.phone)}
        super().__init__(*args, **kwargs)
        spoken = [code for code in person.languages if code not in dict(TONGUES[:12])]
        self.fields["languages"].choices = [  # type: ignore[attr-defined]
            *TONGUES[:12],
            *(one for one in TONGUES[12:] if one[0] in spoken),
        ]


class ReviewForm(forms.Form):
    """What came of looking into it."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What came of it?"),
        choices=OddReading.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what came of it.")},
    )
    words = CleanText(
        label=gettext_lazy("Say it in a sentence"),
        rows=3,
        max_length=600,
        error_messages={"required": gettext_lazy("Say in a sentence what came of it.")},
    )


class HoldBackForm(forms.Form):
    """Why the person is not told yet."""

    because = CleanText(
        label=gettext_lazy("Why would telling them now be unsafe?"),
        rows=3,
        max_length=600,
        error_messages={"required": gettext_lazy("Say why it would be unsafe.")},
    )


class AskForm(forms.Form):
    """Ask about something in one's own log."""

    words = CleanText(
        label=gettext_lazy("What would you like to ask?"),
        help_text=gettext_lazy("For example: I don't know this person. Why did they look?"),
        rows=3,
        max_length=600,
        error_messages={"required": gettext_lazy("Write what you'd like to ask.")},
    )
