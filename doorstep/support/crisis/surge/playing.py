"""The people of a surge day: each a browser of their own. Knows nothing of the site but its pages.

python -m doorstep.support.crisis.surge.playing reads an order as JSON and writes what was seen.
"""

from __future__ import annotations

import gzip
import http.client
import json
import random
import re
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

TOKEN = "c" * 32  # of the CSRF cookie: Django takes it unmasked as well
POLL = 5.0  # seconds between two looks of an open desk, as desk.js has it
IDLE = 8.0  # seconds after which a browser opens a fresh connection
SAVES = 8  # of one call: the script saves half a second after typing stops
# Minutes of a person's time, before the day is compressed.
CALL, TRIAGE, HUB = 3.0, 1.8, 1.0

_REFS = re.compile(r'name="ref" value="([a-z0-9]+)"')
_CODE = re.compile(r'code"><bdi dir="ltr">([A-Z0-9-]+)<')
_VERSION = re.compile(r'name="version" value="(\d+)"')
_HEARD = re.compile(r'name="heard" value="([^"]+)"')
_KEY = re.compile(r'name="client_key" value="([^"]+)"')
_DONE_FOR = re.compile(r"Done for (\d+) request")
_READ_OUT = re.compile(r"The reference is ([A-Z0-9]{4}-[A-Z0-9]+)")
# Where a page says why not: the box over a form, a note at a field, a word after the page came.
_WHY = re.compile(
    r'class="(?:error-box|error|notice[^"]*|toast)"[^>]*>(.*?)</(?:div|p|li|section|aside)>', re.S
)
_MARKS = re.compile(r"<[^>]+>|\s+")
LONG = 1000.0  # ms: whatever took longer is written down with its moment


class Told:
    """What everybody saw, together."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.took: dict[str, list[float]] = defaultdict(list)
        self.wrong: list[str] = []
        self.refused: Counter[tuple[str, str]] = Counter()  # (what, the sentence) -> times
        self.cut: Counter[str] = Counter()
        # (moment, ms, what) of each answer that took long; by the clock all processes share
        self.long: list[tuple[float, float, str]] = []
        self.unsure: list[tuple[str, str]] = []
        self.acks: list[dict[str, Any]] = []
        self.waited = 0.0  # the longest somebody waited for a browser of ours

    def ack(self, what: str, **said: Any) -> None:
        with self.lock:
            self.acks.append({"what": what, **said})

    def refuse(self, what: str, status: int, page: str) -> None:
        """Count what was refused, by the sentence the page gave as its reason."""
        with self.lock:
            self.refused[(what, f"{status}: {why(page)}")] += 1


def why(page: str) -> str:
    """Return the first sentence in which a page says why not; empty when it says none."""
    for found in _WHY.finditer(page):
        said = " ".join(_MARKS.sub(" ", found.group(1)).split())
        if said:  # without who it was and when, or no two would be counted together
            return said.partition(" The last change was by ")[0][:160]
    return ""


class Browser:
    """One connection kept open, a session, and who it is."""

    def __init__(self, port: int, told: Told, session: str = "") -> None:
        self.port, self.told = port, told
        self.cookies = {"csrftoken": TOKEN}
        if session:
            name, _sign, value = session.partition("=")
            self.cookies[name] = value
        self.line: http.client.HTTPConnection | None = None
        self.last = 0.0
        self.was_cut = False
        self.etag = ""

    def ask(
        self, what: str, path: str, form: dict[str, Any] | None = None, **head: str
    ) -> tuple[int, str, str]:
        """Send one request; return (status, page, where it leads). Tries once more when cut off.

        `was_cut` then says that the first try may have arrived all the same.
        """
        self.was_cut = False
        began = time.monotonic()  # whoever is cut off waits for the second answer, from the first
        for turn in range(2):
            try:
                return self._once(what, path, form, head, began)
            except (OSError, http.client.HTTPException) as problem:
                self.close()
                if turn:
                    self.told.wrong.append(f"{what}: {problem!r} twice")
                    return 0, "", ""
                self.was_cut = True
                self.told.cut[what] += 1
                time.sleep(0.5)
        return 0, "", ""

    def _once(
        self, what: str, path: str, form: dict[str, Any] | None, head: dict[str, str], began: float
    ) -> tuple[int, str, str]:
        if self.line is None or time.monotonic() - self.last > IDLE:
            self.close()
            self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Host": "localhost",
            "Accept": "text/html",
            "Accept-Language": "en-GB",
            "Accept-Encoding": "gzip",
            **{name.replace("_", "-"): value for name, value in head.items()},
        }
        body = None
        if form is not None:
            body = urlencode(form | {"csrfmiddlewaretoken": TOKEN}, doseq=True)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.line.request("GET" if form is None else "POST", path, body, headers)
        answer = self.line.getresponse()
        raw = answer.read()
        self.last = time.monotonic()
        took = (self.last - began) * 1000
        if answer.getheader("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        for said in answer.headers.get_all("Set-Cookie") or ():
            name, _sign, value = said.partition(";")[0].partition("=")
            if name != "csrftoken":
                self.cookies[name] = value
        status = answer.status
        page = raw.decode()
        self.told.took[what].append(took)
        if took > LONG:
            self.told.long.append((self.last, took, what))
        if status in (404, 409, 422):
            self.told.refuse(what, status, page)
        elif status >= 400 or (form is None and status in (302, 303)):
            self.told.wrong.append(f"{what}: {status} {urlsplit(path).path}")
        self.etag = answer.getheader("ETag") or ""
        return status, page, answer.getheader("Location") or ""

    def press(self, what: str, path: str, form: dict[str, Any]) -> tuple[int, str, str]:
        """Send a form and go where it leads: return (status, page come to, its address)."""
        status, page, to = self.ask(what, path, form)
        was_cut = self.was_cut
        if status in (302, 303):
            _status, page, _to = self.ask(f"{what}, the page after", to)
        # Cut off there, the message that it was done may have gone with the page.
        self.was_cut = self.was_cut or was_cut
        return status, page, to

    def close(self) -> None:
        if self.line is not None:
            self.line.close()
            self.line = None


class Day:
    """The whole day at `pace` times its speed; `play` returns what was seen."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.port: int = order["port"]
        self.pace: float = order["pace"]
        self.told = Told()
        self.over = threading.Event()
        self.began = 0.0
        self.hands: Counter[str] = Counter()

    def play(self) -> dict[str, Any]:
        order = self.order
        queues = {way: iter(order["day"][way]) for way in ("web", "phone")}
        joins = iter(order["joins"])
        lock = threading.Lock()

        def following(rows: Any) -> Any:
            """The next in line, when its moment has come; None at the day's end."""
            with lock:
                row = next(rows, None)
            if row is None:
                return None
            wait = row["due"] / self.pace - (time.monotonic() - self.began)
            if wait > 0:
                time.sleep(wait)
            elif rows is not queues["phone"]:  # who rings waits for an officer; that's life
                self.told.waited = max(self.told.waited, -wait)
            return row

        def comers(rows: Any, act: Callable[..., None], *args: Any) -> Callable[[], None]:
            def run() -> None:
                while (row := following(rows)) is not None:
                    act(row, *args)

            return run

        came = [comers(queues["web"], self.visitor) for _n in range(order["browsers"])]
        came += [comers(joins, self.volunteer) for _n in range(4)]
        came += [
            comers(queues["phone"], self.call, Browser(self.port, self.told, session))
            for session in order["phones"]
        ]
        stay = [
            lambda session=session, n=n: self.officer(session, n)  # type: ignore[misc]
            for n, session in enumerate(order["desks"])
        ]
        stay += [
            lambda one=one, n=n: self.hub(one, n)  # type: ignore[misc]
            for n, one in enumerate(order["hubs"])
        ]
        self.began = time.monotonic()
        threads = [threading.Thread(target=self._safely, args=(run,)) for run in came]
        others = [threading.Thread(target=self._safely, args=(run,)) for run in stay]
        for thread in threads + others:
            thread.start()
        for thread in threads:
            thread.join()
        # What was asked last is sorted too, as far as half an hour of the day goes.
        self.over.wait(1800 / self.pace)
        took = time.monotonic() - self.began
        self.over.set()
        for thread in others:
            thread.join()
        told = self.told
        return {
            "seconds": took,
            "took": dict(sorted(told.took.items())),
            "wrong": told.wrong,
            "refused": [
                {"what": what, "said": said, "times": times}
                for (what, said), times in told.refused.most_common()
            ],
            "long": told.long,
            "cut": dict(told.cut),
            "unsure": told.unsure,
            "acks": told.acks,
            "waited": told.waited,
        }

    def _safely(self, run: Callable[[], None]) -> None:
        try:
            run()
        except Exception as problem:  # one broken player must be told of, and not stop the day
            self.told.wrong.append(f"a player stopped: {problem!r}")

    # --- Visitors ----------------------------------------------------------------------------

    def visitor(self, one: dict[str, Any]) -> None:
        """Somebody asks on the web, and some look later how far it has got."""
        me = Browser(self.port, self.told)
        me.ask("front door", "/support/ask/")
        _status, page, _to = me.ask(
            "front door: words", "/support/ask/",
            {"step": "words", "words": one["words"], "whom": "me"},
        )  # fmt: skip
        key = f"surge-{self.order['run']}-{one['number']:06d}"
        form = {"step": "send", "words": one["words"], "whom": "me", "called": one["called"],
                "phone": one["phone"], "postcode": one["postcode"], "client_key": key,
                "language": "en-gb"}  # fmt: skip
        heard = _HEARD.search(page)
        if heard:
            form["heard"] = heard.group(1)
        if 'name="address"' in page:
            form |= {"address": one["address"], "kinds": [one["kind"]]}
        if one["presses"] > 1:
            self._at_once(form, one)
        status, page, _to = me.ask("front door: send", "/support/ask/", form)
        ref = self._reference(status, page, "front door: send", key)
        if ref and one["looks"]:
            status, page, _to = me.ask(
                "how far it has got", "/support/status/", {"ref": ref, "known": one["phone"]}
            )
            if status != 200:
                self.told.wrong.append(f"how far it has got: {status}")
        me.close()

    def _at_once(self, form: dict[str, Any], one: dict[str, Any]) -> None:
        """The same form a second time, on another line at the same moment."""

        def again() -> None:
            other = Browser(self.port, self.told)
            status, page, _to = other.ask("front door: send again", "/support/ask/", form)
            self._reference(status, page, "front door: send again", form["client_key"])
            other.close()

        thread = threading.Thread(target=again)
        thread.start()
        if one["number"] % 2:
            thread.join()

    def _reference(self, status: int, page: str, what: str, key: str) -> str:
        found = _CODE.search(page) if status == 200 else None
        if found is None:
            self.told.wrong.append(f"{what}: {status}, no reference")
            return ""
        ref = found.group(1).replace("-", "").lower()
        self.told.ack("ask", key=key, ref=ref)
        return ref

    def volunteer(self, one: dict[str, Any]) -> None:
        """A neighbour signs up to help: two minutes of ticking."""
        me = Browser(self.port, self.told, one["session"])
        _status, page, _to = me.ask("volunteer: the form", "/support/volunteering/join/")
        key = _KEY.search(page)
        form = {
            "client_key": key.group(1) if key else "missing-key",
            "skills": ["cooking", "listening"],
            "availability": ["0", "4", "9"],
            "travel": "foot",
            "radius_metres": "1500",
            "weekly_cap": "2",
            "languages": ["en-gb"],
            "postcode": one["postcode"],
            "is_grown_up": "on",
        }
        for turn in range(one["presses"]):
            status, page, to = me.press(
                "volunteer: sign up" if not turn else "volunteer: sign up again",
                "/support/volunteering/join/", form,
            )  # fmt: skip
            if to.endswith("/support/volunteering/"):
                if not turn:
                    self.told.ack("join", person=one["person"])
            else:
                self.told.wrong.append(f"volunteer: {status}, not signed up")
        me.close()

    # --- On the phone ------------------------------------------------------------------------

    def call(self, one: dict[str, Any], me: Browser) -> None:
        """A live call: begun, saved as it is typed, sent (or hung up on)."""
        _status, page, to = me.press("call: begin", "/support/calls/", {"came_by": "phone"})
        key = to.rstrip("/").rpartition("/")[2]
        if len(key) != 20:
            self.told.wrong.append("call: it did not begin")
            return
        pause = CALL * 60 / self.pace / SAVES
        parts = one["words"].split(" ")
        saves = SAVES // 2 if one["hangs_up"] else SAVES
        form: dict[str, Any] = {"came_by": "phone", "priority": "3", "language": "en-gb"}
        for turn in range(saves):
            time.sleep(pause)
            form["words"] = " ".join(parts[: max(1, len(parts) * (turn + 1) // 5)])
            if turn > 2:
                form["called"] = one["called"]
            if turn > 3:
                form["phone"] = one["phone"]
            if turn > 4:
                form["postcode"] = one["postcode"]
            if turn > 5:
                form |= {"kinds": [one["kind"]], "address": one["address"]}
            status, page, _to = me.ask("call: save", to, form | {"then": "save"}, X_Part="1")
            if status == 200:
                saved = dict(form)
            else:
                self.told.wrong.append(f"call: save: {status}")
        if one["hangs_up"]:
            self.told.ack("saved", key=key, words=saved["words"])
            return
        for turn in range(one["presses"]):
            status, page, _to = me.press("call: send" if not turn else "call: send again", to,
                                         form | {"then": "send"})  # fmt: skip
            said = _READ_OUT.search(page)
            if said:
                self.told.ack("call", key=f"call-{key}", ref=said.group(1).replace("-", "").lower())
            elif not turn and not me.was_cut:
                self.told.wrong.append(f"call: send: {status}, no reference")
            elif not turn:
                self.told.unsure.append(("call", f"call-{key}"))

    # --- At the desk -------------------------------------------------------------------------

    def _think(self, me: Browser, seconds: float, now: str) -> None:
        """Let time pass; the open page asks again by the clock, as its script does."""
        ends = time.monotonic() + seconds
        etag = me.etag
        while not self.over.is_set() and (left := ends - time.monotonic()) > 0:
            if self.over.wait(min(left, POLL)) or left <= POLL:
                return
            what = "a request: look again" if "/requests/" in now else "desk: look again"
            status, _page, _to = me.ask(
                what, now, None, **({"If_None_Match": etag} if etag else {})
            )
            etag = me.etag if status == 200 else etag

    def officer(self, session: str, number: int) -> None:
        """Triage: look at the desk, open one, say what it is, send it to its hub."""
        dice = random.Random(number)  # noqa: S311
        me = Browser(self.port, self.told, session)
        self.over.wait(dice.uniform(0, TRIAGE * 60 / self.pace))
        page = ""
        while not self.over.is_set():
            if "desk-queues" not in page:
                _status, page, _to = me.ask("desk", "/support/desk/?q=new")
            refs = _REFS.findall(page)
            seconds = dice.uniform(0.6, 1.4) * TRIAGE * 60 / self.pace
            self._think(me, seconds / 2, "/support/desk/now/?q=new")
            page = ""
            if not refs:
                continue
            if dice.random() < 0.15:
                self._many(me, "desk: send many", "route", dice.sample(refs, min(8, len(refs))))
                continue
            ref = dice.choice(refs)
            status, case, _to = me.ask("a request", f"/support/requests/{ref}/")
            version = _VERSION.search(case)
            if status != 200 or version is None:
                continue
            self._think(me, seconds / 2, f"/support/requests/{ref}/now/?v={version.group(1)}")
            form = {"version": version.group(1), "gist": "", "priority": "3", "then": "route",
                    "language": "en-gb", "kinds": [dice.choice(("shopping", "call", "parcel"))],
                    **_where(case)}  # fmt: skip
            form.setdefault("locality", str(dice.choice(self.order["localities"])))
            status, page, to = me.press("triage", f"/support/requests/{ref}/triage/", form)
            if status == 302 and to.endswith("/support/desk/"):
                self.told.ack("routed", ref=ref)
            elif me.was_cut:
                self.told.unsure.append(("routed", ref))
        me.close()

    def _many(self, me: Browser, what: str, then: str, refs: list[str]) -> None:
        status, page, _to = me.press(
            what, "/support/desk/", {"then": then, "ref": refs, "here": ""}
        )
        said = _DONE_FOR.search(page)
        step = "routed" if then == "route" else "accepted"
        if status == 302 and not me.was_cut:
            self.told.ack(f"many {step}", refs=refs, done=int(said.group(1)) if said else 0)
        else:
            self.told.unsure.extend((step, ref) for ref in refs)

    def hub(self, one: dict[str, Any], number: int) -> None:
        """A hub says yes to what waits, gives some back with a reason, hands some over."""
        dice = random.Random(1000 + number)  # noqa: S311
        me = Browser(self.port, self.told, one["session"])
        while not self.over.is_set():
            _status, page, _to = me.ask("hub's desk", "/support/desk/?q=hub")
            refs = _REFS.findall(page)
            self._think(me, dice.uniform(0.6, 1.4) * HUB * 60 / self.pace,
                        "/support/desk/now/?q=hub")  # fmt: skip
            if not refs:
                continue
            if dice.random() < 0.5:
                self._many(me, "hub: we can, many", "accept", refs[: dice.randint(2, 12)])
                continue
            ref = dice.choice(refs)
            status, _case, _to = me.ask("a request", f"/support/requests/{ref}/")
            if status != 200:
                continue
            roll = dice.random()
            if roll < 0.7:
                verb, form, says, step = "accept", {}, "You have it in hand", "accepted"
            elif roll < 0.85:
                verb, form = "decline", {"decline-words": "No van until tomorrow."}
                says, step = "Given back, with your reason", "declined"
            else:
                to = dice.choice([pk for pk in self.order["localities"] if pk != one["area"]])
                verb, form = "hand-over", {"over-to": str(to), "over-words": "It is nearer you."}
                says, step = "Handed over to", "handed_over"
            status, page, _to = me.press(f"hub: {verb}", f"/support/requests/{ref}/{verb}/", form)
            if status == 302 and says in page:
                self.told.ack(step, ref=ref)
            elif me.was_cut:
                self.told.unsure.append((step, ref))
            elif status == 302:  # somebody else was first, and the page says so
                self.told.refuse(f"hub: {verb}", status, page)
        me.close()


def _where(case: str) -> dict[str, str]:
    """Return what stands in the triage form about the place."""
    found = {}
    for name in ("postcode", "address"):
        match = re.search(rf'name="{name}" value="([^"]*)"', case)
        if match:
            found[name] = match.group(1)
    start = case.find('name="locality"')
    match = re.search(
        r'<option value="(\d+)" selected>', case[start : case.find("</select>", start)]
    )
    if match:
        found["locality"] = match.group(1)
    return found


def main() -> None:
    """Play the day that is ordered."""
    json.dump(Day(json.load(sys.stdin)).play(), sys.stdout)


if __name__ == "__main__":
    main()
