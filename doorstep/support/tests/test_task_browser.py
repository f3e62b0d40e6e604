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


def test_todays_task_is_reopened_without_signal_until_it_is_theirs_no_more(
    chromium,  # noqa: F811
    live_server,
    borough,
):
    w = world(borough)
    mine = actions.give(w.task, w.helper, by=w.kwame, at=now() - HOUR)
    url = f"{live_server.url}/support/helping/{mine.ref}/"
    phone = signed_in(chromium, live_server, w.dorina)
    page = phone.new_page()
    page.set_default_timeout(20_000)
    page.goto(url)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    has_copy = "caches.match(location.pathname).then(Boolean)"
    until(lambda: page.evaluate(has_copy), page)
    # Closed, and opened again in the stairwell: where it is and whom to ring, and what is pressed.
    phone.set_offline(True)
    page.goto("about:blank")
    page.goto(url)
    assert "4 Heron Court" in page.inner_text("main")
    page.get_by_role("button", name="I'm on my way").click()
    page.locator("#kept").wait_for(state="visible")
    page.goto("about:blank")
    page.goto(url)
    assert page.locator("#kept [data-count]").inner_text() == "1"
    phone.set_offline(False)  # which tells the page; it sends what is kept and shows itself anew
    until(lambda: [one.kind for one in mine.steps.all()] == ["accepted", "on_the_way"], page)
    page.get_by_text("On the way").first.wait_for()
    # A copy whose day is over is not shown, and not kept.
    until(lambda: page.evaluate(has_copy), page)
    page.evaluate(
        """async () => {
            const [name] = (await caches.keys()).filter((one) => one.startsWith("kept:"));
            const copy = await caches.match(location.pathname);
            await caches.delete(name);
            const old = await caches.open(name.replace(/[0-9]+$/, "1"));
            await old.put(location.pathname, copy);
        }"""
    )
    phone.set_offline(True)
    page.goto(url)
    assert "Heron Court" not in page.inner_text("body")
    assert page.inner_text("h1") == "No signal just now"
    phone.set_offline(False)
    page.goto(url)
    until(lambda: page.evaluate(has_copy), page)
    # The hub takes it back: the next word from the server takes the copy along.
    actions.take_back(mine, by=w.kwame, at=now())
    page.goto(f"{live_server.url}/support/volunteering/")
    until(
        lambda: page.evaluate(
            "async (path) => !(await caches.match(path))"
            " && !!(await caches.match(location.pathname))",
            f"/support/helping/{mine.ref}/",
        ),
        page,
    )
    phone.set_offline(True)
    page.goto(url)
    assert "Heron Court" not in page.inner_text("body")
    # Signing out leaves nothing behind.
    phone.set_offline(False)
    page.goto(f"{live_server.url}/account/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_load_state()
    until(
        lambda: (
            not page.evaluate(
                "caches.keys().then((all) => all.filter((one) => one.startsWith('kept:')).length)"
            )
        ),
        page,
    )
    phone.close()


def test_what_the_server_refuses_stays_on_the_phone_until_the_person_decides(
    chromium,  # noqa: F811
    live_server,
    borough,
):
    w = world(borough)
    mine = actions.give(w.task, w.helper, by=w.kwame, at=now() - HOUR)
    phone = signed_in(chromium, live_server, w.dorina)
    page = phone.new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{live_server.url}/support/helping/{mine.ref}/")
    phone.set_offline(True)
    page.get_by_role("button", name="I'm on my way").click()
    page.locator("#kept").wait_for(state="visible")
    # The hub takes it back meanwhile: nothing that was pressed vanishes without a word.
    actions.take_back(mine, by=w.kwame, at=now())
    phone.set_offline(False)
    look = page.locator("#look")
    look.wait_for(state="visible")
    assert "I'm on my way" in look.inner_text()
    assert page.locator("#kept").is_hidden()
    page.goto(f"{live_server.url}/support/helping/{mine.ref}/")
    look.wait_for(state="visible")
    look.get_by_role("button", name="Send it again").click()
    until(lambda: "couldn't be sent" in look.inner_text(), page)
    look.get_by_role("button", name="Throw it away").click()
    look.wait_for(state="hidden")
    assert page.evaluate("localStorage.length") == 0
    assert "on_the_way" not in [step.kind for step in mine.steps.all()]
    phone.close()
