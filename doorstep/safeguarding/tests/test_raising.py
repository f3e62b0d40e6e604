"""Anybody raises an alert in a minute; it is kept, and told without its words."""

import pytest
from django.core import mail
from django.db import connection

from doorstep.base import limits
from doorstep.notices import sending
from doorstep.notices.models import Notice
from doorstep.safeguarding import things
from doorstep.safeguarding.models import Alert, Step
from doorstep.safeguarding.tests.factories import AT, alert, give_role, make_lead

PAGE = "/worried/"


def typed(**more):
    return {
        "client_key": "k" * 20,
        "urgency": "today",
        "about_words": "The lady at number 12",
        "what": "PLANTED: I heard her cry again.",
        "child": "unsure",
        **more,
    }


@pytest.fixture(autouse=True)
def _fresh_limits(settings):
    settings.LIMITS_STRETCH = 1
    limits.forget()


def test_emergency_numbers_come_before_the_form(client, db):
    page = client.get(PAGE).content.decode()
    first = page.index('href="tel:999"')
    assert first < page.index("<form method")
    for number in ("tel:111", "tel:116123", "tel:08001111", "tel:18000", "press 55"):
        assert number in page


def test_a_visitor_without_script_or_account_raises_one(client, borough):
    lead = make_lead(borough)
    answer = client.post(PAGE, typed())
    assert answer.status_code == 200
    made = Alert.objects.get()
    assert (made.raised_by, made.what, made.urgency) == (
        None, "PLANTED: I heard her cry again.", "today",
    )  # fmt: skip
    page = answer.content.decode()
    assert made.ref[:5] in page
    assert "PLANTED" not in page
    notice = Notice.objects.get(person=lead)
    assert "PLANTED" not in notice.title + notice.body
    assert notice.path == "/safeguarding/"


def test_the_letter_to_a_lead_says_nothing_of_it(client, borough):
    make_lead(borough)
    client.post(PAGE, typed())
    made = Alert.objects.get()
    sending.send_due(made.raised_at, 10)
    [letter] = mail.outbox
    whole = letter.subject + letter.body + letter.alternatives[0][0]
    assert "PLANTED" not in whole
    assert "number 12" not in whole
    assert made.ref not in whole


def test_sent_twice_it_is_one(client, borough):
    client.post(PAGE, typed())
    client.post(PAGE, typed(what="PLANTED: again"))
    assert Alert.objects.count() == 1
    assert Step.objects.filter(kind="raised").count() == 1


def test_what_was_typed_is_kept_when_something_is_missing(client, db):
    answer = client.post(PAGE, typed(about_words=""))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "PLANTED: I heard her cry again." in page
    assert Alert.objects.count() == 0


def test_danger_now_stays_loud(client, db):
    answer = client.post(PAGE, typed(urgency="now", about_words=""))
    assert 'role="alert"' in answer.content.decode()
    answer = client.post(PAGE, typed(urgency="now"))
    page = answer.content.decode()
    assert page.index('href="tel:999"') < page.index("Thank you for telling us</h1>")


def test_a_flood_is_kept_and_held_but_never_lost(client, borough):
    make_lead(borough)
    for number in range(8):
        client.post(PAGE, typed(client_key=f"{number}" * 20))
    assert Alert.objects.count() == 8
    assert Alert.objects.filter(is_held=True).count() == 3
    assert Notice.objects.count() == 5


def test_its_words_lie_sealed_in_the_database(client, borough):
    client.post(PAGE, typed(where="PLANTED street", reach="PLANTED number"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM safeguarding_alert")
        assert "PLANTED" not in str(cursor.fetchall())


def test_a_tap_on_a_persons_page_names_them_by_sealed_words_alone(client, cast, borough):
    client.force_login(cast.bryn.account)
    page = client.get(f"/people/{cast.amina.handle}/").content.decode()
    address = page.split('href="/worried/?about=')[1].split('"')[0]
    assert str(cast.amina.pk) != address
    assert cast.amina.handle not in address
    form = client.get(f"/worried/?about={address}").content.decode()
    assert "Amina" in form
    client.post(PAGE, typed(about=address))
    made = Alert.objects.get()
    assert (made.about, made.raised_by) == (cast.amina, cast.bryn)
    assert made.parties.get().person == cast.amina


@pytest.mark.parametrize("about", ["nonsense", "gAAAAA" * 20, "x" * 5000])
def test_crafted_words_in_the_address_are_passed_over(about, client, cast):
    assert client.get(PAGE, {"about": about}).status_code == 200
    client.post(PAGE, typed(about=about))
    assert Alert.objects.get().about is None


def test_sealed_words_show_nobody_whom_the_viewer_may_not_see(client, cast):
    sealed = things.token("person", cast.amina.pk)
    assert "Amina" not in client.get(PAGE, {"about": sealed}).content.decode()


def test_an_officer_types_for_somebody_and_can_not_open_it(client, cast, borough):
    give_role(cast.dev, borough, "officer")
    client.force_login(cast.dev.account)
    assert "typing this for somebody" in client.get(PAGE).content.decode()
    client.post(PAGE, typed(heard_from="Her sister, by phone"))
    made = Alert.objects.get()
    assert (made.is_typed_for_another, made.heard_from) == (True, "Her sister, by phone")
    assert client.get("/safeguarding/").status_code == 404
    assert client.get(f"/safeguarding/{made.ref}/").status_code == 404


def test_every_page_leads_to_it_in_one_tap(client, cast):
    assert 'href="/worried/"' in client.get("/about/").content.decode()
    client.force_login(cast.bryn.account)
    for path in ("/", "/people/me/", "/notices/", "/teams/"):
        assert 'href="/worried/"' in client.get(path).content.decode()


def test_leaving_quickly_goes_elsewhere_and_tells_nobody_from_where(client, db):
    answer = client.get("/worried/leave/")
    assert answer.status_code == 302
    assert "/worried" not in answer.url
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in client.get(PAGE)["Cache-Control"]


def test_raising_returns_the_first_made_with_the_same_key(borough):
    one = alert(client_key="a" * 12)
    assert alert(client_key="a" * 12) == one
    assert one.due_at > AT


@pytest.mark.parametrize("kind", ["person", "post", "comment", "gathering"])
def test_every_kind_a_tap_may_come_from_answers_for_what_is_not_there(kind, client, cast):
    client.force_login(cast.bryn.account)
    assert client.get(PAGE, {"about": things.token(kind, 999_999)}).status_code == 200
