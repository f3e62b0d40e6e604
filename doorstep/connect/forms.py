"""What is typed about a referral, a relationship, a circle, a measure, an end, a meeting."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.base.time import in_london, local, now, today
from doorstep.connect import rules
from doorstep.connect.first_steps import providers
from doorstep.connect.instruments import instruments
from doorstep.connect.models import (
    Asking,
    CaseGuest,
    CircleMember,
    Conversation,
    FirstStep,
    FollowUp,
    Matter,
    Referral,
    Relationship,
)
from doorstep.organisations.models import Organisation
from doorstep.people.models import Person
from doorstep.people.postcodes import ward_of
from doorstep.people.tongues import TONGUES

_t = gettext_lazy


def day_field(label: Any, **more: Any) -> forms.DateField:
    """A day, by the device's own calendar."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _t("Choose a day"), "invalid": _t("Choose a day")},
        **more,
    )


class ReferForm(OnceForm):
    """Propose somebody, or oneself, for one-to-one work."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=_t("Who shall walk alongside?"),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": _t("Choose one of them")},
    )
    source = forms.ChoiceField(
        label=_t("Who is it for?"),
        choices=[
            ("self", _t("For me")),
            ("neighbour", _t("For somebody I know")),
            ("professional", _t("For somebody I work with")),
            ("letter", _t("For somebody who rang or wrote to us")),
        ],
        widget=forms.RadioSelect,
        initial="self",
    )
    name = CleanLine(
        label=_t("Their name"),
        max_length=120,
        error_messages={"required": _t("Say what they are called")},
    )
    reach = CleanLine(
        label=_t("How can they be reached?"),
        help_text=_t("A phone number, a door, somebody who passes it on."),
        max_length=200,
        error_messages={"required": _t("Say how to reach them")},
    )
    safe_contact = CleanLine(
        label=_t("When and how is it safe to get in touch?"),
        help_text=_t(
            "“Mornings only”, “no voicemail”, “say it’s the library”. Empty means any time is fine."
        ),
        max_length=300,
        required=False,
    )
    language = forms.ChoiceField(label=_t("Which language is easiest?"), required=False)
    postcode = CleanLine(label=_t("Postcode, if you know it"), max_length=8, required=False)
    about = CleanText(
        label=_t("What would you like them to know?"), rows=3, max_length=1500, required=False
    )
    hopes = CleanText(
        label=_t("What do you hope for?"),
        rows=2,
        max_length=600,
        error_messages={"required": _t("Say what you hope for. One line is enough")},
    )
    is_agreed = forms.TypedChoiceField(
        label=_t("Have they said yes to this?"),
        choices=[
            ("yes", _t("Yes, they know and they want it")),
            ("no", _t("I haven’t asked them")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _t("Say whether they said yes")},
    )
    agreed_words = CleanLine(
        label=_t("What did they say?"),
        help_text=_t("In their own words, as well as you remember."),
        max_length=300,
        required=False,
    )
    sender_name = CleanLine(label=_t("Your name"), max_length=120, required=False)
    sender_email = forms.EmailField(
        label=_t("Your e-mail, so that you hear what became of it"), required=False
    )

    def __init__(
        self, *args: Any, me: Person | None, about: Person | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.me, self.person = me, about
        self.fields["organisation"].queryset = rules.takers().order_by("name")  # type: ignore[attr-defined]
        self.fields["language"].choices = [("", _("No matter")), *TONGUES]  # type: ignore[attr-defined]
        if me is not None:
            del self.fields["sender_name"], self.fields["sender_email"]
        if about is not None:
            for name in ("name", "postcode"):
                del self.fields[name]
            self.fields["reach"].required = False

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("source") == "self":
            data["is_agreed"] = True
            self.errors.pop("is_agreed", None)
        elif data.get("is_agreed") and not data.get("agreed_words") and "agreed_words" in data:
            self.add_error("agreed_words", _("Write down what they said"))
        elif data.get("is_agreed") is False:
            # A signpost: nothing about them is kept.
            for name in ("name", "reach", "hopes"):
                self.errors.pop(name, None)
        return data

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        data["area"] = ward_of(data.pop("postcode", "") or "")
        if self.person is not None:
            data["person"] = self.person
        elif self.me is not None and data["source"] == "self":
            data["person"] = self.me
        return data


# --- Answering ---------------------------------------------------------------------------------


class AnswerReferralForm(forms.Form):
    """Accept, ask or say no."""

    answer = forms.ChoiceField(
        label=_t("What do you say?"),
        choices=[
            ("accept", _t("Yes, put them on our list")),
            ("ask", _t("I have a question first")),
            ("decline", _t("No, it doesn’t fit")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _t("Choose one")},
    )
    why = forms.ChoiceField(
        label=_t("If not: why?"),
        choices=[("", _t("Choose a reason")), *Referral.Decline.choices],
        required=False,
    )
    words = CleanText(
        label=_t("Your question, or a few kind words"), rows=3, max_length=600, required=False
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("answer") == "decline" and not data.get("why"):
            self.add_error("why", _("Say why, so that the sender can look further"))
        if data.get("answer") == "ask" and not data.get("words"):
            self.add_error("words", _("Write down your question"))
        return data


class WordsForm(forms.Form):
    """A few words."""

    words = CleanText(
        label=_t("Your answer"),
        rows=3,
        max_length=600,
        error_messages={"required": _t("Write a few words")},
    )


class TakeOnForm(forms.Form):
    """Who walks alongside, and the first small step."""

    to = forms.ChoiceField(
        label=_t("Who walks alongside?"),
        widget=forms.RadioSelect,
        error_messages={"required": _t("Choose somebody")},
    )
    next_step = CleanLine(
        label=_t("The first small step"),
        max_length=200,
        help_text=_t("“Ring her on Tuesday morning.”"),
        error_messages={"required": _t("Say what the first small step is")},
    )
    next_on = day_field(_t("By when?"))

    def __init__(self, *args: Any, matches: list, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_handle = {one.person.handle: one.person for one in matches}
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (one.person.handle, f"{one.person.known_as}: {', '.join(one.why)}") for one in matches
        ]
        if matches:
            self.initial.setdefault("to", matches[0].person.handle)
        self.initial.setdefault("next_on", today() + dt.timedelta(days=7))


# --- With one relationship ---------------------------------------------------------------------


class WalkForm(OnceForm):
    """A form of a catalyst about one relationship; `values()` is what its verb takes."""

    def __init__(
        self, *args: Any, relationship: Relationship, me: Person, thing: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.relationship, self.me, self.thing = relationship, me, thing
        self.prepare()

    def prepare(self) -> None:
        """Fill choices that depend on the relationship."""

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        data.pop("client_key", None)
        return data


class NextStepForm(WalkForm):
    words = CleanLine(
        label=_t("What is it?"),
        max_length=200,
        error_messages={"required": _t("Say what the next small step is")},
    )
    whose = forms.ChoiceField(
        label=_t("Whose is it?"), choices=Relationship.Whose.choices, widget=forms.RadioSelect
    )
    on = day_field(_t("By when?"))

    def prepare(self) -> None:
        self.initial.setdefault("whose", self.relationship.next_whose)
        self.initial.setdefault("on", today() + dt.timedelta(days=7))


class MatterForm(WalkForm):
    kind = forms.ChoiceField(
        label=_t("What is it?"), choices=Matter.Kind.choices, widget=forms.RadioSelect,
        initial="matter",
    )  # fmt: skip
    words = CleanText(
        label=_t("In their own words"),
        rows=3,
        max_length=1000,
        error_messages={"required": _t("Write down their words")},
    )
    on = day_field(_t("Which day? Only for a day to remember"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") == "day" and not data.get("on"):
            self.add_error("on", _("Choose the day"))
        return data


class SayAnewForm(WalkForm):
    words = CleanText(
        label=_t("How they say it now"),
        help_text=_t("What they said before stays below it, with its day."),
        rows=3,
        max_length=1000,
        required=False,
    )
    state = forms.ChoiceField(label=_t("How is it?"), choices=Matter.State.choices)

    def prepare(self) -> None:
        if self.thing is not None:
            self.initial.setdefault("state", self.thing.state)


class ConversationForm(WalkForm):
    words = CleanText(
        label=_t("What you talked about"),
        help_text=_t(
            "Speak it: press the microphone on your keyboard. You can put it right after."
        ),
        rows=8,
        max_length=20_000,
        error_messages={"required": _t("Write down a few words")},
    )
    how = forms.ChoiceField(label=_t("How?"), choices=Conversation.How.choices, initial="phone")
    readers = forms.ChoiceField(
        label=_t("Who may read it?"),
        choices=Conversation.Readers.choices,
        initial="catalysts",
        widget=forms.RadioSelect,
    )
    is_final = forms.TypedChoiceField(
        label=_t("Is it finished?"),
        choices=[("no", _t("Keep it as my draft")), ("yes", _t("Yes, it stays as it is"))],
        coerce=lambda value: value == "yes",
        initial="no",
        widget=forms.RadioSelect,
    )

    def prepare(self) -> None:
        if self.thing is not None:
            self.initial.setdefault("words", self.thing.words)
            self.initial.setdefault("how", self.thing.how)
            self.initial.setdefault("readers", self.thing.readers)

    def values(self) -> dict[str, Any]:
        return {**dict(self.cleaned_data), "draft": self.thing}


class SaidForm(WalkForm):
    """What the person said, where somebody else writes it down."""

    said = CleanLine(
        label=_t("What did they say?"),
        help_text=_t("In their own words. They see it, and who wrote it down."),
        max_length=300,
        error_messages={"required": _t("Write down what they said")},
    )

    def prepare(self) -> None:
        if self.me.pk == self.relationship.person_id:
            del self.fields["said"]


class CircleForm(SaidForm):
    name = CleanLine(
        label=_t("Who?"),
        help_text=_t("A person, a group, an organisation."),
        max_length=120,
        error_messages={"required": _t("Say who it is")},
    )
    does = CleanLine(label=_t("What do they do?"), max_length=300, required=False)
    reach = CleanLine(label=_t("How to reach them"), max_length=200, required=False)
    near = forms.TypedChoiceField(
        label=_t("How close?"), choices=CircleMember.Near.choices, coerce=int, initial=2
    )
    is_professional = forms.BooleanField(label=_t("It is their work"), required=False)
    handle = CleanLine(
        label=_t("Their code here, if they have an account"),
        help_text=_t("It ends their page’s address. With it they can see what you let them."),
        max_length=12,
        required=False,
    )
    sees = forms.ChoiceField(
        label=_t("What may they see?"), choices=CircleMember.Sees.choices, initial="nothing"
    )

    field_order = (
        "client_key", "name", "does", "reach", "near", "is_professional", "handle", "sees", "said",
    )  # fmt: skip

    def prepare(self) -> None:
        super().prepare()
        if self.thing is not None:
            for name in ("name", "does", "reach", "near", "is_professional", "sees"):
                self.initial.setdefault(name, getattr(self.thing, name))
            if self.thing.person is not None:
                self.initial.setdefault("handle", self.thing.person.handle)

    def clean_handle(self) -> Person | None:
        handle = self.cleaned_data["handle"].strip()
        if not handle:
            return None
        person = Person.objects.active().visible_to(self.me).filter(handle=handle).first()
        if person is None:
            raise forms.ValidationError(_("We find nobody by that. Leave it empty for now"))
        return person

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("sees") not in ("", "nothing", None) and not data.get("handle"):
            self.add_error("handle", _("To see it they need an account here"))
        return data

    def values(self) -> dict[str, Any]:
        data = super().values()
        data["person"] = data.pop("handle")
        return data


class AskForm(WalkForm):
    """One instrument's questions. Any may be left open; then it counts as missing."""

    def prepare(self) -> None:
        asking: Asking = self.thing
        instrument = instruments.get(asking.instrument)
        assert instrument is not None  # noqa: S101
        self.instrument = instrument
        for item in instrument.items:
            if item.answers:
                field: forms.Field = forms.TypedChoiceField(
                    label=item.words,
                    choices=item.answers,
                    coerce=int,
                    empty_value=None,
                    required=False,
                    widget=forms.RadioSelect,
                )
            elif item.high <= 10:
                field = forms.TypedChoiceField(
                    label=item.words,
                    choices=[("", "–"), *[(n, str(n)) for n in range(item.low, item.high + 1)]],
                    coerce=int,
                    empty_value=None,
                    required=False,
                )
            else:
                field = forms.IntegerField(
                    label=item.words,
                    min_value=item.low,
                    max_value=item.high,
                    required=False,
                    widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
                )
            self.fields[f"item_{item.key}"] = field
            if asking.answers:
                self.initial.setdefault(f"item_{item.key}", asking.answers.get(item.key))
        if self.me.pk != self.relationship.person_id:
            self.fields["how"] = forms.ChoiceField(
                label=_("How was it asked?"), choices=Asking.How.choices, initial="spoken"
            )
            self.fields["why"] = forms.ChoiceField(
                label=_("No answer at all? Say why"),
                choices=[("", _("There are answers")), *Asking.Missing.choices],
                required=False,
            )

    def values(self) -> dict[str, Any]:
        return {
            "answers": {
                name[5:]: value
                for name, value in self.cleaned_data.items()
                if name.startswith("item_") and value is not None
            },
            "how": self.cleaned_data.get("how", "screen"),
            "why": self.cleaned_data.get("why", ""),
        }


class PlanEndingForm(WalkForm):
    on = day_field(_t("Which day?"))
    words = CleanText(
        label=_t("How do we say goodbye?"),
        help_text=_t("Plan it together: who stays, what they look forward to, a last cup of tea."),
        rows=3,
        max_length=1000,
        required=False,
    )

    def prepare(self) -> None:
        if self.relationship.ending_on:
            self.initial.setdefault("on", self.relationship.ending_on)
            self.initial.setdefault("words", self.relationship.ending_words)


class EndForm(WalkForm):
    why = forms.ChoiceField(
        label=_t("How does it end?"), choices=Relationship.Ended.choices, widget=forms.RadioSelect,
        error_messages={"required": _t("Say how it ends")},
    )  # fmt: skip
    words = CleanText(
        label=_t("What we did, for the letter"), rows=5, max_length=3000, required=False
    )


class FollowUpForm(WalkForm):
    answer = forms.ChoiceField(
        label=_t("Are the connections still there?"),
        choices=FollowUp.Answer.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _t("Choose one")},
    )
    words = CleanText(label=_t("In their own words"), rows=3, max_length=1000, required=False)


class JoinForm(WalkForm):
    other = forms.ChoiceField(
        label=_t("Which colleague?"), error_messages={"required": _t("Choose somebody")}
    )

    def prepare(self) -> None:
        walking = self.relationship.walks.filter(until=None).values("person")  # type: ignore[attr-defined]
        found = rules.catalysts_of(self.relationship.organisation).exclude(pk__in=walking)
        self.people = {one.handle: one for one in found.exclude(pk=self.relationship.person_id)}
        self.fields["other"].choices = [  # type: ignore[attr-defined]
            (handle, one.known_as) for handle, one in self.people.items()
        ]

    def values(self) -> dict[str, Any]:
        return {"other": self.people[self.cleaned_data["other"]]}


class ExpectForm(WalkForm):
    place = forms.ChoiceField(
        label=_t("Where to?"),
        widget=forms.RadioSelect,
        error_messages={"required": _t("Choose one of them")},
    )
    matter = forms.ChoiceField(label=_t("Which matter is it for?"), required=False)
    travel = CleanLine(
        label=_t("How do they get there?"),
        help_text=_t("“Dev collects her at ten”, “the 62, and Carys rides along”."),
        max_length=200,
        error_messages={"required": _t("Sort out the way there first")},
    )
    wishes = CleanLine(
        label=_t("What should the greeter know?"),
        help_text=_t("Only what they’d say themselves at the door."),
        max_length=200,
        required=False,
    )
    phone = CleanLine(
        label=_t("Number for the call afterwards"),
        help_text=_t("Only the greeter sees it, until they have rung."),
        max_length=20,
        required=False,
    )

    def prepare(self) -> None:
        places = [
            (f"{name}|{place.key}", place)
            for name, provider in providers.items()
            for place in provider.places(self.relationship.person, self.me, now())
        ]
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            (key, f"{place.label}, {local(place.starts_at):%a %d %b, %H:%M}")
            for key, place in places
        ]
        self.matters = {
            one.ref: one
            for one in self.relationship.matters.filter(  # type: ignore[attr-defined]
                kind__in=("matter", "gift", "barrier"), state="open"
            ).prefetch_related("said")
        }
        self.fields["matter"].choices = [  # type: ignore[attr-defined]
            ("", "–"),
            *[(ref, [*one.said.all()][-1].words[:60]) for ref, one in self.matters.items()],
        ]

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        provider, _sep, key = data.pop("place").partition("|")
        data["matter"] = self.matters.get(data["matter"])
        return {**data, "provider": provider, "key": key}


class CalledForm(WalkForm):
    state = forms.ChoiceField(
        label=_t("How did it go?"),
        choices=FirstStep.State.choices[1:],
        widget=forms.RadioSelect,
        error_messages={"required": _t("Choose one")},
    )
    words = CleanText(label=_t("In their own words"), rows=3, max_length=600, required=False)


class MeetingForm(WalkForm):
    question = CleanLine(
        label=_t("Which one question?"),
        max_length=300,
        error_messages={"required": _t("Say which question brings you together")},
    )
    story = CleanText(
        label=_t("The story, as little of it as they need"),
        help_text=_t("No names, no numbers, no address. We mark what we find before you send it."),
        rows=6,
        max_length=4000,
        error_messages={"required": _t("Write a few lines")},
    )
    agenda = CleanText(label=_t("Agenda"), rows=3, max_length=1000, required=False)
    meets_at = forms.DateTimeField(
        label=_t("When?"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        error_messages={
            "required": _t("Choose a day and time"),
            "invalid": _t("Choose a day and time"),
        },
    )
    where = CleanLine(label=_t("Where, or which link?"), max_length=200, required=False)
    agreed_words = CleanLine(
        label=_t("What did they say yes to, in their words?"),
        max_length=300,
        error_messages={"required": _t("Nobody is told without their yes. Write it down")},
    )
    keep = forms.BooleanField(
        label=_t("I have looked at what is marked, and it may go out"), required=False
    )

    def clean_meets_at(self) -> dt.datetime:
        value: dt.datetime = self.cleaned_data["meets_at"]
        return in_london(value.replace(tzinfo=None))

    def clean(self) -> dict[str, Any]:
        from doorstep.connect.deidentify import find

        data = super().clean() or {}
        text = "\n".join([data.get("question", ""), data.get("story", ""), data.get("agenda", "")])
        marks = [text[one.start : one.end] for one in find(text)]
        if marks and not data.get("keep"):
            said = ", ".join(f"“{mark}”" for mark in list(dict.fromkeys(marks))[:12])
            self.add_error(
                "story",
                _("This may tell who it is: %(marks)s. Take it out, or tick below.")
                % {"marks": said},
            )
        return data

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        data.pop("keep")
        return data


class InviteForm(WalkForm):
    name = CleanLine(
        label=_t("Who?"), max_length=120, error_messages={"required": _t("Say who comes")}
    )
    service = CleanLine(
        label=_t("From which service or charity?"),
        max_length=120,
        error_messages={"required": _t("Say for whom they come")},
    )
    email = forms.EmailField(label=_t("E-mail, for their link"), required=False)
    sees = forms.ChoiceField(label=_t("What do they see?"), choices=CaseGuest.Sees.choices)


class AgreeForm(WalkForm):
    owner = forms.ChoiceField(
        label=_t("Who does it?"), error_messages={"required": _t("Choose who does it")}
    )
    words = CleanLine(
        label=_t("What?"), max_length=300, error_messages={"required": _t("Say what they do")}
    )
    due_on = day_field(_t("By when?"))

    def prepare(self) -> None:
        self.guests = {one.key: one for one in self.thing.guests.all()} if self.thing else {}
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            (key, f"{one.name}, {one.service}") for key, one in self.guests.items()
        ]

    def values(self) -> dict[str, Any]:
        data = super().values()
        return {**data, "owner": self.guests[data["owner"]]}


class NothingForm(WalkForm):
    """Just the button."""


class CatalystForm(OnceForm):
    """Name a catalyst of one's organisation."""

    handle = CleanLine(
        label=_t("Their code"),
        help_text=_t("It stands at the end of their page’s address."),
        max_length=12,
        error_messages={"required": _t("Give their code")},
    )
    organisation = forms.ModelChoiceField(Organisation.objects.none(), empty_label=None)
    most = forms.IntegerField(
        label=_t("How many people at once?"), min_value=1, max_value=60, initial=12
    )

    def __init__(self, *args: Any, me: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.me = me
        self.fields["organisation"].label = _("Which organisation?")
        self.fields["organisation"].queryset = Organisation.objects.filter(  # type: ignore[attr-defined]
            pk__in=rules.leads(me)
        )

    def clean_handle(self) -> Person:
        person = (
            Person.objects.active().visible_to(self.me)
            .filter(handle=self.cleaned_data["handle"].strip()).first()
        )  # fmt: skip
        if person is None:
            raise forms.ValidationError(_("We find nobody by that"))
        return person


class GuestForm(forms.Form):
    """What a guest of a case meeting writes back: an action done, and what was learned."""

    action = forms.ChoiceField(label=_t("Which action is done?"), required=False)
    outcome = CleanLine(label=_t("What came of it?"), max_length=300, required=False)
    learned = CleanText(
        label=_t("What did your service learn?"), rows=3, max_length=1000, required=False
    )

    def __init__(self, *args: Any, actions: list, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.open = {str(one.pk): one for one in actions if one.done_at is None}
        self.fields["action"].choices = [  # type: ignore[attr-defined]
            ("", "–"), *[(key, one.words[:80]) for key, one in self.open.items()]
        ]  # fmt: skip
