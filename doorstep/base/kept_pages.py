"""Whole pages kept for their one reader, until a row they were made from changes.

People go from a page to the next and back again. A page kept here is shown again only while
every stamp (`base.stamps`) of every table it was made from is what it was, and only to the same
person, in the same language, at the same address. Which tables those are is not declared but
seen: the queries are watched while the page is made. A table nobody watches, a write, a cookie,
a message to show: and the page is not kept. What goes by the clock says until when it holds
(`base.time.changes_at`).

A view may narrow a table's stamp to the rows it reads, which is the one thing to get right;
`web/tests/test_kept_pages.py` plays random verbs and compares every kept page with a fresh one.

    @kept_page
    def home(request): ...
        narrow(request, "feed_post", "channel", channel_ids)
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import lru_cache, wraps
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from doorstep.base import keys, packing, stamps
from doorstep.base import time as clock
from doorstep.base.registry import Registry

MOST = 64 * 1024 * 1024  # bytes of pages a process keeps, unpacked; one has some 35,000
HOLDS = dt.timedelta(minutes=10)  # at most; then it is made again whatever the stamps say
_MOST_NAMES = 300

# What a page reads of its own request alone; each request reads it anyway.
_OWN = frozenset({"people_session", "base_stamp", "people_account"})
_GAPS = re.compile(
    rb'(?<=name="csrfmiddlewaretoken" value=")[^"]*(?=")|(?<=name="client_key" value=")[^"]*(?=")'
)


# Which connection asks, and two numbers that stay while nobody writes: others', and its own.
_State = tuple[int, int, int]


class _Kept(NamedTuple):
    pieces: list[bytes]  # of which every second is a gap: "token" or "key"
    stamps: dict[str, int]
    until: dt.datetime
    content_type: str
    size: int
    facts: tuple[Any, ...]
    packed: list[bytes]  # the same, each piece compressed; empty until first asked for
    holds: list[_State]  # when it was last seen to hold: while nobody wrote since, it does


# What gives a page its forgery token; `web.kept` hangs up the one there is.
tokens: Registry[Callable[[HttpRequest], str]] = Registry("forgery tokens")

_pages: OrderedDict[tuple[Any, ...], _Kept] = OrderedDict()
_sizes = [0]  # of all pages together
_lock = threading.Lock()


def narrow(request: HttpRequest, table: str, scope: str, values: Iterable[Any]) -> None:
    """Say that the page reads only these rows of `table`: the page holds while they do."""
    narrowed = getattr(request, "_kept_narrowed", None)
    if narrowed is not None:
        names = narrowed.setdefault(table, set())
        names.update(f"{table}:{scope}:{value}" for value in values)


def kept_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Keep what `view` shows to signed-in neighbours, as the module's first lines say."""

    @wraps(view)
    def keeping(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        me = _whose(request)
        if me is None:
            return view(request, *args, **kwargs)
        key = (me.pk, request.get_full_path(), translation.get_language())
        # Of the person's own row, what comes and goes without a stamp.
        facts = (bool(me.unseen_notices), me.looked_at)
        kept = _pages.get(key)
        if kept is not None:
            if kept.facts == facts and kept.until > clock.now() and _holds(kept):
                with _lock:
                    if key in _pages:
                        _pages.move_to_end(key)
                return _filled(request, kept)
            _drop(key)
        return _made(request, key, facts, lambda: view(request, *args, **kwargs))

    return keeping


def _holds(kept: _Kept) -> bool:
    """Whether the rows are what they were: nobody wrote anything at all, or not to these."""
    at = _state()
    if kept.holds != [at]:
        if stamps.read(kept.stamps) != kept.stamps:
            return False
        kept.holds[:] = [at]
    return True


def forget_all() -> None:
    """Drop every page (tests and measurements of a page made afresh)."""
    with _lock:
        _pages.clear()
        _sizes[0] = 0


def _whose(request: HttpRequest) -> Any:
    """Return the person for whom this page may be kept, or None.

    Not for visitors, whose pages are few, nor for people with a role, who see more than rows
    say: their role may end this minute.
    """
    if request.method != "GET" or not settings.KEEP_PAGES or not stamps.are_in_place():
        return None
    if not request.user.is_authenticated or connection.in_atomic_block:
        return None
    person = request.user.person  # type: ignore[union-attr]
    if person.__dict__.get("_roles_held") != set() or "_messages" in request.session:
        return None
    return person


def _filled(request: HttpRequest, kept: _Kept) -> HttpResponse:
    pieces = kept.pieces
    if len(pieces) > 1:
        token = next(iter(tokens))(request).encode()
        pieces = list(pieces)
        for index in range(1, len(pieces), 2):
            pieces[index] = token if pieces[index] == b"token" else keys.new_key(20).encode()
    content = b"".join(pieces)
    response = HttpResponse(content, content_type=kept.content_type)
    if "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", ""):
        if not kept.packed:
            kept.packed[:] = packing.packed(kept.pieces[::2])
        response.packed = packing.Packed(content, kept.packed, pieces[1::2])  # type: ignore[attr-defined]
    return response


def _made(
    request: HttpRequest,
    key: tuple[Any, ...],
    facts: tuple[Any, ...],
    make: Callable[[], HttpResponse],
) -> HttpResponse:
    request._kept_narrowed = {  # type: ignore[attr-defined]
        "people_block": {f"people_block:person:{key[0]}"},
    }
    tables: set[str] = set()
    # From before the reader was asked for: what was read of them is on the page as well. Somebody
    # blocked between the two would else stay on it.
    before = getattr(request.session, "state", None) or _state()
    with connection.execute_wrapper(_Watcher(tables)), clock.watching() as moments:
        response = make()
    tables |= {"people_block", "people_person"}
    if (
        response.status_code != 200
        or response.streaming
        or response.cookies
        or tables - _OWN - stamps.watches.keys()
        or not response.get("Content-Type", "").startswith("text/html")
        or set(response.headers) - {"Content-Type"}
    ):
        return response
    names: set[str] = set()
    for table in tables - _OWN:
        narrowed = request._kept_narrowed.get(table)  # type: ignore[attr-defined]
        names |= {table} if narrowed is None else narrowed
    if len(names) > _MOST_NAMES:
        return response
    numbers = stamps.read(names)
    if before != _state():
        # The page itself wrote, or somebody did meanwhile: which state it shows nobody can say.
        return response
    until = min([clock.now() + HOLDS, clock.next_midnight(), *moments])
    # A stamp never raised is missing; raised once, the answers differ.
    pieces = _cut(response.content)
    size = sum(map(len, pieces))
    content_type = response["Content-Type"]
    _keep(
        key,
        _Kept(pieces, _whole(names, numbers), until, content_type, size, facts, [], [before]),
    )
    return response


def _whole(names: set[str], numbers: dict[str, int]) -> dict[str, int]:
    """Return the stamps to compare later; those not yet there are asked for as well."""
    return numbers if len(numbers) == len(names) else _Missing(numbers, names)


class _Missing(dict):
    """Stamps of which some don't exist yet: asks for all, and equals only what was there."""

    def __init__(self, numbers: dict[str, int], names: set[str]) -> None:
        super().__init__(numbers)
        self.names = names

    def __iter__(self) -> Any:
        return iter(self.names)


def _cut(html: bytes) -> list[bytes]:
    pieces: list[bytes] = []
    start = 0
    for gap in _GAPS.finditer(html):
        before = html[max(0, gap.start() - 40) : gap.start()]
        pieces += [html[start : gap.start()], b"key" if b"client_key" in before else b"token"]
        start = gap.end()
    return [*pieces, html[start:]]


def _keep(key: tuple[Any, ...], kept: _Kept) -> None:
    _drop(key)
    with _lock:
        while _pages and _sizes[0] + kept.size > MOST:
            _sizes[0] -= _pages.popitem(last=False)[1].size
        _pages[key] = kept
        _sizes[0] += kept.size


def _drop(key: tuple[Any, ...]) -> None:
    with _lock:
        gone = _pages.pop(key, None)
        if gone is not None:
            _sizes[0] -= gone.size


def state() -> _State | None:
    """Return how the database stands, None where no pages are kept."""
    return _state() if settings.KEEP_PAGES and stamps.is_kept() else None


_connections = itertools.count()


def _state() -> _State:
    """Return what stays the same while nobody writes, for this connection to compare.

    Not a query: SQLite answers from a word it shares with the others.
    """
    line: Any = connections[DEFAULT_DB_ALIAS]
    line.ensure_connection()
    sqlite = line.connection
    mark = line.__dict__.get("_kept_pages_mark")
    if mark is None or mark[0] is not sqlite:
        mark = line._kept_pages_mark = (sqlite, next(_connections))
    (others,) = sqlite.execute("PRAGMA data_version").fetchone()
    return mark[1], others, sqlite.total_changes


class _Watcher:
    """Notes the tables that queries name."""

    def __init__(self, tables: set[str]) -> None:
        self.tables = tables

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.tables |= tables_in(sql)
        return execute(sql, params, many, context)


@lru_cache(1024)
def tables_in(sql: str) -> frozenset[str]:
    """Return the tables of ours that a query names; a full-text table counts as its own."""
    words = set(re.findall(r"[a-z_][a-z0-9_]*", sql))
    words |= {word.removesuffix(tail) for word in words for tail in ("_fts", "_fts_vocab")}
    return frozenset(words & _table_names())


@lru_cache
def _table_names() -> frozenset[str]:
    return frozenset(stamps._models())
