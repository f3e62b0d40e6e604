"""For safeguarding: where somebody was lately, and the gathering an alert came from."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.registry import Panel
from doorstep.base.time import now
from doorstep.design.templatetags.design import clock, day
from doorstep.gatherings.models import Gathering, Place
from doorstep.gatherings.rules import can_see_gathering
from doorstep.people.models import Person
from doorstep.safeguarding.around import around
from doorstep.safeguarding.things import Subject, Thing, things

LATELY = dt.timedelta(weeks=8)


def attendance(request: HttpRequest, person: Person) -> str:
    """Return the sessions of the last weeks the person had a place at, newest first."""
    places = (
        Place.objects.filter(person=person, session__starts_at__range=(now() - LATELY, now()))
        .exclude(state=Place.State.CANCELLED)
        .select_related("session__gathering")
        .order_by("-session__starts_at")[:20]
    )
    words = {True: _("came"), False: _("didn't come"), None: _("nobody marked it")}
    return format_html_join(
        "",
        '<p><strong dir="auto">{}</strong><br>{}, {}: {}</p>',
        [
            (
                place.session.gathering.title,
                day(place.session.starts_at),
                clock(place.session.starts_at),
                words[place.came],
            )
            for place in places
        ],
    )


def _gathering(viewer: Person | None, pk: int) -> Subject | None:
    gathering = Gathering.objects.filter(pk=pk).first()
    if gathering is None or not can_see_gathering(viewer, gathering):
        return None
    return Subject("", None, gathering.get_absolute_url())


def register() -> None:
    """Called once, in `ready()`."""
    around.add("gatherings", Panel(gettext_lazy("Where they were lately"), attendance), order=20)
    things.add("gathering", Thing(gettext_lazy("a gathering"), _gathering))
