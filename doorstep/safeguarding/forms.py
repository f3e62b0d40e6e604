"""The form anybody may fill in, and those of the leads."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from doorstep.base.forms import CleanLine, CleanText, OnceForm
from doorstep.base.time import in_london, local, now
from doorstep.people.forms import find_member
from doorstep.people.models import Person
from doorstep.safeguarding import rules
from doorstep.safeguarding.models import Alert, Party, PassedOn, Step


class WorriedForm(OnceForm):
    """A worry about somebody, in a minute."""

    urgency = forms.ChoiceField(
        label=_("Is somebody in danger?"),
        widget=forms.RadioSelect,
        choices=Alert.Urgency.choices,
        error_messages={"required": _("Choose how soon somebody must look")},
    )
    about_words = CleanLine(
        label=_("Who are you worried about?"),
        help_text=_("A name, or “the lady at number 12”. Don't look for more than you know."),
        max_length=200,
        error_messages={"required": _("Say who it is, in your own words")},
    )
    what = CleanText(
        label=_("What have you seen or heard?"),
        help_text=_("As you'd tell a friend. You needn't be sure."),
        max_length=6000,
        rows=6,
        error_messages={"required": _("Write a few words about what worries you")},
    )
    where = CleanLine(
        label=_("Where?"),
        help_text=_("A street, a school, a place online."),
        required=False,
        max_length=200,
    )
    child = forms.ChoiceField(
        label=_("Is a child part of this?"),
        widget=forms.RadioSelect,
        choices=Alert.Child.choices,
        required=False,
    )
    reach = CleanLine(
        label=_("How can we reach you, if we have a question?"),
        help_text=_("A number or an e-mail. You can stay unknown."),
        required=False,
        max_length=200,
    )
    may_name = forms.BooleanField(
        label=_("You may say that it was me who told you"),
        help_text=_("Leave it empty, and we won't tell the person or their family who told us."),
        required=False,
    )
    heard_from = CleanLine(
        label=_("Are you typing this for somebody? Who told you, and how?"),
        help_text=_("Say it in their words as far as you can. Read it back to them."),
        required=False,
        max_length=200,
    )

    def __init__(self, *args: Any, types_for_others: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not types_for_others:
            del self.fields["heard_from"]

    def alert(self) -> dict[str, Any]:
        """Return what `actions.raise_alert` takes."""
        data = self.cleaned_data
        heard_from = data.get("heard_from", "")
        return {
            "about_words": data["about_words"],
            "what": data["what"],
            "where": data["where"],
            "how_urgent": data["urgency"],
            "child": data["child"] or Alert.Child.UNSURE,
            "reach": data["reach"],
            "may_name": data["may_name"],
            "heard_from": heard_from,
            "is_typed_for_another": bool(heard_from),
            "client_key": data["client_key"],
        }


# --- For leads ----------------------------------------------------------------------------------


class DueField(forms.DateTimeField):
    """A moment to come, on London's clock."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("By when?"))
        kwargs.setdefault(
            "widget",
            forms.DateTimeInput(
                attrs={"type": "datetime-local", "class": "w-m"}, format="%Y-%m-%dT%H:%M"
            ),
        )
        kwargs.setdefault("input_formats", ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M"])
        kwargs.setdefault(
            "error_messages",
            {
                "required": _("Say by when"),
                "invalid": _("Write a day and time, such as 24/11/2026 14:30"),
            },
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> dt.datetime | None:
        moment = super().to_python(value)
        if moment is None:
            return None
        moment = in_london(moment.replace(tzinfo=None))
        if not now() < moment < now() + dt.timedelta(days=366):
            raise forms.ValidationError(_("Choose a time to come, within a year"))
        return moment


class LeadForm(forms.Form):
    """A form about one alert, for one lead. `values()` is what its verb takes."""

    def __init__(self, *args: Any, alert: Alert, lead: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.alert, self.lead = alert, lead
        if "due_at" in self.fields:
            soon = max(rules.deadline(alert.urgency, now()), alert.due_at or now())
            self.initial.setdefault("due_at", local(soon).strftime("%Y-%m-%dT%H:%M"))
        self.prepare()

    def prepare(self) -> None:
        """Fill choices that depend on the alert and the lead."""

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    def others(self, field: str) -> None:
        """Offer the other alerts this lead may read, the newest first."""
        rows = (
            Alert.objects.visible_to(self.lead)
            .exclude(pk=self.alert.pk)
            .filter(joined_to=None)
            .select_related("about")
            .order_by("-raised_at")[:100]
        )
        self.found = {row.ref: row for row in rows}
        self.fields[field].choices = [  # type: ignore[attr-defined]
            (ref, f"{row.name[:60]}, {local(row.raised_at):%d/%m/%Y}")
            for ref, row in self.found.items()
        ]


def _next_step() -> CleanLine:
    return CleanLine(
        label=_("What happens next?"),
        help_text=_("“Ring her again”, “visit with the social worker”."),
        max_length=200,
        error_messages={"required": _("Say what happens next")},
    )


class TakeForm(LeadForm):
    owner = forms.ChoiceField(label=_("Who takes it?"))
    next_step = _next_step()
    due_at = DueField()

    def prepare(self) -> None:
        self.leads = {row.handle: row for row in rules.leads(but_parties_of=self.alert)}
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            (handle, _("I do") if row.pk == self.lead.pk else row.known_as)
            for handle, row in sorted(
                self.leads.items(), key=lambda item: item[1].pk != self.lead.pk
            )
        ]

    def values(self) -> dict[str, Any]:
        return {**self.cleaned_data, "owner": self.leads[self.cleaned_data["owner"]]}


class StepForm(LeadForm):
    kind = forms.ChoiceField(
        label=_("What was it?"),
        widget=forms.RadioSelect,
        choices=[(str(kind), kind.label) for kind in Step.BY_HAND],
        error_messages={"required": _("Choose what it was")},
    )
    words = CleanText(
        label=_("What was said, seen and done?"),
        help_text=_("What they said in their own words. What you saw. What you think, named so."),
        max_length=6000,
        error_messages={"required": _("Write down what was done")},
    )
    next_step = _next_step()
    due_at = DueField()


class ToldForm(LeadForm):
    told = forms.ChoiceField(
        label=_("Does the person know that we act?"),
        widget=forms.RadioSelect,
        choices=[(str(one), one.label) for one in Alert.Told if one],
        error_messages={"required": _("Choose one")},
    )
    words = CleanText(
        label=_("How, when and by whom? Or: why not?"),
        help_text=_(
            "Not telling is right where it would raise the risk, warn somebody who does harm, "
            "or lose time when a life is at stake. Say which."
        ),
        max_length=2000,
        rows=4,
        error_messages={"required": _("Say how they were told, or why not")},
    )


class PassOnForm(LeadForm):
    to = forms.ChoiceField(label=_("To whom?"), choices=PassedOn.To.choices)
    to_words = CleanLine(
        label=_("Name, team, number"), required=False, max_length=200,
        help_text=_("Whom you spoke to, and their reference."),
    )  # fmt: skip
    sent = CleanText(
        label=_("What did you tell or send them?"),
        help_text=_("Only what they need."),
        max_length=6000,
        error_messages={"required": _("Write down what they were told")},
    )
    next_step = _next_step()
    due_at = DueField(label=_("By when do we ask what came of it?"))


class CameBackForm(LeadForm):
    row = forms.ChoiceField(label=_("Who answered?"))
    answer = CleanText(
        label=_("What did they say?"),
        max_length=6000,
        error_messages={"required": _("Write down what they said")},
    )
    next_step = _next_step()
    due_at = DueField()

    def prepare(self) -> None:
        self.rows = {str(row.pk): row for row in self.alert.passed_on.filter(answered_at=None)}
        self.fields["row"].choices = [  # type: ignore[attr-defined]
            (pk, f"{row.get_to_display()}, {local(row.sent_at):%d/%m/%Y}")
            for pk, row in self.rows.items()
        ]

    def values(self) -> dict[str, Any]:
        return {**self.cleaned_data, "row": self.rows[self.cleaned_data["row"]]}


class CloseForm(LeadForm):
    outcome = forms.ChoiceField(
        label=_("How did it end?"),
        widget=forms.RadioSelect,
        choices=Alert.Outcome.choices,
        error_messages={"required": _("Choose how it ended")},
    )
    words = CleanText(
        label=_("Why is it right to close it?"),
        max_length=4000,
        error_messages={"required": _("Say why")},
    )


class WordsForm(LeadForm):
    words = CleanText(
        label=_("Why?"), max_length=2000, rows=4, error_messages={"required": _("Say why")}
    )


class AnswerForm(LeadForm):
    say = forms.ChoiceField(
        label=_("May they hear from us?"),
        widget=forms.RadioSelect,
        choices=[
            ("yes", _("Yes: “we've looked into it”, and no more")),
            ("no", _("No, it could put somebody at risk, or we can't reach them")),
        ],
        error_messages={"required": _("Choose one")},
    )
    words = CleanText(
        label=_("For the file: how, or why not"), required=False, max_length=1000, rows=3
    )

    def values(self) -> dict[str, Any]:
        return {"say": self.cleaned_data["say"] == "yes", "words": self.cleaned_data["words"]}


class PartyForm(LeadForm):
    """Name somebody who must not read it: themselves, or anybody with an account."""

    who = CleanLine(
        label=_("Who?"),
        help_text=_("“me”, or their e-mail, mobile number or page."),
        max_length=200,
        error_messages={"required": _("Say who")},
    )
    part = forms.ChoiceField(
        label=_("Why?"),
        widget=forms.RadioSelect,
        choices=Party.Part.choices,
        error_messages={"required": _("Choose why")},
    )

    def clean_who(self) -> Person:
        words = self.cleaned_data["who"]
        found = self.lead if words.casefold() in ("me", str(_("me"))) else find_member(words)
        if found is None:
            raise forms.ValidationError(_("We know nobody by that. Try their e-mail or number."))
        return found

    def values(self) -> dict[str, Any]:
        return {"person": self.cleaned_data["who"], "part": self.cleaned_data["part"]}


class OtherForm(LeadForm):
    other = forms.ChoiceField(label=_("Which other alert?"))

    def prepare(self) -> None:
        self.others("other")

    def values(self) -> dict[str, Any]:
        return {"other": self.found[self.cleaned_data["other"]]}


class UnlinkForm(OtherForm):
    def prepare(self) -> None:
        from doorstep.safeguarding.actions import linked_to

        self.found = {row.ref: row for row in linked_to(self.alert, self.lead)}
        self.fields["other"].choices = [  # type: ignore[attr-defined]
            (ref, f"{row.name[:60]}, {local(row.raised_at):%d/%m/%Y}")
            for ref, row in self.found.items()
        ]


class NothingForm(LeadForm):
    """Only a press, to be sure."""


class ReasonForm(forms.Form):
    """Why a lead needs to see what is around a person."""

    reason = CleanLine(
        label=_("Why do you need to see it?"),
        help_text=_("This is written down with your name."),
        max_length=200,
        min_length=10,
        error_messages={
            "required": _("Say why, in a few words"),
            "min_length": _("Say it in a few more words"),
        },
    )
