"""Search over what the reader may see, quick at a million posts.

Posts are taken in tiers, the newest first in each: those with all the words, those with all
but one, those with the rarest word, and so on. Each tier is a lazy walk down the full-text
index that stops as soon as the page is full, so no query ranks what nobody will read. Teams,
gatherings, venues and people come from the same statement.

The SQL tells the rules of feed, teams, gatherings and people again; `test_search.py` holds
them to `visible_to`.
"""

# ruff: noqa: S608 -- the pieces of SQL are ours; everything typed is a parameter
from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from math import prod
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from doorstep.base.text import clean_line
from doorstep.base.time import LONDON, today
from doorstep.people.models import ADULT_AT, Person
from doorstep.people.rules import blocked_ids, can_moderate
from doorstep.places.atlas import atlas
from doorstep.places.models import Area, find_postcode
from doorstep.web.lexicon import READ_POSTS, Lexicon, fold, lexicon, tokens

PAGE = 12
FEW = 4  # of each kind beside the posts
MOST_WORDS = 6
LONGEST = 200
# A walk down the index gives up after so many rows, most of which the reader may not see or
# the filters leave out; a filtered walk that found too little goes further.
MOST_WALKED = 4000
FURTHER = 60_000
COMMON = 0.004

KINDS = ("posts", "stories", "teams", "gatherings", "places", "people")

_STOP = frozenset(
    re.findall(
        r"\w+",
        """a about after again all also am an and any anyone anybody are as at be because been but
        can cant could did do does doing dont for from get gets getting give go going got had has
        have he her here hers him his how i id if ill im in into is isnt it its ive just know let
        like looking looks me might more most much my need needs no not now of off on once one or
        other our out over please she should so some somebody someone something than thank thanks
        that the their them then there theres these they this those to too up us very want wants
        was we were what when where which while who whos why will with wont would you your youre""",
    )
)
_POSTCODE = re.compile(r"\b([A-Za-z]{1,2}\d[\dA-Za-z]?\s?\d[A-Za-z]{2})\b")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DATE_WORDS = re.compile(
    r"\b(today|tonight|tomorrow|this week|next week|this weekend|"
    r"(?:this|next|on) (?:" + "|".join(_DAYS) + r"))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Ask:
    """What is looked for: words and filters."""

    text: str
    words: tuple[str, ...] = ()
    kind: str = ""
    area: Area | None = None
    postcode: str = ""  # read out of the words; `area` is its ward
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    date_words: str = ""  # "this saturday", read out of the words
    exact: bool = False
    after: tuple[int, int] | None = None  # (tier, id) of the last result seen

    @property
    def is_narrow(self) -> bool:
        """Whether filters leave out much of what has the words."""
        wide = self.area is None or self.area.kind == Area.Kind.BOROUGH
        return self.kind == "stories" or not wide or bool(self.starts_on or self.ends_on)

    @property
    def is_empty(self) -> bool:
        """Nothing to look for."""
        return not self.words and not (self.starts_on or self.ends_on)


@dataclass(frozen=True)
class Hit:
    """Something found. `at` is when it was posted, or when it next happens."""

    kind: str
    tier: int
    pk: int
    title: str
    text: str
    sort: str = ""
    who: str = ""
    where: str = ""
    slug: str = ""
    at: dt.datetime | None = None


@dataclass
class Found:
    """What was found, by kind, and the words it was found by."""

    ask: Ask
    hits: dict[str, list[Hit]] = field(default_factory=dict)
    areas: list[Area] = field(default_factory=list)
    # Every word looked for with its relatives, for marking them in the results.
    terms: list[str] = field(default_factory=list)
    corrected: str = ""  # the words used instead of those typed
    more: tuple[int, int] | None = None

    @property
    def is_empty(self) -> bool:
        return not self.areas and not any(self.hits.values())


# --- Reading what was typed ------------------------------------------------------------------


def read(
    text: str,
    *,
    kind: str = "",
    area: str = "",
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
    exact: bool = False,
    after: tuple[int, int] | None = None,
) -> Ask:
    """Return what somebody asked for, with a postcode and days read out of their words."""
    text = clean_line(text)[:LONGEST]
    rest, postcode, date_words = text, "", ""
    here = atlas().by_slug.get(area)
    match = _POSTCODE.search(rest)
    if match and here is None:
        found = find_postcode(match[1])
        if found is not None:
            here, postcode = atlas().areas.get(found.ward_id, found.ward), found.code
            rest = rest[: match.start()] + rest[match.end() :]
    match = _DATE_WORDS.search(rest)
    if match and not starts_on and not ends_on and not exact:
        date_words = match[1].lower()
        starts_on, ends_on = _days(date_words)
        rest = rest[: match.start()] + rest[match.end() :]
    return Ask(
        text=text,
        words=_words(rest),
        kind=kind if kind in KINDS else "",
        area=here,
        postcode=postcode,
        starts_on=starts_on,
        ends_on=ends_on,
        date_words=date_words,
        exact=exact,
        after=after,
    )


def _words(text: str) -> tuple[str, ...]:
    """Return the words worth looking for, without the little ones unless there are no others."""
    every = list(dict.fromkeys(tokens(text)))
    telling = [word for word in every if word not in _STOP and len(word) > 1]
    return tuple(word[:40] for word in (telling or every)[:12])


def _days(words: str) -> tuple[dt.date, dt.date]:
    """Return the first and last day that “this weekend” and the like mean."""
    day = today()
    if words in ("today", "tonight"):
        return day, day
    if words == "tomorrow":
        return day + dt.timedelta(1), day + dt.timedelta(1)
    monday = day - dt.timedelta(day.weekday())
    if words == "this week":
        return day, monday + dt.timedelta(6)
    if words == "next week":
        return monday + dt.timedelta(7), monday + dt.timedelta(13)
    if words == "this weekend":
        saturday = monday + dt.timedelta(5)
        return max(day, saturday), saturday + dt.timedelta(1)
    which, name = words.split()
    ahead = (_DAYS.index(name) - day.weekday()) % 7
    if which == "next":
        # "Next Saturday" is the one of next week; "this Saturday" the one that comes.
        ahead = 7 - day.weekday() + _DAYS.index(name)
    return day + dt.timedelta(ahead), day + dt.timedelta(ahead)


# --- Looking ---------------------------------------------------------------------------------


def search(ask: Ask, person: Person | None) -> Found:
    """Return what `person` may see of what they ask for."""
    if ask.is_empty:
        return Found(ask)
    words = lexicon()
    # The rarest first: it decides. Unknown ones are rarest of all.
    chosen = sorted(ask.words, key=lambda word: words.count[word])[:MOST_WORDS]
    found = _look(ask, chosen, words, person)
    if ask.exact or ask.after:
        return found
    meant = {
        word: other
        for word in chosen
        if word not in words
        and not words.completions(word)
        and not _occurs(word, found)
        and (other := words.nearest(word, open_only=person is None))
    }
    if not meant:
        return found
    corrected = _look(ask, [meant.get(word, word) for word in chosen], words, person)
    if corrected.is_empty:
        return found
    corrected.corrected = " ".join(meant.get(word, word) for word in ask.words)
    return corrected


def _occurs(word: str, found: Found) -> bool:
    """Whether something found has the word: then it is no slip.

    Asks the results, not the index, which also knows words the reader must not learn of.
    """
    return any(word in fold(area.name) for area in found.areas) or any(
        word in fold(f"{hit.title} {hit.text} {hit.who}")
        for hits in found.hits.values()
        for hit in hits
    )


def _look(
    ask: Ask, chosen: list[str], words: Lexicon, person: Person | None, *, walk: int = MOST_WALKED
) -> Found:
    groups = [words.expand(word) for word in chosen]
    found = Found(ask, terms=[term for group in groups for term in group])
    arms: list[str] = []
    params: list[Any] = []
    dialect: _Dialect = _Postgres(words) if connection.vendor == "postgresql" else _Sqlite()
    dialect.walk = walk
    every = not ask.kind
    limits: dict[str, int] = {}
    for kind, wanted, arm in (
        ("posts", every or ask.kind in ("posts", "stories"), _posts),
        ("teams", every or ask.kind == "teams", _teams),
        ("gatherings", every or ask.kind == "gatherings", _gatherings),
        ("venues", every or ask.kind == "places", _venues),
        ("people", every or ask.kind == "people", _people),
    ):
        if not wanted or (every and ask.after and kind != "posts"):
            continue
        limit = PAGE if kind == "posts" or ask.kind else FEW
        limits[kind] = limit
        made = arm(ask, groups, dialect, person)
        if made is None:
            continue
        pieces, values = made
        arms.append(f"SELECT * FROM ({' UNION ALL '.join(pieces)} LIMIT %s) {kind}_found")
        params += [*values, limit + 1]
    rows: Any = []
    if arms:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(arms), params)
            rows = cursor.fetchall()
    for kind, tier, pk, title, text, sort, who, where, slug, at in rows:
        hit = Hit(kind, tier, pk, title, text, sort, who, where, slug, _moment(at))
        found.hits.setdefault(hit.kind, []).append(hit)
    for kind, hits in found.hits.items():
        # The statement's arms come in order; being sure costs nothing.
        hits.sort(key=lambda hit: (hit.tier, -hit.pk))
        if len(hits) > limits[kind]:
            del hits[limits[kind] :]
            if kind == "posts" or ask.kind:
                found.more = (hits[-1].tier, hits[-1].pk)
        if kind == "gatherings" and not ask.kind:
            hits.sort(key=lambda hit: (hit.tier, hit.at or timezone.now()))
    if chosen and not ask.after and (every or ask.kind == "places"):
        found.areas = _areas(ask, groups)
    if (
        walk < FURTHER
        and ask.is_narrow
        and len(found.hits.get("posts", ())) < limits.get("posts", 0)
        and any(words.count[word] for word in chosen)
    ):
        return _look(ask, chosen, words, person, walk=FURTHER)
    return found


def _moment(value: Any) -> dt.datetime | None:
    """Return a moment as the database gave it: SQLite keeps UTC without saying so."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    return value if value is None or value.tzinfo else value.replace(tzinfo=dt.UTC)


def _areas(ask: Ask, groups: list[list[str]]) -> list[Area]:
    """Return the areas whose names have all the words, or are all in the words."""
    book = atlas()
    asked = {term for group in groups for term in group}
    key = ("search", "names")
    if key not in book.kept:
        book.kept[key] = [
            (set(tokens(area.name)) - {"and"}, area)
            for area in sorted(book.areas.values(), key=lambda one: (len(one.path_ids), one.name))
        ]
    inside = set(book.inside(ask.area)) if ask.area else None
    found = []
    for names, area in book.kept[key]:
        if inside is not None and area.pk not in inside:
            continue
        whole = names <= asked and area.kind != Area.Kind.NEIGHBOURHOOD
        if whole or all(any(term in names for term in group) for group in groups):
            found.append(area)
    return found[: PAGE if ask.kind else FEW]


# --- The two databases -----------------------------------------------------------------------


class _Dialect:
    """What differs between SQLite and PostgreSQL."""

    def match(self, groups: Sequence[Sequence[str]], *, any_of: bool = False) -> str:
        """Return an expression for rows with a word of each group (or of any group)."""
        raise NotImplementedError

    def without(self, expression: str, *others: str) -> str:
        """Return an expression for what matches the first and none of the others."""
        raise NotImplementedError

    def share(self, groups: Sequence[Sequence[str]]) -> float:
        """Return about which share of the posts has a word of each group."""
        return 0.0

    def source(self, table: str, *, below: bool, share: float) -> str:
        """Return a FROM item `f(id)`: the newest rows that match, at most so many.

        `share` is about which part of the rows matches.
        Its parameters: the expression, then the id to begin below if `below`, then the limit.
        """
        raise NotImplementedError

    def ids(self, values: Sequence[int] | set[int]) -> Any:
        """Return a parameter that `in_ids` takes."""
        raise NotImplementedError

    in_ids = ""
    not_in_ids = ""
    like = ""
    walk = MOST_WALKED

    def moment(self, value: dt.datetime) -> Any:
        """Return a parameter to compare a moment with."""
        return connection.ops.adapt_datetimefield_value(value)


class _Sqlite(_Dialect):
    in_ids = "IN (SELECT value FROM json_each(%s))"
    not_in_ids = "NOT IN (SELECT value FROM json_each(%s))"
    like = "LIKE"

    def match(self, groups: Sequence[Sequence[str]], *, any_of: bool = False) -> str:
        each = ["(" + " OR ".join(f'"{term}"' for term in group) + ")" for group in groups]
        return (" OR " if any_of else " AND ").join(each)

    def without(self, expression: str, *others: str) -> str:
        return f"({expression})" + "".join(f" NOT ({other})" for other in others)

    def source(self, table: str, *, below: bool, share: float) -> str:
        return (
            f"(SELECT rowid AS id FROM {table}_fts WHERE {table}_fts MATCH %s"
            f"{' AND rowid < %s' if below else ''} ORDER BY rowid DESC LIMIT %s) f CROSS"
        )

    def ids(self, values: Sequence[int] | set[int]) -> Any:
        return json.dumps(sorted(values))


class _Postgres(_Dialect):
    in_ids = "= ANY(%s)"
    not_in_ids = "<> ALL(%s)"
    like = "ILIKE"

    def __init__(self, words: Lexicon) -> None:
        self.words = words

    def match(self, groups: Sequence[Sequence[str]], *, any_of: bool = False) -> str:
        # PostgreSQL's index keeps accents, so a word is looked for in every way it is written.
        each = [
            "("
            + " | ".join(
                f"'{form}'" for term in group for form in (term, *self.words.written.get(term, ()))
            )
            + ")"
            for group in groups
        ]
        return (" | " if any_of else " & ").join(each)

    def without(self, expression: str, *others: str) -> str:
        return " & ".join([f"({expression})", *(f"!({other})" for other in others)])

    def share(self, groups: Sequence[Sequence[str]]) -> float:
        return prod(
            min(1.0, sum(self.words.count[term] for term in group) / READ_POSTS) for group in groups
        )

    def source(self, table: str, *, below: bool, share: float) -> str:
        # PostgreSQL guesses badly how rare a word is. Common ones are met soon going back from
        # the newest row; for rare ones the index must lead, which `+ 0` makes it do.
        order = "id" if share > COMMON else "id + 0"
        return (
            f"(SELECT id FROM {table} WHERE words @@ to_tsquery('simple', %s)"
            f"{' AND id < %s' if below else ''} ORDER BY {order} DESC LIMIT %s) f"
        )

    def ids(self, values: Sequence[int] | set[int]) -> Any:
        return sorted(values)


# --- The arms of the statement ---------------------------------------------------------------
# Each gives (kind, tier, id, title, text, sort, who, where, slug, at), its tiers in order.

_Arm = tuple[list[str], list[Any]]
# What is not in a team, or in one that keeps its door open.
_DOOR_OPEN = "(k.id IS NULL OR NOT k.is_private)"
# `feed.rules.teams_inside`, asked by the database only where a team's own post comes up.
_INSIDE = (
    "IN (SELECT team_id FROM teams_membership WHERE person_id = %s AND state = 'member'"
    " UNION SELECT team_id FROM teams_mentoring WHERE mentor_id = %s AND ended_at IS NULL)"
)


@dataclass(frozen=True)
class _Tier:
    """An expression, and about which share of all rows it matches."""

    expression: str
    share: float = 0.0


def _tiers(groups: list[list[str]], dialect: _Dialect) -> list[_Tier]:
    """Return the tiers in order; no row is in two of them."""
    if not groups:
        return []
    whole = _Tier(dialect.match(groups), dialect.share(groups))
    if len(groups) == 1:
        return [whole]
    either = " OR " if isinstance(dialect, _Sqlite) else " | "

    def any_of(choices: list[tuple[list[str], ...]]) -> _Tier:
        return _Tier(
            either.join(f"({dialect.match(one)})" for one in choices),
            sum(dialect.share(one) for one in choices),
        )

    wider: list[_Tier] = []
    if len(groups) > 2:
        wider.append(any_of(list(combinations(groups, len(groups) - 1))))
    if len(groups) > 3:
        wider.append(any_of(list(combinations(groups[:4], 2))))
    # One word alone, the rarest first; what is commoner than three others says little.
    wider += [any_of([(group,)]) for group in groups[:3]]
    tiers = [whole]
    for number, tier in enumerate(wider):
        above = (one.expression for one in (whole, *wider[:number]))
        tiers.append(_Tier(dialect.without(tier.expression, *above), tier.share))
    return tiers


def _walk(
    table: str, ask: Ask, dialect: _Dialect, tiers: list[_Tier]
) -> list[tuple[int, str, list[Any]]]:
    """Return (tier, FROM item, parameters) for each tier still to be walked."""
    found = []
    for number, tier in enumerate(tiers, 1):
        if ask.after and number < ask.after[0]:
            continue
        below = bool(ask.after and number == ask.after[0])
        params: list[Any] = [tier.expression]
        if below and ask.after:
            params.append(ask.after[1])
        source = dialect.source(table, below=below, share=tier.share)
        found.append((number, source, [*params, dialect.walk]))
    return found


def _area_filter(ask: Ask, column: str, dialect: _Dialect) -> tuple[str, list[Any]]:
    if ask.area is None or ask.area.kind == Area.Kind.BOROUGH:
        return "", []
    ids = atlas().inside(ask.area) or [ask.area.pk]
    return f" AND {column} {dialect.in_ids}", [dialect.ids(ids)]


def _day_filter(ask: Ask, column: str, dialect: _Dialect) -> tuple[str, list[Any]]:
    """Narrow to the days asked for, on London's calendar."""
    sql, params = "", []
    if ask.starts_on:
        sql += f" AND {column} >= %s"
        params.append(dialect.moment(_midnight(ask.starts_on)))
    if ask.ends_on:
        sql += f" AND {column} < %s"
        params.append(dialect.moment(_midnight(ask.ends_on + dt.timedelta(1))))
    return sql, params


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), LONDON).astimezone(dt.UTC)


def _posts(
    ask: Ask, groups: list[list[str]], dialect: _Dialect, person: Person | None
) -> _Arm | None:
    """`feed.rules.posts_visible_to` beside the words."""
    # Days ahead are about gatherings; nobody has posted then yet.
    if not groups or (ask.starts_on and ask.starts_on > today()):
        return None
    where = "p.state = 'live'"
    params: list[Any] = []
    if person is None:
        where += f" AND p.readers = 'everyone' AND {_DOOR_OPEN}"
    else:
        where += (
            f" AND ((p.readers IN ('everyone', 'members') AND {_DOOR_OPEN})"
            f" OR c.team_id {_INSIDE}) AND p.author_id {dialect.not_in_ids}"
        )
        params += [person.pk, person.pk, dialect.ids(blocked_ids(person))]
    if ask.kind:
        where += f" AND p.kind {'=' if ask.kind == 'stories' else '<>'} 'article'"
    for sql, values in (
        _area_filter(ask, "c.area_id", dialect),
        ("", []) if ask.date_words else _day_filter(ask, "p.posted_at", dialect),
    ):
        where += sql
        params += values
    pieces, given = [], []
    for tier, source, values in _walk("feed_post", ask, dialect, _tiers(groups, dialect)):
        pieces.append(
            f"SELECT * FROM (SELECT 'posts' AS kind, {tier} AS tier, p.id, p.title,"
            " substr(p.text, 1, 3000) AS text, p.kind AS sort, a.known_as AS who,"
            " c.name AS place, p.slug, p.posted_at AS at"
            f" FROM {source} JOIN feed_post p ON p.id = f.id"
            " JOIN feed_channel c ON c.id = p.channel_id"
            " LEFT JOIN teams_team k ON k.id = c.team_id"
            f" JOIN people_person a ON a.id = p.author_id WHERE {where}"
            f"{_order(dialect, 'p.id')} LIMIT {PAGE + 1}) t{tier}"
        )
        given += [*values, *params]
    return (pieces, given) if pieces else None


def _order(dialect: _Dialect, column: str) -> str:
    """On SQLite the walk's own order holds, and asking again would end its laziness."""
    return "" if isinstance(dialect, _Sqlite) else f" ORDER BY {column} DESC"


def _two_tiers(groups: list[list[str]], dialect: _Dialect) -> list[_Tier]:
    """All the words, then any of them: enough for tables of thousands."""
    if not groups:
        return []
    whole = dialect.match(groups)
    if len(groups) == 1:
        return [_Tier(whole)]
    return [
        _Tier(whole),
        _Tier(dialect.without(dialect.match(groups, any_of=True), whole)),
    ]


def _teams(
    ask: Ask, groups: list[list[str]], dialect: _Dialect, person: Person | None
) -> _Arm | None:
    """`teams.rules.teams_visible_to` beside the words."""
    if not groups or ((ask.starts_on or ask.ends_on) and not ask.kind):
        return None
    params: list[Any]
    if person is not None and can_moderate(person):
        where, params = "1 = 1", []
    elif person is None:
        where, params = "NOT p.is_private", []
    else:
        where, params = f"(NOT p.is_private OR p.id {_INSIDE})", [person.pk, person.pk]
    sql, values = _area_filter(ask, "p.area_id", dialect)
    where, params = where + sql, params + values
    pieces, given = [], []
    for tier, source, values in _walk("teams_team", ask, dialect, _two_tiers(groups, dialect)):
        pieces.append(
            f"SELECT * FROM (SELECT 'teams' AS kind, {tier} AS tier, p.id, p.name AS title,"
            " p.purpose AS text, p.spot AS sort, '' AS who, a.name AS place, p.slug,"
            f" NULL{_as_moment(dialect)} AS at"
            f" FROM {source} JOIN teams_team p ON p.id = f.id"
            f" JOIN places_area a ON a.id = p.area_id WHERE {where}"
            f"{_order(dialect, 'p.id')} LIMIT {PAGE + 1}) t{tier}"
        )
        given += [*values, *params]
    return (pieces, given) if pieces else None


def _as_moment(dialect: _Dialect) -> str:
    return "" if isinstance(dialect, _Sqlite) else "::timestamptz"


def _gatherings(
    ask: Ask, groups: list[list[str]], dialect: _Dialect, person: Person | None
) -> _Arm | None:
    """`gatherings.rules.gatherings_visible_to` beside the words; those still to come."""
    where = "p.state = 'on'"
    params: list[Any] = []
    if person is None:
        where += f" AND p.who = 'everyone' AND {_DOOR_OPEN}"
    else:
        where += (
            f" AND ((p.who = 'everyone' AND {_DOOR_OPEN}) OR p.team_id {_INSIDE})"
            f" AND p.host_id {dialect.not_in_ids}"
        )
        params += [person.pk, person.pk, dialect.ids(blocked_ids(person))]
    sql, values = _area_filter(ask, "p.area_id", dialect)
    where, params = where + sql, params + values
    days, day_values = _day_filter(ask, "s.starts_at", dialect)
    coming = f"NOT s.is_called_off AND s.ends_at >= %s{days}"
    coming_values = [dialect.moment(timezone.now()), *day_values]
    columns = (
        "p.id, p.title, substr(p.description, 1, 1000) AS text, p.spot AS sort, '' AS who,"
        " coalesce(v.name, a.name) AS place, p.slug"
    )
    joins = (
        " JOIN places_area a ON a.id = p.area_id LEFT JOIN places_venue v ON v.id = p.venue_id"
        " LEFT JOIN teams_team k ON k.id = p.team_id"
    )
    if not groups:
        # Only days were asked for: what happens then, the soonest first.
        if ask.after:
            return None
        return (
            [
                "SELECT * FROM (SELECT 'gatherings' AS kind, 1 AS tier, "
                f"{columns}, s.starts_at AS at FROM gatherings_session s"
                f" JOIN gatherings_gathering p ON p.id = s.gathering_id{joins}"
                f" WHERE {coming} AND {where} ORDER BY s.starts_at, s.id LIMIT {PAGE + 1}) t1"
            ],
            [*coming_values, *params],
        )
    next_one = (
        "(SELECT min(s.starts_at) FROM gatherings_session s"
        f" WHERE s.gathering_id = p.id AND {coming})"
    )
    pieces, given = [], []
    for tier, source, values in _walk(
        "gatherings_gathering", ask, dialect, _two_tiers(groups, dialect)
    ):
        pieces.append(
            f"SELECT * FROM (SELECT 'gatherings' AS kind, {tier} AS tier, {columns},"
            f" {next_one} AS at FROM {source}"
            f" JOIN gatherings_gathering p ON p.id = f.id{joins}"
            f" WHERE {where} AND EXISTS (SELECT 1 FROM gatherings_session s"
            f" WHERE s.gathering_id = p.id AND {coming})"
            f"{_order(dialect, 'p.id')} LIMIT {PAGE + 1}) t{tier}"
        )
        given += [*coming_values, *values, *params, *coming_values]
    return (pieces, given) if pieces else None


def _venues(
    ask: Ask, groups: list[list[str]], dialect: _Dialect, person: Person | None
) -> _Arm | None:
    """Venues are open to everybody and few: their names are simply read."""
    if not groups or ((ask.starts_on or ask.ends_on) and not ask.kind):
        return None
    where = "1 = 1"
    params: list[Any] = []
    for group in groups:
        one = " OR ".join([f"p.name || ' ' || p.address {dialect.like} %s"] * len(group))
        where += f" AND ({one})"
        params += [f"%{term}%" for term in group]
    sql, values = _area_filter(ask, "p.area_id", dialect)
    where, params = where + sql, params + values
    if ask.after:
        where += " AND p.id < %s"
        params.append(ask.after[1])
    return (
        [
            "SELECT * FROM (SELECT 'venues' AS kind, 1 AS tier, p.id, p.name AS title,"
            " p.address AS text, '' AS sort, '' AS who, a.name AS place, '' AS slug,"
            f" NULL{_as_moment(dialect)} AS at FROM places_venue p"
            f" JOIN places_area a ON a.id = p.area_id WHERE {where}"
            f" ORDER BY p.id DESC LIMIT {PAGE + 1}) t1"
        ],
        params,
    )


def _people(
    ask: Ask, groups: list[list[str]], dialect: _Dialect, person: Person | None
) -> _Arm | None:
    """Grown-up neighbours with an account, by name: less than `people_visible_to` shows.

    Never by area: where somebody lives is theirs to tell. Children are never found.
    """
    if person is None or not groups or ask.area or ask.starts_on or ask.ends_on:
        return None
    # Names are not words with relatives: exactly what was typed.
    names = [group[:1] for group in groups]
    where = (
        "p.state = 'active' AND (p.born_on IS NULL OR p.born_on <= %s)"
        f" AND p.id {dialect.not_in_ids}"
        " AND EXISTS (SELECT 1 FROM people_account x WHERE x.person_id = p.id AND x.is_active)"
    )
    params: list[Any] = [_grown_up_since().isoformat(), dialect.ids(blocked_ids(person))]
    pieces, given = [], []
    for tier, source, values in _walk("people_person", ask, dialect, _two_tiers(names, dialect)):
        pieces.append(
            f"SELECT * FROM (SELECT 'people' AS kind, {tier} AS tier, p.id, p.known_as AS title,"
            " '' AS text, p.spot AS sort, '' AS who, '' AS place, p.handle AS slug,"
            f" NULL{_as_moment(dialect)} AS at"
            f" FROM {source} JOIN people_person p ON p.id = f.id WHERE {where}"
            f"{_order(dialect, 'p.id')} LIMIT {PAGE + 1}) t{tier}"
        )
        given += [*values, *params]
    return (pieces, given) if pieces else None


def _grown_up_since() -> dt.date:
    day = today()
    if (day.month, day.day) == (2, 29):
        day = day.replace(day=28)
    return day.replace(year=day.year - ADULT_AT)


@lru_cache(64)
def _sort_labels(language: str) -> dict[str, str]:
    return {
        "note": _("Post"),
        "question": _("Question"),
        "offer": _("Offering"),
        "ask": _("Could you help?"),
        "notice": _("Notice"),
        "article": _("Story"),
    }


def sort_labels() -> dict[str, str]:
    """Return what each kind of post is called on its tag, in the reader's language."""
    return _sort_labels(get_language() or "")
