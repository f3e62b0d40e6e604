"""What `watch` keeps, split by noun."""

from doorstep.watch.models.concerns import (
    Concern,
    ConcernQuerySet,
    Duty,
    Escalation,
    Office,
    SignDecision,
    Step,
    Theme,
)

__all__ = [
    "Concern",
    "ConcernQuerySet",
    "Duty",
    "Escalation",
    "Office",
    "SignDecision",
    "Step",
    "Theme",
]
