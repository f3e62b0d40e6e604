"""The demo's directory: some sixty services, in every state an entry can be in.

Names and descriptions come from `words/directory.csv` (made up for this project, CC0 1.0);
addresses, numbers and times are drawn. Telephone numbers are those Ofcom keeps for drama.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
import tempfile
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.text import slugify

from doorstep.base.time import LONDON
from doorstep.organisations.models import (
    Accessibility,
    Address,
    Confirmation,
    CostOption,
    DoorPhoto,
    ImportRow,
    ImportRun,
    Language,
    Location,
    Offer,
    Organisation,
    Phone,
    Position,
    PrivateContact,
    Schedule,
    Service,
    ServiceArea,
    ServiceAtLocation,
    Source,
    State,
    Suggestion,
)
from doorstep.organisations.oruk.bringing_in import import_feed, write_words
from doorstep.people.models import Person
from doorstep.places.models import Area, Postcode
from doorstep.web.demo.cast import CAST

WORDS = Path(__file__).parent / "words" / "directory.csv"
How, Effect = Confirmation.How, Confirmation.Effect
_HALLS = (
    "Old Chapel Hall", "Sunrise Centre", "The Kingsley Rooms", "Three Elms House", "Market Loft",
    "Lighthouse Rooms", "The Hive", "St Erkenwald's Hall", "The Corner House", "Mill Yard",
)  # fmt: skip
_ROADS = ("Chapel Road", "Elm Walk", "Station Parade", "Market Street", "Mill Lane", "Green Lane")
_WELCOMES = (
    (
        "Come to the blue door and ring the bell; somebody opens soon. You sit down with "
        "a cup of tea first. Nobody asks for papers on the first day. After that we look at what "
        "would help, and you choose.",
        "Jean or Tariq, in a yellow badge",
    ),
    (
        "Walk straight in: the door is never locked while we’re open. Say “it’s my first time”: "
        "whoever is nearest shows you round. You may just watch. Half of us did, the first week.",
        "Whoever is on the tea",
    ),
    (
        "Ring first, and we tell you which day is quiet. We meet you at the bus stop if you’d "
        "rather not come in alone. The first talk takes half an hour, and you can bring a friend.",
        "Parveen, who answers the phone too",
    ),
)
_WAYS = (
    ("Blue door beside the chemist, under the clock. The sign is small.",
     "No step. The door is 90 cm wide and opens outwards. Buggies park inside on the left."),
    ("Through the iron gate, past the bins, second door on the right.",
     "One step at the front: ring, and we put the ramp down. The toilet is too narrow for a "
     "wheelchair; the library opposite lets you use theirs."),
    ("First floor. The lift is behind the stairs.",
     "Level all the way, with a lift for one wheelchair. There is a toilet with rails."),
)  # fmt: skip
_TIMES = (
    ("TU,TH", (10, 0), (12, 30), ""),
    ("MO,TU,WE,TH,FR", (9, 0), (17, 0), "closed on bank holidays"),
    ("WE", (18, 30), (20, 30), "not in August"),
    ("SA", (10, 0), (13, 0), ""),
    ("MO,WE,FR", (13, 0), (16, 0), "in term time only"),
    ("SU", (15, 0), (17, 0), ""),
    ("MO,TU,WE,TH,FR,SA,SU", (8, 0), (20, 0), ""),
)
_COSTS = ("", "", "", "£2 a week, or what you can", "£3.50 each time", "")
# How each of seven entries in turn is doing: days since its proof, how, doubts, days since asked.
_STATES = (
    (4, How.LINK, 0, None),
    (21, How.OWNER, 0, None),
    (2, How.WORKED, 0, None),
    (70, How.PHONE, 0, None),
    (118, How.LINK, 0, 3),
    (45, How.KEEPER, 1, None),
    (232, How.OWNER, 0, 40),
)


def fill(*, day: dt.date, seed: int = 1) -> int:
    """Write the directory; return how many services. The same day and seed give the same ones."""
    if Organisation.objects.exists():
        return 0
    dice = random.Random(f"directory {seed}")
    noon = dt.datetime.combine(day, dt.time(12), LONDON) - dt.timedelta(days=1)
    with WORDS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wards = {area.name: area for area in Area.objects.filter(kind=Area.Kind.WARD).defer("boundary")}
    borough = Area.objects.filter(kind=Area.Kind.BOROUGH).defer("boundary").first()
    made = []
    number = 0
    for row in rows:
        organisation = _organisation(row["organisation"], number, noon)
        if row["kind"] == "offer":
            _offer(organisation, row, number, day, noon, dice)
            number += 1
            continue
        made.append(_service(organisation, row, number, noon, dice, wards, borough))
        number += 1
    _people(made, noon)
    write_words([service.pk for service in made])
    _told(made, noon)
    _doors(made, dice)
    _lists(noon)
    return len(made)


def _organisation(name: str, number: int, noon: dt.datetime) -> Organisation:
    slug = slugify(name)[:70]
    made, new = Organisation.objects.get_or_create(
        slug=slug,
        defaults={
            "name": name,
            "email": f"hello@{slug[:40]}.example.org",
            "website": f"https://{slug[:40]}.example.org/",
            "description": "",
            "confirmed_at": noon,
            "changed_at": noon,
        },
    )
    if new:
        Phone.objects.create(organisation=made, number=_telephone(900 - number))
    return made


def _telephone(number: int) -> str:
    return f"020 7946 0{number % 1000:03d}"


def _service(organisation, row, number, noon, dice, wards, borough):  # type: ignore[no-untyped-def]
    ago, how, doubts, asked = _STATES[number % len(_STATES)]
    is_new = number % 19 == 11
    is_closed = number % 23 == 17
    state = State.LIVE
    if ago > 180:
        state = State.STALE
    if is_closed:
        state = State.CLOSED
    first_visit, meets = _WELCOMES[number % 3] if number % 4 else ("", "")
    service = Service.objects.create(
        organisation=organisation,
        slug=slugify(row["name"])[:70] or f"service-{number}",
        state=state,
        name=row["name"],
        description=row["description"],
        email=f"{row['id'].lower()}@example.org" if number % 3 else "",
        url=organisation.website if number % 2 else "",
        fees=_COSTS[number % len(_COSTS)],
        eligibility="" if number % 3 else "Anybody who lives in the borough.",
        application_process=("Just turn up.", "Ring first.", "")[number % 3],
        alert="Closed from 21 December to 3 January." if number % 17 == 5 else "",
        first_visit=first_visit,
        who_meets_you=meets,
        confirmed_at=None if is_new else noon - dt.timedelta(days=ago),
        confirmed_how="" if is_new else how,
        doubts=doubts + (1 if number % 13 == 12 else 0),
        asked_at=noon - dt.timedelta(days=asked) if asked else None,
        closed_at=noon - dt.timedelta(days=6) if is_closed else None,
        status=Service.Status.DEFUNCT if is_closed else Service.Status.ACTIVE,
        changed_at=noon - dt.timedelta(days=ago),
        found_by=" ".join((organisation.name, row["area"], row["languages"])),
    )
    Phone.objects.create(service=service, number=_telephone(100 + number))
    if not service.fees and number % 5:
        CostOption.objects.create(service=service, amount=0, option="Free")
    for language in row["languages"].split("; "):
        if language:
            Language.objects.create(service=service, name=language[:1].upper() + language[1:])
    days, opens, closes, note = _TIMES[number % len(_TIMES)]
    Schedule.objects.create(
        service=service,
        freq="WEEKLY",
        byday=days,
        opens_at=dt.time(*opens),
        closes_at=dt.time(*closes),
        description=note,
    )
    ward = wards.get(row["area"])
    served = ward or borough
    ServiceArea.objects.create(service=service, name=served.name, area=served)
    _place(service, row, number, dice, ward, wards)
    if not is_new:
        Confirmation.objects.create(
            service=service, how=how, effect=Effect.CONFIRMS, at=service.confirmed_at
        )
    for doubt in range(service.doubts):
        Confirmation.objects.create(
            service=service,
            how=How.FAILED,
            effect=Effect.LOWERS,
            reason=("wrong_number", "no_answer")[doubt % 2],
            at=noon - dt.timedelta(days=2 + doubt),
        )
    if service.doubts >= 2:
        Service.objects.filter(pk=service.pk).update(state=State.STALE)
    return service


def _place(service, row, number, dice, ward, wards):  # type: ignore[no-untyped-def]
    notes = row["access_notes"]
    if any(word in notes.lower() for word in ("come to you", "home visit", "phone or video")):
        return
    where = ward or wards[sorted(wards)[number % len(wards)]]
    codes = list(Postcode.objects.filter(ward=where).order_by("code")[:200])
    code = dice.choice(codes) if codes else None
    hall = _HALLS[number % len(_HALLS)]
    way_in, wheels = _WAYS[number % 3] if number % 5 else ("", "")
    place = Location.objects.create(
        name=hall,
        transportation=dice.choice(("Bus 5, 62 or 238 to the door.", "Ten minutes from the "
                                    "station, on the flat.", "")),
        latitude=code.latitude if code else where.latitude,
        longitude=code.longitude if code else where.longitude,
        postcode=code.code if code else "",
        area=where,
        way_in=way_in,
        way_in_on_wheels=wheels,
    )  # fmt: skip
    Address.objects.create(
        location=place,
        address_1=f"{hall}, {dice.randrange(2, 180)} {dice.choice(_ROADS)}",
        city=settings.BOROUGH,
        postal_code=place.postcode,
        country="GB",
    )
    for words in notes.split("; "):
        if words:
            Accessibility.objects.create(location=place, description=words[:1].upper() + words[1:])
    ServiceAtLocation.objects.create(service=service, location=place)


def _offer(organisation, row, number, day, noon, dice):  # type: ignore[no-untyped-def]
    Offer.objects.create(
        organisation=organisation,
        what=row["name"],
        details=row["description"],
        for_whom=("Anybody in the borough", "People over 60", "People on their own")[number % 3],
        how_many_now=(None, 3, 12, 1, 0)[number % 5],
        until=day + dt.timedelta(days=40) if number % 2 else None,
        answer_name="The duty desk",
        answer_email=f"{row['id'].lower()}@example.org",
        state=Offer.State.PAUSED if number % 9 == 8 else Offer.State.OPEN,
        made_at=noon - dt.timedelta(days=number % 30),
        changed_at=noon - dt.timedelta(days=number % 12),
    )


def _people(made: list[Service], noon: dt.datetime) -> None:
    """Give keys: the team host looks after one organisation, the busy neighbour works at it."""
    keys = {part.email: part.key for part in CAST}
    cast = {
        keys[str(person.account.email)]: person
        for person in Person.objects.filter(account__email__in=list(keys)).select_related("account")
    }
    if not {"host", "neighbour", "organiser"} <= cast.keys() or len(made) < 8:
        return
    house = made[1].organisation
    assert house is not None  # noqa: S101 - every one of them has one
    for key, role, title in (
        ("host", Position.Role.OWNER, "runs the counter"),
        ("neighbour", Position.Role.STAFF, "carries crates on Tuesdays"),
    ):
        Position.objects.create(
            organisation=house, person=cast[key], role=role, title=title,
            invited_at=noon - dt.timedelta(days=50), accepted_at=noon - dt.timedelta(days=49),
        )  # fmt: skip
    Position.objects.create(
        organisation=house, role=Position.Role.EDITOR, title="new in the kitchen",
        invited_email="somebody.new@example.org", invited_by=cast["host"],
        invited_at=noon - dt.timedelta(days=2),
    )  # fmt: skip
    # Besides the one they have: an entry nobody confirmed for long, and something to call on.
    Service.objects.filter(pk=made[6].pk).update(organisation=house)
    Offer.objects.create(
        organisation=house,
        what="A bag of fresh vegetables, brought to the door",
        details="On Thursdays, by bicycle. Tell us about allergies.",
        for_whom="Anybody who can’t get out just now",
        how_many_now=6,
        answered_by=cast["host"],
        made_by=cast["host"],
        made_at=noon - dt.timedelta(days=9),
        changed_at=noon - dt.timedelta(days=1),
    )
    PrivateContact.objects.create(
        organisation=made[4].organisation or house,
        name="Mrs Adeyemi, the treasurer",
        phone="07700 900456",
        note="Best after six. Knows about everything there.",
        added_at=noon,
    )


def _told(made: list[Service], noon: dt.datetime) -> None:
    person = Person.objects.filter(account__email="neighbour@demo.example.org").first()
    for index, (kind, words, by, reach) in enumerate(
        (
            (Suggestion.Kind.CHANGE, "They open at half past nine now, not nine.", person, ""),
            (Suggestion.Kind.CHANGE, "The bell is broken: you have to knock on the window.", None,
             "07700 900321"),
            (Suggestion.Kind.CLOSED, "A skip outside, and nobody in on Saturday.", None, ""),
            (Suggestion.Kind.NEW, "The chess table in the library isn’t in here.", person,
             ""),
        )
    ):  # fmt: skip
        Suggestion.objects.create(
            kind=kind,
            words=words,
            made_by=by,
            reach=reach,
            service=None if kind == Suggestion.Kind.NEW else made[3 + 7 * index],
            made_at=noon - dt.timedelta(days=index, hours=3),
        )


def _lists(noon: dt.datetime) -> None:
    """Three lists of others: one read every night, one that lost half of itself once and was left,
    and one that has just lost half of itself and waits for a keeper."""
    editor = Person.objects.filter(account__email="editor@demo.example.org").first()
    council = Source.objects.create(
        name="The council next door", place="https://directory.example.org/services",
        licence="Open Government Licence v3", attribution="The council next door",
        every_hours=24, made_at=noon - dt.timedelta(days=40), last_run_at=noon,
        next_run_at=noon + dt.timedelta(days=1, hours=13),
    )  # fmt: skip
    sports = Source.objects.create(
        name="Clubs and pitches", place="https://clubs.example.org/feed.json", every_hours=168,
        made_at=noon - dt.timedelta(days=40), last_run_at=noon - dt.timedelta(days=1),
        next_run_at=noon + dt.timedelta(days=6),
    )  # fmt: skip
    for days, counts in ((8, (64, 64, 0)), (1, (64, 2, 61)), (0, (65, 1, 63))):
        read, changed, same = counts
        ImportRun.objects.create(
            source=council, state=ImportRun.State.DONE, started_at=noon - dt.timedelta(days=days),
            ended_at=noon - dt.timedelta(days=days), read=read, added=changed if days == 8 else 0,
            changed=0 if days == 8 else changed, same=same, mended=2, left_out=1,
        )  # fmt: skip
    last = council.runs.all()[0]
    What = ImportRow.What
    for what, place, said, name in (
        (What.LEFT_OUT, "contents[12], line 340", "It has no name.", ""),
        (What.MENDED, "contents[3].schedules[0].opens_at, line 112",
         "25:00 is no time of day. We left it out.", "Chair yoga"),
        (What.MENDED, "contents[40].email, line 1201", "That is no e-mail address.",
         "Bike repairs"),
    ):  # fmt: skip
        ImportRow.objects.create(run=last, what=what, place=place, said=said, name=name)
    ImportRun.objects.create(
        source=sports, state=ImportRun.State.DROPPED, started_at=noon - dt.timedelta(days=8),
        ended_at=noon - dt.timedelta(days=8), read=11, gone=20, decided_by=editor,
        decided_at=noon - dt.timedelta(days=7), said="20 of 31 services are no longer in it.",
    )  # fmt: skip
    _held(noon)


_CLASSES = (
    ("Beginners’ badminton", "Rackets are there. Play as little as you like."),
    ("Walking football for the over fifties", "Nobody runs, and nobody keeps the score."),
    ("Water aerobics", "Music, warm water, and a pool you can walk into down a slope."),
    ("Table tennis in the hall", "Six tables, and somebody to play with."),
    ("Family swim", "Armbands to borrow. One grown-up for two little ones."),
    ("Dance for anyone", "Bollywood one week, line dancing the next."),
    ("Couch to 5K", "Nine weeks, at the pace of the slowest."),
    ("Seated exercise", "An hour on a chair, with tea after."),
)


def _held(noon: dt.datetime) -> None:
    """Bring in a list of classes, and then the same with half of it gone: it waits."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "classes.json"

        def bring(classes: tuple[tuple[str, str], ...], at: dt.datetime) -> None:
            file.write_text(json.dumps({"contents": list(map(_class, classes))}), encoding="utf-8")
            import_feed(str(file), name="Leisure centre classes", every_hours=24, at=at)

        bring(_CLASSES, noon - dt.timedelta(days=9))
        bring(_CLASSES[:4], noon - dt.timedelta(hours=10))
        Source.objects.filter(place=str(file)).update(
            place="https://classes.example.org/feed.json", next_run_at=noon + dt.timedelta(days=3)
        )


def _class(told: tuple[str, str]) -> dict[str, Any]:
    name, words = told

    def uid(*of: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("demo classes", *of))))

    return {
        "id": uid(name),
        "name": name,
        "description": words,
        "status": "active",
        "organization": {
            "id": uid("organisation"),
            "name": "Becontree Leisure Classes",
            "description": "Classes for every age in one building.",
        },
        "schedules": [
            {"id": uid(name, "time"), "freq": "WEEKLY", "byday": "WE", "opens_at": "18:00",
             "closes_at": "19:00"}
        ],
    }  # fmt: skip


def _doors(made: list[Service], dice: random.Random) -> None:
    """Draw two doors in cut paper, each with its words."""
    from doorstep.base import pictures
    from doorstep.web.demo.pictures import door

    for service in made[1:3]:
        at = service.at_locations.select_related("location").first()
        if at is None:
            continue
        upload, words = door(dice)
        kept = pictures.keep(
            upload, folder="doors", most_bytes=settings.UPLOAD_BYTES, storage=default_storage
        )
        DoorPhoto.objects.create(
            location=at.location,
            name=kept.name,
            small_name=kept.small_name,
            width=kept.width,
            height=kept.height,
            description=words,
        )
