"""Short names for things in addresses, that cannot be guessed one from another."""

import secrets
from collections.abc import Callable

from django.utils.text import slugify

# No vowels (no accidental words) and none of 0 o 1 l i.
_LETTERS = "bcdfghjkmnpqrstvwxyz23456789"


def new_key(length: int = 10) -> str:
    """Return a random key of `length` letters and digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


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
