"""Every method by its name, and by the key that Pabulib's comparison tables use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from doorstep.grants.tally.election import Election, Kind
from doorstep.grants.tally.greedy import greedy
from doorstep.grants.tally.outcome import Outcome, WrongBallots
from doorstep.grants.tally.phragmen import phragmen
from doorstep.grants.tally.scoring import average_score, consensus
from doorstep.grants.tally.shares import CARDINALITY, COST, equal_shares

UNTIL_OVERSPEND, UNTIL_FULL = "until overspend", "until full"


class UnknownMethod(Exception):
    """There is no such method; says which there are."""


@dataclass(frozen=True)
class Method:
    """A way of counting: its friendly name, its key, and what it is in one line."""

    name: str
    key: str
    help: str
    count: Callable[[Election], Outcome]
    kinds: tuple[Kind, ...] = tuple(Kind)


def _shares(**words: object) -> Callable[[Election], Outcome]:
    return lambda election: equal_shares(election, **words)  # type: ignore[arg-type]


METHODS = (
    Method("most-votes", "greedy_votes", "most votes first, passing over what doesn't fit",
           lambda election: greedy(election, by="votes")),
    Method("most-points", "greedy_score", "most points first, passing over what doesn't fit",
           lambda election: greedy(election, by="score")),
    Method("most-votes-threshold", "greedy_threshold",
           "most votes (or points) first, leaving out what the file's threshold calls too weak",
           lambda election: greedy(election, threshold=True)),
    Method("most-votes-no-skip", "greedy_no_skip",
           "the same, but it ends at the first that doesn't fit",
           lambda election: greedy(election, threshold=True, skipping=False)),
    Method("equal-shares", "mes_cost_add1_until_overspend",
           "equal shares, raised by one until they overspend; the last that fits counts",
           _shares(value=COST, add1=UNTIL_OVERSPEND)),
    Method("equal-shares-plain", "mes_cost", "equal shares, not raised", _shares(value=COST)),
    Method("equal-shares-then-votes", "mes_cost_then_greedy",
           "equal shares; what is left goes by most votes",
           _shares(value=COST, then_greedy=True)),
    Method("equal-shares-raised-then-votes", "mes_cost_add1_until_overspend_then_greedy",
           "equal shares, raised; what is left goes by most votes",
           _shares(value=COST, add1=UNTIL_OVERSPEND, then_greedy=True)),
    Method("equal-shares-projects", "mes_cardinality_add1_until_overspend",
           "equal shares where each project counts as one, whatever it costs; raised",
           _shares(value=CARDINALITY, add1=UNTIL_OVERSPEND)),
    Method("equal-shares-projects-plain", "mes_cardinality",
           "equal shares where each project counts as one; not raised",
           _shares(value=CARDINALITY)),
    Method("equal-shares-projects-then-votes", "mes_cardinality_then_greedy",
           "equal shares where each project counts as one; what is left goes by most votes",
           _shares(value=CARDINALITY, then_greedy=True)),
    Method("equal-shares-until-full", "mes_cost_add1",
           "equal shares, raised until nothing more fits (stops early; see docs/grants.md)",
           _shares(value=COST, add1=UNTIL_FULL)),
    Method("equal-shares-projects-until-full", "mes_cardinality_add1",
           "the same where each project counts as one",
           _shares(value=CARDINALITY, add1=UNTIL_FULL)),
    Method("phragmen", "phragmen", "Phragmén's method, one project after another", phragmen),
    Method("average-score", "average_score",
           "highest average mark first; “don't know” doesn't count against anybody",
           average_score, (Kind.SCORING, Kind.CUMULATIVE)),
    Method("consensus", "consensus",
           "what nobody objects to (a mark below 0), most agreement first",
           consensus, (Kind.SCORING,)),
)  # fmt: skip
_BY_NAME = {name: method for method in METHODS for name in (method.name, method.key)}


def named(name: str) -> Method:
    """Return a method by friendly name or key. Raises UnknownMethod."""
    method = _BY_NAME.get(name) or _BY_NAME.get(name.strip().lower().replace(" ", "-"))
    if method is None:
        known = ", ".join(method.name for method in METHODS)
        raise UnknownMethod(f"There is no method “{name[:60]}”. There are {known}.")
    return method


def run(election: Election, name: str) -> Outcome:
    """Count by a method. Raises UnknownMethod and WrongBallots."""
    method = named(name)
    if election.kind not in method.kinds:
        kinds = " or ".join(kind.value for kind in method.kinds)
        raise WrongBallots(
            f"“{method.name}” counts {kinds} ballots, and these are {election.kind.value}."
        )
    return method.count(election)
