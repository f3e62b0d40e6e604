"""Forms of those who look into concerns, and of those who arrange who does."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine, CleanText
from doorstep.base.time import today
from doorstep.organisations.models import Organisation, Position, Service
from doorstep.people.forms import find_member
from doorstep.people.models import Person, RoleHolding
from doorstep.places.atlas import atlas
from doorstep.safeguarding.models import Alert
from doorstep.watch import closing, rules, wording
from doorstep.watch.actions import passing
from doorstep.watch.forms.telling import theme_choices
from doorstep.watch.models import Concern, Duty, Escalation, Office, Step, Theme
from doorstep.watch.similar import similar

MOST_PEOPLE = 60


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date", "class": "w-s"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y"],
        error_messages={
            "required": gettext_lazy("Say by which day"),
            "invalid": gettext_lazy("Write a day, such as 24/11/2026"),
        },
        **more,
    )


def _words(label: Any, *, rows: int = 4, required: bool = True, **more: Any) -> CleanText:
    return CleanText(
        label=label, rows=rows, max_length=3000, required=required,
        error_messages={"required": gettext_lazy("Write a few words")}, **more,
    )  # fmt: skip


class CareForm(forms.Form):
    """A form about one concern, for one person who cares for it. `values()` goes to its verb."""

    def __init__(self, *args: Any, concern: Concern, me: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.concern, self.me = concern, me
        # What stands behind the choices of a field.
        self.found: dict[str, Any] = {}
        self.prepare()

    def prepare(self) -> None:
        """Fill choices that depend on the concern and on who asks."""

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    def _to_come(self, name: str) -> dt.date | None:
        day = self.cleaned_data[name]
        if day is not None and not today() <= day <= today() + dt.timedelta(days=180):
            raise forms.ValidationError(_("Choose a day to come, within half a year"))
        return day

    def clean_due_on(self) -> dt.date | None:
        return self._to_come("due_on")

    def people(self, field: str, *, but: set[int]) -> None:
        """Offer those who look after something here: by duty, or by their role in the area."""
        area = self.concern.area
        duties = Duty.objects.filter(ended_at=None).values("person")
        roles = RoleHolding.objects.held().filter(
            role__in=rules.CARERS, area__in=area.path_ids
        ).values("person")  # fmt: skip
        rows = (
            Person.objects.active()
            .filter(Q(pk__in=duties) | Q(pk__in=roles))
            .exclude(pk__in=but)
            .order_by("known_as", "pk")[:MOST_PEOPLE]
        )
        self.found = {row.handle: row for row in rows}
        self.fields[field].choices = [  # type: ignore[attr-defined]
            *self.fields[field].choices,  # type: ignore[attr-defined]
            *((handle, row.known_as) for handle, row in self.found.items()),
        ]


class GiveForm(CareForm):
    to = forms.ChoiceField(
        label=gettext_lazy("Who looks into it?"), choices=[("me", gettext_lazy("I do"))]
    )
    due_on = _day(gettext_lazy("By when?"), required=False)
    words = _words(gettext_lazy("A word for them"), rows=2, required=False)

    def prepare(self) -> None:
        self.people("to", but={self.me.pk, self.concern.person_id or 0})

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {**data, "to": self.me if data["to"] == "me" else self.found[data["to"]]}


class NotUsForm(CareForm):
    words = _words(
        gettext_lazy("Not us, because…"), rows=2,
        help_text=gettext_lazy("So that whoever comes next knows what you know."),
    )  # fmt: skip
    to = forms.ChoiceField(
        label=gettext_lazy("Try…"), required=False,
        choices=[("", gettext_lazy("whoever looks after the theme and place below"))],
    )  # fmt: skip
    theme = forms.ChoiceField(label=gettext_lazy("It is about"))
    area = forms.ChoiceField(label=gettext_lazy("It is in"))

    def prepare(self) -> None:
        self.people("to", but={self.me.pk, self.concern.person_id or 0})
        self.fields["theme"].choices = theme_choices()[1:]  # type: ignore[attr-defined]
        self.fields["area"].choices = [  # type: ignore[attr-defined]
            ("", gettext_lazy("where it is now")),
            *((ward.slug, ward.name) for ward in atlas().wards),
        ]
        self.fields["area"].required = False
        self.initial.setdefault("theme", self.concern.theme.slug)

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "words": data["words"],
            "to": self.found.get(data["to"]),
            "theme": Theme.objects.get(slug=data["theme"]),
            "area": atlas().by_slug.get(data["area"]),
        }


class StepForm(CareForm):
    kind = forms.ChoiceField(
        label=gettext_lazy("What was it?"), widget=forms.RadioSelect,
        choices=[(str(kind), kind.label) for kind in Step.BY_HAND], initial=Step.Kind.VISIT,
        error_messages={"required": gettext_lazy("Choose what it was")},
    )  # fmt: skip
    words = _words(gettext_lazy("What did you see, hear and do?"))
    due_on = _day(gettext_lazy("When do you look again?"), required=False)


class WordsForm(CareForm):
    words = _words(gettext_lazy("Why?"), rows=2)


class YesForm(CareForm):
    words = _words(
        gettext_lazy("Who asked them, how, and what did they say?"), rows=2,
        help_text=gettext_lazy("A yes counts only when they understood it and could have said no."),
    )  # fmt: skip


class NothingForm(CareForm):
    """Only a press, to be sure."""


class LinkForm(CareForm):
    who = CleanLine(
        label=gettext_lazy("Whose record?"),
        help_text=gettext_lazy("Their e-mail, mobile number or the end of their page's address."),
        max_length=200,
        error_messages={"required": gettext_lazy("Say who")},
    )

    def clean_who(self) -> Person:
        from doorstep.people.records import rules as records

        typed = self.cleaned_data["who"]
        found = find_member(typed)
        people = records.records_visible_to(Person.objects.all(), self.me)
        if found is None:
            found = people.filter(handle=typed.strip("/ ").rsplit("/", 1)[-1].lower()).first()
        if found is None or not people.filter(pk=found.pk).exists():
            raise forms.ValidationError(
                _("We know nobody by that whose record you may open. Look at the spelling.")
            )
        return found

    def values(self) -> dict[str, Any]:
        return {"person": self.cleaned_data["who"]}


class JoinForm(CareForm):
    other = forms.ChoiceField(
        label=gettext_lazy("Which one tells the same?"), widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("Choose one")),
    )  # fmt: skip

    def prepare(self) -> None:
        self.found = {
            one.concern.ref: one.concern for one in similar(self.concern, self.me, most=12)
        }
        self.fields["other"].choices = [  # type: ignore[attr-defined]
            (ref, f"{row.what[:90]} · {row.where or row.area.name}, {row.seen_on:%d/%m/%Y}")
            for ref, row in self.found.items()
        ]

    def values(self) -> dict[str, Any]:
        return {"other": self.found[self.cleaned_data["other"]]}


def _named(service: Service) -> str:
    whose = service.organisation
    return f"{service.name} · {whose.name}" if whose else service.name


class PassOnForm(CareForm):
    service = forms.ChoiceField(label=gettext_lazy("To which service?"), required=False)
    to = CleanLine(
        label=gettext_lazy("Or to whom?"), max_length=200, required=False,
        help_text=gettext_lazy("A team, a landlord, a person with their number."),
    )  # fmt: skip
    to_email = forms.EmailField(
        label=gettext_lazy("Their e-mail"), required=False, max_length=254,
        help_text=gettext_lazy(
            "They get a link to read it and answer, without an account. Leave it empty if you "
            "ring or write to them yourself."
        ),
        error_messages={"invalid": gettext_lazy("Write an e-mail like name@example.org")},
    )  # fmt: skip
    sent = _words(
        gettext_lazy("What do they need to know?"), rows=8,
        help_text=gettext_lazy("Only what they need. Never who told us."),
    )  # fmt: skip
    answer_by = _day(gettext_lazy("By when do they answer?"), required=False)

    def prepare(self) -> None:
        rows = list(
            Service.objects.public().select_related("organisation").order_by("name", "pk")[:400]
        )
        self.found = {row.slug: row for row in rows}
        self.fields["service"].choices = [  # type: ignore[attr-defined]
            ("", gettext_lazy("None of these")),
            *((row.slug, _named(row)) for row in rows),
        ]
        self.initial.setdefault("sent", passing.draft(self.concern))

    def clean_answer_by(self) -> dt.date | None:
        return self._to_come("answer_by")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        service = self.found.get(data.get("service") or "")
        if service is None and not data.get("to"):
            self.add_error("to", _("Say to whom it goes, or choose a service"))
        return data

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        service = self.found.get(data["service"])
        return {
            "service": service,
            "to": (data["to"] or (service.name if service else ""))[:200],
            "to_email": data["to_email"],
            "sent": data["sent"],
            "answer_by": data["answer_by"],
        }


class AnswerForm(forms.Form):
    """What a service says: by its link, or told to the owner."""

    answer = forms.ChoiceField(
        label=gettext_lazy("What do you say?"), widget=forms.RadioSelect,
        choices=Escalation.Answer.choices,
        error_messages={"required": gettext_lazy("Choose one")},
    )  # fmt: skip
    words = _words(
        gettext_lazy("Anything to add?"), required=False,
        help_text=gettext_lazy("If it isn't for you: who should we try?"),
    )  # fmt: skip


class CameBackForm(CareForm):
    row = forms.ChoiceField(label=gettext_lazy("Who answered?"))
    answer = forms.ChoiceField(
        label=gettext_lazy("What did they say?"), widget=forms.RadioSelect,
        choices=Escalation.Answer.choices,
        error_messages={"required": gettext_lazy("Choose one")},
    )  # fmt: skip
    words = _words(gettext_lazy("In their words"), required=False)

    def prepare(self) -> None:
        self.rows = {str(row.pk): row for row in self.concern.escalations.all()}  # type: ignore[attr-defined]
        self.fields["row"].choices = [  # type: ignore[attr-defined]
            (pk, f"{row.to}, {row.sent_at:%d/%m/%Y}") for pk, row in self.rows.items()
        ]

    def values(self) -> dict[str, Any]:
        return {**self.cleaned_data, "row": self.rows[self.cleaned_data["row"]]}


def _we_did() -> CleanLine:
    return CleanLine(
        label=gettext_lazy("“You said, we did”"), required=False, max_length=300,
        help_text=gettext_lazy("One sentence for everybody, on the page of the area. No names, no "
                               "house numbers. Leave it empty, and nothing shows."),
    )  # fmt: skip


class CloseForm(CareForm):
    outcome = forms.ChoiceField(
        label=gettext_lazy("How did it end?"), widget=forms.RadioSelect,
        choices=Concern.Outcome.choices,
        error_messages={"required": gettext_lazy("Choose how it ended")},
    )  # fmt: skip
    words = _words(gettext_lazy("For the file: what was done?"), rows=3)
    say = forms.ChoiceField(
        label=gettext_lazy("What do we tell whoever told us?"), widget=forms.RadioSelect,
        initial=closing.LOOKED,
        error_messages={"required": gettext_lazy("Choose what they hear")},
    )  # fmt: skip
    closing_words = CleanLine(
        label=gettext_lazy("A line of your own for them"), required=False, max_length=300,
        help_text=gettext_lazy("About the place. Never about whom, or who else told us."),
    )  # fmt: skip
    we_did = _we_did()

    def prepare(self) -> None:
        self.fields["say"].choices = list(closing.choices_for(self.concern).items())  # type: ignore[attr-defined]
        if self.concern.about == Concern.About.PERSON:
            del self.fields["closing_words"], self.fields["we_did"]

    def _kind(self, name: str) -> str:
        words = self.cleaned_data[name]
        if words and not wording.may_be_told(words):
            raise forms.ValidationError(
                _("This holds a number, an address or a code that is somebody's own. Leave it out.")
            )
        return words

    def clean_we_did(self) -> str:
        return self._kind("we_did")

    def clean_closing_words(self) -> str:
        return self._kind("closing_words")


class WeDidForm(CloseForm):
    """Change or take down what everybody reads."""

    def prepare(self) -> None:
        for name in ("outcome", "words", "say", "closing_words"):
            del self.fields[name]
        self.initial.setdefault("we_did", self.concern.we_did)


class SafeguardingForm(CareForm):
    urgency = forms.ChoiceField(
        label=gettext_lazy("Is somebody in danger?"), widget=forms.RadioSelect,
        choices=Alert.Urgency.choices,
        error_messages={"required": gettext_lazy("Choose how soon somebody must look")},
    )  # fmt: skip
    words = _words(gettext_lazy("What worries you now?"))


# --- Arranging ------------------------------------------------------------------------------------


class ThemeForm(forms.ModelForm):
    """A theme's words and days."""

    name = CleanLine(
        label=gettext_lazy("Name"), max_length=60,
        error_messages={"required": gettext_lazy("Give it a name")},
    )  # fmt: skip
    hint = CleanLine(
        label=gettext_lazy("A few words that help to choose"), max_length=160, required=False
    )

    class Meta:
        model = Theme
        fields = ("name", "hint", "parent", "due_days", "keep_days")
        labels = {"parent": gettext_lazy("In which group?")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = Theme.objects.in_use().filter(parent=None)
        self.fields["parent"].queryset = groups.exclude(pk=self.instance.pk)  # type: ignore[attr-defined]
        self.fields["parent"].empty_label = _("None: it is a group itself")  # type: ignore[attr-defined]
        for name, low, high in (("due_days", 1, 30), ("keep_days", 14, 365)):
            self.fields[name].min_value, self.fields[name].max_value = low, high  # type: ignore[attr-defined]
            self.fields[name].validators += [  # type: ignore[attr-defined]
                MinValueValidator(low, _("At least %(limit_value)s days")),
                MaxValueValidator(high, _("At most %(limit_value)s days")),
            ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        holds = self.instance.pk and (
            self.instance.themes.exists() if data.get("parent") else self.instance.concerns.exists()
        )
        if holds:
            self.add_error("parent", _("It holds others or has concerns: it can't move there."))
        return data


class DutyForm(forms.Form):
    """Who looks after a theme in an area."""

    theme = forms.ChoiceField(label=gettext_lazy("What?"), required=False)
    area = forms.ChoiceField(label=gettext_lazy("Where?"))
    who = CleanLine(
        label=gettext_lazy("Who?"),
        help_text=gettext_lazy("Their e-mail, mobile number or the end of their page's address."),
        max_length=200,
        error_messages={"required": gettext_lazy("Say who")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = list(Theme.objects.in_use().select_related("parent"))
        self.themes = {row.slug: row for row in rows}
        self.fields["theme"].choices = [  # type: ignore[attr-defined]
            ("", _("Everything")),
            *((r.slug, r.label if r.parent_id is None else f"– {r.label}") for r in rows),
        ]
        book = atlas()
        places = [*([book.borough] if book.borough else []), *book.localities, *book.wards]
        self.places = {row.slug: row for row in places}
        self.fields["area"].choices = [  # type: ignore[attr-defined]
            (row.slug, f"{row.name} ({row.get_kind_display()})") for row in places
        ]

    def clean_who(self) -> Person:
        found = find_member(self.cleaned_data["who"])
        if found is None or found.state != Person.State.ACTIVE or found.is_child:
            raise forms.ValidationError(
                _("We know no grown-up with an account by that. Try their e-mail or number.")
            )
        return found

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "theme": self.themes.get(data["theme"]),
            "area": self.places[data["area"]],
            "person": data["who"],
        }


class OfficeForm(forms.Form):
    """Let an MP's or councillors' office pass things on."""

    organisation = forms.ChoiceField(
        label=gettext_lazy("Which organisation?"),
        help_text=gettext_lazy("Its people are those with a position in it."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What is it?"), widget=forms.RadioSelect, choices=Office.Kind.choices,
        error_messages={"required": gettext_lazy("Choose one")},
    )  # fmt: skip
    areas = forms.MultipleChoiceField(
        label=gettext_lazy("Of which areas may it read counts?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = Position.objects.held().values("organisation")
        rows = (
            Organisation.objects.public().filter(pk__in=held).exclude(watch_office__closed_at=None,
            watch_office__isnull=False).order_by("name", "pk")[:300]
        )  # fmt: skip
        self.organisations = {row.slug: row for row in rows}
        self.fields["organisation"].choices = [  # type: ignore[attr-defined]
            (slug, row.name) for slug, row in self.organisations.items()
        ]
        book = atlas()
        places = [*([book.borough] if book.borough else []), *book.wards]
        self.places = {row.slug: row for row in places}
        self.fields["areas"].choices = [(row.slug, row.name) for row in places]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "organisation": self.organisations[data["organisation"]],
            "kind": data["kind"],
            "areas": [self.places[slug] for slug in data["areas"]],
        }
