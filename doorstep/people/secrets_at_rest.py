"""Seals the secrets of second factors, so that a copy of the database is not enough to use them."""

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


@lru_cache(4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"second-step:{key}".encode()).digest()))
            for key in keys
        ]
    )


def _keys() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS))


def seal(text: str) -> str:
    return _box(_keys()).encrypt(text.encode()).decode()


def open_sealed(sealed: str) -> str:
    """Return what was sealed. Raises cryptography's InvalidToken for another key's."""
    return _box(_keys()).decrypt(sealed.encode()).decode()
