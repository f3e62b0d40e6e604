"""What the worker does for signals."""

from django_tasks import task

from doorstep.base.time import now


@task()
def look(scan_id: int) -> None:
    """Scan all concerns because somebody asked. Survives running twice."""
    from doorstep.watch.signals import actions

    actions.run_scan(scan_id, at=now())


def tick() -> None:
    """Scan all concerns once a night."""
    from doorstep.watch.signals import actions

    actions.nightly(now())
