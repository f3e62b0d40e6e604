"""Why an idea was funded or wasn't, in plain words; and what a little more would have changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorstep.grants.actions.ideas import pounds
from doorstep.grants.tally import methods
from doorstep.grants.tally.election import Election, Kind
from doorstep.grants.tally.outcome import Outcome, Step

if TYPE_CHECKING:
    from doorstep.grants.models import Fund

MOST_VOTES = 4096


def money(election: Election, amount: int | Fraction) -> str:
    """Return an amount of the election as pounds, to the penny below."""
    return pounds(int(amount * 100 / election.unit))


def outcome_in_words(outcome: Outcome, method: str) -> dict[str, str]:
    """Return a few sentences for each idea, by its id: why it was funded, or wasn't."""
    return {
        project.id: _why(outcome, at, method)
        for at, project in enumerate(outcome.election.projects)
    }


def _step(outcome: Outcome, at: int) -> Step | None:
    found = [step for step in outcome.steps if step.project == at]
    return found[-1] if found else None


def _named(election: Election, at: int) -> str:
    votes = election.votes[at]
    return ngettext(
        "%(votes)d of %(all)d ballots named it.", "%(votes)d of %(all)d ballots named it.", votes
    ) % {"votes": votes, "all": election.ballots}


def _why(outcome: Outcome, at: int, method: str) -> str:
    election, step = outcome.election, _step(outcome, at)
    funded = at in outcome.chosen
    cost = money(election, election.costs[at])
    if method == "average_score" and step is not None:
        given = election.given[at]
        words = _("Nobody gave it a mark.")
        if len(given):
            unit = election.points_unit
            words = ngettext(
                "Its average mark was %(mean)s, from %(low)s to %(high)s, by %(count)d ballot.",
                "Its average mark was %(mean)s, from %(low)s to %(high)s, by %(count)d ballots.",
                len(given),
            ) % {
                "mean": _decimal(step.strength),
                "low": _decimal(Fraction(int(given.min()), unit)),
                "high": _decimal(Fraction(int(given.max()), unit)),
                "count": len(given),
            }
    elif method == "consensus" and step is not None:
        if step.verdict == "objected":
            return _("Somebody objected, and the objection stood. So it isn't funded.")
        words = _("Nobody objected, and %(count)d agreed.") % {"count": int(step.strength)}
        if step.verdict == "too weak":
            return _("Nobody objected, and nobody agreed either. So it isn't funded.")
    elif method == "greedy_score" and step is not None:
        words = _("It got %(points)s points.") % {"points": _decimal(step.strength)}
    else:
        words = _named(election, at)
    if funded and step is not None and step.each is not None:
        words += " " + _shared(outcome, step)
    elif funded:
        words += " " + _("There was enough in the pot for its %(cost)s.") % {"cost": cost}
    elif step is not None and step.verdict == "too dear":
        words += " " + _("By its turn %(left)s was left in the pot, and it asks for %(cost)s.") % {
            "left": money(election, step.left_before),
            "cost": cost,
        }
    elif not election.votes[at]:
        words += " " + _("So it isn't funded.")
    elif method.startswith("mes"):
        words += " " + _unaffordable(outcome, at)
    elif method == "phragmen":
        words += " " + _("Others could be paid for earlier, and then the pot was empty.")
    return words


def _decimal(amount: Fraction) -> str:
    return f"{amount.numerator}" if amount.denominator == 1 else f"{float(amount):.2f}"


def _shared(outcome: Outcome, step: Step) -> str:
    election = outcome.election
    each = money(election, step.each or Fraction(0))
    if step.poor:
        return _(
            "Those who named it paid for it out of their equal shares: %(each)s each at most, and "
            "%(poor)d of them gave all they had left."
        ) % {"each": each, "poor": step.poor}
    return _("Those who named it paid for it out of their equal shares, %(each)s each.") % {
        "each": each
    }


def _unaffordable(outcome: Outcome, at: int) -> str:
    """What its supporters had left together when nothing more could be bought."""
    election = outcome.election
    share = outcome.facts.get("share")
    if share is None:
        return _("Its supporters couldn't pay for it out of their shares.")
    paid: dict[int, Fraction] = {}
    for voter in election.supporters[at].tolist():
        paid[voter] = share
    weighted = election.kind is not Kind.APPROVAL
    for step in outcome.steps:
        if step.each is None:
            continue
        points = dict(
            zip(
                election.supporters[step.project].tolist(),
                election.given[step.project].tolist(),
                strict=True,
            )
        )
        for voter in paid:
            if voter in points:
                price = step.each * (max(0, points[voter]) if weighted else 1)
                paid[voter] -= min(paid[voter], price)
    left = sum(paid.values(), Fraction(0))
    return _(
        "Once they had paid for other ideas they named too, they had %(left)s of their shares left "
        "together, and it asks for %(cost)s."
    ) % {"left": money(election, left), "cost": money(election, election.costs[at])}


# --- What a little more would have changed ------------------------------------------------------


def _least(changes_it: Callable[[int], bool], most: int) -> int | None:
    """Return the fewest steps that would do: it does at n, and doesn't at n − 1."""
    if most < 1:
        return None
    low, high = 0, 1
    while not changes_it(high):
        if high >= most:
            return None
        low, high = high, min(high * 2, most)
    while high - low > 1:
        middle = (low + high) // 2
        if changes_it(middle):
            high = middle
        else:
            low = middle
    return high


def with_ballots(election: Election, at: int, count: int) -> Election:
    """Return the election with `count` more ballots that name only this project."""
    points = {
        Kind.APPROVAL: 1,
        Kind.ORDINAL: int(election.points.max()) if len(election.points) else 1,
        Kind.CUMULATIVE: int(election.points.max()) if len(election.points) else 1,
        Kind.SCORING: int(election.points.max()) if len(election.points) else 1,
    }[election.kind]
    return replace(
        election,
        starts=np.concatenate(
            [election.starts, election.starts[-1] + np.arange(1, count + 1, dtype=np.int64)]
        ),
        chosen=np.concatenate([election.chosen, np.full(count, at, dtype=np.int64)]),
        points=np.concatenate([election.points, np.full(count, points, dtype=np.int64)]),
        voters=(),
    )


def nearest(outcome: Outcome, method: str, at: int) -> str:
    """Return what one more vote or pound, or a pound less, would have changed for an idea.

    Counts again and again, so the worker asks it (`work_out`). Each count is exact.
    """
    election = outcome.election
    if method == "consensus":
        return _consensus_nearest(outcome, at)

    def funded(votes: int = 0, pounds_more: int = 0) -> bool:
        other = with_ballots(election, at, votes) if votes else election
        if pounds_more:
            other = replace(other, budget=election.budget + pounds_more * election.unit)
        return at in methods.run(other, method).chosen

    if at in outcome.chosen:
        fewer = _least(lambda n: not funded(pounds_more=-n), election.budget // election.unit)
        if fewer is None:
            return ""
        return _("With %(less)s less in the pot it wouldn't have been funded.") % {
            "less": pounds(fewer * 100)
        }
    votes = _least(
        lambda n: funded(votes=n),
        # What asks for more than there is isn't funded by any number of votes.
        0 if election.costs[at] > election.budget else min(MOST_VOTES, 4 * election.ballots + 8),
    )
    most = (election.costs[at] + sum(election.costs)) // election.unit + 1
    more = _least(lambda n: funded(pounds_more=n), most)
    parts: list[Any] = []
    if votes is not None:
        parts.append(
            ngettext(
                "With one more ballot for it alone it would have been funded.",
                "With %(count)d more ballots for it alone it would have been funded.",
                votes,
            )
            % {"count": votes}
        )
    if more is not None:
        words = _("With %(more)s more in the pot it would have been funded too.")
        if votes is None:
            words = _("With %(more)s more in the pot it would have been funded.")
        parts.append(words % {"more": pounds(more * 100)})
    return " ".join(parts)


def _consensus_nearest(outcome: Outcome, at: int) -> str:
    """Nobody can be outvoted here: what would have changed it is objections, or the pot."""
    if at in outcome.chosen:
        return _("One objection that stood would have stopped it.")
    election, step = outcome.election, _step(outcome, at)
    if step is not None and step.verdict == "objected":
        count = int((election.given[at] < 0).sum())
        return ngettext(
            "Without that one objection it would have been looked at like the others.",
            "Without those %(count)d objections it would have been looked at like the others.",
            count,
        ) % {"count": count}
    if step is not None and step.verdict == "too weak":
        return _("Somebody's “yes, let's” would have brought it in.")
    if step is not None and step.verdict == "too dear":
        short = election.costs[at] - step.left_before
        return _("With %(more)s more in the pot it would have been funded too.") % {
            "more": money(election, short)
        }
    return ""


def work_out(fund: Fund, *, at: dt.datetime) -> int:
    """Find out for each idea of a decided fund what a little more would have changed.

    One idea after the other, each kept as soon as it is known, so that it can go on after a stop.
    Returns how many it found out.
    """
    from doorstep.grants.actions.voting import election_of, on_ballot

    waiting = [idea for idea in on_ballot(fund) if idea.nearer_at is None]
    if not fund.is_decided or not waiting:
        return 0
    election = election_of(fund)
    outcome = methods.run(election, fund.method)
    for idea in waiting:
        with translation.override(settings.LANGUAGE_CODE):
            words = nearest(outcome, fund.method, election.by_id[idea.tie_id])
        # The words that were there are kept where somebody else was quicker.
        type(idea).objects.filter(pk=idea.pk, nearer_at=None).update(nearer=words, nearer_at=at)
    return len(waiting)


# --- Compared before opening --------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """What one method would do with invented ballots."""

    name: Any
    key: str
    funded: list[int]
    cost: str
    # How many ballots got at least one of what they named.
    happy: int


def invented(
    budget: int, costs: list[tuple[str, int]], kind: Kind, *, ballots: int = 60
) -> Election:
    """Return an election with made-up ballots, the same each time: three groups of neighbours.

    Half mostly like the first ideas, a third the next, the rest anything: that is where methods
    differ, because some let the biggest group take all.
    """
    import random

    from doorstep.grants.tally.election import Project, build

    drawn = random.Random(2026)  # noqa: S311 (nothing hangs on these)
    count = len(costs)
    width = len(str(count))
    projects = [
        Project(id=str(n).rjust(width, "0"), cost=cost, name=name)
        for n, (name, cost) in enumerate(costs, start=1)
    ]
    first, second = range(0, (count + 1) // 2), range((count + 1) // 2, count)
    rows: list[list[Any]] = []
    for n in range(ballots):
        likes = list(first if n % 6 < 3 else second if n % 6 < 5 else range(count))
        drawn.shuffle(likes)
        likes = likes[: drawn.randint(1, max(1, min(4, len(likes))))]
        if kind is Kind.CUMULATIVE:
            rows.append([(at, 1 + (10 - len(likes)) // len(likes)) for at in likes])
        elif kind is Kind.SCORING:
            rows.append(
                [(at, drawn.randint(3, 5)) for at in likes]
                + [(at, drawn.randint(1, 3)) for at in range(count) if at not in likes][:2]
            )
        else:
            rows.append(likes)
    return build(projects, budget, rows, kind=kind, unit=100)


EXAMPLES = (
    ("Repair evenings", 18), ("Street party", 12), ("Benches", 30), ("Football kit", 20),
    ("Cookery club", 9), ("Planting day", 15), ("Film night", 6), ("Homework table", 14),
)  # fmt: skip


def compare(
    budget: int, costs: list[tuple[str, int]], kind: Kind, labels: dict[str, Any]
) -> tuple[Election, list[Compared]]:
    """Return made-up ballots and what each of the methods in `labels` makes of them."""
    if len(costs) < 3:
        costs = [(name, max(100, budget * part // 70)) for name, part in EXAMPLES]
    election = invented(budget, costs, kind)
    rows = []
    for key, label in labels.items():
        if kind not in methods.named(key).kinds:
            continue
        outcome = methods.run(election, key)
        won = set(outcome.chosen)
        happy = sum(
            any(at in won for at, points in election.ballot(n) if points > 0)
            for n in range(election.ballots)
        )
        rows.append(Compared(label, key, sorted(won), money(election, outcome.cost), happy))
    return election, rows
