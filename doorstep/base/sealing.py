"""Sealing: what is sensitive lies in the database only as ciphertext.

The keys are in a file outside database and media (`DOORSTEP_KEY_FILE`), so that a copy of
those two reveals nothing sealed. A sealed value is text that says which key opens it:

    ~bcdfgh:<base64 of nonce, ciphertext and tag>    AES-256-GCM: never twice the same
    =bcdfgh:<base64 of AES-SIV>                      AES-256-SIV: the same text in the same
                                                     column looks the same, so it can be looked up

Both are authenticated together with the name of their column: a value changed by one bit, or
moved to another column, does not open. This format is stable, because migrations rely on it;
`docs/keys.md` tells whoever runs Doorstep what to do with the keys.

Most code never calls this module: it uses the fields of `base.sealed_fields`.
"""

from __future__ import annotations

import base64
import datetime as dt
import fcntl
import json
import os
import threading
import time
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from doorstep.base.keys import new_key

HIDDEN, FINDABLE = "~", "="
ID_LENGTH = 6
# How long a process may go on with what it last read from the key file. `keys rotate` waits
# for longer than this before it writes with a new key, so that every process looks for it first.
FRESH_FOR = 1.0


class KeyProblem(Exception):
    """A sentence about the keys for whoever runs Doorstep; never holds a value or a key."""


class CannotOpen(KeyProblem):
    """One value that does not open: its key is missing, or it was changed or moved."""


class _Box:
    """One key, ready for use: a secret of its own for each purpose."""

    __slots__ = ("files", "gcm", "siv")

    def __init__(self, secret: bytes) -> None:
        self.gcm = AESGCM(_derived(secret, b"doorstep hidden values", 32))
        self.siv = AESSIV(_derived(secret, b"doorstep findable values", 64))
        self.files = AESGCM(_derived(secret, b"doorstep private files", 32))


def _derived(secret: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=None, info=purpose).derive(secret)


@dataclass(frozen=True)
class Key:
    """One row of the key file. `secret` is 32 random bytes."""

    id: str
    secret: bytes
    made_at: dt.datetime
    # Opens what is old, such as a backup brought back; nothing is looked up or sealed with it.
    is_retired: bool = False

    def __repr__(self) -> str:
        return f"<key {self.id}>"


def made(at: dt.datetime) -> Key:
    """Return a new key."""
    return Key(new_key(ID_LENGTH), os.urandom(32), at)


class Keyring:
    """The keys of one file, or of a test's memory. Never changed: a new file is a new ring."""

    def __init__(self, keys: list[Key], writing: str, stamp: Any = None) -> None:
        self.keys, self.stamp = {key.id: key for key in keys}, stamp
        if writing not in self.keys or self.keys[writing].is_retired:
            raise KeyProblem("The key file names no key to seal with. Bring back its backup.")
        self.writing = writing
        self.boxes = {key.id: _Box(key.secret) for key in keys}
        # What a value may be found under: the key we seal with first.
        self.live = [
            writing,
            *(key.id for key in keys if not key.is_retired and key.id != writing),
        ]
        self.hidden, self.findable = f"{HIDDEN}{writing}:", f"{FINDABLE}{writing}:"
        self.gcm, self.siv = self.boxes[writing].gcm, self.boxes[writing].siv
        self.gcm_files = self.boxes[writing].files

    def as_json(self) -> str:
        rows = [
            {
                "id": key.id,
                "key": base64.b64encode(key.secret).decode(),
                "made_at": key.made_at.isoformat(),
                "is_retired": key.is_retired,
            }
            for key in self.keys.values()
        ]
        return json.dumps({"writing": self.writing, "keys": rows}, indent=1) + "\n"


# --- The ring in use --------------------------------------------------------------------------

_ring: Keyring | None = None
_looked_at = 0.0
_loading = threading.RLock()


def ring() -> Keyring:
    """Return the keys, read again when the file has changed; asks the disk once a second.

    Raises KeyProblem when there is no key file although something is sealed, or it is damaged.
    """
    if _ring is not None and time.monotonic() - _looked_at < FRESH_FOR:
        return _ring
    return reload()


def reload() -> Keyring:
    """Read the key file if it has changed since; make one where nothing is sealed yet."""
    global _ring, _looked_at
    with _loading:
        path = key_file()
        if path is None:
            _ring = _ring or _for_tests()
        else:
            stamp = _stamp(path)
            if _ring is None or stamp != _ring.stamp:
                _ring = read(path) if stamp is not None else _first(path)
        _looked_at = time.monotonic()
        return _ring


def key_file() -> Path | None:
    """Return where the keys are; None in tests, which have a throwaway key in memory."""
    from django.conf import settings

    return settings.KEY_FILE


def _for_tests() -> Keyring:
    key = Key("tttttt", b"a throwaway key of the tests ...", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    return Keyring([key], key.id)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise KeyProblem(f"The key file {path} can't be read ({problem.strerror}).") from None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _first(path: Path) -> Keyring:
    """Make the first key, unless something is sealed already: then its key has been lost."""
    from doorstep.base.sealed_fields import sealed_somewhere
    from doorstep.base.time import now

    column = sealed_somewhere()
    if column:
        raise KeyProblem(
            f"The key file {path} is missing, and the database holds values that only it can "
            f"open (such as {column}). Bring it back from its backup, or say where it is with "
            "DOORSTEP_KEY_FILE."
        )
    key = made(now())
    try:
        write(path, Keyring([key], key.id), first=True)
    except FileExistsError:
        pass  # Another process was first: its key is the one.
    return read(path)


def read(path: Path) -> Keyring:
    """Return the keys in the file. Raises KeyProblem that says what is wrong with it."""
    stamp = _stamp(path)
    try:
        found = json.loads(path.read_text())
        keys = [
            Key(
                row["id"],
                base64.b64decode(row["key"], validate=True),
                dt.datetime.fromisoformat(row["made_at"]),
                bool(row["is_retired"]),
            )
            for row in found["keys"]
        ]
        writing = found["writing"]
        if any(len(key.secret) != 32 or len(key.id) != ID_LENGTH for key in keys):
            raise ValueError
    except OSError as problem:
        raise KeyProblem(f"The key file {path} can't be read ({problem.strerror}).") from None
    except (ValueError, KeyError, TypeError):
        # What it holds must not reach a log, so the cause is left out.
        raise KeyProblem(f"The key file {path} is damaged. Bring back its backup.") from None
    return Keyring(keys, writing, stamp)


def write(path: Path, keyring: Keyring, *, first: bool = False) -> None:
    """Put the whole file in place at once, for its owner alone.

    With `first` raises FileExistsError where a file is already.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{new_key(8)}")
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "w") as out:
            out.write(keyring.as_json())
            out.flush()
            os.fsync(out.fileno())
        if first:
            os.link(part, path)
        else:
            os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def change(keyring: Keyring, **fields: Any) -> Keyring:
    """Write the ring with other `keys` (a list) or another `writing`; use it from now on."""
    global _ring, _looked_at
    changed = Keyring(
        fields.get("keys", list(keyring.keys.values())), fields.get("writing", keyring.writing)
    )
    path = key_file()
    if path is None:
        with _loading:
            _ring, _looked_at = changed, time.monotonic()
            return changed
    write(path, changed)
    return reload()


def retired(keyring: Keyring, ids: set[str]) -> Keyring:
    """Write the ring with these keys retired."""
    keys = [
        replace(key, is_retired=True) if key.id in ids else key for key in keyring.keys.values()
    ]
    return change(keyring, keys=keys)


@contextmanager
def turning() -> Iterator[None]:
    """Only one process at a time changes the keys. Raises KeyProblem when another one does."""
    path = key_file()
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise KeyProblem(
                "Another `doorstep keys` is at work on these keys. Let it finish."
            ) from None
        yield
    finally:
        os.close(file)


@contextmanager
def using(keyring: Keyring) -> Iterator[None]:
    """For tests: these keys until the end of the block."""
    global _ring, _looked_at
    before = _ring
    _ring, _looked_at = keyring, time.monotonic()
    try:
        yield
    finally:
        _ring, _looked_at = before, 0.0


# --- Values -----------------------------------------------------------------------------------


def is_sealed(text: str) -> bool:
    """Whether the text has the shape of a sealed value; says nothing about opening it."""
    return text[:1] in (HIDDEN, FINDABLE) and text[1 + ID_LENGTH : 2 + ID_LENGTH] == ":"


def key_id(sealed: str) -> str:
    return sealed[1 : 1 + ID_LENGTH]


class Column:
    """Seals and opens the values of one column. `name` is bound to them for ever."""

    __slots__ = ("aad", "aads", "can_look_up", "name")

    def __init__(self, name: str, *, can_look_up: bool = False) -> None:
        self.name, self.can_look_up = name, can_look_up
        self.aad = f"doorstep 1 {name}".encode()
        self.aads = [self.aad]

    def seal(self, text: str) -> str:
        """Return the text sealed with the present key."""
        keys = ring()
        if self.can_look_up:
            raw = keys.siv.encrypt(text.encode(), self.aads)
            return keys.findable + b2a_base64(raw, newline=False).decode()
        nonce = os.urandom(12)
        raw = nonce + keys.gcm.encrypt(nonce, text.encode(), self.aad)
        return keys.hidden + b2a_base64(raw, newline=False).decode()

    def open(self, sealed: str) -> str:
        """Return what was sealed. Raises CannotOpen, naming the column and never the value."""
        keys = _ring or ring()
        box = keys.boxes.get(sealed[1:7]) or self._meet(sealed)
        try:
            raw = a2b_base64(sealed[8:])
            if sealed[0] == FINDABLE:
                return box.siv.decrypt(raw, self.aads).decode()
            return box.gcm.decrypt(raw[:12], raw[12:], self.aad).decode()
        except (InvalidTag, ValueError):
            raise CannotOpen(
                f"A value in {self.name} does not open: it was changed, or moved from elsewhere."
            ) from None

    def _meet(self, sealed: str) -> _Box:
        """Return the box for a key this process has not seen; it may be a minute old."""
        if not is_sealed(sealed):
            raise CannotOpen(f"A value in {self.name} is not sealed. Run `doorstep migrate`.")
        box = reload().boxes.get(key_id(sealed))
        if box is None:
            raise CannotOpen(
                f"A value in {self.name} is sealed with key {key_id(sealed)!r}, which the key "
                "file does not hold."
            )
        return box

    def forms(self, text: str) -> list[str]:
        """Return every text this value may lie under in the table, the present key's first."""
        keys, data = ring(), text.encode()
        return [
            f"{FINDABLE}{name}:"
            + b2a_base64(keys.boxes[name].siv.encrypt(data, self.aads), newline=False).decode()
            for name in keys.live
        ]

    def is_current(self, sealed: str) -> bool:
        """Whether it is sealed as this column seals now."""
        keys = ring()
        return sealed.startswith(keys.findable if self.can_look_up else keys.hidden)

    def resealed(self, sealed: str) -> str:
        """Return it under the present key; the same text when it is already."""
        return sealed if self.is_current(sealed) else self.seal(self.open(sealed))


def cache_key(key: str, prefix: str, version: int) -> str:
    """Return the keyed hash a shared count is kept under (Django's `KEY_FUNCTION`)."""
    from django.utils.crypto import salted_hmac

    words = f"{prefix}:{version}:{key}"
    return salted_hmac("doorstep.base.cache", words, algorithm="sha256").hexdigest()
