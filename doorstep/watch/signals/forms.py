"""Forms of those who say what a signal means, and of those who agree how sensitive to be."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.people.models import Person
from doorstep.watch.models import Concern, Signal, Threshold
from doorstep.watch.signals import rules


def _reason(label: Any, *, required: bool, help_text: Any = "") -> CleanText:
    return CleanText(
        label=label, rows=3, max_length=1000, required=required, help_text=help_text,
        error_messages={"required": gettext_lazy("Write why, in a few words")},
    )  # fmt: skip


def line_of(concern: Concern) -> str:
    """Return one line that names a concern in a list; never words about a person."""
    from doorstep.design.templatetags.design import day

    said = (
        _("about a person: open it to read")
        if concern.about == Concern.About.PERSON
        else " ".join(concern.what.split())
    )
    said = said if len(said) <= 90 else said[:89] + "…"
    # Each part keeps its own direction: English in an Urdu line ends with its full stop.
    return f"{day(concern.seen_on)}, \u2068{concern.area.name}\u2069: \u2068{said}\u2069"


class _Ticks(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return line_of(obj)


class ReasonForm(forms.Form):
    """Why somebody keeps an eye on it, or opens it again."""

    verb = ""
    reason = _reason(gettext_lazy("Anything to add?"), required=False)

    def __init__(self, *args: Any, signal: Signal, me: Person, **kwargs: Any) -> None:
        kwargs["prefix"] = self.verb
        super().__init__(*args, **kwargs)
        self.signal, self.me = signal, me
        self.prepare()

    def prepare(self) -> None:
        """Fill choices that depend on the signal and on who asks."""


class WatchForm(ReasonForm):
    verb = "watch"


class ReopenForm(ReasonForm):
    verb = "reopen"


class DismissForm(ReasonForm):
    verb = "dismiss"
    reason = _reason(
        gettext_lazy("Why does it mean nothing?"),
        required=True,
        help_text=gettext_lazy(
            "“A leaflet went out on Monday and more people told us.” The scan stays as sensitive "
            "as it is."
        ),
    )


class JoinForm(ReasonForm):
    """Which of its concerns belong together, and what they mean."""

    verb = "join"
    concerns = _Ticks(
        queryset=Concern.objects.none(),
        label=gettext_lazy("Which belong together?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick those that belong together")},
    )
    reason = _reason(
        gettext_lazy("What do they mean together?"),
        required=True,
        help_text=gettext_lazy("Name the place or the thing, never a person."),
    )
    field_order = ["concerns", "reason"]

    def prepare(self) -> None:
        rows = rules.concerns_of(self.signal, self.me).select_related("area")
        rows = rows.order_by("-seen_on", "-pk")
        field = self.fields["concerns"]
        field.queryset = rows  # type: ignore[attr-defined]
        if not self.is_bound:
            self.initial["concerns"] = [one.pk for one in rows]


class MakeForm(OnceForm):
    """Concerns that a human joins into a signal no scan found."""

    concerns = _Ticks(
        queryset=Concern.objects.none(),
        label=gettext_lazy("Which belong together?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick at least two that belong together")},
    )
    title = CleanLine(
        label=gettext_lazy("What shall we call it?"),
        max_length=120,
        help_text=gettext_lazy("Name the place or the thing, never a person: “Gates of the park”."),
        error_messages={"required": gettext_lazy("Give it a name")},
    )
    reason = _reason(gettext_lazy("What do they mean together?"), required=True)
    field_order = ["concerns", "title", "reason"]

    def __init__(self, *args: Any, rows: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["concerns"].queryset = rows  # type: ignore[attr-defined]


class ProposeForm(forms.Form):
    """Another threshold, and why."""

    per_month = forms.DecimalField(
        label=gettext_lazy("False signals in a month that we can bear"),
        min_value=Threshold.LEAST,
        max_value=Threshold.MOST,
        max_digits=4,
        decimal_places=2,
        help_text=gettext_lazy(
            "From 0.1 to 4. More finds more, and sooner, and is wrong more often."
        ),
        widget=forms.NumberInput(attrs={"class": "w-s", "step": "0.1"}),
        error_messages={
            "required": gettext_lazy("Write a number from 0.1 to 4"),
            "invalid": gettext_lazy("Write a number from 0.1 to 4"),
            "min_value": gettext_lazy("Write a number from 0.1 to 4"),
            "max_value": gettext_lazy("Write a number from 0.1 to 4"),
        },
    )
    why = CleanLine(
        label=gettext_lazy("Why?"),
        max_length=300,
        error_messages={"required": gettext_lazy("Say why, for whoever decides")},
    )
