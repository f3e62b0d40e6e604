"""Reads public test cases (VRPLIB, CVRPLIB, Solomon's text) with each file's own rounding rule.

A case is kept as it stands in the file (floats); `problem_of` rounds it for the solver, and
`checking` rounds it again, by itself, to judge a plan.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from doorstep.support.rounds.engine.problem import FOREVER, Kind, Problem, Tour

BIGGEST = 60_000_000  # bytes
MOST_PLACES = 12_000


class CannotRead(Exception):
    """The file can't be read as a test case; says why in a sentence."""


@dataclass(frozen=True)
class Rounding:
    """How distances become numbers: times `factor`, then rounded ("round", "down" or "up")."""

    name: str
    factor: int
    way: str

    def of(self, value: float) -> int:
        scaled = value * self.factor
        if self.way == "down":
            return math.floor(scaled + 1e-9)
        if self.way == "up":
            return math.ceil(scaled - 1e-9)
        return math.floor(scaled + 0.5)


NEAREST = Rounding("rounded to the nearest whole number", 1, "round")
TENTH = Rounding("truncated to one decimal", 10, "down")
FINE = Rounding("not rounded (kept to a thousandth)", 1000, "round")
WHOLE_DOWN = Rounding("truncated to a whole number", 1, "down")
WHOLE_UP = Rounding("rounded up to a whole number", 1, "up")
EVERY_RULE = (NEAREST, TENTH, FINE, WHOLE_DOWN, WHOLE_UP)


@dataclass
class Vehicle:
    """One vehicle of the file; depots are places, `unit_cost` is per unit of distance."""

    start: int
    capacity: float
    fixed_cost: float = 0
    unit_cost: float = 1
    longest: float = math.inf
    furthest: float = math.inf
    reloads: tuple[int, ...] = ()
    most_reloads: int | None = None
    allowed: frozenset[int] | None = None


@dataclass
class Case:
    """A test case as it stands in its file: places by number from 0, in the file's units."""

    name: str
    kind: str
    comment: str
    depots: tuple[int, ...]
    coordinates: list[tuple[float, float]] | None
    weights: list[list[float]] | None
    demand: list[float]
    service: list[float]
    windows: list[tuple[float, float]]
    vehicles: list[Vehicle]
    weight_type: str
    vehicles_named: bool
    rounding: Rounding = NEAREST
    unit: float = 1.0  # the printed cost is the rounded cost / (rounding.factor * unit)
    best_known: float | None = None
    best_from: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def n(self) -> int:
        return len(self.demand)

    @property
    def _points(self) -> list[tuple[float, float]]:
        return self.coordinates or []

    def travel(self, a: int, b: int) -> float:
        """Return the distance between two places before rounding."""
        if self.weights is not None:
            return self.weights[a][b]
        (x, y), (u, v) = self._points[a], self._points[b]
        if self.weight_type == "MAN_2D":
            return abs(x - u) + abs(y - v)
        if self.weight_type == "MAX_2D":
            return max(abs(x - u), abs(y - v))
        if self.weight_type == "GEO":
            return _geo((x, y), (u, v))
        return math.hypot(x - u, y - v)


# --- The words of the files ------------------------------------------------------------------


def read(path: Path) -> Case:
    """Read a test case and what is known of it beside it. Raises CannotRead."""
    text = _text(path)
    if re.search(r"^\s*(DIMENSION|NODE_COORD_SECTION|EDGE_WEIGHT_TYPE)\b", text, re.M):
        case = _vrplib(text, path)
    elif re.search(r"^\s*VEHICLE\s*$", text, re.M | re.I) and re.search(r"CUST", text, re.I):
        case = _solomon(text, path)
    else:
        raise CannotRead(
            f"{path.name} is neither VRPLIB (DIMENSION, NODE_COORD_SECTION, …) nor Solomon's "
            "form (VEHICLE, CUSTOMER)."
        )
    if case.n > MOST_PLACES:
        raise CannotRead(f"{path.name} has {case.n} places. At most {MOST_PLACES} can be planned.")
    if not set(range(case.n)) - set(case.depots):
        raise CannotRead(f"{path.name} has no stops beside its depots.")
    if not case.vehicles:
        raise CannotRead(f"{path.name} has no vehicles.")
    _decide_rounding(case, path)
    return case


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > BIGGEST:
            raise CannotRead(f"{path.name} is over {BIGGEST // 1_000_000} MB.")
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError:
        raise CannotRead(f"There is no file {path}.") from None
    except OSError as problem:
        raise CannotRead(f"{path} can't be read: {problem.strerror}.") from None


def _numbers(line: str, where: str) -> list[float]:
    try:
        numbers = [float(word) for word in line.replace(",", " ").split()]
    except ValueError:
        raise CannotRead(
            f"“{line.strip()[:60]}” in {where} holds something other than numbers."
        ) from None
    if any(math.isnan(number) for number in numbers):
        raise CannotRead(f"“{line.strip()[:60]}” in {where} holds something other than numbers.")
    return numbers


def _solomon(text: str, path: Path) -> Case:
    rows = [line.split() for line in text.splitlines()]
    names = [row[0] for row in rows if row]
    numeric = [_numbers(" ".join(row), path.name) for row in rows if row and _is_number(row[0])]
    fleet = next((row for row in numeric if len(row) == 2), None)
    places = [row for row in numeric if len(row) >= 7]
    if fleet is None or not places:
        raise CannotRead(f"{path.name} lacks its vehicles (NUMBER CAPACITY) or its customers.")
    return Case(
        name=names[0],
        kind="VRPTW",
        comment="Solomon",
        depots=(0,),
        coordinates=[(row[1], row[2]) for row in places],
        weights=None,
        demand=[row[3] for row in places],
        service=[row[6] for row in places],
        windows=[(row[4], row[5]) for row in places],
        vehicles=[Vehicle(0, fleet[1]) for _ in range(max(int(fleet[0]), 0))],
        weight_type="EUC_2D",
        vehicles_named=True,
    )


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


_KNOWN_SECTIONS = {
    "NODE_COORD", "DEMAND", "TIME_WINDOW", "SERVICE_TIME", "DEPOT", "EDGE_WEIGHT", "CAPACITY",
    "VEHICLES_DEPOT", "VEHICLES_FIXED_COST", "VEHICLES_UNIT_DISTANCE_COST",
    "VEHICLES_MAX_DURATION", "VEHICLES_MAX_DISTANCE", "VEHICLES_RELOAD_DEPOT",
    "VEHICLES_MAX_RELOADS", "VEHICLES_ALLOWED_CLIENTS", "DISPLAY_DATA", "LINEHAUL",
}  # fmt: skip


def _vrplib(text: str, path: Path) -> Case:
    said, sections = _split(text, path)
    unknown = sections.keys() - _KNOWN_SECTIONS
    if unknown:
        raise CannotRead(
            f"{path.name} has {', '.join(sorted(unknown))}, which can't be planned here yet."
        )
    try:
        n = int(float(said["DIMENSION"]))
    except (KeyError, ValueError):
        raise CannotRead(f"{path.name} lacks its DIMENSION.") from None
    if not 1 < n <= MOST_PLACES:
        raise CannotRead(f"{path.name} has {n} places; 2 to {MOST_PLACES} can be planned.")
    numbering = _numbering(sections, n, path)
    number_of = {label: place for place, label in enumerate(numbering)}

    def by_place(name: str, columns: int, missing: list[float]) -> list[list[float]]:
        found = [missing] * n
        for line in sections.get(name, []):
            row = _numbers(line, f"{name}_SECTION of {path.name}")
            if len(row) < columns + 1 or row[0] not in number_of:
                raise CannotRead(f"“{line.strip()[:60]}” in {name}_SECTION doesn't fit.")
            found[number_of[row[0]]] = row[1 : columns + 1]
        return found

    depots: list[int] = []
    for line in sections.get("DEPOT", []):
        row = _numbers(line, "DEPOT_SECTION")
        if row and row[0] == -1:
            break
        if len(row) >= 2 and row[0] not in number_of:
            raise CannotRead(f"The depots of {path.name} are given by place, which can't be read.")
        for label in row:
            if label == -1:
                break
            if label not in number_of:
                raise CannotRead(f"Depot {label:g} of {path.name} is none of its places.")
            depots.append(number_of[label])
    if not depots:
        depots = [0]
    kind = said.get("EDGE_WEIGHT_TYPE", "EUC_2D" if "NODE_COORD" in sections else "EXPLICIT")
    coordinates = None
    if "NODE_COORD" in sections:
        rows = by_place("NODE_COORD", 2, [math.nan, math.nan])
        coordinates = [(row[0], row[1]) for row in rows]
        if any(math.isnan(x) or math.isnan(y) for x, y in coordinates):
            raise CannotRead(f"{path.name} lacks the place of some of its {n} stops.")
    weights = None
    if "EDGE_WEIGHT" in sections:
        weights = _weights(sections["EDGE_WEIGHT"], n, said.get("EDGE_WEIGHT_FORMAT", ""), path)
    elif kind not in ("EUC_2D", "CEIL_2D", "FLOOR_2D", "EXACT_2D", "MAN_2D", "MAX_2D", "GEO"):
        raise CannotRead(f"Distances of type {kind} can't be read.")
    elif coordinates is None:
        raise CannotRead(f"{path.name} has neither NODE_COORD_SECTION nor EDGE_WEIGHT_SECTION.")
    is_depot = set(depots)
    if "SERVICE_TIME" in sections:
        service = [row[0] for row in by_place("SERVICE_TIME", 1, [0.0])]
    else:
        each = _value(said, "SERVICE_TIME", 0.0)
        service = [0.0 if place in is_depot else each for place in range(n)]
    windows = by_place("TIME_WINDOW", 2, [0.0, math.inf])
    demand = by_place("LINEHAUL" if "LINEHAUL" in sections else "DEMAND", 1, [0.0])
    named = "VEHICLES" in said
    vehicles = _vehicles(said, sections, n, depots, number_of, path)
    return Case(
        name=said.get("NAME", path.stem),
        kind=said.get("TYPE", "CVRP").upper(),
        comment=said.get("COMMENT", ""),
        depots=tuple(depots),
        coordinates=coordinates,
        weights=weights,
        demand=[row[0] for row in demand],
        service=service,
        windows=[(row[0], row[1]) for row in windows],
        vehicles=vehicles,
        weight_type=kind,
        vehicles_named=named,
    )


def _split(text: str, path: Path) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return what is said once (NAME : X) and the lines of each section, by name."""
    said: dict[str, str] = {}
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    for raw in text.splitlines():
        line = raw.strip()
        if not line:
            continue
        if line == "EOF":
            break
        heading = re.match(r"^([A-Z_0-9]+?)_SECTION\s*:?\s*$", line)
        if heading:
            current = sections.setdefault(heading[1], [])
            continue
        pair = re.match(r"^([A-Z][A-Z_0-9]*)\s*:\s*(.*)$", line)
        if pair:
            said[pair[1]] = pair[2].strip().strip('"').strip()
            current = None
            continue
        if current is None:
            continue
        current.append(line)
    return said, sections


def _numbering(sections: dict[str, list[str]], n: int, path: Path) -> list[float]:
    """Return what the file calls its places, in order: usually 1 to n."""
    for name in ("NODE_COORD", "DEMAND"):
        labels = []
        for line in sections.get(name, []):
            labels.append(_numbers(line, f"{name}_SECTION of {path.name}")[0])
        if labels:
            if len(labels) != n or len(set(labels)) != n:
                raise CannotRead(
                    f"{path.name} says DIMENSION {n} and lists {len(set(labels))} different "
                    f"places in {name}_SECTION."
                )
            return labels
    return [float(number + 1) for number in range(n)]


def _value(said: dict[str, str], name: str, missing: float) -> float:
    if name not in said:
        return missing
    try:
        return float(said[name].split()[0])
    except (ValueError, IndexError):
        raise CannotRead(f"{name} is “{said[name][:40]}”, not a number.") from None


def _vehicles(
    said: dict[str, str],
    sections: dict[str, list[str]],
    n: int,
    depots: Sequence[int],
    number_of: dict[float, int],
    path: Path,
) -> list[Vehicle]:
    per_vehicle = {
        name: lines
        for name, lines in sections.items()
        if name.startswith("VEHICLES_") or name == "CAPACITY"
    }
    longest_list = max((len(lines) for lines in per_vehicle.values()), default=0)
    count = int(_value(said, "VEHICLES", 0)) or longest_list
    spread = "VEHICLES_DEPOT" not in sections and len(depots) > 1
    if not count:
        count = n - len(depots)
    if not 0 < count <= 20_000:
        raise CannotRead(f"{path.name} has {count} vehicles.")

    def column(name: str, missing: float) -> list[float]:
        if name not in sections:
            return [_value(said, name, missing)] * count
        rows = [_numbers(line, f"{name}_SECTION") for line in sections[name]]
        if len(rows) != count or any(len(row) < 2 for row in rows):
            raise CannotRead(f"{name}_SECTION of {path.name} doesn't list {count} vehicles.")
        return [row[1] for row in rows]

    def lists(name: str) -> list[tuple[int, ...]] | None:
        if name not in sections:
            return None
        rows = [_numbers(line, f"{name}_SECTION") for line in sections[name]]
        try:
            found = [tuple(number_of[label] for label in row[1:]) for row in rows]
        except KeyError:
            raise CannotRead(f"{name}_SECTION of {path.name} names an unknown place.") from None
        if len(found) != count:
            raise CannotRead(f"{name}_SECTION of {path.name} doesn't list {count} vehicles.")
        return found

    capacity = column("CAPACITY", math.inf)
    fixed = column("VEHICLES_FIXED_COST", 0.0)
    unit = column("VEHICLES_UNIT_DISTANCE_COST", 1.0)
    longest = column("VEHICLES_MAX_DURATION", _value(said, "DISTANCE", math.inf))
    furthest = column("VEHICLES_MAX_DISTANCE", math.inf)
    most = column("VEHICLES_MAX_RELOADS", -1)
    reloads = lists("VEHICLES_RELOAD_DEPOT")
    allowed = lists("VEHICLES_ALLOWED_CLIENTS")
    if "VEHICLES_DEPOT" in sections:
        try:
            starts = [number_of[label] for label in column("VEHICLES_DEPOT", 0)]
        except KeyError:
            raise CannotRead(f"VEHICLES_DEPOT_SECTION of {path.name} names no place.") from None
    else:
        starts = [depots[0]] * count
    made = [
        Vehicle(
            start=starts[number],
            capacity=capacity[number],
            fixed_cost=fixed[number],
            unit_cost=unit[number],
            longest=longest[number],
            furthest=furthest[number],
            reloads=reloads[number] if reloads else (),
            most_reloads=None if most[number] < 0 else int(most[number]),
            allowed=frozenset(allowed[number]) if allowed else None,
        )
        for number in range(count)
    ]
    if spread:
        # Where the file doesn't say, each depot has as many as it names (Cordeau's rule).
        made = [Vehicle(**{**vars(one), "start": depot}) for depot in depots for one in made]
    return made


def _weights(lines: list[str], n: int, form: str, path: Path) -> list[list[float]]:
    numbers: list[float] = []
    for line in lines:
        numbers.extend(_numbers(line, f"EDGE_WEIGHT_SECTION of {path.name}"))
    full = [[0.0] * n for _ in range(n)]
    orders = {
        "FULL_MATRIX": [(i, j) for i in range(n) for j in range(n)],
        "LOWER_ROW": [(i, j) for i in range(n) for j in range(i)],
        "LOWER_DIAG_ROW": [(i, j) for i in range(n) for j in range(i + 1)],
        "UPPER_ROW": [(i, j) for i in range(n) for j in range(i + 1, n)],
        "UPPER_DIAG_ROW": [(i, j) for i in range(n) for j in range(i, n)],
    } if n <= 3000 else {}  # fmt: skip
    same = {
        "LOWER_COL": "UPPER_ROW",
        "UPPER_COL": "LOWER_ROW",
        "LOWER_DIAG_COL": "UPPER_DIAG_ROW",
        "UPPER_DIAG_COL": "LOWER_DIAG_ROW",
    }
    if not orders:
        raise CannotRead(f"{path.name} lists the distances of {n} places; 3000 is the most.")
    form = same.get(form, form)
    if not form:
        form = "FULL_MATRIX" if len(numbers) == n * n else "LOWER_ROW"
    if form not in orders:
        raise CannotRead(f"Distances in the form {form} can't be read.")
    order = orders[form]
    if len(order) != len(numbers):
        raise CannotRead(
            f"{path.name} lists {len(numbers)} distances; {form} of {n} places has {len(order)}."
        )
    for (i, j), number in zip(order, numbers, strict=True):
        full[i][j] = number
        if form != "FULL_MATRIX":
            full[j][i] = number
    return full


def _geo(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return TSPLIB's geographical distance; degrees are DDD.MM."""

    def radians(value: float) -> float:
        degrees = math.trunc(value)
        return math.pi * (degrees + 5.0 * (value - degrees) / 3.0) / 180.0

    (lat_a, lon_a), (lat_b, lon_b) = (tuple(map(radians, one)) for one in (a, b))
    if a == b:
        return 0.0
    q1, q2, q3 = (
        math.cos(lon_a - lon_b),
        math.cos(lat_a - lat_b),
        math.cos(lat_a + lat_b),
    )
    cosine = 0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3)
    return math.floor(6378.388 * math.acos(max(-1.0, min(1.0, cosine))) + 1.0)


# --- Best known, and how it was counted -------------------------------------------------------


def read_solution(path: Path) -> tuple[list[list[int]], float | None]:
    """Return the routes of a .sol file (as numbered there, empty ones kept) and its cost."""
    routes: list[list[int]] = []
    cost = None
    for line in _text(path).splitlines():
        route = re.match(r"^\s*Route\s*#?\s*\d+\s*:?(.*)$", line, re.I)
        if route:
            words = route[1].split()
            if not all(word.isdigit() for word in words):
                raise CannotRead(f"A route of {path.name} holds something other than numbers.")
            routes.append([int(word) for word in words])
        said = re.match(r"^\s*Cost\s*:?\s*([0-9.eE+]+)\s*$", line, re.I)
        if said and _is_number(said[1]):
            cost = float(said[1])
    return routes, cost


def _decide_rounding(case: Case, path: Path) -> None:
    """Find the file's rounding rule and best known cost.

    First what best_known.csv beside it says; then the rule by which the routes of the .sol
    beside it cost what it says they do; then what such files usually mean.
    """
    case.rounding = _usual(case)
    row = _row_beside(path, case)
    rule = _worded(row.get("convention", "")) if row else None
    if rule:
        case.rounding = rule
    solution = path.with_suffix(".sol")
    if solution.exists():
        try:
            routes, stated = read_solution(solution)
        except CannotRead as problem:
            case.notes.append(str(problem))
            routes, stated = [], None
        if stated is not None:
            _match(case, routes, stated, prefer=case.rounding)
            case.best_from = solution.name
    said = (row or {}).get("best_known_cost", "") or (row or {}).get("cost", "")
    if said and _is_number(said):
        case.best_known = float(said)
        case.best_from = "best_known.csv"


def _usual(case: Case) -> Rounding:
    words = f"{case.name} {case.comment}".lower()
    if case.weights is not None:
        whole = all(weight == int(weight) for row in case.weights for weight in row)
        return NEAREST if whole else FINE
    if case.weight_type == "CEIL_2D":
        return WHOLE_UP
    if case.weight_type == "FLOOR_2D":
        return WHOLE_DOWN
    if case.weight_type == "EXACT_2D":
        return FINE
    if len(case.depots) > 1 or re.match(r"^pr?\d", words):
        return FINE
    if any(last != math.inf for _first, last in case.windows):
        return TENTH
    fractions = any(x != int(x) or y != int(y) for x, y in case.coordinates or [])
    if fractions or re.match(r"^(cmt|golden|kelly|li_?\d|tai|vrpnc)", words):
        return FINE
    return NEAREST


def _worded(convention: str) -> Rounding | None:
    words = convention.lower()
    if "nearest integer" in words or "nearest whole" in words:
        return NEAREST
    if "one decimal" in words:
        return TENTH
    if "1000" in words or "thousand" in words or "double" in words or "not rounded" in words:
        return FINE
    return None


def _row_beside(path: Path, case: Case) -> dict[str, str] | None:
    table = path.with_name("best_known.csv")
    if not table.exists():
        return None
    try:
        rows = list(csv.DictReader(_text(table).splitlines()))
    except (csv.Error, CannotRead):
        case.notes.append("best_known.csv beside the file can't be read.")
        return None
    names = {path.name.lower(), path.stem.lower(), case.name.lower()}
    for row in rows:
        if (row.get("file") or "").lower() == path.name.lower():
            return {key: value or "" for key, value in row.items() if key}
    for row in rows:
        if (row.get("instance") or row.get("name") or "").lower() in names:
            return {key: value or "" for key, value in row.items() if key}
    return None


def _match(case: Case, routes: list[list[int]], stated: float, prefer: Rounding) -> None:
    """Set the rule by which these routes cost what is stated, whole powers of ten allowed."""
    case.best_known = stated
    decimals = 2 if stated != int(stated) else 0
    for rule in (prefer, *(one for one in EVERY_RULE if one != prefer)):
        try:
            counted = stated_cost(case, routes, rule) / rule.factor
        except IndexError:
            case.notes.append("The .sol beside the file names places that aren't in it.")
            return
        for power in (0, -1, -2, -3, 1, 2, 3):
            unit = 10.0**power
            there = counted / unit
            # A cost without decimals may have been rounded from fractions.
            slack = 0.006 if decimals else (0.5 if rule is FINE and power == 0 else 0.006)
            if abs(there - stated) <= max(slack, 2e-9 * stated) / (unit if unit < 1 else 1):
                if not (0.99 < there / stated < 1.01):
                    continue
                case.rounding = rule
                if unit < 1:  # stated in tenths or thousandths: we print whole ones
                    case.best_known = stated * unit
                else:
                    case.unit = unit
                return
    case.notes.append(
        "The .sol beside the file has another cost than its routes under any rule known here."
    )


def stated_cost(case: Case, routes: list[list[int]], rule: Rounding) -> float:
    """Return what a .sol's routes cost by this rule, times its factor.

    Routes belong to vehicles in order where these differ.
    """
    # CVRPLIB numbers stops from 1 after the depot; PyVRP's files number places from 0.
    total = 0.0
    for number, route in enumerate(routes):
        if not route:
            continue
        vehicle = case.vehicles[min(number, len(case.vehicles) - 1)]
        places = [vehicle.start, *route, vehicle.start]
        if max(places) >= case.n:
            raise IndexError
        far = sum(rule.of(case.travel(a, b)) for a, b in pairwise(places))
        total += far * vehicle.unit_cost + vehicle.fixed_cost * rule.factor
    return total


# --- For the solver ---------------------------------------------------------------------------


def problem_of(case: Case) -> tuple[Problem, list[list[int]]]:
    """Return the case rounded for the solver, and the case's vehicles of each of its kinds."""
    import numpy as np

    rule = case.rounding
    n = case.n
    raw = _matrix(case)
    if rule.way == "down":
        matrix = np.floor(raw * rule.factor + 1e-9)
    elif rule.way == "up":
        matrix = np.ceil(raw * rule.factor - 1e-9)
    else:
        matrix = np.floor(raw * rule.factor + 0.5)
    distance = matrix.astype(np.int64)
    np.fill_diagonal(distance, 0)

    def scaled(value: float, up: bool = False) -> int:
        if value == math.inf:
            return FOREVER
        # A load or an hour that isn't whole is never made easier by rounding.
        return (
            math.ceil(value * rule.factor - 1e-9) if up else math.floor(value * rule.factor + 1e-9)
        )

    loads = 1
    while loads < 1000 and any(abs(d * loads - round(d * loads)) > 1e-9 for d in case.demand):
        loads *= 10
    costs = 1
    while costs < 1000 and any(
        abs(v.unit_cost * costs - round(v.unit_cost * costs)) > 1e-9 for v in case.vehicles
    ):
        costs *= 10
    profiles: dict[frozenset[int] | None, int] = {}
    distances: list[Any] = []
    forbidden = FOREVER
    groups: dict[tuple[object, ...], list[int]] = {}
    for number, vehicle in enumerate(case.vehicles):
        key = (
            vehicle.start, vehicle.capacity, vehicle.fixed_cost, vehicle.unit_cost,
            vehicle.longest, vehicle.furthest, vehicle.reloads, vehicle.most_reloads,
            vehicle.allowed,
        )  # fmt: skip
        groups.setdefault(key, []).append(number)
        if vehicle.allowed not in profiles:
            profiles[vehicle.allowed] = len(distances)
            mine = distance
            if vehicle.allowed is not None:
                mine = distance.copy()
                for place in range(n):
                    if place not in vehicle.allowed and place not in case.depots:
                        mine[place, :] = forbidden
                        mine[:, place] = forbidden
                        mine[place, place] = 0
            distances.append(mine)
    kinds, members = [], []
    for numbers in groups.values():
        vehicle = case.vehicles[numbers[0]]
        kinds.append(
            Kind(
                count=len(numbers),
                start=vehicle.start,
                end=vehicle.start,
                capacity=(
                    FOREVER
                    if vehicle.capacity == math.inf
                    else math.floor(vehicle.capacity * loads + 1e-9),
                ),
                fixed_cost=round(vehicle.fixed_cost * costs * rule.factor),
                unit_cost=round(vehicle.unit_cost * costs),
                opens=scaled(case.windows[vehicle.start][0], up=True),
                closes=scaled(case.windows[vehicle.start][1]),
                longest=scaled(vehicle.longest),
                furthest=scaled(vehicle.furthest),
                profile=profiles[vehicle.allowed],
                reloads=vehicle.reloads,
                most_reloads=1000 if vehicle.most_reloads is None else vehicle.most_reloads,
            )
        )
        members.append(numbers)
    return Problem(
        depots=case.depots,
        demand=np.array([[math.ceil(d * loads - 1e-9)] for d in case.demand], dtype=np.int64),
        service=np.array([scaled(s, up=True) for s in case.service], dtype=np.int64),
        opens=np.array([scaled(first, up=True) for first, _ in case.windows], dtype=np.int64),
        closes=np.array([scaled(last) for _, last in case.windows], dtype=np.int64),
        distance=distances,
        duration=distances,
        kinds=kinds,
        coordinates=np.array(case.coordinates) if case.coordinates else None,
        scale=rule.factor * costs * case.unit,
        forbidden=forbidden,
    ), members


def _matrix(case: Case):  # type: ignore[no-untyped-def]
    import numpy as np

    if case.weights is not None:
        return np.array(case.weights, dtype=float)
    if case.weight_type in ("GEO",):
        return np.array(
            [[case.travel(a, b) for b in range(case.n)] for a in range(case.n)], dtype=float
        )
    points = np.array(case.coordinates, dtype=float)
    across = points[:, None, 0] - points[None, :, 0]
    along = points[:, None, 1] - points[None, :, 1]
    if case.weight_type == "MAN_2D":
        return np.abs(across) + np.abs(along)
    if case.weight_type == "MAX_2D":
        return np.maximum(np.abs(across), np.abs(along))
    return np.hypot(across, along)


def routes_of(tours: Sequence[Tour], members: list[list[int]]) -> list[tuple[int, list[int]]]:
    """Return each tour as (number of the vehicle in the file, places), in order of vehicles."""
    free = [list(numbers) for numbers in members]
    return sorted(
        ((free[tour.kind].pop(0), list(tour.stops)) for tour in tours if tour.stops),
        key=lambda pair: pair[0],
    )
