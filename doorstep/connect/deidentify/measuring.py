"""How well texts are de-identified: every mark of a labelled file, counted."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from doorstep.base.benches import BIGGEST, BadFile, Bench
from doorstep.connect.deidentify import KINDS, Span, find

ENOUGH = 0.8  # the share of a span that must be marked
ENOUGH_OF_RARE = 0.5  # its edges are a matter of taste


def load(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSON-lines file: {"id", "text", "spans": [{start, end, kind}]}.

    Raises BadFile.
    """
    try:
        if file.stat().st_size > BIGGEST:
            raise BadFile(f"{file} is over {BIGGEST // 1_000_000} MB. Measure a part of it.")
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise BadFile(f"There is no file {file}.") from None
    except UnicodeDecodeError:
        raise BadFile(f"{file} is not UTF-8. Save it as UTF-8 and try again.") from None
    except OSError as problem:
        raise BadFile(f"{file} can't be read: {problem.strerror}.") from None
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            text, spans = row["text"], row["spans"]
            for one in spans:
                if one["kind"] not in KINDS:
                    raise BadFile(
                        f"{file}, line {number}: the kind “{str(one['kind'])[:40]}” is none of "
                        f"{', '.join(KINDS)}."
                    )
                if not 0 <= int(one["start"]) < int(one["end"]) <= len(text):
                    raise BadFile(f"{file}, line {number}: a span lies outside the text.")
        except (ValueError, KeyError, TypeError):
            raise BadFile(
                f'{file}, line {number} is not {{"id": …, "text": …, "spans": […]}}.'
            ) from None
        rows.append(row)
    if not rows:
        raise BadFile(f"{file} has no rows.")
    return rows


def measure(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return recall by kind, precision, texts fully safe, over-marking, and every miss."""
    find("Warm up.")
    started = time.perf_counter()
    found = [find(row["text"]) for row in rows]
    seconds = time.perf_counter() - started
    labelled: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    right_kind = 0
    misses, needless, mistaken = [], [], []
    marks_right: Counter[str] = Counter()
    marks_all: Counter[str] = Counter()
    safe = safe_with_rare = with_spans = clean = clean_marked = outside = outside_marked = 0
    for row, marks in zip(rows, found, strict=True):
        text = row["text"]
        covered = [False] * len(text)
        for one in marks:
            covered[one.start : one.end] = [True] * (one.end - one.start)
        truth = [False] * len(text)
        missed_here: list[str] = []
        for span in row["spans"]:
            start, end, kind = int(span["start"]), int(span["end"]), span["kind"]
            truth[start:end] = [True] * (end - start)
            labelled[kind] += 1
            enough = ENOUGH_OF_RARE if kind == "rare_detail" else ENOUGH
            if sum(covered[start:end]) >= enough * (end - start):
                caught[kind] += 1
                best = max(marks, key=lambda one: min(one.end, end) - max(one.start, start))
                right_kind += best.kind == kind
                if best.kind != kind:
                    mistaken.append(
                        {
                            "id": row.get("id"),
                            "text": text[start:end],
                            "is": kind,
                            "marked_as": best.kind,
                        }
                    )
            else:
                missed_here.append(kind)
                misses.append({"id": row.get("id"), "kind": kind, "text": text[start:end]})
        for one in marks:
            marks_all[one.kind] += 1
            if _touches(one, row["spans"]):
                marks_right[one.kind] += 1
            else:
                needless.append(
                    {"id": row.get("id"), "kind": one.kind, "text": text[one.start : one.end]}
                )
        outside += truth.count(False)
        outside_marked += sum(1 for c, t in zip(covered, truth, strict=True) if c and not t)
        if row["spans"]:
            with_spans += 1
            safe_with_rare += not missed_here
            safe += not [kind for kind in missed_here if kind != "rare_detail"]
        else:
            clean += 1
            clean_marked += bool(marks)
    return {
        "texts": len(rows),
        "recall": {
            kind: {
                "labelled": labelled[kind],
                "found": caught[kind],
                "recall": _share(caught[kind], labelled[kind]),
            }
            for kind in KINDS
            if labelled[kind]
        },
        "recall_without_rare": _share(
            sum(n for k, n in caught.items() if k != "rare_detail"),
            sum(n for k, n in labelled.items() if k != "rare_detail"),
        ),
        "precision": _share(sum(marks_right.values()), sum(marks_all.values())),
        "precision_by_kind": {
            kind: _share(marks_right[kind], marks_all[kind]) for kind in KINDS if marks_all[kind]
        },
        "marks": sum(marks_all.values()),
        "texts_fully_safe": _share(safe, with_spans),
        "texts_fully_safe_with_rare": _share(safe_with_rare, with_spans),
        "over_marked_share": _share(outside_marked, outside),
        "clean_texts": clean,
        "clean_texts_marked": clean_marked,
        "kind_right": _share(right_kind, sum(caught.values())),
        "misses": misses,
        "needless": needless,
        "kind_mistaken": mistaken,
        "ms_per_text": round(seconds / len(rows) * 1000, 2),
    }


def _touches(mark: Span, spans: list[dict[str, Any]]) -> bool:
    """Whether at least half of a mark, or half of a span, is common to both."""
    for span in spans:
        common = min(mark.end, int(span["end"])) - max(mark.start, int(span["start"]))
        if common > 0 and common * 2 >= min(mark.end - mark.start, span["end"] - span["start"]):
            return True
    return False


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def table(found: dict[str, Any]) -> str:
    """Return what `measure` found as a plain table with the misses."""
    lines = [f"{found['texts']} texts, {found['ms_per_text']} ms each", ""]
    lines.append(f"{'kind':<16}{'marked':>8}{'found':>8}{'recall':>9}{'precision':>11}")
    for kind, row in found["recall"].items():
        precise = found["precision_by_kind"].get(kind)
        lines.append(
            f"{kind:<16}{row['labelled']:>8}{row['found']:>8}{row['recall'] or 0:>9.3f}"
            f"{'–' if precise is None else f'{precise:.3f}':>11}"
        )
    lines += [
        "",
        f"Precision of all marks: {found['precision']}",
        f"Texts fully safe: {found['texts_fully_safe']} "
        f"(with rare details {found['texts_fully_safe_with_rare']})",
        f"Marked outside: {found['over_marked_share']} of characters; "
        f"{found['clean_texts_marked']} of {found['clean_texts']} clean texts",
        f"Right kind: {found['kind_right']}",
        "",
        "Missed:",
        *[f"  {m['id']}  {m['kind']:<14} {m['text']}" for m in found["misses"]],
        "Needless:",
        *[f"  {m['id']}  {m['kind']:<14} {m['text']}" for m in found["needless"]],
    ]
    return "\n".join(lines)


BENCH = Bench(
    ("TEXTS.jsonl",),
    "how well names, addresses and rare details are marked (id,text,spans)",
    lambda files, options: measure(load(files[0])),
    table,
)
