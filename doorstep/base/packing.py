"""Pages compressed beforehand, with gaps for what differs from answer to answer.

A gzip file may hold pieces that were compressed each for itself, and between them bytes that are
not compressed at all. So a page kept for its reader (`base.kept_pages`) is compressed once, and
only the tokens in it are put in afresh: 5 µs instead of 50.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from isal import isal_zlib

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST = b"\x03\x00"  # an empty block that says that no other follows
_LEVEL = 2
_MOST = 0xFFFF  # bytes one uncompressed block holds


def packed(pieces: Iterable[bytes]) -> list[bytes]:
    """Return each piece compressed for itself, ending on a whole byte, to be joined by `Packed`."""
    found = []
    for piece in pieces:
        packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, -15)
        found.append(packer.compress(piece) + packer.flush(isal_zlib.Z_FULL_FLUSH))
    return found


class Packed:
    """An answer's content with its pieces compressed and the gaps between them."""

    def __init__(self, content: bytes, pieces: Sequence[bytes], gaps: Sequence[bytes]) -> None:
        self.content, self.pieces, self.gaps = content, pieces, gaps

    def gzip(self) -> bytes:
        """Return `content` as a gzip file."""
        parts = [_HEAD, self.pieces[0]]
        for gap, piece in zip(self.gaps, self.pieces[1:], strict=True):
            size = len(gap)
            if size > _MOST:
                raise ValueError("a gap is a token, not a page")
            parts += (struct.pack("<BHH", 0, size, size ^ _MOST), gap, piece)
        parts += (_LAST, struct.pack("<LL", isal_zlib.crc32(self.content), len(self.content)))
        return b"".join(parts)
