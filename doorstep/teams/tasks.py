"""What the worker does for teams."""

from doorstep.base.time import now
from doorstep.teams import actions


def find_quiet() -> int:
    """Mark the teams in which nothing happened for four weeks."""
    return actions.find_quiet(at=now())
