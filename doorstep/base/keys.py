"""Short names for things in addresses, that cannot be guessed one from another."""

import secrets
from collections.abc import Callable

from django.utils.text import slugify

# No vowels (no accidental words) and none of 0 o 1 l i.
_LETTERS = b"bcdfghjkmnpqrstvwxyz23456789"
# Each random byte becomes a letter; the few too large to share out evenly are left out.
_EVEN = len(_LETTERS) * (256 // len(_LETTERS))
_TABLE = bytes(_LETTERS[byte % len(_LETTERS)] for byte in range(256))
_LEFT_OUT = bytes(range(_EVEN, 256))


def new_key(length: int = 10) -> str:
    """Return a random key of `length` letters and digits."""
    key = b""
    while len(key) < length:
        key += secrets.token_bytes(length + 8).translate(_TABLE, _LEFT_OUT)
    return key[:length].decode("ascii")


def made_from(mark: bytes, length: int = 10) -> str:
    """Return the key that stands for these (random-looking) bytes, always the same one."""
    return mark.translate(_TABLE)[:length].decode("ascii")


def handle() -> str:
    """Return a key for a person's page."""
    return new_key(10)


def slug_from(text: str, taken: Callable[[str], bool], *, length: int = 60) -> str:
    """Return a readable slug for which `taken(slug)` is false."""
    base = slugify(text)[:length].strip("-") or new_key(6)
    slug = base
    while taken(slug):
        slug = f"{base[: length - 7]}-{new_key(6)}"
    return slug
