"""Time as people in the borough live it: always aware, shown in London's time."""

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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


# --- What goes by the clock --------------------------------------------------------------------

_noting = threading.local()


@contextmanager
def watching() -> Iterator[list[dt.datetime]]:
    """Gather the moments at which what is said within would be said differently."""
    outer = getattr(_noting, "moments", None)
    moments: list[dt.datetime] = []
    _noting.moments = moments
    try:
        yield moments
    finally:
        _noting.moments = outer


def changes_at(*moments: dt.datetime) -> None:
    """Note moments still ahead at which what was just said changes; free where nobody listens."""
    listening = getattr(_noting, "moments", None)
    if listening is not None:
        here = now()
        listening.extend(moment for moment in moments if moment > here)


def ages(moment: dt.datetime, at: dt.datetime) -> None:
    """Note when “40 minutes ago”, said of `moment` at `at`, turns into something else."""
    listening = getattr(_noting, "moments", None)
    if listening is None:
        return
    seconds = (at - moment).total_seconds()
    if seconds < 3600:
        listening.append(moment + dt.timedelta(minutes=max(0, seconds // 60) + 1))
    elif seconds < 86_400:
        listening.append(moment + dt.timedelta(hours=seconds // 3600 + 1))
    # Older than that it changes with the day, and so does every page.


def next_midnight() -> dt.datetime:
    """Return the moment this day ends in London."""
    return in_london(dt.datetime.combine(today() + dt.timedelta(days=1), dt.time()))
