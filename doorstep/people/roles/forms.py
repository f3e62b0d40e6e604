"""Giving a role, ending one, and finding who holds what."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine
from doorstep.base.time import in_london, today
from doorstep.people.forms import find_member
from doorstep.people.models import Person, RoleHolding
from doorstep.people.roles import kinds
from doorstep.places.models import Area

MOST_FOUND = 8


class GiveForm(forms.Form):
    """Offer somebody a role."""

    who = CleanLine(
        label=gettext_lazy("Who?"),
        help_text=gettext_lazy("Their name, e-mail, mobile number or the end of their address."),
        max_length=260,
        error_messages={"required": gettext_lazy("Say who it is for.")},
    )
    role = forms.ChoiceField(label=gettext_lazy("Which role?"))
    area = forms.ModelChoiceField(
        label=gettext_lazy("Where?"),
        queryset=Area.objects.none(),
        empty_label=None,
        help_text=gettext_lazy("The whole borough, or one part of it."),
    )
    starts_on = forms.DateField(
        label=gettext_lazy("From"),
        help_text=gettext_lazy("Today, if you leave it empty."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("Until somebody ends it, if you leave it empty."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    why = CleanLine(
        label=gettext_lazy("Why them?"),
        help_text=gettext_lazy("A few words that stay with the role."),
        max_length=300,
        required=False,
    )

    def __init__(self, *args: Any, me: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.me = me
        # People of the name typed, when there is more than one: the page lets choose.
        self.found: list[Person] = []
        self.fields["role"].choices = kinds.choices()  # type: ignore[attr-defined]
        self.fields["area"].queryset = Area.objects.filter(  # type: ignore[attr-defined]
            kind__in=(Area.Kind.BOROUGH, Area.Kind.LOCALITY)
        ).order_by("path")

    def clean_who(self) -> Person:
        words = self.cleaned_data["who"]
        # A button of the list names one for good.
        words = self.data.get("choose") or words
        person = find_member(words)
        if person is not None:
            return person
        self.found = list(
            Person.objects.visible_to(self.me)
            .filter(account__is_pending=False, known_as__icontains=words)
            .select_related("home")
            .order_by("known_as", "pk")[:MOST_FOUND]
        )
        if self.found:
            raise ValidationError(_("Choose which one you mean."))
        raise ValidationError(_("We know nobody by that. Ask them what they sign in with."))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        starts, ends = data.get("starts_on"), data.get("ends_on")
        if starts and starts < today():
            self.add_error("starts_on", _("That day has gone. Choose today or later."))
        if ends and ends < max(starts or today(), today()):
            self.add_error("ends_on", _("It would end before it begins. Choose a later day."))
        return data

    def moments(self) -> dict[str, dt.datetime | None]:
        """Return when it begins and ends; the last day counts in full."""
        starts, ends = self.cleaned_data["starts_on"], self.cleaned_data["ends_on"]
        return {
            "starts_at": _midnight(starts) if starts and starts > today() else None,
            "ends_at": _midnight(ends + dt.timedelta(days=1)) if ends else None,
        }


def _midnight(day: dt.date) -> dt.datetime:
    return in_london(dt.datetime.combine(day, dt.time()))


class EndForm(forms.Form):
    why = CleanLine(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("A few words that stay with the role."),
        max_length=300,
        required=False,
    )


class FindForm(forms.Form):
    """Narrow the list."""

    q = CleanLine(label=gettext_lazy("Name"), max_length=60, required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"), required=False)
    area = forms.ModelChoiceField(
        label=gettext_lazy("Where"), queryset=Area.objects.none(), required=False,
        empty_label=gettext_lazy("anywhere"),
    )  # fmt: skip
    state = forms.ChoiceField(
        label=gettext_lazy("Which"),
        required=False,
        choices=[
            ("", gettext_lazy("held now")),
            ("waiting", gettext_lazy("waiting for an answer")),
            ("ending", gettext_lazy("ending within 30 days")),
            ("over", gettext_lazy("over")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The page has a second form with the same names: each id may stand there once.
        super().__init__(*args, **{"auto_id": "find_%s", **kwargs})
        self.fields["role"].choices = [("", _("any")), *RoleHolding.Role.choices]  # type: ignore[attr-defined]
        self.fields["area"].queryset = Area.objects.filter(  # type: ignore[attr-defined]
            kind__in=(Area.Kind.BOROUGH, Area.Kind.LOCALITY)
        ).order_by("path")
