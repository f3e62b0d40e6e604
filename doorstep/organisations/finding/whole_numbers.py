"""The reader's network with its multiplications done in whole numbers: half the time.

The model's file keeps its weights in eight bits, and says to make them fractions again before use;
then each reading walks through four times the memory. Here the same weights are multiplied as
they lie, sixty-four at a time (ONNX Runtime's MatMulNBits). What comes out is the same to about
one part in two thousand.

The file is Protocol Buffers (ONNX's ModelProto); only what is changed is taken apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# Numbers of fields: ModelProto's, GraphProto's, NodeProto's, AttributeProto's, TensorProto's.
_GRAPH, _OPSETS = 7, 8
_NODE, _WEIGHTS = 1, 5
_INPUT, _OUTPUT, _NAME, _KIND, _ATTRIBUTE, _DOMAIN = 1, 2, 3, 4, 5, 7
_A_NAME, _A_WHOLE, _A_TYPE, _IS_WHOLE = 1, 3, 20, 2
_T_SIZES, _T_TYPE, _T_NAME, _T_RAW = 1, 2, 8, 9
_FRACTIONS, _BYTES_TYPE, _SIGNED = 1, 2, 3  # types of tensors
_NUMBER, _BYTES = 0, 2  # wire types
_WIDTHS = {1: 8, 5: 4}
_MICROSOFT = b"com.microsoft"
_AT_A_TIME = 64
_ROUNDED = 4  # accuracy level: what is multiplied is rounded to eight bits, block by block

Piece = tuple[int, int, int | bytes]  # field, wire type, value


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def _pieces(data: bytes) -> Iterator[Piece]:
    at = 0
    while at < len(data):
        key, at = _number(data, at)
        field, wire = key >> 3, key & 7
        if wire == _NUMBER:
            value, at = _number(data, at)
            yield field, wire, value
            continue
        if wire == _BYTES:
            size, at = _number(data, at)
        elif wire in _WIDTHS:
            size = _WIDTHS[wire]
        else:
            raise ValueError(f"no wire type {wire} in a model")
        yield field, wire, data[at : at + size]
        at += size


def _as_number(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 127
        out.append(low | (128 if value else 0))
        if not value:
            return bytes(out)


def _written(field: int, value: int | bytes, wire: int | None = None) -> bytes:
    if wire is None:
        wire = _NUMBER if isinstance(value, int) else _BYTES
    key = _as_number(field << 3 | wire)
    if isinstance(value, int):
        return key + _as_number(value)
    return key + (_as_number(len(value)) if wire == _BYTES else b"") + value


def _texts(node: bytes, field: int) -> list[bytes]:
    return [
        value for one, _wire, value in _pieces(node) if one == field and isinstance(value, bytes)
    ]


class _Table:
    """A table of weights as the file holds it."""

    def __init__(self, data: bytes) -> None:
        self.sizes: list[int] = []
        self.name = self.raw = b""
        self.type = 0
        for field, _wire, value in _pieces(data):
            if field == _T_SIZES:
                self.sizes += [value] if isinstance(value, int) else _many(value)
            elif field == _T_TYPE and isinstance(value, int):
                self.type = value
            elif field == _T_NAME and isinstance(value, bytes):
                self.name = value
            elif field == _T_RAW and isinstance(value, bytes):
                self.raw = value


def _many(packed: bytes) -> list[int]:
    found, at = [], 0
    while at < len(packed):
        value, at = _number(packed, at)
        found.append(value)
    return found


def in_whole_numbers(model: bytes) -> bytes | None:
    """Return the model with its weights used as they lie, None where it isn't built as we know it.

    What is changed is `MatMul(a, Mul(Cast(weights), scale))`.
    """
    try:
        out, changed = [], 0
        for field, wire, value in _pieces(model):
            if field == _GRAPH and isinstance(value, bytes):
                value, changed = _graph(value)
            out.append(_written(field, value, wire))
    except (ValueError, IndexError, KeyError):
        return None
    if not changed:
        return None
    opset = _written(1, _MICROSOFT) + _written(2, 1)
    return b"".join([*out, _written(_OPSETS, opset)])


def _graph(graph: bytes) -> tuple[bytes, int]:
    pieces = list(_pieces(graph))
    tables: dict[bytes, _Table] = {}
    nodes: dict[int, tuple[bytes, list[bytes], list[bytes]]] = {}
    for place, (field, _wire, value) in enumerate(pieces):
        if field == _WEIGHTS and isinstance(value, bytes):
            table = _Table(value)
            tables[table.name] = table
        elif field == _NODE and isinstance(value, bytes):
            nodes[place] = (
                _texts(value, _KIND)[0],
                _texts(value, _INPUT),
                _texts(value, _OUTPUT),
            )
    made_by = {outputs[0]: place for place, (_kind, _inputs, outputs) in nodes.items()}
    uses: dict[bytes, int] = {}
    for _kind, inputs, _outputs in nodes.values():
        for name in inputs:
            uses[name] = uses.get(name, 0) + 1
    # place -> what stands there instead, None for nothing.
    new: dict[int, bytes | None] = {}
    added: list[bytes] = []
    gone: set[bytes] = set()
    for place, (kind, inputs, outputs) in nodes.items():
        if kind != b"MatMul" or uses[inputs[1]] != 1:
            continue
        mul = made_by.get(inputs[1], -1)
        if mul < 0 or nodes[mul][0] != b"Mul":
            continue
        fractions, scale = nodes[mul][1]
        cast = made_by.get(fractions, -1)
        if cast < 0 or nodes[cast][0] != b"Cast" or uses[fractions] != 1:
            continue
        table = tables[nodes[cast][1][0]]
        if table.type != _SIGNED or len(table.sizes) != 2 or table.sizes[0] % _AT_A_TIME:
            continue
        blocks, scales = _in_blocks(table, tables[scale], place)
        added += [blocks, scales]
        rows, columns = table.sizes
        names = (inputs[0], b"whole_%d" % place, b"scale_%d" % place)
        settings = {b"K": rows, b"N": columns, b"bits": 8, b"block_size": _AT_A_TIME,
                    b"accuracy_level": _ROUNDED}  # fmt: skip
        new[place] = (
            b"".join(_written(_INPUT, name) for name in names)
            + _written(_OUTPUT, outputs[0])
            + _written(_NAME, b"in_whole_numbers_%d" % place)
            + _written(_KIND, b"MatMulNBits")
            + b"".join(_setting(name, value) for name, value in settings.items())
            + _written(_DOMAIN, _MICROSOFT)
        )
        new[mul] = new[cast] = None
        gone.add(table.name)
    out = []
    for place, (field, wire, value) in enumerate(pieces):
        changed = new.get(place, b"")
        if changed is None:
            continue
        if field == _WEIGHTS and isinstance(value, bytes) and _texts(value, _T_NAME)[0] in gone:
            continue
        out.append(_written(_NODE, changed) if changed else _written(field, value, wire))
    out += [_written(_WEIGHTS, one) for one in added]
    return b"".join(out), sum(one is not None for one in new.values())


def _setting(name: bytes, value: int) -> bytes:
    told = _written(_A_NAME, name) + _written(_A_WHOLE, value) + _written(_A_TYPE, _IS_WHOLE)
    return _written(_ATTRIBUTE, told)


def _in_blocks(table: _Table, scale: _Table, place: int) -> tuple[bytes, bytes]:
    """Return the weights and their scales as MatMulNBits takes them: column by column, in blocks,
    counted from 128 on."""
    import numpy as np

    rows, columns = table.sizes
    each = rows // _AT_A_TIME
    weights = np.frombuffer(table.raw, dtype=np.int8).reshape(rows, columns).T.astype(np.int16)
    scales = np.frombuffer(scale.raw, dtype=np.float32).reshape(-1)
    if scales.size == 1:
        scales = np.repeat(scales, columns)
    if scales.size != columns:
        raise ValueError("a scale for each column, or one for all")
    blocks: Any = (weights + 128).astype(np.uint8)
    return (
        _tensor(b"whole_%d" % place, (columns, each, _AT_A_TIME), _BYTES_TYPE, blocks.tobytes()),
        _tensor(
            b"scale_%d" % place, (columns * each,), _FRACTIONS, np.repeat(scales, each).tobytes()
        ),
    )


def _tensor(name: bytes, sizes: tuple[int, ...], kind: int, raw: bytes) -> bytes:
    return (
        b"".join(_written(_T_SIZES, size) for size in sizes)
        + _written(_T_TYPE, kind)
        + _written(_T_NAME, name)
        + _written(_T_RAW, raw)
    )
