"""Reminders: the day before and two hours before, once each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.functional import lazystr
from django.utils.translation import gettext as _

from doorstep.base.time import local
from doorstep.design.templatetags.design import clock
from doorstep.gatherings import wording
from doorstep.gatherings.models import Gathering, Place, Session
from doorstep.notices import actions as notices
from doorstep.people.models import Person

DAY = dt.timedelta(hours=26)  # "the day before": the same time tomorrow, with a little ahead
SOON = dt.timedelta(hours=2)


class _Title:
    """“Tomorrow at 10am: Tea and toast”, in the language of whoever reads."""

    def __init__(self, session: Session, say: Callable[[], str]) -> None:
        self.session, self.say = session, say

    def __str__(self) -> str:
        return self.say() % {
            "title": self.session.gathering.title,
            "time": clock(self.session.starts_at),
        }


def remind(at: dt.datetime, *, batch: int = 500) -> int:
    """Remind everybody coming to a session that is near; return how many sessions were due.

    Each session is claimed by a conditional update before its people are told, in one
    transaction, and each notice has a key: running it twice, or in two workers, tells them once.
    """
    ahead = (
        Session.objects.filter(starts_at__gt=at, is_called_off=False)
        .exclude(gathering__state__in=[Gathering.State.CALLED_OFF, Gathering.State.HIDDEN])
        .select_related("gathering", "gathering__venue", "venue")
        .order_by("starts_at", "id")
    )
    soon = ahead.filter(starts_at__lte=at + SOON).filter(
        Q(reminded_at=None) | Q(reminded_at__lt=F("starts_at") - SOON)
    )
    tomorrow = ahead.filter(starts_at__gt=at + SOON, starts_at__lte=at + DAY, reminded_at=None)
    done = sum(_remind_about(session, at, is_soon=True) for session in soon[:batch])
    done += sum(_remind_about(session, at, is_soon=False) for session in tomorrow[:batch])
    return done


@transaction.atomic
def _remind_about(session: Session, at: dt.datetime, *, is_soon: bool) -> int:
    claimed = Session.objects.filter(
        pk=session.pk, reminded_at=session.reminded_at, starts_at=session.starts_at
    ).update(reminded_at=at)
    if not claimed:
        return 0
    people = [
        place.person
        for place in Place.objects.filter(
            session=session, state=Place.State.GOING, person__isnull=False
        ).select_related("person", "person__account")
        if isinstance(place.person, Person)
    ]
    if not people:
        return 1
    notices.send_to_all(
        "gathering-reminder",
        people,
        key=f"{'soon' if is_soon else 'day'}:{session.pk}:{session.starts_at:%Y%m%d%H%M}",
        title=_title(session, at),
        body=wording.where_and_how(session),
        path=session.get_absolute_url(),
        at=at,
    )
    return 1


def _title(session: Session, at: dt.datetime) -> Any:
    if local(session.starts_at).date() == local(at).date():
        return lazystr(_Title(session, lambda: _("Today at %(time)s: %(title)s")))
    return lazystr(_Title(session, lambda: _("Tomorrow at %(time)s: %(title)s")))
