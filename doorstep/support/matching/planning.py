"""A whole backlog shared out: proposed, looked through by a human, and only then sent."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.support.matching import engine, ranking
from doorstep.support.models import Plan, PlanLine, Task, Volunteer
from doorstep.support.requests.rules import Role, paths_of
from doorstep.support.tasks import actions
from doorstep.support.volunteers import rules

# So many tasks a plan holds at most: what comes after waits for the next one.
MOST = 10_000
# Plans nobody looked through are dropped after a day: by then they are about yesterday.
STALE = dt.timedelta(hours=24)


def backlog(viewer: Person | None, area: Area | None = None) -> Any:
    """Return the open tasks the viewer may put to volunteers, the most pressing first."""
    tasks = (
        Task.objects.visible_to(viewer)
        .filter(state=Task.State.OPEN, request__is_drill=False)
        .exclude(request__state="new")
    )
    if area is not None:
        tasks = tasks.filter(locality__path__startswith=area.path)
    return tasks.order_by("request__priority", "ends_at", "pk")


def area_of(viewer: Person) -> Area | None:
    """Return the one area a viewer's plan is for; None for the whole borough."""
    if "" in rules.patch_of(viewer):
        return None
    paths = paths_of(viewer, Role.ORGANISER) or paths_of(viewer, Role.OFFICER)
    return Area.objects.filter(path__in=paths).order_by("path").first()


@transaction.atomic
def propose(*, by: Person, at: dt.datetime) -> Plan:
    """Share the viewer's backlog out among the volunteers of their patch; nobody is asked yet.

    Raises NotTheirs for somebody without a desk.
    """
    if not rules.is_desk(by):
        raise actions.NotTheirs
    tasks = list(ranking.ready(backlog(by))[:MOST])
    team = ranking.crew(ranking.volunteers_for(by), at, tasks=tasks)
    case = ranking.case_of(tasks, team, at)
    shared = engine.share_out(case)
    plan = Plan.objects.create(area=area_of(by), made_at=at, by=by)
    lines, given = [], [0] * case.volunteers
    for place, task in enumerate(tasks):
        number = int(shared.who[place])
        found = None
        if number >= 0:
            found = ranking._candidate(case, place, number, 0, task, team)
            given[number] += 1
        lines.append(
            PlanLine(
                plan=plan, task=task, volunteer=found.volunteer if found else None,
                metres=found.metres if found else None, reasons=found.reasons if found else [],
            )
        )  # fmt: skip
    PlanLine.objects.bulk_create(lines, batch_size=500)
    import numpy as np

    after = case.load + np.array(given, dtype=np.int64)
    plan.figures = {
        "tasks": len(tasks),
        "given": sum(given),
        "volunteers": case.volunteers,
        "asked": sum(1 for many in given if many),
        "pairs": shared.pairs,
        "metres": int(shared.metres.sum()),
        "gini_before": round(engine.gini(case.load), 2),
        "gini_after": round(engine.gini(after), 2),
        "longest": int(case.days.max()) if case.volunteers else 0,
        "proved": bool(shared.proved),
    }
    plan.save(update_fields=["figures"])
    return plan


def send(
    plan: Plan, *, by: Person, at: dt.datetime, keep: set[int] | None = None
) -> dict[str, int]:
    """Ask the volunteers of the lines kept (ids; None is all); return what became of them.

    Each line by itself: a task that was taken or a check that ran out since is left out, and
    said. The same plan sent twice asks nobody twice.
    """
    if plan.by_id != by.pk:
        raise actions.NotTheirs
    if not Plan.objects.filter(pk=plan.pk, state=Plan.State.PROPOSED).update(
        state=Plan.State.SENT, sent_at=at
    ):
        raise actions.NotNow(_("This plan has been sent already."))
    plan.state, plan.sent_at = Plan.State.SENT, at
    counts = {"sent": 0, "overtaken": 0, "left_out": 0}
    rows = (
        plan.lines.filter(state=PlanLine.State.PROPOSED)  # type: ignore[attr-defined]
        .exclude(volunteer=None)
        .select_related("task__request__person", "task__request__help_reason", "volunteer__person")
    )
    for line in rows:
        if line.volunteer is None or (keep is not None and line.pk not in keep):
            line.state = PlanLine.State.LEFT_OUT
            counts["left_out"] += 1
        else:
            try:
                actions.offer(
                    line.task, line.volunteer, by=by, at=at, reasons=line.reasons,
                    metres=line.metres,
                )  # fmt: skip
                line.state = PlanLine.State.SENT
                counts["sent"] += 1
            except (actions.NotNow, actions.NotTheirs):
                line.state = PlanLine.State.OVERTAKEN
                counts["overtaken"] += 1
        line.save(update_fields=["state"])
    return counts


def drop(plan: Plan, *, by: Person) -> None:
    """Throw a plan away; nobody was asked."""
    if plan.by_id != by.pk:
        raise actions.NotTheirs
    Plan.objects.filter(pk=plan.pk, state=Plan.State.PROPOSED).update(state=Plan.State.DROPPED)


def tidy(at: dt.datetime) -> int:
    """Drop plans nobody sent within a day."""
    return Plan.objects.filter(state=Plan.State.PROPOSED, made_at__lt=at - STALE).update(
        state=Plan.State.DROPPED
    )


def fairness(viewer: Person | None, at: dt.datetime) -> dict[str, Any]:
    """Return how fairly work lies in the viewer's patch over the last four weeks.

    Counts only: helping, waiting (no task in four weeks), longest (days), tasks by how many
    volunteers, and the Gini of tasks per volunteer.
    """
    import numpy as np

    since = at - dt.timedelta(days=28)
    did = Q(assignments__accepted_at__gte=since) & ~Q(
        assignments__state__in=["handed_back", "taken_back", "cancelled"]
    )
    rows = list(
        Volunteer.objects.visible_to(viewer)
        .helping()
        .order_by()
        .annotate(many=Count("assignments", filter=did))
        .values_list("pk", "last_task_at", "signed_up_at", "many")
    )
    loads = {row[0]: row[3] for row in rows}
    spread: dict[int, int] = {}
    for many in loads.values():
        spread[min(many, 6)] = spread.get(min(many, 6), 0) + 1
    waits = [(at - (last or signed)).days for _pk, last, signed, _many in rows]
    return {
        "helping": len(rows),
        "waiting": sum(1 for many in loads.values() if not many),
        "longest": max(waits, default=0),
        "spread": [(many, spread.get(many, 0)) for many in range(7)],
        "most": max(spread.values(), default=0),
        "gini": engine.gini(np.array(list(loads.values()))) if loads else 0.0,
    }
