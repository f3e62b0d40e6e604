"""How well needs are understood: `doorstep bench matching SERVICES.csv NEEDS.csv`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doorstep.base.benches import Bench, rows_of
from doorstep.organisations.finding import danger, engine, meaning

DANGERS = {"EMERGENCY": danger.EMERGENCY, "SAFEGUARDING": danger.SAFEGUARDING}


@dataclass(frozen=True)
class Need:
    """What somebody said, with every acceptable answer, best first."""

    id: str
    words: str
    right: tuple[str, ...]
    note: str = ""

    @property
    def level(self) -> str:
        """The danger its first answer names, or ""."""
        return DANGERS.get(self.right[0], "") if self.right else ""

    @property
    def may_raise(self) -> bool:
        return any(one in DANGERS for one in self.right)

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(one for one in self.right if one not in DANGERS)

    @property
    def is_look_alike(self) -> bool:
        return "look-alike" in self.note


def load_entries(file: Path) -> list[engine.Entry]:
    """Return the entries of a CSV with id, name, description and perhaps the other columns."""
    return [
        engine.Entry(
            key=row["id"],
            name=row["name"],
            description=row["description"],
            organisation=row.get("organisation", ""),
            languages=tuple(
                one.strip() for one in row.get("languages", "").split(";") if one.strip()
            ),
            area=row.get("area", ""),
            access=row.get("access_notes", ""),
            kind=row.get("kind", "service"),
        )
        for row in rows_of(file, ("id", "name", "description"))
    ]


def load_needs(file: Path) -> list[Need]:
    """Return the needs of a CSV with id, words, right_ids and perhaps note."""
    return [
        Need(
            row["id"],
            row["words"],
            tuple(one.strip() for one in row["right_ids"].split("|") if one.strip()),
            row.get("note", ""),
        )
        for row in rows_of(file, ("id", "words", "right_ids"))
    ]


def measure(
    entries: Sequence[engine.Entry], needs: Sequence[Need], *, with_reader: bool = True
) -> dict[str, Any]:
    """Return shares right first, in three and in five, danger caught and false, and the misses."""
    reader = meaning.quick_reader() if with_reader else None
    index = engine.Index.make(entries, reader([one.meaning for one in entries]) if reader else None)
    if reader:
        reader(["warm"])
    started = time.perf_counter()
    answers = []
    for need in needs:
        heard = engine.hear(need.words)
        reading = engine.read(heard, reader)
        hits = index.search(heard, reading)
        answers.append((need, [index.keys[one.place] for one in hits], danger.hear(heard, reading)))
    seconds = time.perf_counter() - started
    asked = [one for one in answers if not one[0].level]
    in_danger = [one for one in answers if one[0].level]
    calm = [one for one in asked if not one[0].may_raise]
    alike = [one for one in calm if one[0].is_look_alike]
    ranks = [
        (need, min((keys.index(one) for one in need.services if one in keys), default=999), keys)
        for need, keys, _danger in asked
    ]

    def share(part: float, whole: int) -> float | None:
        return round(part / whole, 3) if whole else None

    def within(many: int) -> float | None:
        return share(sum(rank < many for _need, rank, _keys in ranks), len(ranks))

    caught = [one for one in in_danger if one[2]]
    level_right = sum(
        0.5 if need.level == danger.EMERGENCY and said.level == danger.SAFEGUARDING else 1.0
        for need, _keys, said in caught
    )
    false = [need.id for need, _keys, said in calm if said]
    false_alike = [need.id for need, _keys, said in alike if said]
    return {
        "needs": len(needs),
        "entries": len(entries),
        "with_reader": reader is not None,
        "first": within(1),
        "in_first_3": within(3),
        "in_first_5": within(5),
        "asked": len(ranks),
        "danger_caught": share(len(caught), len(in_danger)),
        "danger_caught_at_its_level": share(level_right, len(in_danger)),
        "danger": len(in_danger),
        "danger_false": share(len(false_alike), len(alike)),
        "look_alikes": len(alike),
        "danger_false_of_all": share(len(false), len(calm)),
        "not_in_danger": len(calm),
        "misses": {
            "first": [
                {"id": need.id, "place": rank + 1 if rank < 999 else None, "got": keys[:5]}
                for need, rank, keys in ranks
                if rank > 0
            ],
            "danger": [need.id for need, _keys, said in in_danger if not said],
            "danger_at_a_lower_level": [
                need.id
                for need, _keys, said in caught
                if need.level == danger.EMERGENCY and said.level == danger.SAFEGUARDING
            ],
            "false_look_alikes": false_alike,
            "false": false,
        },
        "ms_per_need": round(seconds / len(needs) * 1000, 2),
    }


def table(found: dict[str, Any]) -> str:
    """Return what `measure` found as a few plain lines."""

    def said(value: float | None) -> str:
        return "–" if value is None else f"{value:.2f}"

    misses = found["misses"]
    lines = [
        f"{found['needs']} needs against {found['entries']} entries, {found['ms_per_need']} ms each"
        + ("" if found["with_reader"] else " (by words alone)"),
        f"Right first {said(found['first'])}, in the first three {said(found['in_first_3'])}, in "
        f"the first five {said(found['in_first_5'])} (of {found['asked']})",
        f"Danger caught {said(found['danger_caught'])} (of {found['danger']}); missed: "
        f"{' '.join(misses['danger']) or 'none'}",
        f"Danger falsely: look-alikes {said(found['danger_false'])} (of {found['look_alikes']}), "
        f"all {said(found['danger_false_of_all'])} (of {found['not_in_danger']})",
        "",
    ]
    lines += [
        f"{one['id']}: right at {one['place'] or 'no place'}, got {' '.join(one['got'])}"
        for one in misses["first"]
    ]
    return "\n".join(lines)


BENCH = Bench(
    ("SERVICES.csv", "NEEDS.csv"),
    "how well needs are understood",
    lambda files, options: measure(
        load_entries(files[0]), load_needs(files[1]), with_reader=not options["by_words"]
    ),
    table,
)
