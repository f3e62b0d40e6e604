"""How people's own verbs tell somebody something.

Notices live a floor above and cannot be called from here: they hang up how a message is carried.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from doorstep.base.registry import Registry
from doorstep.people.models.person import Person

# `function(kind, to, *, key, title, body, path, at)`; see `notices.actions.send`.
tellers: Registry[Callable[..., Any]] = Registry("who carries a message")


def tell(
    kind: str,
    to: Person,
    *,
    key: str,
    title: Any,
    body: Any = "",
    path: str = "",
    at: dt.datetime,
) -> None:
    """Give one person a notice; the same `key` again changes nothing."""
    for carry in tellers:
        carry(kind, to, key=key, title=title, body=body, path=path, at=at)
