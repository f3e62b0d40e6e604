"""By when each thing must have happened, per state and priority.

Minutes and hours run through nights: somebody without food on Saturday is hungry on Sunday.
"""

from __future__ import annotations

import datetime as dt

from doorstep.support.models import Request

State, Priority = Request.State, Request.Priority
_M, _H, _D = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)

# State -> priority -> how long it may stay so.
PATIENCE: dict[str, dict[int, dt.timedelta]] = {
    # Somebody has looked.
    State.NEW: {1: 30 * _M, 2: 3 * _H, 3: 8 * _H, 4: _D},
    # The hub has said yes or no; then it climbs.
    State.HUB: {1: 45 * _M, 2: 4 * _H, 3: _D, 4: 2 * _D},
    # The next thing was done.
    State.IN_HAND: {1: 8 * _H, 2: 2 * _D, 3: 7 * _D, 4: 21 * _D},
    # The person was tried again.
    State.WAITING: {1: 4 * _H, 2: _D, 3: 3 * _D, 4: 7 * _D},
}


def due(state: str, priority: int, at: dt.datetime) -> dt.datetime:
    """Return by when a request that came into `state` at `at` must leave it."""
    return at + PATIENCE[state][priority]
