"""Pages a volunteer's phone keeps for when there is no signal: their own of today, and no longer.

The page itself puts a copy by (`js/kept.js`), under the name of whose it is and until when; the
worker shows it when there is no line. It goes at midnight, when they sign out, and as soon as the
phone hears that the task is not theirs any more.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from doorstep.base.time import in_london, local
from doorstep.people.models import Person
from doorstep.support.models import Task


def keep(person: Person, at: dt.datetime) -> dict[str, Any]:
    """Return what `kept.js` needs: whose copy it is, and the end of the day, in milliseconds."""
    midnight = in_london(dt.datetime.combine(local(at).date() + dt.timedelta(days=1), dt.time()))
    return {"who": person.handle, "until": int(midnight.timestamp() * 1000)}


def is_todays(task: Task, at: dt.datetime) -> bool:
    """Whether a task may be done today: one without hours may be done any day."""
    today = local(at).date()
    if task.starts_at is not None and local(task.starts_at).date() > today:
        return False
    return task.ends_at is None or local(task.ends_at).date() >= today
