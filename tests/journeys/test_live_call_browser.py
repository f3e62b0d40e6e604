"""Journey 15 by keyboard alone, in Chromium at the size of a desk: a live call, from the first
word to its hub, and who it is found by the same keys."""

import pytest

from doorstep.gatherings.tests.test_room_browser import (  # noqa: F401
    chromium,
    lose_signal,
    signed_in,
    until,
)
from doorstep.people.merging import matching
from doorstep.people.tests.factories import PersonFactory
from doorstep.support.models import CallDraft, Request
from doorstep.support.tests.desk import make_desk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]


def tab_to(page, css, most=90):
    """Press Tab until this has the focus, as somebody without a mouse would."""
    for _press in range(most):
        if page.evaluate("(css) => document.activeElement?.matches(css) || false", css):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {css}")


def begins_a_call(phone, live_server):
    """Press the button for a call by keyboard; return the page with its form."""
    page = phone.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{live_server.url}/support/calls/")
    tab_to(page, "button[name=came_by][value=phone]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#call")
    return page


def test_a_live_call_is_taken_and_sent_to_its_hub_by_keyboard_alone(
    chromium,  # noqa: F811
    live_server,
    borough,
    settings,
):
    settings.REQUIRE_SECOND_FACTOR = False
    desk = make_desk(borough)
    known = PersonFactory(
        known_as="Maureen", full_name="Maureen Tully", phone="+447700900001",
        home=borough.ward, account=False,
    )  # fmt: skip
    matching.tick()
    phone = signed_in(chromium, live_server, desk.officer)
    page = begins_a_call(phone, live_server)
    for css, words in (
        ("#call [name=words]", "She needs bread and her tablets"),
        ("#call [name=called]", "Maureen Tully"),
        ("#call [name=phone]", "07700 900001"),
        ("#call [name=postcode]", "RM10 7FH"),
    ):
        tab_to(page, css)
        page.keyboard.type(words)
    # While it is typed: who it may be. Nothing of what is typed loses the focus.
    choice = f"#call-around input[value='{known.handle}']"
    page.wait_for_selector(choice)
    assert page.evaluate("document.activeElement.name") == "postcode"
    page.wait_for_function("document.querySelector('#call-around').innerText.includes('hub of')")
    tab_to(page, "#call-around input[name=person]")
    while not page.evaluate("(css) => document.querySelector(css).checked", choice):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/support/requests/**")
    until(lambda: Request.objects.filter(person=known).count() == 1, page)
    made = Request.objects.get()
    assert made.reference in page.inner_text("main")
    # And on to its hub, without lifting the hands.
    tab_to(page, "button[name=then][value=route], form[action$='/route/'] button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/support/desk/**")
    until(lambda: Request.objects.get().state == "hub", page)
    assert Request.objects.get().locality == borough.locality
    phone.close()


def test_a_call_whose_line_drops_says_so_and_goes_when_the_line_is_back(
    chromium,  # noqa: F811
    live_server,
    borough,
    settings,
):
    settings.REQUIRE_SECOND_FACTOR = False
    desk = make_desk(borough)
    phone = signed_in(chromium, live_server, desk.officer)
    page = begins_a_call(phone, live_server)
    tab_to(page, "#call [name=words]")
    page.keyboard.type("She needs bread and her tablets")
    tab_to(page, "#call [name=called]")
    page.keyboard.type("Maureen Tully")
    # Enter in a line looks who it may be; it sends nothing half written.
    page.keyboard.press("Enter")
    until(lambda: CallDraft.objects.get().typed.get("called") == "Maureen Tully", page)
    assert page.is_visible("#call-around [data-saved]")
    lose_signal(phone, page)
    tab_to(page, "#call [name=phone]")
    page.keyboard.type("07700 900001")
    page.wait_for_selector("#unsaved:not([hidden])")
    assert not page.is_visible("#call-around [data-saved]")
    # Sent without a line: it stays on the screen, and goes by itself.
    page.keyboard.press("Control+Enter")
    assert Request.objects.count() == 0
    phone.set_offline(False)
    page.wait_for_url("**/support/requests/**")
    made = Request.objects.get()
    assert (made.person.known_as, made.phone) == ("Maureen Tully", "+447700900001")
    phone.close()
