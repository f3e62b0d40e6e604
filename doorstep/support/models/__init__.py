"""What `support` keeps, split by noun."""

from doorstep.support.models.contacts import ContactAttempt, Outreach, OutreachRow, Reach
from doorstep.support.models.crisis import Surge
from doorstep.support.models.requests import (
    CallDraft,
    Kind,
    Looking,
    Repeat,
    Request,
    RequestStep,
    SavedView,
    SearchMark,
    Task,
)

__all__ = [
    "CallDraft",
    "ContactAttempt",
    "Kind",
    "Looking",
    "Outreach",
    "OutreachRow",
    "Reach",
    "Repeat",
    "Request",
    "RequestStep",
    "SavedView",
    "SearchMark",
    "Surge",
    "Task",
]
