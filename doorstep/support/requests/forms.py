"""What is typed at the front door, on a live call and at the desk."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceIterator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.base.remembering import Remembered
from doorstep.base.time import in_london, local, today
from doorstep.people import numbers
from doorstep.people.forms import BirthField, NameField, PostcodeField
from doorstep.people.models import Person
from doorstep.people.tongues import TONGUES
from doorstep.places.models import Area
from doorstep.support import amounts
from doorstep.support.models import Kind, Request, Task

MOST_LETTERS = 250_000
LANGUAGES = [("en-gb", "English"), *[row for row in TONGUES if row[0] != "en-gb"]]
_KINDS = [(kind.value, kind.label) for kind in Kind]


class WholeText(CleanText):
    """A letter as long as it is: no browser cuts off what is pasted. What is too long is said."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


_TOO_LONG = gettext_lazy("That is more than we can keep in one go. Shorten it, or ring us.")


class WordsForm(forms.Form):
    """The first question, and whom it is for."""

    words = WholeText(
        label=gettext_lazy("What do you need?"),
        help_text=gettext_lazy("Say it as you would to a neighbour, in any language."),
        rows=5,
        max_length=MOST_LETTERS,
        error_messages={
            "required": gettext_lazy("Write a few words about what you need."),
            "max_length": _TOO_LONG,
        },
    )
    whom = forms.ChoiceField(
        label=gettext_lazy("Who is it for?"),
        choices=[("me", gettext_lazy("Me")), ("other", gettext_lazy("Somebody else"))],
        initial="me",
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose who it is for.")},
    )


class AskForm(OnceForm, WordsForm):
    """All of a request, as a person types it for themselves or somebody else."""

    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("What would help?"),
        help_text=gettext_lazy("Tick all that fit, or none."),
        choices=_KINDS,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    called = NameField()
    phone = CleanLine(label=gettext_lazy("Your phone number"), max_length=40, required=False)
    as_it_is = forms.BooleanField(
        label=gettext_lazy("Keep the number as I wrote it"), required=False
    )
    postcode = PostcodeField()
    address = CleanLine(
        label=gettext_lazy("House number and street"),
        help_text=gettext_lazy("Only if somebody is to come. Only who helps sees it."),
        max_length=200,
        required=False,
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Which language shall we speak?"), choices=LANGUAGES, required=False
    )
    relation = forms.ChoiceField(
        label=gettext_lazy("How do you know them?"),
        choices=[row for row in Request.Relation.choices if row[0]],
        widget=forms.RadioSelect,
        required=False,
    )
    agreed = forms.ChoiceField(
        label=gettext_lazy("Do they know that you ask?"),
        help_text=gettext_lazy("If they don't, we ring you first and talk about how to ask them."),
        choices=[row for row in Request.Agreed.choices if row[0]],
        widget=forms.RadioSelect,
        required=False,
    )
    asked_by_name = CleanLine(
        label=gettext_lazy("And what are you called?"), max_length=120, required=False
    )
    asked_by_reach = CleanLine(
        label=gettext_lazy("How do we reach you?"),
        help_text=gettext_lazy("A phone number or an e-mail."),
        max_length=200,
        required=False,
    )

    BEHALF = ("relation", "agreed", "asked_by_name", "asked_by_reach")
    order = ("words", "whom", "kinds", "called", "phone", "as_it_is", "postcode", "address",
             "language", *BEHALF)  # fmt: skip

    def __init__(
        self, *args: Any, me: Person | None = None, whom: str = "me", short: bool = False,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.me = me
        whom = self.data.get("whom", whom) if self.is_bound else whom
        self.is_for_other = whom == "other"
        self.fields["language"].initial = "en-gb"
        self.fields["whom"].initial = whom
        if self.is_for_other:
            for name, label in (
                ("called", _("What are they called?")),
                ("phone", _("Their phone number, if you know it")),
                ("postcode", _("Their postcode")),
                ("language", _("Which language do they speak?")),
                ("address", _("Their house number and street")),
            ):
                self.fields[name].label = label
            self.fields["called"].error_messages["required"] = _("Tell us what they are called.")
            self.fields["relation"].required = self.fields["agreed"].required = True
            self.fields["relation"].error_messages["required"] = _("Choose how you know them.")
            self.fields["agreed"].error_messages["required"] = _("Choose one, so that we know.")
            if me is not None:
                del self.fields["asked_by_name"]
                self.fields["asked_by_reach"].required = False
        else:
            for name in self.BEHALF:
                del self.fields[name]
            if me is not None:
                self.initial.setdefault("called", me.known_as)
                account = getattr(me, "account", None)
                self.initial.setdefault(
                    "phone", numbers.shown(me.phone or (account.phone if account else "") or "")
                )
                self.initial.setdefault("postcode", me.postcode)
        if short:
            # A crisis asks for what is needed to act, and nothing else.
            for name in ("kinds", "address"):
                self.fields.pop(name, None)
        if not (self.is_bound and "phone" in self.errors_of_number()):
            self.fields["as_it_is"].widget = forms.HiddenInput()

    def errors_of_number(self) -> list[str]:
        """Return ["phone"] when what was typed is no number we know."""
        typed = (self.data.get("phone") or "").strip()
        if not typed:
            return []
        try:
            numbers.parse_abroad(typed)
        except ValidationError:
            return ["phone"]
        return []

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        typed = data.get("phone", "")
        if typed:
            try:
                data["phone"] = numbers.parse_abroad(typed)
            except ValidationError as problem:
                if data.get("as_it_is"):
                    data["phone"] = typed[:20]
                else:
                    self.add_error(
                        "phone",
                        _("%(problem)s Or tick below to keep it as it is.")
                        % {"problem": problem.messages[0]},
                    )
        has_way = data.get("phone") or data.get("asked_by_reach") or self._can_tell_me()
        if not has_way and not self.errors and not data.get("address"):
            self.add_error(
                "asked_by_reach" if "asked_by_reach" in self.fields else "phone",
                _("Give us one way to reach you: a number, or an address we can write to."),
            )
        return data

    def _can_tell_me(self) -> bool:
        return self.me is not None and getattr(self.me, "account", None) is not None

    def request(self) -> dict[str, Any]:
        """Return what `working.ask` takes, from a valid form."""
        data = dict(self.cleaned_data)
        whom = data.pop("whom")
        data.pop("as_it_is", None)
        data["language"] = data.get("language") or "en-gb"
        if whom == "other":
            data["asked_by"] = self.me
            if self.me is not None:
                data["asked_by_name"] = self.me.known_as
        elif self.me is not None:
            data["person"] = self.me
        return data


class StatusForm(forms.Form):
    """A reference, and something only they know."""

    ref = CleanLine(
        label=gettext_lazy("Your reference"),
        help_text=gettext_lazy("Eight letters and digits. It stands on your letter."),
        max_length=20,
        error_messages={"required": gettext_lazy("Type your reference.")},
    )
    known = CleanLine(
        label=gettext_lazy("Your postcode or your phone number"),
        help_text=gettext_lazy("The one you gave us. The last four digits of a number will do."),
        max_length=200,
        error_messages={"required": gettext_lazy("Type your postcode or your number.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ref"].widget.attrs |= {"class": "w-m", "dir": "ltr", "autocomplete": "off"}
        self.fields["known"].widget.attrs |= {"class": "w-m", "dir": "auto", "autocomplete": "off"}

    def clean_ref(self) -> str:
        return re.sub(r"[^a-z0-9]", "", self.cleaned_data["ref"].lower())


# --- On the desk -----------------------------------------------------------------------------


def _read_localities(_before: list[Area] | None) -> list[Area]:
    return list(
        Area.objects.of_kind(Area.Kind.LOCALITY).select_related(None).defer("boundary")
        .order_by("name")
    )  # fmt: skip


# The borough's localities, by name; they change once in years.
localities = Remembered(_read_localities, 60)


class _EachLocality(ModelChoiceIterator):
    """The choices of a field, without asking for them with every form of a page."""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for area in localities():
            yield self.choice(area)

    def __len__(self) -> int:
        return len(localities()) + (self.field.empty_label is not None)

    def __bool__(self) -> bool:
        return True


class LocalityField(forms.ModelChoiceField):
    """One of the borough's localities."""

    iterator = _EachLocality

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("queryset", Area.objects.of_kind(Area.Kind.LOCALITY).order_by("name"))
        kwargs.setdefault("empty_label", gettext_lazy("None, or we don't know"))
        super().__init__(**kwargs)


class CallForm(forms.Form):
    """One live call, letter or slip on one screen."""

    came_by = forms.ChoiceField(
        label=gettext_lazy("How did it come?"), choices=Request.CameBy.choices, initial="phone"
    )
    asked_on = forms.DateField(
        label=gettext_lazy("On which day?"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "w-m"}),
    )
    words = WholeText(
        label=gettext_lazy("What do they say? In their words"),
        rows=4,
        max_length=MOST_LETTERS,
        error_messages={
            "required": gettext_lazy("Write down what they need."),
            "max_length": _TOO_LONG,
        },
    )
    called = NameField(
        label=gettext_lazy("What are they called?"),
        error_messages={"required": gettext_lazy("Write a name, or “Somebody” if they won't say.")},
    )
    phone = CleanLine(label=gettext_lazy("Phone number"), max_length=40, required=False)
    born_on = BirthField(label=gettext_lazy("Date of birth"))
    postcode = PostcodeField(label=gettext_lazy("Postcode"))
    address = CleanLine(
        label=gettext_lazy("House number and street"), max_length=200, required=False
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=LANGUAGES, required=False, initial="en-gb"
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("What would help?"),
        choices=_KINDS,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    priority = forms.TypedChoiceField(
        label=gettext_lazy("How soon?"),
        choices=Request.Priority.choices,
        coerce=int,
        initial=3,
        widget=forms.RadioSelect,
    )
    relation = forms.ChoiceField(
        label=gettext_lazy("Who asks?"), choices=Request.Relation.choices, required=False
    )
    agreed = forms.ChoiceField(
        label=gettext_lazy("Does the person know?"), choices=Request.Agreed.choices, required=False
    )
    asked_by_name = CleanLine(
        label=gettext_lazy("Name of who asks"), max_length=120, required=False
    )
    asked_by_reach = CleanLine(
        label=gettext_lazy("Number of who asks"), max_length=200, required=False
    )
    gist = CleanLine(label=gettext_lazy("In one line, for the hub"), max_length=160, required=False)
    person = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, short: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if short:
            for name in ("born_on", "asked_on", "gist"):
                self.fields.pop(name)
        for name in ("words", "called", "phone", "postcode", "address"):
            if name in self.fields:
                self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_asked_on(self) -> dt.date | None:
        day = self.cleaned_data["asked_on"]
        if day and day > today():
            raise ValidationError(_("That day is still to come."))
        return day

    def clean_phone(self) -> str:
        """A number we know, or what they said: on a call nobody argues about digits."""
        typed = self.cleaned_data["phone"]
        if not typed:
            return ""
        try:
            return numbers.parse_abroad(typed)
        except ValidationError:
            return typed[:20]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("relation") and not data.get("agreed"):
            self.add_error("agreed", _("Ask whether the person knows, and write down which."))
        if not data.get("relation"):
            data["agreed"] = ""
        return data

    def request(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        data.pop("person", None)
        day = data.pop("asked_on", None)
        if day:
            data["asked_at"] = in_london(dt.datetime.combine(day, dt.time(9)))
        data["language"] = data.get("language") or "en-gb"
        return data


class TriageForm(forms.Form):
    """What a request is, how pressing, and where it belongs."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    gist = CleanLine(label=gettext_lazy("In one line"), max_length=160, required=False)
    priority = forms.TypedChoiceField(
        label=gettext_lazy("How soon?"),
        choices=Request.Priority.choices,
        coerce=int,
        widget=forms.RadioSelect,
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("What would help?"),
        choices=_KINDS,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    postcode = PostcodeField(label=gettext_lazy("Postcode"))
    locality = LocalityField(
        label=gettext_lazy("Locality"),
        help_text=gettext_lazy("The postcode says which. Choose another to override it."),
        required=False,
    )
    address = CleanLine(
        label=gettext_lazy("House number and street"), max_length=200, required=False
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)
    about_child = forms.BooleanField(
        label=gettext_lazy("It is about somebody under 18"), required=False
    )

    @classmethod
    def of(cls, request: Request, **kwargs: Any) -> TriageForm:
        return cls(
            initial={
                "version": request.version,
                "gist": request.gist,
                "priority": request.priority,
                "kinds": request.kinds,
                "postcode": request.postcode,
                "locality": request.locality_id,
                "address": request.address,
                "language": request.language,
                "about_child": request.about_child,
            },
            **kwargs,
        )


class NoteForm(forms.Form):
    """A few words: a note, or a reason."""

    words = CleanText(
        label=gettext_lazy("What happened? They can ask to read this"),
        rows=2,
        max_length=4000,
        error_messages={"required": gettext_lazy("Write a few words.")},
    )


class ReasonForm(NoteForm):
    """Why the hub can't."""

    words = CleanText(
        label=gettext_lazy("Why not? The borough reads this"),
        rows=2,
        max_length=1000,
        error_messages={
            "required": gettext_lazy("Say in a few words why, so that another way can be found.")
        },
    )


class HandOverForm(forms.Form):
    """To which hub, and why."""

    to = LocalityField(
        label=gettext_lazy("To which hub?"),
        empty_label=gettext_lazy("Choose one"),
        error_messages={"required": gettext_lazy("Choose a hub.")},
    )
    words = CleanText(
        label=gettext_lazy("What must they know?"), rows=2, max_length=1000, required=False
    )


class TaskForm(OnceForm):
    """One piece of work."""

    kind = forms.ChoiceField(label=gettext_lazy("What is it?"), choices=_KINDS)
    what = CleanLine(
        label=gettext_lazy("In a few words"),
        help_text=gettext_lazy("For example: bread, milk, tea bags, and a tin of soup."),
        max_length=300,
        required=False,
    )
    door_note = CleanLine(
        label=gettext_lazy("What to know at the door"), max_length=200, required=False
    )
    on = forms.DateField(
        label=gettext_lazy("On which day?"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "w-m"}),
    )
    from_time = forms.TimeField(
        label=gettext_lazy("From"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "w-s"}),
    )
    to_time = forms.TimeField(
        label=gettext_lazy("To"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "w-s"}),
    )
    minutes = amounts.NumberField(
        label=gettext_lazy("Minutes it takes"), min_value=5, max_value=600, initial=60
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Does it need a language?"),
        choices=[("", gettext_lazy("Any")), *LANGUAGES],
        required=False,
    )
    pounds = forms.DecimalField(
        label=gettext_lazy("Most to be spent, in pounds"),
        help_text=gettext_lazy("Nothing, if no money is handled."),
        min_value=0,
        max_value=200,
        decimal_places=2,
        required=False,
        error_messages=amounts.errors(0, 200),
    )
    weeks = forms.TypedChoiceField(
        label=gettext_lazy("Does it come again?"),
        choices=[
            (0, gettext_lazy("Just once")),
            (1, gettext_lazy("Every week")),
            (2, gettext_lazy("Every two weeks")),
            (4, gettext_lazy("Every four weeks")),
        ],
        coerce=int,
        initial=0,
        required=False,
        empty_value=None,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        on, start, end = data.get("on"), data.get("from_time"), data.get("to_time")
        if (start or end or data.get("weeks")) and not on:
            self.add_error("on", _("Choose the (first) day."))
        if on and on < today():
            self.add_error("on", _("That day is over."))
        if start and end and end <= start:
            self.add_error("to_time", _("It ends before it starts."))
        return data

    def task(self) -> dict[str, Any]:
        """Return what `working.add_task` takes."""
        data = self.cleaned_data
        start, end = self.window()
        return {
            "kind": data["kind"],
            "what": data["what"],
            "door_note": data["door_note"],
            "minutes": data["minutes"],
            "language": data["language"],
            "money_cap": int((data["pounds"] or 0) * 100),
            "client_key": data["client_key"],
            "starts_at": start,
            "ends_at": end,
        }

    def times(self) -> tuple[dt.time, dt.time]:
        """The window of the day; the whole of it where nothing was said."""
        data = self.cleaned_data
        start = data["from_time"] or dt.time(9)
        return start, data["to_time"] or max(dt.time(18), start.replace(minute=59))

    def window(self) -> tuple[dt.datetime | None, dt.datetime | None]:
        on = self.cleaned_data["on"]
        if not on:
            return None, None
        start, end = self.times()
        return (
            in_london(dt.datetime.combine(on, start)),
            in_london(dt.datetime.combine(on, end)),
        )


class SplitForm(OnceForm):
    """What becomes a request of its own."""

    words = WholeText(
        label=gettext_lazy("Which part is it? In their words"),
        rows=3,
        max_length=MOST_LETTERS,
        error_messages={
            "required": gettext_lazy("Write what the second request is about."),
            "max_length": _TOO_LONG,
        },
    )
    tasks = forms.MultipleChoiceField(
        label=gettext_lazy("Tasks that go along"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, tasks: list[Task] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if tasks:
            self.fields["tasks"].choices = [  # type: ignore[attr-defined]
                (task.ref, f"{task.get_kind_display()} {task.what[:40]}") for task in tasks
            ]
        else:
            del self.fields["tasks"]


class MergeForm(forms.Form):
    """Into which request of the same person."""

    into = forms.ChoiceField(
        label=gettext_lazy("Into which one?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one.")},
    )

    def __init__(self, *args: Any, others: list[Request], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].choices = [  # type: ignore[attr-defined]
            (one.ref, f"{one.reference}: {one.line}") for one in others
        ]


class CloseForm(forms.Form):
    """How it ended."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("How did it end?"),
        choices=[row for row in Request.Outcome.choices if row[0] not in ("", "merged", "drill")],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how it ended.")},
    )
    words = CleanText(
        label=gettext_lazy("Anything to remember"), rows=2, max_length=2000, required=False
    )


class OpenTaskCancelForm(forms.Form):
    """Which task is called off."""

    task = forms.CharField(max_length=12)


def first_local_day(at: dt.datetime) -> dt.date:
    """The day it is in London at this moment."""
    return local(at).date()


def many(count: int) -> str:
    """“3 requests”."""
    return ngettext("%(n)d request", "%(n)d requests", count) % {"n": count}
