"""A notice as an e-mail: words, plain HTML, and a way out on every one."""

from __future__ import annotations

from email.utils import formataddr, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import escape_uri_path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from doorstep.base.text import clean_line
from doorstep.notices.kinds import kinds
from doorstep.notices.models import Delivery, Notice
from doorstep.notices.safe import PLAIN_SENDER, PLAIN_SUBJECT, Verdict

_SALT = "notices.unsubscribe"
_DOOR = "notices.door"


def unsubscribe_token(person_id: int, kind: str) -> str:
    """Return the signed word that stops e-mails of one kind to one person, without signing in."""
    return signing.dumps([person_id, kind], salt=_SALT)


def read_token(token: str) -> tuple[int, str] | None:
    """Return (person id, kind) of a genuine token, or None."""
    try:
        person_id, kind = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(person_id), str(kind)


def door(notice: Notice) -> str:
    """Return the path a letter leads through, to what it is about: "/notices/door/WORD/teams/tea/".

    Where it leads stays to be read. The signed word says whose notice it was and holds for that
    one page alone, also when the notice itself is no longer kept.
    """
    if not url_has_allowed_host_and_scheme(notice.path, None):
        return reverse("notices:notices")
    parts = urlsplit(notice.path)
    target = unquote(parts.path).removeprefix("/")
    word = signing.dumps([notice.pk, notice.person_id], salt=_salt_of(target))
    # Letters of other scripts are written as browsers write them; a path is never quoted twice.
    found = reverse("notices:door", args=[word, ""]) + escape_uri_path(target)
    found += f"?{parts.query}" if parts.query else ""
    return found + (f"#{parts.fragment}" if parts.fragment else "")


def read_door(word: str, target: str) -> tuple[int, int] | None:
    """Return (notice id, person id) of a genuine word for this page (no leading /), or None."""
    try:
        notice_id, person_id = signing.loads(word, salt=_salt_of(target))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(notice_id), int(person_id)


def _salt_of(target: str) -> str:
    # Some programs take the last stroke of an address for the end of a sentence.
    return f"{_DOOR}/{target.rstrip('/')}"


def whole(path: str) -> str:
    """Return the full web address of a path on this site."""
    return f"{settings.SITE_URL}{path}"


def subject_of(kind_name: str) -> str:
    """Return the subject line: what it is about, never who or what, for others may see it."""
    kind = kinds.get(kind_name)
    words = (kind.subject or kind.label) if kind else ""
    return clean_line(f"{settings.SITE_NAME}: {words}" if words else settings.SITE_NAME)[:120]


def text_of(delivery: Delivery, verdict: Verdict) -> str:
    """Write the text message of one delivery: never details; nothing at all where others read."""
    with translation.override(delivery.notice.person.reads):
        if verdict.is_discreet:
            return str(PLAIN_SUBJECT)
        return _("%(site)s: there is a message for you. Look on the site, or ring %(phone)s.") % {
            "site": settings.SITE_NAME,
            "phone": settings.HELP_PHONE,
        }


def compose_discreet(delivery: Delivery, address: str) -> EmailMultiAlternatives:
    """Write a letter that says neither who writes nor what about, for whoever reads along.

    It has no link, not even to stop it: the address of this site would tell.
    """
    notice = delivery.notice
    with translation.override(notice.person.reads):
        sender = settings.DISCREET_FROM or formataddr(
            (str(PLAIN_SENDER), parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
        )
        host = parseaddr(sender)[1].rpartition("@")[2]
        return EmailMultiAlternatives(
            str(PLAIN_SUBJECT),
            _("There is a message for you. You know where to find it."),
            from_email=sender,
            to=[address],
            headers={
                "Message-ID": f"<{notice.pk}-{delivery.pk}@{host}>",
                "Auto-Submitted": "auto-generated",
                "Content-Language": translation.get_language() or "en-gb",
            },
        )


def compose(delivery: Delivery, address: str) -> EmailMultiAlternatives:
    """Write the e-mail of one delivery, in its reader's language."""
    notice = delivery.notice
    with translation.override(notice.person.reads):
        stop = whole(
            reverse("notices:unsubscribe", args=[unsubscribe_token(notice.person_id, notice.kind)])
        )
        kind = kinds.get(notice.kind)
        context: dict[str, Any] = {
            "notice": notice,
            "kind": kind,
            "link": whole(door(notice)),
            "stop": stop,
            "preferences": whole(reverse("notices:preferences")),
            "site_name": settings.SITE_NAME,
            "borough": settings.BOROUGH,
            "help_phone": settings.HELP_PHONE,
            "help_text_number": settings.HELP_TEXT_NUMBER,
            "language": translation.get_language(),
            "rtl": translation.get_language_bidi(),
            "greeting": _("Hello %(name)s,") % {"name": notice.person.known_as},
        }
        host = urlsplit(settings.SITE_URL).hostname or "localhost"
        mail = EmailMultiAlternatives(
            subject_of(notice.kind),
            render_to_string("notices/email.txt", context),
            to=[address],
            headers={
                # The same letter sent again after a crash is recognised by its reader's program.
                "Message-ID": f"<notice-{notice.pk}-{delivery.pk}@{host}>",
                "List-Unsubscribe": f"<{stop}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Auto-Submitted": "auto-generated",
                "Content-Language": translation.get_language() or "en-gb",
            },
        )
        mail.attach_alternative(render_to_string("notices/email.html", context), "text/html")
    return mail
