"""Photos of posts and stories: kept whole or not at all, and gone from disk with their row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage, default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from doorstep.base import pictures
from doorstep.base.time import now
from doorstep.feed.models import Photo
from doorstep.people.models import Person

MOST = 4  # photos in one post


class PhotoNotKept(ValueError):
    """A sentence for the person who sent it: the disk is full or broken."""


class _Whole(Storage):
    """A storage that takes back what it wrote when a later write fails."""

    def __init__(self, inner: Storage) -> None:
        self.inner, self.saved = inner, []  # type: ignore[var-annotated]

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        wanted = self.inner.get_available_name(name or "", max_length)
        # Noted first: a disk that fills up leaves half a file behind under this name.
        self.saved.append(wanted)
        kept = self.inner.save(wanted, content, max_length)
        self.saved[-1] = kept
        return kept

    def take_back(self) -> None:
        for name in self.saved:
            try:
                self.inner.delete(name)
            except OSError:
                pass  # the disk is in trouble already; the sentence to the person matters more


def keep(upload: UploadedFile, *, description: str, by: Person) -> Photo:
    """Keep a photo that waits for its post; return its row.

    Raises base.pictures.BadPicture or PhotoNotKept, each with what to do; then nothing is left
    on disk.
    """
    storage = _Whole(default_storage)
    folder = f"feed/{now():%Y/%m}"
    try:
        kept = pictures.keep(
            upload, folder=folder, most_bytes=settings.UPLOAD_BYTES, storage=storage
        )
        return Photo.objects.create(
            owner=by,
            name=kept.name,
            small_name=kept.small_name,
            width=kept.width,
            height=kept.height,
            description=description,
        )
    except OSError as problem:
        storage.take_back()
        raise PhotoNotKept(
            _(
                "We have no room for photos just now. Your words are safe: "
                "post them without the photo, or try again tomorrow."
            )
        ) from problem
    except Exception:
        storage.take_back()
        raise


def open_file(photo: Photo, size: int) -> File:
    """Return the file of a photo, 480 or 960 pixels wide. Raises OSError when it is gone."""
    return default_storage.open(photo.small_name if size == pictures.WIDTHS[0] else photo.name)


def file_goes_too(sender: Any, instance: Photo, **kwargs: Any) -> None:
    """Take a photo's files off the disk once its row is gone for good.

    A signal, because a person's erasure takes rows with it that no verb of ours sees.
    """

    def remove() -> None:
        for name in {instance.name, instance.small_name}:
            # A story stands on the borough's blog and in the ward: two rows, one file.
            if not Photo.objects.filter(name=name).exists() and not (
                Photo.objects.filter(small_name=name).exists()
            ):
                try:
                    default_storage.delete(name)
                except OSError:
                    pass  # `doctor` finds strays; a page must not fail for one

    transaction.on_commit(remove)


def forget(photos: Iterable[Photo]) -> None:
    """Delete photos and, after commit, their files."""
    for photo in photos:
        photo.delete()
