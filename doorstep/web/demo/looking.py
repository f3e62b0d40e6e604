"""A few weeks of the demo's read log: ordinary calls, and a little that is worth a second look."""

from __future__ import annotations

import datetime as dt
import random

from doorstep.base.time import LONDON
from doorstep.people.models import Person, RoleHolding
from doorstep.people.models.readings import months_between
from doorstep.people.readings import actions as readings
from doorstep.people.readings import chains, checkpoints, odd, partitions
from doorstep.people.records import actions as records
from doorstep.people.records import rules
from doorstep.web.demo.cast import CAST

WEEKS = 6
_WORDS = {
    "contact": (
        "You rang us about shopping.",
        "You asked when the lunch club meets.",
        "You wrote to us about the lift.",
        "",
    ),
    "helping": ("A lift to the clinic on Thursday.", "Somebody to change a light bulb.", ""),
    "checking": ("You weren't at the lunch, and people asked after you.", ""),
    "correcting": ("Your new number.",),
}


def fill(*, seed: int, day: dt.date) -> int:
    """Write the looks of the last weeks; return how many. The same seed gives the same ones."""
    dice = random.Random(f"looking {seed}")
    chains.forget()
    # A demo made anew begins a new log; what the old one's witness saw is no loss.
    checkpoints.witness_path().unlink(missing_ok=True)
    officer, organiser = _holder("officer"), _holder("organiser")
    if officer is None or organiser is None:
        return 0
    noon = dt.datetime.combine(day, dt.time(12), LONDON)
    start = noon - dt.timedelta(weeks=WEEKS)
    partitions.make(months_between(start, noon))
    cast = _cast()
    people = list(Person.objects.select_related("home").order_by("pk")[:200])
    moments = sorted(
        start + dt.timedelta(days=dice.randrange(WEEKS * 7), minutes=dice.randrange(-180, 240))
        for _ in range(70)
    )
    count = 0
    for moment in moments:
        reader = officer if dice.random() < 0.6 else organiser
        subject = dice.choice(cast[:2] if dice.random() < 0.3 else people)
        role, scope = rules.reads_as(reader, subject)
        if not role:
            continue
        reason = dice.choice(list(_WORDS))
        readings.log_read(
            by=reader,
            about=subject,
            what=dice.choice(("record", "record", "contact")),
            reason=reason,
            words=dice.choice(_WORDS[reason]),
            at=moment,
            role=role,
            scope=scope,
        )
        count += 1
    count += _worth_a_look(officer, organiser, people, dice, noon - dt.timedelta(days=1))
    checkpoints.checkpoint(at=noon)
    odd.find(at=noon, back=dt.timedelta(weeks=WEEKS))
    return count


def _worth_a_look(
    officer: Person,
    organiser: Person,
    people: list[Person],
    dice: random.Random,
    moment: dt.datetime,
) -> int:
    """Many records in one morning, and one opened in an emergency outside the role."""
    count = 0
    whom = [one for one in people if rules.can_open_record(officer, one)]
    for step, subject in enumerate(dice.sample(whom, min(28, len(whom)))):
        records.open_record(
            subject, by=officer, reason="checking", at=moment + dt.timedelta(minutes=2 * step)
        )
        count += 1
    far = [
        one
        for one in people
        if one.home is not None and not one.is_child and not rules.can_open_record(organiser, one)
    ]
    if far:
        records.break_glass(
            dice.choice(far),
            by=organiser,
            words="A neighbour heard a fall and nobody answers the door. The ambulance asks.",
            at=moment + dt.timedelta(hours=7),
        )
        count += 1
    return count


def _holder(role: str) -> Person | None:
    held = RoleHolding.objects.held().filter(role=role).select_related("person")
    first = held.order_by("pk").first()
    return first.person if first else None


def _cast() -> list[Person]:
    names = [part.known_as for part in CAST]
    return list(Person.objects.select_related("home").filter(known_as__in=names).order_by("pk"))
