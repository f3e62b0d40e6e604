"""The keys the read log is chained with, made from those of `base.sealing`: outside the database.

Keys that are rotated stay in the key file as retired ones, so a row written years ago can still
be verified. A chain's name begins with the id of its key.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from doorstep.base import sealing


@lru_cache(64)
def _derived(secret: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"doorstep read log").derive(secret)


def newest() -> tuple[str, bytes]:
    """Return the id and the key that new chains are made with."""
    ring = sealing.ring()
    return ring.writing, _derived(ring.keys[ring.writing].secret)


def named(key_id: str) -> bytes | None:
    """Return the key with this id, or None when it is lost."""
    key = sealing.ring().keys.get(key_id)
    return _derived(key.secret) if key else None
