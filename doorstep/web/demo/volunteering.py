"""Some forty volunteers, what they hold and what runs out, and tasks in every state there is."""

from __future__ import annotations

import datetime as dt
import random

from django.db.models import Q

from doorstep.base.time import LONDON
from doorstep.notices.models import Delivery
from doorstep.people.models import Person
from doorstep.places.models import Postcode
from doorstep.support.models import (
    Check,
    Feedback,
    HelpReason,
    How,
    Kind,
    Reference,
    Request,
    Task,
    Training,
    Volunteer,
)
from doorstep.support.requests import working
from doorstep.support.tasks import actions, money
from doorstep.support.volunteers import standby
from doorstep.support.volunteers.skills import SKILLS
from doorstep.web.demo.cast import CAST

MANY = 42
_HOUR, _DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
_ASKS = (
    ("shopping", "Milk, bread, six eggs, tea bags, and cat food in the blue tin.", 3_000),
    ("prescription", "Tablets from the chemist on the parade, they are paid for.", 0),
    ("call", "Somebody to talk to of an afternoon, about the garden mostly.", 0),
    ("dog", "A spaniel who pulls. Half an hour round the park.", 0),
    ("repairs", "A tap that drips, and a bulb too high up.", 0),
    ("forms", "The form about the council tax, I can't make it out.", 0),
    ("transport", "To the eye clinic and home again.", 0),
    ("parcel", "A food parcel, two of us, no pork please.", 0),
    ("shopping", "A small shop for the week, I have a list.", 2_500),
    ("call", "My wife died in spring. The evenings are long.", 0),
)
_THANKS = (
    "She brought the change to the penny and asked after my knee.",
    "First time in weeks somebody stayed for a chat at the door.",
    "The dog likes him better than me now.",
)


def fill(*, day: dt.date, seed: int = 1) -> int:
    """Write them; return how many volunteers. The same day and seed give the same ones."""
    rng = random.Random(f"volunteers {seed}")
    noon = dt.datetime.combine(day, dt.time(), LONDON) - 12 * _HOUR
    cast = _cast()
    organiser, officer = cast.get("organiser"), cast.get("officer")
    if organiser is None or officer is None or organiser.home is None:
        return 0
    if Volunteer.objects.count() >= MANY:
        return 0
    patch = organiser.home.parent or organiser.home
    people = _people(cast, patch.path)
    made = [
        _volunteer(person, number, rng, noon, officer)
        for number, person in enumerate(people[:MANY])
    ]
    askers = _askers(people[MANY:], patch, rng, noon, officer)
    _tasks(cast, made, askers, patch, rng, noon)
    for volunteer in made[20:26]:
        standby.say(volunteer, at=noon - 2 * _DAY)
    standby.checks(noon)
    # Nobody is rung or mailed about a demo's yesterday.
    Delivery.objects.filter(
        notice__kind__in=["task-offer", "task-news", "task-desk", "volunteering"]
    ).delete()
    return len(made)


def _cast() -> dict[str, Person]:
    keys = {part.email: part.key for part in CAST}
    found = Person.objects.filter(account__email__in=list(keys)).select_related(
        "account", "home__parent"
    )
    return {keys[str(person.account.email)]: person for person in found}


def _people(cast: dict[str, Person], path: str) -> list[Person]:
    """Bryn first, then grown-ups of the organiser's locality, then of the rest of the borough."""
    bryn = cast.get("neighbour")
    ours = {person.pk for person in cast.values()}
    grown = (
        Person.objects.active()
        .filter(Q(born_on=None) | Q(born_on__lt=dt.date(2000, 1, 1)), merged_into=None)
        .exclude(pk__in=ours)
        .exclude(volunteer__isnull=False)
        .select_related("home__parent")
        .order_by("pk")
    )
    near = list(grown.filter(home__path__startswith=path)[:48])
    far = list(grown.exclude(home__path__startswith=path).exclude(home=None)[: 64 - len(near)])
    return ([bryn] if bryn else []) + near[:26] + far[:16] + near[26:] + far[16:]


def _volunteer(
    person: Person, number: int, rng: random.Random, noon: dt.datetime, officer: Person
) -> Volunteer:
    travel = rng.choice(["foot", "foot", "bike", "bus", "car", "car", "van", "home"])
    if number == 0:
        travel = "car"
    came = noon - rng.randint(1, 200) * _DAY
    said = {
        "skills": sorted({rng.choice(SKILLS)[0] for _n in range(rng.randint(1, 4))}),
        "availability": sum(1 << part for part in range(21) if rng.random() < 0.45),
        "travel": travel,
        "radius_metres": {"foot": 1_500, "car": 6_000, "van": 12_000}.get(travel, 3_000),
        "weekly_cap": rng.choice([1, 2, 2, 3, 5]),
        "came_by": rng.choice([How.WEB, How.WEB, How.PHONE, How.PAPER]),
        "signed_up_at": came,
        # The newest ones still wait for a hello.
        "greeted_at": None if number in (7, 19, 33) else came + _DAY,
        "state": "resting" if number == 30 else "here",
        "rests_until": (noon + 20 * _DAY).date() if number == 30 else None,
    }  # fmt: skip
    # Somebody who drives a round is a volunteer already.
    row, _made = Volunteer.objects.update_or_create(person=person, defaults=said)
    if number in (7, 19, 33):
        Volunteer.objects.filter(pk=row.pk).update(signed_up_at=noon - _DAY)
        return row
    expires = {1: 5, 2: 26, 3: 55, 4: -2, 5: 40}.get(number, rng.randint(90, 900))
    kinds = ["identity"] + (["barred"] if number == 0 or number % 3 else [])
    kinds += ["driving"] if travel in ("car", "van") else []
    for kind in kinds:
        Check.objects.create(
            volunteer=row, kind=kind, state=Check.State.CLEAR,
            for_kind={"barred": "shopping", "driving": "transport"}.get(kind, "other"),
            asked_at=came, asked_by=officer, seen_on=(came + _DAY).date(), seen_by=officer,
            expires_on=None if kind == "identity" else (noon + expires * _DAY).date(),
            number=f"00{rng.randint(10**8, 10**9)}" if kind == "barred" else "",
        )  # fmt: skip
    for module in ("start", "money", "calls") if number % 5 != 4 else ("start",):
        Training.objects.get_or_create(
            volunteer=row,
            module=module,
            defaults={"done_at": came + _DAY, "recorded_by": person},
        )
    for place in range(2 if number % 6 != 5 else 1):
        Reference.objects.create(
            volunteer=row, name=("Grace Adeyemi", "Tom Hollis")[place],
            reach=f"07700 9003{number:02d}", how_known="Worked together for years",
            state=Reference.State.GOOD, words="I would give her my keys.",
            asked_at=came, answered_at=came + 3 * _DAY, taken_by=officer,
        )  # fmt: skip
    if number % 9 == 8:
        Reference.objects.create(
            volunteer=row, name="Sunita Rao", reach="s.rao@example.org", how_known="Neighbour",
            asked_at=noon - _DAY,
        )  # fmt: skip
    return row


def _askers(
    people: list[Person], patch: object, rng: random.Random, noon: dt.datetime, officer: Person
) -> list[Request]:
    made = []
    for number, person in enumerate(people[:14]):
        kind, words, _cap = _ASKS[number % len(_ASKS)]
        home = person.home
        code = Postcode.objects.filter(ward=home).order_by("code").values_list("code", flat=True)
        codes = list(code[:40])
        request = Request.objects.create(
            person=person, words=words, gist=words.split(".")[0][:100], kinds=[kind],
            came_by=rng.choice(["phone", "web", "letter"]), taken_by=officer,
            asked_at=noon - rng.randint(2, 9) * _DAY, created_at=noon - 2 * _DAY,
            changed_at=noon, since=noon - _DAY, due_at=noon + 3 * _DAY,
            priority=rng.choice([1, 2, 3, 3, 4]), state=Request.State.IN_HAND,
            address=f"{rng.randint(1, 90)} Demo Street", ward=home,
            postcode=rng.choice(codes) if codes else "",
            phone=person.phone or "+447700900777",
            locality=working.locality_of(home),
        )  # fmt: skip
        place = working.place_of(request.postcode)
        request.latitude, request.longitude = place["latitude"], place["longitude"]
        request.save(update_fields=["latitude", "longitude"])
        if kind in (Kind.SHOPPING, Kind.TRANSPORT) and number % 4:
            HelpReason.objects.create(
                request=request, why=HelpReason.Why.CARE, to_care=kind == "transport",
                said_by=officer, said_at=noon - _DAY,
            )  # fmt: skip
        made.append(request)
    return made


def _task(request: Request, number: int, noon: dt.datetime, starts: dt.datetime | None) -> Task:
    kind, words, cap = _ASKS[number % len(_ASKS)]
    return Task.objects.create(
        request=request, kind=kind, what=words, money_cap=cap, locality=request.locality,
        latitude=request.latitude, longitude=request.longitude,
        door_note="The bell is broken: knock twice." if number % 3 == 0 else "",
        starts_at=starts, ends_at=starts + 3 * _HOUR if starts else noon + 5 * _DAY,
        minutes=30 if kind == "call" else 60, created_at=noon - 2 * _DAY, since=noon - 2 * _DAY,
    )  # fmt: skip


def _tasks(
    cast: dict[str, Person], made: list[Volunteer], askers: list[Request], patch: object,
    rng: random.Random, noon: dt.datetime,
) -> None:  # fmt: skip
    """What has been done in the last weeks, what is under way, and what waits."""
    officer = cast["officer"]
    if not askers:
        return

    def fit(task: Task, at: dt.datetime, start: int = 0) -> Volunteer | None:
        order = made[start:] + made[:start]
        return next((one for one in order if not actions.unfit(one, task, at)), None)

    def give(number: int, at: dt.datetime, start: int = 0, starts: dt.datetime | None = None):  # type: ignore[no-untyped-def]
        task = _task(askers[number % len(askers)], number, noon, starts or at + 5 * _HOUR)
        who = fit(task, at, start)
        return actions.give(task, who, by=officer, at=at) if who is not None else None

    for number in range(12):
        at = noon - (26 - 2 * number) * _DAY
        mine = give(number, at, start=rng.randint(0, len(made) - 1))
        if mine is None:
            continue
        actions.set_out(mine, by=mine.volunteer.person, at=at + 5 * _HOUR)
        if number % 6 == 5:
            actions.not_done(
                mine, by=mine.volunteer.person, at=at + 6 * _HOUR, why="no_answer",
                words="Rang twice, knocked twice. The radio was on.",
            )  # fmt: skip
            continue
        if mine.task.money_cap:
            money.write(
                mine, kind="given", pence=2_000, by=mine.volunteer.person, at=at + 5 * _HOUR
            )
            money.write(
                mine, kind="spent", pence=1_465, by=officer, at=at + 6 * _HOUR,
                words="Paper receipt in the blue folder",
            )  # fmt: skip
            if number % 4 == 0:
                money.write(
                    mine, kind="returned", pence=535, by=mine.volunteer.person, at=at + 6 * _HOUR
                )
        actions.finish(
            mine, by=mine.volunteer.person, at=at + 6 * _HOUR, minutes=rng.choice([25, 40, 55])
        )
        actions.give_feedback(
            mine, side=Feedback.Side.PERSON, mood=5, by=officer, at=at + _DAY, how=How.PHONE,
            words=_THANKS[number % len(_THANKS)],
        )  # fmt: skip
        if number in (3, 8):
            actions.give_feedback(
                mine, side=Feedback.Side.VOLUNTEER, mood=4, by=mine.volunteer.person, at=at + _DAY,
                more="call" if number == 3 else "referral",
                more_words="She seems lonely since her sister moved away.",
            )  # fmt: skip
    _under_way(cast, made, askers, noon, give, fit)


def _under_way(cast, made, askers, noon, give, fit) -> None:  # type: ignore[no-untyped-def]
    officer, ahead = cast["officer"], noon + 46 * _HOUR
    bryn = made[0]
    # Bryn has one to do and one to answer, so that his pages show what a volunteer's do.
    one = _task(askers[0], 0, noon, ahead)
    if not actions.unfit(bryn, one, noon):
        actions.give(one, bryn, by=officer, at=noon + 10 * _HOUR)
    two = _task(askers[3 % len(askers)], 3, noon, ahead + _DAY)
    if not actions.unfit(bryn, two, noon):
        actions.offer(
            two, bryn, by=officer, at=noon + 12 * _HOUR, metres=640,
            reasons=[{"code": "near", "n": 640}, {"code": "turn", "n": 9}],
        )  # fmt: skip
    on_the_way = give(1, noon + 9 * _HOUR, start=8, starts=noon + 12 * _HOUR)
    if on_the_way is not None:
        actions.set_out(on_the_way, by=on_the_way.volunteer.person, at=noon + 12 * _HOUR)
    back = give(4, noon - _DAY, start=12, starts=ahead)
    if back is not None:
        actions.hand_back(back, by=back.volunteer.person, at=noon, why="ill")
    off = give(7, noon - _DAY, start=14, starts=ahead)
    if off is not None:
        working.cancel_task(off.task, by=officer, at=noon + _HOUR)
    task = _task(askers[8 % len(askers)], 8, noon, ahead)
    who = fit(task, noon, 16)
    if who is not None:
        late = actions.offer(task, who, by=officer, at=noon - _DAY, moves_on=False)
        late.expires_at = noon + 40 * _HOUR
        late.save(update_fields=["expires_at"])
    for number in range(10):
        starts = ahead + number % 4 * _DAY if number % 3 else None
        _task(askers[(number + 4) % len(askers)], number, noon, starts)
