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
from doorstep.watch.models.signals import (
    Scan,
    Signal,
    SignalQuerySet,
    SignalStep,
    Threshold,
)

__all__ = [
    "Concern",
    "ConcernQuerySet",
    "Duty",
    "Escalation",
    "Office",
    "Scan",
    "SignDecision",
    "Signal",
    "SignalQuerySet",
    "SignalStep",
    "Step",
    "Theme",
    "Threshold",
]
