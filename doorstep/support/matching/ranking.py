"""From the database to the engine and back: one task's list, a backlog's plan, and the reasons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorstep.base.remembering import Remembered
from doorstep.base.time import in_london, local
from doorstep.people.models import Block, Person
from doorstep.people.tongues import NAMES
from doorstep.places.models import Postcode
from doorstep.support.matching import engine
from doorstep.support.models import (
    Assignment,
    Kind,
    Offer,
    Round,
    RoundPlan,
    Stop,
    Task,
    Volunteer,
)
from doorstep.support.volunteers import lawful, rules, skills

MOST_SHOWN = 12
_BOUNDLESS = 1_000_000
# Rounds that somebody was asked for, or has said yes to.
_ROUNDS = (Round.State.SENT, Round.State.TAKEN, Round.State.OVER)


@dataclass
class Crew:
    """Volunteers with all that matching asks of them, read in a handful of queries."""

    volunteers: list[Volunteer]
    papers: dict[int, dict[int, dt.date]]
    spots: dict[int, tuple[float, float]]
    load: dict[int, int]
    # Whom they have helped before; pairs of people that don't go together; and (task, volunteer)
    # of those who were asked and didn't take it.
    helped: dict[int, set[int]] = field(default_factory=dict)
    apart: set[tuple[int, int]] = field(default_factory=set)
    asked: set[tuple[int, int]] = field(default_factory=set)


@dataclass
class Candidate:
    """Somebody who could do a task, and why them."""

    volunteer: Volunteer
    metres: int | None
    price: int
    reasons: list[dict[str, Any]]

    @property
    def words(self) -> list[str]:
        return in_words(self.reasons)


@dataclass
class Ranking:
    """`best` is who could do it, best first; `could` how many; `why_not` counts the others."""

    best: list[Candidate]
    could: int
    why_not: list[tuple[str, int]]


def week_of(moment: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Return Monday's beginning before a moment, and the next Monday's, on London's clock."""
    day = local(moment).date()
    monday = day - dt.timedelta(days=day.weekday())
    begin = in_london(dt.datetime.combine(monday, dt.time()))
    return begin, in_london(dt.datetime.combine(monday + dt.timedelta(days=7), dt.time()))


def loads(
    volunteers: Iterable[int], at: dt.datetime, *, but: RoundPlan | None = None
) -> dict[int, int]:
    """Return volunteer id -> how many times they help in the week of `at`; one query.

    A task taken on or offered, and not given back, is one time. A round is one time, however
    many doors it has; those of the plan `but` are left out.
    """
    begin, end = week_of(at)
    found: dict[int, int] = {}
    on_a_round = Stop.objects.filter(
        task=OuterRef("task"), round__volunteer=OuterRef("volunteer"), round__state__in=_ROUNDS
    )
    taken = (
        Assignment.objects.filter(accepted_at__gte=begin, accepted_at__lt=end)
        .exclude(state__in=[Assignment.State.HANDED_BACK, Assignment.State.TAKEN_BACK,
                            Assignment.State.CANCELLED])
        .exclude(Exists(on_a_round))
    )  # fmt: skip
    offered = Offer.objects.waiting().filter(offered_at__lt=end, expires_at__gte=begin)
    rounds = Round.objects.filter(
        state__in=_ROUNDS,
        plan__day__gte=local(begin).date(),
        plan__day__lt=local(end).date(),
    )
    if but is not None:
        rounds = rounds.exclude(plan=but)
    counted = [
        rows.order_by().values_list("volunteer").annotate(n=Count("pk"))  # type: ignore[attr-defined]
        for rows in (taken, offered, rounds)
    ]
    for pk, many in counted[0].union(*counted[1:], all=True):
        found[pk] = found.get(pk, 0) + many
    wanted = set(volunteers)
    return {pk: many for pk, many in found.items() if pk in wanted}


Spots = dict[str, tuple[float, float]]  # by postcode: latitude, longitude


def _read_spots(_before: Spots | None) -> Spots:
    rows = Postcode.objects.values_list("code", "latitude", "longitude")
    return {code: (latitude, longitude) for code, latitude, longitude in rows}


# A new table of postcodes comes twice a year.
postcode_spots = Remembered(_read_spots, 60)


def _spots_of(codes: set[str]) -> Spots:
    """Return where these postcodes lie (latitude, longitude), as it was a minute ago at most.

    Volunteers' postcodes lie sealed, so no join finds them; all of a borough's are fewer than
    many volunteers, and are read with one query.
    """
    every = postcode_spots()
    return {code: every[code] for code in codes if code in every}


def crew(volunteers: QuerySet[Volunteer], at: dt.datetime, *, tasks: Sequence[Task]) -> Crew:
    """Read those who may be asked for these tasks (each with its request): their papers, where
    they live, what they have this week, and what was between them and whom it is for."""
    rows = list(volunteers.helping().select_related("person__home").order_by("pk"))  # type: ignore[attr-defined]
    ids = [row.pk for row in rows]
    spots = _spots_of({row.person.postcode for row in rows if row.person.postcode})
    where = {}
    for row in rows:
        home = row.person.home
        spot = spots.get(row.person.postcode)
        if spot is None and home is not None and home.latitude is not None:
            spot = (home.latitude, home.longitude or 0.0)
        if spot is not None:
            where[row.pk] = spot
    helped, apart, asked = _between(tasks)
    return Crew(rows, lawful.papers_until(ids), where, loads(ids, at), helped, apart, asked)


def _between(
    tasks: Sequence[Task],
) -> tuple[dict[int, set[int]], set[tuple[int, int]], set[tuple[int, int]]]:
    """Return what was before: who helped whom, who blocks whom, who was asked; one query.

    The first names volunteers and people, the second people, the third tasks and volunteers.
    """
    people, numbers = {task.request.person_id for task in tasks}, {task.pk for task in tasks}
    past = Assignment.objects.filter(state=Assignment.State.DONE)
    gone = Offer.objects.exclude(state__in=[Offer.State.OPEN, Offer.State.WITHDRAWN]).exclude(
        task__ended_at__isnull=False
    )
    if len(tasks) <= 500:
        past = past.filter(task__request__person__in=people)
        gone = gone.filter(task__in=numbers)
    rows = (
        past.order_by()
        .values_list(Value("helped"), "volunteer_id", "task__request__person_id")
        .distinct()
        .union(
            Block.objects.order_by().values_list(Value("apart"), "blocker_id", "blocked_id"),
            gone.order_by().values_list(Value("asked"), "task_id", "volunteer_id"),
            all=True,
        )
    )
    helped: dict[int, set[int]] = {}
    apart: set[tuple[int, int]] = set()
    asked: set[tuple[int, int]] = set()
    for what, one, other in rows:
        if what == "apart":
            apart.add((one, other))
        elif what == "asked":
            asked.add((one, other))
        elif other in people:
            helped.setdefault(one, set()).add(other)
    return helped, apart, asked


def case_of(tasks: Sequence[Task], team: Crew, at: dt.datetime) -> engine.Case:
    """Return the numbers the engine shares out. Tasks with their request, person and reason."""
    import numpy as np

    today = local(at).date()
    needs = [lawful.need_of_task(task) for task in tasks]
    days = [max(today, local(task.ends_at).date() if task.ends_at else today) for task in tasks]
    spots = [
        (task.latitude, task.longitude)
        if task.latitude is not None and task.longitude is not None
        else None
        for task in tasks
    ]
    volunteers = team.volunteers
    homes = [team.spots.get(row.pk) for row in volunteers]
    ints = np.int64

    def places(rows: Sequence[tuple[float, float] | None]) -> tuple[np.ndarray, np.ndarray]:
        # Whoever's place isn't known is nowhere: further than anybody goes.
        flat = engine.flat(
            np.array([row[0] if row else 0.0 for row in rows]),
            np.array([row[1] if row else 0.0 for row in rows]),
        )
        return flat

    x, y = places(spots)
    vx, vy = places(homes)
    # A far corner on either side, so that two unknown places are not each other's neighbours.
    nowhere = np.array([home is None for home in homes], dtype=bool)
    if len(vx):
        vx = np.where(nowhere, vx + 5e7, vx)
    bits = len(lawful.PAPERS)
    papers = np.zeros((len(volunteers), bits), dtype=ints)
    for number, row in enumerate(volunteers):
        for bit, until in team.papers[row.pk].items():
            papers[number, bit.bit_length() - 1] = until.toordinal()
    room = [max(0, row.weekly_cap - team.load.get(row.pk, 0)) for row in volunteers]
    is_home = {Volunteer.Travel.HOME}
    return engine.Case(
        x=x, y=y,
        needs=np.array([need.papers for need in needs], dtype=ints),
        skills=np.array([skills.skill_bits(task.skills, asked=True) for task in tasks], dtype=ints),
        tongue=np.array(
            [skills.tongue_bits([task.language], asked=True) if task.language not in ("", "en-gb")
             else 0 for task in tasks], dtype=ints),
        parts=np.array([skills.parts_between(task.starts_at, task.ends_at) for task in tasks],
                       dtype=ints),
        on=np.array([day.toordinal() for day in days], dtype=ints),
        kind=np.array([skills.kind_bit(task.kind) for task in tasks], dtype=ints),
        priority=np.array([task.request.priority for task in tasks], dtype=ints),
        who=np.array([task.request.person_id for task in tasks], dtype=ints),
        is_far=np.array([task.kind == Kind.CALL for task in tasks], dtype=bool),
        vx=vx, vy=vy,
        radius=np.array([0 if row.travel in is_home else _radius(row) for row in volunteers],
                        dtype=ints),
        papers=papers,
        vskills=np.array([skills.skill_bits(row.skills) for row in volunteers], dtype=ints),
        vtongues=np.array([skills.tongue_bits(row.person.languages or ["en-gb"])
                           for row in volunteers], dtype=ints),
        # Somebody who ticked nothing hasn't said when: they are asked, and say no.
        vparts=np.array([row.availability or skills.EVERY_PART for row in volunteers], dtype=ints),
        vkinds=np.array([skills.kinds_bits(row.kinds) for row in volunteers], dtype=ints),
        room=np.array(room, dtype=ints),
        load=np.array([team.load.get(row.pk, 0) for row in volunteers], dtype=ints),
        days=np.array([max(0, (at - row.waiting_since).days) for row in volunteers], dtype=ints),
        knows={number: team.helped[row.pk] for number, row in enumerate(volunteers)
               if row.pk in team.helped},
        never=_never(tasks, team),
    )  # fmt: skip


def _radius(volunteer: Volunteer) -> int:
    """Return how far they go, in metres of streets; “anywhere in the borough” ends nowhere.

    A place that isn't known lies further than that all the same.
    """
    far = volunteer.radius_metres
    return _BOUNDLESS if far >= skills.ANYWHERE else far


def _never(tasks: Sequence[Task], team: Crew) -> set[tuple[int, int]]:
    """Pairs that must not be: their own request, a block between the two, or asked already."""
    by_person = {row.person_id: number for number, row in enumerate(team.volunteers)}
    by_pk = {row.pk: number for number, row in enumerate(team.volunteers)}
    found: set[tuple[int, int]] = set()
    concerns: dict[int, list[int]] = {}
    by_task = {task.pk: number for number, task in enumerate(tasks)}
    for number, task in enumerate(tasks):
        for pk in (task.request.person_id, task.request.asked_by_id):
            if pk is not None:
                concerns.setdefault(pk, []).append(number)
                if pk in by_person:
                    found.add((number, by_person[pk]))
    for one, other in team.apart:
        for pk, volunteer in ((one, by_person.get(other)), (other, by_person.get(one))):
            if volunteer is not None:
                found |= {(task, volunteer) for task in concerns.get(pk, ())}
    for task_pk, pk in team.asked:
        if task_pk in by_task and pk in by_pk:
            found.add((by_task[task_pk], by_pk[pk]))
    return found


# --- One task ------------------------------------------------------------------------------------


def ready(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Return the tasks with all that matching asks of them."""
    return tasks.select_related("request__person", "request__help_reason", "locality")


def rank(task: Task, team: Crew, *, at: dt.datetime, most: int = MOST_SHOWN) -> Ranking:
    """Return who could do this task, best first, with the reasons; and why others could not."""
    case = case_of([task], team, at)
    rows: list[tuple[int, int]] = []
    if case.volunteers:
        _tasks, volunteers, price = engine.all_pairs(case)
        order = (price + case.load[volunteers] * engine.MORE).argsort(kind="stable")
        rows = [(int(volunteers[place]), int(price[place])) for place in order]
    best = [_candidate(case, 0, number, price, task, team) for number, price in rows[:most]]
    return Ranking(best, len(rows), _why_not(case, {number for number, _price in rows}))


def _candidate(
    case: engine.Case, place: int, number: int, price: int, task: Task, team: Crew
) -> Candidate:
    row = team.volunteers[number]
    metres = None
    if not case.is_far[place]:
        crow = (
            (case.x[place] - case.vx[number]) ** 2 + (case.y[place] - case.vy[number]) ** 2
        ) ** 0.5
        metres = int(min(crow * engine.STREET, engine.FURTHEST))
    reasons: list[dict[str, Any]] = []
    if task.request.person_id in team.helped.get(row.pk, ()):
        reasons.append({"code": "knows"})
    if case.needs[place] & lawful.BARRED:
        reasons.append({"code": "check"})
    if task.skills:
        reasons += [{"code": "skill", "key": key} for key in task.skills]
    if case.tongue[place]:
        reasons.append({"code": "tongue", "key": task.language})
    if metres is not None:
        reasons.append({"code": "near", "n": metres})
        if row.radius_metres >= skills.ANYWHERE:
            reasons.append({"code": "anywhere"})
    days = int(case.days[number])
    reasons.append(
        {"code": "turn", "n": days} if row.last_task_at else {"code": "first", "n": days}
    )
    if case.parts[place]:
        reasons.append({"code": "hours"} if row.availability else {"code": "any_hours"})
    reasons.append({"code": "room", "n": int(case.load[number]), "of": row.weekly_cap})
    return Candidate(row, metres, price, reasons)


def in_words(reasons: Iterable[dict[str, Any]], *, to_them: bool = False) -> list[str]:
    """Return the reasons of a match, each in a few plain words; `to_them` says “you”."""
    if to_them:
        return _to_them(reasons)
    words = []
    for one in reasons:
        code, n = one.get("code"), int(one.get("n") or 0)
        if code == "knows":
            words.append(_("has helped them before"))
        elif code == "check":
            words.append(_("has the check the law asks for"))
        elif code == "skill":
            label = skills.SKILL_NAMES.get(one.get("key", ""), one.get("key", ""))
            words.append(_("can: %(skill)s") % {"skill": label})
        elif code == "tongue":
            key = one.get("key", "")
            words.append(_("speaks %(language)s") % {"language": NAMES.get(key, key)})
        elif code == "near":
            words.append(_("%(way)s away") % {"way": way(n)})
        elif code == "anywhere":
            words.append(_("goes anywhere in the borough"))
        elif code == "turn":
            words.append(
                ngettext("%(n)d day since their last task", "%(n)d days since their last task", n)
                % {"n": n}
            )
        elif code == "first" and not n:
            words.append(_("waits for a first task since today"))
        elif code == "first":
            words.append(
                ngettext(
                    "waits for a first task for %(n)d day",
                    "waits for a first task for %(n)d days",
                    n,
                )
                % {"n": n}
            )
        elif code == "hours":
            words.append(_("is free then"))
        elif code == "any_hours":
            words.append(_("hasn't said when they are free"))
        elif code == "room":
            words.append(_("has %(n)d of %(of)d this week") % {"n": n, "of": one.get("of", 0)})
    return words


def _to_them(reasons: Iterable[dict[str, Any]]) -> list[str]:
    """Why you: without what is only the desk's business."""
    words = []
    for one in reasons:
        code, n = one.get("code"), int(one.get("n") or 0)
        if code == "knows":
            words.append(_("You have helped them before."))
        elif code == "check":
            words.append(_("You have the check the law asks for."))
        elif code == "skill":
            label = skills.SKILL_NAMES.get(one.get("key", ""), one.get("key", ""))
            words.append(_("You ticked: %(skill)s.") % {"skill": label})
        elif code == "tongue":
            key = one.get("key", "")
            words.append(_("You speak %(language)s.") % {"language": NAMES.get(key, key)})
        elif code == "near":
            words.append(_("It is %(way)s from you.") % {"way": roughly(n)})
        elif code == "anywhere":
            words.append(_("You said that you go anywhere in the borough."))
        elif code == "turn" and n:
            words.append(
                ngettext(
                    "It's your turn: %(n)d day since your last task.",
                    "It's your turn: %(n)d days since your last task.",
                    n,
                )
                % {"n": n}
            )
        elif code == "first":
            words.append(_("It would be your first one."))
        elif code == "hours":
            words.append(_("You said that you're free then."))
    return words


def way(metres: int) -> str:
    """Return "600 m" or "2.4 km"."""
    if metres < 1_000:
        return _("%(n)d m") % {"n": round(metres, -1)}
    return _("%(n).1f km") % {"n": metres / 1000}


def roughly(metres: int) -> str:
    """Return "less than 500 m", "1.5 km" or "4 km": near enough to choose by.

    For whoever hasn't said yes: a way to ten metres would say whose door it is.
    """
    if metres < 500:
        return _("less than 500 m")
    if metres < 3_000:
        return _("%(n).1f km") % {"n": round(metres / 500) / 2}
    return _("%(n)d km") % {"n": round(metres / 1000)}


def _why_not(case: engine.Case, could: set[int]) -> list[tuple[str, int]]:
    """Count those who could not, each under the first thing that stands in the way."""
    import numpy as np

    m = case.volunteers
    if not m:
        return []
    left = np.ones(m, dtype=bool)
    left[list(could)] = False
    crow = np.hypot(case.x[0] - case.vx, case.y[0] - case.vy) * engine.STREET
    tests: list[tuple[str, Any]] = [
        (_("have no room this week"), case.room <= 0),
        (_("would rather do something else"), (case.vkinds & case.kind[0]) == 0),
    ]
    for bit in lawful.PAPERS:
        if int(case.needs[0]) & bit:
            short = str(lawful.SHORT[bit])
            tests.append((short, case.papers[:, bit.bit_length() - 1] < case.on[0]))
    tests.append((_("can't do what is needed"), (case.vskills & case.skills[0]) != case.skills[0]))
    if case.tongue[0]:
        tests.append((_("don't speak the language"), (case.vtongues & case.tongue[0]) == 0))
    if case.parts[0]:
        tests.append((_("aren't free then"), (case.vparts & case.parts[0]) == 0))
    if not case.is_far[0]:
        tests.append((_("live too far away"), crow > case.radius))
    found = []
    for words, fails in tests:
        many = int((fails & left).sum())
        left &= ~fails
        if many:
            found.append((words, many))
    if int(left.sum()):
        found.append((_("were asked already, or don't fit together"), int(left.sum())))
    return found


def volunteers_for(viewer: Person | None) -> QuerySet[Volunteer]:
    """Return the volunteers the viewer may ask: those of their patch."""
    return Volunteer.objects.visible_to(viewer)


def next_for(task: Task, *, asked_by: Person | None, at: dt.datetime) -> Candidate | None:
    """Return whom the clock asks next: the best of those whoever asked first may ask.

    When nobody did, or they hold no role any more, those who live where the task lies.
    """
    if asked_by is not None and rules.is_desk(asked_by):
        found = volunteers_for(asked_by)
    elif task.locality is not None:
        found = Volunteer.objects.filter(Q(person__home__path__startswith=task.locality.path))
    else:
        return None
    task = ready(Task.objects.filter(pk=task.pk)).get()
    team = crew(found, at, tasks=[task])
    best = rank(task, team, at=at, most=1).best
    return best[0] if best else None
