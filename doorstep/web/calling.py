"""Gatherings a call may go to: they stand on the same floor, so they are hung up here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from doorstep.connect.calls.models import CallAsk
from doorstep.connect.calls.sources import Candidate, Source, sources
from doorstep.gatherings.models import Gathering
from doorstep.organisations.finding.engine import Entry
from doorstep.people.models import Person

KIND = CallAsk.Kind.GATHERING


def rows() -> QuerySet[Gathering]:
    """Return gatherings that are on and open to everyone."""
    return Gathering.objects.filter(state=Gathering.State.ON, who=Gathering.Who.EVERYONE)


def entries() -> Iterable[Entry]:
    """Return them as the engine takes them."""
    for one in rows().select_related("area").order_by("pk").iterator(500):
        yield Entry(
            key=f"{KIND}:{one.pk}",
            name=one.title,
            description=one.description[:1500],
            area=one.area.name,
            kind=KIND,
        )


def fetch(pks: Sequence[int], viewer: Person, at: dt.datetime) -> dict[str, Candidate]:
    """Return those that are on, have a time to come and that the viewer may see."""
    rows = (
        Gathering.objects.visible_to(viewer)
        .filter(
            pk__in=pks,
            state=Gathering.State.ON,
            who=Gathering.Who.EVERYONE,
            sessions__starts_at__gt=at,
            sessions__is_called_off=False,
        )
        .select_related("area", "host")
        .distinct()
    )
    return {
        f"{KIND}:{one.pk}": Candidate(
            kind=KIND,
            key=f"{KIND}:{one.pk}",
            label=one.title,
            words=f"{one.title}. {one.description}",
            people=[one.host],
            path=one.area.path,
            page=one.get_absolute_url(),
        )
        for one in rows
    }


def register() -> None:
    """Hang gatherings up; called once when the app is ready."""
    columns = ("pk", "title", "description", "area__name")
    sources.add(KIND, Source(gettext_lazy("Gatherings"), rows, columns, entries, fetch), order=30)
