"""A CSV file into a table to scan, or into one series of weeks; and what was wrong with it."""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from doorstep.watch.scan import scanning, spacetime
from doorstep.watch.scan.scanning import Table

BIGGEST = 300_000_000  # bytes
MOST_ROWS = 5_000_000
MOST_CELLS = 60_000_000  # areas × themes × weeks
MOST_SERIES_WEEKS = 20_000
# A handful of rows a year or more before all others is a slip of the pen (1970 above all).
LONELY_SHARE = 0.01
LONELY_DAYS = 366


class BadFile(Exception):
    """The file can't be scanned; says why, and what to do, in a sentence."""


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line, row by lower-case column name, trimmed)."""
    try:
        if file.stat().st_size > BIGGEST:
            raise BadFile(
                f"{file} is over {BIGGEST // 1_000_000} MB. Add up its rows by day, area and theme."
            )
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            heading = next(reader, None)
            if heading is None:
                raise BadFile(f"{file} is empty.")
            names = [one.strip().lower() for one in heading]
            if len(set(names)) != len(names):
                raise BadFile(f"{file} names a column twice in its first line.")
            yield 1, dict.fromkeys(names, "")
            for row in reader:
                if not any(row):
                    continue
                if len(row) != len(names):
                    raise BadFile(
                        f"Line {reader.line_num} of {file} has {len(row)} values, and the first "
                        f"line names {len(names)} columns."
                    )
                yield (
                    reader.line_num,
                    dict(zip(names, [one.strip() for one in row], strict=True)),
                )
    except FileNotFoundError:
        raise BadFile(f"There is no file {file}.") from None
    except UnicodeDecodeError:
        raise BadFile(f"{file} is not UTF-8. Save it as UTF-8 and try again.") from None
    except csv.Error as problem:
        raise BadFile(f"{file} is not a CSV file that can be read: {problem}.") from None
    except OSError as problem:
        raise BadFile(f"{file} can't be read: {problem.strerror}.") from None


def columns_of(file: Path) -> set[str]:
    """Return the names in the first line."""
    return set(next(_rows(file))[1])


def _need(columns: set[str], wanted: tuple[str, ...], file: Path) -> None:
    missing = [one for one in wanted if one not in columns]
    if missing:
        raise BadFile(
            f"{file} has no column {', '.join(missing)}. It needs {', '.join(wanted)} in its "
            "first line."
        )


def _count(text: str, line: int, file: Path) -> float:
    """Return a count of things; NaN where the cell is empty."""
    if text in ("", "NA"):
        return math.nan
    try:
        value = float(text)
    except ValueError:
        raise BadFile(f"Line {line} of {file}: “{text[:40]}” is no number.") from None
    if not math.isfinite(value) or value < 0 or value != int(value) or value > 1_000_000_000:
        raise BadFile(f"Line {line} of {file}: {text[:40]} is no count. Counts are 0, 1, 2, ….")
    return value


def read_series(file: Path) -> tuple[list[float], list[str]]:
    """Return the counts of a `week,observed` file, week 1 first, and notes about them.

    A week without a row, or with an empty count, is NaN. Raises BadFile.
    """
    rows = _rows(file)
    _need(set(next(rows)[1]), ("week", "observed"), file)
    by_week: dict[int, float] = {}
    for line, row in rows:
        try:
            week = int(row["week"])
        except ValueError:
            raise BadFile(
                f"Line {line} of {file}: “{row['week'][:40]}” is no week. Weeks are 1, 2, 3, …."
            ) from None
        if not 1 <= week <= MOST_SERIES_WEEKS:
            raise BadFile(
                f"Line {line} of {file}: week {week} is out of range (1 to {MOST_SERIES_WEEKS})."
            )
        if week in by_week:
            raise BadFile(f"Line {line} of {file}: week {week} is there twice.")
        by_week[week] = _count(row["observed"], line, file)
    if not by_week:
        raise BadFile(f"{file} has no rows below its heading.")
    length = max(by_week)
    counts = [by_week.get(week, math.nan) for week in range(1, length + 1)]
    missing = sum(math.isnan(one) for one in counts)
    notes = []
    if missing:
        notes.append(
            f"{missing} of {length} weeks were not counted. They teach nothing, and a week that "
            "was not counted, or whose last four were not, can't be judged."
        )
    return counts, notes


def _day(text: str, line: int, file: Path) -> dt.date:
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        raise BadFile(
            f"Line {line} of {file}: “{text[:40]}” is no date. Write dates like 2026-11-22."
        ) from None


def read_table(file: Path, *, today: dt.date, until: dt.date | None = None) -> Table:
    """Return the table of a `date,area,theme[,count][,lat,lon]` file.

    Rows after `today` are left out, and so are a few lonely ones long before all others; `notes`
    say so. `until` ends the table on that day instead of on its last row's. Raises BadFile.
    """
    rows = _rows(file)
    columns = set(next(rows)[1])
    _need(columns, ("date", "area", "theme"), file)
    with_count = "count" in columns
    spot = next(
        (pair for pair in (("lat", "lon"), ("easting", "northing")) if columns.issuperset(pair)),
        None,
    )
    got: dict[tuple[dt.date, str, str], float] = defaultdict(float)
    where: dict[str, tuple[float, float]] = {}
    days: dict[str, dt.date] = {}
    future = moved = blank = number = 0
    for number, (line, row) in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise BadFile(
                f"{file} has over {MOST_ROWS} rows. Add them up by day, area and theme first."
            )
        text = row["date"]
        day = days.get(text)
        if day is None:
            day = days[text] = _day(text, line, file)
        area, theme = row["area"], row["theme"]
        if not area or not theme:
            raise BadFile(f"Line {line} of {file} has no {'area' if not area else 'theme'}.")
        if spot and row[spot[0]] and row[spot[1]]:
            point = _point(row[spot[0]], row[spot[1]], spot, line, file)
            kept = where.setdefault(area, point)
            moved += kept != point and not _near(kept, point, spot)
        if day > today or (until is not None and day > until):
            future += day > today
            continue
        value = _count(row["count"], line, file) if with_count else 1.0
        if math.isnan(value):
            blank += 1
            continue
        got[day, area, theme] += value
    if not number:
        raise BadFile(f"{file} has no rows below its heading.")
    if not got:
        raise BadFile(
            f"Nothing in {file} can be counted: every row is after {until or today}, or has an "
            "empty count. Say --until for another day."
        )
    notes = []
    if future:
        notes.append(f"{future} rows are dated after today, {today}. They were left out.")
    if blank:
        notes.append(f"{blank} rows have an empty count. They were left out as not counted.")
    if moved:
        notes.append(
            f"{moved} rows put an area somewhere else than its first row does, more than a "
            "kilometre away. The first counts; say two names where borders changed."
        )
    lonely = _lonely(got)
    if lonely:
        notes.append(
            f"{len(lonely)} dates lie over a year before all others (the first is {min(lonely)}). "
            "They were left out as slips of the pen."
        )
        got = {key: value for key, value in got.items() if key[0] not in lonely}
    table, silences = _table(got, where, spot, until, notes)
    table.notes.extend(_in_words(silences))
    return table


def _point(
    first: str, second: str, spot: tuple[str, str], line: int, file: Path
) -> tuple[float, float]:
    try:
        point = (float(first), float(second))
    except ValueError:
        raise BadFile(
            f"Line {line} of {file}: “{first[:20]}, {second[:20]}” is no {spot[0]} and {spot[1]}."
        ) from None
    fine = all(math.isfinite(one) for one in point)
    if not fine or (spot[0] == "lat" and not (abs(point[0]) <= 90 and abs(point[1]) <= 180)):
        raise BadFile(f"Line {line} of {file}: {first}, {second} is nowhere on earth.")
    return point


def _near(one: tuple[float, float], other: tuple[float, float], spot: tuple[str, str]) -> bool:
    if spot[0] == "lat":
        apart = spacetime.distances(np.array([one[0], other[0]]), np.array([one[1], other[1]]))
        return bool(apart[0, 1] <= 1.0)
    return math.dist(one, other) <= 1000.0


def _lonely(got: dict[tuple[dt.date, str, str], float]) -> set[dt.date]:
    """Return days far before all others that hold next to nothing."""
    by_day: dict[dt.date, int] = defaultdict(int)
    for day, _area, _theme in got:
        by_day[day] += 1
    days = sorted(by_day)
    total = sum(by_day.values())
    before, cut = 0, 0
    for number in range(len(days) - 1):
        before += by_day[days[number]]
        if before > max(1, total * LONELY_SHARE):
            break
        if (days[number + 1] - days[number]).days >= LONELY_DAYS:
            cut = number + 1
    return set(days[:cut]) if len(days) - cut >= 3 else set()


def _table(
    got: dict[tuple[dt.date, str, str], float],
    where: dict[str, tuple[float, float]],
    spot: tuple[str, str] | None,
    until: dt.date | None,
    notes: list[str],
) -> tuple[Table, list[scanning.Silence]]:
    first = min(key[0] for key in got)
    last = until or max(key[0] for key in got)
    areas = sorted({key[1] for key in got})
    themes = sorted({key[2] for key in got})
    weeks = (last - first).days // 7 + 1
    if len(areas) * len(themes) * weeks > MOST_CELLS:
        raise BadFile(
            f"{len(areas)} areas, {len(themes)} themes and {weeks} weeks are more than can be held "
            "at once. Scan a part of them."
        )
    start = last - dt.timedelta(days=7 * weeks - 1)
    area_of = {name: number for number, name in enumerate(areas)}
    theme_of = {name: number for number, name in enumerate(themes)}
    counts = np.zeros((len(areas), len(themes), weeks))
    told = np.zeros((len(areas), weeks), dtype=bool)
    cases = np.empty((len(got), 4), dtype=np.int64)
    for row, ((day, area, theme), value) in enumerate(got.items()):
        back = (day - start).days
        place, kind = area_of[area], theme_of[theme]
        counts[place, kind, back // 7] += value
        told[place, back // 7] = True
        cases[row] = (place, back, kind, int(value))
    table = Table(
        areas=areas,
        themes=themes,
        ends=[start + dt.timedelta(days=7 * week + 6) for week in range(weeks)],
        counts=counts,
        base=np.ones(len(areas), dtype=bool),
        inside=np.full(len(areas), -1, dtype=np.intp),
        notes=notes,
    )
    silences = scanning.mark_silences(table, told)
    known = [number for number, name in enumerate(areas) if name in where]
    if spot and len(known) >= 2:
        points = np.array([where[areas[number]] for number in known])
        measure = spacetime.distances if spot[0] == "lat" else spacetime.flat_distances
        table.apart = measure(points[:, 0], points[:, 1])
        table.places = np.array(known, dtype=np.intp)
        renumber = np.full(len(areas), -1)
        renumber[known] = np.arange(len(known))
        cases[:, 0] = renumber[cases[:, 0]]
        table.cases = cases[(cases[:, 0] >= 0) & (cases[:, 3] > 0)]
        if len(known) < len(areas):
            table.notes.append(
                f"{len(areas) - len(known)} areas have no {' and '.join(spot)}. They are judged "
                "each by itself, not with those around them."
            )
    elif len(areas) > 1:
        table.notes.append(
            "No lat and lon: each area was judged by itself, not with those around it."
        )
    if weeks < scanning.YOUNG:
        table.notes.append(
            f"There are {weeks} weeks. Under {scanning.YOUNG} no season can be known, so bounds "
            "are wider."
        )
    return table, silences


def _in_words(silences: list[scanning.Silence]) -> list[str]:
    said = []
    for one in silences:
        name = "all areas" if one.area == scanning.EVERYWHERE else one.area
        if one.why == "gap":
            said.append(
                f"Nothing was counted in {name} from {one.since} to {one.until}, where about "
                f"{one.usual:.1f} a week is usual. Those weeks were left out, not taken for zero."
            )
        elif one.why == "new":
            said.append(
                f"{name} begins after {one.until}. It was not judged by the time before (did "
                "borders change?)."
            )
        else:
            said.append(
                f"Nothing was counted in {name} since {one.since}, where about {one.usual:.1f} a "
                "week is usual. It can't be judged now: nobody may be counting there, or borders "
                "changed."
            )
    return said
