"""Rows of the desk as they are drawn, kept in this process while nothing in them changed.

On a busy day thirty desks ask for the same eighty rows every five seconds. What each may see is
asked afresh each time, with as much of a row as tells whether it still looks as it did; only
rows that don't are read whole, unsealed and drawn.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from django.db.models.functions import Length
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from doorstep.support.models import Request
from doorstep.support.models.requests import RequestQuerySet
from doorstep.support.requests import showing

MOST = 3_000  # rows a process keeps, some 1 kB each
_FACTS = (
    "pk", "version", "changed_at", "since", "due_at", "closed_at", "state", "priority", "owner",
    "owner__known_as", "person", "person__known_as", "locality", "ward",
)  # fmt: skip

_kept: OrderedDict[tuple[Any, ...], SafeString] = OrderedDict()
_lock = threading.Lock()


def forget() -> None:
    """Draw everything afresh (for tests)."""
    with _lock:
        _kept.clear()


def light(requests: RequestQuerySet) -> list[tuple[Any, ...]]:
    """Return of each request what tells whether its row changed; its id comes first."""
    # How long its words are: a record that is wiped has none, whatever else stays as it was.
    sizes = {"of_words": Length("words"), "of_gist": Length("gist")}
    return list(requests.annotate(**sizes).values_list(*_FACTS, *sizes))


def rows(
    facts: list[tuple[Any, ...]], lookers: Mapping[int, list[str]], at: dt.datetime
) -> list[SafeString]:
    """Return the drawn rows of what `light` gave; `lookers` are names by request id."""
    language = get_language()
    names: dict[tuple[Any, ...], int] = {}
    for one in facts:
        since, due_at = one[3], one[4]
        # The hour: whatever else a row may show (a ward's name) is never older than that.
        key = (*one, showing.waited(since, at), due_at is not None and due_at < at,
               tuple(lookers.get(one[0], ())), language, at.hour)  # fmt: skip
        names[key] = one[0]
    with _lock:
        drawn = {key: _kept[key] for key in names if key in _kept}
        for key in drawn:
            _kept.move_to_end(key)
    missing = {pk: key for key, pk in names.items() if key not in drawn}
    if missing:
        template = get_template("support/desk/_row.html")
        whole = Request.objects.filter(pk__in=list(missing)).select_related(
            "person", "locality", "ward", "owner"
        )
        for request in whole:
            context = {
                "row": showing.row(request, at),
                "lookers": lookers.get(request.pk, []),
                "may_tick": True,
            }
            drawn[missing[request.pk]] = SafeString(template.render(context))
        with _lock:
            for key in missing.values():
                if key in drawn:
                    _kept[key] = drawn[key]
            while len(_kept) > MOST:
                _kept.popitem(last=False)
    return [drawn[key] for key in names if key in drawn]
