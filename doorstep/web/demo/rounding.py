"""Rounds of a street demo: one planned for tomorrow, and one under way today."""

from __future__ import annotations

import datetime as dt
import hashlib

from doorstep.base import keys
from doorstep.base.time import LONDON
from doorstep.people.models import Person, RoleHolding
from doorstep.places.models import Area, Postcode
from doorstep.support.models import (
    Check,
    Depot,
    Request,
    Task,
    Training,
    Volunteer,
)
from doorstep.support.rounds import actions, outing
from doorstep.support.rounds.engine import planning
from doorstep.support.volunteers.skills import EVERY_PART
from doorstep.web.demo.cast import CAST

_DOORS = ("Knock twice, the bell is broken.", "", "Ring the top bell.", "", "Mind the dog.", "")
_WORDS = (
    "A food parcel, please. There are two of us.",
    "I can't get out this week. A parcel would help.",
    "Could somebody bring a food parcel? I'm just out of hospital.",
)
_WAYS = (
    (Volunteer.Travel.CAR, True),
    (Volunteer.Travel.BIKE, True),
    (Volunteer.Travel.FOOT, False),
    (Volunteer.Travel.FOOT, True),
)
_HALLS = (("Parish hall", "12 Church Street"), ("The corner larder", "88 Green Lane"))


def fill(*, day: dt.date) -> int:
    """Write depots, parcels and two days' rounds; return how many stops."""
    emails = {part.email: part.key for part in CAST}
    found = Person.objects.filter(account__email__in=list(emails)).select_related("account")
    cast = {emails[str(person.account.email)]: person for person in found}
    organiser, neighbour = cast.get("organiser"), cast.get("neighbour")
    held = RoleHolding.objects.filter(person=organiser, role="organiser").select_related("area")
    role = held.first()
    area = role.area if role else None
    if organiser is None or neighbour is None or area is None or Depot.objects.exists():
        return 0
    codes = list(
        Postcode.objects.filter(ward__path__startswith=area.path)
        .select_related("ward")
        .order_by("code")
    )
    if len(codes) < 20:
        return 0
    at = dt.datetime.combine(day, dt.time(8), LONDON) - dt.timedelta(days=1)
    for number, (name, street) in enumerate(_HALLS):
        place = codes[(number * 2 + 1) * len(codes) // 4]
        Depot.objects.create(
            ref=f"demohall{number}zz", name=name, address=f"{street}, {place.code}", area=area,
            latitude=place.latitude, longitude=place.longitude, opens_at=dt.time(8, 30),
            closes_at=dt.time(16),
        )  # fmt: skip
    taken = {person.pk for person in cast.values()}
    neighbours = list(
        Person.objects.active()
        .filter(home__path__startswith=area.path, account__isnull=False)
        .exclude(pk__in=taken)
        .order_by("pk")[:40]
    )
    grown = [person for person in neighbours if not person.is_child]
    people, asking = grown[: len(_WAYS)], grown[len(_WAYS) :]
    if len(people) < len(_WAYS) or len(asking) < 6:
        return 0
    volunteers = [
        _volunteer(person, way, at=at) for person, (way, _full) in zip(people, _WAYS, strict=True)
    ]
    bryn = _volunteer(neighbour, Volunteer.Travel.BIKE, at=at)
    # He goes anywhere, and as often as he has said yes elsewhere in the demo, and once more.
    Volunteer.objects.filter(pk=bryn.pk).update(radius_metres=12_000, weekly_cap=12)
    bryn.refresh_from_db()
    count = 0
    for offset, helpers, many in ((1, volunteers, 18), (0, [bryn], 6)):
        tasks = [
            _parcel(asking[number % len(asking)], codes, area, count + number, organiser, at, day)
            for number in range(many)
        ]
        count += many
        if offset:  # one that nobody can bring, so that the reason shows
            tasks[-1].skills = ["hygiene"]
            tasks[-1].save(update_fields=["skills"])
        plan = actions.make_plan(
            area,
            day=day + dt.timedelta(days=offset),
            starts_at=dt.time(9),
            ends_at=dt.time(14),
            volunteers=helpers,
            tasks=tasks,
            cool_minutes=90,
            by=organiser,
            at=at,
            client_key=f"demo-rounds-{offset}",
            enqueue=False,
        )
        # A short morning, so that everybody gets a round and somebody stays behind.
        plan.rounds.update(room=4, closes_at=dt.time(10, 45))
        actions.plan_now(plan.pk, at=at, search=planning.quick, tell=False)
        if offset:
            continue
        plan.refresh_from_db()
        if not plan.stops.exclude(round=None).exists():
            continue
        actions.send_out(plan, by=organiser, version=plan.version, at=at)
        mine = plan.rounds.filter(volunteer=bryn).select_related("plan__by", "volunteer__person")
        for one in mine:
            one.refresh_from_db()
            if one.state == one.State.SENT:
                outing.accept(one, by=neighbour, at=at)
                first = one.stops.order_by("order").first()
                if first is not None:
                    outing.save_marks(one, [outing.Mark(first.pk, "done")], by=neighbour, at=at)
    return count


def _volunteer(person: Person, way: str, *, at: dt.datetime) -> Volunteer:
    """Return the person's helping record, with what a parcel asks for."""
    made, _new = Volunteer.objects.get_or_create(
        person=person,
        defaults={
            "travel": way,
            "availability": EVERY_PART,
            "radius_metres": 6000,
            "weekly_cap": 3,
            "signed_up_at": at - dt.timedelta(days=60),
            "greeted_at": at - dt.timedelta(days=58),
        },
    )
    if not Check.objects.filter(volunteer=made, kind=Check.Kind.IDENTITY).exists():
        Check.objects.create(
            volunteer=made, kind=Check.Kind.IDENTITY, state=Check.State.CLEAR,
            asked_at=at - dt.timedelta(days=59), seen_on=(at - dt.timedelta(days=58)).date(),
        )  # fmt: skip
    Training.objects.get_or_create(
        volunteer=made,
        module=Training.Module.START,
        defaults={"done_at": at - dt.timedelta(days=50)},
    )
    return made


def _parcel(
    person: Person,
    codes: list[Postcode],
    area: Area,
    number: int,
    organiser: Person,
    at: dt.datetime,
    day: dt.date,
) -> Task:
    """One request for a food parcel in the organiser's hands, and its task."""
    place = codes[(number * 37 + 11) % len(codes)]
    request = Request.objects.create(
        ref=_ref("r", number),
        person=person,
        taken_by=organiser,
        words=_WORDS[number % len(_WORDS)],
        gist="A food parcel",
        kinds=["parcel"],
        priority=1 + number % 3,
        came_by=Request.CameBy.PHONE,
        asked_at=at - dt.timedelta(hours=number + 2),
        address=f"{number * 3 + 1} {place.ward.name} Road",
        postcode=place.code,
        phone="07700 900" + f"{300 + number}",
        ward=place.ward,
        locality=area if area.kind == Area.Kind.LOCALITY else None,
        latitude=round(place.latitude, 3),
        longitude=round(place.longitude, 3),
        state=Request.State.IN_HAND,
        since=at,
        due_at=dt.datetime.combine(day, dt.time(17), LONDON) + dt.timedelta(days=2),
        owner=organiser,
    )
    return Task.objects.create(
        ref=_ref("t", number),
        request=request,
        kind="parcel",
        what="A food parcel for the week",
        door_note=_DOORS[number % len(_DOORS)],
        since=at,
        locality=request.locality,
        latitude=request.latitude,
        longitude=request.longitude,
        minutes=5,
    )


def _ref(kind: str, number: int) -> str:
    mark = hashlib.sha256(f"demo rounds {kind} {number}".encode()).digest()
    return keys.made_from(bytes(byte % 224 for byte in mark), 8)
