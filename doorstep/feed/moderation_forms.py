"""What people say when they flag, decide, appeal or hear an appeal."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from doorstep.base.forms import CleanText
from doorstep.feed.models import Decision, Rule
from doorstep.feed.moderation import RULES


def _rules_in_order() -> list[tuple[str, Any]]:
    """Return the rules with their plain words, the gravest last (it opens another door first)."""
    rows = [
        (
            str(rule),
            format_html('{} <span class="tile-hint">{}</span>', Rule(rule).label, words),
        )
        for rule, (_level, words) in RULES.items()
        if rule != Rule.SAFETY
    ]
    words = RULES[Rule.SAFETY][1]
    label = format_html('{} <span class="tile-hint">{}</span>', Rule.SAFETY.label, words)
    return [(str(Rule.SAFETY), label), *rows]


class FlagForm(forms.Form):
    """Which rule, and anything a moderator should know."""

    rule = forms.ChoiceField(
        label=_("What's wrong with it?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what comes nearest")},
    )
    note = CleanText(
        label=_("Anything we should know?"),
        help_text=_("Only moderators read this."),
        required=False,
        max_length=1000,
        rows=3,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule"].choices = _rules_in_order()  # type: ignore[attr-defined]


class DecisionForm(forms.Form):
    """The rule it is decided by, what happens, and why."""

    rule = forms.ChoiceField(
        label=_("Which rule is it about?"),
        choices=[(str(rule), rule.label) for rule in Rule],
        error_messages={"required": _("Choose the rule")},
    )
    outcome = forms.ChoiceField(
        label=_("What happens?"),
        widget=forms.RadioSelect,
        choices=Decision.Outcome.choices,
        error_messages={"required": _("Choose what happens")},
    )
    reason = CleanText(
        label=_("Why?"),
        help_text=_("The writer and whoever flagged it both read this. Be kind and plain."),
        max_length=1000,
        rows=4,
        error_messages={"required": _("Say why, for both to read")},
    )


class AppealForm(forms.Form):
    """What the other moderator should know."""

    text = CleanText(
        label=_("What should we know?"),
        help_text=_("Someone who hasn't decided on this before will read it."),
        max_length=2000,
        rows=5,
        error_messages={"required": _("Write a few words, so that we can look again")},
    )


class HearingForm(forms.Form):
    """Stands or changed, and why."""

    outcome = forms.ChoiceField(
        label=_("What do you find?"),
        widget=forms.RadioSelect,
        choices=[
            ("upheld", _("The decision stands")),
            ("overturned", _("The decision is changed")),
        ],
        error_messages={"required": _("Choose what you find")},
    )
    reason = CleanText(
        label=_("Why?"),
        help_text=_("Both sides read this. It is the last word."),
        max_length=1000,
        rows=4,
        error_messages={"required": _("Say why, for both to read")},
    )
