"""An election about money: what was proposed, how big the pot is, and what each ballot says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Kind(StrEnum):
    """How ballots are filled in, by Pabulib's names."""

    APPROVAL = "approval"  # ticks
    ORDINAL = "ordinal"  # first, second, third …
    CUMULATIVE = "cumulative"  # so many points, shared out
    SCORING = "scoring"  # a mark for each; a mark not given is “don't know”


@dataclass(frozen=True)
class Project:
    """Something that wants money. `cost` is in the smallest part of the currency."""

    id: str
    cost: int
    name: str = ""
    # What the file says it got, and whether it won; None where the file says nothing.
    published_votes: int | None = None
    published_score: Fraction | None = None
    was_selected: bool | None = None


@dataclass(frozen=True)
class Election:
    """Projects, pot and ballots.

    Ballot `i` names `chosen[starts[i]:starts[i + 1]]`, positions in `projects`, best first where
    order matters; `points` runs beside it (one everywhere on an approval ballot), in
    `points_unit`-ths. `unit` says how many of the smallest part make one of the currency: 100 for
    amounts in pence. `threshold` is the fewest votes (or points) the file's own rule asks for.
    """

    projects: tuple[Project, ...]
    budget: int
    kind: Kind
    starts: NDArray[np.int64]
    chosen: NDArray[np.int64]
    points: NDArray[np.int64]
    unit: int = 1
    points_unit: int = 1
    threshold: Fraction = Fraction(0)
    voters: tuple[str, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)
    # Sentences about what in the file was odd, yet could be counted.
    notes: tuple[str, ...] = ()

    @property
    def ballots(self) -> int:
        """How many ballots there are, empty ones too."""
        return len(self.starts) - 1

    @cached_property
    def costs(self) -> list[int]:
        return [project.cost for project in self.projects]

    @cached_property
    def by_id(self) -> dict[str, int]:
        """Return the position of each project by its id."""
        return {project.id: at for at, project in enumerate(self.projects)}

    @cached_property
    def order(self) -> list[int]:
        """Return positions in the order that breaks ties: as the ids sort, letter by letter."""
        return sorted(range(len(self.projects)), key=lambda at: self.projects[at].id)

    @cached_property
    def rank(self) -> list[int]:
        """Return for each position its place in `order`."""
        rank = [0] * len(self.projects)
        for place, at in enumerate(self.order):
            rank[at] = place
        return rank

    @cached_property
    def supporters(self) -> list[NDArray[np.int64]]:
        """Return for each project the ballots that name it."""
        return [pair[0] for pair in self._columns]

    @cached_property
    def given(self) -> list[NDArray[np.int64]]:
        """Return for each project the points its supporters gave, beside `supporters`."""
        return [pair[1] for pair in self._columns]

    @cached_property
    def _columns(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        who = np.repeat(np.arange(self.ballots), np.diff(self.starts))
        by_project = np.argsort(self.chosen, kind="stable")
        cuts = np.searchsorted(self.chosen[by_project], np.arange(1, len(self.projects)))
        return list(
            zip(
                np.split(who[by_project], cuts),
                np.split(self.points[by_project], cuts),
                strict=True,
            )
        )

    @cached_property
    def votes(self) -> list[int]:
        """Return how many ballots name each project."""
        return [int(n) for n in np.bincount(self.chosen, minlength=len(self.projects))]

    @cached_property
    def scores(self) -> list[int]:
        """Return the sum of each project's points, in `points_unit`-ths."""
        return [int(points.sum()) for points in self.given]

    def ballot(self, at: int) -> list[tuple[int, int]]:
        """Return one ballot as (position of the project, points)."""
        part = slice(int(self.starts[at]), int(self.starts[at + 1]))
        return [(int(p), int(n)) for p, n in zip(self.chosen[part], self.points[part], strict=True)]

    def money(self, amount: int) -> int | Fraction:
        """Return an amount in whole currency: an int where it is one, else a Fraction."""
        whole = Fraction(amount, self.unit)
        return whole.numerator if whole.denominator == 1 else whole


def build(
    projects: Sequence[Project],
    budget: int,
    ballots: Iterable[Sequence[Any]],
    *,
    kind: Kind = Kind.APPROVAL,
    most_places: int = 0,
    **more: Any,
) -> Election:
    """Return an election from plain lists.

    A ballot is a list of positions in `projects`, or of (position, points). On ordinal ballots
    the first of `most_places` gets that many points, the next one less; 0 stands for the longest
    ballot there is.
    """
    rows: list[list[tuple[int, int]]] = []
    listed = [list(ballot) for ballot in ballots]
    if kind is Kind.ORDINAL and not most_places:
        most_places = max(map(len, listed), default=0)
    for ballot in listed:
        row: list[tuple[int, int]] = []
        for place, entry in enumerate(ballot):
            if isinstance(entry, tuple):
                row.append(entry)
            else:
                row.append((entry, most_places - place if kind is Kind.ORDINAL else 1))
        rows.append(row)
    starts = np.zeros(len(rows) + 1, dtype=np.int64)
    starts[1:] = np.cumsum([len(row) for row in rows])
    return Election(
        projects=tuple(projects),
        budget=budget,
        kind=kind,
        starts=starts,
        chosen=np.array([at for row in rows for at, _n in row], dtype=np.int64),
        points=np.array([n for row in rows for _at, n in row], dtype=np.int64),
        **more,
    )
