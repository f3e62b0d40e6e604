"""The reader's network built anew, its multiplications in whole numbers: two fifths of the time.

The model's file keeps its weights in eight bits, and says to make them fractions again before use;
then each reading walks through four times the memory, in some three hundred small steps. Here the
same weights are multiplied as they lie, sixty-four at a time (ONNX Runtime's MatMulNBits), and each
of its layers is eight steps. What comes out is the same to about one part in two thousand. The
words' own numbers (`Embeddings`) stay in eight bits too: 12 MB of a process instead of 47.

The file is Protocol Buffers (ONNX's ModelProto); only what is needed is taken apart.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Numbers of fields: ModelProto's, GraphProto's, NodeProto's, AttributeProto's, TensorProto's.
_VERSION, _GRAPH, _OPSETS = 1, 7, 8
_NODE, _G_NAME, _WEIGHTS, _GIVEN, _TOLD = 1, 2, 5, 11, 12
_INPUT, _OUTPUT, _NAME, _KIND, _ATTRIBUTE, _DOMAIN = 1, 2, 3, 4, 5, 7
_A_NAME, _A_FRACTION, _A_WHOLE, _A_TYPE, _IS_FRACTION, _IS_WHOLE = 1, 2, 3, 20, 1, 2
_T_SIZES, _T_TYPE, _T_NAME, _T_RAW = 1, 2, 8, 9
_FRACTIONS, _BYTES_TYPE, _SIGNED = 1, 2, 3  # types of tensors
_NUMBER, _BYTES, _FOUR = 0, 2, 5  # wire types
_WIDTHS = {1: 8, 5: 4}
_MICROSOFT = b"com.microsoft"
_IR, _OPSET = 10, 18
_AT_A_TIME = 64
_ROUNDED = 4  # accuracy level: what is multiplied is rounded to eight bits, block by block
_HEADS, _TINY = 12, 1e-12  # of MiniLM's attention; its layers' epsilon
_LAYER = "inner.encoder.layer.%d."

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


@dataclass(frozen=True)
class Embeddings:
    """What words, places in a sentence and sentences bring with them, in eight bits."""

    words: Any  # words x 384, and words x 1 to multiply it by
    word_scales: Any
    places: Any
    place_scales: Any
    kind: Any  # 384: of a first sentence, and there are no others

    def __call__(self, ids: Any) -> Any:
        """Return texts x pieces x 384 fractions for texts x pieces of numbers of words."""
        many = ids.shape[1]
        return (
            self.words[ids] * self.word_scales[ids]
            + self.places[:many] * self.place_scales[:many]
            + self.kind
        )


def in_whole_numbers(model: bytes) -> tuple[bytes, Embeddings] | None:
    """Return the network and what goes into it, None where it isn't built as we know it.

    The network takes `given`, texts x pieces x 384 fractions, all pieces of them words, and tells
    `told` of the same sizes.
    """
    try:
        graph = next(value for field, _wire, value in _pieces(model) if field == _GRAPH)
        if not isinstance(graph, bytes):
            return None
        return _built(*_taken_apart(graph))
    except (ValueError, IndexError, KeyError, StopIteration, struct.error):
        return None


Weights = dict[str, tuple["_Table", "_Table"]]  # by the name of their bias: in eight bits, scales


def _taken_apart(graph: bytes) -> tuple[dict[str, _Table], Weights]:
    """Return every table by its name, and of each layer's parts the weights."""
    tables: dict[str, _Table] = {}
    nodes: list[tuple[str, list[str], str]] = []
    for field, _wire, value in _pieces(graph):
        if field == _WEIGHTS and isinstance(value, bytes):
            table = _Table(value)
            tables[table.name.decode()] = table
        elif field == _NODE and isinstance(value, bytes):
            nodes.append(
                (
                    _texts(value, _KIND)[0].decode(),
                    [one.decode() for one in _texts(value, _INPUT)],
                    _texts(value, _OUTPUT)[0].decode(),
                )
            )
    made_by = {output: (kind, inputs) for kind, inputs, output in nodes}
    weights: Weights = {}
    for kind, inputs, _output in nodes:
        if kind != "Add" or not inputs[1].endswith(".bias"):
            continue
        # Add(MatMul(…, Mul(Cast(weights), scales)), bias)
        product, (_given, fractions) = made_by[inputs[0]]
        times, (cast, scales) = made_by[fractions]
        whole, (name,) = made_by[cast]
        if (product, times, whole) != ("MatMul", "Mul", "Cast") or inputs[1] in weights:
            raise ValueError("not multiplied as we know it")
        weights[inputs[1]] = (tables[name], tables[scales])
    return tables, weights


def _array(table: _Table) -> Any:
    import numpy as np

    kind = {_SIGNED: np.int8, _FRACTIONS: np.float32}[table.type]
    return np.frombuffer(table.raw, dtype=kind).reshape(table.sizes)


def _built(tables: dict[str, _Table], weights: Weights) -> tuple[bytes, Embeddings]:
    import numpy as np

    nodes: list[bytes] = []
    kept: list[bytes] = []

    def keep(name: str, values: Any, kind: int) -> str:
        kept.append(_tensor(name.encode(), values.shape, kind, values.tobytes()))
        return name

    def step(kind: str, inputs: list[str], outputs: list[str], **more: float) -> str:
        is_ours = kind in ("MatMulNBits", "MultiHeadAttention", "SkipLayerNormalization", "Gelu")
        nodes.append(
            b"".join(_written(_INPUT, one.encode()) for one in inputs)
            + b"".join(_written(_OUTPUT, one.encode()) for one in outputs)
            + _written(_NAME, outputs[0].encode())
            + _written(_KIND, kind.encode())
            + b"".join(_setting(name.encode(), value) for name, value in more.items())
            + (_written(_DOMAIN, _MICROSOFT) if is_ours else b"")
        )
        return outputs[0]

    def multiplied(given: str, told: str, biases: list[str]) -> str:
        """Multiply by the weights of several parts at once."""
        parts = [weights[bias] for bias in biases]
        rows = parts[0][0].sizes[0]
        if any(one.type != _SIGNED or one.sizes[0] != rows for one, _s in parts):
            raise ValueError("weights of another kind")
        table = np.concatenate([_array(one) for one, _scales in parts], axis=1)
        scales = np.concatenate(
            [np.broadcast_to(_array(one).reshape(-1), (w.sizes[1],)) for w, one in parts]
        )
        bias = np.concatenate([_array(tables[one]) for one in biases])
        columns, each = table.shape[1], rows // _AT_A_TIME
        if rows % _AT_A_TIME or bias.shape != (columns,):
            raise ValueError("sizes we don't know")
        # Column by column, in blocks, counted from 128 on.
        blocks = (table.T.astype(np.int16) + 128).astype(np.uint8)
        names = [
            given,
            keep(f"{told}_w", blocks.reshape(columns, each, _AT_A_TIME), _BYTES_TYPE),
            keep(f"{told}_s", np.repeat(scales, each).astype(np.float32), _FRACTIONS),
            "", "",
            keep(f"{told}_b", bias, _FRACTIONS),
        ]  # fmt: skip
        return step("MatMulNBits", names, [told], K=rows, N=columns, bits=8,
                    block_size=_AT_A_TIME, accuracy_level=_ROUNDED)  # fmt: skip

    def evened(kind: str, inputs: list[str], told: str, name: str) -> str:
        names = [keep(f"{told}_{at}", _array(tables[f"{name}.{part}"]), _FRACTIONS)
                 for at, part in enumerate(("weight", "bias"))]  # fmt: skip
        return step(kind, inputs + names, [told], epsilon=_TINY)

    flow = evened("LayerNormalization", ["given"], "start", "inner.embeddings.LayerNorm")
    layers = len(weights) // 6
    if not layers or len(weights) != 6 * layers:
        raise ValueError("layers of another kind")
    for number in range(layers):
        layer, at = _LAYER % number, f"l{number}"
        heads = [f"{layer}attention.self.{one}.bias" for one in ("query", "key", "value")]
        split = [f"{at}_{one}" for one in "qkv"]
        step("Split", [multiplied(flow, f"{at}_heads", heads)], split, axis=2, num_outputs=3)
        seen = step("MultiHeadAttention", split, [f"{at}_seen"], num_heads=_HEADS)
        told = multiplied(seen, f"{at}_told", [f"{layer}attention.output.dense.bias"])
        flow = evened("SkipLayerNormalization", [told, flow], f"{at}_first",
                      f"{layer}attention.output.LayerNorm")  # fmt: skip
        wide = multiplied(flow, f"{at}_wide", [f"{layer}intermediate.dense.bias"])
        narrow = step("Gelu", [wide], [f"{at}_bent"])
        narrow = multiplied(narrow, f"{at}_narrow", [f"{layer}output.dense.bias"])
        flow = evened("SkipLayerNormalization", [narrow, flow],
                      "told" if number == layers - 1 else f"{at}_last",
                      f"{layer}output.LayerNorm")  # fmt: skip
    graph = b"".join(
        [
            *(_written(_NODE, one) for one in nodes),
            _written(_G_NAME, b"reader"),
            *(_written(_WEIGHTS, one) for one in kept),
            _written(_GIVEN, _shape(b"given")),
            _written(_TOLD, _shape(b"told")),
        ]
    )
    model = b"".join(
        [
            _written(_VERSION, _IR),
            _written(_GRAPH, graph),
            _written(_OPSETS, _written(1, b"") + _written(2, _OPSET)),
            _written(_OPSETS, _written(1, _MICROSOFT) + _written(2, 1)),
        ]
    )
    name = "inner.embeddings.%s_embeddings.weight"
    return model, Embeddings(
        _array(tables[name % "word" + "_q"]),
        _array(tables[name % "word" + "_scale"]),
        _array(tables[name % "position" + "_q"]),
        _array(tables[name % "position" + "_scale"]),
        _array(tables[name % "token_type"])[0],
    )


def _setting(name: bytes, value: float) -> bytes:
    if isinstance(value, int):
        told, kind = _written(_A_WHOLE, value), _IS_WHOLE
    else:
        told, kind = _written(_A_FRACTION, struct.pack("<f", value), _FOUR), _IS_FRACTION
    return _written(_ATTRIBUTE, _written(_A_NAME, name) + told + _written(_A_TYPE, kind))


def _shape(name: bytes) -> bytes:
    """Say that something is texts x pieces x 384 fractions."""
    sizes = b"".join(
        _written(1, one)
        for one in (_written(2, b"texts"), _written(2, b"pieces"), _written(1, 384))
    )
    return _written(1, name) + _written(
        2, _written(1, _written(1, _FRACTIONS) + _written(2, sizes))
    )


def _tensor(name: bytes, sizes: tuple[int, ...], kind: int, raw: bytes) -> bytes:
    return (
        b"".join(_written(_T_SIZES, size) for size in sizes)
        + _written(_T_TYPE, kind)
        + _written(_T_NAME, name)
        + _written(_T_RAW, raw)
    )
