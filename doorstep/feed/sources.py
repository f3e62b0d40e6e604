"""Where a person's home feed comes from, and why each channel is in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext_noop

from doorstep.base.registry import Registry
from doorstep.base.words import said
from doorstep.people.models import Person
from doorstep.teams.models import Team

# Functions (person) -> [(channel id, why it is shown)]. The first to name a channel gives the
# reason. Higher floors add their own (gatherings: what I am going to).
sources: Registry[Callable[[Person], list[tuple[int, str]]]] = Registry("the home feed's sources")


class Ground(NamedTuple):
    """A piece of ground a person stands on: an area around home, one they follow, or a team."""

    why: str  # "home", "follow", "team" or "mentor"
    id: int  # of the area or the team
    kind: str  # the kind of area; "" for a team
    name: str
    channel_id: int | None  # None until something is put up there
    slug: str
    spot: str  # of a team; "" for an area
    is_over: bool = False  # a team closed or handed over


_OVER = (Team.State.CLOSED, Team.State.HANDED_OVER)

_GROUNDS = """
WITH RECURSIVE around(id, parent_id, kind, name, slug, depth) AS (
  SELECT id, parent_id, kind, name, slug, 0 FROM places_area WHERE id = %s
  UNION ALL
  SELECT a.id, a.parent_id, a.kind, a.name, a.slug, around.depth + 1
  FROM places_area a JOIN around ON a.id = around.parent_id
)
SELECT 'home', around.id, around.kind, around.name,
  (SELECT c.id FROM feed_channel c
   WHERE c.area_id = around.id AND c.team_id IS NULL AND c.about = ''),
  around.slug, '', '', around.depth
FROM around
UNION ALL
SELECT 'follow', a.id, a.kind, a.name,
  (SELECT c.id FROM feed_channel c
   WHERE c.area_id = a.id AND c.team_id IS NULL AND c.about = ''),
  a.slug, '', '', 10
FROM people_person_follows f JOIN places_area a ON a.id = f.area_id
WHERE f.person_id = %s
UNION ALL
SELECT 'team', t.id, '', t.name,
  (SELECT c.id FROM feed_channel c WHERE c.team_id = t.id AND c.about = ''),
  t.slug, t.spot, t.state, 20
FROM teams_membership m JOIN teams_team t ON t.id = m.team_id
WHERE m.person_id = %s AND m.state = 'member'
UNION ALL
SELECT 'mentor', t.id, '', t.name,
  (SELECT c.id FROM feed_channel c WHERE c.team_id = t.id AND c.about = ''),
  t.slug, t.spot, t.state, 30
FROM teams_mentoring g JOIN teams_team t ON t.id = g.team_id
WHERE g.mentor_id = %s AND g.ended_at IS NULL
"""


def grounds(person: Person) -> list[Ground]:
    """Return home and what lies around it, followed areas and teams: one query per Person object.

    Plain SQL because it is asked for on every page of the home feed; it reads the same on
    SQLite and PostgreSQL. Channels are looked up one by one: for a join SQLite would read all
    of them first.
    """
    known: list[Ground] | None = person.__dict__.get("_grounds")
    if known is None:
        with connection.cursor() as cursor:
            cursor.execute(_GROUNDS, [person.home_id or 0, person.pk, person.pk, person.pk])
            rows = cursor.fetchall()
        rows.sort(key=lambda row: (row[8], row[3]))
        known = person.__dict__["_grounds"] = [
            Ground(why, pk, kind, name, channel, slug, spot, state in _OVER)
            for why, pk, kind, name, channel, slug, spot, state, _depth in rows
        ]
        person.__dict__["_teams_inside"] = {
            row.id for row in known if row.why in ("team", "mentor")
        }
    return known


def reason(ground: Ground) -> str:
    """Return why things from there are shown, in few words."""
    return said(_WHY.get(ground.why) or _AROUND.get(ground.kind, _YOUR_AREA))


_YOUR_AREA = gettext_noop("your area")
_WHY = {
    "team": gettext_noop("your team"),
    "mentor": gettext_noop("you mentor this team"),
    "follow": gettext_noop("you follow this area"),
}
_AROUND = {
    "borough": gettext_noop("everyone in the borough"),
    "locality": gettext_noop("your part of the borough"),
    "ward": gettext_noop("your ward"),
    "neighbourhood": gettext_noop("your neighbourhood"),
    "street": gettext_noop("your street"),
}


def built_in(person: Person) -> list[tuple[int, str]]:
    """Areas and teams: the sources the feed itself knows."""
    return [
        (ground.channel_id, reason(ground))
        for ground in grounds(person)
        if ground.channel_id is not None
    ]


def home_channels(person: Person) -> dict[int, str]:
    """Return the channels of the person's home feed, each with the reason it is there."""
    found: dict[int, str] = {}
    for source in sources:
        for channel_id, why in source(person):
            found.setdefault(channel_id, why)
    return found
