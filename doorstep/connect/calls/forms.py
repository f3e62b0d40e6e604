"""What is typed about a call: the ask, what happens with each mark, an answer, an introduction."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.forms import CleanLine, CleanText
from doorstep.connect.calls import drafting
from doorstep.connect.calls.models import Call, CallAsk
from doorstep.connect.forms import WalkForm
from doorstep.connect.models import Matter
from doorstep.places.models import Area

_t = gettext_lazy

KINDS = {
    "name": _t("a name"),
    "address": _t("an address"),
    "postcode": _t("a postcode"),
    "phone": _t("a phone number"),
    "email": _t("an e-mail address"),
    "date_of_birth": _t("a date of birth"),
    "nhs_number": _t("an NHS number"),
    "rare_detail": _t("a rare detail"),
}


class WriteForm(WalkForm):
    """The ask, in plain words, and the person's yes to it."""

    words = CleanText(
        label=_t("What would help?"),
        help_text=_t(
            "One small thing, in plain words. For example: “A woman in her seventies would like "
            "to sew with others. Somebody to ride the bus with her the first time would do it.” "
            "No names, no numbers, no street. We mark what we find, and nothing goes out before "
            "you have looked twice."
        ),
        rows=5,
        max_length=1200,
        min_length=12,
        error_messages={
            "required": _t("Say what would help"),
            "min_length": _t("Say a little more"),
        },
    )
    matter = forms.ChoiceField(label=_t("What is it for?"), required=False)
    near = forms.ChoiceField(
        label=_t("Where, roughly?"),
        help_text=_t("The wider the better: a small place tells who it is."),
    )
    agreed_words = CleanLine(
        label=_t("What did they say when you asked them?"),
        help_text=_t(
            "In their own words. They know that we ask around without saying who they are."
        ),
        max_length=300,
        error_messages={"required": _t("Ask them first, and write down what they said")},
    )
    wave_size = forms.IntegerField(
        label=_t("How many are asked at a time?"),
        min_value=1,
        max_value=20,
        initial=5,
        error_messages={"required": _t("Say how many"), "invalid": _t("Say how many, 1 to 20")},
    )
    wave_days = forms.IntegerField(
        label=_t("How many days until the next are asked, if nobody says yes?"),
        min_value=1,
        max_value=30,
        initial=4,
        error_messages={
            "required": _t("Say how many days"),
            "invalid": _t("Say how many days, 1 to 30"),
        },
    )

    def prepare(self) -> None:
        self.matters: dict[str, Matter] = {
            one.ref: one
            for one in self.relationship.matters.filter(  # type: ignore[attr-defined]
                kind__in=("matter", "barrier", "gift"), state="open"
            ).prefetch_related("said")
        }
        self.fields["matter"].choices = [  # type: ignore[attr-defined]
            ("", _("Something else")),
            *[(ref, [*one.said.all()][-1].words[:70]) for ref, one in self.matters.items()],  # type: ignore[attr-defined]
        ]
        self.areas = places_around(self.relationship.person.home)
        self.fields["near"].choices = [  # type: ignore[attr-defined]
            (str(one.pk), self._said(one)) for one in self.areas
        ]
        if self.areas:
            self.initial.setdefault("near", str(self.areas[min(1, len(self.areas) - 1)].pk))
        else:
            del self.fields["near"]
        call: Call | None = self.thing
        if call is not None:
            self.initial.update(
                words=call.written or call.words,
                matter=call.matter.ref if call.matter else "",
                near=str(call.near_id or ""),
                agreed_words=call.agreed_words,
                wave_size=call.wave_size,
                wave_days=call.wave_days,
            )

    def _said(self, area: Area) -> str:
        return {
            Area.Kind.BOROUGH: _("anywhere in %(place)s"),
            Area.Kind.LOCALITY: _("around %(place)s"),
        }.get(area.kind, _("in %(place)s")) % {"place": area.name}  # type: ignore[call-overload]

    def values(self) -> dict[str, Any]:
        data = super().values()
        near = data.pop("near", "")
        data["near"] = next((one for one in self.areas if str(one.pk) == near), None)
        data["matter"] = self.matters.get(data["matter"])
        return data


def places_around(home: Area | None) -> list[Area]:
    """Return the borough, the locality and the ward somebody lives in, widest first."""
    if home is None:
        return list(Area.objects.filter(kind=Area.Kind.BOROUGH)[:1])
    kinds = (Area.Kind.BOROUGH, Area.Kind.LOCALITY, Area.Kind.WARD)
    return list(Area.objects.filter(pk__in=home.path_ids, kind__in=kinds).order_by("path"))


class MarksForm(forms.Form):
    """What happens with each mark: nothing is chosen beforehand."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.call = call
        self.marks = call.marks or []
        self.initial.setdefault("version", call.version)
        for number, one in enumerate(self.marks, 1):
            said = call.written[one["start"] : one["end"]]
            choices = [
                (drafting.TAKE, _("Take it out")),
                (drafting.SAY, _("Say something else instead")),
            ]
            if one["kind"] not in drafting.NEVER_KEPT:
                choices.append((drafting.KEEP, _("It may stay: it tells nobody who it is")))
            self.fields[f"do_{number}"] = forms.ChoiceField(
                label=_("%(number)d. “%(words)s”: %(kind)s")
                % {"number": number, "words": said, "kind": KINDS[one["kind"]]},
                choices=choices,
                widget=forms.RadioSelect,
                initial=one["do"],
                error_messages={
                    "required": _("Say what happens with “%(words)s”") % {"words": said}
                },
            )
            self.fields[f"say_{number}"] = CleanLine(
                label=_("Instead of “%(words)s”") % {"words": said},
                max_length=160,
                required=False,
                initial=one["instead"],
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for number in range(1, len(self.marks) + 1):
            if data.get(f"do_{number}") == drafting.SAY and not data.get(f"say_{number}"):
                self.add_error(f"say_{number}", _("Write what to say instead"))
        return data

    def decisions(self) -> list[tuple[str, str]]:
        return [
            (self.cleaned_data[f"do_{number}"], self.cleaned_data[f"say_{number}"])
            for number in range(1, len(self.marks) + 1)
        ]


class AnswerForm(forms.Form):
    """A receiver's answer, by link or signed in; whoever walks alongside notes it for them."""

    answer = forms.ChoiceField(
        label=_t("What do you say?"),
        choices=[
            (CallAsk.Answer.YES, _t("Yes, I can")),
            (CallAsk.Answer.NOT_NOW, _t("Not now")),
            (CallAsk.Answer.NO, _t("No")),
            (CallAsk.Answer.KNOWS, _t("I know someone")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _t("Choose one of the answers")},
    )
    name = CleanLine(
        label=_t("Your name"),
        help_text=_t("Needed with a yes, so that they know who it is."),
        max_length=120,
        required=False,
    )
    reach = CleanLine(
        label=_t("Your phone number or e-mail"),
        help_text=_t("Needed with a yes. They get it only if they would like to meet you."),
        max_length=200,
        required=False,
    )
    words = CleanText(
        label=_t("Anything you would like to say"),
        help_text=_t(
            "When you can, what you bring. Or who you know, and how we can ask them: ask them "
            "first, please."
        ),
        rows=3,
        max_length=1000,
        required=False,
    )

    def __init__(self, *args: Any, ask: CallAsk, told: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if told:
            self.fields["answer"].label = _("What did they say?")
            self.fields["name"].label = _("Who was it?")
            self.fields["name"].help_text = ""
            self.fields["reach"].label = _("Their phone number or e-mail")
            self.fields["reach"].help_text = _("Ask whether it may be passed on.")
        if ask.answer:
            self.initial.update(
                answer=ask.answer,
                name=ask.answer_name,
                reach=ask.answer_reach,
                words=ask.answer_words,
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("answer") == CallAsk.Answer.YES:
            if not data.get("name"):
                self.add_error("name", _("Write a name, so that they know who it is"))
            if not data.get("reach"):
                self.add_error("reach", _("Write a phone number or an e-mail"))
        if data.get("answer") == CallAsk.Answer.KNOWS and not data.get("words"):
            self.add_error("words", _("Say who it is, and how we can ask them"))
        return data


class DoorForm(forms.Form):
    """The number or e-mail a receiver gave: what a forwarded link doesn't know."""

    reach = CleanLine(
        label=_t("Which phone number or e-mail did you give us?"),
        max_length=200,
        error_messages={"required": _t("Write the one you gave us")},
    )


class IntroduceForm(WalkForm):
    name = CleanLine(
        label=_t("What may they call them?"),
        max_length=120,
        error_messages={"required": _t("Write the name they may know")},
    )
    reach = CleanLine(
        label=_t("How may they get in touch?"),
        help_text=_t("Only what they said yes to: a number, and when it is safe to ring."),
        max_length=300,
        error_messages={"required": _t("Say how they may get in touch")},
    )
    agreed_words = CleanLine(
        label=_t("What did they say yes to, in their words?"),
        max_length=300,
        error_messages={"required": _t("Ask them first, and write down what they said")},
    )

    def prepare(self) -> None:
        self.initial.setdefault("name", self.relationship.person.known_as)


class KnownForm(WalkForm):
    name = CleanLine(
        label=_t("Who is it?"), max_length=120, error_messages={"required": _t("Say who it is")}
    )
    email = forms.EmailField(
        label=_t("Their e-mail, for a link of their own"),
        help_text=_t("Without one you ring them, and note what they say."),
        required=False,
    )


class CloseForm(WalkForm):
    what = forms.ChoiceField(
        label=_t("What happened?"),
        choices=Call.Ended.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _t("Say what happened")},
    )
    words = CleanText(
        label=_t("In a few words, for the two of you"), rows=3, max_length=1000, required=False
    )


class JustDoIt(WalkForm):
    """Just the button."""
