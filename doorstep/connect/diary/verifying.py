"""Is a bundle whole? Every byte of it is asked; what is wrong is named. Trusts nothing it reads.

    report = verify([Path("bundle.zip")], keys=seals.own_keys())
    report.is_whole, report.as_json(), report.in_words()

Takes a bundle (a zip, or the folder it was unpacked to), a PDF of one by itself, and files that
lie beside them. Uses nothing of the database.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from doorstep.connect.diary import packing, seals

BIGGEST = 512 * 2**20  # bytes of a file, and of all that is in one
MOST_FILES = 5_000
_LONGEST_LIST = 16 * 2**20
_PDF, _LIST = "evidence.pdf", "manifest.json"
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}")


class Unreadable(Exception):
    """A file can't be looked at here at all; a sentence."""


@dataclass
class Checked:
    """What was found about one file that was given."""

    file: str
    kind: str = "unknown"  # bundle, folder, pdf, attachment, unknown
    bundle: str = ""
    made_at: str = ""
    key: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not self.problems

    def wrong(self, code: str, words: str, path: str = "") -> None:
        self.problems.append({"code": code, "path": path, "words": words})


@dataclass
class Report:
    """What was found about all of them."""

    files: list[Checked]

    @property
    def is_whole(self) -> bool:
        return all(one.is_whole for one in self.files)

    def as_json(self) -> dict[str, Any]:
        return {
            "whole": self.is_whole,
            "files": [
                {
                    "file": one.file,
                    "kind": one.kind,
                    "whole": one.is_whole,
                    "bundle": one.bundle,
                    "made_at": one.made_at,
                    "key": one.key,
                    "counts": one.counts,
                    "problems": one.problems,
                    "notes": one.notes,
                }
                for one in self.files
            ],
        }

    def in_words(self) -> str:
        lines = []
        for one in self.files:
            lines.append(f"{one.file}: {'whole' if one.is_whole else 'NOT as it was made'}")
            if one.bundle:
                lines.append(f"  Bundle {one.bundle}, made {one.made_at}.")
            if one.key:
                lines.append(f"  Signed with key {seals.fingerprint(one.key)}.")
            lines += [f"  - {problem['words']}" for problem in one.problems]
            lines += [f"  {note}" for note in one.notes]
        return "\n".join(lines)


def verify(files: Iterable[Path], *, keys: Iterable[str], allow_repacked: bool = False) -> Report:
    """Check files against the public keys we trust (64 hex letters each).

    A file beside a bundle or PDF is checked against their lists. Raises Unreadable.
    """
    known = frozenset(keys)
    made: list[Checked] = []
    listed: dict[str, tuple[str, str]] = {}
    loose: list[tuple[Checked, bytes]] = []
    for path in files:
        one = Checked(str(path))
        made.append(one)
        if path.is_dir():
            one.kind = "folder"
            content, shape = _folder(path, one), b""
        else:
            data = _read(path)
            if data.startswith(b"%PDF-") or path.suffix.lower() == ".pdf":
                one.kind = "pdf"
                manifest = _pdf(data, one, known)
                if manifest is None and not data.startswith(b"%PDF-"):
                    one.wrong("not_pdf", "It is called a PDF and isn’t one.")
                _remember(manifest, listed)
                if one.problems and seals.seal_of(data) is None:
                    # Perhaps a letter of a bundle, which bears no seal of its own.
                    loose.append((one, data))
                continue
            if not _looks_like_zip(data, path):
                loose.append((one, data))
                continue
            one.kind = "bundle"
            content, shape = _zip(data, one), data
        if content is not None:
            _remember(_bundle(content, one, known, shape, allow_repacked), listed)
    for one, data in loose:
        _loose(one, data, listed, bool(listed))
    return Report(made)


def _remember(manifest: dict[str, Any] | None, listed: dict[str, tuple[str, str]]) -> None:
    for row in manifest["files"] if manifest else []:
        listed[row["sha256"]] = (row["path"], manifest["bundle"])  # type: ignore[index]


def _loose(one: Checked, data: bytes, listed: dict[str, tuple[str, str]], has_list: bool) -> None:
    found = listed.get(hashlib.sha256(data).hexdigest())
    if found is not None:
        one.kind, one.bundle, one.problems = "attachment", found[1], []
        one.notes = [f"It is {found[0]} of bundle {found[1]}, unchanged."]
    elif one.kind != "pdf":
        one.wrong(
            "not_listed",
            "No bundle given here lists a file with these bytes: it was changed, or never in one."
            if has_list
            else "It is neither a bundle nor a PDF of one. Give the bundle it belongs to as well.",
        )


# --- Reading, with care ------------------------------------------------------------------------


def _read(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unreadable(f"{path} is no plain file.")
        if path.stat().st_size > BIGGEST:
            raise Unreadable(f"{path} is over {BIGGEST // 2**20} MB. No bundle is as big as that.")
        return path.read_bytes()
    except FileNotFoundError:
        raise Unreadable(f"There is no file {path}.") from None
    except OSError as problem:
        raise Unreadable(f"{path} can’t be read: {problem.strerror}.") from None


def _looks_like_zip(data: bytes, path: Path) -> bool:
    return (
        data[:2] == b"PK" or path.suffix.lower() == ".zip" or zipfile.is_zipfile(io.BytesIO(data))
    )


def _folder(path: Path, one: Checked) -> dict[str, bytes] | None:
    """Return path -> content of a folder; links are not followed."""
    found: dict[str, bytes] = {}
    total = 0
    for top, folders, names in os.walk(path, followlinks=False):
        folders.sort()
        for name in sorted(names):
            file = Path(top) / name
            inside = file.relative_to(path).as_posix()
            if name in (".DS_Store", "Thumbs.db"):
                continue  # what a computer leaves in every folder it shows
            if file.is_symlink() or not file.is_file():
                one.wrong("link", f"{_shown(inside)} is a link, not a file.", inside)
                continue
            total += file.stat().st_size
            if len(found) >= MOST_FILES or total > BIGGEST:
                one.wrong("too_much", "There is more in it than any bundle holds.")
                return None
            found[inside] = _read(file)
    return found


def _zip(data: bytes, one: Checked) -> dict[str, bytes] | None:
    """Return path -> content of what can be read of a zip; names what is hostile or broken."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        rows = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError) as problem:
        one.wrong("broken", f"The zip can’t be opened: it was cut short or changed ({problem}).")
        return None
    if len(rows) > MOST_FILES:
        one.wrong("too_much", f"It says it holds {len(rows)} files. No bundle holds as many.")
        return None
    for name, count in Counter(row.filename for row in rows).items():
        if count > 1:
            one.wrong("twice", f"There are {count} files called {_shown(name)} in it.", name)
    if sum(row.file_size for row in rows) > BIGGEST or any(
        row.file_size > 1_000_000 and row.file_size > 200 * max(1, row.compress_size)
        for row in rows
    ):
        one.wrong("bomb", "It says it unpacks to far more than it is. It was not unpacked.")
        return None
    found: dict[str, bytes] = {}
    room = BIGGEST
    for row in rows:
        name = row.filename
        if not _PATH.fullmatch(name):
            one.wrong(
                "path", f"It holds {_shown(name)}, a name no bundle has. Don’t unpack it.", name
            )
            continue
        if stat.S_ISLNK(row.external_attr >> 16):
            one.wrong("link", f"{_shown(name)} is a link, not a file. Don’t unpack it.", name)
            continue
        if row.flag_bits & 0x1:
            one.wrong("locked", f"{_shown(name)} is locked with a password.", name)
            continue
        try:
            with archive.open(row) as stream:
                content = stream.read(min(room, row.file_size) + 1)
        except (
            zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError,
            RuntimeError, zlib.error,
        ) as problem:  # fmt: skip
            one.wrong("changed", f"{_shown(name)} was changed or cut ({problem}).", name)
            continue
        if len(content) > row.file_size or len(content) > room:
            one.wrong("bomb", f"{_shown(name)} unpacks to more than it says.", name)
            return None
        room -= len(content)
        found.setdefault(name, content)
    return found


def _shown(name: str) -> str:
    """A name as it may be printed: nothing in it moves the cursor or hides."""
    safe = "".join(one if one.isprintable() else "�" for one in name)
    return f"“{safe[:120]}”"


# --- Lists -------------------------------------------------------------------------------------


def _manifest(
    data: bytes, one: Checked, known: frozenset[str], where: str
) -> dict[str, Any] | None:
    """Return a list that has the right shape, signed or not; says what is wrong with it."""
    if len(data) > _LONGEST_LIST:
        one.wrong("manifest", f"The list of what belongs to it ({where}) is too long.", _LIST)
        return None
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not _has_shape(found):
        one.wrong(
            "manifest", f"The list of what belongs to it ({where}) was changed or damaged.", _LIST
        )
        return None
    one.bundle, one.made_at, one.key = found["bundle"], found["made_at"], found["key"]
    if not seals.is_signed(found) or seals.canonical(found) != data:
        one.wrong("manifest", f"The list of what belongs to it ({where}) was changed.", _LIST)
    elif found["key"] not in known:
        one.wrong(
            "key",
            f"It is signed with a key we don’t know ({seals.fingerprint(found['key'])}): somebody "
            "else made it, or made it anew. Give the right key with --key if you have it.",
            _LIST,
        )
    return found  # type: ignore[no-any-return]


def _has_shape(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and found.get("format") == seals.FORMAT
        and all(isinstance(found.get(name), str) for name in ("bundle", "made_at", "key"))
        and re.fullmatch("[0-9a-z]{1,20}", found["bundle"]) is not None
        and re.fullmatch("[0-9T:+-]{10,40}", found["made_at"]) is not None
        and re.fullmatch("[0-9a-f]{64}", found["key"]) is not None
        and isinstance(found.get("entries"), list)
        and isinstance(found.get("files"), list)
        and len(found["files"]) <= MOST_FILES
        and all(
            isinstance(row, dict)
            and isinstance(row.get("path"), str)
            and _PATH.fullmatch(row["path"]) is not None
            and isinstance(row.get("size"), int)
            and isinstance(row.get("sha256"), str)
            for row in found["files"]
        )
        and len({row["path"] for row in found["files"]}) == len(found["files"])
    )


def _bundle(
    content: dict[str, bytes],
    one: Checked,
    known: frozenset[str],
    shape: bytes,
    allow_repacked: bool,
) -> dict[str, Any] | None:
    if _LIST not in content:
        if not any(row["path"] == _LIST for row in one.problems):
            one.wrong(
                "no_manifest", "manifest.json is missing: nothing says what belongs to it.", _LIST
            )
        if _PDF in content:
            inner = Checked(_PDF)
            manifest = _pdf(content[_PDF], inner, known)
            one.bundle, one.made_at, one.key = inner.bundle, inner.made_at, inner.key
            for row in inner.problems:
                one.wrong(row["code"], f"evidence.pdf: {row['words']}", _PDF)
            return manifest
        return None
    manifest = _manifest(content[_LIST], one, known, "manifest.json")
    if manifest is None:
        return None
    damaged = {row["path"] for row in one.problems}
    same: list[tuple[str, bytes]] = []
    for row in manifest["files"]:
        path = row["path"]
        data = content.get(path)
        if data is None:
            if path not in damaged:
                one.wrong("removed", f"{path} is missing.", path)
        elif hashlib.sha256(data).hexdigest() != row["sha256"] or len(data) != row["size"]:
            _say_changed(one, path, data, manifest, known)
        else:
            same.append((path, data))
    for path in sorted(content.keys() - {row["path"] for row in manifest["files"]} - {_LIST}):
        one.wrong("added", f"{_shown(path)} was put in afterwards.", path)
    if not any(row["path"] == _PDF for row in manifest["files"]):
        one.wrong("manifest", "The list is that of a PDF, not of a bundle.", _LIST)
    one.counts = {"listed": len(manifest["files"]), "unchanged": len(same)}
    if (
        shape
        and not one.problems
        and not allow_repacked
        and packing.pack([*same, (_LIST, content[_LIST])]) != shape
    ):
        one.wrong(
            "packing",
            "Every file in it is as it was made, but the zip around them is not: it was packed "
            "again, or something was hidden between the files.",
        )
    return manifest


def _say_changed(
    one: Checked, path: str, data: bytes, manifest: dict[str, Any], known: frozenset[str]
) -> None:
    if path == _PDF:
        other = Checked(path)
        inner = _pdf(data, other, known)
        if inner is not None and not other.problems and inner["bundle"] != manifest["bundle"]:
            one.wrong(
                "swapped",
                f"evidence.pdf is another one: it belongs to bundle {inner['bundle']}, "
                f"made {inner['made_at']}.",
                path,
            )
            return
    for row in manifest["files"]:
        if row["path"] != path and hashlib.sha256(data).hexdigest() == row["sha256"]:
            one.wrong("swapped", f"{path} holds what belongs in {row['path']}.", path)
            return
    one.wrong("changed", f"{path} was changed.", path)


# --- A PDF by itself ---------------------------------------------------------------------------


def _pdf(data: bytes, one: Checked, known: frozenset[str]) -> dict[str, Any] | None:
    """Check the seal behind a PDF; return the list that is attached in it, once it is trusted."""
    seal = seals.seal_of(data)
    if seal is None:
        one.wrong("no_seal", "The PDF bears no seal of Doorstep, or its seal was changed.")
        return None
    one.key, is_signed = seal
    if not is_signed:
        one.wrong("changed", "The PDF was changed after it was made.")
        return None
    if one.key not in known:
        one.wrong(
            "key",
            f"It is signed with a key we don’t know ({seals.fingerprint(one.key)}): somebody else "
            "made it, or made it anew. Give the right key with --key if you have it.",
        )
        return None
    listed = attached(data)
    if listed is None:
        one.wrong("no_manifest", "No list of what belongs to it is attached in the PDF.")
        return None
    manifest = _manifest(listed, one, known, "in the PDF")
    if manifest is not None:
        n = len(manifest["files"])
        one.counts = {"attachments": n}
        one.notes.append(
            f"It lists {n} attachment{'' if n == 1 else 's'}; give them too, and they are checked."
            if n
            else "Nothing is attached to it."
        )
    return manifest


def attached(pdf: bytes) -> bytes | None:
    """Return the first file attached in a PDF of ours, unpacked, or None."""
    at = pdf.find(b"/EmbeddedFile")
    start = pdf.find(b"stream\n", at) if at >= 0 else -1
    if start < 0:
        return None
    body = pdf[start + len(b"stream\n") :]
    try:
        return zlib.decompressobj().decompress(body, _LONGEST_LIST)
    except zlib.error:
        end = body.find(b"\nendstream")
        return body[:end] if end >= 0 else None
