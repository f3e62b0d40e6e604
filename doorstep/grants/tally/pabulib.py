"""Pabulib's `.pb` files, in and out (https://pabulib.org/format).

Three parts, META, PROJECTS and VOTES, each with its own heading, fields between semicolons.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np

from doorstep.grants.tally.election import Election, Kind, Project

BIGGEST = 200_000_000  # bytes
_SECTIONS = ("meta", "projects", "votes")
_KINDS = {"choose-1": Kind.APPROVAL, **{kind.value: kind for kind in Kind}}


class PabulibProblem(Exception):
    """The file can't be counted; says in a sentence what is wrong, and where."""


def read_file(path: Path | str) -> Election:
    """Return the election in a file. Raises PabulibProblem, also for a file that isn't there."""
    path = Path(path)
    try:
        if path.stat().st_size > BIGGEST:
            raise PabulibProblem(f"{path.name} is over {BIGGEST // 1_000_000} MB.")
        return read(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise PabulibProblem(f"There is no file {path}.") from None
    except UnicodeDecodeError:
        raise PabulibProblem(f"{path.name} is not UTF-8. Save it as UTF-8 and try again.") from None
    except OSError as problem:
        raise PabulibProblem(f"{path.name} can't be read: {problem.strerror}.") from None


def _amount(text: str, what: str) -> Fraction:
    try:
        amount = Fraction(text.strip().replace(",", "."))
    except (ValueError, ZeroDivisionError):
        raise PabulibProblem(f"{what} is “{text[:40]}”, which is not a number.") from None
    if amount < 0:
        raise PabulibProblem(f"{what} is {text}, which is less than nothing.")
    return amount


def _whole(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _fraction(text: str) -> Fraction | None:
    try:
        return Fraction(text.replace(",", "."))
    except (ValueError, ZeroDivisionError):
        return None


def read(text: str) -> Election:
    """Return the election that a `.pb` file tells of. Raises PabulibProblem."""
    meta: dict[str, str] = {}
    projects: list[dict[str, str]] = []
    ballots: list[tuple[str, str, str]] = []
    section, head = "", None
    vote_at = points_at = -1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    seen: set[str] = set()
    try:
        for row in reader:
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            if row[0].strip().lower() in _SECTIONS and not any(cell.strip() for cell in row[1:]):
                section, head = row[0].strip().lower(), None
                seen.add(section)
                continue
            if not section:
                raise PabulibProblem(
                    f"Line {reader.line_num} comes before META. A .pb file begins with META."
                )
            if head is None:
                head = [name.strip().lower() for name in row]
                if section == "projects" and "cost" not in head:
                    raise PabulibProblem("PROJECTS has no column “cost”.")
                if section == "votes":
                    if "vote" not in head:
                        raise PabulibProblem("VOTES has no column “vote”.")
                    vote_at = head.index("vote")
                    points_at = head.index("points") if "points" in head else -1
                continue
            if section == "votes":
                vote = row[vote_at] if vote_at < len(row) else ""
                points = row[points_at] if 0 <= points_at < len(row) else ""
                ballots.append((row[0], vote, points))
            elif section == "meta":
                key = row[0].strip().lower()
                if key in meta and meta[key] != (row[1].strip() if len(row) > 1 else ""):
                    raise PabulibProblem(f"META says “{key}” twice, and not the same.")
                meta[key] = row[1].strip() if len(row) > 1 else ""
            else:
                fields = dict(zip(head, (cell.strip() for cell in row), strict=False))
                fields["project_id"] = row[0].strip()
                projects.append(fields)
    except csv.Error as problem:
        raise PabulibProblem(f"Line {reader.line_num} can't be read: {problem}.") from None
    for one in _SECTIONS:
        if one not in seen:
            raise PabulibProblem(f"The file has no part called {one.upper()}.")
    return _make(meta, projects, ballots)


def _make(
    meta: dict[str, str], rows: list[dict[str, str]], ballots: list[tuple[str, str, str]]
) -> Election:
    for key, why in (("budget", "how much money there is"), ("vote_type", "how people voted")):
        if not meta.get(key):
            raise PabulibProblem(f"META doesn't say “{key}”: {why}.")
    kind = _KINDS.get(meta["vote_type"].lower())
    if kind is None:
        raise PabulibProblem(
            f"META says the vote_type is “{meta['vote_type'][:40]}”. "
            f"It can be {', '.join(sorted(_KINDS))}."
        )
    budget = _amount(meta["budget"], "The budget")
    if not rows:
        raise PabulibProblem("PROJECTS is empty: there is nothing to choose between.")
    costs = []
    at: dict[str, int] = {}
    for row in rows:
        name = row["project_id"]
        if not name:
            raise PabulibProblem("A project has no project_id.")
        if name in at:
            raise PabulibProblem(f"PROJECTS has the project_id “{name}” twice.")
        at[name] = len(at)
        costs.append(_amount(row.get("cost", ""), f"The cost of project “{name}”"))
    unit = math.lcm(budget.denominator, *(cost.denominator for cost in costs))
    notes = _odd(meta, len(rows), len(ballots))
    threshold = Fraction(0)
    if meta.get("min_project_score_threshold"):
        threshold = _amount(meta["min_project_score_threshold"], "min_project_score_threshold")
    projects = tuple(
        Project(
            id=row["project_id"],
            cost=int(cost * unit),
            name=row.get("name", ""),
            published_votes=_whole(row.get("votes", "")),
            published_score=_fraction(row.get("score", "")),
            was_selected={"0": False, "1": True, "2": True}.get(row.get("selected", "")),
        )
        for row, cost in zip(rows, costs, strict=True)
    )
    starts, chosen, points, points_unit = _count(kind, ballots, at, meta, projects, notes)
    election = Election(
        projects=projects,
        budget=int(budget * unit),
        kind=kind,
        starts=starts,
        chosen=chosen,
        points=points,
        unit=unit,
        points_unit=points_unit,
        threshold=threshold,
        voters=tuple(voter for voter, _v, _p in ballots),
        meta=meta,
        notes=tuple(notes),
    )
    wrong = [
        one.id
        for one, votes in zip(projects, election.votes, strict=True)
        if one.published_votes is not None and one.published_votes != votes
    ]
    if wrong:
        notes.append(
            f"PROJECTS says other numbers of votes than the ballots for {_some(wrong)}. "
            "The ballots count."
        )
        object.__setattr__(election, "notes", tuple(notes))
    return election


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")


def _odd(meta: Mapping[str, str], projects: int, ballots: int) -> list[str]:
    notes = []
    for key, found in (("num_projects", projects), ("num_votes", ballots)):
        if not meta.get(key):
            notes.append(f"META doesn't say “{key}”. The file has {found}.")
        elif _whole(meta[key]) != found:
            notes.append(f"META says {key} is {meta[key]}, but the file has {found}.")
    return notes


def _count(
    kind: Kind,
    ballots: list[tuple[str, str, str]],
    at: dict[str, int],
    meta: Mapping[str, str],
    projects: tuple[Project, ...],
    notes: list[str],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return starts, chosen, points and the unit of points."""
    voters: set[str] = set()
    lengths = np.zeros(len(ballots) + 1, dtype=np.int64)
    flat: list[int] = []
    amounts: list[Fraction] = []
    known: dict[str, list[int]] = {}
    has_points = kind in (Kind.CUMULATIVE, Kind.SCORING)
    twice = 0
    for row, (voter, vote, points) in enumerate(ballots, start=1):
        if voter in voters:
            raise PabulibProblem(f"VOTES has the voter_id “{voter[:60]}” twice.")
        voters.add(voter)
        named = known.get(vote)
        if named is None:
            names = [name.strip() for name in vote.split(",") if name.strip()]
            if names and [name.lower() for name in names] == ["none"]:
                names = []
            try:
                named = [at[name] for name in names]
            except KeyError as unknown:
                raise PabulibProblem(
                    f"The ballot of voter “{voter[:60]}” names project {unknown.args[0]!r}, "
                    "which is not in PROJECTS."
                ) from None
            known[vote] = named
        if len(set(named)) != len(named):
            if has_points:
                raise PabulibProblem(
                    f"The ballot of voter “{voter[:60]}” gives points to one project twice."
                )
            twice += 1
            named = list(dict.fromkeys(named))
        if has_points:
            if points.strip().lower() == "none":
                points = ""
            parts = [part for part in points.split(",") if part.strip()]
            if len(parts) != len(named):
                raise PabulibProblem(
                    f"The ballot of voter “{voter[:60]}” names {len(named)} projects "
                    f"and gives {len(parts)} numbers of points."
                )
            for part in parts:
                amount = _fraction(part.strip())
                if amount is None:
                    raise PabulibProblem(
                        f"The ballot of voter “{voter[:60]}” gives “{part[:40]}” points."
                    )
                amounts.append(amount)
        lengths[row] = len(named)
        flat.extend(named)
    if twice:
        notes.append(f"{twice} ballots name a project twice. It counts once on each.")
    starts = np.cumsum(lengths)
    chosen = np.array(flat, dtype=np.int64)
    if has_points:
        unit = math.lcm(1, *{amount.denominator for amount in amounts})
        values = [int(amount * unit) for amount in amounts]
        if values and max(map(abs, values)) > 2**31:
            raise PabulibProblem("A ballot gives more points than can be counted.")
        return starts, chosen, np.array(values, dtype=np.int64), unit
    if kind is Kind.ORDINAL:
        return starts, chosen, _places(starts, chosen, meta, projects), 1
    return starts, chosen, np.ones(len(chosen), dtype=np.int64), 1


def _places(
    starts: np.ndarray,
    chosen: np.ndarray,
    meta: Mapping[str, str],
    projects: tuple[Project, ...],
) -> np.ndarray:
    """Return the points of places on ordinal ballots.

    The first of `max_length` places gets so many points, the next one less. Some places count
    from the length of each ballot instead: where the file publishes scores that only this reading
    gives, it is taken.
    """
    lengths = np.diff(starts)
    place = np.arange(len(chosen)) - np.repeat(starts[:-1], lengths)
    longest = int(lengths.max()) if len(lengths) else 0
    most = max(_whole(meta.get("max_length", "")) or 0, longest)
    by_most = most - place
    published = [project.published_score for project in projects]
    if any(score is not None for score in published):
        by_length = np.repeat(lengths, lengths) - place

        def fits(points: np.ndarray) -> bool:
            got = np.zeros(len(projects), dtype=np.int64)
            np.add.at(got, chosen, points)
            return all(
                score is None or score == int(sum_)
                for score, sum_ in zip(published, got, strict=True)
            )

        if not fits(by_most) and fits(by_length):
            return by_length
    return by_most


# --- Writing ----------------------------------------------------------------------------------


def _plain(amount: Fraction) -> str:
    """Return an exact decimal, or raise: 12, 12.5."""
    if amount.denominator == 1:
        return str(amount.numerator)
    digits = 0
    while (amount * 10**digits).denominator != 1:
        digits += 1
        if digits > 12:
            raise ValueError(f"{amount} has no end as a decimal.")
    whole = abs(int(amount * 10**digits))
    text = str(whole).rjust(digits + 1, "0")
    return f"{'-' if amount < 0 else ''}{text[:-digits]}.{text[-digits:]}"


def write(election: Election, *, selected: frozenset[str] | None = None) -> str:
    """Return the election as the text of a `.pb` file; `read` gives the same election back."""
    out = io.StringIO()
    row = csv.writer(out, delimiter=";", lineterminator="\n").writerow
    own = {
        "num_projects": str(len(election.projects)),
        "num_votes": str(election.ballots),
        "budget": _plain(Fraction(election.budget, election.unit)),
        "vote_type": election.kind.value,
    }
    if election.threshold:
        own["min_project_score_threshold"] = _plain(election.threshold)
    longest = int(np.diff(election.starts).max()) if election.ballots else 0
    if election.kind is Kind.ORDINAL and len(election.points):
        # So that the places mean the same points when the file is read.
        own["max_length"] = str(max(int(election.points.max()), longest))
    row(["META"])
    row(["key", "value"])
    for key, value in {**election.meta, **own}.items():
        row([key, " ".join(value.split())])
    has_points = election.kind in (Kind.CUMULATIVE, Kind.SCORING)
    row(["PROJECTS"])
    heading = ["project_id", "cost", "votes"]
    heading += ["score"] if election.kind is not Kind.APPROVAL else []
    row([*heading, "name", *(["selected"] if selected is not None else [])])
    for at, project in enumerate(election.projects):
        fields = [
            project.id,
            _plain(Fraction(project.cost, election.unit)),
            str(election.votes[at]),
        ]
        if election.kind is not Kind.APPROVAL:
            fields.append(_plain(Fraction(election.scores[at], election.points_unit)))
        fields.append(" ".join(project.name.split()))
        if selected is not None:
            fields.append("1" if project.id in selected else "0")
        row(fields)
    row(["VOTES"])
    row(["voter_id", "vote", *(["points"] if has_points else [])])
    for at in range(election.ballots):
        ballot = election.ballot(at)
        voter = election.voters[at] if election.voters else str(at + 1)
        fields = [voter, ",".join(election.projects[p].id for p, _n in ballot)]
        if has_points:
            fields.append(",".join(_plain(Fraction(n, election.points_unit)) for _p, n in ballot))
        row(fields)
    return out.getvalue()
