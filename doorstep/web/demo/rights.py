"""What people of the demo ask about their data, and a week of nights of taking away."""

from __future__ import annotations

import datetime as dt
import random

from doorstep.base.time import LONDON
from doorstep.people.models import Export, Person, RetentionRun, RightsRequest, RoleHolding, Way
from doorstep.people.rights import actions
from doorstep.web.demo.cast import CAST

_NIGHTLY = (
    ("notices.notice", "deleted", 180),
    ("people.session", "deleted", 35),
    ("feed.edit", "deleted", 6),
    ("feed.draft", "deleted", 4),
    ("gatherings.presence", "deleted", 22),
)


def fill(*, day: dt.date, seed: int = 1) -> int:
    """Make the requests and the reports; return how many rows."""
    dice = random.Random(f"rights {seed}")
    noon = dt.datetime.combine(day, dt.time(12), LONDON)
    named = {part.key: _person(part.email) for part in CAST}
    officer = (
        RoleHolding.objects.held().filter(role="officer").select_related("person").order_by("pk")
    ).first()
    count = 0
    if officer is None:
        return 0
    neighbour, mentor, newcomer = (named.get(key) for key in ("neighbour", "mentor", "newcomer"))
    if neighbour is not None:
        actions.ask(
            neighbour,
            RightsRequest.Kind.CORRECTION,
            by=neighbour,
            at=noon - dt.timedelta(days=9),
            client_key="demo-right-correction",
            what="The year I moved here",
            words="Somebody wrote 2015. It was 2005: my son was born the week we got the keys.",
        )
        old = actions.ask(
            neighbour,
            RightsRequest.Kind.CORRECTION,
            by=neighbour,
            at=noon - dt.timedelta(days=40),
            client_key="demo-right-answered",
            what="My surname",
            words="It has two l, not one.",
        )
        if old.is_waiting:
            actions.answer(
                old,
                is_done=True,
                words="You're right, and it is put right everywhere now. Sorry about that.",
                by=officer.person,
                at=noon - dt.timedelta(days=36),
            )
        count += 2
    them = (
        Person.objects.filter(account=None, state=Person.State.ACTIVE, restricted_at=None)
        .exclude(home=None)
        .order_by("pk")
        .first()
    )
    if them is not None:
        actions.ask(
            them,
            RightsRequest.Kind.RESTRICTION,
            by=officer.person,
            at=noon - dt.timedelta(days=3),
            client_key="demo-right-restriction",
            words="She says a note about a visit isn't about her, and we are finding out.",
            way=Way.SPOKEN,
            known_by="Rang back on the number we have.",
        )
        count += 1
    for person in (newcomer, mentor):
        if person is not None and not Export.objects.filter(person=person).exists():
            # Left for the worker, who makes it within the minute it begins to run.
            Export.objects.create(person=person, asked_at=noon - dt.timedelta(hours=2))
            count += 1
    for back in range(1, 8):
        night = dt.datetime.combine(day - dt.timedelta(days=back), dt.time(2, 10), LONDON)
        counts = [
            {"name": name, "what": what, "count": dice.randrange(most), "held": 0}
            for name, what, most in _NIGHTLY
        ]
        RetentionRun.objects.get_or_create(
            day=night.date(),
            defaults={
                "begun_at": night,
                "done_at": night + dt.timedelta(seconds=dice.randrange(2, 40)),
                "counts": [row for row in counts if row["count"]],
            },
        )
        count += 1
    return count


def _person(email: str) -> Person | None:
    return Person.objects.filter(account__email=email).first()
