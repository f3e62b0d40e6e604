"""A volunteer's task in Chromium, with the line cut: what is pressed arrives, exactly once."""

import pytest

from doorstep.base.time import now
from doorstep.gatherings.tests.test_room_browser import (
    chromium,  # noqa: F401
    kept_are,
    lose_signal,
    signed_in,
    until,
)
from doorstep.support.models import Assignment
from doorstep.support.tasks import actions
from doorstep.support.tests.helping import HOUR, world

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]


# Whether the page's script and style lie on the phone, too: they come after its words.
HAS_PARTS = """async () => {
    const parts = await caches.open("kept-parts");
    const wanted = [...document.querySelectorAll("script[src], link[rel=stylesheet]")];
    const there = await Promise.all(wanted.map((one) => parts.match(one.src || one.href)));
    return there.length > 0 && there.every(Boolean);
}"""


def test_updates_made_without_signal_arrive_once(chromium, live_server, borough):  # noqa: F811
    w = world(borough)
    mine = actions.give(w.task, w.helper, by=w.kwame, at=now() - HOUR)
    phone = signed_in(chromium, live_server, w.dorina)
    page = phone.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{live_server.url}/support/helping/{mine.ref}/")
    lose_signal(phone, page)
    page.get_by_role("button", name="I'm on my way").click()
    page.fill("#words-e", "The gate sticks")
    page.get_by_role("button", name="Save the note").click()
    kept_are(2, page)
    assert Assignment.objects.get().state == "accepted"
    phone.set_offline(False)
    sent = ["accepted", "on_the_way", "note"]
    until(lambda: [step.kind for step in mine.steps.all()] == sent, page)
    page.get_by_text("On the way").first.wait_for()
    until(lambda: page.evaluate("localStorage.length") == 0, page)


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
    page.set_default_timeout(60_000)
    page.goto(url)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    has_copy = "caches.match(location.pathname).then(Boolean)"
    until(lambda: page.evaluate(has_copy) and page.evaluate(HAS_PARTS), page)
    # Closed, and opened again in the stairwell: where it is and whom to ring, and what is pressed.
    lose_signal(phone, page)
    page.goto("about:blank")
    page.goto(url)
    assert "4 Heron Court" in page.inner_text("main")
    page.get_by_role("button", name="I'm on my way").click()
    kept_are(1, page)
    page.goto("about:blank")
    page.goto(url)
    kept_are(1, page)
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
    lose_signal(phone, page)
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
    lose_signal(phone, page)
    page.goto(url)
    assert "Heron Court" not in page.inner_text("body")
    # Signing out leaves nothing behind.
    phone.set_offline(False)
    page.goto(f"{live_server.url}/account/logout/")
    with page.expect_navigation():
        page.get_by_role("button", name="Sign out").click()
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
    page.set_default_timeout(60_000)
    page.goto(f"{live_server.url}/support/helping/{mine.ref}/")
    lose_signal(phone, page)
    page.get_by_role("button", name="I'm on my way").click()
    kept_are(1, page)
    # The hub takes it back meanwhile: nothing that was pressed vanishes without a word.
    actions.take_back(mine, by=w.kwame, at=now())
    phone.set_offline(False)
    look = page.locator("#look")
    look.wait_for(state="visible")
    until(lambda: "I'm on my way" in look.inner_text(), page)
    page.locator("#kept").wait_for(state="hidden")
    page.goto(f"{live_server.url}/support/helping/{mine.ref}/")
    look.wait_for(state="visible")
    look.get_by_role("button", name="Send it again").click()
    until(lambda: "couldn't be sent" in look.inner_text(), page)
    look.get_by_role("button", name="Throw it away").click()
    look.wait_for(state="hidden")
    until(lambda: page.evaluate("localStorage.length") == 0, page)
    assert "on_the_way" not in [step.kind for step in mine.steps.all()]
    phone.close()
