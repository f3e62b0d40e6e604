"""Time as people in the borough live it: always aware, shown in London's time."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.utils import timezone

LONDON = ZoneInfo("Europe/London")


def now() -> dt.datetime:
    """Return this moment, timezone-aware (UTC)."""
    return timezone.now()


def local(moment: dt.datetime) -> dt.datetime:
    """Return the same moment on London's clock."""
    return moment.astimezone(LONDON)


def today() -> dt.date:
    """Return the date in London now."""
    return local(now()).date()


def in_london(naive: dt.datetime) -> dt.datetime:
    """Return the moment London's clocks show `naive`.

    A time skipped in March moves on by the hour that was skipped; a time that happens
    twice in October is the first of the two.
    """
    moment = naive.replace(tzinfo=LONDON)
    return moment.astimezone(dt.UTC).astimezone(LONDON)
