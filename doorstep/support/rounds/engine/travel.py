"""How long it takes from place to place: as the crow flies with a street factor, or by a server."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from doorstep.support.rounds.engine.morning import Place

if TYPE_CHECKING:
    import numpy as np

STREETS = 1.3  # streets are that much longer than the crow's way
METRES_PER_SECOND = {
    "foot": 4.6 / 3.6,
    "bike": 13 / 3.6,
    "bus": 10 / 3.6,
    "car": 22 / 3.6,
    "van": 20 / 3.6,
}
AT_EACH_END = {"foot": 0, "bike": 30, "bus": 240, "car": 60, "van": 75}  # lock, park, wait
_PROFILES = {"foot": "foot", "bike": "bike", "bus": "", "car": "car", "van": "car"}
_AT_ONCE = 90  # places in one question; a usual OSRM takes 100
_MOST_BYTES = 8_000_000


class NoAnswer(Exception):
    """The routing server gave no answer that can be used; says why in a few words."""


def by_crow(places: Sequence[Place], mode: str) -> np.ndarray:
    """Return seconds between all places, (n, n)."""
    import numpy as np

    degrees = np.radians(np.array(places, dtype=float).reshape(-1, 2))
    lat, lon = degrees[:, 0], degrees[:, 1]
    half = (
        np.sin((lat[:, None] - lat[None, :]) / 2) ** 2
        + np.cos(lat)[:, None]
        * np.cos(lat)[None, :]
        * np.sin((lon[:, None] - lon[None, :]) / 2) ** 2
    )
    metres = 2 * 6_371_008.8 * np.arcsin(np.minimum(1.0, np.sqrt(half)))
    seconds = np.rint(metres * STREETS / METRES_PER_SECOND[mode]).astype(np.int64)
    seconds[metres > 60] += AT_EACH_END[mode]
    return seconds


def by_server(
    places: Sequence[Place], mode: str, address: str, *, timeout: float = 8.0
) -> np.ndarray:
    """Ask an OSRM-compatible server's table service. Raises NoAnswer.

    `{mode}` in the address becomes foot, bike or car. Without it the server is one for cars and
    is asked for cars and vans alone. What it can't reach is worked out as the crow flies.
    """
    import numpy as np

    profile = _PROFILES[mode]
    if not profile or ("{mode}" not in address and profile != "car"):
        return by_crow(places, mode)
    base = address.replace("{mode}", profile).rstrip("/")
    if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).netloc:
        raise NoAnswer("its address is not one of http or https")
    n = len(places)
    seconds = by_crow(places, mode).astype(float)
    until = time.monotonic() + timeout
    step = _AT_ONCE // 2
    blocks = [range(at, min(at + step, n)) for at in range(0, n, step)]
    for rows in blocks:
        for columns in blocks:
            asked = list(dict.fromkeys([*rows, *columns]))
            number = {place: index for index, place in enumerate(asked)}
            where = ";".join(f"{places[p][1]:.6f},{places[p][0]:.6f}" for p in asked)
            sources = ";".join(str(number[p]) for p in rows)
            goals = ";".join(str(number[p]) for p in columns)
            found = _ask(
                f"{base}/table/v1/{profile}/{where}?annotations=duration&sources={sources}"
                f"&destinations={goals}",
                until - time.monotonic(),
            )
            table = found.get("durations")
            if (
                not isinstance(table, list)
                or len(table) != len(rows)
                or any(not isinstance(row, list) or len(row) != len(columns) for row in table)
            ):
                raise NoAnswer("its answer is not a table")
            for row, line in zip(rows, table, strict=True):
                for column, value in zip(columns, line, strict=True):
                    if isinstance(value, int | float) and 0 <= value < 1e6:
                        seconds[row, column] = value + (AT_EACH_END[mode] if value > 20 else 0)
    np.fill_diagonal(seconds, 0)
    return np.rint(seconds).astype(np.int64)


def _ask(address: str, seconds: float) -> dict[str, object]:
    if seconds <= 0:
        raise NoAnswer("it took too long")
    try:
        with urllib.request.urlopen(address, timeout=max(seconds, 0.1)) as answer:  # noqa: S310
            body = answer.read(_MOST_BYTES + 1)
        if len(body) > _MOST_BYTES:
            raise NoAnswer("its answer is too long")
        found = json.loads(body)
    except TimeoutError as problem:
        raise NoAnswer("it took too long") from problem
    except (OSError, ValueError, urllib.error.URLError) as problem:
        raise NoAnswer("it can't be reached or answers something else") from problem
    if not isinstance(found, dict) or found.get("code") != "Ok":
        raise NoAnswer("it answers something else")
    return found


def tables(
    places: Sequence[Place], modes: Sequence[str], address: str = ""
) -> tuple[dict[str, np.ndarray], str]:
    """Return seconds by mode, and why the server was not used ("" when all is well)."""
    trouble = ""
    found = {}
    for mode in dict.fromkeys(modes):
        if address and not trouble:
            try:
                found[mode] = by_server(places, mode, address)
                continue
            except NoAnswer as problem:
                trouble = str(problem)
        found[mode] = by_crow(places, mode)
    return found, trouble
