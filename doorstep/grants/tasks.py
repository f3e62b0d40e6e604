"""What the worker does for funds."""

from django_tasks import task

from doorstep.base.time import now


@task()
def explain(fund_id: int) -> None:
    """Find out what a little more would have changed in a decided fund. Survives running twice."""
    from doorstep.grants.explain import work_out
    from doorstep.grants.models import Fund

    fund = Fund.objects.select_related("area").filter(pk=fund_id).first()
    if fund is not None:
        work_out(fund, at=now())


def tick() -> None:
    """Explanations that were begun and got lost."""
    from doorstep.grants.explain import work_out
    from doorstep.grants.models import Fund, Idea, Stage

    waiting = Idea.objects.filter(
        fund__stage__in=[Stage.DECIDED, Stage.CLOSED],
        state__in=[Idea.State.FUNDED, Idea.State.NOT_FUNDED],
        nearer_at=None,
    ).exclude(tie_id="")
    for fund in Fund.objects.filter(pk__in=waiting.values("fund")).select_related("area"):
        work_out(fund, at=now())
