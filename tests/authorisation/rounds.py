"""Rounds: officers and organisers of the area plan them; a volunteer sees their own."""

import datetime as dt

from doorstep.base.time import now, today
from doorstep.support.models import Depot, Request, Round, RoundPlan, Stop, Task, Volunteer
from doorstep.support.rounds import rules
from tests.authorisation.answers import (
    BY_GET,
    BY_POST,
    DONE,
    REFUSED,
    Each,
    only,
    seen_by,
    within,
)
from tests.authorisation.world import World

ORDER = 61


def furnish(world: World) -> None:
    area = world.borough.locality
    depot = Depot.objects.create(
        name="Hall", address="1 Quay", area=area, latitude=51.54, longitude=0.13
    )

    def plan(where, state, **more):  # type: ignore[no-untyped-def]
        return RoundPlan.objects.create(
            area=where, day=today(), starts_at=dt.time(9), ends_at=dt.time(13), state=state, **more
        )

    def goes(on, person, state):  # type: ignore[no-untyped-def]
        helper, _new = Volunteer.objects.get_or_create(person=person)
        return Round.objects.create(
            plan=on, volunteer=helper, depot=depot, state=state, mode="foot",
            opens_at=dt.time(9), closes_at=dt.time(13),
        )  # fmt: skip

    def stops(on, one):  # type: ignore[no-untyped-def]
        request = Request.objects.create(
            person=world.owner, words="A parcel.", locality=area, state="in_hand", due_at=now(),
            latitude=51.54, longitude=0.13,
        )  # fmt: skip
        task = Task.objects.create(
            request=request, kind="parcel", locality=area, latitude=51.54, longitude=0.13
        )
        Stop.objects.create(plan=on, round=one, task=task)

    ready = plan(area, RoundPlan.State.READY)
    stops(ready, goes(ready, world.member, Round.State.PLANNED))
    sent = plan(area, RoundPlan.State.SENT)
    asked = goes(sent, world.member, Round.State.SENT)
    stops(sent, asked)
    goes(sent, world.asker, Round.State.OVER)
    far = plan(world.borough.far_locality, RoundPlan.State.READY)
    goes(far, world.host, Round.State.PLANNED)
    world.put("round_plan", ref=ready.ref)
    world.put("round_plan_to_drop", ref=ready.ref, verb="drop")
    world.put("round_asked", ref=asked.ref)
    world.put("far_round_plan", ref=far.ref)


_DESK = ("officer", "organiser")
rows = within("support")
ROWS = [
    *rows("rounds", get=only(*_DESK, "far_organiser"), post=BY_GET),
    *rows("round_new depots", get=only(*_DESK, "far_organiser")),
    *rows("round_plan", "round_plan", get=seen_by(*_DESK), post=BY_GET),
    *rows("round_plan", "far_round_plan", get=seen_by(*_DESK, "far_organiser"), post=BY_GET),
    *rows("round_work", "round_plan_to_drop", get=BY_POST, post=seen_by(*_DESK, page=DONE)),
    *rows("round", "round_asked", get=seen_by("member")),
    *rows("round_sheet", "round_asked", get=seen_by(*_DESK, member=REFUSED), post=BY_GET),
]


def _all_rounds():  # type: ignore[no-untyped-def]
    return Round.objects.select_related("plan__area", "volunteer__person")


EACH = [
    Each(
        "support:round_plan",
        lambda: RoundPlan.objects.select_related("area"),
        rules.can_see_plan,
        lambda plan: {"ref": plan.ref},
    ),
    Each(
        "support:round_work",
        lambda: RoundPlan.objects.select_related("area"),
        rules.can_see_plan,
        lambda plan: {"ref": plan.ref, "verb": "again"},
        post=True,
    ),
    Each("support:round", _all_rounds, rules.can_see_round, lambda one: {"ref": one.ref}),
    Each(
        "support:round_sheet",
        _all_rounds,
        lambda me, one: rules.can_see_round(me, one) or rules.can_see_plan(me, one.plan),
        lambda one: {"ref": one.ref},
    ),
]
