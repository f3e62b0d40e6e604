"""How well texts are read: a reading of each row of a labelled file, counted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doorstep.base.benches import BadFile, Bench, rows_of
from doorstep.kindness import meaning
from doorstep.kindness.reading import (
    EMERGENCY,
    FINE,
    FLAG,
    SAFEGUARDING,
    VERDICTS,
    Reading,
    model,
    read,
)


@dataclass(frozen=True)
class Labelled:
    """A text with what a person says it is. `rule` is "" where the file names none."""

    id: str
    text: str
    verdict: str
    rule: str = ""


def load(file: Path) -> list[Labelled]:
    """Return the rows of a CSV with the columns id, text, verdict and perhaps rule.

    Raises BadFile for a file that can't be read, or a verdict there is none of.
    """
    found = []
    for number, row in enumerate(rows_of(file, ("id", "text", "verdict")), 1):
        verdict = row["verdict"].strip().lower()
        if verdict not in VERDICTS:
            raise BadFile(
                f"{file}, row {number}: the verdict “{verdict[:40]}” is none of "
                f"{', '.join(VERDICTS)}."
            )
        found.append(Labelled(row["id"], row["text"], verdict, row.get("rule", "").strip()))
    return found


def measure(rows: Sequence[Labelled]) -> dict[str, Any]:
    """Return precision and recall by verdict, danger caught, flags, rules named and misses."""
    model()
    meaning.vector("warm up")
    started = time.perf_counter()
    readings = [read(row.text) for row in rows]
    seconds = time.perf_counter() - started
    pairs = list(zip(rows, readings, strict=True))
    confusion = {
        said: {
            got: sum(1 for row, one in pairs if row.verdict == said and one.verdict == got)
            for got in VERDICTS
        }
        for said in VERDICTS
    }
    return {
        "texts": len(rows),
        "by_verdict": {verdict: _rates(confusion, verdict) for verdict in VERDICTS},
        "confusion": confusion,
        "danger": _danger(pairs),
        "flags": _flags(pairs),
        "rule_named": _rule_named(pairs),
        "misses": {
            verdict: [
                {"id": row.id, "read_as": one.verdict}
                for row, one in pairs
                if row.verdict == verdict != one.verdict
            ]
            for verdict in VERDICTS
        },
        "ms_per_text": round(seconds / len(rows) * 1000, 3),
    }


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole else None


def _rates(confusion: dict[str, dict[str, int]], verdict: str) -> dict[str, Any]:
    right = confusion[verdict][verdict]
    labelled = sum(confusion[verdict].values())
    called = sum(confusion[said][verdict] for said in VERDICTS)
    return {
        "labelled": labelled,
        "read_as_it": called,
        "right": right,
        "precision": _share(right, called),
        "recall": _share(right, labelled),
    }


def _danger(pairs: Sequence[tuple[Labelled, Reading]]) -> dict[str, Any]:
    """An emergency read as safeguarding counts half; a safeguarding one as emergency, whole."""
    caught, rows, false = 0.0, 0, []
    missed, by = [], {EMERGENCY: 0.0, SAFEGUARDING: 0.0}
    for row, one in pairs:
        if row.verdict in by:
            rows += 1
            worth = 0.0
            if one.verdict == row.verdict or one.verdict == EMERGENCY:
                worth = 1.0
            elif one.verdict == SAFEGUARDING:
                worth = 0.5
            by[row.verdict] += worth
            caught += worth
            if worth == 0:
                missed.append(row.id)
        elif one.is_danger:
            false.append(row.id)
    return {
        "rows": rows,
        "caught": caught,
        "recall": _share(caught, rows),
        "emergency_caught": by[EMERGENCY],
        "safeguarding_caught": by[SAFEGUARDING],
        "missed": missed,
        "others": len(pairs) - rows,
        "false_danger": len(false),
        "false_danger_ids": false,
    }


def _flags(pairs: Sequence[tuple[Labelled, Reading]]) -> dict[str, Any]:
    labelled = [one for row, one in pairs if row.verdict == FLAG]
    called = [row for row, one in pairs if one.verdict == FLAG]
    fines = [row for row, _one in pairs if row.verdict == FINE]
    silenced = [row.id for row in called if row.verdict == FINE]
    caught = sum(1 for one in labelled if one.verdict == FLAG)
    return {
        "rows": len(labelled),
        "caught": caught,
        "recall": _share(caught, len(labelled)),
        "precision": _share(caught, len(called)),
        "fine": len(fines),
        "silenced": len(silenced),
        "silenced_ids": silenced,
    }


def _rule_named(pairs: Sequence[tuple[Labelled, Reading]]) -> dict[str, Any]:
    caught = [
        (row, one) for row, one in pairs if row.rule and row.verdict == FLAG and one.verdict == FLAG
    ]
    first = sum(1 for row, one in caught if one.rules[:1] == (row.rule,))
    among = sum(1 for row, one in caught if row.rule in one.rules)
    return {
        "flags_caught_with_a_rule": len(caught),
        "right_first": first,
        "share": _share(first, len(caught)),
        "among_three": among,
    }


def table(found: dict[str, Any]) -> str:
    """Return what `measure` found as a plain table."""

    def said(value: float | None) -> str:
        return "–" if value is None else f"{value:.2f}"

    lines = [f"{found['texts']} texts, {found['ms_per_text']} ms each", ""]
    lines.append(f"{'verdict':<14}{'rows':>6}{'right':>7}{'precision':>11}{'recall':>8}")
    for verdict, row in found["by_verdict"].items():
        lines.append(
            f"{verdict:<14}{row['labelled']:>6}{row['right']:>7}"
            f"{said(row['precision']):>11}{said(row['recall']):>8}"
        )
    lines += ["", f"{'is, read as':<14}" + "".join(f"{name:>14}" for name in VERDICTS)]
    for verdict, row in found["confusion"].items():
        lines.append(f"{verdict:<14}" + "".join(f"{row[name]:>14}" for name in VERDICTS))
    danger, flags, rule = found["danger"], found["flags"], found["rule_named"]
    lines += [
        "",
        f"Danger caught: {danger['caught']:g} of {danger['rows']} ({said(danger['recall'])}); "
        f"false danger: {danger['false_danger']} of {danger['others']}",
        f"Missed: {' '.join(danger['missed']) or 'none'}",
        f"Flags: recall {said(flags['recall'])}, precision {said(flags['precision'])}; "
        f"fine posts flagged: {flags['silenced']} of {flags['fine']}",
        f"Right rule named: {rule['right_first']} of {rule['flags_caught_with_a_rule']}",
    ]
    return "\n".join(lines)


BENCH = Bench(
    ("POSTS.csv",),
    "how well texts are read (id,text,verdict)",
    lambda files, options: measure(load(files[0])),
    table,
)
