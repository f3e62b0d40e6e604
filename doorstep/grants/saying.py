"""A decision's facts in words, in the language of whoever reads them.

What is kept is facts, one for each sentence: `[["named", {"votes": 5, "all": 9}], …]`. Money is
whole pence; an average is [numerator, denominator]. `words(facts)` says them, each by its kind in
`SENTENCES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorstep.grants.actions.ideas import pounds

# One sentence: its kind, and what it needs.
Fact = tuple[str, dict[str, Any]]


def ratio(amount: Fraction) -> list[int]:
    """Return a fraction as it is kept: [numerator, denominator]."""
    return [amount.numerator, amount.denominator]


def _decimal(amount: Sequence[int]) -> str:
    top, bottom = amount
    return str(top) if bottom == 1 else number_format(top / bottom, 2)


def _averaged(mean: Any, low: Any, high: Any, count: int) -> str:
    return ngettext(
        "Its average mark was %(mean)s, from %(low)s to %(high)s, by %(count)d ballot.",
        "Its average mark was %(mean)s, from %(low)s to %(high)s, by %(count)d ballots.",
        count,
    ) % {"mean": _decimal(mean), "low": _decimal(low), "high": _decimal(high), "count": count}


def _named(votes: int, all: int) -> str:
    return ngettext(
        "%(votes)d of %(all)d ballots named it.", "%(votes)d of %(all)d ballots named it.", votes
    ) % {"votes": votes, "all": all}


def _too_dear(left: int, cost: int) -> str:
    return _("By its turn %(left)s was left in the pot, and it asks for %(cost)s.") % {
        "left": pounds(left),
        "cost": pounds(cost),
    }


def _shared(each: int, poor: int = 0) -> str:
    if poor:
        return _(
            "Those who named it paid for it out of their equal shares: %(each)s each at most, and "
            "%(poor)d of them gave all they had left."
        ) % {"each": pounds(each), "poor": poor}
    return _("Those who named it paid for it out of their equal shares, %(each)s each.") % {
        "each": pounds(each)
    }


def _unaffordable(left: int, cost: int) -> str:
    return _(
        "Once they had paid for other ideas they named too, they had %(left)s of their shares left "
        "together, and it asks for %(cost)s."
    ) % {"left": pounds(left), "cost": pounds(cost)}


def _more_votes(count: int) -> str:
    return ngettext(
        "With one more ballot for it alone it would have been funded.",
        "With %(count)d more ballots for it alone it would have been funded.",
        count,
    ) % {"count": count}


def _objections(count: int) -> str:
    return ngettext(
        "Without that one objection it would have been looked at like the others.",
        "Without those %(count)d objections it would have been looked at like the others.",
        count,
    ) % {"count": count}


SENTENCES: dict[str, Callable[..., str]] = {
    # Why.
    "no mark": lambda: _("Nobody gave it a mark."),
    "averaged": _averaged,
    "objected": lambda: _("Somebody objected, and the objection stood. So it isn't funded."),
    "agreed": lambda count: _("Nobody objected, and %(count)d agreed.") % {"count": count},
    "nobody agreed": lambda: _("Nobody objected, and nobody agreed either. So it isn't funded."),
    "points": lambda points: _("It got %(points)s points.") % {"points": _decimal(points)},
    "named": _named,
    "shared": _shared,
    "enough": lambda cost: (
        _("There was enough in the pot for its %(cost)s.") % {"cost": pounds(cost)}
    ),
    "too dear": _too_dear,
    "so not": lambda: _("So it isn't funded."),
    "shares fell short": lambda: _("Its supporters couldn't pay for it out of their shares."),
    "unaffordable": _unaffordable,
    "others earlier": lambda: _("Others could be paid for earlier, and then the pot was empty."),
    # What a little more would have changed.
    "less": lambda less: (
        _("With %(less)s less in the pot it wouldn't have been funded.") % {"less": pounds(less)}
    ),
    "more votes": _more_votes,
    "more too": lambda more: (
        _("With %(more)s more in the pot it would have been funded too.") % {"more": pounds(more)}
    ),
    "more": lambda more: (
        _("With %(more)s more in the pot it would have been funded.") % {"more": pounds(more)}
    ),
    "one objection": lambda: _("One objection that stood would have stopped it."),
    "without objections": _objections,
    "one yes": lambda: _("Somebody's “yes, let's” would have brought it in."),
}


def words(facts: Sequence[Any], *, otherwise: str = "") -> str:
    """Say the facts in the language of whoever reads; `otherwise` where none were kept."""
    if not facts:
        return otherwise
    return " ".join(SENTENCES[kind](**needs) for kind, needs in facts)
