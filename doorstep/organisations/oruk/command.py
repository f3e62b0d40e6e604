"""`doorstep import services`: a feed from the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from doorstep.organisations.models import ImportRun
from doorstep.organisations.oruk import feeds, template
from doorstep.organisations.oruk.bringing_in import Report, import_feed

MOST_TOLD = 200
Say = Callable[[str], Any]


def add_arguments(parser: Any) -> None:
    parser.add_argument(
        "feed",
        metavar="FEED",
        nargs="?",
        default="",
        help="an address (https://…), a file (JSON, CSV or zip) or a folder of the standard's CSV",
    )
    parser.add_argument(
        "--template", action="store_true", help="print our CSV, to be filled in row by row"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="read and check everything, keep nothing"
    )
    parser.add_argument(
        "--strict", action="store_true", help="keep nothing if a single row is left out"
    )
    parser.add_argument(
        "--allow-fewer",
        action="store_true",
        help="go on even if more than a third has gone from the feed",
    )
    parser.add_argument("--name", default="", help="what to call this feed")
    parser.add_argument("--licence", default="", help="under which licence it may be used")
    parser.add_argument("--attribution", default="", help="whom to name as its source")
    parser.add_argument(
        "--every", type=int, default=None, metavar="HOURS", help="ask it again so often by itself"
    )
    parser.add_argument(
        "--map",
        default="",
        metavar="FILE",
        help="CSV with the columns theirs,ours: a term of the feed (id, address or name) "
        "and the term of ours that it means (id or name)",
    )
    parser.add_argument("--json", action="store_true", help="say what was done as JSON")


class _Wrong(Exception):
    """The words on the command line, or the mapping file, are wrong."""


def read_map(path: Path) -> dict[str, str]:
    """Return the feed's terms -> ours, from a CSV with the columns theirs and ours."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not {"theirs", "ours"} <= set(reader.fieldnames or []):
                raise _Wrong(f"{path} needs the columns theirs and ours.")
            return {
                row["theirs"].strip(): row["ours"].strip()
                for row in reader
                if row.get("theirs") and row.get("ours")
            }
    except (OSError, UnicodeDecodeError) as problem:
        raise _Wrong(f"We can't read {path} ({problem}).") from None


def handle(options: dict[str, Any], out: Say, err: Say) -> int:
    """Do it. Returns 0 for all in, 1 if rows were left out, it was held or is no use, 2 for wrong
    words on the command line."""
    if options["template"]:
        out(template.text().rstrip("\n"))
        return 0
    if not options["feed"]:
        err("Say which feed: an address, a file or a folder. --template prints our CSV.")
        return 2
    if options["every"] is not None and not 1 <= options["every"] <= 24 * 90:
        err("--every takes hours, from 1 to 2160.")
        return 2
    place = options["feed"]
    if not feeds.is_address(place):
        place = str(Path(place).resolve())
    try:
        mapped = read_map(Path(options["map"])) if options["map"] else None
    except _Wrong as problem:
        err(str(problem))
        return 2
    report = import_feed(
        place,
        name=options["name"],
        licence=options["licence"],
        attribution=options["attribution"],
        every_hours=options["every"],
        term_map=mapped,
        dry_run=options["dry_run"],
        strict=options["strict"],
        allow_fewer=options["allow_fewer"],
    )
    if options["json"]:
        out(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        _tell(report, out, err)
    is_in = report.state in (ImportRun.State.DONE, ImportRun.State.DRY)
    return 0 if is_in and not report.left_out else 1


def _tell(report: Report, out: Say, err: Say) -> None:
    for row in report.rows[:MOST_TOLD]:
        name = f" ({row.name})" if row.name else ""
        err(f"{row.place}{name}: {row.said}")
    more = report.left_out + report.mended - min(len(report.rows), MOST_TOLD)
    if more > 0:
        err(f"… and about {more} more like these")
    if report.said:
        err(report.said)
    counts = (
        (report.added, "added"),
        (report.changed, "changed"),
        (report.same, "already there"),
        (report.gone, "gone from it"),
        (report.left_out, "left out"),
        (report.mended, "set aside or mended"),
    )
    pieces = ", ".join(f"{number} {word}" for number, word in counts if number)
    kept = {
        ImportRun.State.DRY: " Nothing was kept: this was a dry run.",
        ImportRun.State.REFUSED: " Nothing was kept.",
        ImportRun.State.HELD: " It is held: nothing was changed.",
    }.get(ImportRun.State(report.state), "")
    out(f"services: {report.read} read; {pieces or 'nothing to do'}.{kept}")
