"""How a person wants to hear from us."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from doorstep.notices.kinds import Kind, kinds
from doorstep.notices.models import Channel, QuietHours
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
            for channel in Channel:
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
                    for channel in Channel
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
            for channel in Channel
            if not self.is_fixed(kind, channel)
        }
