"""Volunteers see what is offered to them and theirs; the hub its own patch; nobody else a thing."""

from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.people.records.rules import can_open_record
from doorstep.support.models import (
    Assignment,
    MoneyLine,
    Offer,
    Plan,
    PlanLine,
    Request,
    Task,
    Volunteer,
)
from doorstep.support.tasks import rules as tasks
from doorstep.support.tests.helping import ALL, give
from doorstep.support.volunteers import rules
from tests.authorisation.answers import (
    BY_GET,
    MISSING,
    ON,
    Each,
    NotSwept,
    each,
    everyone,
    only,
    seen_by,
    within,
)
from tests.authorisation.world import World

ORDER = 62
# Volunteers of the world; the last three are so by rounds.
_HELPERS = ("member", "asker", "host")
_WORKERS = ("officer", "organiser", "far_organiser")


def furnish(world: World) -> None:
    helper = Volunteer.objects.get_or_create(person=world.member)[0]
    give(helper, *ALL)
    for name in ("asker", "host", "elsewhere"):
        Volunteer.objects.get_or_create(
            person=world.people[name], defaults={"state": "left", "left_at": now()}
            if name == "elsewhere" else {},
        )  # fmt: skip
    area = world.borough.locality

    def task(state, **more):  # type: ignore[no-untyped-def]
        request = Request.objects.create(
            person=world.owner, words="Bread.", locality=more.pop("where", area), state="in_hand",
            due_at=now(), address="1 Quay",
        )  # fmt: skip
        return Task.objects.create(
            request=request, kind="shopping", locality=request.locality, state=state,
            money_cap=2_000, **more,
        )  # fmt: skip

    asked = Offer.objects.create(task=task("offered"), volunteer=helper, expires_at=now())
    mine = Assignment.objects.create(task=task("accepted"), volunteer=helper)
    Assignment.objects.create(
        task=task("done", where=world.borough.far_locality, ended_at=now()),
        volunteer=Volunteer.objects.get(person=world.elsewhere), state="done", ended_at=now(),
    )  # fmt: skip
    line = MoneyLine.objects.create(
        assignment=mine,
        kind="spent",
        pence=500,
        receipt="receipts/lost.sealed",
        receipt_called="receipt.webp",
    )
    free = task("open")
    task("open", where=world.borough.far_locality)
    plan = Plan.objects.create(by=world.officer)
    PlanLine.objects.create(plan=plan, task=free, volunteer=helper)
    world.put("offer_to_the_member", pk=asked.pk)
    world.put("task_of_the_member", ref=mine.ref)
    world.put("receipt_of_the_member", ref=mine.ref, pk=line.pk)
    world.put("task_to_match", ref=free.ref)
    world.put("plan_of_the_officer", ref=plan.ref)
    world.put("the_member_as_volunteer", handle=world.member.handle)
    world.put("first_training", module="start")


_THEIRS = only(*_HELPERS, otherwise=ON)
_SEEN = seen_by("member", "officer", "organiser")
rows = within("support")
ROWS = [
    *rows("worker", get=everyone(), post=BY_GET),
    *rows("join", get=everyone(**each(ON, *_HELPERS))),
    *rows("volunteering", get=_THEIRS),
    *rows("change_volunteering", get=only(*_HELPERS, "elsewhere", otherwise=ON)),
    *rows("training", "first_training", get=only(*_HELPERS, "elsewhere", otherwise=ON)),
    *rows("offer", "offer_to_the_member", get=_SEEN),
    *rows("my_task task_money", "task_of_the_member", get=_SEEN),
    *rows(
        "receipt",
        "receipt_of_the_member",
        # The photo itself is gone from this world's disk: they are told so.
        get=seen_by("member", "officer", "organiser", page=ON),
        post=BY_GET,
    ),
    *rows("feedback", "task_of_the_member", get=seen_by("member", "officer", "organiser", "owner")),
    *rows("volunteers all_money", get=only(*_WORKERS), post=BY_GET),
    *rows("volunteer", "the_member_as_volunteer", get=seen_by("officer", "organiser")),
    *rows(
        "change_volunteer",
        "the_member_as_volunteer",
        get=only("officer", "organiser", far_organiser=MISSING),
    ),
    *rows("plans", get=only(*_WORKERS)),
    *rows("plan", "plan_of_the_officer", get=seen_by("officer")),
    *rows("task", "task_to_match", get=seen_by("officer", "organiser")),
]

NOT_SWEPT = [NotSwept("the argument is one of three trainings", ("support:training",))]


def _answers(me: Person | None, one: Assignment) -> bool:
    asked = one.task.request
    return tasks.can_see(me, one) or (
        me is not None and me.pk in (asked.person_id, asked.asked_by_id)
    )


def _assignments():  # type: ignore[no-untyped-def]
    return Assignment.objects.select_related(
        "task__request__person", "task__request__locality", "volunteer__person"
    )


EACH = [
    Each(
        "support:offer",
        lambda: Offer.objects.select_related("task__request__person", "volunteer"),
        lambda me, one: (
            me is not None and (one.volunteer.person_id == me.pk or tasks.can_offer(me, one.task))
        ),
    ),
    *(
        Each(f"support:{name}", _assignments, tasks.can_see, lambda one: {"ref": one.ref})
        for name in ("my_task", "task_money")
    ),
    Each("support:feedback", _assignments, _answers, lambda one: {"ref": one.ref}),
    Each(
        "support:receipt",
        lambda: MoneyLine.objects.exclude(receipt="").select_related(
            "assignment__task__request__person", "assignment__volunteer"
        ),
        lambda me, line: tasks.can_see(me, line.assignment),
        lambda line: {"ref": line.assignment.ref, "pk": line.pk},
    ),
    Each(
        "support:volunteer",
        lambda: Volunteer.objects.select_related("person__home"),
        rules.can_see,
        lambda one: {"handle": one.person.handle},
    ),
    Each(
        "support:change_volunteer",
        lambda: Person.objects.select_related("home"),
        lambda me, one: rules.is_desk(me) and can_open_record(me, one),
        lambda one: {"handle": one.handle},
    ),
    Each(
        "support:task",
        lambda: Task.objects.select_related("request__person", "request__locality"),
        tasks.can_offer,
        lambda one: {"ref": one.ref},
    ),
    Each(
        "support:plan",
        lambda: Plan.objects.all(),
        lambda me, one: me is not None and one.by_id == me.pk,
        lambda one: {"ref": one.ref},
    ),
]
