"""A season's learning as a booklet: chosen, made by the worker, made anew without what is gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import partial

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, Q

from doorstep.base import printing
from doorstep.base.private_files import private_files
from doorstep.base.text import clean
from doorstep.learning.actions.once import made_before
from doorstep.learning.models import Booklet, Community, Departure, Thing
from doorstep.people.models import Person

FOLDER = "learning"
_State = Booklet.State


@transaction.atomic
def begin(
    community: Community,
    *,
    title: str,
    opening: str,
    starts_on: dt.date,
    ends_on: dt.date,
    by: Person,
    at: dt.datetime,
    client_key: str,
) -> Booklet:
    """Put a season together, with all that may be printed in it. Once a key."""
    made = made_before(Booklet, client_key, by=by)
    if made is not None:
        return made
    made = Booklet.objects.create(
        community=community,
        title=title,
        opening=clean(opening),
        starts_on=starts_on,
        ends_on=ends_on,
        made_by=by,
        made_at=at,
        client_key=client_key,
    )
    fill(made)
    _enqueue(made.pk)
    return made


def fill(booklet: Booklet) -> None:
    """Choose what showed in the season; what may not be printed is left out when it is drawn."""
    from doorstep.base.time import in_london

    first = in_london(dt.datetime.combine(booklet.starts_on, dt.time()))
    last = in_london(dt.datetime.combine(booklet.ends_on + dt.timedelta(days=1), dt.time()))
    found = Thing.objects.live().filter(
        community=booklet.community_id, live_at__gte=first, live_at__lt=last
    )
    booklet.things.set(found)


@transaction.atomic
def change(
    booklet: Booklet, *, title: str, opening: str, starts_on: dt.date, ends_on: dt.date
) -> None:
    """Begin it otherwise, or take another season; the PDF is made anew."""
    booklet.title, booklet.opening = title, clean(opening)
    booklet.starts_on, booklet.ends_on = starts_on, ends_on
    booklet.save(update_fields=["title", "opening", "starts_on", "ends_on"])
    fill(booklet)
    make_anew([booklet.pk])


@transaction.atomic
def make_anew(ids: Iterable[int], *, without: Thing | None = None) -> int:
    """Throw the PDFs of these away and let the worker make them again; return how many."""
    rows = list(Booklet.objects.select_for_update().filter(pk__in=list(ids)))
    for row in rows:
        if without is not None:
            row.things.remove(without)
        _drop_file(row.file)
        Booklet.objects.filter(pk=row.pk).update(
            file="", state=_State.WAITING, percent=0, problem="", version=F("version") + 1
        )
        _enqueue(row.pk)
    return len(rows)


def _enqueue(pk: int) -> None:
    from doorstep.learning.tasks import make_booklet

    transaction.on_commit(partial(make_booklet.enqueue, pk))


def _drop_file(name: str) -> None:
    if name:
        transaction.on_commit(partial(_forget, name))


def _forget(name: str) -> None:
    try:
        private_files.delete(name)
    except OSError:
        pass


@transaction.atomic
def delete(booklet: Booklet) -> None:
    """Throw a booklet away. What was learned stays."""
    _drop_file(booklet.file)
    booklet.delete()


def make(pk: int, *, at: dt.datetime) -> bool:
    """Make the PDF. Survives running twice; one whose booklet changed meanwhile is thrown away."""
    if not Booklet.objects.filter(
        Q(state=_State.WAITING) | Q(state=_State.MAKING, file=""), pk=pk
    ).update(state=_State.MAKING, percent=10, problem=""):
        return False
    booklet = Booklet.objects.select_related("community").get(pk=pk)
    version = booklet.version
    from doorstep.learning import booklet as drawing

    try:
        html = drawing.paper(booklet, at=at)
        Booklet.objects.filter(pk=pk, version=version).update(percent=40)
        data = printing.pdf(html)
    except printing.CannotPrint as problem:
        Booklet.objects.filter(pk=pk, version=version).update(
            state=_State.FAILED, percent=0, problem=str(problem)[:300]
        )
        return False
    name = private_files.save(FOLDER, ContentFile(data))
    kept = Booklet.objects.filter(pk=pk, version=version, state=_State.MAKING).update(
        state=_State.READY, percent=100, file=name
    )
    if not kept:
        _forget(name)
    return bool(kept)


def make_what_waits(at: dt.datetime) -> int:
    """Make what the worker's queue lost: a booklet never waits for ever."""
    waiting = Booklet.objects.filter(state__in=[_State.WAITING, _State.MAKING]).order_by("pk")
    return sum(make(pk, at=at) for pk in waiting.values_list("pk", flat=True)[:5])


# --- What has left us -------------------------------------------------------------------------


@transaction.atomic
def note_departure(
    booklet: Booklet, *, way: str, by: Person, at: dt.datetime, words: str = ""
) -> int:
    """Write down that copies of the stories in it left us; return of how many stories.

    Saved by one person again and again it is noted once a day.
    """
    from doorstep.learning import booklet as drawing

    stories = drawing.stories_in(booklet, at)
    count = 0
    for story in stories:
        if way == Departure.Way.PDF:
            known = Departure.objects.filter(
                story=story, booklet=booklet, way=way, by=by, at__gt=at - dt.timedelta(days=1)
            )
            if known.exists():
                continue
        Departure.objects.create(story=story, booklet=booklet, way=way, by=by, at=at, words=words)
        count += 1
    return count


@transaction.atomic
def ask_back(departure: Departure, *, words: str, at: dt.datetime) -> None:
    """Somebody asked for a copy that left us. Twice is once."""
    row = Departure.objects.select_for_update().get(pk=departure.pk)
    if row.asked_back_at is None:
        row.asked_back_at, row.asked_back_words = at, words
        row.save(update_fields=["asked_back_at", "asked_back_words"])
