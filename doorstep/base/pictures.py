"""Pictures people send: checked before they are decoded, stripped of everything hidden, resized.

What is kept is made afresh from the pixels, so place, camera and whatever else the file
carried are gone.
"""

import hashlib
import io
import warnings
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

MOST_PIXELS = 60_000_000  # a 60-megapixel phone; a decompression bomb claims more
WIDTHS = (480, 960)
KINDS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "MPO")


class BadPicture(ValueError):
    """A sentence for the person who sent it."""


class TooBig(BadPicture):
    """It may be a picture, but has too many bytes or pixels."""


@dataclass(frozen=True)
class KeptPicture:
    """Where a picture is kept: `name` of its widest file, and its size in pixels."""

    name: str
    small_name: str
    width: int
    height: int


def keep(
    upload: UploadedFile,
    *,
    folder: str,
    most_bytes: int,
    storage: Storage | None = None,
    widths: tuple[int, int] = WIDTHS,
) -> KeptPicture:
    """Store a WebP of at most `widths[1]` pixels wide and one of `widths[0]`; return where.

    Raises BadPicture with what to do when the file is too big, not a picture, or a bomb.
    """
    storage = storage or default_storage
    if upload.size and upload.size > most_bytes:
        raise TooBig(
            _("That photo is too big to send: keep it under %(mb)d MB. Try a smaller one.")
            % {"mb": most_bytes // (1024 * 1024)}
        )
    image = _open(upload, widths[1])
    digest = hashlib.blake2b(digest_size=12)
    files = []
    for width in widths:
        sized = image
        if image.width > width:
            height = max(1, round(image.height * width / image.width))
            sized = image.resize((width, height), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        sized.save(out, "WEBP", quality=72, method=4)
        digest.update(out.getvalue())
        files.append((out.getvalue(), sized.size))
    stem = f"{folder}/{digest.hexdigest()}"
    names = [
        storage.save(f"{stem}-{width}.webp", ContentFile(data))
        for width, (data, _size) in zip(widths, files, strict=True)
    ]
    width, height = files[-1][1]
    return KeptPicture(names[1], names[0], width, height)


def _open(upload: UploadedFile, width: int) -> Image.Image:
    sorry = _("We can't read that file as a photo. Send a JPEG, PNG, WebP or AVIF picture.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            upload.seek(0)
            image: Image.Image = Image.open(upload, formats=KINDS)
            if image.width * image.height > MOST_PIXELS:
                raise TooBig(_("That picture has too many pixels. Send a smaller one."))
            image.draft("RGB", (width * 2, width * 2))
            image.load()
            image = ImageOps.exif_transpose(image)
            if image.mode in ("RGBA", "LA", "P"):
                flat = Image.new("RGB", image.size, "white")
                rgba = image.convert("RGBA")
                flat.paste(rgba, mask=rgba.getchannel("A"))
                return flat
            return image.convert("RGB")
    except BadPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooBig(_("That picture has too many pixels. Send a smaller one.")) from None
    except Exception as problem:  # Pillow raises many kinds for broken files
        raise BadPicture(sorry) from problem
