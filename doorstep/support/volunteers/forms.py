"""What is typed about volunteers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.base.time import today
from doorstep.people.forms import PostcodeField
from doorstep.people.models import Person
from doorstep.people.tongues import TONGUES
from doorstep.support.models import Check, How, Kind, Reference, Volunteer
from doorstep.support.volunteers import skills as known

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
CAPS = [(str(n), str(n)) for n in (1, 2, 3, 4, 5, 7, 10)]


class AboutForm(OnceForm):
    """What somebody can do, when, how far, how much: two minutes."""

    skills = forms.MultipleChoiceField(
        label=_("What are you good at?"),
        choices=known.SKILLS,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    availability = forms.MultipleChoiceField(
        label=_("When can you usually help?"),
        choices=[(str(n), str(n)) for n in range(21)],
        required=False,
    )
    travel = forms.ChoiceField(
        label=_("How do you get about?"),
        choices=Volunteer.Travel.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how you get about.")},
    )
    radius_metres = forms.TypedChoiceField(
        label=_("How far would you go?"), choices=known.RADII, coerce=int, initial=1_500
    )
    weekly_cap = forms.TypedChoiceField(
        label=_("How many times a week at most?"), choices=CAPS, coerce=int, initial="2"
    )
    languages = forms.MultipleChoiceField(
        label=_("Which languages do you speak?"),
        choices=TONGUES,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    kinds = forms.MultipleChoiceField(
        label=_("Is there something you would rather do?"),
        help_text=_("Tick nothing if you'd do anything."),
        choices=Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    more_skills = CleanLine(label=_("Anything else you can do?"), max_length=200, required=False)
    postcode = PostcodeField(label=_("Your postcode"), required=False)
    is_grown_up = forms.BooleanField(label=_("I am 18 or older"), required=False)

    # What is asked first, and what waits folded up.
    FIRST = ("skills", "availability", "travel", "radius_metres", "weekly_cap")

    def __init__(self, *args: Any, person: Person, is_new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        if person.home_id is not None or not is_new:
            del self.fields["postcode"]
        if person.born_on is not None or not is_new:
            del self.fields["is_grown_up"]
        for name in ("postcode",):
            if name in self.fields:
                self.fields[name].help_text = _("So that we only ask you for things near you.")

    @classmethod
    def of(cls, volunteer: Volunteer, data: Any = None) -> AboutForm:
        """Return the form as they said it last."""
        person = volunteer.person
        return cls(
            data,
            person=person,
            is_new=False,
            initial={
                "skills": volunteer.skills,
                "availability": [str(n) for n in range(21) if volunteer.availability >> n & 1],
                "travel": volunteer.travel,
                "radius_metres": _nearest(volunteer.radius_metres),
                "weekly_cap": str(volunteer.weekly_cap),
                "languages": person.languages,
                "kinds": volunteer.kinds,
                "more_skills": volunteer.more_skills,
            },
        )

    @property
    def week(self) -> list[tuple[object, list[tuple[int, object, bool]]]]:
        """The grid as it is ticked now: rows of days."""
        ticked = self["availability"].value() or []
        bits = sum(1 << int(n) for n in ticked if str(n).isdigit() and int(n) < 21)
        return known.grid(bits)

    @property
    def first(self) -> list[forms.BoundField]:
        names = [*self.FIRST, "postcode", "is_grown_up"]
        return [self[name] for name in names if name in self.fields]

    @property
    def rest(self) -> list[forms.BoundField]:
        return [self[name] for name in ("languages", "kinds", "more_skills")]

    def said(self) -> dict[str, Any]:
        """Return what the verbs take."""
        data = self.cleaned_data
        return {
            "skills": data["skills"],
            "availability": sum(1 << int(n) for n in data["availability"]),
            "travel": data["travel"],
            "radius_metres": data["radius_metres"],
            "weekly_cap": data["weekly_cap"],
            "kinds": data["kinds"],
            "more_skills": data["more_skills"],
        }


def _nearest(metres: int) -> int:
    return min((row[0] for row in known.RADII), key=lambda one: abs(one - metres))


class ForSomebodyForm(AboutForm):
    """The same, typed by the hub for somebody who rang or wrote."""

    came_by = forms.ChoiceField(
        label=_("How did they tell you?"),
        choices=[(how.value, how.label) for how in How if how != How.WEB],
        widget=forms.RadioSelect,
        initial=How.PHONE,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in {
            "skills": _("What are they good at?"),
            "availability": _("When can they usually help?"),
            "travel": _("How do they get about?"),
            "radius_metres": _("How far would they go?"),
            "languages": _("Which languages do they speak?"),
            "kinds": _("Is there something they would rather do?"),
            "more_skills": _("Anything else they can do?"),
            "is_grown_up": _("They are 18 or older"),
            "postcode": _("Their postcode"),
        }.items():
            if name in self.fields:
                self.fields[name].label = label

    @property
    def first(self) -> list[forms.BoundField]:
        return [self["came_by"], *super().first]


class RestForm(forms.Form):
    """Have a rest."""

    until = forms.DateField(
        label=_("Until when?"),
        help_text=_("Leave it empty if you don't know yet."),
        required=False,
        widget=_DAY,
    )


class AskCheckForm(forms.Form):
    """Ask for a check."""

    kind = forms.ChoiceField(label=_("Which check?"), choices=Check.Kind.choices)
    for_kind = forms.ChoiceField(label=_("Because of which help?"), choices=Kind.choices)


class SeenCheckForm(AskCheckForm):
    """Write down a check that was seen."""

    is_clear = forms.ChoiceField(
        label=_("Is it fine?"),
        choices=(("yes", _("Yes")), ("no", _("No, they can't do this help"))),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether it is fine.")},
    )
    seen_on = forms.DateField(label=_("When did you see it?"), widget=_DAY, initial=today)
    expires_on = forms.DateField(
        label=_("Counts until"),
        help_text=_("Three years for a DBS check if you leave it empty, one for driving."),
        required=False,
        widget=_DAY,
    )
    number = CleanLine(
        label=_("Number on the certificate"),
        help_text=_("Only the number. Never copy or keep the certificate itself."),
        max_length=40,
        required=False,
    )


class NameReferenceForm(OnceForm):
    """Somebody who says a good word."""

    name = CleanLine(label=_("Their name"), max_length=120)
    reach = CleanLine(label=_("Their phone number or e-mail"), max_length=200)
    how_known = CleanLine(
        label=_("How do they know you?"),
        help_text=_("Not somebody of your family."),
        max_length=200,
        required=False,
    )


class TakeReferenceForm(forms.Form):
    """What they said."""

    reference = forms.IntegerField(widget=forms.HiddenInput)
    state = forms.ChoiceField(
        label=_("What did they say?"),
        choices=[(one.value, one.label) for one in Reference.State if one != "asked"],
    )
    words = CleanLine(label=_("In a few words"), max_length=300, required=False)


class NoteForm(forms.Form):
    words = CleanText(
        label=_("A note"),
        help_text=_("They can read it."),
        max_length=1000,
        rows=3,
        required=False,
    )


class ThanksForm(forms.Form):
    words = CleanText(
        label=_("Thank them: what did their help do?"),
        max_length=600,
        rows=3,
        error_messages={"required": _("Write what you want to thank them for.")},
    )
