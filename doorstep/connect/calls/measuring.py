"""How well calls find who may answer: `doorstep bench calls RECEIVERS.csv CALLS.csv`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from doorstep.base.benches import Bench
from doorstep.connect.calls.ranking import order
from doorstep.organisations.finding import engine, meaning
from doorstep.organisations.finding.measuring import Need, load_entries, load_needs


def measure(entries: Sequence[engine.Entry], calls: Sequence[Need]) -> dict[str, Any]:
    """Return the shares with a right one first, in three and in five, and the misses."""
    reader = meaning.reader()
    table = engine.Index.make(entries, reader([one.meaning for one in entries]) if reader else None)
    known = {one.key for one in entries}
    ranks = []
    started = time.perf_counter()
    for call in calls:
        right = [one for one in call.services if one in known]
        if not right or call.level:
            continue
        heard = engine.hear(call.words)
        keys = [table.keys[one.place] for one in order(table, heard, engine.read(heard, reader))]
        place = min((keys.index(one) for one in right if one in keys), default=999)
        ranks.append((call.id, place, keys[:5]))
    seconds = time.perf_counter() - started
    many = max(1, len(ranks))

    def within(most: int) -> float:
        return round(sum(place < most for _id, place, _keys in ranks) / many, 3)

    return {
        "calls": len(ranks),
        "receivers": len(entries),
        "with_reader": reader is not None,
        "first": within(1),
        "in_first_3": within(3),
        "in_first_5": within(5),
        "ms_per_call": round(seconds / many * 1000, 2),
        "misses": [
            {"id": name, "place": place + 1 if place < 999 else None, "got": keys}
            for name, place, keys in ranks
            if place >= 5
        ],
    }


def table(found: dict[str, Any]) -> str:
    """Return what `measure` found as a few plain lines."""
    return "\n".join(
        [
            f"{found['calls']} calls against {found['receivers']} who may answer, "
            f"{found['ms_per_call']} ms each",
            f"A right one first {found['first']}, in three {found['in_first_3']}, "
            f"in five {found['in_first_5']}",
            *(f"{one['id']}: right at {one['place'] or 'no place'}" for one in found["misses"]),
        ]
    )


BENCH = Bench(
    ("RECEIVERS.csv", "CALLS.csv"),
    "how well calls find who may answer",
    lambda files, options: measure(load_entries(files[0]), load_needs(files[1])),
    table,
)
