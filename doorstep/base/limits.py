"""Limits: how often one person, or one address, may do a thing.

Reading is never limited by address: a whole library may sit behind one. What is limited is
what writes, sends, searches or guesses.

Cheap on purpose, because posting is a busy path: the first part of each allowance is counted in
this process's own memory, and only what goes beyond is counted for all processes together (in
the database, or in Redis). So one person may get at most half as much again as the limit says,
spread over several processes; what must be exact asks with `exact=True`.
"""

from __future__ import annotations

import hashlib
import ipaddress
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac

from doorstep.base.registry import Registry

MINUTE, HOUR, DAY = 60, 60 * 60, 24 * 60 * 60
_MOST_KEPT = 50_000  # counts one process remembers


class TooMany(Exception):
    """Not so often. `wait` is how many seconds until it may be tried again."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"try again in {wait} seconds")
        self.wait = wait


@dataclass(frozen=True)
class Limit:
    """How often a page may be sent.

    `scope` is counted together wherever it is named. `person` and `visitor` are (most, seconds)
    for one person and for one address of people not signed in; None lets all through.
    `methods` are the ones counted.
    """

    scope: str
    person: tuple[int, int] | None
    visitor: tuple[int, int] | None = None
    methods: frozenset[str] = frozenset({"POST"})
    exact: bool = False


# View name ("feed:write") -> Limit; filled by each app in `AppConfig.ready()`.
limited: Registry[Limit] = Registry("limits by the name of a page")
# Views that take what is sent however often: a worry about harm is never turned away.
never_limited: set[str] = set()
# What holds for every other form there is.
EVERYTHING = Limit("everything", person=(240, MINUTE), visitor=(300, MINUTE))


def add(limit: Limit, *view_names: str) -> None:
    """Hang `limit` up for these pages."""
    for name in view_names:
        limited.add(name, limit)


# --- Counting ---------------------------------------------------------------------------------

_counts: dict[tuple[str, int], int] = {}
_guard = threading.Lock()


def allow(
    scope: str, who: object, most: int, per: int, *, exact: bool = False, at: float | None = None
) -> bool:
    """Count one more `scope` by `who`; return whether it is still within `most` in `per` seconds.

    `who` is a person, an address (`address_of`), or any text; only a keyed digest of it is kept.
    The seconds are those of the clock: a new allowance begins with each span of `per` seconds.
    """
    most *= settings.LIMITS_STRETCH
    window = int((time.time() if at is None else at) // per)
    key = _digest(scope, who, most, per)
    free = 0 if exact else most // (2 * max(1, settings.DOORSTEP["WEB_WORKERS"]))
    with _guard:
        if len(_counts) >= _MOST_KEPT:
            _counts.clear()  # rather forget than grow; the shared counts stay
        count = _counts[key, window] = _counts.get((key, window), 0) + 1
        # What lies in earlier spans is over.
        _counts.pop((key, window - 1), None)
    if count <= free:
        return True
    total = _count_for_all(f"{key}:{window}", per, amount=count if count == free + 1 else 1)
    return total <= most


def check(
    scope: str, who: object, most: int, per: int, *, exact: bool = False, at: float | None = None
) -> None:
    """`allow`, raising TooMany instead of saying no."""
    if not allow(scope, who, most, per, exact=exact, at=at):
        raise TooMany(seconds_left(per, at=at))


def seconds_left(per: int, *, at: float | None = None) -> int:
    """Return how many seconds until a new span of `per` seconds begins, at least 1."""
    clock = time.time() if at is None else at
    return max(1, int(per - clock % per) + 1)


def forget() -> None:
    """Forget what this process counted (for tests)."""
    with _guard:
        _counts.clear()


def _digest(scope: str, who: object, most: int, per: int) -> str:
    pk = getattr(who, "pk", None)
    name = f"{type(who).__name__}:{pk}" if pk is not None else str(who)
    # Fast and keyed: neither memory nor table tells who it was.
    return hashlib.blake2b(
        f"{scope}|{most}|{per}|{name}".encode(), key=_salt(), digest_size=18
    ).hexdigest()


_salts: dict[str, bytes] = {}


def _salt() -> bytes:
    key = settings.SECRET_KEY
    if key not in _salts:
        _salts[key] = salted_hmac("doorstep.base.limits", "salt", secret=key).digest()
    return _salts[key]


# One question that counts and answers, on SQLite and PostgreSQL alike.
_COUNT = """
INSERT INTO base_ratecount (key, count, until) VALUES (%s, %s, %s)
ON CONFLICT (key) DO UPDATE SET count = base_ratecount.count + excluded.count
RETURNING count
"""


def _count_for_all(key: str, per: int, *, amount: int) -> int:
    if settings.DOORSTEP["REDIS_URL"]:
        cache = caches["shared"]
        name = f"limit:{key}"
        cache.add(name, 0, timeout=per + 5)
        try:
            return cache.incr(name, amount)
        except ValueError:  # it ran out between the two
            cache.set(name, amount, timeout=per + 5)
            return amount
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, amount, int(time.time()) + 2 * per])
        return int(cursor.fetchone()[0])


def tidy() -> int:
    """Forget counts that are over; return how many. Run by the worker."""
    from doorstep.base.models import RateCount

    return RateCount.objects.filter(until__lt=int(time.time())).delete()[0]


# --- Addresses --------------------------------------------------------------------------------


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from, through the proxies we trust, as one household.

    An IPv6 address is cut to its /64: one connection has billions of them. Headers that no
    proxy of ours wrote are not believed. "unknown" where it can't be told.
    """
    given = request.META.get("REMOTE_ADDR", "")
    proxies = settings.DOORSTEP["PROXIES"]
    if proxies:
        told = [
            part.strip()
            for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
            if part.strip()
        ]
        # The last ones were written by our own proxies; what stands before them, by anybody.
        if len(told) >= proxies:
            given = told[-proxies]
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


# --- Refusing ---------------------------------------------------------------------------------


def refuse(request: HttpRequest, wait: int) -> HttpResponse:
    """429: say when to try again, and keep what was typed in a form that can be sent again."""
    kept = []
    if request.method == "POST":
        for name, values in request.POST.lists():
            if name == "csrfmiddlewaretoken" or "password" in name or "code" in name.split("_"):
                continue  # a secret is typed again, never shown again
            kept += [
                {"name": name, "value": value, "is_long": len(value) > 60 or "\n" in value}
                for value in values
            ]
    response = render(
        request,
        "429.html",
        {
            "wait_minutes": max(1, -(-wait // 60)),
            "kept": kept,
            "had_files": bool(request.method == "POST" and request.FILES),
            "bare": True,
        },
        status=429,
    )
    response["Retry-After"] = str(wait)
    response["Cache-Control"] = "private, no-store"
    return response


def limits(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Refuse what comes too often, by the name of its page (`limited`)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(request: HttpRequest, *_view: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None:
            return None
        name = match.view_name
        limit = limited.get(name)
        if limit is None:
            if request.method != "POST" or name in never_limited:
                return None
            limit = EVERYTHING
        elif request.method not in limit.methods:
            return None
        user = getattr(request, "user", None)
        is_known = user is not None and user.is_authenticated
        most = limit.person if is_known else limit.visitor
        if most is None:
            return None
        who = f"account:{user.pk}" if is_known else f"address:{address_of(request)}"  # type: ignore[union-attr]
        if allow(limit.scope, who, *most, exact=limit.exact):
            return None
        return refuse(request, seconds_left(most[1]))

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refuse(request, exception.wait) if isinstance(exception, TooMany) else None

    middleware.process_view = process_view  # type: ignore[attr-defined]
    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware
