"""What is typed about an evidence diary."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.base.time import today
from doorstep.connect.diary.models import Deadline, Diary, Entry, EntryWords, Exhibit
from doorstep.connect.forms import day_field
from doorstep.connect.models import Relationship
from doorstep.people.models import Person

_t = gettext_lazy
_TOGETHER = _t("Who keeps it with you?")


def _keepers(person: Person) -> list[tuple[str, str]]:
    """Return the choices of who may keep it with somebody: alone, each catalyst, the hub."""
    rows = (
        Relationship.objects.going_on()
        .filter(person=person)
        .select_related("organisation")
        .order_by("organisation__name")
    )
    return [
        ("", _("Nobody. It is for me alone")),
        *[
            (
                row.ref,
                _("Whoever walks alongside me from %(name)s") % {"name": row.organisation.name},
            )
            for row in rows
        ],
        ("hub", _("The council’s hub, when I ring them")),
    ]


class DiaryForm(OnceForm):
    """Base of all: `values()` is what the verb takes."""

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        data.pop("client_key", None)
        return data


class BeginForm(DiaryForm):
    """What is stuck."""

    problem = forms.ChoiceField(
        label=_t("What is stuck?"),
        choices=Diary.Problem.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _t("Choose what it is about")},
    )
    title = CleanLine(
        label=_t("Say it in one line"),
        help_text=_t("“Mould in the back bedroom since March.”"),
        max_length=120,
        error_messages={"required": _t("Say in one line what is stuck")},
    )
    wished = CleanText(label=_t("What would put it right?"), rows=2, max_length=600, required=False)
    together = forms.ChoiceField(label=_TOGETHER, required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, person: Person, is_own: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_own:
            self.fields["together"].choices = _keepers(person)  # type: ignore[attr-defined]
        else:
            del self.fields["together"]


class TogetherForm(DiaryForm):
    """Who keeps it with the person."""

    together = forms.ChoiceField(label=_TOGETHER, required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, diary: Diary, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["together"].choices = _keepers(diary.person)  # type: ignore[attr-defined]
        now = "hub" if diary.is_with_hub else diary.relationship.ref if diary.relationship else ""
        self.initial.setdefault("together", now)


# Kind -> its fields, and how they are asked for.
_WHO = {
    "happened": _t("Who else saw or heard it?"),
    "told": _t("Who was told?"),
    "answer": _t("Who answered?"),
    "letter": _t("From whom, or to whom?"),
}
_FACTS = {
    "happened": _t("What happened? Only what could be seen and heard"),
    "told": _t("What were they told?"),
    "answer": _t("What did they say they would do, or not do?"),
    "letter": _t("What does it say?"),
}


class EntryForm(DiaryForm):
    """One entry of a kind, new or written again."""

    happened_on = day_field(_t("Which day was it?"))
    happened_at = forms.TimeField(
        label=_t("About what time?"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _t("Write the time like 14:30")},
    )
    answers = forms.ChoiceField(label=_t("What is it an answer to?"), required=False)
    who = CleanLine(max_length=200, required=False)
    how = forms.ChoiceField(
        label=_t("How?"), choices=[("", "–"), *EntryWords.How.choices], required=False
    )
    reference = CleanLine(
        label=_t("Do they have a number for it?"),
        help_text=_t("A repair number, a case number. It helps later."),
        max_length=60,
        required=False,
    )
    facts = CleanText(
        rows=5,
        max_length=10_000,
        help_text=_t("Speak it: press the microphone on your keyboard."),
        error_messages={"required": _t("Write down a few words")},
    )
    feelings = CleanText(
        label=_t("And how was it for you?"),
        help_text=_t("It stands apart from what happened. You can leave it out of a bundle."),
        rows=3,
        max_length=5_000,
        required=False,
    )
    why = CleanLine(
        label=_t("What was wrong before?"),
        help_text=_t("What stood there stays, and everybody who reads it sees both."),
        max_length=300,
        error_messages={"required": _t("Say in a few words what was wrong")},
    )

    def __init__(
        self, *args: Any, diary: Diary, kind: str, entry: Entry | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.diary, self.kind, self.entry = diary, kind, entry
        self.fields["who"].label = _WHO[kind]
        self.fields["facts"].label = _FACTS[kind]
        if kind in ("told", "answer"):
            self.fields["who"].required = True
            self.fields["who"].error_messages["required"] = _t("Say who it was")
        if kind == "happened":
            del self.fields["how"], self.fields["reference"]
        if kind == "letter":
            del self.fields["how"]
        self.told: dict[str, Entry] = {}
        if kind == "answer" and entry is None:
            rows = diary.entries.filter(kind="told").prefetch_related("said")  # type: ignore[attr-defined]
            for row in rows.order_by("-happened_on", "-number")[:50]:
                if not row.is_struck:
                    self.told[row.ref] = row
            self.fields["answers"].choices = [  # type: ignore[attr-defined]
                ("", _("Something else")),
                *[
                    (ref, f"{row.number}. {row.now.who}: {row.now.facts[:60]}")
                    for ref, row in self.told.items()
                ],
            ]
        if not self.told:
            del self.fields["answers"]
        if entry is None:
            del self.fields["why"]
            self.initial.setdefault("happened_on", today())
        else:
            words = entry.now
            for name in self.fields:
                if name != "why" and hasattr(words, name):
                    self.initial.setdefault(name, getattr(words, name))

    def values(self) -> dict[str, Any]:
        data = super().values()
        if "answers" in data:
            data["answers"] = self.told.get(data["answers"])
        return data


class StrikeForm(DiaryForm):
    why = CleanLine(
        label=_t("Why do you take it back?"),
        help_text=_t("Bundles say that there was an entry, and this reason. No word of it."),
        max_length=300,
        error_messages={"required": _t("Say why, in a few words")},
    )


class ExhibitForm(DiaryForm):
    kind = forms.ChoiceField(
        label=_t("What is it?"),
        choices=Exhibit.Kind.choices,
        widget=forms.RadioSelect,
        initial="photo",
    )
    upload = forms.FileField(
        label=_t("The file"),
        help_text=_t(
            "A photo, a PDF or photo of a letter, or a sound. We take out of photos where and "
            "when they were taken."
        ),
        error_messages={
            "required": _t("Choose the file"),
            "empty": _t("That file is empty. Choose another"),
        },
        widget=forms.ClearableFileInput(attrs={"accept": "image/*,audio/*,application/pdf"}),
    )
    description = CleanText(
        label=_t("What does it show? A sound: what is said. A letter: what it says"),
        rows=3,
        max_length=5_000,
        error_messages={"required": _t("Say what it shows, for somebody who can’t see or hear it")},
    )


class DeadlineForm(DiaryForm):
    words = CleanLine(
        label=_t("What has to be done?"),
        help_text=_t("“They said the plumber comes by then.” “My answer has to be there.”"),
        max_length=200,
        error_messages={"required": _t("Say what has to be done")},
    )
    whose = forms.ChoiceField(
        label=_t("Whose is it?"),
        choices=Deadline.Whose.choices,
        widget=forms.RadioSelect,
        initial="theirs",
    )
    due_on = day_field(_t("By which day?"))


class OutcomeForm(DiaryForm):
    outcome = forms.ChoiceField(
        label=_t("What came of it?"),
        choices=Deadline.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _t("Choose what came of it")},
    )
    words = CleanText(label=_t("In your words"), rows=2, max_length=1_000, required=False)


class BundleForm(DiaryForm):
    starts_on = day_field(_t("From which day? Empty is from the beginning"), required=False)
    ends_on = day_field(_t("To which day? Empty is until today"), required=False)
    has_feelings = forms.TypedChoiceField(
        label=_t("How it was for you: does that go in?"),
        choices=[("yes", _t("Yes, as a part of its own")), ("no", _t("No, only what happened"))],
        coerce=lambda value: value == "yes",
        initial="yes",
        widget=forms.RadioSelect,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("starts_on"), data.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("That is before the first day"))
        return data


class ShareForm(DiaryForm):
    kind = forms.ChoiceField(
        label=_t("Who shall have it?"),
        choices=[
            ("organisation", _t("A group, an adviser, a landlord")),
            ("health", _t("A doctor or clinic")),
            ("hub", _t("The council’s hub")),
            ("neighbour", _t("Somebody I know")),
        ],
        widget=forms.RadioSelect,
        initial="organisation",
    )
    name = CleanLine(
        label=_t("Their name, and where they work"),
        help_text=_t("“Riverside Law Centre”. Empty for the hub."),
        max_length=120,
        required=False,
    )
    email = forms.EmailField(
        label=_t("Their e-mail, if we shall send them the link"),
        required=False,
        error_messages={"invalid": _t("That e-mail looks cut off. Check it")},
    )
    days = forms.TypedChoiceField(
        label=_t("How long may they open it?"),
        choices=[("7", _t("A week")), ("30", _t("A month")), ("60", _t("Two months"))],
        coerce=int,
        initial="30",
        widget=forms.RadioSelect,
    )
    words = CleanLine(
        label=_t("What did they say? In their own words"),
        help_text=_t("Their yes to this one recipient is written down with it."),
        max_length=300,
        error_messages={"required": _t("Write down what they said")},
    )

    def __init__(self, *args: Any, is_own: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_own:
            del self.fields["words"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") != "hub" and not data.get("name") and "name" not in self.errors:
            self.add_error("name", _("Say who shall have it"))
        return data


class CloseForm(DiaryForm):
    words = CleanText(
        label=_t("How did it end?"),
        help_text=_t("Nothing is reminded any more. You can open it again."),
        rows=3,
        max_length=1_000,
        required=False,
    )


class NothingForm(DiaryForm):
    """A press of a button."""


class OpenForm(forms.Form):
    """Who takes a bundle by its link."""

    name = CleanLine(
        label=_t("Your name, and where you work"),
        help_text=_t("Whoever shared it sees that you opened it, and when."),
        max_length=120,
        min_length=2,
        error_messages={
            "required": _t("Say who you are"),
            "min_length": _t("Say who you are"),
        },
    )
