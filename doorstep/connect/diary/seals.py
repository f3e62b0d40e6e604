"""The seal of a bundle: an Ed25519 signature of this installation, and the shapes it stands in.

A **PDF** is followed by one comment line of fixed length that signs every byte before it:

    %Doorstep-Seal-1 key=<64 hex> sig=<128 hex>
    %%EOF

A **manifest** is JSON in one way of writing only (`canonical`), with "key" and "signature" among
its names; the signature is over the same JSON without "signature". A **zip** is written by
`packing.pack`, which writes the same files in one way only, so a changed byte of the packing shows.

Keys are made from those of `base.sealing`, so a key that was rotated still verifies what it signed.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from doorstep.base import sealing

FORMAT = "doorstep-evidence-1"
_PDF, _LIST = b"doorstep evidence pdf 1\0", b"doorstep evidence manifest 1\0"
_TAIL = re.compile(rb"\n%Doorstep-Seal-1 key=([0-9a-f]{64}) sig=([0-9a-f]{128})\n%%EOF\n\Z")
TAIL_LENGTH = len(b"\n%Doorstep-Seal-1 key= sig=\n%%EOF\n") + 64 + 128


def _private(secret: bytes) -> Ed25519PrivateKey:
    seed = HKDF(hashes.SHA256(), 32, salt=None, info=b"doorstep evidence").derive(secret)
    return Ed25519PrivateKey.from_private_bytes(seed)


def _public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def own_key() -> str:
    """Return the public key that bundles are signed with now, 64 hex letters."""
    ring = sealing.ring()
    return _public(_private(ring.keys[ring.writing].secret))


def own_keys() -> frozenset[str]:
    """Return every public key of this installation, retired ones too."""
    return frozenset(_public(_private(key.secret)) for key in sealing.ring().keys.values())


def fingerprint(key: str) -> str:
    """Return a key short enough to be read out: four groups of four."""
    digest = hashlib.sha256(bytes.fromhex(key)).hexdigest()[:16]
    return " ".join(digest[at : at + 4] for at in range(0, 16, 4))


def _sign(what: bytes, data: bytes) -> tuple[str, str]:
    ring = sealing.ring()
    key = _private(ring.keys[ring.writing].secret)
    return _public(key), key.sign(what + hashlib.sha256(data).digest()).hex()


def _is_signed(what: bytes, data: bytes, key: str, signature: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
            bytes.fromhex(signature), what + hashlib.sha256(data).digest()
        )
    except (InvalidSignature, ValueError):
        return False
    return True


# --- A PDF -------------------------------------------------------------------------------------


def seal_pdf(data: bytes) -> bytes:
    """Return the PDF with its seal behind it."""
    key, signature = _sign(_PDF, data)
    return data + f"\n%Doorstep-Seal-1 key={key} sig={signature}\n%%EOF\n".encode()


def seal_of(data: bytes) -> tuple[str, bool] | None:
    """Return (key, whether every byte is as it was signed with that key); None without a seal."""
    found = _TAIL.search(data[-TAIL_LENGTH:])
    if found is None:
        return None
    key, signature = found[1].decode(), found[2].decode()
    return key, _is_signed(_PDF, data[:-TAIL_LENGTH], key, signature)


# --- A manifest --------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """Return the one way this JSON is written."""
    return (json.dumps(value, sort_keys=True, ensure_ascii=True, indent=1) + "\n").encode()


def seal_manifest(manifest: dict[str, Any]) -> bytes:
    """Return the manifest signed, as the bytes of its file."""
    ring = sealing.ring()
    key = _public(_private(ring.keys[ring.writing].secret))
    whole = {**manifest, "format": FORMAT, "key": key}
    _key, signature = _sign(_LIST, canonical(whole))
    return canonical({**whole, "signature": signature})


def is_signed(manifest: dict[str, Any]) -> bool:
    """Whether a manifest is as it was signed with the key it names."""
    bare = {name: value for name, value in manifest.items() if name != "signature"}
    key, signature = manifest.get("key"), manifest.get("signature")
    if not isinstance(key, str) or not isinstance(signature, str):
        return False
    # Hex in capitals is another byte with the same meaning: only one way of writing counts.
    if not re.fullmatch("[0-9a-f]{64}", key) or not re.fullmatch("[0-9a-f]{128}", signature):
        return False
    return _is_signed(_LIST, canonical(bare), key, signature)
