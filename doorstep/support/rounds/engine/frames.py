"""Problems and plans as bytes, for another process: JSON, and beside it the numbers of the arrays.

No pickles: a frame can name nothing but the classes below, and reading one runs nothing. A frame is
an 8-byte length (big-endian), the JSON of that length, then each array's bytes as they lie.
"""

from __future__ import annotations

import dataclasses
import json
import re
import struct
from collections.abc import Callable
from typing import IO, Any

from doorstep.support.rounds.engine import morning, problem

_MADE: dict[str, type[Any]] = {
    one.__name__: one
    for one in (
        morning.Hub,
        morning.Morning,
        morning.Parcel,
        morning.Runner,
        problem.Kind,
        problem.Problem,
        problem.Solved,
        problem.Tour,
    )
}
_NUMBERS = re.compile(r"[<|][iufb][1248]")  # an array's dtype, its lowest byte first


def write(stream: IO[bytes], what: Any) -> None:
    """Write one frame. Raises TypeError for what no frame can hold, before anything is written."""
    import numpy as np

    arrays: list[np.ndarray] = []
    number_of: dict[int, int] = {}

    def plain(one: Any) -> Any:
        if one is None or isinstance(one, (bool, int, float, str)):
            return one
        if isinstance(one, list):
            return [plain(each) for each in one]
        if isinstance(one, tuple):
            return {"tuple": [plain(each) for each in one]}
        if isinstance(one, frozenset):
            return {"set": [plain(each) for each in sorted(one)]}
        if isinstance(one, dict) and all(isinstance(name, str) for name in one):
            return {"dict": {name: plain(each) for name, each in one.items()}}
        if isinstance(one, np.ndarray) and one.dtype.kind in "iufb":
            # An array that stands in two places is sent once and is one array over there, too.
            if id(one) not in number_of:
                number_of[id(one)] = len(arrays)
                arrays.append(one)
            return {"array": number_of[id(one)]}
        if isinstance(one, np.generic):
            return plain(one.item())
        name = type(one).__name__
        if _MADE.get(name) is type(one):
            fields = {each.name: plain(getattr(one, each.name)) for each in dataclasses.fields(one)}
            return {"made": name, "of": fields}
        raise TypeError(f"a frame holds no {name}")

    head = {"what": plain(what)}
    flat = [np.ascontiguousarray(one, dtype=one.dtype.newbyteorder("<")) for one in arrays]
    head["arrays"] = [[one.dtype.str, list(one.shape)] for one in flat]
    text = json.dumps(head, separators=(",", ":")).encode()
    stream.write(struct.pack(">Q", len(text)) + text)
    for one in flat:
        stream.write(one.data)
    stream.flush()


def read(stream: IO[bytes]) -> Any:
    """Return what the next frame holds. Raises EOFError at the end, ValueError for no frame."""
    import numpy as np

    (length,) = struct.unpack(">Q", _exactly(stream, 8))
    try:
        head = json.loads(_exactly(stream, length))
        arrays = []
        for kind, shape in head["arrays"]:
            if not _NUMBERS.fullmatch(kind):
                raise ValueError("no such numbers")
            one = np.empty(tuple(shape), dtype=kind)
            if one.size:
                one.reshape(-1).view(np.uint8)[:] = np.frombuffer(
                    _exactly(stream, one.nbytes), dtype=np.uint8
                )
            arrays.append(one)
        return _made(head["what"], arrays)
    except (KeyError, TypeError, IndexError, AttributeError) as wrong:
        raise ValueError("this is no frame") from wrong


def _made(one: Any, arrays: list[Any]) -> Any:
    if isinstance(one, list):
        return [_made(each, arrays) for each in one]
    if not isinstance(one, dict):
        return one
    if "made" in one:
        fields = {name: _made(each, arrays) for name, each in one["of"].items()}
        return _MADE[one["made"]](**fields)
    ((sort, held),) = one.items()
    back: dict[str, Callable[[], Any]] = {
        "tuple": lambda: tuple(_made(each, arrays) for each in held),
        "set": lambda: frozenset(_made(each, arrays) for each in held),
        "dict": lambda: {name: _made(each, arrays) for name, each in held.items()},
        "array": lambda: arrays[held],
    }
    return back[sort]()


def _exactly(stream: IO[bytes], length: int) -> bytes:
    found = stream.read(length)
    if len(found) < length:
        raise EOFError
    return found
