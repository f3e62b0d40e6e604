"""A volunteer's task in Chromium, with the line cut: what is pressed arrives, exactly once."""

import pytest

from doorstep.base.time import now
from doorstep.gatherings.tests.test_room_browser import chromium, signed_in, until  # noqa: F401
from doorstep.support.models import Assignment
from doorstep.support.tasks import actions
from doorstep.support.tests.helping import HOUR, world

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]


def test_updates_made_without_signal_arrive_once(chromium, live_server, borough):  # noqa: F811
    w = world(borough)
    mine = actions.give(w.task, w.helper, by=w.kwame, at=now() - HOUR)
    phone = signed_in(chromium, live_server, w.dorina)
    page = phone.new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{live_server.url}/support/helping/{mine.ref}/")
    phone.set_offline(True)
    page.get_by_role("button", name="I'm on my way").click()
    page.fill("#words-e", "The gate sticks")
    page.get_by_role("button", name="Save the note").click()
    page.locator("#kept").wait_for(state="visible")
    assert page.locator("#kept [data-count]").inner_text() == "2"
    assert Assignment.objects.get().state == "accepted"
    phone.set_offline(False)
    sent = ["accepted", "on_the_way", "note"]
    until(lambda: [step.kind for step in mine.steps.all()] == sent, page)
    page.get_by_text("On the way").first.wait_for()
    assert page.evaluate("localStorage.length") == 0
