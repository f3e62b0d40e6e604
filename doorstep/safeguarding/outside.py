"""The contact outside: somebody who hears that an alert waits when no lead can look."""

from __future__ import annotations

import logging
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

log = logging.getLogger(__name__)


def tell(words: str, key: str) -> None:
    """Write to the contact outside, after commit, if one is set. Never what the alert says."""
    if settings.SAFEGUARDING_MAIL:
        transaction.on_commit(partial(_write, words, key))


def _write(words: str, key: str) -> None:
    mail = EmailMessage(
        f"{settings.SITE_NAME}: something needs you",
        f"{words}\n\n{settings.SITE_URL}\n{settings.HELP_PHONE}\n",
        to=[settings.SAFEGUARDING_MAIL],
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        mail.send()
    except Exception as problem:  # a mail server that is away must not stop the alert itself
        log.error("The safeguarding contact couldn't be written to (%s).", type(problem).__name__)
