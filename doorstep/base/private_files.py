"""Files that are nobody else's business: sealed on the disk, never at a public address.

    from doorstep.base.private_files import answer, private_files

    name = private_files.save("evidence", upload)      # "evidence/<24 letters>.sealed"
    return answer(name, called="letter.pdf")           # in a view, after its own `can_…`

A file is sealed in chunks of 64 KiB, each bound to its place, to being the last or not, and to
the file's name: one that was cut short, put together anew or moved does not open. The disk
knows neither what a file was called nor what kind it is; the model that owns it does.
"""

from __future__ import annotations

import fcntl
import io
import mimetypes
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import Storage
from django.http import FileResponse
from django.utils._os import safe_join
from django.utils.deconstruct import deconstructible

from doorstep.base import sealing
from doorstep.base.keys import new_key

_MAGIC = b"DSEAL1"
_SALT = 7
_HEAD = len(_MAGIC) + sealing.ID_LENGTH + _SALT
_CHUNK = 64 * 1024
_TAG = 16
# What a browser may be told a file is; anything else is bytes to be kept.
_SHOWN_AS = ("image/jpeg", "image/png", "image/webp", "application/pdf", "text/plain", "text/csv")


def _nonce(salt: bytes, number: int, *, is_last: bool) -> bytes:
    return salt + number.to_bytes(4, "big") + bytes([is_last])


class _Reader(io.RawIOBase):
    """Opens a sealed file as it is read; may be read from any place."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file, self.name = file, name
        head = file.read(_HEAD)
        body = os.fstat(file.fileno()).st_size - _HEAD
        if head[: len(_MAGIC)] != _MAGIC or body < _TAG:
            raise self._broken()
        key = head[len(_MAGIC) : len(_MAGIC) + sealing.ID_LENGTH].decode("ascii", "replace")
        box = sealing.ring().boxes.get(key) or sealing.reload().boxes.get(key)
        if box is None:
            raise sealing.CannotOpen(
                f"A private file is sealed with key {key!r}, which the key file does not hold."
            )
        self.box: AESGCM = box.files
        self.salt = head[-_SALT:]
        self.chunks = -(-body // (_CHUNK + _TAG))
        self.size = body - self.chunks * _TAG
        self.at, self.number, self.chunk = 0, -1, b""
        # The last chunk vouches for the length: a file cut short stops here, not half-way.
        self._load(self.chunks - 1)

    def _broken(self) -> sealing.CannotOpen:
        return sealing.CannotOpen("A private file does not open: it was changed, cut or moved.")

    def _load(self, number: int) -> None:
        if number == self.number:
            return
        self.file.seek(_HEAD + number * (_CHUNK + _TAG))
        nonce = _nonce(self.salt, number, is_last=number == self.chunks - 1)
        try:
            self.chunk = self.box.decrypt(nonce, self.file.read(_CHUNK + _TAG), self.name.encode())
        except (InvalidTag, ValueError):
            raise self._broken() from None
        self.number = number

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = max(0, offset + {0: 0, 1: self.at, 2: self.size}[whence])
        return self.at

    def tell(self) -> int:
        return self.at

    def readinto(self, buffer: Any) -> int:
        if self.at >= self.size:
            return 0
        number, start = divmod(self.at, _CHUNK)
        self._load(number)
        part = self.chunk[start : start + len(buffer)]
        buffer[: len(part)] = part
        self.at += len(part)
        return len(part)

    def close(self) -> None:
        self.file.close()
        super().close()


def _seal(content: Iterator[bytes], name: str, out: BinaryIO) -> None:
    """Write the content sealed; never more than two chunks are in memory."""
    keys = sealing.ring()
    box, salt = keys.gcm_files, os.urandom(_SALT)
    out.write(_MAGIC + keys.writing.encode() + salt)
    waiting, number = bytearray(), 0
    for part in content:
        waiting += part
        while len(waiting) > _CHUNK:
            chunk = bytes(waiting[:_CHUNK])
            del waiting[:_CHUNK]
            out.write(box.encrypt(_nonce(salt, number, is_last=False), chunk, name.encode()))
            number += 1
    out.write(box.encrypt(_nonce(salt, number, is_last=True), bytes(waiting), name.encode()))


@deconstructible(path="doorstep.base.private_files.PrivateFiles")
class PrivateFiles(Storage):
    """A storage whose files are sealed. It has no addresses: a view serves, after its own rule."""

    @property
    def root(self) -> Path:
        return Path(settings.PRIVATE_ROOT)

    def _path(self, name: str) -> Path:
        return Path(safe_join(str(self.root), name))

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return a name nobody can guess, in the folder that was asked for."""
        folder = Path(name).parts[0] if Path(name).parts else "files"
        if not folder.replace("-", "").isalnum():
            raise SuspiciousFileOperation("A folder of private files is one plain word.")
        return f"{folder}/{new_key(24)}.sealed"

    def generate_filename(self, filename: Any) -> str:
        return str(filename)

    def _save(self, name: str, content: File) -> str:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_name(f".{new_key(12)}.part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            try:
                _seal(content.chunks(), name, out)
                out.flush()
                os.fsync(out.fileno())
            except BaseException:
                part.unlink(missing_ok=True)
                raise
        os.replace(part, path)
        return name

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            raise ValueError("A private file is only read; save another in its place.")
        file = open(self._path(name), "rb")  # noqa: SIM115 (the reader closes it)
        try:
            return File(io.BufferedReader(_Reader(file, name), _CHUNK), name)
        except BaseException:
            file.close()
            raise

    def delete(self, name: str) -> None:
        with self._alone():
            self._path(name).unlink(missing_ok=True)

    def exists(self, name: str) -> bool:
        return self._path(name).exists()

    def size(self, name: str) -> int:
        with self.open(name) as file:
            return file.seek(0, os.SEEK_END)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        found = list(self._path(path).iterdir()) if self._path(path).is_dir() else []
        return (
            [one.name for one in found if one.is_dir()],
            [one.name for one in found if one.suffix == ".sealed"],
        )

    def url(self, name: str | None) -> str:
        raise ValueError("A private file has no address: a view serves it, after its own rule.")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """So that a file deleted while it is sealed afresh stays deleted."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    # --- For `base.rotating` -------------------------------------------------------------------

    def _names(self) -> Iterator[str]:
        for path in sorted(self.root.glob("*/*.sealed")):
            yield path.relative_to(self.root).as_posix()

    def _key_of(self, name: str) -> str:
        try:
            with open(self._path(name), "rb") as file:
                head = file.read(_HEAD)
        except FileNotFoundError:
            return ""
        return head[len(_MAGIC) : len(_MAGIC) + sealing.ID_LENGTH].decode("ascii", "replace")

    def used(self) -> Counter[str]:
        return Counter(key for key in map(self._key_of, self._names()) if key)

    def reseal(self) -> Iterator[int]:
        for name in list(self._names()):
            if self._key_of(name) in ("", sealing.ring().writing):
                continue
            with self._alone():
                if not self.exists(name):
                    continue
                with self.open(name) as old:
                    self._save(name, old)
            yield 1


private_files = PrivateFiles()


def answer(name: str, *, called: str) -> FileResponse:
    """Return the answer that hands a private file over, to be kept by nobody on the way.

    `called` is the name it is kept under; its ending says what it is. It is always saved, never
    shown in the page, so that nothing in it can run.
    """
    kind = mimetypes.guess_type(called)[0] or ""
    response = FileResponse(
        private_files.open(name),
        as_attachment=True,
        filename=called,
        content_type=kind if kind in _SHOWN_AS else "application/octet-stream",
    )
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
