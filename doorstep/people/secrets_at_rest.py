"""The secrets of second factors, sealed inside allauth's own JSON.

What was sealed before there was a key file (Fernet, under a key made of SECRET_KEY) still opens,
and is sealed afresh by the next `doorstep keys rotate`.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction

from doorstep.base import sealing

_vault = sealing.Column("mfa.authenticator.secret")
_FERNET = "gAAAA"


def seal(text: str) -> str:
    return _vault.seal(text)


def open_sealed(sealed: str) -> str:
    """Return what was sealed. Raises CannotOpen for what another key sealed, or was changed."""
    if not sealed.startswith(_FERNET):
        return _vault.open(sealed)
    try:
        return (
            _box((settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS)))
            .decrypt(sealed.encode())
            .decode()
        )
    except InvalidToken:
        raise sealing.CannotOpen(
            "The secret of a second step was sealed with another DOORSTEP_SECRET_KEY."
        ) from None


@lru_cache(4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"second-step:{key}".encode()).digest()))
            for key in keys
        ]
    )


def _is_ours(value: Any) -> bool:
    return isinstance(value, str) and (sealing.is_sealed(value) or value.startswith(_FERNET))


class SecondSteps:
    """Second factors, for `base.rotating`."""

    def used(self) -> Counter[str]:
        from allauth.mfa.models import Authenticator

        return Counter(
            sealing.key_id(value)
            for data in Authenticator.objects.values_list("data", flat=True).iterator()
            for value in data.values()
            if _is_ours(value) and not value.startswith(_FERNET)
        )

    def reseal(self) -> Iterator[int]:
        from allauth.mfa.models import Authenticator

        for pk in list(Authenticator.objects.order_by("pk").values_list("pk", flat=True)):
            with transaction.atomic():
                row = Authenticator.objects.select_for_update().filter(pk=pk).first()
                if row is None:
                    continue
                old = {
                    name: value
                    for name, value in row.data.items()
                    if _is_ours(value) and not _vault.is_current(value)
                }
                if not old:
                    continue
                row.data |= {name: seal(open_sealed(value)) for name, value in old.items()}
                row.save(update_fields=["data"])
            yield len(old)
