"""What anybody can do in the directory: find, read, keep, pass on, tell."""

import datetime as dt

import pytest
from django.urls import reverse

from doorstep.base.time import LONDON, now
from doorstep.notices.models import SafeContact
from doorstep.organisations import when
from doorstep.organisations.finding import store
from doorstep.organisations.models import (
    CostOption,
    Language,
    Schedule,
    Service,
    State,
    Suggestion,
)
from doorstep.organisations.tests.making import a_house, a_place, an_entry
from doorstep.people import texts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def afresh():
    """Each test has a directory of its own; what was read of another's is forgotten."""
    store.forget()


def _names(response):
    return [card.service.name for card in response.context["found"].cards]


def _find(client, **query):
    return client.get(reverse("directory:find"), query)


def test_the_first_page_asks_and_shows_no_list(client):
    an_entry()
    assert "found" not in _find(client).context


def test_plain_words_find_an_entry_with_its_reason(client):
    an_entry(name="Lunch club", description="Hot soup and company.")
    an_entry(name="Bike repair", description="Bring your bicycle.")
    page = _find(client, q="a bit of soup please")
    assert _names(page)[0] == "Lunch club"
    assert page.context["found"].cards[0].reasons


def test_a_door_pressed_in_another_language_finds_what_the_english_one_does(client):
    for name in ("Bike repair", "Baby and toddler group", "Debt advice"):
        an_entry(name=name, description=f"{name} every week.")
    client.cookies["doorstep_language"] = "ur"
    words = [words for _icon, _label, words in _find(client).context["everyday"]]
    assert words[5] != "baby and toddler group"
    assert _names(_find(client, q=words[5]))[0] == "Baby and toddler group"
    assert _names(_find(client, q=words[1]))[0] == "Debt advice"


def test_drafts_and_the_closed_are_never_found(client):
    an_entry(name="Soup one")
    an_entry(name="Soup two", state=State.DRAFT)
    an_entry(name="Soup three", state=State.CLOSED)
    assert _names(_find(client, q="soup")) == ["Soup one"]


def test_a_stale_entry_sinks_and_says_so(client):
    an_entry(name="Soup A", days=300, state=State.STALE)
    an_entry(name="Soup B", days=3)
    page = _find(client, q="soup")
    assert _names(page) == ["Soup B", "Soup A"]
    assert "ring before you go" in page.content.decode()


def test_filters_narrow(client):
    free = an_entry(name="Soup free")
    CostOption.objects.create(service=free, amount=0)
    Language.objects.create(service=free, name="Romanian", code="ro")
    grown = an_entry(name="Soup for grown-ups", minimum_age=18, fees="£3")
    Schedule.objects.filter(service=grown).update(byday="SA")
    assert _names(_find(client, q="soup", free="on")) == ["Soup free"]
    assert _names(_find(client, q="soup", language="romanian")) == ["Soup free"]
    assert _names(_find(client, q="soup", age="12")) == ["Soup free"]
    assert _names(_find(client, q="soup", day="SA")) == ["Soup for grown-ups"]
    assert _names(_find(client, q="soup", time="evening")) == []


def test_a_postcode_nobody_knows_is_said_and_the_rest_is_answered(client):
    an_entry(name="Soup")
    page = _find(client, q="soup", near="RM")
    assert page.status_code == 200
    assert page.context["problems"]
    assert _names(page) == ["Soup"]


def test_danger_shows_numbers_before_anything_found(client):
    an_entry(name="Soup")
    words = _find(client, q="I am going to kill myself tonight").content.decode()
    assert 'href="tel:999"' in words
    assert reverse("safeguarding:worried") in words


def test_no_script_is_needed_and_words_are_escaped(client):
    page = _find(client, q="<script>alert(1)</script>").content.decode()
    assert "<script>alert" not in page


@pytest.mark.parametrize("rows", [1, 3])
def test_more_results_cost_no_more_queries(client, rows, django_assert_max_num_queries):
    for number in range(rows):
        a_place(an_entry(a_house(), name=f"Soup {number}"))
    _find(client, q="soup")
    with django_assert_max_num_queries(14) as seen:
        assert len(_names(_find(client, q="soup"))) == rows
    counts.setdefault("find", len(seen))
    assert counts["find"] == len(seen)


counts: dict[str, int] = {}


def test_a_page_says_who_meets_you_and_how_to_get_in(client):
    service = an_entry(first_visit="Ring the bell.", who_meets_you="Jean, at the blue door")
    a_place(service, way_in_on_wheels="No step at all.")
    words = client.get(service.get_absolute_url()).content.decode()
    for said in ("Ring the bell.", "Jean, at the blue door", "No step at all.", "tel:02079460123"):
        assert said in words


# --- Telling ---------------------------------------------------------------------------------


def test_a_tap_counts_once_a_day_for_each_who_taps(client, cast):
    service = an_entry()
    path = reverse("directory:told", args=[service.slug])
    for _again in range(3):
        client.post(path, {"reason": "wrong_number"})
    service.refresh_from_db()
    assert service.doubts == 1
    client.force_login(cast.amina.account)
    client.post(path, {"reason": "no_answer"})
    service.refresh_from_db()
    assert service.doubts == 2


def test_it_worked_confirms(client):
    service = an_entry(days=120)
    client.post(reverse("directory:told", args=[service.slug]), {"worked": "1"})
    service.refresh_from_db()
    assert service.confirmed_how == "worked"


def test_a_suggestion_shows_nowhere_before_a_keeper_looked(client):
    service = an_entry()
    path = reverse("directory:suggest", args=[service.slug])
    data = {"kind": "change", "words": "The bell is broken.", "client_key": "suggest-key-1"}
    for _again in range(2):
        assert client.post(path, data).status_code == 302
    assert Suggestion.objects.get().words == "The bell is broken."
    assert b"bell is broken" not in client.get(service.get_absolute_url()).content
    assert client.post(path, {"kind": "change", "client_key": "suggest-key-2"}).status_code == 422


# --- The list --------------------------------------------------------------------------------


@pytest.fixture
def kept(client):
    services = [an_entry(name="Soup"), an_entry(name="Bikes")]
    for service in services:
        client.post(reverse("directory:keep", args=[service.slug]))
    return services


def _ids(services):
    return "-".join(str(one.pk) for one in services)


def test_a_list_is_kept_without_an_account_and_passed_on_by_its_link(client, kept):
    page = client.get(reverse("directory:list"))
    assert page.context["link"].endswith(f"/directory/list/{_ids(kept)}/")
    other = type(client)()
    words = other.get(page.context["link"].split("testserver")[-1].split("8000")[-1])
    assert [card.service.name for card in words.context["cards"]] == ["Soup", "Bikes"]


def test_what_goes_off_the_directory_goes_off_a_list(client, kept):
    Service.objects.filter(pk=kept[0].pk).update(state=State.CLOSED)
    page = client.get(reverse("directory:shared_list", args=[_ids(kept)]))
    assert [card.service.name for card in page.context["cards"]] == ["Bikes"]


def test_a_list_goes_by_e_mail_and_by_text_and_says_nothing_on_the_outside(
    client, kept, mailoutbox
):
    path = reverse("directory:send_list", args=[_ids(kept)])
    assert client.post(path, {"to": "amina@friend.example.org"}).status_code == 302
    letter = mailoutbox[0]
    assert letter.subject == "A message for you"
    assert "Soup" in letter.body
    texts.outbox.clear()
    assert client.post(path, {"to": "07700 900123"}).status_code == 302
    text = texts.outbox[0]
    assert text.number == "+447700900123"
    assert len(text.message) <= 160
    assert "Soup" not in text.message
    assert client.post(path, {"to": "not an address"}).status_code == 422


def test_a_list_never_reaches_an_address_that_is_not_safe_and_nobody_learns_it(
    client, kept, mailoutbox, cast
):
    SafeContact.objects.create(person=cast.amina, forbidden=["email"], set_at=now())
    path = reverse("directory:send_list", args=[_ids(kept)])
    to_her = client.post(path, {"to": cast.amina.account.email}, follow=True)
    to_bryn = client.post(path, {"to": cast.bryn.account.email}, follow=True)
    assert [letter.to for letter in mailoutbox] == [[cast.bryn.account.email]]
    assert to_her.redirect_chain == to_bryn.redirect_chain


def test_the_letter_holds_what_somebody_needs_on_paper(client, kept):
    words = client.get(reverse("directory:list_letter", args=[_ids(kept)])).content.decode()
    for said in ("Soup", "Bikes", "020 7946 0123", "Tuesday, 10am to noon"):
        assert said in words


@pytest.mark.parametrize("back", ["//evil.example.org", "https://evil.example.org/directory/"])
def test_keeping_never_leads_away(client, back):
    service = an_entry()
    response = client.post(reverse("directory:keep", args=[service.slug]), {"back": back})
    assert response.url == reverse("directory:list")


# --- When ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"freq": "WEEKLY", "byday": "TU,TH"}, "Tuesday and Thursday"),
        ({"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR"}, "Monday to Friday"),
        ({"freq": "WEEKLY", "byday": "WE", "interval": 2}, "Every other Wednesday"),
        ({"freq": "MONTHLY", "byday": "1TU"}, "The first Tuesday of the month"),
        ({"freq": "DAILY"}, "Every day"),
        ({"description": "Ring for times"}, "Ring for times"),
    ],
)
def test_times_are_said_as_people_say_them(fields, words):
    assert when.in_words(Schedule(**fields)) == words


def test_open_now_knows_the_clock_on_the_wall():
    tuesdays = [Schedule(freq="WEEKLY", byday="TU", opens_at=dt.time(10), closes_at=dt.time(12))]
    # 24 November 2026 is a Tuesday; in July the clocks are an hour ahead of UTC.
    assert when.is_open(tuesdays, dt.datetime(2026, 11, 24, 11, 0, tzinfo=LONDON)) is True
    assert when.is_open(tuesdays, dt.datetime(2026, 11, 24, 12, 0, tzinfo=LONDON)) is False
    assert when.is_open(tuesdays, dt.datetime(2026, 7, 21, 9, 30, tzinfo=dt.UTC)) is True
    assert when.is_open(tuesdays, dt.datetime(2026, 7, 21, 11, 30, tzinfo=dt.UTC)) is False
    assert when.is_open([Schedule(description="ring")], now()) is None
