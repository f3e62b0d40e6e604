# ruff: noqa: T201 (what it finds is printed)
"""What is measured inside a process of the site: who asks for what, queries, profiles.

python -m doorstep.web.bench.inside prepare FILE
python -m doorstep.web.bench.inside queries FILE
python -m doorstep.web.bench.inside database FILE
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

PAGES = ["home", "team", "article", "gathering", "area", "search", "comment"]
SECRET = "b" * 32  # of the CSRF cookie: Django takes it unmasked as well
_WORDS = [
    "kettle", "tea and toast", "winter coat", "walk", "dog", "english practice", "mould",
    "repair table", "prescription", "lift to hospital", "library", "seedlings", "bike",
    "knitting", "school uniform", "soup", "choir", "parsloes park", "plumber", "cot",
    "formular", "boiler", "play street", "homework", "valence park", "samosas", "bereavement",
]  # fmt: skip


def prepare(people: int = 200) -> dict[str, list[dict[str, Any]]]:
    """Sign many neighbours in, and return what each of them will ask for, by page."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from doorstep.feed.models import Post
    from doorstep.gatherings.models import Gathering
    from doorstep.people.models import Account
    from doorstep.people.sessions import SessionStore
    from doorstep.teams.models import Membership
    from doorstep.web import lexicon
    from doorstep.web.models import SearchWord

    # The worker would have collected them; without them searching would look cheaper than it is.
    if not SearchWord.objects.exists():
        lexicon.refresh()

    rng = random.Random(4)  # noqa: S311
    member_of: dict[int, str] = {}
    rows = Membership.objects.filter(state="member", team__state="live").order_by("id")
    count = rows.count()
    step = max(1, count // (people * 2))
    for who, slug in rows.values_list("person_id", "team__slug")[::step]:
        member_of.setdefault(who, slug)
    accounts = list(
        Account.objects.select_related("person__home")
        .filter(person__in=list(member_of)[:people], person__state="active", is_active=True)
        # Who sees cases must prove a second factor first.
        .filter(person__roles=None)
        .order_by("id")
    )
    newest = (
        Post.objects.live()
        .filter(kind="article", readers="everyone")
        .order_by("-id")
        .values_list("id", "slug")[:300]
    )
    articles = [f"/feed/stories/{pk}-{slug}/" for pk, slug in newest]
    gatherings = list(
        Gathering.objects.filter(who="everyone", state="on").values_list("slug", flat=True)[:400]
    )
    orders: dict[str, list[dict[str, Any]]] = {page: [] for page in PAGES}
    wards: dict[int, list[int]] = {}
    for account in accounts:
        person = account.person
        store = SessionStore()
        store[SESSION_KEY] = str(account.pk)
        store[BACKEND_SESSION_KEY] = "doorstep.people.backends.AccountBackend"
        store[HASH_SESSION_KEY] = account.get_session_auth_hash()
        store["second_factor_waived"] = True
        store.create()
        cookie = (
            f"{settings.SESSION_COOKIE_NAME}={store.session_key}; "
            f"{settings.CSRF_COOKIE_NAME}={SECRET}"
        )
        home = person.home
        if home is None:
            continue
        if home.pk not in wards:
            wards[home.pk] = list(
                Post.objects.live()
                .filter(channel__area=home, channel__team=None, channel__about="")
                .order_by("-id")
                .values_list("id", flat=True)[:60]
            )
        posts = wards[home.pk]
        paths = {
            "home": "/",
            "team": f"/teams/{member_of[person.pk]}/",
            "article": rng.choice(articles) if articles else "/feed/stories/",
            "gathering": f"/whats-on/{rng.choice(gatherings)}/" if gatherings else "/whats-on/",
            "area": home.get_absolute_url(),
            "search": f"/search/?q={rng.choice(_WORDS).replace(' ', '+')}",
        }
        for page, path in paths.items():
            orders[page].append({"path": path, "cookie": cookie, "account": account.pk})
        if posts:
            orders["comment"].append(
                {
                    "method": "POST",
                    "path": f"/feed/{rng.choice(posts)}/reply/",
                    "cookie": cookie,
                    "account": account.pk,
                }
            )
    for among in orders.values():
        rng.shuffle(among)
    return orders


def comment_body(number: int) -> str:
    """Return a reply's form that no reply before had."""
    key = f"bench{os.getpid()}x{time.time_ns():x}{number}"[:40]
    return (
        f"csrfmiddlewaretoken={SECRET}&client_key={key}&text=I+can+bring+the+milk%2C+and+chairs+"
        f"for+{number}."
    )


class Inside:
    """Asks the site for pages within this process, past the server."""

    def __init__(self) -> None:
        from django.conf import settings
        from django.core.wsgi import get_wsgi_application

        settings.LIMITS_STRETCH = 1_000_000  # a few accounts do a whole borough's writing here
        self.application = get_wsgi_application()
        self.made = 0

    def ask(self, order: dict[str, Any]) -> tuple[str, bytes]:
        """Return (status line, body) of one request."""
        import io

        path, _mark, query = order["path"].partition("?")
        body = b""
        if order.get("method") == "POST":
            self.made += 1
            body = comment_body(self.made).encode()
        said: list[Any] = []
        environ = {
            "REQUEST_METHOD": order.get("method", "GET"),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "HTTP_ACCEPT_ENCODING": "gzip",
            "HTTP_ACCEPT_LANGUAGE": "en-GB",
            "HTTP_COOKIE": order.get("cookie", ""),
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }

        def start(status: str, headers: Any, problem: Any = None) -> Any:
            said.append(status)

        answer = self.application(environ, start)
        content = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        return str(said[0]), content


def database_processes() -> list[int]:
    """Return the first process of PostgreSQL, where it is used and runs on this machine."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
            if not Path(f"/proc/{pid}/comm").read_text().startswith("postgres"):
                return []
        except OSError:
            return []
    # Its parent outlives every connection, and is told what ended ones used.
    return [int(stat[stat.rindex(")") + 2 :].split()[1])]


_NOT_QUERIES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA")


def count_queries(orders: dict[str, list[dict[str, Any]]]) -> dict[str, int]:
    """Return the most queries each page made, over several people, once warm."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from doorstep.base import time as clock  # noqa: F401  (the site is set up)

    _keep_connections_open()
    inside = Inside()
    most = {}
    for page, among in orders.items():
        found = []
        for order in among[:10]:
            for _turn in range(3):
                inside.ask(order)  # warm: what is kept is there, and looking has been noted
            with CaptureQueriesContext(connection) as captured:
                status, _body = inside.ask(order)
            if status[:1] not in "23":
                continue
            found.append(
                sum(
                    not query["sql"].lstrip().upper().startswith(_NOT_QUERIES)
                    for query in captured.captured_queries
                )
            )
        most[page] = max(found, default=0)
    return most


def _keep_connections_open() -> None:
    """Leave out Django's closing of connections between requests: it would end the capture."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections, reset_queries

    request_started.disconnect(close_old_connections)
    request_started.disconnect(reset_queries)
    request_finished.disconnect(close_old_connections)


def profile(page: str, *, times: int, lines: int, sort: str, sql: bool) -> None:
    """Print what one page costs: processor time, its queries, the functions it spends it in."""
    import cProfile
    import pstats
    import statistics

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    orders = prepare(40)
    among = (
        orders[page] if page in orders else [{**order, "path": page} for order in orders["home"]]
    )
    if not among:
        print("Nobody here can ask for that page. Is the demo in this database?")
        return
    _keep_connections_open()
    inside = Inside()
    for order in among[:10]:
        status, body = inside.ask(order)
    costs = []
    for turn in range(times):
        began = time.process_time()
        status, body = inside.ask(among[turn % len(among)])
        costs.append((time.process_time() - began) * 1000)
    print(
        f"{among[0]['path']}: {status}, {len(body):,} bytes compressed, "
        f"{statistics.median(costs):.2f} ms of processor time ({times} requests)"
    )
    with CaptureQueriesContext(connection) as captured:
        inside.ask(among[1 % len(among)])
    queries = [
        query
        for query in captured.captured_queries
        if not query["sql"].lstrip().upper().startswith(_NOT_QUERIES)
    ]
    print(f"{len(queries)} queries")
    if sql:
        for query in queries:
            print(f"  {float(query['time']) * 1000:6.1f} ms  {query['sql'][:2000]}")
            if connection.vendor == "sqlite":
                for step in _plan(query["sql"]):
                    print(f"             {step}")
    profiler = cProfile.Profile()
    profiler.enable()
    for turn in range(times):
        inside.ask(among[turn % len(among)])
    profiler.disable()
    pstats.Stats(profiler).sort_stats(sort).print_stats(lines)


def _plan(sql: str) -> list[str]:
    from django.db import DatabaseError, connection

    try:
        with connection.cursor() as cursor:
            cursor.cursor.execute("EXPLAIN QUERY PLAN " + sql)
            return [row[3] for row in cursor.fetchall()]
    except (DatabaseError, Exception):  # parameters are shown unquoted, so not each can be planned
        return []


def main() -> None:
    """Do what the first word says."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    what, file = sys.argv[1], Path(sys.argv[2])
    if what == "prepare":
        file.write_text(json.dumps(prepare()))
    elif what == "database":
        json.dump(database_processes(), sys.stdout)
    elif what == "queries":
        json.dump(count_queries(json.loads(file.read_text())), sys.stdout)


if __name__ == "__main__":
    main()
