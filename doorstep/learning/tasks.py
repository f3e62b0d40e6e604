"""What the worker does for learning."""

from django_tasks import task

from doorstep.base.time import now


@task()
def make_booklet(booklet_id: int) -> None:
    """Make a booklet's PDF. Survives running twice."""
    from doorstep.learning.actions import booklets

    booklets.make(booklet_id, at=now())


def tick() -> None:
    """Reminders, stories whose yes has run out, and booklets that got lost."""
    from doorstep.learning.actions import booklets, chain, meetings, stories

    at = now()
    meetings.remind(at)
    chain.ask_how_it_went(at)
    stories.let_run_out(at)
    booklets.make_what_waits(at)


def digest_tick() -> None:
    """On Monday mornings: what was learned in the week before."""
    from doorstep.learning import digest

    digest.send(now())


def meanings_tick() -> None:
    """Read new questions and insights for what they mean."""
    from doorstep.learning import likeness

    likeness.read_new()
