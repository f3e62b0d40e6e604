"""Forms around rounds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine, OnceForm
from doorstep.base.time import today
from doorstep.people import postcodes
from doorstep.places.models import Area, Postcode
from doorstep.support.amounts import NumberField
from doorstep.support.models import Depot, Kind, Round, Volunteer

AHEAD = dt.timedelta(days=28)


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class WhenForm(forms.Form):
    """Which day and whose patch: asked first, so that the rest can be shown."""

    area = forms.TypedChoiceField(label=gettext_lazy("Whose tasks"))
    day = forms.DateField(label=gettext_lazy("Which day"), widget=DayInput)

    def __init__(self, *args: Any, areas: list[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["area"]
        by_key = {str(area.pk): area for area in areas}
        field.choices = [(key, area.name) for key, area in by_key.items()]
        field.coerce = by_key.__getitem__

    def clean_day(self) -> dt.date:
        day: dt.date = self.cleaned_data["day"]
        if not today() <= day <= today() + AHEAD:
            raise ValidationError(_("Choose a day from today to four weeks ahead."))
        return day


class PlanForm(OnceForm):
    """Who comes, what is brought, from when until when."""

    starts_at = forms.TimeField(label=gettext_lazy("From"), initial=dt.time(9), widget=ClockInput)
    ends_at = forms.TimeField(label=gettext_lazy("Until"), initial=dt.time(13), widget=ClockInput)
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("What is brought"), widget=forms.CheckboxSelectMultiple
    )
    volunteers = forms.ModelMultipleChoiceField(
        Volunteer.objects.none(),
        label=gettext_lazy("Who is coming"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick at least one volunteer.")},
    )
    cool_minutes = forms.TypedChoiceField(
        label=gettext_lazy("Does anything have to stay cool?"),
        coerce=int,
        choices=[
            (0, gettext_lazy("No")),
            (45, gettext_lazy("At the door 45 minutes after loading at the latest")),
            (60, gettext_lazy("An hour after loading at the latest")),
            (90, gettext_lazy("An hour and a half after loading at the latest")),
        ],
        help_text=gettext_lazy("It counts for food parcels. You can change it for each stop."),
    )
    seconds = forms.TypedChoiceField(
        label=gettext_lazy("How long we look for a good plan"),
        coerce=int,
        initial=15,
        choices=[
            (5, gettext_lazy("5 seconds: a quick look")),
            (15, gettext_lazy("15 seconds")),
            (45, gettext_lazy("45 seconds: for large mornings")),
        ],
    )

    def __init__(
        self,
        *args: Any,
        kinds: list[tuple[str, str]],
        volunteers: Any,
        full: Collection[int] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["kinds"]
        choice.choices = kinds
        if not self.is_bound:
            first = [key for key, _label in kinds if key == Kind.PARCEL]
            self.initial.setdefault("kinds", first or [key for key, _label in kinds])
        field: Any = self.fields["volunteers"]
        field.queryset = volunteers
        field.label_from_instance = lambda one: " · ".join(
            [
                one.person.known_as,
                str(one.get_travel_display()),
                *([_("has enough that week")] if one.pk in full else []),
            ]
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("starts_at"), data.get("ends_at")
        if start and end and end <= start:
            self.add_error("ends_at", _("It ends before it starts. Choose a later time."))
        return data


class DepotForm(forms.ModelForm):
    """A place where rounds begin."""

    name = CleanLine(label=gettext_lazy("What it is called"), max_length=80)
    address = CleanLine(label=gettext_lazy("Street and number"), max_length=200)
    postcode = CleanLine(label=gettext_lazy("Postcode"), max_length=10)
    opens_at = forms.TimeField(label=gettext_lazy("Opens"), widget=ClockInput, initial=dt.time(8))
    closes_at = forms.TimeField(
        label=gettext_lazy("Closes"), widget=ClockInput, initial=dt.time(18)
    )
    loading_minutes = NumberField(
        label=gettext_lazy("Minutes to load, each time"), min_value=0, max_value=60, initial=8
    )
    is_open = forms.BooleanField(
        label=gettext_lazy("Rounds begin here now"), required=False, initial=True
    )

    class Meta:
        model = Depot
        fields = ("name", "address", "opens_at", "closes_at", "loading_minutes", "is_open")

    field_order = ("name", "address", "postcode", "opens_at", "closes_at", "loading_minutes")

    def __init__(self, *args: Any, may_be_in: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.may_be_in = may_be_in
        if self.instance.pk:
            self.fields["postcode"].required = False
            self.fields["postcode"].help_text = _("Leave it empty if it hasn't moved.")

    def clean_postcode(self) -> Postcode | None:
        code = postcodes.tidy(self.cleaned_data["postcode"])
        if not code:
            return None
        row = Postcode.objects.select_related("ward").filter(pk=code).first()
        if row is None:
            raise ValidationError(_("That postcode isn't in the borough."))
        if not self.may_be_in(row.ward):
            raise ValidationError(_("That postcode isn't in your patch."))
        return row

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("opens_at"), data.get("closes_at")
        if start and end and end <= start:
            self.add_error("closes_at", _("It closes before it opens. Choose a later time."))
        return data

    def save(self, commit: bool = True) -> Depot:
        found = self.cleaned_data.get("postcode")
        if found is not None:
            self.instance.latitude, self.instance.longitude = found.latitude, found.longitude
            self.instance.area = _locality_of(found.ward)
        return super().save(commit)  # type: ignore[no-any-return]


def _locality_of(ward: Area) -> Area:
    found = Area.objects.filter(pk__in=ward.path_ids, kind=Area.Kind.LOCALITY).first()
    return found or ward


class RoundForm(forms.ModelForm):
    """What one round is planned with."""

    depot = forms.ModelChoiceField(
        Depot.objects.none(), label=gettext_lazy("Begins at"), empty_label=None
    )
    opens_at = forms.TimeField(label=gettext_lazy("From"), widget=ClockInput)
    closes_at = forms.TimeField(label=gettext_lazy("Until"), widget=ClockInput)
    mode = forms.ChoiceField(label=gettext_lazy("How they go"))
    room = NumberField(
        label=gettext_lazy("Parcels they can carry at a time"), min_value=1, max_value=200
    )
    cool_room = NumberField(
        label=gettext_lazy("How many of these in a cool box"), min_value=0, max_value=200
    )
    ends_home = forms.BooleanField(
        label=gettext_lazy("Comes from home and goes home afterwards"), required=False
    )

    class Meta:
        model = Round
        fields = ("depot", "opens_at", "closes_at", "mode", "room", "cool_room", "ends_home")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["depot"]
        field.queryset = Depot.objects.filter(is_open=True)
        mode: Any = self.fields["mode"]
        mode.choices = [
            (key, label) for key, label in Volunteer.Travel.choices if key != Volunteer.Travel.HOME
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("opens_at"), data.get("closes_at")
        if start and end and end <= start:
            self.add_error("closes_at", _("It ends before it starts. Choose a later time."))
        return data


class StopForm(forms.Form):
    """How much a stop takes, and how long it may be on the way."""

    size = NumberField(label=gettext_lazy("Parcels"), min_value=1, max_value=40)
    cool_minutes = NumberField(
        label=gettext_lazy("Minutes it stays cool (0: it doesn't matter)"),
        min_value=0,
        max_value=240,
    )
