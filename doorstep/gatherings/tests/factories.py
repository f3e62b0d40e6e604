"""Gatherings for tests, made by the same verb people use."""

import datetime as dt
from itertools import count

from doorstep.base.time import in_london, now, today
from doorstep.gatherings.actions import planning

_numbers = count(1)


def in_days(days: int, hour: int = 10, minute: int = 0) -> dt.datetime:
    """Return the moment so many days from now at an hour of London's clock."""
    day = today() + dt.timedelta(days=days)
    return in_london(dt.datetime.combine(day, dt.time(hour, minute)))


def plan(host, *, at=None, area=None, days=3, **words):
    """Return a gathering hosted by `host`, in three days at 10am unless told."""
    number = next(_numbers)
    team = words.get("team")
    words.setdefault("title", f"Tea and toast {number}")
    words.setdefault("description", "The kettle is on.")
    words.setdefault("starts_at", in_days(days))
    words.setdefault("duration_minutes", 90)
    words.setdefault("client_key", f"test-key-{number}")
    return planning.plan_gathering(
        by=host, at=at or now(), area=area or (team.area if team else host.home), **words
    )


def one_session(host, **words):
    """Return the first session of a new gathering."""
    return plan(host, **words).sessions.select_related("gathering").order_by("starts_at").first()
