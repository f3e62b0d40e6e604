"""A zip written in one way only: nothing compressed, no dates, no comments, files one by one.

Photos and PDFs are compressed already, so nothing is lost; and whoever changes a byte of what
lies between the files can be found, because writing the same files again gives the same bytes.
"""

from __future__ import annotations

import struct
import zlib

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_DAY = 0x21  # 1 January 1980, the first there is
MOST = 0xFFFFFFFF


def pack(files: list[tuple[str, bytes]]) -> bytes:
    """Return a zip of (name, content); names are plain ASCII. At most 4 GB and 65,000 files."""
    if len(files) > 65_000 or sum(len(data) for _name, data in files) > MOST // 2:
        raise ValueError("too much for one zip")
    out, listed = bytearray(), bytearray()
    for name, data in files:
        called = name.encode("ascii")
        crc, at = zlib.crc32(data), len(out)
        out += _LOCAL.pack(
            b"PK\x03\x04", 20, 0, 0, 0, _DAY, crc, len(data), len(data), len(called), 0
        )
        out += called
        out += data
        listed += _CENTRAL.pack(
            b"PK\x01\x02", 0x0314, 20, 0, 0, 0, _DAY, crc, len(data), len(data), len(called),
            0, 0, 0, 0, 0o100644 << 16, at,
        )  # fmt: skip
        listed += called
    at = len(out)
    out += listed
    out += _END.pack(b"PK\x05\x06", 0, 0, len(files), len(files), len(listed), at, 0)
    return bytes(out)
