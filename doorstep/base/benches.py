"""What `doorstep bench NAME FILE…` measures on labelled files: each app hangs its own up here."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.module_loading import import_string

from doorstep.base.registry import Registry

BIGGEST = 50_000_000  # bytes


class BadFile(Exception):
    """The file can't be measured; says why in a sentence."""


@dataclass(frozen=True)
class Bench:
    """How well something is done, counted on files with the right answers.

    `files` names the files it takes; of `optional` ones it can do without. `run(files, options)`
    returns what was found, ready for JSON; `options` are the command's
    (`seconds` and `by_words` among them). It raises BadFile. `table(found)` says the same for
    people; without one, JSON is printed.
    """

    files: tuple[str, ...]
    help: str
    run: Callable[[list[Path], dict[str, Any]], dict[str, Any]]
    table: Callable[[dict[str, Any]], str] | None = None
    optional: tuple[str, ...] = ()


# By name, where the Bench is: "doorstep.kindness.measuring.BENCH". It is imported only to measure.
benches: Registry[str] = Registry("what doorstep bench measures")


def every_bench() -> dict[str, Bench]:
    """Return all of them by name, in order."""
    return {name: import_string(path) for name, path in benches.items()}


def rows_of(file: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a CSV file in UTF-8, a dict each; what is missing is "".

    Raises BadFile for a file that is missing, too big, not UTF-8, empty, or without a column.
    """
    try:
        if file.stat().st_size > BIGGEST:
            raise BadFile(f"{file} is over {BIGGEST // 1_000_000} MB. Measure a part of it.")
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            missing = [name for name in needed if name not in (reader.fieldnames or [])]
            if missing:
                raise BadFile(
                    f"{file} has no column {', '.join(missing)}. It needs {', '.join(needed)}."
                )
            rows = [{key: value or "" for key, value in row.items() if key} for row in reader]
    except FileNotFoundError:
        raise BadFile(f"There is no file {file}.") from None
    except UnicodeDecodeError:
        raise BadFile(f"{file} is not UTF-8. Save it as UTF-8 and try again.") from None
    except csv.Error as problem:
        raise BadFile(f"{file} is not a CSV file that can be read: {problem}.") from None
    except OSError as problem:
        raise BadFile(f"{file} can't be read: {problem.strerror}.") from None
    if not rows:
        raise BadFile(f"{file} has no rows below its heading.")
    return rows
