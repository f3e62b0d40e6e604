# ruff: noqa: S608
"""Reading many posts quickly: as fast with a million posts as with a hundred.

The newest of each channel come straight off the index `post_feed`, channel by channel; the
rows are light tuples and hold what a card's cache key needs, so that words and photos are
fetched only for cards not drawn yet. The pieces of SQL here are our own; every value that comes
from outside is a parameter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection

from doorstep.base.pages import KeysetPage
from doorstep.feed.models import Post, Thanks
from doorstep.feed.sources import Ground, home_channels
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids
from doorstep.places.models import Area
from doorstep.teams.models import Membership, Team

__all__ = [
    "PostRow",
    "channels_within",
    "feed_page",
    "home_channels",
    "look",
    "look_at_team",
    "posts_of_person",
    "rows_of",
    "thanked_ids",
]

# Above this many channels one walk down the newest posts is cheaper than asking each.
MOST_ARMS = 80


class PostRow(NamedTuple):
    """What a feed needs to know of a post before its words."""

    id: int
    channel_id: int
    author_id: int
    kind: str
    version: int
    comment_count: int
    thanks_count: int
    photo_count: int
    posted_at: dt.datetime
    edited_at: dt.datetime | None
    met_at: dt.datetime | None
    slug: str
    known_as: str
    spot: str
    channel_name: str
    channel_path: str
    is_thanked: bool

    @property
    def pk(self) -> int:
        return self.id


_COLUMNS = """p.id, p.channel_id, p.author_id, p.kind, p.version, p.comment_count,
p.thanks_count, p.photo_count, p.posted_at, p.edited_at, p.met_at, p.slug, a.known_as, a.spot,
c.name, c.path"""

# Teams whose inner feed the viewer reads (`rules.teams_inside`), and their channels.
_INSIDE = """WITH inside AS (
SELECT team_id FROM teams_membership WHERE person_id = %s AND state = 'member'
UNION SELECT team_id FROM teams_mentoring WHERE mentor_id = %s AND ended_at IS NULL
), inside_channels AS (
SELECT c.id FROM feed_channel c WHERE c.team_id IN (SELECT team_id FROM inside)
)"""
_READABLE = "(p.readers <> 'team' OR p.channel_id IN (SELECT id FROM inside_channels))"


def feed_page(
    viewer: Person | None,
    channel_ids: Iterable[int],
    before: int | None = None,
    limit: int = 20,
    kinds: Sequence[str] | None = None,
) -> KeysetPage[PostRow]:
    """Return the newest posts of these channels that `viewer` may read, in one query.

    Tells `rules.can_see_post` once more (a test holds them together). Whom the viewer blocks
    or is blocked by costs another query the first time it is asked.
    """
    channels = list(dict.fromkeys(channel_ids))
    if not channels:
        return KeysetPage([], None)
    where, values = _narrowing(viewer, before, kinds)
    if len(channels) > MOST_ARMS:
        marks = ", ".join(["%s"] * len(channels))
        # The +0 keeps the planner on the primary key, newest first.
        newest = (
            f"SELECT p.id FROM feed_post p WHERE p.channel_id + 0 IN ({marks}) AND {where}"
            f" AND {_READABLE} ORDER BY p.id DESC LIMIT {limit + 1:d}"
        )
        return _page(viewer, newest, [*channels, *values], limit)
    inside, outside = _known_sides(viewer)
    arms, params = [], []
    for channel in channels:
        readable = (
            ""
            if channel in inside or viewer is None
            else " AND p.readers <> 'team'"
            if channel in outside
            else f" AND {_READABLE}"
        )
        arms.append(
            "SELECT * FROM (SELECT p.id FROM feed_post p WHERE p.channel_id = %s AND "
            f"{where}{readable} ORDER BY p.id DESC LIMIT {limit + 1:d}) arm"
        )
        params += [channel, *values]
    newest = (
        f"SELECT id FROM ({' UNION ALL '.join(arms)}) found ORDER BY id DESC LIMIT {limit + 1:d}"
    )
    return _page(viewer, newest, params, limit)


def _known_sides(viewer: Person | None) -> tuple[set[int | None], set[int | None]]:
    """Return the channels known to be of the viewer's teams, and those known to be of areas."""
    known: list[Ground] = viewer.__dict__.get("_grounds", []) if viewer else []
    inside = {ground.channel_id for ground in known if ground.why in ("team", "mentor")}
    return inside, {ground.channel_id for ground in known} - inside


def posts_of_person(
    viewer: Person | None, person: Person, before: int | None = None, limit: int = 5
) -> KeysetPage[PostRow]:
    """Return what `person` put up that `viewer` may read, newest first."""
    where, values = _narrowing(viewer, before, None)
    newest = (
        f"SELECT p.id FROM feed_post p WHERE p.author_id = %s AND {where}"
        f" AND {_READABLE} ORDER BY p.id DESC LIMIT {limit + 1:d}"
    )
    return _page(viewer, newest, [person.pk, *values], limit)


def rows_of(viewer: Person | None, post_ids: Iterable[int]) -> list[PostRow]:
    """Return the posts with these ids that `viewer` may read, in the order given."""
    ids = list(dict.fromkeys(post_ids))
    if not ids:
        return []
    where, values = _narrowing(viewer, None, None)
    newest = (
        f"SELECT p.id FROM feed_post p WHERE p.id IN ({', '.join(['%s'] * len(ids))})"
        f" AND {where} AND {_READABLE}"
    )
    found = {row.id: row for row in _page(viewer, newest, [*ids, *values], len(ids)).items}
    return [found[pk] for pk in ids if pk in found]


def _narrowing(
    viewer: Person | None, before: int | None, kinds: Sequence[str] | None
) -> tuple[str, list[Any]]:
    """Return the conditions every post must meet for this viewer, and their values."""
    # The state is written out so that the partial index is used.
    where = ["p.state = 'live'"]
    values: list[Any] = []
    if before is not None:
        where.append("p.id < %s")
        values.append(before)
    if kinds is not None:
        where.append(f"p.kind IN ({', '.join(['%s'] * len(kinds))})")
        values += list(kinds)
        if set(kinds) <= {Post.Kind.NOTICE, Post.Kind.ARTICLE}:
            where.append("p.kind IN ('notice', 'article')")
    if viewer is None:
        where.append("p.readers = 'everyone'")
        return " AND ".join(where), values
    hidden = blocked_ids(viewer)
    if hidden:
        where.append(f"p.author_id NOT IN ({', '.join(['%s'] * len(hidden))})")
        values += sorted(hidden)
    return " AND ".join(where), values


def _page(viewer: Person | None, newest: str, params: list[Any], limit: int) -> KeysetPage[PostRow]:
    """Run the query round `newest` (ids, newest first) and return its posts."""
    pk = viewer.pk if viewer else 0
    sql = (
        f"{_INSIDE} SELECT {_COLUMNS}, EXISTS (SELECT 1 FROM feed_thanks h"
        " WHERE h.post_id = p.id AND h.person_id = %s),"
        " t.is_private AND c.team_id NOT IN (SELECT team_id FROM inside)"
        f" FROM ({newest}) n"
        " JOIN feed_post p ON p.id = n.id"
        " JOIN people_person a ON a.id = p.author_id"
        " JOIN feed_channel c ON c.id = p.channel_id"
        " LEFT JOIN teams_team t ON t.id = c.team_id"
        " ORDER BY p.id DESC"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [pk, pk, pk, *params])
        found = cursor.fetchall()
    rows = [_row(row) for row in found[:limit] if not row[17]]
    return KeysetPage(_told_once(rows), found[limit - 1][0] if len(found) > limit else None)


def _row(row: Sequence[Any]) -> PostRow:
    (pk, channel, author, kind, version, comments, thanks, photos, posted, edited, met) = row[:11]
    return PostRow(
        pk,
        channel,
        author,
        kind,
        version,
        comments,
        thanks,
        photos,
        _moment(posted),
        _moment(edited) if edited else None,
        _moment(met) if met else None,
        row[11],
        row[12],
        row[13],
        row[14],
        row[15],
        bool(row[16]),
    )


def _moment(value: Any) -> dt.datetime:
    """Return the moment; SQLite gives its text (UTC), PostgreSQL the thing itself."""
    if isinstance(value, str):
        return dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC)
    # Read as UTC: SQLite hands back a moment without its zone.
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)


def _told_once(rows: list[PostRow]) -> list[PostRow]:
    """A story on the borough's blog and in the teller's ward is shown once on a page."""
    seen: set[tuple[int, str]] = set()
    kept = []
    for row in rows:
        if row.kind == Post.Kind.ARTICLE:
            key = (row.author_id, row.slug or str(row.id))
            if key in seen:
                continue
            seen.add(key)
        kept.append(row)
    return kept


def thanked_ids(viewer: Person | None, posts: Iterable[Any]) -> set[int]:
    """Return the ids of the posts (or ids) among these that the viewer said thank you for.

    Rows of `feed_page` know it already and cost no query.
    """
    things = list(posts)
    known = {thing.id for thing in things if isinstance(thing, PostRow) and thing.is_thanked}
    asked = [getattr(thing, "pk", thing) for thing in things if not isinstance(thing, PostRow)]
    if viewer is None or not asked:
        return known
    return known | set(
        Thanks.objects.filter(person=viewer, post__in=asked).values_list("post_id", flat=True)
    )


def channels_within(area: Area) -> list[int]:
    """Return the channels of an area and of all areas inside it, not those of teams."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id FROM places_area a JOIN feed_channel c ON c.area_id = a.id"
            " WHERE a.path LIKE %s AND c.team_id IS NULL AND c.about = ''",
            [f"{area.path}%"],
        )
        return [row[0] for row in cursor.fetchall()]


# --- New since you last looked -----------------------------------------------------------------

# A glance within this counts as the same look, so that reading does not mean writing.
ONE_LOOK = dt.timedelta(minutes=10)


def look(person: Person, *, at: dt.datetime) -> dt.datetime | None:
    """Note that the person looks at their home feed; return when they last did before."""
    before = person.looked_at
    if before is None or at - before > ONE_LOOK:
        Person.objects.filter(pk=person.pk).update(looked_at=at)
    return before


class TeamSide(NamedTuple):
    """A team's channel (None before its first post) and how far a member has read in it."""

    channel_id: int | None
    membership_id: int | None
    seen_post_id: int


def team_side(viewer: Person | None, team: Team) -> TeamSide:
    """Return where a team's posts are and what the viewer has seen of them, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, m.id, m.seen_post_id FROM feed_channel c"
            " LEFT JOIN teams_membership m ON m.team_id = c.team_id AND m.person_id = %s"
            " AND m.state = 'member' WHERE c.team_id = %s AND c.about = ''",
            [viewer.pk if viewer else 0, team.pk],
        )
        row = cursor.fetchone()
    return TeamSide(row[0], row[1], row[2] or 0) if row else TeamSide(None, None, 0)


def look_at_team(side: TeamSide, newest: int) -> None:
    """Note the newest post a member has seen in their team."""
    if side.membership_id is not None and newest > side.seen_post_id:
        Membership.objects.filter(pk=side.membership_id, seen_post_id__lt=newest).update(
            seen_post_id=newest
        )
