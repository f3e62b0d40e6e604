"""Calendars at their addresses."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.http import http_date, parse_http_date_safe

from doorstep.base.time import now
from doorstep.gatherings import calendars
from doorstep.gatherings.models import CalendarLink, Gathering
from doorstep.gatherings.views.coming import session_or_404
from doorstep.gatherings.views.gathering import gathering_or_404
from doorstep.gatherings.views.whats_on import reader
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.teams.models import Team


def _answer(
    request: HttpRequest, calendar: bytes, name: str, changed_at: dt.datetime | None = None
) -> HttpResponse:
    """Answer with a calendar, or “not modified” when the asker has this one already."""
    tag = calendars.tag_of(calendar)
    asked = [
        one.strip().removeprefix("W/")
        for one in request.headers.get("If-None-Match", "").split(",")
    ]
    since = parse_http_date_safe(request.headers.get("If-Modified-Since", "") or "")
    fresh = tag in asked
    if not any(asked) and since is not None and changed_at is not None:
        fresh = int(changed_at.timestamp()) <= since
    response: HttpResponse = (
        HttpResponseNotModified()
        if fresh
        else HttpResponse(calendar, content_type="text/calendar; charset=utf-8")
    )
    response["ETag"] = tag
    if changed_at is not None:
        response["Last-Modified"] = http_date(changed_at.timestamp())
    if not fresh:
        response["Content-Disposition"] = f'inline; filename="{name}.ics"'
    patch_cache_control(response, private=True, max_age=0, must_revalidate=True)
    return response


def _changed(gatherings: list[Gathering]) -> dt.datetime | None:
    return max((one.changed_at for one in gatherings), default=None)


@login_not_required
def my_ics(request: HttpRequest, key: str) -> HttpResponse:
    """A person's own calendar, by its secret address."""
    link = get_object_or_404(CalendarLink.objects.select_related("person"), key=key)
    if link.person.state != Person.State.ACTIVE:
        raise Http404
    # A calendar program has no language of its own: it speaks the person's.
    with translation.override(link.person.reads):
        calendar = calendars.of_person(link.person, now())
    return _answer(request, calendar, "my-gatherings")


@login_not_required
def team_ics(request: HttpRequest, slug: str) -> HttpResponse:
    """A team's calendar: what is open to everyone, and for its people the rest."""
    me = reader(request)
    team = get_object_or_404(Team.objects.visible_to(me), slug=slug)
    found = calendars.gatherings_of_team(me, team, now())
    return _answer(request, calendars.of_gatherings(team.name, found), team.slug, _changed(found))


@login_not_required
def area_ics(request: HttpRequest, slug: str) -> HttpResponse:
    """The calendar of an area or the whole borough."""
    me = reader(request)
    area = get_object_or_404(Area.objects.defer("boundary"), slug=slug)
    found = calendars.gatherings_in(me, area, now())
    return _answer(request, calendars.of_gatherings(area.name, found), area.slug, _changed(found))


@login_not_required
def gathering_ics(request: HttpRequest, slug: str) -> HttpResponse:
    """One gathering with all its dates."""
    thing = gathering_or_404(reader(request), slug)
    thing.sessions_shown = list(  # type: ignore[attr-defined]
        thing.sessions.filter(ends_at__gt=now() - calendars.BACK)
        .select_related("venue")
        .order_by("starts_at", "id")
    )
    calendar = calendars.of_gatherings(thing.title, [thing])
    return _answer(request, calendar, thing.slug, thing.changed_at)


@login_not_required
def session_ics(request: HttpRequest, pk: int) -> HttpResponse:
    """One session, to put in one's calendar."""
    session = session_or_404(reader(request), pk)
    calendar = calendars.of_session(session)
    return _answer(
        request, calendar, f"{session.gathering.slug}-{session.pk}", session.gathering.changed_at
    )
