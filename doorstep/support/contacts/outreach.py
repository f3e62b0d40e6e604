"""Outreach: bringing a list in, sharing it out to callers, and what comes of each call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from doorstep.base.private_files import private_files
from doorstep.people.models import Person
from doorstep.support.contacts import reading, rules
from doorstep.support.models import CallDraft, ContactAttempt, Outreach, OutreachRow
from doorstep.support.requests import drafts
from doorstep.support.requests.rules import Role, paths_of

State, Outcome = OutreachRow.State, ContactAttempt.Outcome
HELD_FOR = dt.timedelta(minutes=20)
TRIES = 3


class NobodyLeft(Exception):
    """Nobody is to be rung just now."""


@transaction.atomic
def bring_in(
    *, by: Person, at: dt.datetime, client_key: str, file: File, name: str, script: str = "",
    locality: Any = None,
) -> Outreach:  # fmt: skip
    """Keep a file sealed until the worker has read it. The same form makes one list."""
    made = Outreach.objects.filter(client_key=client_key).first()
    if made is not None:
        return made
    raw = file.read(reading.MOST_BYTES + 1)
    if len(raw) > reading.MOST_BYTES:
        raise reading.Unreadable(reading._("That file is too large. Cut it in two."))
    text, encoding = reading.decode(raw)
    # Wrong at the first line: said at once, not after the worker came by.
    next(reading.lines_of(text), None)
    file.seek(0)
    return Outreach.objects.create(
        name=name,
        script=script,
        locality=locality,
        client_key=client_key,
        made_by=by,
        made_at=at,
        file=private_files.save(reading.FOLDER, file),
        expected=max(0, text.count("\n") - 1 + (not text.endswith("\n"))),
        encoding=encoding,
    )


def lists_of(viewer: Person | None) -> QuerySet[Outreach]:
    """Return the lists somebody may ring from: officers all, a hub those with its own people."""
    rows = Outreach.objects.select_related("locality", "made_by")
    if paths_of(viewer, Role.OFFICER):
        return rows
    mine = rows_of(viewer, OutreachRow.objects.all())
    return rows.filter(pk__in=mine.values("outreach")).exclude(state=Outreach.State.FAILED)


def rows_of(viewer: Person | None, rows: QuerySet[OutreachRow]) -> QuerySet[OutreachRow]:
    """Narrow rows to those of the viewer's patch."""
    if any(path.count("/") == 1 for path in paths_of(viewer, Role.OFFICER)):
        return rows
    where = Q(pk__in=[])
    for path in [*paths_of(viewer, Role.OFFICER), *paths_of(viewer, Role.ORGANISER)]:
        where |= Q(locality__path__startswith=path)
    return rows.filter(where)


def counts(outreach: Outreach, viewer: Person) -> dict[str, int]:
    """Return how many rows are in each state, as far as the viewer sees them."""
    return counts_of([outreach], viewer)[outreach.pk]


def counts_of(lists: Iterable[Outreach], viewer: Person) -> dict[int, dict[str, int]]:
    """Return `counts` of each of these lists, by id: one query for all of them."""
    found = {one.pk: dict.fromkeys(State.values, 0) for one in lists}
    rows = rows_of(viewer, OutreachRow.objects.filter(outreach__in=found)).order_by()
    for pk, state, many in rows.values_list("outreach", "state").annotate(many=Count("pk")):
        found[pk][state] = many
    return found


def callers(outreach: Outreach, at: dt.datetime) -> list[tuple[str, int]]:
    """Return (name, calls made today) of who rings from this list."""
    day = at - dt.timedelta(hours=24)
    return list(
        ContactAttempt.objects.filter(row__outreach=outreach, at__gt=day, by__isnull=False)
        .values_list("by__known_as")
        .annotate(many=Count("pk"))
        .order_by("-many", "by__known_as")[:30]
    )


def next_row(outreach: Outreach, *, by: Person, at: dt.datetime) -> OutreachRow:
    """Give this caller the one they have, or the next; nobody else gets it meanwhile.

    Raises NobodyLeft.
    """
    mine = outreach.rows.filter(state=State.HELD, held_by=by, held_until__gt=at).first()
    if mine is not None:
        return mine
    free = rows_of(by, outreach.rows.all()).filter(
        Q(state=State.WAITING, next_at__lte=at) | Q(state=State.HELD, held_until__lte=at)
    )
    for _turn in range(20):
        # The first few: of two callers who ask at once, each claims another.
        for pk in free.order_by("state", "next_at", "pk").values_list("pk", flat=True)[:8]:
            if free.filter(pk=pk).update(state=State.HELD, held_by=by, held_until=at + HELD_FOR):
                return OutreachRow.objects.get(pk=pk)
        if not free.exists():
            break
    raise NobodyLeft


def give_back(row: OutreachRow, *, by: Person, at: dt.datetime) -> None:
    """The caller stops: somebody else rings."""
    OutreachRow.objects.filter(pk=row.pk, held_by=by, state=State.HELD).update(
        state=State.WAITING, held_by=None, held_until=None, next_at=at
    )


@transaction.atomic
def record(
    row: OutreachRow, *, by: Person, at: dt.datetime, outcome: str, words: str = "",
    call_back_at: dt.datetime | None = None, client_key: str | None = None, **_more: Any,
) -> ContactAttempt:  # fmt: skip
    """Write down what came of ringing one person of a list; the same form counts once."""
    if client_key:
        made = ContactAttempt.objects.filter(client_key=client_key).first()
        if made is not None:
            return made
    attempt = ContactAttempt.objects.create(
        row=row,
        person=row.person,
        by=by,
        at=at,
        outcome=outcome,
        words=words,
        call_back_at=call_back_at if outcome == Outcome.CALL_BACK else None,
        client_key=client_key,
    )
    changes: dict[str, Any] = {"tries": F("tries") + 1, "held_by": None, "held_until": None}
    if outcome in (Outcome.SPOKE, Outcome.SEEN_WELL, Outcome.SEEN_WORRY):
        changes |= {"state": State.DONE, "ended_at": at}
    elif outcome == Outcome.REFUSED:
        changes |= {"state": State.REFUSED, "ended_at": at}
    elif outcome == Outcome.WRONG:
        changes |= {"state": State.WRONG, "ended_at": at}
    elif outcome == Outcome.CALL_BACK:
        changes |= {"state": State.WAITING, "next_at": call_back_at or at + rules.AGAIN[0]}
    elif row.tries + 1 >= TRIES:
        changes |= {"state": State.UNREACHABLE, "ended_at": at}
    else:
        changes |= {"state": State.WAITING, "next_at": at + rules.AGAIN[min(row.tries, 2)]}
    OutreachRow.objects.filter(pk=row.pk).update(**changes)
    if outcome == Outcome.CALL_BACK:
        # The row itself comes back at that time.
        ContactAttempt.objects.filter(pk=attempt.pk).update(called_back_at=at)
    row.refresh_from_db()
    return attempt


def they_need(row: OutreachRow, *, by: Person, at: dt.datetime, words: str) -> CallDraft:
    """Begin a request with what the list knows of somebody, as a draft of a call."""
    draft = drafts.start(by=by, at=at)
    typed = {
        "came_by": "outreach",
        "called": row.name,
        "phone": row.phone,
        "address": row.address,
        "postcode": row.postcode,
        "words": words,
        "language": row.language,
    }
    return drafts.save(draft, typed, at=at)


@transaction.atomic
def close(outreach: Outreach, *, at: dt.datetime) -> None:
    """Nobody rings from this list any more; what came of it stays."""
    Outreach.objects.filter(pk=outreach.pk).update(state=Outreach.State.CLOSED, closed_at=at)
    outreach.rows.filter(state=State.HELD).update(state=State.WAITING, held_by=None)


def again(row: OutreachRow, *, at: dt.datetime) -> None:
    """Ring somebody again who could not be reached."""
    OutreachRow.objects.filter(
        pk=row.pk, state__in=[State.UNREACHABLE, State.WRONG, State.UNUSABLE]
    ).update(state=State.WAITING, next_at=at, tries=0, ended_at=None)
