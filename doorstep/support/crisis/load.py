"""A surge day, played against the site as it is served: python -m doorstep.support.crisis.load

Fills no demo of its own: DOORSTEP_DATA names a folder with a demo borough in it, best a copy.
Visitors ask, officers look at the desk, triage and send on, hubs accept, all at the same time,
against two worker processes. Then everything is counted: nothing may be lost or doubled.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections import defaultdict
from typing import Any
from urllib.parse import urlencode

_TOKEN = "c" * 32


class Person:
    """One browser: a connection kept open, and a session."""

    def __init__(self, port: int, session: str = "", tell: dict[str, list[float]] | None = None):
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookie = f"csrftoken={_TOKEN}" + (f"; {session}" if session else "")
        self.tell = tell if tell is not None else defaultdict(list)
        self.wrong: list[str] = []

    def ask(self, what: str, path: str, form: dict[str, Any] | None = None) -> tuple[int, str]:
        """Send one request; return (status, page). Its milliseconds are noted under `what`."""
        head = {"Cookie": self.cookie, "Host": "localhost"}
        body = None
        if form is not None:
            body = urlencode(form | {"csrfmiddlewaretoken": _TOKEN}, doseq=True)
            head["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        try:
            self.line.request("GET" if form is None else "POST", path, body, head)
            answer = self.line.getresponse()
            page = answer.read().decode()
            status = answer.status
        except (OSError, http.client.HTTPException) as problem:
            self.line.close()
            self.wrong.append(f"{what}: {problem!r}")
            return 0, ""
        self.tell[what].append((time.perf_counter() - began) * 1000)
        if status >= 500 or status in (400, 403, 429):
            self.wrong.append(f"{what}: {status} {path}")
        return status, page


def sessions(officers: int) -> tuple[list[str], list[str]]:
    """Make officers and an organiser for each hub; return their session cookies."""
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from doorstep.people.models import Account, Person, RoleHolding
    from doorstep.people.sessions import SessionStore
    from doorstep.places.models import Area

    def one(name: str, role: str, area: Area) -> str:
        person = Person.objects.create(known_as=name)
        account = Account.objects.create(person=person, email=f"{person.handle}@example.org")
        RoleHolding.objects.create(person=person, role=role, area=area)
        store = SessionStore()
        store[SESSION_KEY] = str(account.pk)
        store[BACKEND_SESSION_KEY] = "doorstep.people.backends.AccountBackend"
        store[HASH_SESSION_KEY] = account.get_session_auth_hash()
        store["second_factor_waived"] = True
        store.create()
        return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"

    borough = Area.objects.get(kind=Area.Kind.BOROUGH)
    desk = [one(f"Officer {n}", "officer", borough) for n in range(officers)]
    hubs = [
        one(f"Organiser {area.name}", "organiser", area)
        for area in Area.objects.of_kind(Area.Kind.LOCALITY).order_by("pk")
    ]
    return desk, hubs


def play(port: int, desk: list[str], hubs: list[str], codes: list[str], many: int) -> dict:
    """Let everybody work at once until `many` requests were asked; return what was seen."""
    tell: dict[str, list[float]] = defaultdict(list)
    people: list[Person] = []
    over = threading.Event()
    asked: list[str] = []
    lock = threading.Lock()
    left = iter(range(many))

    def visitor(seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311
        me = Person(port, tell=tell)
        people.append(me)
        while True:
            with lock:
                number = next(left, None)
            if number is None:
                return
            form = {"step": "send", "words": f"Bread and milk, door {number}", "whom": "me",
                    "called": f"Neighbour {number}", "phone": f"07700{number:06d}",
                    "postcode": dice.choice(codes), "client_key": f"surge-{number:012d}",
                    }  # fmt: skip
            status, page = me.ask("ask", "/support/ask/", form)
            if number % 50 == 0:  # an impatient thumb presses twice
                me.ask("ask again", "/support/ask/", form)
            if status == 200 and (found := re.search(r'code"><bdi dir="ltr">([A-Z0-9-]+)<', page)):
                asked.append(found.group(1).replace("-", "").lower())

    def officer(session: str, seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311
        me = Person(port, session, tell)
        people.append(me)
        over.wait(dice.uniform(0, 12))
        while not over.is_set():
            _status, page = me.ask("desk", "/support/desk/?q=new")
            refs = re.findall(r'name="ref" value="([a-z0-9]+)"', page)
            if refs:
                ref = dice.choice(refs[:20])
                _status, case = me.ask("request", f"/support/requests/{ref}/")
                version = re.search(r'name="version" value="(\d+)"', case)
                if version:
                    me.ask("triage", f"/support/requests/{ref}/triage/",
                           {"version": version.group(1), "gist": "Shopping", "priority": "3",
                            "language": "en-gb", "then": "route", "kinds": ["shopping"],
                            **_where(case)})  # fmt: skip
            me.ask("poll", "/support/desk/now/?q=new")
            over.wait(dice.uniform(6, 12))

    def organiser(session: str, seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311
        me = Person(port, session, tell)
        people.append(me)
        while not over.is_set():
            _status, page = me.ask("hub", "/support/desk/?q=hub")
            refs = re.findall(r'name="ref" value="([a-z0-9]+)"', page)
            if refs:
                me.ask("accept", "/support/desk/", {"then": "accept", "ref": refs[:10], "here": ""})
            over.wait(dice.uniform(3, 6))

    began = time.monotonic()
    threads = [threading.Thread(target=visitor, args=(n,)) for n in range(2)]
    others = [threading.Thread(target=officer, args=(s, n)) for n, s in enumerate(desk)]
    others += [threading.Thread(target=organiser, args=(s, n)) for n, s in enumerate(hubs)]
    for thread in threads + others:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    over.set()
    for thread in others:
        thread.join()
    every = sorted(value for rows in tell.values() for value in rows)
    return {
        "requests": many,
        "seconds": round(took, 1),
        "answers": len(every),
        "per_second": round(len(every) / took, 1),
        "p50": _at(every, 0.5),
        "p95": _at(every, 0.95),
        "by_page": {
            name: {"n": len(rows), "p50": _at(sorted(rows), 0.5), "p95": _at(sorted(rows), 0.95)}
            for name, rows in sorted(tell.items())
        },
        "wrong": [line for one in people for line in one.wrong][:20],
        "references": asked,
    }


def _where(case: str) -> dict[str, str]:
    found = {}
    for name in ("postcode", "address"):
        match = re.search(rf'name="{name}" value="([^"]*)"', case)
        if match:
            found[name] = match.group(1)
    chosen = case[case.find('name="locality"') :]
    match = re.search(r'<option value="(\d+)" selected>', chosen[: chosen.find("</select>")])
    if match:
        found["locality"] = match.group(1)
    return found


def _at(values: list[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(len(values) * share))], 1) if values else 0.0


def main() -> None:
    """Play a surge day and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--officers", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--port", type=int, default=8190)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    desk, hubs = sessions(options.officers)
    from django.db import connection

    from doorstep.places.models import Postcode
    from doorstep.support.models import Request, RequestStep

    codes = list(Postcode.objects.order_by("pk").values_list("pk", flat=True)[::37])
    before = Request.objects.count()
    connection.close()
    server = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "doorstep.web.bench.site", str(options.port), str(options.workers)]
    )
    try:
        for _turn in range(120):
            time.sleep(0.5)
            if Person(options.port).ask("start", "/support/status/")[0] == 200:
                break
        # Both workers have read a text before anybody is waited for.
        for turn in range(8):
            form = {"step": "words", "words": f"Bread and milk {turn}", "whom": "me"}
            Person(options.port).ask("start", "/support/ask/", form)
        found = play(options.port, desk, hubs, codes, options.requests)
    finally:
        server.terminate()
        server.wait(30)
    rows = Request.objects.filter(client_key__startswith="surge-")
    references = found.pop("references")
    found["acknowledged"] = len(references)
    found["kept"] = Request.objects.count() - before
    found["lost"] = len(set(references) - set(rows.values_list("ref", flat=True)))
    found["doubled"] = len(references) - len(set(references))
    routed = RequestStep.objects.filter(request__in=rows, kind="routed").count()
    found["sent_to_hubs"] = routed
    found["in_hand"] = rows.filter(state="in_hand").count()
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
