"""Teams in the one finding of the directory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from doorstep.organisations.beside import Kind, Shown, kinds
from doorstep.people.models import Person
from doorstep.teams.models import Team

_FOUND = (Team.State.GATHERING, Team.State.LIVE)


def entries() -> Iterable[tuple[int, str, str, str]]:
    """Return every team that goes on, as finding takes it."""
    rows = Team.objects.filter(state__in=_FOUND).annotate(where=F("area__name")).order_by("pk")
    for one in rows.only("name", "purpose", "place"):
        yield one.pk, one.name, one.purpose, f"{one.place} {one.where}"


def show(viewer: Person | None, ids: Sequence[int], at: dt.datetime) -> Iterable[Shown]:
    """Return those of the teams that the viewer may see."""
    rows = Team.objects.visible_to(viewer).filter(pk__in=ids, state__in=_FOUND)
    for one in rows.select_related("area"):
        facts = tuple(part for part in (one.place, one.area.name) if part)
        yield Shown(one.pk, one.name, one.get_absolute_url(), one.purpose, facts)


def register() -> None:
    """Hang teams up; called once when the app is ready."""
    kinds.add("teams", Kind(_("Teams"), "users", entries, show), order=30)
