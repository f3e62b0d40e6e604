"""What is on, read in as few queries as can be: light rows for tickets."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models.sql import Query

from doorstep.base.prepared import Ids, Prepared
from doorstep.base.time import changes_at, now
from doorstep.feed.rules import teams_inside
from doorstep.feed.sources import grounds
from doorstep.gatherings.models import Gathering, Place, Session, SessionQuerySet
from doorstep.gatherings.rules import visible
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids
from doorstep.places.models import Area


class Row(NamedTuple):
    """One session, as much of it as a ticket shows. Equal rows draw equal tickets.

    `mine` is the reader's own part: "going", "waiting", "host" or "".
    """

    pk: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    title: str
    slug: str
    spot: str
    venue: str
    is_step_free: bool
    is_online: bool
    has_dial_in: bool
    cost: str
    is_good_with_children: bool
    capacity: int | None
    seats_taken: int
    waiting: int
    is_off: bool
    note: str
    mine: str = ""

    @property
    def seats_left(self) -> int | None:
        return None if self.capacity is None else max(0, self.capacity - self.seats_taken)


_FIELDS = (
    "pk",
    "starts_at",
    "ends_at",
    "gathering__title",
    "gathering__slug",
    "gathering__spot",
    "venue__name",
    "venue__is_step_free",
    "gathering__venue__name",
    "gathering__venue__is_step_free",
    "gathering__is_online",
    "gathering__dial_in",
    "gathering__cost",
    "gathering__is_good_with_children",
    "gathering__capacity",
    "seats_taken",
    "waiting_count",
    "is_called_off",
    "gathering__state",
    "note",
)


def rows_of(sessions: SessionQuerySet, *extra: str) -> list[Row]:
    """Return tickets' rows for `sessions`; `extra` may name one field for `mine`."""
    return [_row(values) for values in sessions.values_list(*_FIELDS, *extra)]


def _row(values: tuple) -> Row:
    (pk, starts_at, ends_at, title, slug, spot, own_venue, own_free, venue, free) = values[:10]
    (online, dial_in, cost, children, capacity, taken, waiting, off, state, note) = values[10:20]
    changes_at(starts_at, ends_at)
    return Row(
        pk,
        starts_at,
        ends_at,
        title,
        slug,
        spot,
        own_venue or venue or "",
        bool(own_free if own_venue else free),
        online,
        bool(dial_in),
        cost,
        children,
        capacity,
        taken,
        waiting,
        off or state == Gathering.State.CALLED_OFF,
        note,
        values[20] if len(values) > 20 else "",
    )


# What has begun still shows until it ends, or for so long: the form plans eight hours at most.
BEGUN = dt.timedelta(hours=12)


def on_now_or_later(
    person: Person | None, at: dt.datetime | None = None, since: dt.datetime | None = None
) -> SessionQuerySet:
    """Sessions the person may see that aren't over and aren't called off, soonest first.

    With `since` only those that begin then or later.
    """
    moment = at or now()
    return (
        Session.objects.visible_to(person)
        .filter(ends_at__gt=moment, is_called_off=False)
        .filter(starts_at__gte=since or moment - BEGUN)
        .exclude(gathering__state=Gathering.State.CALLED_OFF)
        .order_by("starts_at", "id")
    )


def locality_of(area: Area) -> str:
    """Return the path of the locality an area lies in (its own path above a locality)."""
    ids = area.path_ids[:2]
    return "".join(f"{one}/" for one in ids)


# --- Soonest first, among very many -----------------------------------------------------------

# A borough's week holds thousands of sessions, a street's year may hold none. Where an area has
# at least BUSY gatherings the sessions are walked in order of their start until enough are
# found, WALK far; where it has fewer, the database begins with the gatherings.
BUSY = 200
WALK = dt.timedelta(days=8)


class _LeftFirst(Query):
    """A query that reads the sessions first and looks the rest up for each.

    SQLite weighs joins without looking at LIMIT, and would read and sort every gathering's
    sessions; its CROSS JOIN means “the left table first”. PostgreSQL sees it by itself.
    """

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        compiler = super().get_compiler(*args, **kwargs)
        if compiler.connection.vendor == "sqlite":
            as_sql = compiler.as_sql

            def left_first(*args: Any, **kwargs: Any) -> Any:
                sql, params = as_sql(*args, **kwargs)
                return sql.replace(" INNER JOIN ", " CROSS JOIN "), params

            compiler.as_sql = left_first  # type: ignore[method-assign]
        return compiler


def _walking(sessions: SessionQuerySet) -> SessionQuerySet:
    walking = sessions.all()
    walking.query = sessions.query.chain(klass=_LeftFirst)
    return walking


def _is_busy(path: str) -> bool:
    return _counted_busy(path, int(time.time() // 600))


@lru_cache(512)
def _counted_busy(path: str, ten_minutes: int) -> bool:
    """Whether an area has many gatherings. Kept ten minutes: it decides how we look, not what."""
    on = Gathering.objects.filter(state=Gathering.State.ON)
    if path:
        span = _span(path)
        on = on.filter(area__path__gte=span["low"], area__path__lt=span["high"])
    return on.values("pk")[:BUSY].count() >= BUSY


def soonest(
    sessions: SessionQuerySet, limit: int, *, path: str = "", since: dt.datetime | None = None
) -> list[Row]:
    """Return rows of the first `limit` of `sessions`, which are ordered by their start.

    `path` is that of the area they were narrowed to, `since` the moment they begin at; both only
    help to find them quickly. One query, or two where the first days didn't hold enough.
    """
    if _is_busy(path):
        end = (since or now()) + WALK
        rows = rows_of(_walking(sessions.filter(starts_at__lt=end))[:limit])
        if len(rows) == limit:
            return rows
    return rows_of(sessions[:limit])


# What busy pages ask, compiled once (`base.prepared`). No more than MOST rows each, FEW near home.
MOST = 20
FEW = 6


def _soon(at: dt.datetime, since: dt.datetime, inside: list[int], blocked: list[int]) -> Any:
    """`on_now_or_later` for somebody inside these teams, with these blocks."""
    return (
        Session.objects.filter(visible(inside, "gathering__"), ends_at__gt=at, starts_at__gt=since)
        .filter(is_called_off=False)
        .exclude(gathering__state=Gathering.State.CALLED_OFF)
        .exclude(gathering__host__in=blocked)
        # The order of the index, so that the first few are found without sorting.
        .order_by("starts_at", "ends_at", "gathering_id")
        .values_list(*_FIELDS)
    )


_READER: dict[str, type] = {
    "at": dt.datetime, "since": dt.datetime, "inside": Ids, "blocked": Ids
}  # fmt: skip


def _between(low: str, high: str) -> Any:
    """The areas of `_span`: a list made once, so that each session is only looked up in it."""
    return Area.objects.filter(path__gte=low, path__lt=high).values("pk")


def _week_query(until: dt.datetime, **reader: Any) -> Any:
    return _soon(**reader).filter(starts_at__lt=until)[:FEW]


def _near_query(until: dt.datetime, low: str, high: str, **reader: Any) -> Any:
    return _soon(**reader).filter(starts_at__lt=until, gathering__area__in=_between(low, high))[
        :FEW
    ]


# Each twice: for few gatherings, and walking for many.
_week = {
    False: Prepared(_week_query, until=dt.datetime, **_READER),
    True: Prepared(lambda **given: _walking(_week_query(**given)), until=dt.datetime, **_READER),
}
_week_near = {
    False: Prepared(_near_query, until=dt.datetime, low=str, high=str, **_READER),
    True: Prepared(
        lambda **given: _walking(_near_query(**given)),
        until=dt.datetime, low=str, high=str, **_READER,
    ),
}  # fmt: skip
_of_team = Prepared(
    lambda team, **reader: _soon(**reader).filter(gathering__team=team)[:MOST],
    team=int, **_READER,
)  # fmt: skip
_within = Prepared(
    lambda low, high, **reader: _soon(**reader).filter(
        gathering__area__in=_between(low, high)
    )[:FEW],
    low=str, high=str, **_READER,
)  # fmt: skip
_my_next = Prepared(
    lambda person, at: Session.objects.filter(
        places__person=person,
        places__state__in=[Place.State.GOING, Place.State.WAITING],
        ends_at__gt=at,
    )
    .exclude(gathering__state=Gathering.State.HIDDEN)
    .order_by("starts_at", "id")
    .values_list(*_FIELDS, "places__state")[:FEW],
    person=int, at=dt.datetime,
)  # fmt: skip


def _reader(person: Person | None, at: dt.datetime) -> dict[str, Any]:
    return {
        "at": at,
        "since": at - BEGUN,
        "inside": teams_inside(person),
        "blocked": blocked_ids(person),
    }


def _span(path: str) -> dict[str, str]:
    """Return from where to where paths begin with `path`: "0" comes right after "/"."""
    return {"low": path, "high": path[:-1] + "0"}


def this_week(person: Person | None, limit: int = 3) -> list[Row]:
    """Return the next sessions of these seven days near the person, soonest first.

    One query; a second one over the whole borough when fewer than `limit` are near. `limit` is
    at most FEW.
    """
    moment = now()
    reader = {**_reader(person, moment), "until": moment + dt.timedelta(days=7)}
    path = _home_locality(person)
    if path:
        near_by = _week_near[_is_busy(path)](**_span(path), **reader)
        rows = [_row(values) for values in near_by[:limit]]
        if len(rows) == limit:
            return rows
        have = {row.pk for row in rows}
        more = [_row(values) for values in _week[_is_busy("")](**reader) if values[0] not in have]
        return sorted([*rows, *more[: limit - len(rows)]], key=lambda row: row.starts_at)
    return [_row(values) for values in _week[_is_busy("")](**reader)[:limit]]


def _home_locality(person: Person | None) -> str:
    """Return the path of the locality a person lives in, or ""; the home feed has asked already."""
    if person is None or person.home_id is None:
        return ""
    ids = {ground.kind: ground.id for ground in grounds(person) if ground.why == "home"}
    if Area.Kind.LOCALITY not in ids or Area.Kind.BOROUGH not in ids:
        return ""
    return f"{ids[Area.Kind.BOROUGH]}/{ids[Area.Kind.LOCALITY]}/"


def mine_next(person: Person, limit: int = 3) -> list[Row]:
    """Return the next sessions the person has a place at or waits for, at most FEW."""
    return [_row(values) for values in _my_next(person=person.pk, at=now())[:limit]]


def _mine(person: Person) -> SessionQuerySet:
    # One filter() for both conditions, so that they speak of the same place.
    return (
        Session.objects.filter(
            places__person=person, places__state__in=[Place.State.GOING, Place.State.WAITING]
        )
        .exclude(gathering__state=Gathering.State.HIDDEN)
        .order_by("starts_at", "id")
    )


def mine(person: Person, *, past: bool = False, limit: int = 50) -> list[Row]:
    """Return what the person comes to (or waits for), soonest first; or what was, newest first."""
    if past:
        return rows_of(
            _mine(person).filter(ends_at__lte=now()).order_by("-starts_at", "-id")[:limit],
            "places__state",
        )
    return rows_of(_mine(person).filter(ends_at__gt=now())[:limit], "places__state")


def hosted_by(person: Person, limit: int = 30) -> list[Row]:
    """Return the next sessions of gatherings the person hosts, soonest first."""
    return rows_of(
        Session.objects.filter(gathering__host=person, ends_at__gt=now())
        .exclude(gathering__state=Gathering.State.HIDDEN)
        .order_by("starts_at", "id")[:limit]
    )


def next_of_team(person: Person | None, team_id: int, limit: int = 1) -> list[Row]:
    """Return the next sessions of a team that the reader may see, at most MOST."""
    return [_row(row) for row in _of_team(team=team_id, **_reader(person, now()))[:limit]]


def next_in_area(person: Person | None, area: Area, limit: int = 3) -> list[Row]:
    """Return the next sessions in an area and everything under it, at most FEW."""
    moment = now()
    asked = {**_span(area.path), **_reader(person, moment)}
    if _is_busy(area.path):
        rows = _week_near[True](until=moment + WALK, **asked)[:limit]
        if len(rows) == limit:
            return [_row(row) for row in rows]
    return [_row(row) for row in _within(**asked)[:limit]]


def with_mine(person: Person | None, rows: list[Row]) -> list[Row]:
    """Return the rows with the reader's own part filled in. One query."""
    if person is None or not rows:
        return rows
    states = dict(
        Place.objects.filter(
            person=person,
            session__in=[row.pk for row in rows],
            state__in=[Place.State.GOING, Place.State.WAITING],
        ).values_list("session_id", "state")
    )
    return [row._replace(mine=states.get(row.pk, "")) for row in rows]


def by_day(rows: Iterable[Row]) -> list[tuple[dt.date, list[Row]]]:
    """Return the rows under the day (London's) they begin on."""
    from doorstep.base.time import local

    days: dict[dt.date, list[Row]] = {}
    for row in rows:
        days.setdefault(local(row.starts_at).date(), []).append(row)
    return list(days.items())


_my_channels = Prepared(
    lambda person, since: Session.objects.filter(
        places__person=person,
        places__state__in=[Place.State.GOING, Place.State.WAITING],
        ends_at__gt=since,
    )
    .values_list("gathering__channel_id")
    .union(
        Gathering.objects.filter(host=person, state=Gathering.State.ON).values_list("channel_id")
    ),
    person=int, since=dt.datetime,
)  # fmt: skip


def channels_of(person: Person) -> list[int]:
    """Return the feed channels of gatherings the person comes to or hosts, lately or soon."""
    since = now() - dt.timedelta(days=30)
    return [channel for (channel,) in _my_channels(person=person.pk, since=since)]
