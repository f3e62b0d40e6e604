"""Forms about what a person agrees to, and what is passed on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.people.consents import kinds
from doorstep.people.consents.actions import OnBehalf
from doorstep.people.consents.kinds import Recipient, purposes, recipients
from doorstep.people.models import How, Override, Person, Relation, Sheet
from doorstep.people.tongues import TONGUES

_MONTHS = (
    ("30", _("A month")),
    ("91", _("Three months")),
    ("182", _("Half a year")),
    ("365", _("A year")),
)


class WhomForm(OnceForm):
    """Who may have which parts, for a purpose."""

    kind = forms.ChoiceField(
        label=_("Who may have it?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who may have it")},
    )
    name = CleanLine(
        label=_("Which one? Its name"),
        required=False,
        max_length=120,
        help_text=_(
            "For example Barking Food Bank, or a neighbour’s full name. Not for the council’s hub."
        ),
        error_messages={"max_length": _("Make the name shorter: under 120 letters.")},
    )
    parts = forms.MultipleChoiceField(
        label=_("What may they have?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing")},
    )

    def __init__(self, *args: Any, purpose: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.purpose = purpose
        known = purposes.get(purpose)
        if known is None:
            raise ValueError(f"no purpose {purpose!r} is registered")
        self.known = known
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (key, _big(kind.label)) for key, kind in recipients.items() if key in known.recipients
        ]
        self.fields["parts"].choices = [  # type: ignore[attr-defined]
            (key, part.heading) for key, part in kinds.parts.items() if key in known.parts
        ]
        if len(known.recipients) == 1:
            self.initial.setdefault("kind", known.recipients[0])
        if not any(kind.is_named for key in known.recipients if (kind := recipients.get(key))):
            del self.fields["name"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        kind = recipients.get(given.get("kind", ""))
        if (
            kind is not None
            and kind.is_named
            and not given.get("name")
            and "name" not in self.errors
        ):
            self.add_error("name", _("Write which one"))
        return given

    @property
    def recipient(self) -> Recipient:
        given = self.cleaned_data
        return kinds.recipient(given["kind"], given.get("name", ""))


def _big(words: Any) -> str:
    text = str(words)
    return text[:1].upper() + text[1:]


class _ForHowLong(WhomForm):
    days = forms.ChoiceField(
        label=_("For how long?"),
        choices=_MONTHS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose for how long.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.known.days is None:
            del self.fields["days"]
        else:
            self.initial.setdefault("days", str(self.known.days))

    def ends_at(self, at: dt.datetime) -> dt.datetime | None:
        days = self.cleaned_data.get("days")
        return at + dt.timedelta(days=int(days)) if days else None


class AgreeForm(_ForHowLong):
    """Somebody says yes on their own page."""


class RecordForm(_ForHowLong):
    """An officer writes down what a person said by phone, or types it from paper."""

    how = forms.ChoiceField(
        label=_("How did they tell you?"),
        choices=[(How.SPOKEN, _("They said it to me")), (How.WRITTEN, _("On the signed form"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how they told you")},
    )
    words = CleanText(
        label=_("Their own words"),
        rows=3,
        max_length=1000,
        help_text=_("As they said it: “Yes, they can ring me, but not on Sundays.”"),
        error_messages={
            "required": _("Write down what they said"),
            "max_length": _("Keep it under 1,000 letters."),
        },
    )
    language = forms.ChoiceField(label=_("Language you spoke"), choices=TONGUES)
    who = forms.ChoiceField(
        label=_("Who said yes?"),
        choices=[("", _("They did, themselves")), *Relation.choices],
        widget=forms.RadioSelect,
        required=False,
    )
    who_name = CleanLine(label=_("Name of who said yes for them"), required=False, max_length=120)
    who_seen = CleanText(
        label=_("What shows that they may, and who saw it"),
        required=False,
        rows=2,
        max_length=500,
        help_text=_("For example: “Registered power of attorney for health, seen by me on 4 May.”"),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("language", person.languages[0] if person.languages else "en-gb")

    @property
    def on_behalf(self) -> OnBehalf | None:
        given = self.cleaned_data
        if not given.get("who"):
            return None
        return OnBehalf(given["who_name"], Relation(given["who"]), given["who_seen"])

    def asked(self) -> str:
        """Return the question as it is put, in the language it was spoken in if we have it."""
        with translation.override(self.cleaned_data.get("language") or "en-gb"):
            return question(self.purpose, self.recipient)


def question(purpose: str, recipient: Recipient) -> str:
    """Return the question for a purpose and recipient, in the language of the moment."""
    known = purposes.get(purpose)
    return str(known.ask) % {"recipient": recipient} if known else ""


class PassOnForm(WhomForm):
    """Which facts go to whom."""

    note = CleanText(
        label=_("What they asked for, in your words"),
        required=False,
        rows=4,
        max_length=1500,
        help_text=_("Only what they need to help. Leave out what happened to the person."),
        error_messages={"max_length": _("Keep it under 1,500 letters.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "asked" not in self.known.parts:
            del self.fields["note"]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if "asked" in given.get("parts", ()) and not given.get("note"):
            self.add_error("note", _("Write what they asked for, or leave out that tick"))
        return given


class OverrideForm(WhomForm):
    """Going ahead without a yes."""

    ground = forms.ChoiceField(
        label=_("Why can't it wait for a yes?"),
        choices=Override.Ground.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose why")},
    )
    reason = CleanText(
        label=_("What is the danger, and why must exactly they know?"),
        rows=4,
        max_length=2000,
        help_text=_("A safeguarding lead reads this today."),
        error_messages={"required": _("Write down what the danger is")},
    )


class ReviewForm(forms.Form):
    """A lead's look at it."""

    outcome = forms.ChoiceField(
        label=_("Was it right?"),
        choices=Override.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one")},
    )
    words = CleanText(
        label=_("What would you say to whoever did it?"),
        rows=3,
        max_length=2000,
        error_messages={"required": _("Write them a line, so that they know why")},
    )
    wait = forms.BooleanField(
        label=_("Don't tell the person yet: it would put somebody in danger"), required=False
    )
    hold_back = CleanText(label=_("Why not yet?"), required=False, rows=2, max_length=1000)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("wait") and not given.get("hold_back"):
            self.add_error("hold_back", _("Write why telling them would be dangerous"))
        return given


class WithdrawForm(forms.Form):
    """An officer stops it for a person who rang or wrote."""

    how = forms.ChoiceField(
        label=_("How did they tell you?"),
        choices=[(How.SPOKEN, _("They said it to me")), (How.WRITTEN, _("In writing"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how they told you")},
    )
    words = CleanText(
        label=_("Their own words, if they gave a reason"), required=False, rows=2, max_length=1000
    )


class OpenForm(forms.Form):
    """The name of whoever opens a sheet."""

    name = CleanLine(
        label=_("Your full name"),
        max_length=120,
        help_text=_("The person can see who has read this."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Write your name first")},
    )


class AnswerForm(OpenForm):
    """What the recipient says back."""

    answer = forms.ChoiceField(
        label=_("What shall we tell them?"),
        choices=Sheet.Answer.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one")},
    )
    words = CleanText(
        label=_("Anything to add?"),
        required=False,
        rows=3,
        max_length=1000,
        help_text=_("For example: “We ring on Tuesday”, or who could help instead."),
    )


class DoneForm(forms.Form):
    """What somebody did when a yes ended."""

    words = CleanLine(
        label=_("What did you do?"),
        required=False,
        max_length=300,
        help_text=_("For example: “Rang them, and they shredded the sheet.”"),
    )


def initial_from(data: Any, names: Iterable[str], many: Iterable[str] = ()) -> dict[str, Any]:
    """Return what was typed on one form, to begin another with."""
    found: dict[str, Any] = {name: data.get(name, "") for name in names if data.get(name)}
    found |= {name: data.getlist(name) for name in many}
    return found
