"""What can be asked, as data: the words, how an answer counts, where it is from, its licence.

The wording and scoring of the first two are as the Office for National Statistics published them
in "Measuring loneliness: guidance for use of the national indicators on surveys" (5 December
2018); ONS4 as in its "Personal well-being user guidance". Both are Crown copyright, under the Open
Government Licence v3.0. The three-item scale is Hughes, Waite, Hawkley and Cacioppo (2004),
Research on Aging 26(6), after the UCLA scale, in the wording of that guidance. Add another by
`instruments.add`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Registry

OGL = "Open Government Licence v3.0"


@dataclass(frozen=True)
class Item:
    """One question. `answers` are (number, words); empty means a whole number `low` to `high`."""

    key: str
    words: Any
    answers: Sequence[tuple[int, Any]] = ()
    low: int = 0
    high: int = 10


@dataclass(frozen=True)
class Instrument:
    """Questions asked together.

    `scoring` is "sum" (of all items; no score where one is missing) or "each" (every item by
    itself). `better` is "low" or "high": which way is better, by item where they differ.
    `span` is the least and most of what the plot shows.
    """

    label: Any
    short: Any
    intro: Any
    items: Sequence[Item]
    scoring: str
    better: str | Mapping[str, str]
    span: tuple[int, int]
    source: str
    licence: str

    def score(self, answers: Mapping[str, int] | None) -> int | None:
        """Return the sum, or the one item's number; None where an answer is missing."""
        if not answers or any(item.key not in answers for item in self.items):
            return None
        if self.scoring == "sum" or len(self.items) == 1:
            return sum(int(answers[item.key]) for item in self.items)
        return None

    def better_for(self, item: str = "") -> str:
        return self.better if isinstance(self.better, str) else self.better.get(item, "high")

    def allowed(self, item: Item) -> set[int]:
        if item.answers:
            return {number for number, _words in item.answers}
        return set(range(item.low, item.high + 1))


instruments: Registry[Instrument] = Registry("what can be measured")

_UCLA = (
    (1, _("Hardly ever or never")),
    (2, _("Some of the time")),
    (3, _("Often")),
)
instruments.add(
    "ucla3",
    Instrument(
        label=_("Three questions about feeling connected (UCLA)"),
        short=_("Loneliness, UCLA three questions"),
        intro=_(
            "The next questions are about your relationships with others. For each one, please "
            "say how often you feel that way."
        ),
        items=(
            Item("companionship", _("How often do you feel that you lack companionship?"), _UCLA),
            Item("left_out", _("How often do you feel left out?"), _UCLA),
            Item("isolated", _("How often do you feel isolated from others?"), _UCLA),
        ),
        scoring="sum",
        better="low",
        span=(3, 9),
        source="ONS (2018), Measuring loneliness; Hughes et al. (2004)",
        licence=OGL,
    ),
    order=10,
)
instruments.add(
    "ons_lonely",
    Instrument(
        label=_("One question about loneliness (ONS)"),
        short=_("Loneliness, asked directly"),
        intro="",
        items=(
            Item(
                "lonely",
                _("How often do you feel lonely?"),
                (
                    (1, _("Often or always")),
                    (2, _("Some of the time")),
                    (3, _("Occasionally")),
                    (4, _("Hardly ever")),
                    (5, _("Never")),
                ),
            ),
        ),
        scoring="each",
        better="high",
        span=(1, 5),
        source="ONS (2018), Measuring loneliness",
        licence=OGL,
    ),
    order=20,
)
instruments.add(
    "ons4",
    Instrument(
        label=_("Four questions about how life is (ONS4)"),
        short=_("How life is"),
        intro=_(
            "Next I would like to ask you four questions about your feelings on aspects of your "
            "life. There are no right or wrong answers. For each of these questions I'd like you "
            "to give an answer on a scale of 0 to 10, where 0 is “not at all” and 10 is "
            "“completely”."
        ),
        items=(
            Item("satisfied", _("Overall, how satisfied are you with your life nowadays?")),
            Item(
                "worthwhile",
                _(
                    "Overall, to what extent do you feel that the things you do in your life are "
                    "worthwhile?"
                ),
            ),
            Item("happy", _("Overall, how happy did you feel yesterday?")),
            Item(
                "anxious",
                _(
                    "On a scale where 0 is “not at all anxious” and 10 is “completely anxious”, "
                    "overall, how anxious did you feel yesterday?"
                ),
            ),
        ),
        scoring="each",
        better={"anxious": "low"},
        span=(0, 10),
        source="ONS, Personal well-being user guidance",
        licence=OGL,
    ),
    order=30,
)
instruments.add(
    "contacts",
    Instrument(
        label=_("How many people"),
        short=_("People talked with in a week"),
        intro=_("Being alone and being lonely are not the same. So we ask this too."),
        items=(
            Item(
                "people",
                _(
                    "In the last seven days, how many different people did you talk with, face to "
                    "face or by phone, not counting anybody paid to help you?"
                ),
                low=0,
                high=99,
            ),
        ),
        scoring="sum",
        better="high",
        span=(0, 20),
        source="Doorstep",
        licence="CC0 1.0",
    ),
    order=40,
)
