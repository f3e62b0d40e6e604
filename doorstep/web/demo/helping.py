"""People who asked for help, and how far it has got: a morning at the desk and at nine hubs.

Deterministic: the same day and seed give the same rows. Nobody in it is real.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from django.db import transaction

from doorstep.base.time import LONDON
from doorstep.people.models import Person, RoleHolding
from doorstep.places.models import Area, Postcode
from doorstep.support.contacts import actions as contacts
from doorstep.support.models import ContactAttempt, Outreach, OutreachRow, Request
from doorstep.support.requests import working

# (words, kinds, priority, how it came, language)
ASKED: tuple[tuple[str, tuple[str, ...], int, str, str], ...] = (
    ("I've run out of milk and bread, and my hip won't let me past the gate.",
     ("shopping",), 2, "phone", "en-gb"),
    ("My tablets are at the chemist on the Heathway and I'm not to go out till Friday.",
     ("prescription",), 1, "phone", "en-gb"),
    ("My hours got cut. There's pasta for tonight but nothing for school tomorrow.",
     ("parcel",), 1, "phone", "ro"),
    ("Since Ted died I talk to the radio. It doesn't answer.", ("call",), 3, "letter", "en-gb"),
    ("I have the eye hospital on Thursday at ten and the bus is too far.",
     ("transport",), 2, "web", "en-gb"),
    ("A letter came about the rent and I can't make out what they want.",
     ("forms",), 3, "visit", "en-gb"),
    ("The kitchen tap has run for a week and the bowl fills by night.",
     ("repairs",), 3, "web", "en-gb"),
    ("Could somebody walk Biscuit on Thursdays while my leg mends?", ("dog",), 4, "web", "en-gb"),
    ("আমি ইংরেজি পড়তে পারি না। ডাক্তারের চিঠি কেউ পড়ে দেবেন?", ("forms",), 3, "slip", "bn"),
    ("NEED SHOPPING PLEASE NOBODY COMES TUESDAYS ANY MORE", ("shopping",), 3, "slip", "en-gb"),
    ("The lift has been broken since Monday, and I'm on the eighth floor with two bags.",
     ("shopping", "call"), 2, "web", "en-gb"),
    ("I look after my mum and haven't slept through since August.", ("call",), 3, "web", "en-gb"),
    ("We moved in with nothing but the beds. Is there anywhere with a table?",
     ("other",), 4, "web", "lt"),
    ("Her fridge was empty when I looked in. She'd never ask.", ("parcel",), 2, "volunteer",
     "en-gb"),
    ("Can somebody ring me on Sundays? It's the long day.", ("call",), 4, "letter", "en-gb"),
    ("The form for the blue badge is on the computer and I haven't one.",
     ("forms",), 3, "phone", "en-gb"),
)  # fmt: skip
NAMES = (
    "Maureen Tully", "Abdul Rahman", "Ioana Popa", "Gladys Osei", "Stan Whitlock", "Ruta Kazlauske",
    "Shirin Begum", "Kwame Boateng", "Doreen Finch", "Ama Serwaa", "Peter Lyle", "Hawa Sesay",
    "Ron Baptiste", "Elena Marin", "Joan Petty", "Yusuf Demir", "Betty Crane", "Tomas Novak",
    "Nadia Hussain", "Len Marsh", "Olu Adeyemi", "Grace Mutasa", "Ken Ashdown", "Irena Wolska",
    "Aisha Khan", "Dot Hardy", "Samuel Tetteh", "Marta Silva", "Fred Nunn", "Bushra Malik",
)  # fmt: skip
STREETS = ("Valence Avenue", "Parsloes Avenue", "Gale Street", "Ripple Road", "Longbridge Road",
           "Wood Lane", "Green Lane", "Heathway")  # fmt: skip
MANY = 48


@transaction.atomic
def fill(*, day: dt.date, seed: int = 1) -> int:
    """Write them; return how many requests. The same day and seed give the same ones."""
    officer = _who(RoleHolding.Role.OFFICER)
    organiser = _who(RoleHolding.Role.ORGANISER)
    if officer is None or organiser is None or Request.objects.exists():
        return 0
    dice = random.Random(f"helping-{seed}")
    noon = dt.datetime.combine(day, dt.time(17), LONDON) - dt.timedelta(days=1)
    home = _patch(organiser)
    codes = _codes(dice)
    made = []
    for number in range(MANY):
        words, kinds, priority, came_by, language = ASKED[number % len(ASKED)]
        at = noon - dt.timedelta(minutes=20 + 37 * number + dice.randrange(30))
        # Every third of the organiser's own patch, so that the demo's hub has its hands full.
        code = codes[home.pk][number % len(codes[home.pk])] if home and number % 3 == 0 else (
            dice.choice(codes[0]))  # fmt: skip
        made.append(
            working.ask(
                words=words,
                at=at,
                client_key=f"demo-request-{number}",
                taken_by=officer if came_by in ("phone", "letter", "slip", "visit") else None,
                called=NAMES[number % len(NAMES)],
                full_name=NAMES[number % len(NAMES)],
                phone=f"+447700900{100 + number:03d}",
                address=f"{3 + dice.randrange(180)} {dice.choice(STREETS)}",
                postcode=code,
                kinds=kinds,
                priority=priority,
                came_by=came_by,
                language=language,
                relation="neighbour" if came_by == "volunteer" else "",
                agreed="not_yet" if came_by == "volunteer" else "",
                asked_by_name="A volunteer" if came_by == "volunteer" else "",
            )
        )
    _work(made, officer, organiser, noon, dice)
    _not_reached(made, organiser, noon)
    _list(officer, noon, dice)
    return len(made)


def _who(role: str) -> Person | None:
    held = RoleHolding.objects.held().filter(role=role).order_by("pk").first()
    return held.person if held else None


def _patch(organiser: Person) -> Area | None:
    held = RoleHolding.objects.held().filter(person=organiser, role=RoleHolding.Role.ORGANISER)
    area = held.select_related("area").order_by("pk")[0].area
    return area if area is not None and area.kind == Area.Kind.LOCALITY else None


def _codes(dice: random.Random) -> dict[int, list[str]]:
    """Return postcodes by locality (0: the whole borough), always in the same order."""
    found: dict[int, list[str]] = {0: []}
    rows = Postcode.objects.select_related("ward__parent").order_by("pk")[::23]
    for row in rows:
        found[0].append(row.pk)
        locality = working.locality_of(row.ward)
        if locality is not None:
            found.setdefault(locality.pk, []).append(row.pk)
    for codes in found.values():
        dice.shuffle(codes)
    return found


def _work(
    made: list[Request], officer: Person, organiser: Person, noon: dt.datetime, dice: random.Random
) -> None:
    for number, request in enumerate(made):
        at = request.created_at + dt.timedelta(minutes=12)
        if number % 8 == 7 or at > noon:
            continue  # still new
        gist = request.words.split(".")[0][:80]
        working.triage(request, by=officer, at=at, version=request.version, gist=gist)
        if request.locality is None:
            continue
        working.route(request, by=officer, at=at + dt.timedelta(minutes=4))
        if number % 5 == 4:
            continue  # waits for the hub's yes
        later = at + dt.timedelta(minutes=35)
        if number % 11 == 6:
            working.decline(request, by=organiser, at=later,
                            words="Both our drivers are away till Monday.")  # fmt: skip
            continue
        working.accept(request, by=organiser, at=later)
        on = noon + dt.timedelta(days=1 + number % 4)
        kind = request.kinds[0] if request.kinds else "other"
        if number == 0:
            working.repeat(
                request, by=organiser, at=later, kind="shopping",
                what="Bread, milk, tea bags, six eggs, the Thursday paper.", weekday=3,
                from_time=dt.time(10), to_time=dt.time(12), money_cap=3000,
            )  # fmt: skip
        else:
            working.add_task(
                request, by=organiser, at=later, kind=kind, what=gist,
                client_key=f"demo-task-{number}",
                starts_at=on.replace(hour=10), ends_at=on.replace(hour=13),
                minutes=30 + 15 * (number % 4),
                language=request.language if request.language != "en-gb" else "",
                money_cap=2500 if kind == "shopping" else 0,
            )  # fmt: skip
        if number % 9 == 3:
            working.close(request, by=organiser, at=later + dt.timedelta(hours=2),
                          outcome="helped", tell=False)  # fmt: skip


def _not_reached(made: list[Request], organiser: Person, noon: dt.datetime) -> None:
    open_ones = [one for one in made if one.is_open and one.state != "new"][:4]
    for place, request in enumerate(open_ones):
        for tried in range(3 if place == 0 else 1):
            contacts.record(
                request.person,
                by=organiser,
                at=noon - dt.timedelta(hours=30 - 9 * tried),
                outcome=ContactAttempt.Outcome.NO_ANSWER
                if place != 2
                else ContactAttempt.Outcome.CALL_BACK,
                call_back_at=noon + dt.timedelta(hours=3),
                words="" if place != 2 else "At the surgery till three.",
                request=request,
                client_key=f"demo-try-{place}-{tried}",
            )


def _list(officer: Person, noon: dt.datetime, dice: random.Random) -> None:
    made = Outreach.objects.create(
        name="Winter calls, over 80 and alone",
        script="Good morning, this is Doorstep, your neighbours and the council together. "
        "Are you warm enough? Is there food in? Would you like somebody to ring again?",
        state=Outreach.State.READY,
        made_by=officer,
        made_at=noon - dt.timedelta(days=2),
        expected=40,
        read=40,
        doubles=2,
        client_key="demo-list",
    )
    hubs = list(Area.objects.of_kind(Area.Kind.LOCALITY).order_by("name"))
    states = OutreachRow.State
    rows: list[Any] = []
    for number in range(38):
        state = states.WAITING
        if number % 4 == 1:
            state = states.DONE
        elif number % 9 == 5:
            state = states.UNREACHABLE
        elif number % 13 == 7:
            state = states.WRONG
        rows.append(
            OutreachRow(
                outreach=made,
                number=number + 1,
                name=NAMES[(number * 7) % len(NAMES)],
                phone=f"+447700900{500 + number:03d}",
                address=f"{3 + dice.randrange(180)} {dice.choice(STREETS)}",
                locality=hubs[number % len(hubs)] if hubs else None,
                state=state,
                tries=0 if state == states.WAITING else 1 + number % 3,
                next_at=noon - dt.timedelta(days=1),
            )
        )
    OutreachRow.objects.bulk_create(rows)
