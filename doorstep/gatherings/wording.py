"""What notices, reminders and calendars say about a session, in the reader's language."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils import formats
from django.utils.crypto import salted_hmac
from django.utils.functional import lazystr
from django.utils.translation import gettext as _

from doorstep.base.time import local
from doorstep.design.templatetags.design import clock
from doorstep.gatherings.models import Session
from doorstep.places.models import Venue


class _Said:
    """Words worked out when they are shown, so that each reader has their own language."""

    def __init__(self, say: Any, *args: Any) -> None:
        self.say, self.args = say, args

    def __str__(self) -> str:
        return self.say(*self.args)


def when(session: Session) -> Any:
    """“Thursday 26 November, 10am to 11:30am”, spoken late."""
    return lazystr(_Said(_when, session))


def _when(session: Session) -> str:
    starts, ends = local(session.starts_at), local(session.ends_at)
    said = {
        "day": formats.date_format(starts, "l j F"),
        "from": clock(starts),
        "to": clock(ends),
    }
    if starts.date() != ends.date():
        said["last"] = formats.date_format(ends, "l j F")
        return _("%(day)s, %(from)s, to %(last)s, %(to)s") % said
    return _("%(day)s, %(from)s to %(to)s") % said


def where_and_how(session: Session, *, link: bool = True) -> Any:
    """Where it is, the link and the number to ring, one to a line; spoken late.

    The link is for those who come: `link` is False where somebody waiting reads it too.
    """
    return lazystr(_Said(_where_and_how, session, link))


def _where_and_how(session: Session, link: bool) -> str:
    gathering = session.gathering
    venue = session.venue or gathering.venue
    lines = []
    if venue is not None:
        lines.append(address_of(venue))
    if gathering.is_online and link:
        lines.append(_("Online: %(link)s") % {"link": online_link(session)})
    elif gathering.is_online:
        lines.append(_("Online: the link is on the page."))
    if gathering.dial_in:
        lines.append(dial_in_of(session))
    if session.note:
        lines.append(session.note)
    lines.append(_("Can't come after all? Tell us on the page, so someone else can."))
    return "\n".join(lines)


def address_of(venue: Venue) -> str:
    """The venue's name, address and postcode in one line."""
    return ", ".join(part for part in (venue.name, venue.address, venue.postcode) if part)


def dial_in_of(session: Session) -> str:
    """How to join by telephone, in one line."""
    gathering = session.gathering
    if gathering.dial_in_code:
        return _("By telephone: ring %(number)s and key in %(code)s") % {
            "number": gathering.dial_in,
            "code": gathering.dial_in_code,
        }
    return _("By telephone: ring %(number)s") % {"number": gathering.dial_in}


def online_link(session: Session) -> str:
    """Return the host's own link, or a room of our making that can't be guessed."""
    gathering = session.gathering
    if gathering.online_url:
        return gathering.online_url
    # Public calendars tell the uid, so the room's name is a keyed hash of it.
    secret = salted_hmac("doorstep.gatherings.room", gathering.uid, algorithm="sha256").hexdigest()
    return f"{settings.VIDEO_URL.rstrip('/')}/{quote(f'{gathering.slug[:40]}-{secret[:20]}')}"
