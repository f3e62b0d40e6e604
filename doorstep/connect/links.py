"""Links that act without an account: signed, for one thing, dead as soon as it is over.

Nothing happens by opening one: readers of mail follow links by themselves.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

from doorstep.base.time import now
from doorstep.notices.models import Channel
from doorstep.notices.safe import may_write_to

_SALT = "connect.links"
LIVES_FOR = dt.timedelta(days=60)
LONGEST = 200


def token_for(what: str, key: str, number: int = 1) -> str:
    """Return the signed word for one thing ("referral", "sent", "table") by its key."""
    return signing.dumps([what, key, number], salt=_SALT, compress=False)


def read(token: str) -> tuple[str, str, int] | None:
    """Return (what, key, number) of a genuine link still young enough, or None."""
    if len(token) > LONGEST:
        return None
    try:
        what, key, number = signing.loads(token, salt=_SALT, max_age=LIVES_FOR)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(what), str(key), int(number)


def address(what: str, key: str, number: int = 1) -> str:
    """Return the whole address, for a letter."""
    path = reverse("connect:link", args=[token_for(what, key, number)])
    return f"{settings.SITE_URL}{path}"


def mail(to: str, *, subject: Any, lines: list[Any], link: str) -> None:
    """Write to somebody without an account: never a name, never what it is about.

    Nothing goes where the rules of whoever the address belongs to forbid it (`notices.safe`).
    """
    from django.core.mail import EmailMessage

    if to and may_write_to(to, Channel.EMAIL, now()):
        EmailMessage(
            f"{settings.SITE_NAME}: {subject}", "\n\n".join([*map(str, lines), link]), to=[to]
        ).send(fail_silently=True)
