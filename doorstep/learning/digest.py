"""The week in learning: a notice that says there is news, and a page drawn from what shows now.

No copy of anybody's words is sent or kept: what is taken back is gone from last week's page too.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doorstep.base.time import in_london, local
from doorstep.learning import rules
from doorstep.learning.models import Carry, Community, Meeting, Member, Thing
from doorstep.notices import actions as notices
from doorstep.people.models import Person

KIND = "learning-digest"
_KEY = re.compile(r"^(20\d\d)-W(\d\d)$")


@dataclass
class Week:
    """What happened in one community in a week."""

    community: Community
    things: list[Thing] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    arrived: list[Carry] = field(default_factory=list)
    home: list[Carry] = field(default_factory=list)

    @property
    def has_news(self) -> bool:
        return bool(self.things or self.meetings or self.arrived or self.home)


def key_of(day: dt.date) -> str:
    """Return "2026-W47" of a day."""
    year, week, _day = day.isocalendar()
    return f"{year}-W{week:02d}"


def span_of(key: str) -> tuple[dt.datetime, dt.datetime] | None:
    """Return from when to when a week goes in London; None for nonsense."""
    found = _KEY.match(key)
    if not found:
        return None
    try:
        monday = dt.date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError:
        return None
    start = in_london(dt.datetime.combine(monday, dt.time()))
    return start, in_london(dt.datetime.combine(monday + dt.timedelta(days=7), dt.time()))


def week(viewer: Person, key: str) -> list[Week] | None:
    """Return the week of each of the viewer's communities; None for no such week."""
    span = span_of(key)
    if span is None:
        return None
    first, last = span
    weeks = {one.pk: Week(one) for one in Community.objects.visible_to(viewer).order_by("name")}
    for thing in (
        Thing.objects.visible_to(viewer)
        .live()
        .filter(community__in=weeks, live_at__gte=first, live_at__lt=last)
        .order_by("live_at", "pk")
    ):
        weeks[thing.community_id].things.append(thing)
    for meeting in Meeting.objects.filter(
        community__in=weeks, starts_at__gte=first, starts_at__lt=last, called_off_at=None
    ).order_by("starts_at"):
        weeks[meeting.community_id].meetings.append(meeting)
    moved = Q(carried_at__gte=first, carried_at__lt=last) | Q(
        answered_at__gte=first, answered_at__lt=last
    )
    for carry in (
        Carry.objects.visible_to(viewer)
        .exclude(state=Carry.State.BACK)
        .filter(moved)
        .select_related("thing__community", "to")
        .order_by("pk")
    ):
        home = carry.thing.community_id
        if carry.to_id in weeks and first <= carry.carried_at < last:
            weeks[carry.to_id].arrived.append(carry)
        if home in weeks and carry.answered_at and first <= carry.answered_at < last:
            weeks[home].home.append(carry)
    return [one for one in weeks.values() if one.has_news]


def send(at: dt.datetime) -> int:
    """On Monday from eight: tell everybody in a community with news of the week before. Once."""
    here = local(at)
    if here.weekday() != 0 or here.hour < 8:
        return 0
    key = key_of(here.date() - dt.timedelta(days=1))
    span = span_of(key)
    if span is None:
        return 0
    first, last = span
    busy = set(
        Thing.objects.live()
        .filter(live_at__gte=first, live_at__lt=last)
        .values_list("community_id", flat=True)
    )
    busy |= set(
        Meeting.objects.filter(
            starts_at__gte=first, starts_at__lt=last, called_off_at=None
        ).values_list("community_id", flat=True)
    )
    for home, to in Carry.objects.filter(
        Q(carried_at__gte=first, carried_at__lt=last)
        | Q(answered_at__gte=first, answered_at__lt=last)
    ).values_list("thing__community_id", "to_id"):
        busy |= {home, to}
    open_ones = Community.objects.filter(pk__in=busy, closed_at=None)
    ids = set(
        Member.objects.filter(community__in=open_ones, left_at=None).values_list(
            "person_id", flat=True
        )
    )
    sent = notices.send_to_all(
        KIND,
        Person.objects.active().filter(pk__in=ids).order_by("pk"),
        key=f"{KIND}:{key}",
        title=_("What your learning communities found out last week"),
        body=_("Questions, stories, things that were tried, and answers that came home."),
        path=reverse("learning:week", args=[key]),
        at=at,
    )
    return len(sent)


def is_for(person: Person) -> bool:
    """Whether somebody chooses about the digest: who is in a community."""
    return bool(rules.inside(person))
