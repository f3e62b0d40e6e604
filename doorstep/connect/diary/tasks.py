"""What the worker does for evidence diaries."""

from django_tasks import task

from doorstep.base.time import now


@task()
def make_bundle(bundle_id: int) -> None:
    """Make a bundle. Survives running twice."""
    from doorstep.connect.diary.actions import bundling

    bundling.make(bundle_id, at=now())


def tick() -> None:
    """Remind of days to keep."""
    from doorstep.connect.diary.actions import reminding

    reminding.remind(now())


def bundles_tick() -> None:
    """Make what the queue lost, and what a stopped worker left half-made."""
    from doorstep.connect.diary.actions import bundling

    bundling.make_what_waits(now())
