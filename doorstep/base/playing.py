"""Sound and film that people send: what a file really is, and handing it to a player in parts.

kind = playing.kind_of(upload, film=True)         # "video/mp4", or "" for what we can't play
return playing.answer(request, name, kind)        # of a private file, after the view's `can_…`

An iPhone plays nothing that isn't handed over in parts. One listening is many requests.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse

from doorstep.base.private_files import private_files

# The first bytes of what phones and recorders make: where they stand, a sound's name, a film's.
_STARTS: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"ID3", "audio/mpeg", ""),
    (0, b"\xff\xfb", "audio/mpeg", ""),
    (0, b"\xff\xf3", "audio/mpeg", ""),
    (0, b"\xff\xf2", "audio/mpeg", ""),
    (0, b"\xff\xf1", "audio/aac", ""),
    (0, b"\xff\xf9", "audio/aac", ""),
    (0, b"OggS", "audio/ogg", "video/ogg"),
    (0, b"fLaC", "audio/flac", ""),
    (4, b"ftyp", "audio/mp4", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "audio/webm", "video/webm"),
)
_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")
_CHUNK = 64 * 1024


def kind_of(upload: UploadedFile, *, film: bool = False) -> str:
    """Return what the file is by its first bytes, or "" for what a browser can't play.

    The same first bytes may hold sound alone or film; `film` says which it was sent as.
    """
    upload.seek(0)
    head = upload.read(16)
    upload.seek(0)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    for at, start, sound, moving in _STARTS:
        if head[at:].startswith(start):
            return (moving or sound) if film else sound
    return ""


def answer(
    request: HttpRequest, name: str, kind: str
) -> FileResponse | StreamingHttpResponse | HttpResponse:
    """Hand a private file over as what we found it to be; a player may ask for a part."""
    try:
        file = private_files.open(name)
    except OSError:
        raise Http404 from None
    size = file.size
    tag = stamp(name)
    asked = _RANGE.match(request.headers.get("Range", ""))
    # A part that was begun of another file is no part of this one: hand over all of it.
    if request.headers.get("If-Range", tag) != tag:
        asked = None
    response: Any
    if asked and (asked[1] or asked[2]) and size:
        first = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
        last = min(int(asked[2]), size - 1) if asked[1] and asked[2] else size - 1
        if first > last:
            file.close()
            response = HttpResponse(status=416)
            response["Content-Range"] = f"bytes */{size}"
            return response  # type: ignore[no-any-return]
        response = StreamingHttpResponse(
            _part(file, first, last - first + 1), status=206, content_type=kind
        )
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
        response["Content-Length"] = str(last - first + 1)
    else:
        response = FileResponse(file, content_type=kind)
        response["Content-Length"] = str(size)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = tag
    response["Content-Disposition"] = "inline"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response  # type: ignore[no-any-return]


def stamp(name: str) -> str:
    """Return the ETag of a private file: its name is drawn once and what is in it never changes."""
    return f'"{hashlib.sha256(name.encode()).hexdigest()[:24]}"'


def _part(file: Any, first: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        while length > 0:
            chunk = file.read(min(_CHUNK, length))
            if not chunk:
                return
            length -= len(chunk)
            yield chunk
