"""What the worker does for rounds."""

from django_tasks import task

from doorstep.base.time import now


@task()
def plan_rounds(plan_id: int) -> None:
    """Plan a day's rounds. Survives running twice."""
    from doorstep.support.rounds import actions

    actions.plan_now(plan_id, at=now())


@task()
def time_rounds(plan_id: int) -> None:
    """Work out the times anew after a change by hand. Survives running twice."""
    from doorstep.support.rounds import actions

    actions.time_again(plan_id)


def tick() -> None:
    """Plans that were left lying, marks that have stood a while, and rounds of days gone by."""
    from doorstep.support.rounds import actions, outing

    at = now()
    actions.pick_up(at=at)
    outing.hand_on(at=at)
    outing.close_old(at=at)
