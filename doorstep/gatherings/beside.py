"""Gatherings in the one finding of the directory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from doorstep.base.time import local, now
from doorstep.design.templatetags.design import clock, day
from doorstep.gatherings.models import Gathering, Session
from doorstep.gatherings.reading import on_now_or_later
from doorstep.organisations.beside import Kind, Shown, kinds
from doorstep.people.models import Person

_ROWS = 120  # sessions looked at for the next of each gathering


def entries() -> Iterable[tuple[int, str, str, str]]:
    """Return every gathering that is still to come, as finding takes it."""
    coming = Session.objects.filter(ends_at__gt=now(), is_called_off=False).values("gathering")
    rows = Gathering.objects.filter(state=Gathering.State.ON, pk__in=coming).order_by("pk")
    for one in rows.select_related("area", "venue").only(
        "title", "description", "area__name", "venue__name"
    ):
        where = " ".join(part for part in (one.venue.name if one.venue else "", one.area.name))
        yield one.pk, one.title, one.description[:600], where


def show(viewer: Person | None, ids: Sequence[int], at: dt.datetime) -> Iterable[Shown]:
    """Return those of the gatherings that the viewer may see, with when they next are."""
    rows = on_now_or_later(viewer, at).filter(gathering__in=ids)
    seen: set[int] = set()
    for one in rows.select_related("gathering__area", "gathering__venue", "venue")[:_ROWS]:
        it = one.gathering
        if it.pk in seen:
            continue
        seen.add(it.pk)
        starts = local(one.starts_at)
        venue = one.venue or it.venue
        where = venue.name if venue else it.area.name
        facts = (f"{day(starts.date())}, {clock(starts.time())}", where)
        yield Shown(it.pk, it.title, it.get_absolute_url(), it.description[:300], facts)


def register() -> None:
    """Hang gatherings up; called once when the app is ready."""
    kinds.add("gatherings", Kind(_("What’s on"), "calendar-days", entries, show), order=20)
