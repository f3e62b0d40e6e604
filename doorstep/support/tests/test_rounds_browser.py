"""A volunteer's round in Chromium, with the line cut: marks arrive once."""

import datetime as dt

import pytest

from doorstep.base.time import now
from doorstep.gatherings.tests.test_room_browser import (
    chromium,  # noqa: F401
    kept_are,
    lose_signal,
    signed_in,
    until,
)
from doorstep.support.models import Depot, Kind, Round, Stop
from doorstep.support.rounds import actions, outing
from doorstep.support.rounds.engine import planning
from doorstep.support.tests.helping import request_for, task_of, world

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]


def test_marks_made_without_signal_arrive_once(chromium, live_server, borough):  # noqa: F811
    here = world(borough)
    here.task.delete()
    Depot.objects.create(
        name="Hall", address="1 Quay", area=borough.locality, latitude=51.54, longitude=0.13
    )
    tasks = [
        task_of(request_for(here.maureen, borough.locality, address="7 Secret Street"), Kind.PARCEL)
        for _number in range(2)
    ]
    plan = actions.make_plan(
        borough.locality, day=now().date(), starts_at=dt.time(9), ends_at=dt.time(13),
        volunteers=[here.helper], tasks=tasks, by=here.kwame, at=now(), client_key="k" * 20,
        enqueue=False,
    )  # fmt: skip
    actions.plan_now(plan.pk, at=now(), search=planning.quick)
    plan.refresh_from_db()
    actions.send_out(plan, by=here.kwame, version=plan.version, at=now())
    one = Round.objects.select_related("plan__by", "volunteer__person").get()
    outing.accept(one, by=here.dorina, at=now())
    stop = one.stops.first()

    phone = signed_in(chromium, live_server, here.dorina)
    page = phone.new_page()
    page.set_default_timeout(60_000)
    page.goto(live_server.url + one.get_absolute_url())
    lose_signal(phone, page)
    page.locator(f"#stop-{stop.pk}").get_by_text("Done", exact=True).click()
    kept_are(1, page)
    assert Stop.objects.filter(state="done").count() == 0
    phone.set_offline(False)
    until(lambda: Stop.objects.filter(state="done").count() == 1, page)
    until(lambda: page.evaluate("localStorage.length") == 0, page)
