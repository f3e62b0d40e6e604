"""How well records of one person are found, on pairs that somebody has labelled."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doorstep.base.benches import Bench, rows_of
from doorstep.people.merging.suggesting import (
    MOST_WITH_A_KEY,
    SUGGEST,
    Card,
    Score,
    address_words,
    digits,
    keys_of,
    score,
    squeeze,
    words_of_name,
)


@dataclass(frozen=True)
class Row:
    """One row of the file: its card, and the answer."""

    id: str
    card: Card
    person: str
    case: str


NEEDED = (
    "id", "given", "family", "dob", "birth_year", "phone", "email", "postcode", "address",
    "true_person",
)  # fmt: skip
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def read_date(text: str) -> dt.date | None:
    """Return a date in whatever form an officer typed it (day first); None for none."""
    found = re.findall(r"[A-Za-z]{3,}|\d+", text)
    if len(found) != 3:
        return None
    if len(found[0]) == 4:
        found = found[::-1]
    day, month, year = found
    number = _MONTHS.index(month[:3].lower()) + 1 if month.isalpha() else int(month)
    whole = int(year) if len(year) == 4 else 1900 + int(year) + (100 if int(year) < 20 else 0)
    try:
        return dt.date(whole, number, int(day))
    except ValueError:
        return None


def read(file: Path) -> list[Row]:
    """Read the file; the answers (`true_person`, `case`) go beside the cards, never into them.

    Raises BadFile for a file that can't be read.
    """
    return [
        Row(
            row["id"],
            Card(
                given=words_of_name(row["given"]),
                family=words_of_name(row["family"]),
                born_on=read_date(row["dob"]),
                born_year=int(row["birth_year"]) if row["birth_year"].isdigit() else None,
                phones=frozenset(filter(None, [digits(row["phone"])])),
                emails=frozenset(filter(None, [row["email"].strip().lower()])),
                postcode=squeeze(row["postcode"]),
                address=address_words(row["address"]),
            ),
            row["true_person"],
            row.get("case", ""),
        )
        for row in rows_of(file, NEEDED)
    ]


def candidates(rows: list[Row]) -> dict[tuple[int, int], Score]:
    """Return (place, place) -> score for every pair that shares a key."""
    meet: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        for key in keys_of(row.card):
            meet[key].append(place)
    found: dict[tuple[int, int], Score] = {}
    for places in meet.values():
        if len(places) > MOST_WITH_A_KEY:
            continue
        for pair in itertools.combinations(places, 2):
            if pair not in found:
                found[pair] = score(rows[pair[0]].card, rows[pair[1]].card)
    return found


def measure(rows: list[Row], *, at: int = SUGGEST) -> dict[str, Any]:
    """Return precision, recall and the rest of what the data's README asks for.

    The unit is the pair of rows. Notes are not read.
    """
    begun = time.perf_counter()
    found = candidates(rows)
    seconds = time.perf_counter() - begun
    true = {
        pair
        for pair in itertools.combinations(range(len(rows)), 2)
        if rows[pair[0]].person and rows[pair[0]].person == rows[pair[1]].person
    }
    ranked = sorted(found, key=lambda pair: (-found[pair].points, pair))
    shown = [pair for pair in ranked if found[pair].points >= at]
    right = [pair for pair in shown if pair in true]
    return {
        "rows": len(rows),
        "true_pairs": len(true),
        "compared": len(found),
        "setting": at,
        "suggested": len(shown),
        "precision": _share(len(right), len(shown)),
        "recall": _share(len(right), len(true)),
        "recall_in_best_100": _share(len(true.intersection(ranked[:100])), len(true)),
        "recall_in_best_200": _share(len(true.intersection(ranked[:200])), len(true)),
        "met": _share(len(true & found.keys()), len(true)),
        "first_trap_at": next(
            (place for place, pair in enumerate(ranked, 1) if pair not in true), None
        ),
        "while_typing_first_three": _while_typing(rows, found, true),
        "recall_by_case": _by_case(rows, true, set(right)),
        "traps_suggested": dict(
            Counter(_case(rows, pair) for pair in shown if pair not in true).most_common()
        ),
        "b_cubed": _b_cubed(rows, shown),
        "notes_read": False,
        "seconds": round(seconds, 3),
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0.0


def _case(rows: list[Row], pair: tuple[int, int]) -> str:
    """The case of the row whose id sorts later."""
    return max((rows[place] for place in pair), key=lambda row: row.id).case


def _by_case(
    rows: list[Row], true: set[tuple[int, int]], right: set[tuple[int, int]]
) -> dict[str, str]:
    every = Counter(_case(rows, pair) for pair in true)
    hits = Counter(_case(rows, pair) for pair in right)
    return {case: f"{hits[case]} of {count}" for case, count in sorted(every.items())}


def _while_typing(
    rows: list[Row], found: dict[tuple[int, int], Score], true: set[tuple[int, int]]
) -> float:
    beside: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (one, other), result in found.items():
        beside[one].append((-result.points, other))
        beside[other].append((-result.points, one))
    asked = {place for pair in true for place in pair}
    hits = sum(
        any(
            (min(place, other), max(place, other)) in true
            for _points, other in sorted(beside[place])[:3]
        )
        for place in asked
    )
    return _share(hits, len(asked))


def _b_cubed(rows: list[Row], shown: list[tuple[int, int]]) -> dict[str, float]:
    """Groups as suggested pairs would form them, if every suggestion were taken."""
    group = list(range(len(rows)))

    def top(place: int) -> int:
        while group[place] != place:
            place = group[place]
        return place

    for one, other in shown:
        group[top(one)] = top(other)
    ours, theirs = defaultdict(set), defaultdict(set)
    for place, row in enumerate(rows):
        ours[top(place)].add(place)
        theirs[row.person].add(place)
    precision = recall = 0.0
    for place, row in enumerate(rows):
        both = len(ours[top(place)] & theirs[row.person])
        precision += both / len(ours[top(place)])
        recall += both / len(theirs[row.person])
    return {
        "precision": round(precision / len(rows), 3),
        "recall": round(recall / len(rows), 3),
    }


BENCH = Bench(
    ("PEOPLE.csv",),
    "how well records of one person are found",
    lambda files, options: measure(read(files[0])),
)
