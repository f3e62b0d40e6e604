import datetime as dt

import pytest
from django.conf import settings
from django.test import Client

from doorstep.base.time import now
from doorstep.people import devices
from doorstep.people.actions import session_ref
from doorstep.people.models import Session
from doorstep.people.sessions import mark_of
from doorstep.people.tests import flows

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130.0 Mobile Safari"


@pytest.fixture
def two(client, cast):
    """Amina's phone and her laptop, both signed in."""
    phone, laptop = client, type(client)()
    for browser, name in ((phone, PHONE), (laptop, "Mozilla/5.0 (Windows NT 10.0) Firefox/130")):
        browser.defaults["HTTP_USER_AGENT"] = name
        flows.ask_for_code(browser, cast.amina.account.email)
        flows.enter_code(browser, flows.mailed_code())
    return phone, laptop


def test_each_browser_stands_there_in_plain_words(two, cast):
    phone, _laptop = two
    page = phone.get("/people/me/places/").content.decode()
    assert "Chrome on an Android phone" in page
    assert "Firefox on a Windows computer" in page
    assert page.count("this one") == 1
    assert Session.objects.filter(account=cast.amina.account).count() == 2


def test_a_session_key_is_never_shown(two):
    phone, laptop = two
    page = phone.get("/people/me/places/").content.decode()
    for browser in (phone, laptop):
        assert browser.session.session_key not in page


def test_a_copy_of_the_table_lets_nobody_in(two):
    rows = list(Session.objects.values_list("session_key", flat=True))
    assert len(rows) >= 2
    for key in rows:
        thief = Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = key
        assert not flows.is_in(thief)
        # Nor does what they see of it come near the key itself.
        assert key not in {browser.session.session_key for browser in two}
    assert all(flows.is_in(browser) for browser in two)


def test_signing_one_out_works_at_its_next_request(two, cast):
    phone, laptop = two
    other = Session.objects.get(session_key=mark_of(laptop.session.session_key))
    phone.post(f"/people/me/places/{session_ref(other)}/end/")
    assert (flows.is_in(phone), flows.is_in(laptop)) == (True, False)


def test_signing_out_everywhere_keeps_this_one(two):
    phone, laptop = two
    phone.post("/people/me/places/end/")
    assert (flows.is_in(phone), flows.is_in(laptop)) == (True, False)


def test_nobody_ends_somebody_elses_session(two, cast):
    phone, _laptop = two
    ewan = type(phone)()
    ewan.force_login(cast.ewan.account)
    session = Session.objects.get(session_key=mark_of(phone.session.session_key))
    ewan.post(f"/people/me/places/{session_ref(session)}/end/")
    assert flows.is_in(phone)


def test_a_new_password_ends_the_others(two):
    phone, laptop = two
    phone.post("/account/password/set/", {"password1": "three wet cats"})
    assert (flows.is_in(phone), flows.is_in(laptop)) == (True, False)
    assert Session.objects.exclude(account=None).count() == 1


def test_an_ended_session_does_not_come_back_by_saving(two):
    _phone, laptop = two
    store = laptop.session
    assert store.get("_auth_user_id")
    Session.objects.filter(session_key=mark_of(store.session_key)).delete()
    store["anything"] = 1
    from django.contrib.sessions.backends.base import UpdateError

    with pytest.raises(UpdateError):
        store.save()


def test_last_seen_is_written_at_most_each_quarter_hour(two, django_assert_num_queries):
    phone, _laptop = two
    key = mark_of(phone.session.session_key)
    then = Session.objects.get(pk=key).last_seen
    phone.get("/people/me/blocked/")
    assert Session.objects.get(pk=key).last_seen == then
    Session.objects.filter(pk=key).update(last_seen=now() - dt.timedelta(minutes=16))
    phone.get("/people/me/blocked/")
    assert Session.objects.get(pk=key).last_seen >= then


def test_saving_keeps_when_and_where_it_began(two):
    phone, _laptop = two
    key = mark_of(phone.session.session_key)
    before = Session.objects.get(pk=key)
    store = phone.session
    store["anything"] = 1
    store.save()
    after = Session.objects.get(pk=key)
    assert (after.created_at, after.user_agent) == (before.created_at, before.user_agent)
    assert before.user_agent == PHONE


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ("", "A browser we don't know"),
        ("curl/8", "A browser we don't know"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18) Version/18 Safari/604", "Safari on an iPhone"),
        ("Mozilla/5.0 (X11; CrOS x86_64) Chrome/130", "Chrome on a Chromebook"),
        ("Mozilla/5.0 (Macintosh) Chrome/130 Safari Edg/130", "Edge on a Mac"),
    ],
)
def test_devices_are_named_in_plain_words(says, words):
    assert devices.in_words(says) == words
