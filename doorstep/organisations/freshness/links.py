"""The link in the e-mail: signed, for one entry and one asking, without signing in.

It is good for LIVES_FOR, and until the entry is proved by somebody else or asked about again.
Nothing happens by opening it: readers of mail follow links by themselves.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.core import signing

from doorstep.organisations.models import Service

_SALT = "organisations.freshness"
LIVES_FOR = dt.timedelta(days=45)
LONGEST = 200


@dataclass(frozen=True)
class Link:
    """What a genuine link is for. `is_over`: it was good once."""

    service: Service
    is_over: bool
    mark: str  # names the link in the proofs it made, without being it


def token_for(service: Service, asked_at: dt.datetime) -> str:
    """Return the signed word of a link for this asking."""
    return signing.dumps([service.pk, int(asked_at.timestamp())], salt=_SALT, compress=False)


def read(token: str, at: dt.datetime) -> Link | None:
    """Return what the link is for, or None for one we never gave out."""
    if len(token) > LONGEST:
        return None
    try:
        pk, asked = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    service = Service.objects.select_related("organisation").filter(pk=pk).first()
    if service is None:
        return None
    gone = at - dt.datetime.fromtimestamp(asked, dt.UTC) > LIVES_FOR
    newer = service.asked_at is not None and int(service.asked_at.timestamp()) > asked
    mark = hashlib.sha256(token.encode()).hexdigest()[:24]
    return Link(service, gone or newer, mark)
