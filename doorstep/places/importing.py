"""Bringing places in from files: areas, postcodes, figures and venues.

Each importer reads a file row by row, skips what it cannot use and says so with the line, and
may be run again: what is there already stays, what differs is changed, nothing comes twice.
Higher floors add their own importers to `importers`.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from doorstep.base.keys import slug_from
from doorstep.base.registry import Registry
from doorstep.base.text import clean, clean_line
from doorstep.places import atlas, shapes
from doorstep.places.models import Area, Postcode, Venue, tidy_postcode

DATA = Path(__file__).resolve().parent / "data"
BATCH = 1000
MOST_PROBLEMS = 200  # told one by one; the rest are counted

Progress = Callable[[int], None]


class BadFile(Exception):
    """The whole file is no use: a sentence that says why and what to do."""


@dataclass
class Problem:
    """A row that was left out, and why."""

    line: int
    said: str


@dataclass
class Report:
    """What an import did, for people and for programs."""

    what: str
    read: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    elsewhere: int = 0  # rows of another borough, or no longer in use
    bad: int = 0
    problems: list[Problem] = field(default_factory=list)

    def problem(self, line: int, said: str) -> None:
        """Leave a row out and say why."""
        self.bad += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(line, said))

    def count(self, outcome: str) -> None:
        """Count a row as "added", "changed" or "same"."""
        setattr(self, outcome, getattr(self, outcome) + 1)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON can hold it."""
        return {
            "what": self.what,
            "read": self.read,
            "added": self.added,
            "changed": self.changed,
            "same": self.same,
            "elsewhere": self.elsewhere,
            "bad": self.bad,
            "problems": [{"line": row.line, "said": row.said} for row in self.problems],
        }


@dataclass(frozen=True)
class Importer:
    """One kind of file: `run(file, report, progress)` inside a transaction.

    `progress` is called with the number of bytes read so far.
    """

    help: str
    example: str
    run: Callable[[TextIO, Report, Progress], None]
    options: tuple[tuple[str, str], ...] = ()  # (--name, help) handed to `run` as keywords


importers: Registry[Importer] = Registry("what can be imported")


@dataclass(frozen=True)
class Command:
    """What is imported in a way of its own: it has its own words on the command line.

    `add_arguments(parser)` names them; `handle(options, out, err)` does it and returns the exit
    code. `out` and `err` are called with a line.
    """

    help: str
    example: str
    add_arguments: Callable[[Any], None]
    handle: Callable[[dict[str, Any], Callable[[str], Any], Callable[[str], Any]], int]


commands: Registry[Command] = Registry("what is imported in its own way")


def _nothing(_bytes: int) -> None:
    """Progress that nobody watches."""


def import_file(
    what: str,
    path: Path,
    *,
    dry_run: bool = False,
    progress: Progress = _nothing,
    **options: Any,
) -> Report:
    """Import one file and return what was done; with `dry_run` nothing is kept.

    Raises BadFile when the file cannot be opened or is not of this kind.
    """
    importer = importers.get(what)
    if importer is None:
        raise BadFile(f"We don't know how to import {what!r}.")
    report = Report(what)
    try:
        # A mark at the start of a file made by a spreadsheet is not part of the first column.
        with (
            path.open(encoding="utf-8-sig", errors="replace", newline="") as file,
            transaction.atomic(),
        ):
            importer.run(file, report, progress, **options)
            transaction.set_rollback(dry_run)
    except OSError as problem:
        raise BadFile(
            f"We can't read {path} ({problem.strerror}). Check the name and try again."
        ) from problem
    finally:
        atlas.forget()
    return report


# --- CSV -------------------------------------------------------------------------------------


def rows(
    file: TextIO, report: Report, progress: Progress, needed: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line, row) of a CSV file, column names in lower case. Raises BadFile."""
    seen = 0

    def lines() -> Iterator[str]:
        nonlocal seen
        for line in file:
            seen += len(line)
            yield line

    reader = csv.reader(lines())
    try:
        header = [name.strip().lower() for name in next(reader)]
    except StopIteration:
        raise BadFile("The file is empty.") from None
    except csv.Error as problem:
        raise BadFile(f"The file is not a CSV file ({problem}).") from None
    missing = [name for name in needed if name not in header]
    if missing:
        raise BadFile(
            f"The file has no column {' or '.join(missing)}. It has: {', '.join(header)[:200]}."
        )
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as problem:
            report.read += 1
            report.problem(reader.line_num, f"can't be read as CSV ({problem})")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        report.read += 1
        if report.read % 200 == 0:
            progress(seen)
        if len(cells) != len(header):
            report.problem(
                reader.line_num, f"has {len(cells)} cells where the heading has {len(header)}"
            )
            continue
        yield (
            reader.line_num,
            {name: cell.strip() for name, cell in zip(header, cells, strict=True)},
        )
    progress(seen)


def _number(text: str, low: float, high: float) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if low <= number <= high else None


# --- Areas -----------------------------------------------------------------------------------


def _features(file: TextIO, report: Report) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line, feature) of a GeoJSON file, so that one broken feature spoils no other."""
    text = file.read()
    start = re.search(r'"features"\s*:\s*\[', text)
    if start is None:
        raise BadFile('The file is not GeoJSON: it has no "features".')
    decoder = json.JSONDecoder()
    at, line, counted = start.end(), 1, 0
    gap = re.compile(r"[\s,]*")
    while True:
        at = gap.match(text, at).end()  # type: ignore[union-attr]
        line += text.count("\n", counted, at)
        counted = at
        if at >= len(text):
            report.problem(line, "the file ends in the middle; the areas before this are in")
            return
        if text[at] == "]":
            return
        report.read += 1
        try:
            feature, at = decoder.raw_decode(text, at)
        except ValueError:
            report.problem(line, "can't be read as GeoJSON")
            following = re.compile(r'\{\s*"type"\s*:\s*"Feature"').search(text, at + 1)
            if following is None:
                return
            at = following.start()
            continue
        yield line, feature


def read_localities(path: Path) -> dict[str, str]:
    """Return locality name by ward code, from a CSV of locality,ward_gss_code. Raises BadFile."""
    report = Report("localities")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = {
                row["ward_gss_code"]: clean_line(row["locality"])
                for _line, row in rows(file, report, _nothing, ("locality", "ward_gss_code"))
                if row["locality"]
            }
    except OSError as problem:
        raise BadFile(f"We can't read {path} ({problem.strerror}).") from problem
    return found


class _Tree:
    """The areas there are, and the making of new ones in their place."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.by_code = {area.gss_code: area for area in Area.objects.exclude(gss_code=None)}
        # The last three are addresses of pages.
        self.slugs = {*Area.objects.values_list("slug", flat=True), "find", "venue", "venues"}
        self.localities = {area.name: area for area in Area.objects.filter(kind=Area.Kind.LOCALITY)}
        self.borough = Area.objects.filter(kind=Area.Kind.BOROUGH).first()
        self.lettered: dict[int, int] = {}

    def put(
        self, kind: Area.Kind, name: str, parent: Area | None, code: str | None, **facts: Any
    ) -> Area:
        """Make the area or change the one there is; count it."""
        area = self.by_code.get(code) if code else None
        if area is None and kind == Area.Kind.LOCALITY:
            area = self.localities.get(name)
        if area is None:
            slug = slug_from(name, self.slugs.__contains__, length=90)
            area = Area(kind=kind, name=name, slug=slug, parent=parent, gss_code=code, **facts)
            area.save()
            area.path = f"{parent.path if parent else ''}{area.pk}/"
            area.save(update_fields=["path"])
            self.slugs.add(slug)
            self.report.count("added")
        else:
            path = f"{parent.path if parent else ''}{area.pk}/"
            wanted = {"name": name, "parent_id": parent.pk if parent else None, "path": path}
            wanted |= facts
            differing = {key: value for key, value in wanted.items() if getattr(area, key) != value}
            moved = area.path if "path" in differing else ""
            for key, value in differing.items():
                setattr(area, key, value)
            if differing:
                area.save()
            if moved:
                _move_below(moved, area.path)
            self.report.count("changed" if differing else "same")
        if code:
            self.by_code[code] = area
        if kind == Area.Kind.LOCALITY:
            self.localities[name] = area
        return area

    def letter(self, ward: Area) -> str:
        """Return the next free letter for a neighbourhood of a ward: A, B, … Z, AA."""
        if ward.pk not in self.lettered:
            self.lettered[ward.pk] = Area.objects.filter(
                parent=ward, kind=Area.Kind.NEIGHBOURHOOD
            ).count()
        number = self.lettered[ward.pk]
        self.lettered[ward.pk] = number + 1
        first, last = divmod(number, 26)
        return (chr(64 + first) if first else "") + chr(65 + last)


def _move_below(was: str, now: str) -> None:
    """Write the new path into everything below an area that moved."""
    for below in Area.objects.filter(path__startswith=was).only("id", "path"):
        below.path = now + below.path[len(was) :]
        below.save(update_fields=["path"])


def import_areas(file: TextIO, report: Report, progress: Progress, *, localities: str = "") -> None:
    """Wards and neighbourhoods from GeoJSON whose features have `code`, `name` (and `ward`).

    A code that begins with E05 is a ward and goes under its locality; E01 is a neighbourhood
    and goes under the ward its `ward` names. The borough and the localities are made on the way.
    """
    of_ward = read_localities(Path(localities) if localities else DATA / "localities.csv")
    tree = _Tree(report)
    for line, feature in _features(file, report):
        progress(report.read)
        facts = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(facts, dict):
            report.problem(line, "has no properties")
            continue
        code, name = str(facts.get("code") or ""), clean_line(str(facts.get("name") or ""))[:100]
        if not re.fullmatch(r"[EWSN]\d{8}", code) or not slugify(name):
            report.problem(line, f"needs a code such as E05014053 and a name ({code or 'none'})")
            continue
        try:
            parts = shapes.polygons(feature.get("geometry"))
        except shapes.BadShape as problem:
            report.problem(line, f"{name} {problem}")
            continue
        longitude, latitude = shapes.middle(parts)
        place = {
            "boundary": feature["geometry"],
            "longitude": round(longitude, 6),
            "latitude": round(latitude, 6),
        }
        if code[1:3] == "05":
            if code not in of_ward:
                report.problem(line, f"{name} ({code}) is in no locality: add it to the list")
                continue
            if tree.borough is None:
                lad = str(facts.get("lad") or "") or None
                tree.borough = tree.put(Area.Kind.BOROUGH, settings.BOROUGH, None, lad)
            locality = tree.localities.get(of_ward[code]) or tree.put(
                Area.Kind.LOCALITY, of_ward[code], tree.borough, None
            )
            tree.put(Area.Kind.WARD, name, locality, code, **place)
        elif code[1:3] == "01":
            ward = tree.by_code.get(str(facts.get("ward") or ""))
            if ward is None or ward.kind != Area.Kind.WARD:
                report.problem(line, f"{name} ({code}) names a ward we don't have")
                continue
            known = tree.by_code.get(code)
            # The statisticians' "Barking and Dagenham 016A" says nothing to a neighbour.
            own = known.name if known else f"{ward.name} {tree.letter(ward)}"
            tree.put(Area.Kind.NEIGHBOURHOOD, own, ward, code, **place)
        else:
            report.problem(line, f"{name} ({code}) is neither a ward (E05) nor an LSOA (E01)")


# --- Postcodes -------------------------------------------------------------------------------


def import_postcodes(file: TextIO, report: Report, progress: Progress) -> None:
    """Postcodes from a CSV in the ONS postcode directory's columns."""
    codes = dict(Area.objects.exclude(gss_code=None).values_list("gss_code", "id"))
    kinds = dict(Area.objects.exclude(gss_code=None).values_list("gss_code", "kind"))
    borough = Area.objects.filter(kind=Area.Kind.BOROUGH).values_list("gss_code", flat=True).first()
    wards = {code for code, kind in kinds.items() if kind == Area.Kind.WARD}
    hoods = {code for code, kind in kinds.items() if kind == Area.Kind.NEIGHBOURHOOD}
    if not wards:
        raise BadFile("There are no wards yet. Import the areas first.")
    there = {
        code: rest
        for code, *rest in Postcode.objects.values_list(
            "code", "ward_id", "neighbourhood_id", "latitude", "longitude"
        )
    }
    seen: dict[str, int] = {}
    waiting: list[Postcode] = []

    def put() -> None:
        Postcode.objects.bulk_create(
            waiting,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["ward", "neighbourhood", "latitude", "longitude"],
        )
        waiting.clear()

    for line, row in rows(file, report, progress, ("pcds", "osward", "lsoa21", "lat", "long")):
        if row.get("doterm") or (borough and row.get("oslaua") not in (None, "", borough)):
            report.elsewhere += 1
            continue
        code = tidy_postcode(row["pcds"])
        if code is None:
            report.problem(line, f"{row['pcds'][:20]!r} is not a postcode")
            continue
        if code in seen:
            report.problem(line, f"{code} was already on line {seen[code]}")
            continue
        if row["osward"] not in wards:
            report.problem(line, f"{code} is in ward {row['osward'][:20]!r}, which we don't have")
            continue
        latitude = _number(row["lat"], 49, 61)
        longitude = _number(row["long"], -9, 3)
        if latitude is None or longitude is None:
            report.problem(line, f"{code} has no place on the map of Britain")
            continue
        seen[code] = line
        hood = codes[row["lsoa21"]] if row["lsoa21"] in hoods else None
        ward = codes[row["osward"]]
        facts = [ward, hood, latitude, longitude]
        outcome = "added" if code not in there else "same" if there[code] == facts else "changed"
        report.count(outcome)
        if outcome != "same":
            waiting.append(
                Postcode(
                    code=code,
                    ward_id=ward,
                    neighbourhood_id=hood,
                    latitude=latitude,
                    longitude=longitude,
                )
            )
        if len(waiting) >= BATCH:
            put()
    put()


# --- Figures ---------------------------------------------------------------------------------


def import_figures(file: TextIO, report: Report, progress: Progress) -> None:
    """Deprivation of the neighbourhoods: lsoa21_code, IMD_decile, IMD_rank."""
    hoods = {
        area.gss_code: area
        for area in Area.objects.filter(kind=Area.Kind.NEIGHBOURHOOD).defer("boundary")
    }
    if not hoods:
        raise BadFile("There are no neighbourhoods yet. Import the areas first.")
    changed = []
    needed = ("lsoa21_code", "imd_decile", "imd_rank")
    for line, row in rows(file, report, progress, needed):
        area = hoods.get(row["lsoa21_code"])
        decile = _number(row["imd_decile"], 1, 10)
        rank = _number(row["imd_rank"], 1, 100_000)
        if area is None:
            report.problem(line, f"{row['lsoa21_code'][:20]!r} is no neighbourhood of ours")
        elif decile is None or decile != int(decile):
            report.problem(line, f"the decile must be 1 to 10, not {row['imd_decile'][:20]!r}")
        elif rank is None or rank != int(rank):
            report.problem(line, f"the rank must be a whole number, not {row['imd_rank'][:20]!r}")
        elif (area.imd_decile, area.imd_rank) == (int(decile), int(rank)):
            report.count("same")
        else:
            report.count("added" if area.imd_decile is None else "changed")
            area.imd_decile, area.imd_rank = int(decile), int(rank)
            changed.append(area)
    Area.objects.bulk_update(changed, ["imd_decile", "imd_rank"], batch_size=BATCH)


# --- Venues ----------------------------------------------------------------------------------

_NOTES = (
    "is_step_free",
    "has_accessible_toilet",
    "has_hearing_loop",
    "has_quiet_room",
    "has_baby_change",
)
_YES = {"yes", "y", "true", "1"}
_NO = {"no", "n", "false", "0", ""}


def import_venues(file: TextIO, report: Report, progress: Progress) -> None:
    """Venues: name, address, postcode; and if known lat, long, bus, way_in and access notes.

    The access notes (is_step_free, has_accessible_toilet, has_hearing_loop, has_quiet_room,
    has_baby_change) say yes or no. The postcode leads to the ward.
    """
    there = {(venue.name, venue.postcode): venue for venue in Venue.objects.all()}
    for line, row in rows(file, report, progress, ("name", "address", "postcode")):
        name, address = clean_line(row["name"])[:120], clean_line(row["address"])[:200]
        if not name or not address:
            report.problem(line, "needs a name and an address")
            continue
        postcode = Postcode.find(row["postcode"])
        if postcode is None:
            report.problem(line, f"{name}: {row['postcode'][:20]!r} is not a postcode of ours")
            continue
        bad = [note for note in _NOTES if row.get(note, "").lower() not in _YES | _NO]
        if bad:
            report.problem(line, f"{name}: {bad[0]} must be yes or no")
            continue
        facts: dict[str, Any] = {
            "address": address,
            "area_id": postcode.ward_id,
            "latitude": _number(row.get("lat", ""), 49, 61) or postcode.latitude,
            "longitude": _number(row.get("long", ""), -9, 3) or postcode.longitude,
            "bus": clean_line(row.get("bus", ""))[:120],
            "way_in": clean(row.get("way_in", ""))[:600],
        }
        facts |= {note: row.get(note, "").lower() in _YES for note in _NOTES}
        venue = there.get((name, postcode.code))
        if venue is None:
            there[(name, postcode.code)] = Venue.objects.create(
                name=name, postcode=postcode.code, **facts
            )
            report.count("added")
            continue
        differing = {key: value for key, value in facts.items() if getattr(venue, key) != value}
        for key, value in differing.items():
            setattr(venue, key, value)
        if differing:
            venue.save()
        report.count("changed" if differing else "same")


importers.add(
    "areas",
    Importer(
        "wards and neighbourhoods, from GeoJSON",
        "doorstep import areas wards.geojson --localities localities.csv",
        import_areas,
        options=(("--localities", "CSV of locality,ward_gss_code (default: the bundled one)"),),
    ),
    order=10,
)
importers.add(
    "postcodes",
    Importer(
        "postcodes, from a CSV in the ONS postcode directory's columns",
        "doorstep import postcodes ONSPD_NOV_2025_UK.csv",
        import_postcodes,
    ),
    order=20,
)
importers.add(
    "figures",
    Importer(
        "deprivation of the neighbourhoods, from a CSV of lsoa21_code,IMD_decile,IMD_rank",
        "doorstep import figures imd2025.csv --dry-run",
        import_figures,
    ),
    order=30,
)
importers.add(
    "venues",
    Importer(
        "places to meet, from a CSV of name,address,postcode and access notes",
        "doorstep import venues halls.csv",
        import_venues,
    ),
    order=40,
)
