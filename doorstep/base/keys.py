"""Short names for things in addresses, that cannot be guessed one from another."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.utils.text import slugify

# No vowels (no accidental words) and none of 0 o 1 l i.
_LETTERS = b"bcdfghjkmnpqrstvwxyz23456789"
# Each random byte becomes a letter; the few too large to share out evenly are left out.
_EVEN = len(_LETTERS) * (256 // len(_LETTERS))
_TABLE = bytes(_LETTERS[byte % len(_LETTERS)] for byte in range(256))
_LEFT_OUT = bytes(range(_EVEN, 256))


_bytes: ContextVar[Callable[[int], bytes]] = ContextVar("key_bytes", default=secrets.token_bytes)


@contextmanager
def drawn_from(source: Callable[[int], bytes]) -> Iterator[None]:
    """Take the random bytes of keys from `source` here: only for rows that must be the same again.

    The demo borough is made with it, so that its people's pages keep their addresses. Never use
    it for what a real person is given: whoever knows the source can name the keys.
    """
    token = _bytes.set(source)
    try:
        yield
    finally:
        _bytes.reset(token)


def new_key(length: int = 10) -> str:
    """Return a random key of `length` letters and digits."""
    key = b""
    while len(key) < length:
        key += _bytes.get()(length + 8).translate(_TABLE, _LEFT_OUT)
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
