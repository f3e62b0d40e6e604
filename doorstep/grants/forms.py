"""Forms of funds, ideas, ballots and money."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms
from django.conf import settings
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base import playing
from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.base.time import today
from doorstep.gatherings.models import Session
from doorstep.grants import rules
from doorstep.grants.actions import deciding
from doorstep.grants.actions import ideas as idea_actions
from doorstep.grants.actions.funds import COUNTS
from doorstep.grants.models import Award, Ballots, Fund, Idea
from doorstep.people.models import Person
from doorstep.people.tongues import TONGUES
from doorstep.places.models import Area

_POUNDS = re.compile(r"^£?\s*(\d{1,3}(?:[, ]?\d{3})*|\d+)(?:\.(\d{1,2}))?$")
LINES = 4


class PoundsField(forms.CharField):
    """An amount as people write it, “£1,250” or “12.50”; cleaned to whole pence."""

    def __init__(self, *, most: int = 1_000_000_000, zero: bool = False, **kwargs: Any) -> None:
        self.most, self.zero = most, zero
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "class": "w-m"}))
        super().__init__(max_length=20, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return f"{value // 100}" + (f".{value % 100:02d}" if value % 100 else "")
        return value

    def clean(self, value: Any) -> int | None:  # type: ignore[override]
        text = super().clean(value)
        if not text:
            return None
        found = _POUNDS.match(text.strip())
        if not found:
            raise forms.ValidationError(_("Write an amount like 250 or 12.50."))
        pence = int(re.sub(r"\D", "", found[1])) * 100 + int((found[2] or "0").ljust(2, "0"))
        if pence > self.most or (pence == 0 and not self.zero):
            raise forms.ValidationError(_("Write an amount above £0 that this fund could pay."))
        return pence


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date", "class": "w-m"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
        error_messages={
            "invalid": gettext_lazy("There's no such day. Write it like 26/11/2026."),
            "required": gettext_lazy("Choose the day."),
        },
        **more,
    )


# --- Funds -------------------------------------------------------------------------------------


class StartForm(OnceForm):
    """A fund begins with a name and a place."""

    name = CleanLine(label=gettext_lazy("What is the fund called?"), max_length=80)
    area = forms.ModelChoiceField(
        label=gettext_lazy("For which part of the borough?"),
        queryset=Area.objects.none(),
        empty_label=gettext_lazy("Choose"),
    )

    def __init__(self, *args: Any, me: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = Area.objects.none()
        for path in rules.areas_kept(me):
            kept = kept | Area.objects.filter(path__startswith=path)
        areas = kept.filter(kind__in=[Area.Kind.BOROUGH, Area.Kind.LOCALITY, Area.Kind.WARD])
        self.fields["area"].queryset = areas.order_by("path")  # type: ignore[attr-defined]


class DesignForm(forms.ModelForm):
    """Everything a fund says, and how it decides."""

    pot_pence = PoundsField(label=gettext_lazy("How much money is there?"), required=False)
    most_pence = PoundsField(
        label=gettext_lazy("What's the most one idea can ask for?"),
        help_text=gettext_lazy("Leave it empty for all of it."),
        required=False,
    )
    purpose = CleanText(label=gettext_lazy("What is the money for?"), max_length=1500,
                        required=False, rows=3)  # fmt: skip
    who_applies = CleanText(label=gettext_lazy("Who can send in an idea?"), max_length=600,
                            required=False, rows=2)  # fmt: skip
    who_decides = CleanText(
        label=gettext_lazy("Who decides?"),
        help_text=gettext_lazy("How deciders are found, and what they are paid."),
        max_length=600,
        required=False,
        rows=2,
    )
    guidelines = CleanText(label=gettext_lazy("What do you look for in an idea?"), max_length=2000,
                           required=False, rows=4)  # fmt: skip
    designed_with = CleanText(
        label=gettext_lazy("Who helped to make this fund?"),
        help_text=gettext_lazy("A fund is made with the people it is for."),
        max_length=600,
        required=False,
        rows=2,
    )
    opens_on = _day(gettext_lazy("Ideas from"), required=False)
    ideas_until = _day(gettext_lazy("Ideas until"), required=False)
    read_until = _day(gettext_lazy("Read by"), required=False)
    decided_by = _day(gettext_lazy("Decided by"), required=False)
    rate_pence = PoundsField(
        label=gettext_lazy("What is an hour of deciding paid?"), required=False, zero=True,
        help_text=gettext_lazy("It doesn't come out of the pot."),
    )  # fmt: skip

    class Meta:
        model = Fund
        fields = (
            "pot_pence", "most_pence", "purpose", "who_applies", "who_decides", "guidelines",
            "designed_with", "opens_on", "ideas_until", "read_until", "decided_by", "method",
            "ballots", "voters", "most_choices", "points_each", "tie", "readers_each",
            "most_to_read", "rate_pence",
        )  # fmt: skip
        labels = {
            "method": gettext_lazy("How are ballots counted?"),
            "ballots": gettext_lazy("How is a ballot filled in?"),
            "voters": gettext_lazy("Who votes?"),
            "most_choices": gettext_lazy("How many ideas may a ballot name?"),
            "points_each": gettext_lazy("How many points has a ballot?"),
            "tie": gettext_lazy("What if two ideas are exactly equal?"),
            "readers_each": gettext_lazy("How many deciders read each idea?"),
            "most_to_read": gettext_lazy("How many ideas does a decider read at most?"),
        }
        help_texts = {
            "method": gettext_lazy("Compare them on made-up ballots before you choose."),
            "most_choices": gettext_lazy("Leave it empty for as many as people like."),
            "points_each": gettext_lazy("Only where points are shared out."),
            "tie": gettext_lazy("Declared now, so that nobody can bend it later."),
        }
        widgets = {
            "method": forms.RadioSelect,
            "ballots": forms.RadioSelect,
            "voters": forms.RadioSelect,
            "tie": forms.RadioSelect,
            **{
                name: forms.NumberInput(attrs={"class": "w-s", "inputmode": "numeric"})
                for name in ("most_choices", "points_each", "readers_each", "most_to_read")
            },
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.is_set:
            for name in Fund.FIXED:
                self.fields.pop(name, None)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        method, ballots = data.get("method"), data.get("ballots")
        if method and ballots and ballots not in COUNTS[method]:
            kinds = ", ".join(f"“{Ballots(one).label}”" for one in COUNTS[method])
            self.add_error(
                "ballots", _("That way of counting needs: %(kinds)s.") % {"kinds": kinds}
            )
        data["pot_pence"] = data.get("pot_pence") or 0
        data["rate_pence"] = data.get("rate_pence") or 0
        if self.instance.is_set:
            data.pop("pot_pence")
        return data


class NothingForm(forms.Form):
    """A verb that needs no more than a yes."""


class InviteForm(forms.Form):
    """Ask somebody to decide, or to keep the fund too."""

    person = CleanLine(
        label=gettext_lazy("Whom?"),
        help_text=gettext_lazy("Their name as it stands on their page, or the page's address."),
        max_length=120,
    )
    role = forms.ChoiceField(
        label=gettext_lazy("To do what?"),
        choices=[
            (rules.DECIDER.value, gettext_lazy("Decide")),
            (rules.STEWARD.value, gettext_lazy("Keep the fund too")),
        ],
        initial=rules.DECIDER.value,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, me: Person, fund: Fund, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.me, self.fund = me, fund

    def clean_person(self) -> Person:
        return find_person(self.me, self.cleaned_data["person"], near=self.fund.area)


def find_person(me: Person, typed: str, *, near: Area | None = None) -> Person:
    """Return the one person a name or address stands for. Raises ValidationError."""
    handle = typed.rstrip("/").rsplit("/", 1)[-1]
    seen = Person.objects.visible_to(me).filter(account__isnull=False)
    by_handle = seen.filter(handle=handle).first()
    if by_handle is not None:
        return by_handle
    found = list(seen.filter(known_as__iexact=typed).order_by("pk")[:20])
    if near is not None and len(found) > 1:
        nearby = [one for one in found if one.home and one.home.path.startswith(near.path)]
        found = nearby or found
    if not found:
        raise forms.ValidationError(_("We found nobody of that name with an account here."))
    if len(found) > 1:
        raise forms.ValidationError(
            _("There is more than one. Open their page and paste its address here.")
        )
    return found[0]


class DayForm(forms.Form):
    """Which gathering the pitches are at."""

    session = forms.ModelChoiceField(
        label=gettext_lazy("At which gathering?"),
        queryset=Session.objects.none(),
        required=False,
        empty_label=gettext_lazy("None yet"),
        help_text=gettext_lazy("Plan it under What's on first; then it shows here."),
    )

    def __init__(self, *args: Any, me: Person, fund: Fund, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = (
            Session.objects.visible_to(me)
            .upcoming()
            .filter(gathering__area__path__startswith=fund.area.path, is_called_off=False)
            .select_related("gathering")
        )
        field = self.fields["session"]
        field.queryset = rows  # type: ignore[attr-defined]
        field.label_from_instance = lambda one: (  # type: ignore[attr-defined]
            f"{one.gathering.title}, {one.starts_at:%d %B %Y}"
        )


class OrderForm(forms.Form):
    """How long each idea has on the day."""

    minutes = forms.IntegerField(
        label=gettext_lazy("How many minutes for each idea?"), min_value=1, max_value=30, initial=3,
        widget=forms.NumberInput(attrs={"class": "w-s", "inputmode": "numeric"}),
    )  # fmt: skip


class PrintForm(forms.Form):
    """How many ballot papers."""

    count = forms.IntegerField(
        label=gettext_lazy("How many ballots?"), min_value=1, max_value=500, initial=40,
        widget=forms.NumberInput(attrs={"class": "w-s", "inputmode": "numeric"}),
    )  # fmt: skip


# --- Ballots -----------------------------------------------------------------------------------


class BallotForm(forms.Form):
    """A ballot of any kind; `choices()` gives [[key, points], …]."""

    def __init__(self, *args: Any, fund: Fund, ideas: list[Idea], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fund, self.ideas = fund, ideas
        for idea in ideas:
            self.fields[f"i_{idea.key}"] = self._field(idea)

    def _field(self, idea: Idea) -> forms.Field:
        label = f"{idea.number}. {idea.fair_title} ({idea_actions.pounds(idea.cost_pence)})"
        number = forms.NumberInput(attrs={"class": "w-s", "inputmode": "numeric"})
        kind = self.fund.ballots
        if kind == Ballots.APPROVAL:
            return forms.BooleanField(label=label, required=False)
        if kind == Ballots.ORDINAL:
            return forms.IntegerField(
                label=label, required=False, min_value=1, max_value=99, widget=number,
                help_text=_("1 for your first choice, 2 for your second …"),
            )  # fmt: skip
        if kind == Ballots.CUMULATIVE:
            return forms.IntegerField(
                label=label, required=False, min_value=0, max_value=self.fund.points_each,
                widget=number, help_text=_("Points"),
            )  # fmt: skip
        marks: list[tuple[str, Any]] = [("", _("I don't know"))]
        if self.fund.method == Fund.Method.CONSENSUS:
            marks += [("1", _("I agree")), ("0", _("I stand aside")), ("-1", _("I object"))]
        else:
            marks += [(str(n), str(n)) for n in range(1, 6)]
        return forms.ChoiceField(
            label=label, required=False, choices=marks, widget=forms.RadioSelect
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.fund.ballots == Ballots.ORDINAL:
            places = [n for name, n in data.items() if name.startswith("i_") and n]
            if len(set(places)) != len(places):
                raise forms.ValidationError(_("Two ideas have the same place. Give each its own."))
        return data

    def choices(self) -> list[list[Any]]:
        """Return what was chosen, best first."""
        found: list[list[Any]] = []
        for idea in self.ideas:
            value = self.cleaned_data.get(f"i_{idea.key}")
            if value in (None, "", False):
                continue
            found.append([idea.key, 1 if value is True else int(value)])
        if self.fund.ballots == Ballots.ORDINAL:
            found.sort(key=lambda one: one[1])
        return found


class OnlineBallot(BallotForm):
    """A ballot on a screen: each idea's words stand beside its field, so that is short.

    What is in the box can't be taken out, so an empty one is put in on purpose only.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        says = {
            Ballots.APPROVAL: _("I’d like this one"),
            Ballots.ORDINAL: _("Number"),
            Ballots.CUMULATIVE: _("Points"),
            Ballots.SCORING: _("Your mark"),
        }[Ballots(self.fund.ballots)]
        for idea in self.ideas:
            field = self.fields[f"i_{idea.key}"]
            field.label = format_html('{}<span class="vh">: {}</span>', says, idea.fair_title)
            if self.fund.ballots == Ballots.CUMULATIVE:
                field.help_text = ""
        self.fields["none"] = forms.BooleanField(label=_("None of these"), required=False)

    def each(self) -> list[tuple[Idea, Any]]:
        """Return every idea with its field."""
        return [(idea, self[f"i_{idea.key}"]) for idea in self.ideas]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors and bool(self.choices()) == data["none"]:
            raise forms.ValidationError(_("Choose what you’d like, or “None of these”."))
        return data


class PaperForm(BallotForm):
    """A paper ballot typed in: its serial number first."""

    serial = CleanLine(
        label=gettext_lazy("The number on the paper"),
        max_length=16,
        widget=forms.TextInput(attrs={"class": "w-m", "autocomplete": "off", "dir": "ltr"}),
    )
    spoilt = forms.BooleanField(label=gettext_lazy("It can't be read"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        last = self.fields.pop("spoilt")
        self.fields["spoilt"] = last


class InductedForm(forms.Form):
    """Which deciders heard what deciding means, and how."""

    people: Any = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Who?"), queryset=None, widget=forms.CheckboxSelectMultiple
    )
    how = CleanLine(
        label=gettext_lazy("How?"),
        help_text=gettext_lazy("Such as: came to the evening at the library on 3 May."),
        max_length=120,
    )

    def __init__(self, *args: Any, me: Person, fund: Fund, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        waiting = [one.pk for one in deciding.not_inducted(fund) if one.pk != me.pk]
        field: Any = self.fields["people"]
        field.queryset = Person.objects.filter(pk__in=waiting).order_by("known_as", "pk")
        field.label_from_instance = lambda one: one.known_as

    def clean_people(self) -> list[Person]:
        return list(self.cleaned_data["people"])


class HandsForm(forms.Form):
    """How many hands went up for each idea."""

    def __init__(self, *args: Any, ideas: list[Idea], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ideas = ideas
        for idea in ideas:
            self.fields[f"i_{idea.key}"] = forms.IntegerField(
                label=f"{idea.number}. {idea.fair_title}", min_value=0, max_value=2000, initial=0,
                widget=forms.NumberInput(attrs={"class": "w-s", "inputmode": "numeric"}),
            )  # fmt: skip

    def hands(self) -> dict[str, int]:
        return {one.key: self.cleaned_data[f"i_{one.key}"] for one in self.ideas}


# --- Ideas -------------------------------------------------------------------------------------


class IdeaForm(OnceForm):
    """An idea in about 100 words, with what the money buys."""

    title = CleanLine(label=gettext_lazy("What is it called?"), max_length=80)
    words = CleanText(
        label=gettext_lazy("Your idea"),
        help_text=gettext_lazy("About 100 words: what happens, for whom, where and when?"),
        max_length=2000,
        required=False,
        rows=7,
    )
    told = forms.ChoiceField(
        label=gettext_lazy("How is it told?"), choices=Idea.Told.choices, initial=Idea.Told.WEB
    )
    recording = forms.FileField(
        label=gettext_lazy("Your recording or film"),
        help_text=gettext_lazy(
            "Only if you'd rather say it or show it: a minute from your phone will do. Those who "
            "look after the fund hear it, and write down for the deciders what you say."
        ),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "audio/*,video/*"}),
    )
    link = forms.URLField(
        label=gettext_lazy("Or a link to it"),
        required=False,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"dir": "ltr"}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("In which language?"), choices=[], initial="en-gb"
    )
    others = CleanText(
        label=gettext_lazy("Who does it with you?"),
        help_text=gettext_lazy(
            "A name on each line. Only the people who look after the fund see it."
        ),
        max_length=900,
        required=False,
        rows=2,
    )
    shows_names = forms.BooleanField(
        label=gettext_lazy("If it is funded, you may say who we are"), required=False
    )

    no_recording = forms.BooleanField(
        label=gettext_lazy("Take the recording you sent away again"), required=False
    )

    def __init__(
        self, *args: Any, is_new: bool = True, has_recording: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not has_recording:
            del self.fields["no_recording"]
        tongues = list(TONGUES)
        self.fields["language"].choices = tongues  # type: ignore[attr-defined]
        if not is_new:
            del self.fields["client_key"]
        for n in range(1, LINES + 1):
            self.fields[f"what_{n}"] = CleanLine(
                label=_("%(n)d. What for?") % {"n": n}, max_length=80, required=False
            )
            self.fields[f"cost_{n}"] = PoundsField(
                label=_("%(n)d. Pounds") % {"n": n}, required=False
            )
        order = ["title", "words"]
        order += [f"{one}_{n}" for n in range(1, LINES + 1) for one in ("what", "cost")]
        self.order_fields(
            [
                *order,
                "others",
                "told",
                "recording",
                "no_recording",
                "link",
                "language",
                "shows_names",
            ]
        )

    def clean_recording(self) -> Any:
        upload = self.cleaned_data.get("recording")
        if not upload:
            return None
        most = settings.UPLOAD_BYTES * 4
        if upload.size > most:
            raise forms.ValidationError(
                _("That is too big to send: keep it under %(mb)d MB, about two minutes of film, or "
                  "give us a link to it.") % {"mb": most // 2**20}
            )  # fmt: skip
        upload.is_film = str(upload.content_type or "").startswith("video/")
        upload.kind = playing.kind_of(upload, film=upload.is_film)
        if not upload.kind:
            raise forms.ValidationError(
                _("We can't play that file. Send a sound (M4A, MP3, OGG, WAV) or a film (MP4, "
                  "WebM), as your phone makes it.")
            )  # fmt: skip
        return upload

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        upload = data.get("recording")
        if upload and data.get("told") == Idea.Told.WEB:
            data["told"] = Idea.Told.FILM if upload.is_film else Idea.Told.SOUND
        budget = []
        for n in range(1, LINES + 1):
            what, cost = data.get(f"what_{n}"), data.get(f"cost_{n}")
            if f"what_{n}" in self.errors or f"cost_{n}" in self.errors:
                continue
            if what and not cost:
                self.add_error(f"cost_{n}", _("How much does it cost? A good guess will do."))
            elif cost and not what:
                self.add_error(f"what_{n}", _("What is this money for?"))
            elif what and cost:
                budget.append([what, cost])
        data["budget"] = budget
        return data

    def lines(self) -> list[tuple[Any, Any]]:
        """Return the places for (what for, how much), for the template."""
        return [(self[f"what_{n}"], self[f"cost_{n}"]) for n in range(1, LINES + 1)]

    def values(self) -> dict[str, Any]:
        """Return what the verbs take."""
        data = self.cleaned_data
        names = ("title", "words", "told", "link", "language", "shows_names", "budget",
                 "recording")  # fmt: skip
        found = {name: data[name] for name in names}
        found["others"] = [line.strip() for line in data["others"].splitlines() if line.strip()]
        if data.get("no_recording"):
            found["no_recording"] = True
        if "client_key" in data:
            found["client_key"] = data["client_key"]
        return found

    @staticmethod
    def initial_of(idea: Idea) -> dict[str, Any]:
        """Return what the form shows of an idea already there."""
        found: dict[str, Any] = {
            name: getattr(idea, name)
            for name in ("title", "words", "told", "link", "language", "shows_names")
        }
        for n, (what, pence) in enumerate(idea.budget[:LINES], start=1):
            found[f"what_{n}"], found[f"cost_{n}"] = what, pence
        rows = idea.co_applicants.filter(person=None).order_by("pk")
        found["others"] = "\n".join(row.name for row in rows)
        return found


class WorkForm(forms.Form):
    """A verb of an idea's page; `values()` gives what the verb takes."""

    def __init__(self, *args: Any, idea: Idea, me: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.idea, self.me = idea, me
        self.prepare()

    def prepare(self) -> None:
        """Fill in what depends on the idea."""

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class YesForm(WorkForm):
    """Only a button."""


class AlongForm(WorkForm):
    person = CleanLine(
        label=gettext_lazy("Who?"),
        help_text=gettext_lazy("Their name as it stands on their page, or the page's address."),
        max_length=120,
    )

    def clean_person(self) -> Person:
        return find_person(self.me, self.cleaned_data["person"])


class AnswerAlongForm(WorkForm):
    yes = forms.ChoiceField(
        label=gettext_lazy("Are you in?"),
        choices=[("yes", gettext_lazy("Yes, I'm in")), ("no", gettext_lazy("No, leave me out"))],
        widget=forms.RadioSelect,
    )

    def values(self) -> dict[str, Any]:
        return {"yes": self.cleaned_data["yes"] == "yes"}


class InterestForm(WorkForm):
    why = CleanLine(
        label=gettext_lazy("How do you know them?"),
        help_text=gettext_lazy("In a few words, such as: my sister's group. The stewards see it."),
        max_length=300,
    )


class MarkForm(WorkForm):
    score = forms.ChoiceField(
        label=gettext_lazy("How well does it fit what this fund is for?"),
        choices=[
            ("5", gettext_lazy("5: very well")),
            ("4", "4"),
            ("3", "3"),
            ("2", "2"),
            ("1", gettext_lazy("1: not at all")),
            ("none", gettext_lazy("I don't know")),
        ],
        widget=forms.RadioSelect,
    )
    reason = CleanText(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("The other deciders read it once theirs is in."),
        max_length=800,
        required=False,
        rows=3,
    )

    def values(self) -> dict[str, Any]:
        score = self.cleaned_data["score"]
        return {
            "score": None if score == "none" else int(score),
            "reason": self.cleaned_data["reason"],
        }


class EnquireForm(WorkForm, OnceForm):
    question = CleanLine(
        label=gettext_lazy("What would you like to know?"),
        help_text=gettext_lazy("They don't learn who asks. All deciders read the answer."),
        max_length=400,
    )


class AnswerForm(WorkForm):
    which: Any = forms.ModelChoiceField(
        label=gettext_lazy("Which question?"), queryset=None, widget=forms.RadioSelect,
        empty_label=None,
    )  # fmt: skip
    answer = CleanText(label=gettext_lazy("Your answer"), max_length=1500, rows=4)

    def prepare(self) -> None:
        rows = self.idea.enquiries.filter(answer="").order_by("pk")
        self.fields["which"].queryset = rows  # type: ignore[attr-defined]
        self.fields["which"].initial = rows.first()


class MendForm(WorkForm):
    to_mend = CleanText(
        label=gettext_lazy("What could be put right, and how?"),
        help_text=gettext_lazy("Begin with what is good about it. They get a chance to mend it."),
        max_length=800,
        rows=4,
    )


class FairForm(WorkForm):
    fair_title = CleanLine(label=gettext_lazy("What it's called"), max_length=80)
    fair_own = CleanText(
        label=gettext_lazy("The same in the language it was told in"),
        help_text=gettext_lazy("Without names too. Deciders see both, side by side."),
        max_length=3000,
        required=False,
        rows=5,
    )
    in_english = CleanText(
        label=gettext_lazy("In English, if it was told in another language"),
        max_length=3000,
        required=False,
        rows=5,
    )
    fair_words = CleanText(
        label=gettext_lazy("What deciders read"),
        help_text=gettext_lazy(
            "Without names, addresses or anything else that says who they are. We blacked out "
            "what we saw; look it over. Of a recording, write down what is said."
        ),
        max_length=3000,
        rows=7,
    )

    def prepare(self) -> None:
        idea = self.idea
        self.initial.setdefault("fair_title", idea.fair_title or idea.title)
        self.initial.setdefault("in_english", idea.in_english)
        if idea.language.startswith("en"):
            del self.fields["fair_own"]
            del self.fields["in_english"]
        else:
            self.initial.setdefault(
                "fair_own", idea.fair_own or idea_actions.blacked_out(idea, idea.words)
            )
            self.order_fields(["fair_title", "in_english", "fair_words", "fair_own"])
        self.initial.setdefault("fair_words", idea.fair_words or idea_actions.fair_suggestion(idea))


class AgreementForm(WorkForm):
    agreement = CleanText(label=gettext_lazy("What both sides agree to"), max_length=3000, rows=6)

    def prepare(self) -> None:
        award: Award = self.idea.award  # type: ignore[attr-defined]
        self.initial.setdefault(
            "agreement",
            award.agreement
            or _(
                "We do what the idea says. We keep the receipts. We tell the neighbourhood how it "
                "goes, with a photo if we can. What isn't spent goes back to the pot. If something "
                "gets in the way we ring, and find another way together."
            ),
        )
        first = self.initial.get("amount_1", award.amount_pence)
        for n in range(1, 4):
            self.fields[f"what_{n}"] = CleanLine(
                label=_("Payment %(n)d: when what has happened?") % {"n": n}, max_length=120,
                required=n == 1, initial=_("At the start") if n == 1 else "",
            )  # fmt: skip
            self.fields[f"amount_{n}"] = PoundsField(
                label=_("Payment %(n)d: how much?") % {"n": n}, required=n == 1,
                initial=first if n == 1 else None,
            )  # fmt: skip
            self.fields[f"due_{n}"] = _day(_("Payment %(n)d: by when?") % {"n": n}, required=False)

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        stages = [
            (data[f"what_{n}"], data[f"amount_{n}"], data[f"due_{n}"])
            for n in range(1, 4)
            if data.get(f"amount_{n}")
        ]
        return {"agreement": data["agreement"], "stages": stages}


class AgreeForm(WorkForm):
    how = CleanLine(
        label=gettext_lazy("How did they say yes?"),
        help_text=gettext_lazy("Such as: signed on paper, or on the telephone on 3 May."),
        max_length=120,
        required=False,
    )

    def prepare(self) -> None:
        if rules.is_ours(self.me, self.idea):
            del self.fields["how"]


class PaidForm(WorkForm):
    payment: Any = forms.ModelChoiceField(
        label=gettext_lazy("Which payment?"), queryset=None, widget=forms.RadioSelect,
        empty_label=None,
    )  # fmt: skip
    paid_on = _day(gettext_lazy("Paid on which day?"))

    def prepare(self) -> None:
        rows = self.idea.award.payments.filter(kind="stage", paid_on=None).order_by("pk")  # type: ignore[attr-defined]
        field = self.fields["payment"]
        field.queryset = rows  # type: ignore[attr-defined]
        field.label_from_instance = lambda one: (  # type: ignore[attr-defined]
            f"{idea_actions.pounds(one.amount_pence)} {one.what}"
        )
        field.initial = rows.first()
        self.fields["paid_on"].initial = today()


class BackForm(WorkForm, OnceForm):
    pence = PoundsField(label=gettext_lazy("How much came back?"))
    on = _day(gettext_lazy("On which day?"))


class UpdateForm(WorkForm, OnceForm):
    title = CleanLine(label=gettext_lazy("A headline"), max_length=80)
    text = CleanText(
        label=gettext_lazy("How is it going?"),
        help_text=gettext_lazy(
            "As you'd tell it at the gate. An editor reads it before it goes up."
        ),
        max_length=6000,
        rows=7,
    )
    photo = forms.FileField(
        label=gettext_lazy("A photo"), required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/*"}),
    )  # fmt: skip
    describe = CleanLine(
        label=gettext_lazy("What does the photo show?"), max_length=300, required=False
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("photo") and not data.get("describe"):
            self.add_error("describe", _("Say what it shows, for those who can't see it."))
        return data


# --- The deciders' page ------------------------------------------------------------------------


class KnowsForm(forms.Form):
    """A decider says that they know what it means."""

    is_known = forms.BooleanField(
        label=gettext_lazy("I have read this, and I'd like to decide like that"),
        error_messages={"required": gettext_lazy("Tick it once you have read it.")},
    )


class SayForm(OnceForm):
    text = CleanText(label=gettext_lazy("Say something"), max_length=1000, rows=2)


class HoursForm(OnceForm):
    on = _day(gettext_lazy("Which day?"))
    minutes = forms.IntegerField(
        label=gettext_lazy("How many minutes?"), min_value=5, max_value=720,
        widget=forms.NumberInput(attrs={"class": "w-s", "inputmode": "numeric"}),
    )  # fmt: skip
    what = CleanLine(
        label=gettext_lazy("What did you do?"), max_length=120,
        help_text=gettext_lazy("Such as: read six ideas."),
    )  # fmt: skip

    def clean_on(self) -> dt.date:
        day = self.cleaned_data["on"]
        if day > today() or day < today() - dt.timedelta(days=120):
            raise forms.ValidationError(_("Choose a day of the last four months."))
        return day
