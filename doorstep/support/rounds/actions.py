"""Making a plan, planning it in the worker, and changing it by hand until it is sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.time import now
from doorstep.notices.actions import send
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.support.models import Depot, Kind, Round, RoundPlan, Stop, Task, Volunteer
from doorstep.support.rounds import inputs, rules
from doorstep.support.rounds.engine import planning
from doorstep.support.rounds.engine.morning import Timed, crow, timed

MOST_STOPS = 600
MOST_ROUNDS = 80
KIND_ROUND = "round"
KIND_PLAN = "round-plan"
# A worker that stopped lets go of a plan after this long.
_LOST = dt.timedelta(minutes=5)
_S, _P = Stop.State, RoundPlan.State


class CannotPlan(Exception):
    """The plan can't be made or changed like this; a sentence says why."""


class Stale(Exception):
    """Somebody else changed the plan meanwhile."""


# --- What could go on a plan --------------------------------------------------------------------


def on_live_plans() -> Any:
    """Return ids of tasks that are on a plan still under way."""
    return (
        Stop.objects.filter(plan__state__in=RoundPlan.LIVE, is_out=False)
        .exclude(plan__state=_P.SENT, round=None)
        .values("task")
    )


def open_tasks(area: Area, day: dt.date, viewer: Person) -> Any:
    """Return tasks nobody has yet, in the area, that may be done on that day; oldest first."""
    begins = inputs.moment_of(day, 0)
    ends = inputs.moment_of(day, 24 * 3600)
    return (
        Task.objects.visible_to(viewer)
        .filter(state=Task.State.OPEN, locality__path__startswith=area.path)
        .filter(request__is_drill=False)
        .filter(Q(starts_at=None) | Q(starts_at__lt=ends), Q(ends_at=None) | Q(ends_at__gt=begins))
        .exclude(pk__in=on_live_plans())
        .exclude(kind__in=["call", "transport"])
        .select_related("request__person", "locality")
        .order_by("request__priority", "created_at", "pk")
    )


def could_come(area: Area, viewer: Person) -> Any:
    """Return volunteers of the area who go out at all; whoever waited longest first."""
    return (
        Volunteer.objects.visible_to(viewer)
        .helping()
        .filter(person__home__path__startswith=area.path)
        .exclude(travel=Volunteer.Travel.HOME)
        .select_related("person__home")
        .order_by(F("last_task_at").asc(nulls_first=True), "signed_up_at", "pk")
    )


# --- Making one ---------------------------------------------------------------------------------


@transaction.atomic
def make_plan(
    area: Area,
    *,
    day: dt.date,
    starts_at: dt.time,
    ends_at: dt.time,
    volunteers: Sequence[Volunteer],
    tasks: Sequence[Task],
    cool_minutes: int = 0,
    seconds: int = 15,
    by: Person,
    at: dt.datetime,
    client_key: str,
    enqueue: bool = True,
) -> RoundPlan:
    """Ask for a day's rounds to be planned; the worker does it. Raises CannotPlan.

    Food parcels stay cool for `cool_minutes` after loading; 0 where that doesn't matter. Without
    `enqueue` nobody is asked to plan it: the caller does.
    """
    made = RoundPlan.objects.filter(client_key=client_key).first()
    if made is not None:
        return made
    if not rules.can_plan_in(by, area):
        raise CannotPlan(_("That isn't your patch."))
    placed = [task for task in tasks if task.latitude is not None and task.longitude is not None]
    if not placed:
        raise CannotPlan(_("None of these tasks has a postcode in the borough."))
    # Who helps from home by telephone carries nothing.
    volunteers = [one for one in volunteers if one.travel in inputs.ROOM]
    if not volunteers:
        raise CannotPlan(_("Tick at least one volunteer who goes out."))
    if len(placed) > MOST_STOPS or len(volunteers) > MOST_ROUNDS:
        raise CannotPlan(
            _("That is too much for one plan: at most %(stops)d stops and %(rounds)d volunteers.")
            % {"stops": MOST_STOPS, "rounds": MOST_ROUNDS}
        )
    depots = list(Depot.objects.filter(is_open=True).select_related("area"))
    near = [depot for depot in depots if depot.area.path.startswith(area.path)]
    near = near or [depot for depot in depots if area.path.startswith(depot.area.path)]
    if not near:
        raise CannotPlan(_("Say first where rounds begin: add a place to start from."))
    try:
        with transaction.atomic():
            plan = RoundPlan.objects.create(
                area=area,
                day=day,
                starts_at=starts_at,
                ends_at=ends_at,
                seconds=seconds,
                by=by,
                asked_at=at,
                client_key=client_key,
            )
    except IntegrityError:
        return RoundPlan.objects.get(client_key=client_key)
    homes = inputs.home_of(volunteer.person for volunteer in volunteers)
    rounds = []
    for number, volunteer in enumerate(volunteers):
        home = homes.get(volunteer.person_id)
        depot = near[number % len(near)]
        if home is not None:
            depot = min(near, key=lambda one: crow(home, (one.latitude, one.longitude)))
        room, cool = inputs.ROOM[Volunteer.Travel(volunteer.travel)]
        opens, closes = hours_of(volunteer, day, starts_at, ends_at)
        rounds.append(
            Round(
                plan=plan,
                volunteer=volunteer,
                depot=depot,
                mode=volunteer.travel,
                room=room,
                cool_room=cool,
                opens_at=opens,
                closes_at=closes,
                ends_home=home is not None,
            )
        )
    Round.objects.bulk_create(rounds)
    Stop.objects.bulk_create(
        Stop(
            plan=plan,
            task=task,
            cool_minutes=cool_minutes if task.kind == Kind.PARCEL else 0,
            order=number,
        )
        for number, task in enumerate(placed)
    )
    if enqueue:
        _enqueue(plan)
    return plan


def hours_of(
    volunteer: Volunteer, day: dt.date, starts_at: dt.time, ends_at: dt.time
) -> tuple[dt.time, dt.time]:
    """Return from when until when they can on that day, within the plan's hours.

    Whoever ticked only the morning goes home at noon. Whoever ticked nothing of the day has all
    of it, when the organiser says that they come.
    """
    turns = (dt.time(0), dt.time(12), dt.time(17), dt.time(23, 59))
    parts = [part for part in range(3) if volunteer.availability >> (3 * day.weekday() + part) & 1]
    spans = [
        (max(starts_at, turns[part]), min(ends_at, turns[part + 1]))
        for part in parts
        if turns[part] < ends_at and turns[part + 1] > starts_at
    ]
    if not spans:
        return starts_at, ends_at
    return spans[0][0], spans[-1][1]


def _enqueue(plan: RoundPlan) -> None:
    from doorstep.support.rounds.tasks import plan_rounds

    transaction.on_commit(partial(plan_rounds.enqueue, plan.pk))


# --- In the worker ------------------------------------------------------------------------------


def plan_now(
    plan_id: int,
    *,
    at: dt.datetime,
    search: Callable[..., planning.Planned] = planning.plan,
    tell: bool = True,
) -> bool:
    """Plan it; return whether this call did. One that is being planned elsewhere is left alone.

    `search` is what looks for the plan; without `tell` nobody gets a notice.
    """
    waiting = Q(state=_P.WAITS) | Q(state=_P.PLANNING, begun_at__lt=at - _LOST)
    if not RoundPlan.objects.filter(waiting, pk=plan_id).update(
        state=_P.PLANNING, begun_at=at, progress=1
    ):
        return False
    plan = RoundPlan.objects.select_related("area", "by").get(pk=plan_id)
    try:
        got = inputs.given(plan, for_planning=True)
        found = search(got.morning, seconds=plan.seconds, seed=plan.pk % 1000 + 1)
    except Exception:
        RoundPlan.objects.filter(pk=plan_id, state=_P.PLANNING, version=plan.version).update(
            state=_P.FAILED, progress=0
        )
        raise
    with transaction.atomic():
        mine = RoundPlan.objects.select_for_update().get(pk=plan_id)
        if mine.state != _P.PLANNING or mine.version != plan.version:
            return False  # dropped or asked for anew while we searched
        for runner, trips in enumerate(found.trips):
            _keep(got, runner, trips, found.times[runner])
        behind = []
        for left in found.left:
            stop = got.stops[left.parcel]
            detail = dict(left.detail)
            if "runner" in detail:
                detail.pop("runner")
            stop.why_left, stop.left_detail = left.code, detail
            stop.round, stop.arrives_at, stop.leaves_at = None, None, None
            behind.append(stop)
        Stop.objects.bulk_update(
            behind, ["round", "why_left", "left_detail", "arrives_at", "leaves_at"]
        )
        mine.state, mine.progress, mine.planned_at = _P.READY, 100, now()
        mine.trouble = got.trouble
        mine.figures = {
            "seconds": round(found.seconds, 1),
            "tries": found.iterations,
            "travel": found.travel,
            "faults": {},
            "idle": inputs.idle(got),
        }
        mine.save(update_fields=["state", "progress", "planned_at", "trouble", "figures"])
        if tell and plan.by is not None:
            send(
                KIND_PLAN,
                plan.by,
                key=f"round-plan:{plan.pk}:{plan.version}",
                title=gettext_lazy("The rounds are planned"),
                body=gettext_lazy("Have a look through them before they go out."),
                path=plan.get_absolute_url(),
                at=now(),
            )
    return True


def _keep(got: inputs.Given, runner: int, trips: Sequence[Sequence[int]], times: Timed) -> None:
    """Write one round and its stops as planned."""
    one = got.rounds[runner]
    day = one.plan.day
    one.travel_seconds = times.travel
    one.leaves_at = inputs.moment_of(day, times.trips[0].loads) if times.trips else None
    one.back_at = inputs.moment_of(day, times.ends) if times.trips else None
    one.save(update_fields=["travel_seconds", "leaves_at", "back_at"])
    changed = []
    order = 0
    for number, (trip, said) in enumerate(zip(trips, times.trips, strict=True)):
        for parcel, call in zip(trip, said.calls, strict=True):
            stop = got.stops[parcel]
            stop.round, stop.order, stop.trip = one, order, number
            stop.why_left, stop.left_detail = "", {}
            stop.arrives_at = inputs.moment_of(day, call.starts)
            stop.leaves_at = inputs.moment_of(day, call.leaves)
            stop.trip_leaves_at = inputs.moment_of(day, said.leaves)
            changed.append(stop)
            order += 1
    Stop.objects.bulk_update(
        changed,
        [
            "round", "order", "trip", "why_left", "left_detail", "arrives_at", "leaves_at",
            "trip_leaves_at",
        ],
    )  # fmt: skip


def time_again(plan_id: int, *, by_server: bool = True) -> None:
    """Work out all times as the rounds stand, and what doesn't fit any more."""
    plan = RoundPlan.objects.get(pk=plan_id)
    got = inputs.given(plan, for_planning=False, by_server=by_server)
    faults: dict[str, list[str]] = {}
    with transaction.atomic():
        travel = 0
        for runner, trips in enumerate(got.trips()):
            times = timed(got.morning, runner, trips)
            _keep(got, runner, trips, times)
            travel += times.travel
            if times.faults:
                faults[got.rounds[runner].ref] = sorted({code for code, _parcel in times.faults})
        mine = RoundPlan.objects.select_for_update().get(pk=plan_id)
        mine.figures = {**mine.figures, "travel": travel, "faults": faults}
        mine.save(update_fields=["figures"])


def pick_up(*, at: dt.datetime) -> None:
    """Plan again what a worker left lying when it stopped."""
    lost = RoundPlan.objects.filter(
        Q(state=_P.WAITS, asked_at__lt=at - _LOST) | Q(state=_P.PLANNING, begun_at__lt=at - _LOST)
    ).values_list("pk", flat=True)
    for pk in list(lost[:5]):
        plan_now(pk, at=at)


# --- By hand ------------------------------------------------------------------------------------


def _changing(plan: RoundPlan, *, by: Person, version: int) -> RoundPlan:
    """Claim the next version of a plan that may be changed. Raises Stale, CannotPlan."""
    if not rules.can_see_plan(by, plan):
        raise CannotPlan(_("That isn't your patch."))
    rows = RoundPlan.objects.filter(pk=plan.pk, version=version, state__in=[_P.READY, _P.FAILED])
    if not rows.update(version=F("version") + 1):
        plan.refresh_from_db()
        if plan.version != version:
            raise Stale
        raise CannotPlan(_("It can't be changed just now."))
    plan.refresh_from_db()
    return plan


def _times(plan: RoundPlan) -> None:
    """Work the times out: here when it takes no server, else in the worker."""
    if settings.ROUTING_URL:
        from doorstep.support.rounds.tasks import time_rounds

        transaction.on_commit(partial(time_rounds.enqueue, plan.pk))
    else:
        time_again(plan.pk, by_server=False)


@transaction.atomic
def plan_again(plan: RoundPlan, *, by: Person, version: int, at: dt.datetime) -> None:
    """Plan anew round what is fixed."""
    plan = _changing(plan, by=by, version=version)
    RoundPlan.objects.filter(pk=plan.pk).update(state=_P.WAITS, progress=0, asked_at=at)
    _enqueue(plan)


@transaction.atomic
def move(
    plan: RoundPlan, stop: Stop, to: Round, *, by: Person, version: int, place: int | None = None
) -> list[str]:
    """Put a stop on somebody's round and hold it there; return codes of what doesn't fit.

    Without a `place` (from 0, in the whole round) it goes where it costs least.
    """
    if stop.plan_id != plan.pk or to.plan_id != plan.pk:
        raise CannotPlan(_("That isn't on this plan."))
    plan = _changing(plan, by=by, version=version)
    stop.is_out, stop.round, stop.is_fixed = False, None, False
    stop.why_left, stop.left_detail = "", {}
    stop.save(update_fields=["is_out", "round", "is_fixed", "why_left", "left_detail"])
    got = inputs.given(plan, for_planning=False, by_server=False)
    runner = next(number for number, one in enumerate(got.rounds) if one.pk == to.pk)
    parcel = next(number for number, one in enumerate(got.stops) if one.pk == stop.pk)
    trips = got.trips()[runner]
    if place is None:
        trips = planning.best_place(got.morning, trips, runner, parcel)
    else:
        trips = _at(trips, parcel, place)
    _keep(got, runner, trips, timed(got.morning, runner, trips))
    Stop.objects.filter(pk=stop.pk).update(is_fixed=True)
    _times(plan)
    plan.refresh_from_db()
    return list(plan.figures.get("faults", {}).get(to.ref, []))


def _at(trips: list[list[int]], parcel: int, place: int) -> list[list[int]]:
    found = [list(trip) for trip in trips] or [[]]
    for trip in found:
        if place <= len(trip):
            trip.insert(place, parcel)
            return found
        place -= len(trip)
    found[-1].append(parcel)
    return found


@transaction.atomic
def shift(plan: RoundPlan, stop: Stop, *, by: Person, version: int, later: bool) -> None:
    """Swap a stop with the one before or after it on its round."""
    plan = _changing(plan, by=by, version=version)
    mine = list(Stop.objects.filter(plan=plan, round=stop.round).order_by("order", "pk"))
    at = next(number for number, one in enumerate(mine) if one.pk == stop.pk)
    other = at + (1 if later else -1)
    if not 0 <= other < len(mine):
        return
    a, b = mine[at], mine[other]
    a.order, b.order, a.trip, b.trip = b.order, a.order, b.trip, a.trip
    Stop.objects.bulk_update([a, b], ["order", "trip"])
    Stop.objects.filter(pk=stop.pk).update(is_fixed=True)
    _times(plan)


@transaction.atomic
def take_out(plan: RoundPlan, stop: Stop, *, by: Person, version: int) -> None:
    """Leave a stop out of this plan."""
    plan = _changing(plan, by=by, version=version)
    Stop.objects.filter(pk=stop.pk, plan=plan).update(
        is_out=True, round=None, is_fixed=False, why_left="", arrives_at=None, leaves_at=None
    )
    _times(plan)


@transaction.atomic
def put_back(plan: RoundPlan, stop: Stop, *, by: Person, version: int) -> None:
    """Let a stop be planned again."""
    plan = _changing(plan, by=by, version=version)
    Stop.objects.filter(pk=stop.pk, plan=plan).update(is_out=False, why_left="waits")


@transaction.atomic
def hold(plan: RoundPlan, thing: Stop | Round, *, on: bool, by: Person, version: int) -> None:
    """Fix a stop to its volunteer, or a whole round as it is; or let go of it."""
    plan = _changing(plan, by=by, version=version)
    type(thing)._default_manager.filter(pk=thing.pk, plan=plan).update(is_fixed=on)


@transaction.atomic
def change_round(plan: RoundPlan, one: Round, *, by: Person, version: int, **fields: Any) -> None:
    """Change what a round is planned with: depot, hours, room, how they go."""
    plan = _changing(plan, by=by, version=version)
    known = {"depot", "opens_at", "closes_at", "room", "cool_room", "mode", "ends_home"}
    Round.objects.filter(pk=one.pk, plan=plan).update(
        **{name: value for name, value in fields.items() if name in known}
    )
    _times(plan)


@transaction.atomic
def change_stop(
    plan: RoundPlan, stop: Stop, *, by: Person, version: int, size: int, cool_minutes: int
) -> None:
    """Change how much a stop takes, and how long it may be on the way."""
    plan = _changing(plan, by=by, version=version)
    Stop.objects.filter(pk=stop.pk, plan=plan).update(size=size, cool_minutes=cool_minutes)
    _times(plan)


@transaction.atomic
def drop(plan: RoundPlan, *, by: Person, at: dt.datetime) -> bool:
    """Throw the plan away before it is sent; its tasks are free again."""
    if not rules.can_see_plan(by, plan):
        raise CannotPlan(_("That isn't your patch."))
    open_ones = [_P.WAITS, _P.PLANNING, _P.READY, _P.FAILED]
    return bool(
        RoundPlan.objects.filter(pk=plan.pk, state__in=open_ones).update(
            state=_P.DROPPED, ended_at=at, version=F("version") + 1
        )
    )


@transaction.atomic
def send_out(plan: RoundPlan, *, by: Person, version: int, at: dt.datetime) -> int:
    """Ask every volunteer with stops; return how many. Rounds that break a rule are not sent."""
    plan = _changing(plan, by=by, version=version)
    if plan.figures.get("faults"):
        raise CannotPlan(
            _("Some rounds don't work out any more. Put them right or plan again, then send.")
        )
    with_stops = Round.objects.filter(plan=plan, stops__isnull=False).distinct()
    asked = list(with_stops.select_related("volunteer__person"))
    if not asked:
        raise CannotPlan(_("Nobody has a stop yet."))
    # Planned yesterday, and meanwhile they said yes to something else.
    full = inputs.full_of(plan, [one.volunteer for one in asked])
    names = [one.volunteer.person.known_as for one in asked if one.volunteer_id in full]
    if names:
        raise CannotPlan(
            _("%(names)s said yes as often as they want that week. Plan again, then send.")
            % {"names": ", ".join(names)}
        )
    if not RoundPlan.objects.filter(pk=plan.pk, state=_P.READY).update(
        state=_P.SENT, sent_at=at, by=by
    ):
        raise CannotPlan(_("It can't be changed just now."))
    Round.objects.filter(pk__in=[one.pk for one in asked]).update(state=Round.State.SENT)
    for one in asked:
        send(
            KIND_ROUND,
            one.volunteer.person,
            key=f"round:{one.pk}",
            title=gettext_lazy("Could you take a round?"),
            body=gettext_lazy("See when and about where it is, and say yes or no."),
            path=reverse("support:round", args=[one.ref]),
            at=at,
        )
    return len(asked)


def progress_of(plan: RoundPlan, at: dt.datetime) -> int:
    """Return how far planning has come, 0 to 99 while it goes on."""
    if plan.state != _P.PLANNING or plan.begun_at is None:
        return 0 if plan.state == _P.WAITS else 100
    gone = (at - plan.begun_at).total_seconds()
    return max(1, min(97, round(100 * gone / max(plan.seconds + 1, 1))))
