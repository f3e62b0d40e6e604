"""A year of small worries, six about damp from one estate in eleven days, and a scan of them."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from decimal import Decimal

from doorstep.base.time import LONDON
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.watch import rules
from doorstep.watch.models import Concern, Scan, Signal, Step, Theme
from doorstep.watch.signals import actions
from doorstep.web.demo.cast import CAST

WEEKS = 60
# How many in a week, in the whole borough, where it is as usual.
_USUAL = {"damp": 1.2, "dumping": 2.0, "roads": 1.5, "antisocial": 1.4, "food": 0.7}
_SAID = {
    "damp": "Black mould on the wall of the stairs, and it smells.",
    "dumping": "A mattress and two bags by the bins.",
    "roads": "A hole in the road by the crossing.",
    "antisocial": "Bottles thrown from the wall late at night.",
    "food": "Somebody asked at the shop whether there was bread from yesterday.",
}
_DAMP = (
    (11, "The bedroom wall is wet up to the window. The child coughs."),
    (9, "Water runs down inside the front door of our block."),
    (7, "Black mould on the stairs, on three floors."),
    (5, "The ceiling on the landing drips when it rains."),
    (3, "I went in to read the meter. The whole hall smells of damp."),
    (1, "Next door has put buckets out. The wall is soft to the touch."),
)


def _theme(slug: str) -> Theme | None:
    return Theme.objects.in_use().filter(slug=slug).first()


def _concern(
    theme: Theme, area: Area, what: str, seen_on: dt.date, *, ref: str, is_open: bool
) -> Concern:
    at = dt.datetime.combine(seen_on, dt.time(17, 30), LONDON)
    due, expires = rules.dates_for(theme, at)
    return Concern(
        ref=ref,
        theme=theme,
        area=area,
        what=what,
        seen_on=seen_on,
        logged_at=at,
        due_on=due,
        expires_on=expires,
        state=Concern.State.NEW if is_open else Concern.State.CLOSED,
        closed_at=None if is_open else at + dt.timedelta(days=4),
        outcome="" if is_open else Concern.Outcome.PUT_RIGHT,
    )


def _ref(*parts: object) -> str:
    letters = "bcdfghjkmnpqrstvwxyz23456789"
    digest = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    return "".join(letters[byte % len(letters)] for byte in digest[:10])


def fill(*, day: dt.date) -> int:
    """Write the year, scan it as of yesterday, and decide about some; return how many signals."""
    emails = {part.email: part.key for part in CAST}
    found = Person.objects.filter(account__email__in=list(emails)).select_related("account")
    cast = {emails[str(person.account.email)]: person for person in found}
    officer, administrator = cast.get("officer"), cast.get("administrator")
    wards = list(Area.objects.filter(kind=Area.Kind.WARD).order_by("name"))
    estate = (
        Area.objects.filter(kind=Area.Kind.NEIGHBOURHOOD, parent__name="Gascoigne")
        .order_by("pk")
        .first()
    )
    if officer is None or not wards or estate is None or Scan.objects.exists():
        return 0
    rng = random.Random(f"signals:{day}")
    rows = []
    small = list(Area.objects.filter(kind=Area.Kind.NEIGHBOURHOOD).order_by("pk")) or wards
    for slug, usual in _USUAL.items():
        theme = _theme(slug)
        if theme is None:
            continue
        for week in range(3, WEEKS):
            many = sum(rng.random() < usual / 4 for _one in range(4))
            for number in range(many):
                seen = day - dt.timedelta(days=7 * week + rng.randrange(7))
                rows.append(
                    _concern(
                        theme, rng.choice(small), _SAID[slug], seen,
                        ref=_ref(slug, day, week, number), is_open=False,
                    )
                )  # fmt: skip
    damp = _theme("damp")
    if damp is not None:
        rows += [
            _concern(
                damp, estate, what, day - dt.timedelta(days=ago),
                ref=_ref("six", day, ago), is_open=True,
            )
            for ago, what in _DAMP
        ]  # fmt: skip
    made = Concern.objects.bulk_create(rows)
    Step.objects.bulk_create(
        [Step(concern=one, at=one.logged_at, kind=Step.Kind.TOLD) for one in made]
    )
    _decide(officer, administrator, day)
    at = dt.datetime.combine(day, dt.time(1, 20), LONDON)
    scan = Scan.objects.create(asked_at=at, until=day - dt.timedelta(days=1))
    actions.run_scan(scan.pk, at=at)
    _join_by_hand(officer, day)
    return Signal.objects.count()


def _decide(officer: Person, administrator: Person | None, day: dt.date) -> None:
    """One threshold that two agreed to, and one that waits."""
    noon = dt.datetime.combine(day, dt.time(12), LONDON)
    if administrator is None:
        return
    agreed = actions.propose(
        Decimal("1.5"), by=officer, at=noon - dt.timedelta(days=40),
        why="We have time to look at a little more this winter.",
    )  # fmt: skip
    actions.decide(agreed, agree=True, by=administrator, at=noon - dt.timedelta(days=38))
    actions.propose(
        Decimal(1), by=administrator, at=noon - dt.timedelta(days=2),
        why="Back to one: three of the last four meant nothing.",
    )  # fmt: skip


def _join_by_hand(officer: Person, day: dt.date) -> None:
    """Two that an officer saw belong together though no scan said so."""
    rows = [
        one
        for one in Concern.objects.filter(theme__slug__startswith="dump", merged_into=None)
        .select_related("area")
        .order_by("-seen_on", "pk")[:3]
        if rules.can_care(officer, one)
    ]
    if len(rows) < 2:
        return
    actions.make(
        rows, by=officer, at=dt.datetime.combine(day, dt.time(9), LONDON),
        title="Bags by the bins on collection day",
        reason="All were seen the night before the bins are emptied. Ask for a later round.",
        client_key=f"demo-signal-{day}",
    )  # fmt: skip
