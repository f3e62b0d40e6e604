"""Passkeys in a real browser, with an authenticator made of software."""

import os

import pytest
from django.core import mail

from doorstep.people.models import Account
from doorstep.people.tests import flows
from doorstep.people.tests.factories import PersonFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@pytest.fixture
def page():
    """A page whose browser has a phone's passkeys, and that complains of nothing."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        devtools.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        complaints = []
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        # A form that failed answers 422, which Chromium notes as an error; nothing else may be.
        assert [line for line in complaints if "422" not in line] == []
        browser.close()


@pytest.fixture
def address(live_server):
    # A passkey belongs to a name; "127.0.0.1" is none.
    return live_server.url.replace("127.0.0.1", "localhost")


def sign_out(page, address):
    page.goto(f"{address}/account/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{address}/")


def come_in_with_the_passkey(page, address):
    page.goto(f"{address}/account/login/?next=/people/me/")
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    page.goto(f"{address}/people/me/")


def test_joining_with_a_passkey_and_coming_back_with_it(page, address):
    page.goto(f"{address}/account/signup/")
    page.get_by_label("What do people call you?").fill("Amina")
    page.get_by_label("Your e-mail or mobile number").fill("amina@example.org")
    page.get_by_text("A passkey").click()
    page.get_by_text("a good neighbour").click()
    page.get_by_role("button", name="Join", exact=True).click()
    page.wait_for_url("**/confirm-email/")
    page.get_by_label("The code we sent you").fill(flows.mailed_code())
    page.get_by_role("button", name="Carry on").click()
    page.wait_for_url("**/webauthn/signup/")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url(f"{address}/")
    sign_out(page, address)
    come_in_with_the_passkey(page, address)
    assert page.get_by_role("heading", level=1).inner_text() == "Amina"
    assert len(mail.outbox) == 1


def test_a_passkey_as_the_second_lock(page, address):
    person = PersonFactory(known_as="Bryn")
    Account.objects.filter(person=person).update(email="bryn@example.org")
    page.goto(f"{address}/account/login/")
    page.get_by_label("Your e-mail or mobile number").fill("bryn@example.org")
    page.get_by_role("button", name="Send me a code").click()
    page.wait_for_url("**/code/confirm/")
    page.get_by_label("The code we sent you").fill(flows.mailed_code())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/account/2fa/webauthn/add/")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url("**/recovery-codes/")
    assert page.locator(".spare-codes li").count() == 10
    sign_out(page, address)
    page.goto(f"{address}/account/login/")
    page.get_by_label("Your e-mail or mobile number").fill("bryn@example.org")
    page.get_by_role("button", name="Send me a code").click()
    page.wait_for_url("**/code/confirm/")
    page.get_by_label("The code we sent you").fill(flows.mailed_code())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/2fa/authenticate/")
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/people/me/")
    assert page.get_by_role("heading", level=1).inner_text() == "Bryn"


def test_a_passkey_that_does_not_come_is_told_in_words(page, address):
    page.goto(f"{address}/account/login/")
    problem = page.get_by_text("That didn't work")
    assert not problem.is_visible()
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('no')); }")
    page.get_by_role("button", name="Use your passkey").click()
    problem.wait_for()


def test_a_password_may_be_looked_at_while_it_is_typed(page, address):
    page.goto(f"{address}/account/login/?with=password")
    password, tick = page.locator("#id_password"), page.get_by_label("Show what I type")
    password.fill("three wet cats")
    assert password.get_attribute("type") == "password"
    tick.check()
    assert password.get_attribute("type") == "text"
    # Read aloud to nobody else: browsers send what they spell-check to their makers.
    assert password.get_attribute("spellcheck") == "false"
    tick.uncheck()
    assert password.get_attribute("type") == "password"
    tick.check()
    page.evaluate("document.querySelector('#id_password').form.requestSubmit()")
    page.wait_for_load_state()
    assert page.locator("#id_password").get_attribute("type") == "password"
