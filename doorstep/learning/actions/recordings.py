"""Photos, sound and film: kept sealed, and never without words for those who can't see or hear."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from doorstep.base import keys, pictures, playing
from doorstep.base.private_files import private_files
from doorstep.base.text import clean
from doorstep.learning.models import Meeting, Recording, Thing
from doorstep.people.models import Person

FOLDER = "learning"
MOST = 12  # for one meeting or thing


class NotKept(ValueError):
    """Why it was not kept, as a sentence for the person who sent it."""


def add(
    *,
    to: Meeting | Thing,
    kind: str,
    title: str,
    transcript: str,
    has_captions: bool,
    upload: UploadedFile | None,
    url: str,
    by: Person,
    at: dt.datetime,
) -> Recording:
    """Keep a recording with its words. Raises NotKept; then nothing is left on disk."""
    words = clean(transcript)
    _check_words(kind, words, has_captions)
    if to.recordings.count() >= MOST:  # type: ignore[union-attr]
        raise NotKept(_("There are a dozen here already. Take one away first."))
    where = {"meeting": to} if isinstance(to, Meeting) else {"thing": to}
    row = Recording(
        ref=keys.new_key(20),
        kind=kind,
        title=title,
        transcript=words,
        has_captions=has_captions,
        added_by=by,
        added_at=at,
        **where,
    )
    if kind == Recording.Kind.FILM:
        if not url:
            raise NotKept(_("Paste the link to the film. We keep the link, not the film."))
        row.url = url
        row.save()
        return row
    if upload is None:
        raise NotKept(_("Choose the file first."))
    try:
        if kind == Recording.Kind.PHOTO:
            _keep_photo(row, upload)
        else:
            _keep_sound(row, upload)
        with transaction.atomic():
            row.save()
    except OSError as problem:
        _delete(row)
        raise NotKept(_("We have no room for it just now. Your words are safe.")) from problem
    except BaseException:
        _delete(row)
        raise
    return row


def _check_words(kind: str, words: str, has_captions: bool) -> None:
    if words or (kind == Recording.Kind.FILM and has_captions):
        return
    raise NotKept(
        {
            "photo": _(
                "Say what can be seen in it, so that somebody who can't see it is there too."
            ),
            "sound": _(
                "Write down what is said in it, so that somebody who can't hear it is there too."
            ),
        }.get(
            kind,
            _(
                "Write down what is said in the film, or tick that it has captions. Somebody "
                "who can't hear it wants to be there too."
            ),
        )
    )


def _keep_photo(row: Recording, upload: UploadedFile) -> None:
    try:
        kept = pictures.keep(
            upload, folder=FOLDER, most_bytes=settings.UPLOAD_BYTES, storage=private_files
        )
    except pictures.BadPicture as problem:
        raise NotKept(str(problem)) from problem
    row.file, row.small_file = kept.name, kept.small_name
    row.width, row.height, row.content_type = kept.width, kept.height, "image/webp"


def _keep_sound(row: Recording, upload: UploadedFile) -> None:
    most = settings.UPLOAD_BYTES * 4
    if upload.size and upload.size > most:
        raise NotKept(
            _("That sound is too big to send: keep it under %(mb)d MB.") % {"mb": most // 2**20}
        )
    kind = playing.kind_of(upload)
    if not kind:
        raise NotKept(_("We can't play that file. Send a sound, such as M4A, MP3, OGG or WAV."))
    row.content_type = kind
    row.file = private_files.save(FOLDER, upload)


def drop(row: Recording) -> None:
    """Take a recording away, with its files."""
    names = [name for name in (row.file, row.small_file) if name]
    row.delete()
    transaction.on_commit(lambda: _forget(names))


def _delete(row: Recording) -> None:
    _forget([name for name in (row.file, row.small_file) if name])


def _forget(names: list[str]) -> None:
    for name in dict.fromkeys(names):
        try:
            private_files.delete(name)
        except OSError:
            continue
