"""The journeys of trust, walked on a phone's screen: by keyboard, with script and without.

Uneasy about data, a mind changed (an officer acting by telephone), a harmful post, a worry from
any page, and the same person twice.
"""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import follow, tab_to
from tests.browser.test_core_jobs import SCRIPT, enter, fill

FOOD_BANK = "Riverside Food Bank"


def narrow(page) -> None:
    """No page is wider than the phone it is read on."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.url


def open_record(page, handle: str) -> None:
    """Give a reason, and open a record as an officer does on the telephone."""
    page.goto(f"/people/records/{handle}/")
    if page.locator("input[name=reason]").count():
        page.locator("input[name=reason][value=contact]").check()
        page.locator("#id_words").fill("She rang about the food bank")
        follow(page, page.get_by_role("button", name="Open the record"))


@SCRIPT
def test_somebody_uneasy_sees_who_looked_stops_a_sharing_and_asks_for_a_copy(opens, script):
    page = opens(as_="newcomer", script=script)
    page.goto("/people/me/record/")
    assert page.locator("main").inner_text()
    narrow(page)
    page.goto("/people/me/agreements/")
    narrow(page)
    stops = page.get_by_role("button", name=re.compile("Stop this now"))
    before = stops.count()
    assert before
    enter(page, 'main form[action$="/stop/"] button')
    page.goto("/people/me/agreements/")
    assert page.get_by_role("button", name=re.compile("Stop this now")).count() == before - 1
    page.goto("/people/me/record/export/")
    if page.get_by_role("button", name="Make me a copy").count():
        enter(page, 'main form[action="/people/me/record/export/"] button')
    assert "500" not in page.title()
    narrow(page)


def test_a_mind_changed_by_telephone_kills_the_link(opens):
    officer = opens(as_="officer", script=False)
    open_record(officer, "twinb1demo")
    officer.goto("/people/records/twinb1demo/agreements/new/help/")
    narrow(officer)
    _say_yes(officer)
    officer.goto("/people/records/twinb1demo/pass-on/help/")
    _pass_on(officer)
    link = officer.locator(".consent-link").inner_text().strip()
    link = re.sub(r"^https?://[^/]+", "", link)

    outside = opens(script=False)
    outside.goto(link)
    assert "Abdirahman" not in outside.locator("main").inner_text()
    fill(outside, "#id_name", "Fatou Sow")
    with outside.expect_navigation():
        outside.keyboard.press("Enter")
    assert "Abdirahman" in outside.locator("main").inner_text()

    # “I don't want that any more”, said on the phone.
    officer.goto("/people/records/twinb1demo/agreements/")
    form = officer.locator('main form[action$="/stop/"]').first
    officer.locator('main details:has(form[action$="/stop/"]) > summary').first.click()
    if form.locator("[name=how]").count():
        form.locator("[name=how][value=spoken]").check()
    follow(officer, form.locator("button").first)
    answer = outside.goto(link)
    gone = (answer.status, outside.locator("main").inner_text())
    never = outside.goto(re.sub(r"[^/]+/$", "a-key-that-never-was-anywhere/", link))
    assert gone == (never.status, outside.locator("main").inner_text())
    assert gone[0] == 404

    officer.goto("/people/records/twinb1demo/log/")
    assert "Fatou Sow" in officer.locator("main").inner_text()


def _say_yes(page) -> None:
    """Write down a spoken yes of somebody on the telephone."""
    _whom_and_what(page)
    page.locator("[name=days]").first.check()
    page.locator("[name=how][value=spoken]").check()
    page.locator("[name=words]").fill("Yes, do tell them")
    page.locator("[name=who]").first.check()
    follow(page, page.locator("main form button.btn:not([type=button])").last)


def _pass_on(page) -> None:
    _whom_and_what(page)
    follow(page, page.get_by_role("button", name="Make the sheet"))


def _whom_and_what(page) -> None:
    page.locator("[name=kind][value=organisation]").check()
    page.locator("main form [name=name]").fill(FOOD_BANK)
    for part in ("name", "phone"):
        page.locator(f"[name=parts][value={part}]").check()


@SCRIPT
def test_a_worry_is_one_tap_from_any_page_without_an_account(opens, script):
    page = opens(script=script)
    for path in ("/", "/teams/", "/whats-on/"):
        page.goto(path)
        assert page.locator('a[href^="/worried/"]').count(), path
    follow(page, page.locator('footer a[href^="/worried/"]').first)
    assert page.locator('main a[href="tel:999"]').count()
    narrow(page)
    page.locator("[name=urgency]").first.check()
    page.locator("[name=about_words]").fill("The lady at number 12")
    page.locator("[name=what]").fill("I heard her cry again")
    page.locator("[name=child][value=unsure]").check()
    follow(page, page.locator("main form[method=post] button.btn:not([type=button])").last)
    assert "I heard her cry again" not in page.locator("main").inner_text()


def test_a_sharp_post_is_asked_about_flagged_and_found_by_a_moderator(opens):
    page = opens(as_="neighbour", script=False)
    page.goto("/")
    words = "You are all idiots and I will smash your face in, Gary at 14 Heath Street"
    fill(page, "#say", words)
    enter(page, "form.composer button:not([name])")
    assert page.locator("button[name=kindly][value=send]").count() == 1
    narrow(page)
    enter(page, "button[name=kindly][value=send]")
    page.goto("/")
    href = page.locator("article", has_text=words[:30]).locator("a[href*='/feed/']").first
    post = re.search(r"/feed/(\d+)/", href.get_attribute("href")).group(1)

    other = opens(as_="host", script=False)
    other.goto(f"/feed/flag/post/{post}/")
    tab_to(other, "main input[type=radio]")
    other.keyboard.press("Space")
    follow(other, other.locator("main form button.btn:not([type=button])").last)

    moderator = opens(as_="moderator", script=False)
    moderator.goto(f"/feed/moderation/post/{post}/")
    assert words[:30] in moderator.locator("main").inner_text()
    narrow(moderator)


@pytest.mark.parametrize("script", [False], ids=["no-script"])
def test_an_officer_joins_two_records_and_parts_them(opens, script):
    page = opens(as_="officer", script=script)
    page.goto("/people/records/duplicates/")
    narrow(page)
    follow(page, page.locator('main a[href$="/twina1demo/twina2demo/"]'))
    assert "1941" not in page.locator("main").inner_text()
    fill(page, "#id_words", "She rang, and both have her number")
    enter(page, "button[value=why]")
    assert "1941" in page.locator("main").inner_text()
    narrow(page)
    tab_to(page, "input[name=from_known_as]")
    page.keyboard.press("Space")
    enter(page, "button[value=same]")
    assert page.locator("h1").inner_text() == "One record now"
    page.goto("/people/records/twina2demo/")
    assert "/twina1demo/" in page.url
    page.go_back()
    fill(page, "#id_why", "The niece has the same name")
    enter(page, "main form button.btn-stop")
    assert page.locator("h1").inner_text() == "Two records"
