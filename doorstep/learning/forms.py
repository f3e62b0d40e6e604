"""What people fill in when they learn together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from doorstep.base import awards
from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.base.time import in_london, local, today
from doorstep.gatherings.models import Gathering
from doorstep.learning import agreeing, rules
from doorstep.learning.models import (
    Booklet,
    Community,
    Experiment,
    Meeting,
    Member,
    Recording,
    Telling,
    Thing,
)
from doorstep.people.forms import find_member
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids
from doorstep.teams.models import Membership


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date", "class": "w-m"}, format="%Y-%m-%d"),
        error_messages={
            "invalid": _("Write a day, such as 24/11/2026"),
            "required": _("Choose a day"),
        },
        **more,
    )


def _pick(words: Any) -> dict[str, Any]:
    """What to say where nothing was chosen, and where the choice has gone in the meantime."""
    return {"required": words, "invalid_choice": words}


def people_of(community: Community, viewer: Person) -> list[Person]:
    """Return the members by name; nobody across a block from the viewer."""
    rows = Member.objects.filter(community=community, left_at=None).select_related("person")
    hidden = blocked_ids(viewer)
    return sorted(
        (row.person for row in rows if row.person_id not in hidden),
        key=lambda one: (one.known_as.casefold(), one.pk),
    )


class PersonChoice(forms.ChoiceField):
    """One of some people, by handle; gives the Person, or None."""

    def __init__(self, people: Iterable[Person], *, nobody: Any, **kwargs: Any) -> None:
        self.people = {one.handle: one for one in people}
        kwargs.setdefault("error_messages", {}).setdefault("invalid_choice", _("Choose one"))
        super().__init__(
            choices=[("", nobody), *((key, one.known_as) for key, one in self.people.items())],
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        return self.people.get(super().clean(value))


# --- Communities ------------------------------------------------------------------------------


class CommunityForm(OnceForm):
    name = CleanLine(
        label=_("What is it called?"),
        help_text=_("Short, such as “Connecting the dots”."),
        max_length=80,
        error_messages={"required": _("Give it a name")},
    )
    purpose = CleanText(
        label=_("What do you want to learn about together?"),
        max_length=600,
        rows=3,
        error_messages={"required": _("Say in a sentence what you want to learn about")},
    )


class MemberForm(forms.Form):
    who = CleanLine(
        label=_("Who?"),
        help_text=_("Their e-mail, mobile number or the end of their page's address."),
        max_length=260,
        error_messages={"required": _("Say who it is")},
    )

    def clean_who(self) -> Person:
        found = find_member(self.cleaned_data["who"])
        if found is None:
            raise ValidationError(_t("We know nobody by that. Ask them what they sign in with."))
        return found


# --- Meetings ---------------------------------------------------------------------------------


class MeetingForm(OnceForm):
    title = CleanLine(
        label=_("What is it about?"),
        max_length=120,
        error_messages={"required": _("Say what it is about")},
    )
    day = _day(_("Which day?"))
    time = forms.TimeField(
        label=_("From when?"),
        widget=forms.TimeInput(attrs={"type": "time", "class": "w-s"}, format="%H:%M"),
        error_messages={
            "required": _("Say when it begins"),
            "invalid": _("Write a time, such as 14:30"),
        },
    )
    minutes_long = forms.IntegerField(
        label=_("How long, in minutes?"),
        min_value=10,
        max_value=600,
        initial=90,
        widget=forms.NumberInput(attrs={"class": "w-s"}),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), _("Write a number from 10 to 600")
        ),
    )
    where = CleanLine(
        label=_("Where, or how to join?"),
        help_text=_("A room, a link, or a number to ring."),
        max_length=200,
        required=False,
    )
    agenda = CleanText(
        label=_("What do you want to look at?"),
        help_text=_("One thing on each line."),
        max_length=4000,
        required=False,
    )

    def __init__(self, *args: Any, meeting: Meeting | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if meeting is not None:
            here = local(meeting.starts_at)
            self.initial.update(
                {
                    "title": meeting.title,
                    "day": here.date(),
                    "time": here.time(),
                    "minutes_long": meeting.minutes_long,
                    "where": meeting.where,
                    "agenda": meeting.agenda,
                }
            )

    def clean_day(self) -> dt.date:
        day: dt.date = self.cleaned_data["day"]
        if not dt.date(2000, 1, 1) <= day <= today() + dt.timedelta(days=3 * 366):
            raise ValidationError(_t("Choose a day within the next three years."))
        return day

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "title": data["title"],
            "starts_at": in_london(dt.datetime.combine(data["day"], data["time"])),
            "minutes_long": data["minutes_long"],
            "where": data["where"],
            "agenda": data["agenda"],
        }


class AttendanceForm(forms.Form):
    people = forms.MultipleChoiceField(
        label=_("Who came?"), widget=forms.CheckboxSelectMultiple, required=False
    )
    guests = CleanText(
        label=_("Guests"),
        help_text=_("One name on each line."),
        max_length=2000,
        rows=3,
        required=False,
    )

    def __init__(self, *args: Any, people: list[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_handle = {one.handle: one for one in people}
        self.fields["people"].choices = [  # type: ignore[attr-defined]
            (one.handle, one.known_as) for one in people
        ]

    def clean_guests(self) -> list[str]:
        names = [line.strip()[:80] for line in self.cleaned_data["guests"].splitlines()]
        return [name for name in names if name][:60]

    def values(self) -> dict[str, Any]:
        return {
            "people": [self.by_handle[one] for one in self.cleaned_data["people"]],
            "guests": self.cleaned_data["guests"],
        }


class MinutesForm(forms.Form):
    minutes = CleanText(
        label=_("What was said and agreed?"),
        help_text=_("No names of people whose story it is."),
        max_length=20_000,
        rows=14,
        error_messages={"required": _("Write down what was said")},
    )
    minutes_from = CleanLine(
        label=_("Are you typing this for somebody? Who took the minutes?"),
        max_length=80,
        required=False,
    )


class ActionForm(OnceForm):
    what = CleanText(
        label=_("What will be done?"),
        max_length=600,
        rows=2,
        error_messages={"required": _("Say what will be done")},
    )
    due_on = _day(_("By when?"))

    def __init__(self, *args: Any, people: list[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"] = PersonChoice(
            people,
            nobody=_("Choose"),
            label=_("Who does it?"),
            error_messages=_pick(_("Choose who does it")),
        )
        self.order_fields(["what", "owner", "due_on"])
        self.initial.setdefault("due_on", today() + dt.timedelta(days=14))

    def clean_due_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["due_on"]
        if not today() - dt.timedelta(days=366) <= day <= today() + dt.timedelta(days=3 * 366):
            raise ValidationError(_t("Choose a day within the next three years."))
        return day


class DoneForm(forms.Form):
    words = CleanLine(label=_("What came of it?"), max_length=400, required=False)


class LaterForm(forms.Form):
    due_on = _day(_("By when now?"))

    def clean_due_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["due_on"]
        if not today() <= day <= today() + dt.timedelta(days=3 * 366):
            raise ValidationError(_t("Choose today or a later day."))
        return day


class EvidenceForm(forms.Form):
    gathering = forms.ModelChoiceField(
        label=_("Which gathering?"),
        help_text=_("One you host. Its figures come as they are today, without names."),
        queryset=Gathering.objects.none(),
        error_messages=_pick(_("Choose a gathering")),
    )
    question = CleanLine(
        label=_("Which question does it speak to?"),
        max_length=200,
        required=False,
    )

    def __init__(self, *args: Any, me: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        from django.db.models import Q

        hosted = Membership.objects.filter(
            person=me, state=Membership.State.MEMBER, role=Membership.Role.HOST
        ).values("team")
        self.fields["gathering"].queryset = (  # type: ignore[attr-defined]
            Gathering.objects.visible_to(me)
            .filter(Q(host=me) | Q(team__in=hosted))
            .order_by("title", "pk")
        )
        self.initial.setdefault("question", _t("What keeps people coming back?"))


# --- The chain --------------------------------------------------------------------------------

_ASKS: dict[str, tuple[Any, Any, Any]] = {
    "question": (
        _("What do you ask yourselves?"),
        _("As you'd say it at the table: “What keeps people coming back?”"),
        _("Why does it matter? What have you seen?"),
    ),
    "insight": (
        _("What did you see, in one sentence?"),
        _("Something that holds for more than one story."),
        _("How do you know? What does it rest on?"),
    ),
    "experiment": (
        _("What do you try, in one line?"),
        _("“A kettle by the door, for six Tuesdays.”"),
        _("What exactly do you do?"),
    ),
    "change": (
        _("What is different now, in one line?"),
        _("“The gate is open on Sundays.”"),
        _("For whom, since when, and how do you know?"),
    ),
}


class ThingForm(OnceForm):
    """A question, an insight, an experiment or a change."""

    title = CleanLine(max_length=200, error_messages={"required": _("Write it in one line")})
    words = CleanText(max_length=6000, required=False)
    said_by = CleanLine(
        label=_("Are you typing this for somebody? Who said it?"), max_length=80, required=False
    )

    def __init__(self, *args: Any, kind: str, thing: Thing | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label, hint, more = _ASKS[kind]
        self.fields["title"].label, self.fields["title"].help_text = label, hint
        self.fields["words"].label = more
        if thing is not None:
            self.initial.update(
                {
                    "title": thing.title,
                    "words": thing.words,
                    "said_by": thing.said_by,
                }
            )

    def thing(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("title", "words", "said_by")}


class ExperimentForm(forms.Form):
    """What an experiment needs besides its line: as small as it can be, with an owner."""

    wonder = CleanText(label=_("What do we wonder?"), max_length=2000, rows=2, required=False)
    smallest = CleanText(
        label=_("What is the smallest version of it?"),
        help_text=_("What could you do by next week, with what you have?"),
        max_length=2000,
        rows=2,
        required=False,
    )
    cost = forms.DecimalField(
        label=_("What does it cost, in pounds?"),
        min_value=0,
        max_value=1_000_000,
        decimal_places=2,
        required=False,
        widget=forms.NumberInput(attrs={"class": "w-s", "step": "0.01"}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value", "max_digits", "max_decimal_places"),
            _("Write an amount like 250 or 12.50."),
        ),
    )
    starts_on = _day(_("From"), required=False)
    ends_on = _day(_("Until"), required=False)

    def __init__(
        self,
        *args: Any,
        people: list[Person],
        viewer: Person,
        experiment: Experiment | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if experiment is not None and experiment.owner is not None:
            people = list(dict.fromkeys([*people, experiment.owner]))
        self.fields["owner"] = PersonChoice(
            people, nobody=_("Nobody yet"), label=_("Who looks after it?"), required=False
        )
        self.cards = dict(awards.find(viewer))
        if experiment is not None and experiment.award_key:
            card = awards.get(viewer, experiment.award_key)
            if card is not None:
                self.cards.setdefault(experiment.award_key, card)
        if self.cards:
            self.fields["award_key"] = forms.ChoiceField(
                label=_("Did money from the Ideas fund help?"),
                choices=[
                    ("", _("No")),
                    *((key, card.label) for key, card in self.cards.items()),
                ],
                required=False,
            )
        if experiment is not None:
            self.initial.update(
                {
                    "wonder": experiment.wonder,
                    "smallest": experiment.smallest,
                    "cost": None
                    if experiment.cost_pence is None
                    else f"{experiment.cost_pence / 100:.2f}",
                    "starts_on": experiment.starts_on,
                    "ends_on": experiment.ends_on,
                    "owner": experiment.owner.handle if experiment.owner else "",
                    "award_key": experiment.award_key,
                }
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        starts, ends = data.get("starts_on"), data.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _t("It would end before it begins. Choose a later day."))
        return data

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        found: dict[str, Any] = {
            name: data[name] for name in ("wonder", "smallest", "starts_on", "ends_on", "owner")
        }
        found["cost_pence"] = None if data["cost"] is None else int(data["cost"] * 100)
        if "award_key" in self.fields:
            found["award_key"] = data["award_key"]
        return found


class HowItGoesForm(forms.Form):
    """How an experiment goes, and what was learned."""

    stage = forms.ChoiceField(
        label=_("Where does it stand?"),
        widget=forms.RadioSelect,
        choices=Experiment.Stage.choices,
    )
    happened = CleanText(label=_("What happened?"), max_length=4000, rows=4, required=False)
    learned = CleanText(
        label=_("What did we learn?"),
        help_text=_("“It didn't work, because…” is worth as much."),
        max_length=4000,
        rows=3,
        required=False,
    )
    what_next = CleanText(label=_("What next?"), max_length=2000, rows=2, required=False)

    def __init__(self, *args: Any, experiment: Experiment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("stage", "happened", "learned", "what_next"):
            self.initial[name] = getattr(experiment, name)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("stage") == Experiment.Stage.DONE and not data.get("learned"):
            self.add_error("learned", _t("Say what you learned, even if it is only a line"))
        return data


class StoryForm(OnceForm):
    title = CleanLine(
        label=_("What is it called?"),
        help_text=_("A line that tells nobody apart."),
        max_length=200,
        error_messages={"required": _("Give the story a line")},
    )
    words = CleanText(
        label=_("What happened?"),
        help_text=_(
            "As it was told. Leave out names, streets and numbers: say “a neighbour”, “the estate”."
        ),
        max_length=12_000,
        rows=12,
        error_messages={"required": _("Write down what happened")},
    )
    whose = forms.ChoiceField(
        label=_("Whose story is it?"),
        widget=forms.RadioSelect,
        choices=Telling.Whose.choices,
        error_messages=_pick(_("Say whose story it is")),
    )
    teller = CleanLine(
        label=_("If they are on here: their e-mail, mobile number or page"),
        help_text=_("We ask them before anybody else reads it."),
        max_length=260,
        required=False,
    )
    teller_name = CleanLine(
        label=_("If they aren't: what are they called?"),
        help_text=_("Only so that we find it when they change their mind. Nobody else sees it."),
        max_length=80,
        required=False,
    )
    said = CleanText(
        label=_("If they aren't on here: how did they say yes?"),
        help_text=_("In their words, when and to whom. “Yes, if it helps somebody else.”"),
        max_length=1000,
        rows=2,
        required=False,
    )
    allows = forms.MultipleChoiceField(
        label=_("What else may be done with it?"),
        widget=forms.CheckboxSelectMultiple,
        choices=list(agreeing.MORE.items()),
        required=False,
    )
    until = _day(
        _("Until when?"),
        help_text=_("Until they change their mind, or two years, if you leave it empty."),
        required=False,
    )

    def __init__(self, *args: Any, me: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.me = me

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        whose = data.get("whose")
        data["person"] = None
        if whose == Telling.Whose.THEIRS:
            if not data.get("teller"):
                self.add_error("teller", _t("Say whose story it is, so that we can ask them"))
            else:
                data["person"] = find_member(data["teller"])
                if data["person"] is None:
                    self.add_error(
                        "teller", _t("We know nobody by that. Ask them what they sign in with.")
                    )
        if whose == Telling.Whose.OFFLINE:
            if not data.get("said"):
                self.add_error("said", _t("Write down how they said yes, in their own words"))
            if not data.get("teller_name"):
                self.add_error(
                    "teller_name", _t("Write down what they are called: nobody else sees it")
                )
        if data.get("until") and data["until"] < today():
            self.add_error("until", _t("That day has gone. Choose a later one."))
        return data

    def story(self) -> dict[str, Any]:
        data = self.cleaned_data
        offline = data["whose"] == Telling.Whose.OFFLINE
        return {
            "title": data["title"],
            "words": data["words"],
            "whose": data["whose"],
            "teller": data["person"],
            "teller_name": data["teller_name"] if offline else "",
            "said": data["said"] if offline else "",
            "allows": data["allows"],
            "until": data["until"],
        }


class StoryWordsForm(forms.Form):
    """Only the words: whose it is and what they allowed stays."""

    title = CleanLine(
        label=_("What is it called?"),
        max_length=200,
        error_messages={"required": _("Give the story a line")},
    )
    words = CleanText(
        label=_("What happened?"),
        max_length=12_000,
        rows=12,
        error_messages={"required": _("Write down what happened")},
    )

    def __init__(self, *args: Any, thing: Thing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update({"title": thing.title, "words": thing.words})


class SendForm(forms.Form):
    """Send a story to a second reader; what is still marked stays only if the writer says so."""

    def __init__(
        self, *args: Any, people: list[Person], has_marks: bool, may_be_nobody: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reader"] = PersonChoice(
            people,
            nobody=_("Any facilitator") if may_be_nobody else _("Choose"),
            label=_("Who reads it before the others do?"),
            help_text=_("Two people see more than one."),
            required=not may_be_nobody,
            error_messages=_pick(_("Choose who reads it before the others do")),
        )
        if has_marks:
            self.fields["keeps"] = forms.BooleanField(
                label=_("I looked at each marked word, and none tells who it is about"),
                error_messages={
                    "required": _("Take the marked words out, or say that they tell nobody apart")
                },
            )


class ReadForm(forms.Form):
    verdict = forms.ChoiceField(
        label=_("Could somebody tell whose story it is?"),
        widget=forms.RadioSelect,
        choices=[
            ("yes", _("No. The community may read it.")),
            ("change", _("Perhaps. Something has to change first.")),
        ],
        error_messages=_pick(_("Choose one")),
    )
    reply = CleanText(label=_("What has to change?"), max_length=1000, rows=3, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("verdict") == "change" and not data.get("reply"):
            self.add_error("reply", _t("Say what has to change"))
        return data


class WithdrawForm(forms.Form):
    words = CleanLine(
        label=_("How did they tell you?"),
        help_text=_("In a few words. Nobody has to say why."),
        max_length=300,
        required=False,
    )


class LinkForm(forms.Form):
    """Which other thing, and which led to which."""

    other = forms.ChoiceField(label=_("Which one?"), error_messages=_pick(_("Choose one")))
    way = forms.ChoiceField(
        label=_("Which led to which?"),
        widget=forms.RadioSelect,
        choices=[("after", _("This one led to it")), ("before", _("It led to this one"))],
        initial="after",
    )

    def __init__(self, *args: Any, thing: Thing, me: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = {
            kind
            for kind in Thing.Kind.values
            if kind in rules.LEADS_TO[thing.kind] or thing.kind in rules.LEADS_TO[kind]
        }
        rows = (
            Thing.objects.visible_to(me)
            .live()
            .filter(kind__in=kinds)
            .exclude(pk=thing.pk)
            .exclude(comes_from__one=thing)
            .exclude(leads_to__other=thing)
            .select_related("community")
            .order_by("-pk")[:300]
        )
        self.things = {one.ref: one for one in rows}
        groups: dict[str, list[tuple[str, str]]] = {}
        for one in self.things.values():
            groups.setdefault(str(one.get_kind_display()), []).append((one.ref, one.title))
        self.fields["other"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose")),
            *groups.items(),
        ]

    def pair(self, thing: Thing) -> tuple[Thing, Thing]:
        other = self.things[self.cleaned_data["other"]]
        one_way = other.kind in rules.LEADS_TO[thing.kind]
        other_way = thing.kind in rules.LEADS_TO[other.kind]
        after = self.cleaned_data["way"] == "after" if one_way and other_way else one_way
        return (thing, other) if after else (other, thing)


class QuoteForm(forms.Form):
    story = forms.ChoiceField(
        label=_("From which story?"), error_messages=_pick(_("Choose a story"))
    )
    words = CleanText(
        label=_("Which words?"),
        help_text=_("Copy them just as they are. They go when the story goes."),
        max_length=1000,
        rows=3,
        error_messages={"required": _("Copy the words")},
    )

    def __init__(self, *args: Any, thing: Thing, me: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = (
            Thing.objects.visible_to(me)
            .live()
            .filter(kind=Thing.Kind.STORY, community=thing.community_id)
            .order_by("-pk")[:200]
        )
        self.stories = {one.ref: one for one in rows}
        self.fields["story"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose")),
            *((ref, one.title) for ref, one in self.stories.items()),
        ]


# --- Carrying ---------------------------------------------------------------------------------


class CarryForm(OnceForm):
    to = forms.ModelChoiceField(
        label=_("To which community?"),
        queryset=Community.objects.none(),
        empty_label=_("Choose"),
        error_messages=_pick(_("Choose a community")),
    )
    why = CleanText(
        label=_("Why do you bring it to them?"),
        help_text=_("What do you hope to hear?"),
        max_length=1000,
        rows=3,
        error_messages={"required": _("Say why you bring it to them")},
    )

    def __init__(self, *args: Any, thing: Thing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = rules.where_to(thing)  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    words = CleanText(
        label=_("What do you answer?"),
        max_length=4000,
        rows=5,
        error_messages={"required": _("Write your answer")},
    )
    answer_from = CleanLine(
        label=_("Are you typing this for somebody? Whose answer is it?"),
        max_length=80,
        required=False,
    )


class CameOfItForm(forms.Form):
    words = CleanText(
        label=_("What came of it?"),
        help_text=_("What did you do with the answer? They hear of it."),
        max_length=2000,
        rows=3,
        error_messages={"required": _("Say what came of it")},
    )


# --- Recordings -------------------------------------------------------------------------------


class RecordingForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What is it?"),
        widget=forms.RadioSelect,
        choices=Recording.Kind.choices,
        error_messages=_pick(_("Choose what it is")),
    )
    file = forms.FileField(
        label=_("The photo or sound"), required=False, help_text=_("Not for a film.")
    )
    url = forms.URLField(
        label=_("The link to the film"),
        max_length=500,
        required=False,
        assume_scheme="https",
        error_messages={"invalid": _("That link doesn't work. Copy it whole, with https://")},
    )
    title = CleanLine(label=_("What is it called?"), max_length=120, required=False)
    transcript = CleanText(
        label=_("What can be seen or heard in it, in words?"),
        help_text=_("A photo: what it shows. Sound and film: what is said."),
        max_length=20_000,
        rows=6,
        required=False,
    )
    has_captions = forms.BooleanField(label=_("The film has captions"), required=False)

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if url and not url.startswith(("https://", "http://")):
            raise ValidationError(_t("Copy the link whole, with https://"))
        return url


# --- Booklets ---------------------------------------------------------------------------------


class BookletForm(OnceForm):
    title = CleanLine(
        label=_("What is it called?"),
        max_length=120,
        error_messages={"required": _("Give it a title")},
    )
    starts_on = _day(_("From"))
    ends_on = _day(_("Until"))
    opening = CleanText(
        label=_("A few words to begin with"),
        help_text=_("To the people it came from: what did you hear, and what did you do with it?"),
        max_length=4000,
        rows=5,
        required=False,
    )

    def __init__(self, *args: Any, booklet: Booklet | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if booklet is not None:
            for name in ("title", "starts_on", "ends_on", "opening"):
                self.initial[name] = getattr(booklet, name)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        starts, ends = data.get("starts_on"), data.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _t("It would end before it begins. Choose a later day."))
        return data

    def values(self) -> dict[str, Any]:
        return {
            name: self.cleaned_data[name] for name in ("title", "starts_on", "ends_on", "opening")
        }


class CopiesForm(forms.Form):
    words = CleanLine(
        label=_("How many did you print, and who has them?"),
        help_text=_("“Forty, on the counter of the library.” If a story is taken back, we ask."),
        max_length=200,
        error_messages={"required": _("Say how many and who has them")},
    )
