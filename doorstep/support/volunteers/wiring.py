"""What volunteers, matching and tasks hang up at the start."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Panel, Tick, ticks
from doorstep.base.time import now
from doorstep.support.volunteers import merging, privacy  # noqa: F401


def wire() -> None:
    """Fill the registries of the floors below."""
    from doorstep.base.benches import benches
    from doorstep.design.navigation import Link, add_link
    from doorstep.notices.kinds import Kind, kinds
    from doorstep.people.models import record_panels
    from doorstep.people.readings.kinds import Readable, capacities, readables
    from doorstep.safeguarding.things import Thing, things
    from doorstep.support.matching import planning
    from doorstep.support.requests.working import on_cancelled
    from doorstep.support.tasks import actions
    from doorstep.support.tasks import things as task_things
    from doorstep.support.volunteers import actions as volunteering
    from doorstep.support.volunteers import panels, rules, standby

    benches.add("assignment", "doorstep.support.matching.bench.BENCH")
    capacities.add("volunteer", _("the volunteer who has a task for you"))
    readables.add("volunteering", Readable(_("your volunteer's page"), _("the volunteer's page")))
    on_cancelled.add("tasks", actions.called_off)

    def nobody_answered(assignment: Any, *, by: Any, at: Any) -> None:
        """A door that stayed shut is a missed contact: the rule that sends somebody counts it."""
        from doorstep.support.contacts.actions import record
        from doorstep.support.models import ContactAttempt

        if assignment.why != "no_answer":
            return
        is_call = assignment.task.kind == "call"
        record(
            assignment.task.request.person,
            by=by,
            at=at,
            outcome=ContactAttempt.Outcome.NO_ANSWER
            if is_call
            else ContactAttempt.Outcome.NOBODY_HOME,
            channel=ContactAttempt.Channel.PHONE if is_call else ContactAttempt.Channel.VISIT,
            request=assignment.task.request,
            task=assignment.task,
            client_key=f"task-{assignment.ref}",
        )

    actions.on_not_done.add("contacts", nobody_answered)
    things.add("task", Thing(_("a task you do for them"), task_things.find))
    kinds.add(
        actions.KIND_OFFER,
        Kind(
            _("Somebody could do with a hand, and we ask you"),
            by_email=True,
            is_essential=True,
            subject=_("a neighbour could do with a hand"),
            only_for=lambda person: rules.volunteer_of(person) is not None,
        ),
        order=30,
    )
    kinds.add(
        actions.KIND_NEWS,
        Kind(
            _("News about tasks you have"),
            by_email=True,
            is_essential=True,
            cannot_wait=True,
            subject=_("news about a task"),
            only_for=lambda person: rules.volunteer_of(person) is not None,
        ),
        order=31,
    )
    kinds.add(
        volunteering.KIND_VOLUNTEERING,
        Kind(
            _("What to know as a volunteer"),
            by_email=True,
            subject=_("about lending a hand"),
            only_for=lambda person: rules.volunteer_of(person) is not None,
        ),
        order=32,
    )
    kinds.add(
        actions.KIND_DESK,
        Kind(
            _("A task or a volunteer needs the hub"),
            by_email=True,
            subject=_("something waits at the hub"),
            only_for=rules.is_desk,
        ),
        order=33,
    )

    def every_few_minutes() -> Any:
        at = now()
        return actions.expire(at), planning.tidy(at)

    ticks.add("support: offers that wait too long", Tick(every_few_minutes, 120))
    ticks.add("support: volunteers", Tick(lambda: standby.tick(now()), 30 * 60))
    record_panels.add("volunteering", Panel(_("Lending a hand"), panels.on_record), order=40)
    add_link(
        Link(
            "work",
            _("Volunteers"),
            "support:volunteers",
            "heart-handshake",
            44,
            only_for=rules.is_desk,
        )
    )
    add_link(Link("me", _("Lending a hand"), "support:volunteering", "heart-handshake", 45))
