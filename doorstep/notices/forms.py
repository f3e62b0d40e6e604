"""How a person wants to hear from us."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from doorstep.base.forms import CleanLine, CleanText
from doorstep.notices.kinds import Kind, kinds
from doorstep.notices.models import CHOSEN, CallTry, Channel, QuietHours, Relay, SafeContact
from doorstep.people.models import Person


class PreferencesForm(forms.Form):
    """A tick for each kind and channel, and the hours in which we keep quiet."""

    has_quiet_hours = forms.BooleanField(
        label=_("Don't send me e-mails at night"),
        help_text=_("They wait until the morning. What you see on this site is not held back."),
        required=False,
    )
    quiet_from = forms.TimeField(
        label=_("Quiet from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "w-m"}, format="%H:%M"),
        error_messages={"invalid": _("Write a time, such as 21:30")},
    )
    quiet_until = forms.TimeField(
        label=_("Quiet until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "w-m"}, format="%H:%M"),
        error_messages={"invalid": _("Write a time, such as 7:00")},
    )

    def __init__(
        self,
        *args: Any,
        person: Person,
        chosen: dict[tuple[str, str], bool],
        quiet: QuietHours | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kinds: list[tuple[str, Kind]] = [
            (name, kind)
            for name, kind in kinds.items()
            if kind.only_for is None or kind.only_for(person)
        ]
        for name, kind in self.kinds:
            for channel in CHOSEN:
                if self.is_fixed(kind, channel):
                    continue
                default = kind.by_email if channel == Channel.EMAIL else True
                self.fields[self.field_name(name, channel)] = forms.BooleanField(
                    label=channel.label,
                    required=False,
                    initial=chosen.get((name, channel), default),
                )
        self.initial.setdefault("has_quiet_hours", quiet is not None)
        self.initial.setdefault("quiet_from", quiet.starts_at if quiet else dt.time(21))
        self.initial.setdefault("quiet_until", quiet.ends_at if quiet else dt.time(8))

    @staticmethod
    def field_name(kind: str, channel: str) -> str:
        return f"{channel}-{kind}"

    @staticmethod
    def is_fixed(kind: Kind, channel: str) -> bool:
        """Whether this one is always on: what concerns you is always shown on the site."""
        return kind.is_essential and channel == Channel.IN_APP

    def rows(self) -> list[dict[str, Any]]:
        """Return the grid: a kind, and its ticks (None where it is always on)."""
        return [
            {
                "kind": kind,
                "ticks": [
                    None if self.is_fixed(kind, channel) else self[self.field_name(name, channel)]
                    for channel in CHOSEN
                ],
            }
            for name, kind in self.kinds
        ]

    def times(self) -> list[forms.BoundField]:
        """Return the two ends of the quiet hours."""
        return [self["quiet_from"], self["quiet_until"]]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("has_quiet_hours"):
            for name in ("quiet_from", "quiet_until"):
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, _("Write a time, such as 21:30"))
            if data.get("quiet_from") and data.get("quiet_from") == data.get("quiet_until"):
                self.add_error("quiet_until", _("Choose an end that differs from the start"))
        return data

    def choices(self) -> dict[tuple[str, str], bool]:
        """Return what was ticked: (kind, channel) -> wanted."""
        return {
            (name, channel): bool(self.cleaned_data[self.field_name(name, channel)])
            for name, kind in self.kinds
            for channel in CHOSEN
            if not self.is_fixed(kind, channel)
        }


DAYS = [
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
]
WINDOWS = 3


def _clock(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "w-m"}, format="%H:%M"),
        error_messages={"invalid": _("Write a time, such as 9:30")},
    )


class SafeContactForm(forms.Form):
    """How somebody may be reached without harm. All of it may stay empty."""

    forbidden = forms.MultipleChoiceField(
        label=_("Never reach me this way"),
        widget=forms.CheckboxSelectMultiple,
        choices=Channel.choices,
        required=False,
    )
    no_voicemail = forms.BooleanField(
        label=_("Never leave a message on an answerphone"), required=False
    )
    is_discreet = forms.BooleanField(
        label=_("Don't let a message show who it is from, or what about"),
        help_text=_("E-mails come from “Messages” and say only that something waits for you."),
        required=False,
    )
    say_as = CleanLine(
        label=_("When you ring, say you are…"),
        help_text=_("“from the library”, “a friend from the choir”."),
        required=False,
        max_length=120,
    )
    via_name = CleanLine(
        label=_("Somebody who may pass a message on"),
        help_text=_("They are asked for their own yes before anybody rings them."),
        required=False,
        max_length=120,
    )
    via_phone = CleanLine(label=_("Their phone number"), required=False, max_length=40)
    words = CleanText(
        label=_("Anything else a caller must know?"), required=False, max_length=600, rows=3
    )
    review_on = forms.DateField(
        label=_("Ask again if it still holds on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "w-m"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write a day, such as 24/5/2027")},
    )

    def __init__(self, *args: Any, rules: SafeContact | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(WINDOWS):
            self.fields[f"days_{number}"] = forms.TypedMultipleChoiceField(
                label=_("On"),
                widget=forms.CheckboxSelectMultiple,
                choices=DAYS,
                coerce=int,
                required=False,
            )
            self.fields[f"from_{number}"] = _clock(_("From"))
            self.fields[f"until_{number}"] = _clock(_("Until"))
        if rules is not None:
            for name in ("forbidden", "no_voicemail", "is_discreet", "say_as", "via_name",
                         "via_phone", "words", "review_on"):  # fmt: skip
                self.initial.setdefault(name, getattr(rules, name))
            for number, window in enumerate(rules.windows[:WINDOWS]):
                self.initial.setdefault(f"days_{number}", window["days"])
                self.initial.setdefault(f"from_{number}", dt.time.fromisoformat(window["from"]))
                self.initial.setdefault(f"until_{number}", dt.time.fromisoformat(window["until"]))

    def windows_shown(self) -> list[dict[str, Any]]:
        """Return the fields of each safe time, and whether it holds anything."""
        rows = []
        for number in range(WINDOWS):
            days = self[f"days_{number}"]
            rows.append(
                {
                    "days": days,
                    "times": [self[f"from_{number}"], self[f"until_{number}"]],
                    "is_open": number == 0 or bool(days.value()) or f"days_{number}" in self.errors,
                }
            )
        return rows

    def plain(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names]

    def ways(self) -> list[forms.BoundField]:
        return self.plain("forbidden")

    def calling(self) -> list[forms.BoundField]:
        return self.plain("no_voicemail", "say_as", "via_name", "via_phone", "words")

    def hiding(self) -> list[forms.BoundField]:
        return self.plain("is_discreet")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        windows = []
        for number in range(WINDOWS):
            days = data.get(f"days_{number}") or []
            start, end = data.get(f"from_{number}"), data.get(f"until_{number}")
            if not days and start is None and end is None:
                continue
            if not days:
                self.add_error(f"days_{number}", _("Choose the days"))
            if start is None and f"from_{number}" not in self.errors:
                self.add_error(f"from_{number}", _("Write from when, such as 9:30"))
            if end is None and f"until_{number}" not in self.errors:
                self.add_error(f"until_{number}", _("Write until when, such as 11:30"))
            if days and start and end:
                if start >= end:
                    self.add_error(
                        f"until_{number}",
                        _("Choose an end after the start. For a night, write two times."),
                    )
                windows.append({"days": days, "from": f"{start:%H:%M}", "until": f"{end:%H:%M}"})
        data["windows"] = windows
        if data.get("via_phone") and not data.get("via_name"):
            self.add_error("via_name", _("Say who that number belongs to"))
        return data

    def rules(self) -> dict[str, Any]:
        """Return what `safe.set_rules` takes."""
        names = ("forbidden", "windows", "no_voicemail", "is_discreet", "say_as", "via_name",
                 "via_phone", "words", "review_on")  # fmt: skip
        return {name: self.cleaned_data[name] for name in names}


class RelayForm(forms.Form):
    """What whoever passes messages on said themselves."""

    answer = forms.ChoiceField(
        label=_("What do they say?"),
        widget=forms.RadioSelect,
        choices=[("yes", _("Yes, they will pass messages on")), ("no", _("No"))],
        error_messages={"required": _("Choose what they said")},
    )
    how = forms.ChoiceField(
        label=_("How did they say it?"),
        widget=forms.RadioSelect,
        choices=[
            one for one in Relay.How.choices if one[0] in (Relay.How.SPOKEN, Relay.How.WRITTEN)
        ],
        error_messages={"required": _("Choose how they said it")},
    )
    words = CleanText(
        label=_("In their own words"),
        max_length=600,
        rows=3,
        error_messages={"required": _("Write what they said, as they said it")},
    )


class OwnRelayForm(forms.Form):
    """What they say themselves, through their link."""

    words = CleanText(
        label=_("Anything you want to say about it"), required=False, max_length=600, rows=2
    )


class CallForm(forms.Form):
    """How a call went."""

    outcome = forms.ChoiceField(
        label=_("How did it go?"),
        widget=forms.RadioSelect,
        choices=CallTry.Outcome.choices,
        error_messages={"required": _("Choose how it went")},
    )
    words = CleanText(
        label=_("Anything the next caller must know?"), required=False, max_length=600, rows=2
    )
