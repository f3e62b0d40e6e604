"""Themes, who looks after what, and which offices pass things on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from doorstep.base.keys import slug_from
from doorstep.organisations.models import Organisation
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.watch.models import Duty, Office, Theme


@transaction.atomic
def save_theme(theme: Theme) -> Theme:
    """Keep a theme's words; a new one goes to the end of its group."""
    if theme.pk is None:
        theme.slug = slug_from(theme.name, lambda s: Theme.objects.filter(slug=s).exists())
        last = Theme.objects.filter(parent=theme.parent).order_by("-order").first()
        theme.order = min(32_000, (last.order if last else 0) + 1)
    theme.save()
    return theme


def archive_theme(theme: Theme, *, at: dt.datetime) -> None:
    """Nothing new comes under it; what is there keeps its name. A group takes its themes along."""
    Theme.objects.filter(pk=theme.pk, archived_at=None).update(archived_at=at)
    Theme.objects.filter(parent=theme, archived_at=None).update(archived_at=at)


def bring_back_theme(theme: Theme) -> None:
    """Use it again; and its group, or it could not be chosen."""
    Theme.objects.filter(pk__in=[pk for pk in (theme.pk, theme.parent_id) if pk]).update(
        archived_at=None
    )


@transaction.atomic
def give_duty(
    *, theme: Theme | None, area: Area, person: Person, by: Person, at: dt.datetime
) -> Duty:
    """From now this person looks after a theme (None: everything) in an area, and no other does."""
    now_held = Duty.objects.select_for_update().filter(theme=theme, area=area, ended_at=None)
    found = now_held.first()
    if found is not None and found.person_id == person.pk:
        return found
    now_held.update(ended_at=at)
    return Duty.objects.create(theme=theme, area=area, person=person, given_by=by, given_at=at)


def end_duty(duty: Duty, *, at: dt.datetime) -> None:
    """What they have they keep; nothing new comes to them by this."""
    Duty.objects.filter(pk=duty.pk, ended_at=None).update(ended_at=at)


@transaction.atomic
def open_office(
    *, organisation: Organisation, kind: str, areas: Iterable[Area], by: Person, at: dt.datetime
) -> Office:
    """Let the people of an organisation pass concerns on, and read counts of `areas`."""
    office, _made = Office.objects.update_or_create(
        organisation=organisation,
        defaults={"kind": kind, "closed_at": None},
        create_defaults={"kind": kind, "opened_by": by, "opened_at": at},
    )
    office.areas.set(areas)
    return office


def close_office(office: Office, *, at: dt.datetime) -> None:
    """Its people read nothing here any more; what they passed on goes on."""
    Office.objects.filter(pk=office.pk, closed_at=None).update(closed_at=at)
