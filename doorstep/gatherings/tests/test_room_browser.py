"""Register and room in Chromium, with the line cut: what is tapped arrives, exactly once."""

import time
from contextlib import suppress

import pytest

from doorstep.gatherings.models import Place, RoomMessage
from doorstep.gatherings.tests.at_the_door import HOUR, coming, session_that
from doorstep.people.sessions import SessionStore
from doorstep.people.tests.factories import PersonFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@pytest.fixture
def chromium():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def tea(borough):
    host = PersonFactory(known_as="Dev", home=borough.ward)
    session = session_that(host, starts_in=-HOUR / 4, is_online=True)
    coming(session, PersonFactory(known_as="Amina", home=borough.ward))
    coming(session, PersonFactory(known_as="Bryn", home=borough.ward))
    return session


def signed_in(chromium, live_server, person):
    """A phone on which `person` is signed in."""
    store = SessionStore()
    store["_auth_user_id"] = str(person.account.pk)
    store["_auth_user_backend"] = "doorstep.people.backends.AccountBackend"
    store["_auth_user_hash"] = person.account.get_session_auth_hash()
    store.create()
    phone = chromium.new_context(viewport={"width": 360, "height": 800}, reduced_motion="reduce")
    phone.add_cookies([{"name": "sessionid", "value": store.session_key, "url": live_server.url}])
    return phone


def until(truth, page, seconds=60):
    """Ask until it is true; a page that is just being loaded anew has no answer yet."""
    from playwright.sync_api import Error

    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with suppress(Error):
            if truth():
                return
        page.wait_for_timeout(100)
    raise AssertionError("it never came true")


def lose_signal(phone, page):
    """Cut the line, and wait until the page has heard of it."""
    phone.set_offline(True)
    page.wait_for_function("!navigator.onLine")


def kept_are(count, page):
    """Wait until the page says that so many things are kept on the phone."""
    until(lambda: page.text_content("#kept:not([hidden]) [data-count]") == str(count), page)


def test_marks_and_walk_ins_made_without_signal_arrive_once(chromium, live_server, tea):
    phone = signed_in(chromium, live_server, tea.gathering.host)
    page = phone.new_page()
    page.goto(f"{live_server.url}/whats-on/session/{tea.pk}/register/")
    amina = Place.objects.get(person__known_as="Amina")
    row = page.locator(f'[data-roll="{amina.pk}"]')
    lose_signal(phone, page)
    row.get_by_text("Not here").click()
    row.get_by_text("Here", exact=True).click()
    page.fill("#new-0-name", "Mr Gill")
    page.get_by_role("button", name="Save the register").click()
    kept_are(3, page)
    assert Place.objects.filter(session=tea, came__isnull=False).count() == 0
    phone.set_offline(False)
    until(lambda: Place.objects.filter(session=tea, came=True).count() == 2, page)
    page.get_by_text("Mr Gill").first.wait_for()
    until(lambda: page.evaluate("localStorage.length") == 0, page)
    names = Place.objects.filter(session=tea, came=True).values_list("name", flat=True)
    assert sorted(names) == ["", "Mr Gill"]


def test_a_message_written_without_signal_is_said_once_and_heard(chromium, live_server, tea):
    amina = Place.objects.get(person__known_as="Amina").person
    address = f"{live_server.url}/whats-on/session/{tea.pk}/room/"
    phone, other = (
        signed_in(chromium, live_server, person) for person in (amina, tea.gathering.host)
    )
    page, listening = phone.new_page(), other.new_page()
    page.goto(address)
    listening.goto(address)
    lose_signal(phone, page)
    page.fill("textarea", "Hello from the bus")
    page.keyboard.press("Enter")
    page.locator(".say-waiting").wait_for()
    assert RoomMessage.objects.count() == 0
    phone.set_offline(False)
    listening.locator(".say-text", has_text="Hello from the bus").wait_for()
    page.locator(".say-me:not(.say-waiting)").wait_for()
    assert RoomMessage.objects.count() == 1


def test_by_keyboard_alone_the_register_is_taken_and_closed(chromium, live_server, tea):
    phone = signed_in(chromium, live_server, tea.gathering.host)
    page = phone.new_page()
    places = [Place.objects.get(person__known_as=name) for name in ("Amina", "Bryn")]
    page.goto(f"{live_server.url}/whats-on/session/{tea.pk}/register/")
    for place in places:
        page.locator(f'[data-roll="{place.pk}"] input[value=came]').focus()
        page.keyboard.press("Space")
    until(lambda: Place.objects.filter(session=tea, came=True).count() == 2, page)
    page.get_by_role("button", name="That's everyone").focus()
    page.keyboard.press("Enter")
    page.get_by_text("The register is closed").first.wait_for()
    tea.refresh_from_db()
    assert tea.closed_at is not None
