"""Text messages: through GOV.UK Notify, or into the outbox folder where no key is set.

Neither the number nor the words of a message are ever logged: they hold one-time codes.
"""

import json
import logging
import os
import secrets
from dataclasses import dataclass

from django.conf import settings

from doorstep.base.time import now

log = logging.getLogger(__name__)
SECONDS = 10


@dataclass(frozen=True)
class Text:
    number: str
    message: str


# What tests find instead of a phone.
outbox: list[Text] = []


def send_text(number: str, message: str) -> bool:
    """Send one text; return whether it is on its way. Never raises, never logs what it sends."""
    if settings.MODE == "test":
        outbox.append(Text(number, message))
        return True
    if not settings.SMS_KEY:
        return _keep(number, message)
    from notifications_python_client.errors import HTTPError
    from notifications_python_client.notifications import NotificationsAPIClient
    from requests.exceptions import RequestException

    try:
        NotificationsAPIClient(settings.SMS_KEY, timeout=SECONDS).send_sms_notification(
            phone_number=number,
            template_id=settings.SMS_TEMPLATE,
            personalisation={"message": message},
        )
    except HTTPError as problem:
        log.error("GOV.UK Notify would not take a text (status %s).", problem.status_code)
        return False
    except RequestException as problem:
        log.error("GOV.UK Notify could not be reached (%s).", type(problem).__name__)
        return False
    return True


def _keep(number: str, message: str) -> bool:
    """Write the text to the outbox folder, readable by this user alone."""
    try:
        settings.OUTBOX.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{now():%Y%m%d-%H%M%S}-{secrets.token_hex(4)}.text.json"
        file = os.open(settings.OUTBOX / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as page:
            json.dump({"to": number, "message": message}, page, ensure_ascii=False, indent=1)
    except OSError as problem:
        log.error("A text could not be kept in the outbox (%s).", problem.strerror)
        return False
    return True
