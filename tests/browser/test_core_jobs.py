"""The core jobs, done by keyboard alone: on a phone's screen, with script and without.

Join, start a team, post, reply, come to a gathering, take the register (JOURNEYS 1, 2, 11).
"""

from __future__ import annotations

import datetime as dt
import re

import pytest

from doorstep.base.time import today
from tests.browser.conftest import press, tab_to

SCRIPT = pytest.mark.parametrize("script", [False, True], ids=["no-script", "script"])


def fill(page, selector: str, words: str) -> None:
    """Reach a field by keyboard and type into it."""
    tab_to(page, selector)
    page.keyboard.press("Control+a")
    page.keyboard.type(words)


def enter(page, selector: str) -> None:
    """Reach a button or link by keyboard and press it; wait for the page it leads to."""
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


@SCRIPT
def test_a_newcomer_joins_with_an_email_and_a_code(opens, street, script):
    page = opens(script=script)
    address = f"newcomer-{'with' if script else 'without'}@example.org"
    page.goto("/")
    enter(page, 'main a[href="/account/signup/"]')
    fill(page, "#id_known_as", "Maureen Okonkwo")
    fill(page, "#id_contact", address)
    fill(page, "#id_postcode", "rm10 7fh")
    tab_to(page, "#id_agree")
    page.keyboard.press("Space")
    enter(page, "main form.joining button:not([type=button])")
    fill(page, "#id_code", street.code_for(address))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto("/people/me/")
    assert "Maureen Okonkwo" in page.locator("h1").inner_text()


@SCRIPT
def test_a_neighbour_starts_a_team_from_a_kit(opens, script):
    page = opens(as_="neighbour", script=script)
    page.goto("/teams/")
    enter(page, 'main a[href="/teams/start/"]')
    enter(page, 'button[value="tea-and-toast"]')
    name = f"Kettle Club {'with' if script else 'without'} script"
    fill(page, "#id_name", name)
    enter(page, "main form[method=post] button.btn:not([type=button])")
    assert name in page.locator("h1").inner_text()
    assert re.search(r"/teams/[a-z0-9-]+/", page.url)


@SCRIPT
def test_a_neighbour_posts_and_another_replies(opens, script):
    words = f"Who has a ladder, {'with' if script else 'without'} script?"
    page = opens(as_="neighbour", script=script)
    page.goto("/")
    fill(page, "#say", words)
    enter(page, "form.composer button:not([name])")
    page.goto("/")
    card = page.locator("article", has_text=words)
    assert card.count() == 1

    other = opens(as_="host", script=script)
    other.goto(card.locator("a[href*='/feed/']").first.get_attribute("href"))
    reply = f"I do, come round {'with' if script else 'without'} a trolley."
    fill(other, "form textarea", reply)
    enter(other, "form:has(textarea) button:not([name]):not([type=button])")
    assert other.get_by_text(reply).count() == 1


@SCRIPT
def test_a_neighbour_says_they_are_coming_and_the_host_takes_the_register(opens, script):
    host = opens(as_="host", script=script)
    host.goto("/whats-on/")
    enter(host, 'main a[href^="/whats-on/start/"]')
    title = f"Tea and toast {'with' if script else 'without'} script"
    plan(host, title)
    assert title in host.locator("h1").inner_text(), " ".join(
        host.locator("main .err").first.inner_text().split()
    )
    session = host.locator("a[href*='/whats-on/session/']").first.get_attribute("href")
    session = re.search(r"/whats-on/session/\d+/", session).group(0)

    guest = opens(as_="neighbour", script=script)
    guest.goto(session)
    enter(guest, 'form[action$="/coming/"] button')
    assert guest.get_by_text("You're coming").count() >= 1

    host.goto(f"{session}register/")
    # Three choices: here, not here, not marked yet. The last is chosen; down leads to the first.
    tab_to(host, "ul.rolls input[type=radio]:checked")
    press(host, "ArrowDown")
    enter(host, "form[data-behaviour=register] button:not([name])")
    assert host.locator('[data-tally="here"]').inner_text() == "1"


def plan(page, title: str) -> None:
    """Fill in the page that plans a gathering, in two days at ten, for an hour and a half."""
    day = today() + dt.timedelta(days=2)  # still ahead, should midnight pass meanwhile
    fill(page, "#id_title", title)
    fill(page, "#id_description", "A pot of tea, a toaster and a table by the window.")
    # Chromium asks for day and month in the order of the machine's own language.
    tab_to(page, "#id_day")
    page.keyboard.type(day.strftime("%d%m%Y"))
    if page.locator("#id_day").input_value() != day.isoformat():
        press(page, *["ArrowLeft"] * 3)
        page.keyboard.type(day.strftime("%m%d%Y"))
    tab_to(page, "#id_clock")
    page.keyboard.type("1000AM")
    tab_to(page, "#id_venue")
    page.keyboard.press("ArrowDown")
    enter(page, "main form[method=post] button.btn:not([name]):not([type=button])")
