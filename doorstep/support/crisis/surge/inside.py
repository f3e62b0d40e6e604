"""What is done inside a process of the site: before the day, and the counting after it.

python -m doorstep.support.crisis.surge.inside prepare ORDER
python -m doorstep.support.crisis.surge.inside count SEEN
python -m doorstep.support.crisis.surge.inside fill NUMBER
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

# Of fifty officers thirty are on the phones, twenty sort what came in.
ON_PHONES = 0.6


def _session(account: Any) -> str:
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from doorstep.people.middleware import note_second_step
    from doorstep.people.sessions import SessionStore

    store = SessionStore()
    store[SESSION_KEY] = str(account.pk)
    store[BACKEND_SESSION_KEY] = "doorstep.people.backends.AccountBackend"
    store[HASH_SESSION_KEY] = account.get_session_auth_hash()
    note_second_step(store, account.pk)
    store.create()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"


def _worker(name: str, role: str, area: Any) -> tuple[Any, str]:
    """Make somebody who works at a desk; return (person, session)."""
    from doorstep.people.models import Account, Person, RoleHolding

    person = Person.objects.create(known_as=name)
    account = Account.objects.create(person=person, email=f"{person.handle}@example.org")
    RoleHolding.objects.create(person=person, role=role, area=area)
    return person, _session(account)


def prepare(order: dict[str, Any]) -> dict[str, Any]:
    """Make officers, hubs and neighbours who will sign up, flip the switch; return the order.

    Takes `requests`, `signups`, `officers`, `seed` and `switch` of the order.
    """
    from django.conf import settings

    from doorstep.base.time import now
    from doorstep.people.models import Account, Person
    from doorstep.places.models import Area, Postcode
    from doorstep.support.crisis import actions, rules
    from doorstep.support.crisis.surge import day
    from doorstep.support.models import Request, Volunteer

    if settings.MODE == "production":
        raise SystemExit("A surge day is played on a demo, never where real people live.")
    dice = random.Random(order["seed"])  # noqa: S311
    borough = Area.objects.get(kind=Area.Kind.BOROUGH)
    localities = list(Area.objects.of_kind(Area.Kind.LOCALITY).order_by("pk"))
    officers = [_worker(f"Officer {n + 1}", "officer", borough) for n in range(order["officers"])]
    on_phones = round(len(officers) * ON_PHONES)
    hubs = [
        {"session": _worker(f"Hub {area.name}"[:60], "organiser", area)[1], "area": area.pk}
        for area in localities
    ]
    if order["switch"] and rules.current() is None:
        actions.switch_on(
            by=Person.objects.get(pk=officers[0][0].pk), at=now(), name="A surge day",
            banner="Much help is asked for today. We read everything.",
        )  # fmt: skip
    # Of 200,000 accounts only those chosen are fetched.
    helpers = list(
        Account.objects.filter(is_active=True, person__state="active", person__roles=None)
        .exclude(person__home=None)
        .exclude(person__in=Volunteer.objects.values("person"))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    step = max(1, len(helpers) // (order["signups"] * 2 or 1))
    some = Account.objects.select_related("person__home").filter(
        pk__in=helpers[::step][: order["signups"] * 3]
    )
    grown = [one for one in some.order_by("pk") if not one.person.is_child][: order["signups"]]
    codes = list(Postcode.objects.order_by("pk").values_list("pk", flat=True))
    codes = dice.sample(codes, min(900, len(codes)))
    numbers = Person.objects.filter(state="active").exclude(phone="").exclude(postcode="")
    known = [
        {"called": one.known_as, "phone": one.phone, "postcode": one.postcode}
        for one in numbers.order_by("pk")[: 20 * 400 : 20]
    ]
    joins = [
        {
            "due": due,
            "session": _session(account),
            "person": account.person_id,
            "postcode": account.person.postcode or codes[0],
            "presses": 2 if number % 15 == 0 else 1,
        }
        for number, (due, account) in enumerate(
            zip(day.moments(len(grown), dice), grown, strict=True)
        )
    ]
    return order | {
        "phones": [session for _person, session in officers[:on_phones]],
        "desks": [session for _person, session in officers[on_phones:]],
        "hubs": hubs,
        "workers": [person.pk for person, _session in officers],
        "localities": [area.pk for area in localities],
        "joins": joins,
        "day": day.day(order["requests"], seed=order["seed"], codes=codes, known=known),
        "before": {
            "requests": Request.objects.count(),
            "people": Person.objects.count(),
            "last_request": Request.objects.order_by("-pk").values_list("pk", flat=True).first()
            or 0,
        },
    }


def count(seen: dict[str, Any]) -> dict[str, Any]:
    """Hold what was acknowledged against the rows; return what is lost and what is doubled.

    `seen` is the order with `acks` and `unsure`. Everything in `lost` and `doubled` is a fault;
    `unsure` (an answer that never came) may have happened or not, but once.
    """
    from doorstep.people.models import Person
    from doorstep.support.models import CallDraft, Request, RequestStep, Volunteer

    new = Request.objects.filter(pk__gt=seen["before"]["last_request"])
    by_key = dict(new.values_list("client_key", "ref"))
    lost: list[str] = []
    doubled: list[str] = []
    acks: dict[str, list[dict[str, Any]]] = {}
    for ack in seen["acks"]:
        acks.setdefault(ack["what"], []).append(ack)
    # Requests: what was read out must be there, and one form made one.
    for ack in [*acks.get("ask", ()), *acks.get("call", ())]:
        if ack["key"] not in by_key:
            lost.append(f"request {ack['ref']}")
        elif by_key[ack["key"]] != ack["ref"]:
            doubled.append(f"request {ack['ref']} and {by_key[ack['key']]}")
    asked = {ack["key"] for what in ("ask", "call") for ack in acks.get(what, ())}
    tried = asked | {ref for what, ref in seen["unsure"] if what == "call"}
    tried |= {
        f"surge-{seen['run']}-{one['number']:06d}" for one in seen["day"]["web"]
    }  # fmt: skip
    doubled += [f"request {ref} of no form" for key, ref in by_key.items() if key not in tried]
    first = Counter(
        RequestStep.objects.filter(request__in=new, kind="asked").values_list("request", flat=True)
    )
    doubled += [f"request {pk} was asked {many} times" for pk, many in first.items() if many != 1]
    if len(first) != len(by_key):
        lost.append(f"{len(by_key) - len(first)} requests have no first step")
    # Nobody has two records because a thumb pressed twice.
    strangers = Person.objects.filter(requests=None, account=None, pk__gt=0).filter(
        created_at__gte=dt.datetime.fromisoformat(seen["began"])
    )
    doubled += [f"person {pk} of no request" for pk in strangers.values_list("pk", flat=True)[:50]]
    # What was done at desks and hubs, step by step.
    refs = {ref: pk for pk, ref in Request.objects.values_list("pk", "ref")}
    steps = Counter(
        RequestStep.objects.filter(
            at__gte=dt.datetime.fromisoformat(seen["began"]),
            kind__in=["routed", "accepted", "declined", "handed_over"],
        )
        .exclude(by=None)
        .values_list("kind", "request")
    )
    told: Counter[tuple[str, int]] = Counter()
    for what in ("routed", "accepted", "declined", "handed_over"):
        told.update((what, refs[ack["ref"]]) for ack in acks.get(what, ()))
    may_be: Counter[tuple[str, int]] = Counter(
        (what, refs[ref]) for what, ref in seen["unsure"] if what != "call"
    )
    many: Counter[str] = Counter()
    for what in ("routed", "accepted"):
        for ack in acks.get(f"many {what}", ()):
            many[what] += ack["done"]
            may_be.update((what, refs[ref]) for ref in ack["refs"])
    for one, times in told.items():
        if steps[one] < times:
            lost.append(f"{one[0]} of request {one[1]}")
    for one, times in steps.items():
        if times > told[one] + may_be[one]:
            doubled.append(f"{one[0]} of request {one[1]}: {times} times")
    cut = bool(seen["unsure"])
    for what in ("routed", "accepted"):
        happened = sum(times for (kind, _pk), times in steps.items() if kind == what)
        said = sum(times for (kind, _pk), times in told.items() if kind == what) + many[what]
        if happened < said:
            lost.append(f"{said - happened} times {what}")
        elif happened > said and not cut:
            doubled.append(f"{happened - said} times {what}, told to nobody")
    # A request stands where its last step says.
    stands = dict(new.values_list("pk", "state"))
    last: dict[int, str] = {}
    for pk, kind in (
        RequestStep.objects.filter(request__in=new)
        .order_by("at", "pk")
        .values_list("request", "kind")
    ):
        if kind in _LEADS:
            last[pk] = _LEADS[kind]
    lost += [f"request {pk} is {stands[pk]}" for pk, to in last.items() if stands[pk] != to]
    # Calls that were hung up on: what was saved last is there.
    for ack in acks.get("saved", ()):
        draft = CallDraft.objects.filter(key=ack["key"]).first()
        if draft is None or draft.typed.get("words") != ack["words"]:
            lost.append(f"what was saved of call {ack['key']}")
    # Volunteers.
    joined = Counter(
        Volunteer.objects.filter(person__in=[ack["person"] for ack in acks.get("join", ())])
        .values_list("person", flat=True)
    )  # fmt: skip
    lost += [f"volunteer {a['person']}" for a in acks.get("join", ()) if not joined[a["person"]]]
    doubled += [f"volunteer {pk} twice" for pk, times in joined.items() if times > 1]
    states = Counter(stands.values())
    return {
        "acknowledged": {
            "requests on the web": len({ack["key"] for ack in acks.get("ask", ())}),
            "requests by phone": len({ack["key"] for ack in acks.get("call", ())}),
            "calls hung up on": len(acks.get("saved", ())),
            "sent to hubs": many["routed"] + len(acks.get("routed", ())),
            "taken on by hubs": many["accepted"] + len(acks.get("accepted", ())),
            "given back": len(acks.get("declined", ())),
            "handed over": len(acks.get("handed_over", ())),
            "volunteers": len(acks.get("join", ())),
        },
        "kept": {
            "requests": len(by_key),
            "steps": sum(steps.values()),
            "volunteers": len(joined),
            **{f"requests now {state}": n for state, n in sorted(states.items())},
        },
        "lost": lost,
        "doubled": doubled,
    }


_LEADS = {"asked": "new", "routed": "hub", "accepted": "in_hand", "declined": "new",
          "handed_over": "hub"}  # fmt: skip


def fill(many: int, seed: int = 5) -> list[str]:
    """Bring the open requests to `many`, and return sessions of eight officers."""
    from doorstep.base.time import now
    from doorstep.people.models import Person
    from doorstep.places.models import Area, Postcode
    from doorstep.support.crisis.surge import day
    from doorstep.support.models import Request, RequestStep
    from doorstep.support.requests import clocks, working

    dice = random.Random(seed)  # noqa: S311
    at = now()
    borough = Area.objects.get(kind=Area.Kind.BOROUGH)
    places = [
        (row.pk, row.ward, working.locality_of(row.ward), round(row.latitude, 3),
         round(row.longitude, 3))
        for row in Postcode.objects.select_related("ward__parent__parent").order_by("pk")[::7]
    ]  # fmt: skip
    left = many - Request.objects.filter(closed_at=None).count()
    while left > 0:
        some = min(left, 1000)
        left -= some
        people = Person.objects.bulk_create(
            [
                Person(known_as=f"Caller {dice.randint(1, 99_999)}", created_at=at)
                for _n in range(some)
            ]
        )
        rows = []
        for person in people:
            code, ward, locality, latitude, longitude = dice.choice(places)
            state = dice.choices(("new", "hub", "in_hand", "waiting"), (5, 3, 2, 1))[0]
            priority = dice.choices((1, 2, 3, 4), (5, 20, 55, 20))[0]
            since = at - dt.timedelta(minutes=dice.randint(1, 60 * 30))
            rows.append(
                Request(
                    client_key=f"fill-{person.pk}", person=person, words=day.words(dice)[:4000],
                    kinds=[dice.choice(("shopping", "prescription", "parcel", "call"))],
                    priority=priority, postcode=code, ward=ward, locality=locality,
                    latitude=latitude, longitude=longitude, state=state, since=since,
                    asked_at=since, created_at=since, changed_at=since,
                    due_at=clocks.due(state, priority, since),
                )
            )  # fmt: skip
        made = Request.objects.bulk_create(rows)
        RequestStep.objects.bulk_create(
            [RequestStep(request=row, kind="asked", at=row.since) for row in made]
        )
    return [_worker(f"Officer {n + 1}", "officer", borough)[1] for n in range(8)]


def main() -> None:
    """Do what the first word says."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    what, given = sys.argv[1], sys.argv[2]
    if what == "fill":
        json.dump(fill(int(given)), sys.stdout)
        return
    file = Path(given)
    found = (prepare if what == "prepare" else count)(json.loads(file.read_text()))
    if what == "prepare":
        file.write_text(json.dumps(found))
    else:
        json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
