"""Telling us without signal, in Chromium: kept on the phone, sent later, exactly once."""

import pytest

from doorstep.gatherings.tests.test_room_browser import (
    chromium,  # noqa: F401
    kept_are,
    lose_signal,
    until,
)
from doorstep.watch.models import Concern

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]


def until_words_are_back(page):
    """What is kept on the phone comes out of its store a moment after it is asked for."""
    until(lambda: "lets it drip" in page.input_value("[name=what]"), page)


def without_signal(chromium, live_server, borough):  # noqa: F811
    """A phone (context, page) that has kept the page for telling us, and then lost its line."""
    phone = chromium.new_context(viewport={"width": 360, "height": 800})
    page = phone.new_page()
    page.goto(f"{live_server.url}/watch/tell/?area={borough.ward.slug}")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    lose_signal(phone, page)
    return phone, page


def test_what_is_told_without_signal_arrives_once_when_the_line_is_back(
    borough,
    live_server,
    chromium,  # noqa: F811
):
    phone, page = without_signal(chromium, live_server, borough)
    # The page itself is there without signal.
    page.goto(f"{live_server.url}/watch/tell/")
    for number, words in enumerate(("The lift smells.", "The lift is stuck again."), 1):
        page.select_option("[name=theme]", "damp")
        page.fill("[name=what]", words)
        page.select_option("[name=area]", borough.ward.slug)
        page.click("form.watch-tell > button.btn-stretch")
        kept_are(number, page)
    phone.set_offline(False)
    until(lambda: Concern.objects.count() == 2, page)
    page.wait_for_selector("#sent:not([hidden])")
    page.reload()
    page.wait_for_timeout(1500)
    assert sorted(row.what for row in Concern.objects.all()) == [
        "The lift is stuck again.",
        "The lift smells.",
    ]
    phone.close()


def test_a_line_that_is_down_is_never_answered_with_the_kept_page(
    borough,
    live_server,
    chromium,  # noqa: F811
):
    """The kept page has nobody's token: sent with it, a note would be refused, and stay."""
    phone, page = without_signal(chromium, live_server, borough)
    # Opened once more, the page belongs to its worker: from now on each question goes through it.
    page.goto(f"{live_server.url}/watch/tell/")
    assert page.evaluate("Boolean(navigator.serviceWorker.controller)")
    asked = "fetch('/watch/tell/').then(() => 'a page', () => 'no line')"
    assert page.evaluate(asked) == "no line"
    phone.close()


def test_what_asks_to_be_looked_at_again_stays_on_the_phone_until_it_is_sent(
    borough,
    live_server,
    chromium,  # noqa: F811
):
    phone, page = without_signal(chromium, live_server, borough)
    page.select_option("[name=theme]", "damp")
    page.fill("[name=what]", "My scum neighbour is a dirty liar and lets it drip.")
    page.select_option("[name=area]", borough.ward.slug)
    page.click("form.watch-tell > button.btn-stretch")
    kept_are(1, page)
    phone.set_offline(False)
    page.wait_for_selector("#look:not([hidden])")
    page.click("[data-look]")
    until_words_are_back(page)
    # Called away before it was put right: it is still there.
    page.goto(f"{live_server.url}/watch/tell/")
    page.wait_for_selector("#look:not([hidden])")
    page.click("[data-look]")
    until_words_are_back(page)
    page.fill("[name=what]", "Water drips through from above.")
    page.click("form.watch-tell > button.btn-stretch")
    until(lambda: Concern.objects.count() == 1, page)
    page.goto(f"{live_server.url}/watch/tell/")
    page.wait_for_timeout(500)
    assert page.locator("#look").is_hidden()
    assert Concern.objects.get().what == "Water drips through from above."
    phone.close()
