"""Beginning a diary, writing in it, putting right, taking back, attaching, keeping days, ending."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from doorstep.base import pictures
from doorstep.base.private_files import private_files
from doorstep.base.time import local
from doorstep.connect.actions.referring import NotNow
from doorstep.connect.diary import rules
from doorstep.connect.diary.models import Deadline, Diary, Entry, EntryWords, Exhibit
from doorstep.connect.models import Relationship
from doorstep.people.models import Person

FOLDER = "evidence"
MOST_EXHIBITS = 12  # of one entry
MOST_ENTRIES = 2_000
# What is kept of a photo: enough to read a letter by, 1600 pixels across.
WIDTHS = (480, 1600)
# The first bytes of what phones and recorders make.
_SOUNDS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"\xff\xf9", "audio/aac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (4, b"ftyp", "audio/mp4"),
    (0, b"\x1aE\xdf\xa3", "audio/webm"),
)


def check(diary: Diary, by: Person) -> None:
    """Raise NotNow where `by` doesn't keep it, or it is closed."""
    if not diary.is_open:
        raise NotNow(_("This diary is closed. Open it again first."))
    if not rules.can_write(by, diary):
        raise NotNow(_("Only whoever keeps this diary writes in it."))


def begin(
    person: Person,
    *,
    by: Person,
    at: dt.datetime,
    problem: str,
    title: str,
    wished: str = "",
    relationship: Relationship | None = None,
    is_with_hub: bool = False,
    client_key: str,
) -> Diary:
    """Begin a diary for what is stuck. The same `client_key` again is the same diary."""
    if not rules.may_begin(by, person, relationship):
        raise NotNow(_("Only the person, or whoever walks alongside them, begins a diary."))
    try:
        with transaction.atomic():
            return Diary.objects.create(
                person=person,
                relationship=relationship,
                # Begun by an officer, as told: then the hub keeps it with them.
                is_with_hub=is_with_hub or (relationship is None and by.pk != person.pk),
                problem=problem,
                title=title,
                wished=wished,
                started_by=by,
                started_at=at,
                client_key=client_key,
            )
    except IntegrityError:
        return _own(Diary, client_key, person=person)


def _own(model: Any, client_key: str, **owner: Any) -> Any:
    row = model.objects.filter(client_key=client_key, **owner).first()
    if row is None:
        raise NotNow(_("This page is out of date. Load it again, then send it."))
    return row


def keep_with(
    diary: Diary,
    *,
    by: Person,
    at: dt.datetime,
    relationship: Relationship | None,
    is_with_hub: bool = False,
) -> None:
    """Say who keeps it with the person: whoever walks alongside, the hub, nobody. Theirs to say."""
    if by.pk != diary.person_id:
        raise NotNow(_("Only the person says who keeps it with them."))
    if relationship is not None and relationship.person_id != diary.person_id:
        raise NotNow(_("Choose somebody who walks alongside you."))
    Diary.objects.filter(pk=diary.pk).update(relationship=relationship, is_with_hub=is_with_hub)
    diary.relationship, diary.is_with_hub = relationship, is_with_hub


# --- Entries -----------------------------------------------------------------------------------


@transaction.atomic
def write(
    diary: Diary,
    *,
    by: Person,
    at: dt.datetime,
    kind: str,
    happened_on: dt.date,
    facts: str,
    client_key: str,
    feelings: str = "",
    happened_at: dt.time | None = None,
    who: str = "",
    how: str = "",
    reference: str = "",
    answers: Entry | None = None,
) -> Entry:
    """Write down what happened. Once for each `client_key`."""
    check(diary, by)
    twin = Entry.objects.filter(client_key=client_key).first()
    if twin is not None:
        return _own(Entry, client_key, diary=diary)  # type: ignore[no-any-return]
    _check_day(happened_on, at)
    # One after the other: each entry has its number.
    Diary.objects.select_for_update().get(pk=diary.pk)
    last = diary.entries.aggregate(n=Max("number"))["n"] or 0  # type: ignore[attr-defined]
    if last >= MOST_ENTRIES:
        raise NotNow(_("This diary is full. Begin another one for what comes next."))
    entry = Entry.objects.create(
        diary=diary,
        number=last + 1,
        kind=kind,
        answers=answers if kind == Entry.Kind.ANSWER else None,
        happened_on=happened_on,
        made_at=at,
        client_key=client_key,
    )
    _add_words(
        entry,
        by=by,
        at=at,
        happened_on=happened_on,
        happened_at=happened_at,
        facts=facts,
        feelings=feelings,
        who=who,
        how=how if kind != Entry.Kind.HAPPENED else "",
        reference=reference,
    )
    return entry


def _check_day(day: dt.date, at: dt.datetime) -> None:
    if day > local(at).date():
        raise NotNow(_("That day is still to come. Write it down as a day to keep instead."))


def _add_words(entry: Entry, *, by: Person, at: dt.datetime, **words: Any) -> EntryWords:
    return EntryWords.objects.create(
        entry=entry, by=by, at=at, is_spoken=by.pk != entry.diary.person_id, **words
    )


@transaction.atomic
def put_right(
    entry: Entry, *, by: Person, at: dt.datetime, why: str, happened_on: dt.date, **words: Any
) -> None:
    """Write an entry again, better. What stood there before stays, and is shown."""
    check(entry.diary, by)
    _check_day(happened_on, at)
    Entry.objects.select_for_update().get(pk=entry.pk)
    last = entry.now
    if last.is_struck:
        raise NotNow(_("This was taken back. Write a new entry instead."))
    words = {"happened_on": happened_on, **words}
    if all(getattr(last, name) == value for name, value in words.items()):
        raise NotNow(_("Nothing is different from what stands there already."))
    _add_words(entry, by=by, at=at, why=why, **words)
    Entry.objects.filter(pk=entry.pk).update(happened_on=happened_on)


@transaction.atomic
def strike(entry: Entry, *, by: Person, at: dt.datetime, why: str) -> None:
    """Take an entry back: bundles say that there was one, and no word of it."""
    check(entry.diary, by)
    Entry.objects.select_for_update().get(pk=entry.pk)
    last = entry.now
    if last.is_struck:
        raise NotNow(_("It was taken back already."))
    _add_words(
        entry,
        by=by,
        at=at,
        why=why,
        is_struck=True,
        happened_on=last.happened_on,
        happened_at=last.happened_at,
        facts=last.facts,
        feelings=last.feelings,
        who=last.who,
        how=last.how,
        reference=last.reference,
    )


# --- Photos, letters, sound --------------------------------------------------------------------


def attach(
    entry: Entry,
    *,
    by: Person,
    at: dt.datetime,
    kind: str,
    description: str,
    upload: UploadedFile,
    client_key: str,
) -> Exhibit:
    """Keep a photo, a letter or a sound sealed, with its words. Raises NotNow; nothing is left.

    A photo is made afresh from its pixels: place, camera and hour are gone from it.
    """
    check(entry.diary, by)
    twin = Exhibit.objects.filter(client_key=client_key).first()
    if twin is not None:
        return _own(Exhibit, client_key, entry=entry)  # type: ignore[no-any-return]
    if entry.is_struck:
        raise NotNow(_("This was taken back. Write a new entry instead."))
    if not description.strip():
        raise NotNow(_("Say what it shows, so that somebody who can't see or hear it knows."))
    if entry.exhibits.filter(taken_back_at=None).count() >= MOST_EXHIBITS:  # type: ignore[attr-defined]
        raise NotNow(_("There are a dozen with this entry. Write another entry for the next."))
    row = Exhibit(
        entry=entry,
        kind=kind,
        description=description,
        added_by=by,
        added_at=at,
        client_key=client_key,
    )
    try:
        _keep(row, upload)
        with private_files.open(row.file) as file:
            digest = hashlib.sha256()
            for part in file.chunks():
                digest.update(part)
            row.sha256, row.size = digest.hexdigest(), file.tell()
        with transaction.atomic():
            row.save()
    except IntegrityError:
        _forget(row)
        return _own(Exhibit, client_key, entry=entry)  # type: ignore[no-any-return]
    except OSError as problem:
        _forget(row)
        raise NotNow(_("We have no room for it just now. Your words are safe.")) from problem
    except BaseException:
        _forget(row)
        raise
    return row


def _keep(row: Exhibit, upload: UploadedFile) -> None:
    upload.seek(0)
    head = upload.read(16)
    upload.seek(0)
    if row.kind == Exhibit.Kind.SOUND:
        _keep_sound(row, upload, head)
    elif row.kind == Exhibit.Kind.LETTER and head.startswith(b"%PDF-"):
        _check_size(upload, settings.UPLOAD_BYTES * 2)
        row.content_type = "application/pdf"
        row.file = private_files.save(FOLDER, upload)
    else:
        try:
            kept = pictures.keep(
                upload,
                folder=FOLDER,
                most_bytes=settings.UPLOAD_BYTES,
                storage=private_files,
                widths=WIDTHS,
            )
        except pictures.BadPicture as problem:
            if row.kind == Exhibit.Kind.LETTER and not isinstance(problem, pictures.TooBig):
                raise NotNow(
                    _("We can't read that as a letter. Send a PDF, or a photo of the letter.")
                ) from problem
            raise NotNow(str(problem)) from problem
        row.file, row.small_file = kept.name, kept.small_name
        row.width, row.height, row.content_type = kept.width, kept.height, "image/webp"


def _keep_sound(row: Exhibit, upload: UploadedFile, head: bytes) -> None:
    _check_size(upload, settings.UPLOAD_BYTES * 4)
    kind = next((name for at, start, name in _SOUNDS if head[at:].startswith(start)), "")
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        kind = "audio/wav"
    if not kind:
        raise NotNow(_("We can't play that file. Send a sound, such as M4A, MP3, OGG or WAV."))
    row.content_type = kind
    row.file = private_files.save(FOLDER, upload)


def _check_size(upload: UploadedFile, most: int) -> None:
    if upload.size and upload.size > most:
        raise NotNow(
            _("That file is too big to send: keep it under %(mb)d MB.") % {"mb": most // 2**20}
        )


def _forget(row: Exhibit) -> None:
    from doorstep.connect.diary.wiring import forget

    forget([name for name in (row.file, row.small_file) if name])


@transaction.atomic
def take_away(exhibit: Exhibit, *, by: Person, at: dt.datetime) -> None:
    """Take a photo, letter or sound away: its file goes, that there was one stays."""
    from functools import partial

    from doorstep.connect.diary.wiring import forget

    check(exhibit.entry.diary, by)
    changed = Exhibit.objects.filter(pk=exhibit.pk, taken_back_at=None).update(
        taken_back_at=at, file="", small_file=""
    )
    if not changed:
        raise NotNow(_("It was taken away already."))
    names = [name for name in (exhibit.file, exhibit.small_file) if name]
    transaction.on_commit(partial(forget, names))


# --- Days to keep ------------------------------------------------------------------------------


def add_deadline(
    diary: Diary,
    *,
    by: Person,
    at: dt.datetime,
    words: str,
    whose: str,
    due_on: dt.date,
    client_key: str,
) -> Deadline:
    """Write down by when somebody has to do something; we remind of it."""
    check(diary, by)
    try:
        with transaction.atomic():
            return Deadline.objects.create(
                diary=diary,
                words=words,
                whose=whose,
                due_on=due_on,
                made_by=by,
                made_at=at,
                client_key=client_key,
            )
    except IntegrityError:
        return _own(Deadline, client_key, diary=diary)  # type: ignore[no-any-return]


def end_deadline(
    deadline: Deadline, *, by: Person, at: dt.datetime, outcome: str, words: str = ""
) -> None:
    """Say what came of it; nobody is reminded any more."""
    check(deadline.diary, by)
    changed = Deadline.objects.filter(pk=deadline.pk, outcome="").update(
        outcome=outcome, outcome_words=words, ended_at=at
    )
    if not changed:
        raise NotNow(_("Somebody has written down what came of it already."))


# --- The end -----------------------------------------------------------------------------------


def close(diary: Diary, *, by: Person, at: dt.datetime, words: str = "") -> None:
    """It is settled, or given up: nothing is reminded any more, everything can still be read."""
    if not rules.can_see_diary(by, diary):
        raise NotNow(_("Only whoever keeps this diary closes it."))
    if not Diary.objects.filter(pk=diary.pk, closed_at=None).update(
        closed_at=at, closed_words=words
    ):
        raise NotNow(_("It is closed already."))


def open_again(diary: Diary, *, by: Person, at: dt.datetime) -> None:
    """It isn't settled after all."""
    if not rules.can_see_diary(by, diary):
        raise NotNow(_("Only whoever keeps this diary opens it."))
    if (
        not Diary.objects.filter(pk=diary.pk)
        .exclude(closed_at=None)
        .update(closed_at=None, closed_words="")
    ):
        raise NotNow(_("It is open already."))
