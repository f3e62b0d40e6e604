"""What is typed when two records are compared, joined and parted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine, OnceForm
from doorstep.people.forms import BirthField, PostcodeField
from doorstep.people.merging.details import CHOICES, differing
from doorstep.people.merging.showing import value
from doorstep.people.models import Person


class WhyForm(forms.Form):
    """Why two records are compared."""

    words = CleanLine(
        label=gettext_lazy("Why do you think they are one person?"),
        help_text=gettext_lazy(
            "They can read this. For example: she rang, and both have her number."
        ),
        max_length=200,
        error_messages={"required": gettext_lazy("Say in a few words why.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].widget.attrs |= {"autocomplete": "off", "dir": "auto"}


class OwnForm(forms.Form):
    """The word of one's other account, and which of the two stays."""

    word = CleanLine(
        label=gettext_lazy("The word you were shown there"),
        max_length=200,
        error_messages={"required": gettext_lazy("Copy the word from your other account.")},
    )
    keep = forms.ChoiceField(
        label=gettext_lazy("Which one stays?"),
        choices=[
            ("mine", gettext_lazy("The one I am signed in with now")),
            ("other", gettext_lazy("The other one")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose which one stays.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["word"].widget.attrs |= {"autocomplete": "off", "dir": "ltr"}


class JoinForm(OnceForm):
    """Whose detail stays, and why they are one."""

    def __init__(
        self, *args: Any, kept: Person, gone: Person, asks_how: bool, why: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.names = differing(kept, gone)
        for name in self.names:
            self.fields[f"from_{name}"] = forms.ChoiceField(
                label=CHOICES[name],
                choices=[("kept", value(kept, name)), ("gone", value(gone, name))],
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose which one stays.")},
            )
        self.fields["why"] = CleanLine(
            label=_("How do you know they are one person?"),
            help_text=_("They can read this. It is kept, so that a mistake can be undone."),
            max_length=300,
            initial=why,
            error_messages={"required": _("Say how you know.")},
        )
        if asks_how:
            self.fields["known_by"] = CleanLine(
                label=_("How did you make sure that the other record is theirs too?"),
                help_text=_(
                    "One of them signs in here, and would read the other record. For example: "
                    "she told me the date of birth when I rang the number."
                ),
                max_length=300,
                error_messages={"required": _("Say how you made sure.")},
            )
        for field in self.fields.values():
            field.widget.attrs["dir"] = "auto"

    def chosen(self) -> dict[str, str]:
        return {name: self.cleaned_data[f"from_{name}"] for name in self.names}


class PartForm(forms.Form):
    """Why two records are parted, and what of the time since belongs to the other one."""

    why = CleanLine(
        label=gettext_lazy("How do you know they are two people?"),
        max_length=300,
        error_messages={"required": gettext_lazy("Say how you know.")},
    )
    give = forms.MultipleChoiceField(
        label=gettext_lazy("What came since. Tick what belongs to the other person"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, since: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["why"].widget.attrs["dir"] = "auto"
        if since:
            self.fields["give"].choices = since  # type: ignore[attr-defined]
        else:
            del self.fields["give"]


class YesForm(forms.Form):
    """Show that the other record is yours too."""

    born_on = BirthField(label=gettext_lazy("Your date of birth"))
    postcode = PostcodeField(label=gettext_lazy("Your postcode, now or before"))

    def __init__(self, *args: Any, questions: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("born_on", "postcode"):
            if name not in questions:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.fields and not self.errors and not any(data.values()):
            raise ValidationError(_("Tell us one of these, so we know."))
        return data
