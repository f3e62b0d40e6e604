"""What the worker does for people's rights."""

from django_tasks import task

from doorstep.base.time import now


@task()
def make_export(export_id: int) -> None:
    """Make a copy of everything. Survives running twice."""
    from doorstep.people.rights import actions

    actions.make(export_id, at=now())


def tick() -> None:
    """Copies whose week is over, and people whose day to be forgotten has come."""
    from doorstep.people.rights import actions

    at = now()
    actions.forget_exports(at=at)
    actions.run_due_erasures(at=at)
