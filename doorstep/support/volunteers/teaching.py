"""Three short trainings, one page each. On paper and face to face the same words are read out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from doorstep.support.volunteers import lawful


@dataclass(frozen=True)
class Lesson:
    """One training: `points` are (what, why) pairs."""

    module: str
    bit: int
    title: Any
    minutes: int
    points: tuple[tuple[Any, Any], ...]


LESSONS = (
    Lesson(
        "start",
        lawful.TRAINED,
        _("Helping safely"),
        3,
        (
            (
                _("Say who you are."),
                _("Give your first name and the hub's name. Let them ring the hub to ask."),
            ),
            (_("Stay at the door."), _("Go in only if they ask you to and the task needs it.")),
            (
                _("Do what was asked, no more."),
                _("More is another task. Tell the hub, and somebody arranges it."),
            ),
            (
                _("What you hear stays with you."),
                _("Their address and number are gone from your phone when the task ends."),
            ),
            (
                _("Don't lend, sell or sign anything."),
                _("No gifts worth more than a cup of tea, either way."),
            ),
            (
                _("Worried? Tell us the same day."),
                _("“I'm worried about them” is on every task. In danger, ring 999 first."),
            ),
            (_("You can always say no."), _("And you can always stop. Nobody asks why.")),
        ),
    ),
    Lesson(
        "money",
        lawful.MONEY,
        _("Other people's money"),
        2,
        (
            (
                _("Never take a card. Never hear a PIN."),
                _("Not even when they ask you to. Say that we aren't allowed."),
            ),
            (
                _("Count cash together."),
                _("Aloud, at the door, when you take it and when you give change."),
            ),
            (
                _("Stay under the cap."),
                _("The task says how much. If it costs more, ring the hub."),
            ),
            (_("One receipt for one household."), _("Take a photo, leave the paper with them.")),
            (
                _("Write it down the same day."),
                _("What you got, what you spent, what you gave back."),
            ),
            (
                _("Something doesn't add up?"),
                _("Tell the hub at once. It happens, and it is put right."),
            ),
        ),
    ),
    Lesson(
        "calls",
        lawful.CALLS,
        _("Friendly calls"),
        2,
        (
            (_("Ring when you said you would."), _("For some it is the only call of the week.")),
            (_("Listen more than you talk."), _("You needn't solve anything.")),
            (
                _("Don't give out your own number."),
                _("Hide it when you ring, or use the hub's phone."),
            ),
            (
                _("Nobody answers?"),
                _("Try again later the same day, then tell us. We look after them."),
            ),
            (
                _("If they say something that frightens you,"),
                _("stay calm, thank them for telling you, and tell us straight away."),
            ),
        ),
    ),
)
