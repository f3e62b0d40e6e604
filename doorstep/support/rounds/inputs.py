"""From rows to numbers and back: what the engine gets of a plan, and what it gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings

from doorstep.base.time import in_london, local
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids
from doorstep.places.models import Postcode
from doorstep.support.models import Depot, Round, RoundPlan, Stop, Task, Volunteer
from doorstep.support.rounds.engine.morning import Hub, Morning, Parcel, Place, Runner, crow
from doorstep.support.rounds.engine.travel import STREETS
from doorstep.support.volunteers import lawful
from doorstep.support.volunteers.skills import ANYWHERE

# What one person carries at a time, and how much of it in a cool box.
ROOM = {
    Volunteer.Travel.FOOT: (5, 2),
    Volunteer.Travel.BIKE: (6, 3),
    Volunteer.Travel.BUS: (5, 2),
    Volunteer.Travel.CAR: (16, 8),
    Volunteer.Travel.VAN: (40, 16),
}
MOST_TRIPS = 5
AT_THE_DOOR = (2, 20)  # minutes at a door, at least and at most


def home_of(people: Iterable[Person]) -> dict[int, Place]:
    """Return person id -> the place of their postcode; two queries at most. For planning alone."""
    codes = {person.pk: person.postcode for person in people if person.postcode}
    found = {
        code: (latitude, longitude)
        for code, latitude, longitude in Postcode.objects.filter(
            code__in=set(codes.values())
        ).values_list("code", "latitude", "longitude")
    }
    return {pk: found[code] for pk, code in codes.items() if code in found}


def seconds_of(clock: dt.time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def moment_of(day: dt.date, seconds: int) -> dt.datetime:
    """Return the moment London's clock shows so many seconds after midnight on that day."""
    midnight = dt.datetime.combine(day, dt.time())
    return in_london(midnight + dt.timedelta(seconds=int(seconds)))


def seconds_at(day: dt.date, moment: dt.datetime) -> int:
    """Return the seconds since that day's midnight on London's clock; below 0 before it."""
    here = local(moment).replace(tzinfo=None)
    return int((here - dt.datetime.combine(day, dt.time())).total_seconds())


@dataclass
class Given:
    """A plan as the engine sees it, with the rows in the same order."""

    morning: Morning
    rounds: list[Round]
    stops: list[Stop]
    trouble: str = ""

    def trips(self) -> list[list[list[int]]]:
        """Return what each round holds now, as numbers of `stops`."""
        number_of = {one.pk: number for number, one in enumerate(self.rounds)}
        trips: list[dict[int, list[int]]] = [{} for _ in self.rounds]
        order = sorted(range(len(self.stops)), key=lambda n: (self.stops[n].order, n))
        for number in order:
            stop = self.stops[number]
            if stop.round_id in number_of:
                mine = trips[number_of[stop.round_id]]
                mine.setdefault(stop.trip, []).append(number)
        return [[mine[key] for key in sorted(mine)] for mine in trips]


def given(plan: RoundPlan, *, for_planning: bool, by_server: bool = True) -> Given:
    """Return the plan's morning.

    For planning, rounds that are fixed and their stops are left out, and so is what was taken
    out by hand; fixed stops may only go to the volunteer who has them.
    """
    rounds = list(
        plan.rounds.select_related("volunteer__person__home", "depot")
        .exclude(state__in=[Round.State.DECLINED, Round.State.CALLED_OFF])
        .order_by("pk")
    )
    stops = list(
        plan.stops.select_related("task__request__person", "task__request__help_reason")
        .filter(is_out=False)
        .order_by("pk")
    )
    everyone = rounds
    if for_planning:
        fixed = {one.pk for one in rounds if one.is_fixed}
        rounds = [one for one in rounds if one.pk not in fixed]
        stops = [stop for stop in stops if stop.round_id not in fixed]
    depots = list(dict.fromkeys(one.depot for one in rounds)) or list(
        dict.fromkeys(one.depot for one in everyone)
    )
    homes = home_of(one.volunteer.person for one in rounds)
    full = full_of(plan, [one.volunteer for one in rounds])
    never = _never(plan, [one.volunteer for one in rounds], [stop.task for stop in stops])
    morning = Morning(
        hubs=[_hub(depot) for depot in depots],
        parcels=[_parcel(plan, stop, never.get(stop.task_id, frozenset())) for stop in stops],
        runners=[
            _runner(one, homes.get(one.volunteer.person_id), one.volunteer_id in full)
            for one in rounds
        ],
    )
    from doorstep.support.rounds.engine.travel import tables

    address = settings.ROUTING_URL if by_server else ""
    morning.travel, trouble = tables(
        morning.places(), [runner.mode for runner in morning.runners] or ["foot"], address
    )
    return Given(morning, rounds, stops, trouble)


def _hub(depot: Depot) -> Hub:
    return Hub(
        str(depot.pk),
        (depot.latitude, depot.longitude),
        seconds_of(depot.opens_at),
        seconds_of(depot.closes_at),
        depot.loading_minutes * 60,
    )


def full_of(plan: RoundPlan, volunteers: Iterable[Volunteer]) -> set[int]:
    """Return ids of those who help as often as they want that week without this plan's round."""
    from doorstep.support.matching.ranking import loads

    rows = list(volunteers)
    noon = moment_of(plan.day, 12 * 3600)
    load = loads([row.pk for row in rows], noon, but=plan)
    return {row.pk for row in rows if load.get(row.pk, 0) >= row.weekly_cap}


def reach_of(volunteer: Volunteer) -> int | None:
    """Return how far they go as the crow flies, in metres; None: anywhere in the borough."""
    if volunteer.radius_metres >= ANYWHERE:
        return None
    # They said it of streets, as for a single task.
    return round(volunteer.radius_metres / STREETS)


def lives_at(person: Person, home: Place | None) -> Place | None:
    """Return the place of their postcode, or about the middle of where they live."""
    area = person.home
    if home is None and area is not None and area.latitude is not None:
        return area.latitude, area.longitude or 0.0
    return home


def _runner(one: Round, home: Place | None, has_enough: bool) -> Runner:
    volunteer = one.volunteer
    can = set(volunteer.skills) | {f"speaks {code}" for code in volunteer.person.languages}
    return Runner(
        key=str(one.pk),
        hub=str(one.depot_id),
        mode=one.mode,
        opens=seconds_of(one.opens_at),
        closes=seconds_of(one.closes_at),
        room=one.room,
        cool_room=one.cool_room,
        can=frozenset(can | {"speaks en-gb"}),
        # Without a postcode the round begins at the depot.
        start=home if one.ends_home else None,
        end=home if one.ends_home else None,
        trips=MOST_TRIPS,
        reach=reach_of(volunteer),
        lives=lives_at(volunteer.person, home),
        has_enough=has_enough,
    )


def idle(got: Given) -> dict[str, str]:
    """Return round ref -> "enough" or "reach", for volunteers whom nothing can be given at all."""
    found = {}
    for number, who in enumerate(got.morning.runners):
        hub = got.morning.hubs[got.morning.hub_at(number)].place
        if who.has_enough:
            found[got.rounds[number].ref] = "enough"
        elif who.reach is not None and crow(who.lives or hub, hub) > who.reach:
            found[got.rounds[number].ref] = "reach"
    return found


def _parcel(plan: RoundPlan, stop: Stop, never: frozenset[str]) -> Parcel:
    task = stop.task
    opens, closes = seconds_of(plan.starts_at), seconds_of(plan.ends_at)
    if task.starts_at is not None:
        opens = max(opens, seconds_at(plan.day, task.starts_at))
    if task.ends_at is not None:
        closes = min(closes, seconds_at(plan.day, task.ends_at))
    needs = set(task.skills)
    if task.language and task.language != "en-gb":
        needs.add(f"speaks {task.language}")
    least, most = AT_THE_DOOR
    return Parcel(
        key=str(stop.pk),
        place=(task.latitude or 0.0, task.longitude or 0.0),
        size=stop.size,
        cool_size=stop.size if stop.cool_minutes else 0,
        service=min(max(task.minutes, least), most) * 60,
        opens=opens,
        closes=max(closes, opens),
        cool_for=stop.cool_minutes * 60 or None,
        needs=frozenset(needs),
        only=str(stop.round_id) if stop.is_fixed and stop.round_id else None,
        never=never,
        worth=5 - task.request.priority,
    )


def _never(
    plan: RoundPlan, volunteers: Sequence[Volunteer], tasks: Sequence[Task]
) -> dict[int, frozenset[str]]:
    """Return task id -> keys of the rounds whose volunteer may not have it.

    The lawful rule, a block between the two, and nobody brings their own.
    """
    rounds = {
        volunteer_id: str(pk) for pk, volunteer_id in plan.rounds.values_list("pk", "volunteer_id")
    }
    held = lawful.papers_until(volunteer.pk for volunteer in volunteers)
    unwanted = {volunteer.pk: blocked_ids(volunteer.person) for volunteer in volunteers}
    lacking: dict[int, frozenset[int]] = {}
    found = {}
    for task in tasks:
        need = lawful.need_of_task(task)
        if need.papers not in lacking:
            lacking[need.papers] = frozenset(
                volunteer.pk
                for volunteer in volunteers
                if lawful.missing(need, held[volunteer.pk], plan.day)
            )
        about = {task.request.person_id, task.request.asked_by_id} - {None}
        found[task.pk] = frozenset(
            rounds[volunteer.pk]
            for volunteer in volunteers
            if volunteer.pk in lacking[need.papers]
            or volunteer.person_id in about
            or about & unwanted[volunteer.pk]
        )
    return found
