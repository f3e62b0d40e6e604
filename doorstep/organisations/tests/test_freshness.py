"""How true an entry is: proofs, doubts, and asking its owner without a sign-in."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.time import now
from doorstep.notices.models import SafeContact
from doorstep.organisations import freshness
from doorstep.organisations.freshness import actions, links
from doorstep.organisations.models import Confirmation, PrivateContact, Service, State, Suggestion
from doorstep.organisations.tests.making import a_house, an_entry, give_keys

pytestmark = pytest.mark.django_db
How = Confirmation.How


def _link_in(letter):
    return re.search(r"https?://[^/\s]+(/directory/true/\S+)", letter.body)[1]


def _level(service):
    service.refresh_from_db()
    return freshness.state(service, now()).level


@pytest.mark.parametrize(
    ("days", "level"),
    [
        (0, "fresh"),
        (89, "fresh"),
        (91, "ageing"),
        (179, "ageing"),
        (181, "stale"),
        (None, "ageing"),
    ],
)
def test_an_entry_ages_with_its_latest_proof(days, level):
    assert freshness.state(an_entry(days=days), now()).level == level


def test_it_says_when_and_how_it_was_confirmed():
    assert freshness.state(an_entry(days=22), now()).words == "Confirmed by its owner 3 weeks ago."


def test_getting_through_confirms_and_failing_twice_sinks():
    service = an_entry(days=100)
    actions.worked(service, by=None, at=now())
    assert _level(service) == "fresh"
    actions.failed(service, reason="wrong_number", by=None, at=now(), client_key="one")
    assert _level(service) == "ageing"
    actions.failed(service, reason="no_answer", by=None, at=now(), client_key="two")
    assert (_level(service), service.state) == ("doubted", State.STALE)
    actions.confirm(service, how=How.PHONE, by=None, at=now())
    assert (_level(service), service.state, service.doubts) == ("fresh", State.LIVE, 0)


def test_a_full_house_is_true_all_the_same():
    service = an_entry()
    actions.failed(service, reason="full", by=None, at=now())
    assert _level(service) == "fresh"


def test_the_same_tap_counts_once():
    service = an_entry()
    for _again in range(3):
        actions.failed(service, reason="closed", by=None, at=now(), client_key="the same")
    service.refresh_from_db()
    assert service.doubts == 1


STEPS = st.lists(
    st.sampled_from(["confirm", "worked", "failed", "full", "close", "reopen", "sink"]), max_size=12
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_whatever_happens_state_and_doubts_agree(steps):
    service, at = an_entry(days=10), now()
    for number, step in enumerate(steps):
        at += dt.timedelta(hours=1)
        if step == "confirm":
            actions.confirm(service, how=How.OWNER, by=None, at=at)
        elif step == "worked":
            actions.worked(service, by=None, at=at)
        elif step in ("failed", "full"):
            reason = "full" if step == "full" else "wrong_number"
            actions.failed(
                service, reason=reason, by=None, at=at, client_key=f"{service.pk}-{number}"
            )
        elif step == "close":
            actions.close(service, how=How.OWNER, by=None, at=at)
        elif step == "reopen":
            actions.reopen(service, how=How.OWNER, by=None, at=at)
        else:
            actions.sink(at)
        service.refresh_from_db()
        assert (service.state == State.CLOSED) == (service.closed_at is not None)
        if service.doubts >= 2:
            assert service.state in (State.STALE, State.CLOSED)
        # Only a proof wipes doubts out, and it is never older than the one before.
        if step in ("confirm", "worked"):
            assert service.doubts == 0
            assert service.confirmed_at == at
    Service.objects.all().delete()


# --- Asking ----------------------------------------------------------------------------------


def test_owners_are_asked_every_ninety_days_once(mailoutbox):
    house = a_house(email="hello@house.example.org")
    an_entry(house, days=91)
    an_entry(house, days=120)
    an_entry(house, days=30)
    assert actions.remind(now()) == 1
    assert actions.remind(now()) == 0
    letter = mailoutbox[0]
    assert letter.to == ["hello@house.example.org"]
    assert letter.body.count("/directory/true/") == 2


def test_people_with_keys_are_asked_rather_than_the_public_address(mailoutbox, cast):
    house = a_house(email="hello@house.example.org")
    give_keys(cast.dev, house)
    an_entry(house, days=91)
    actions.remind(now())
    assert mailoutbox[0].to == [cast.dev.account.email]


def test_nobody_is_written_to_whom_it_is_not_safe_to_write_to(mailoutbox, cast):
    house = a_house(email="hello@house.example.org")
    give_keys(cast.dev, house)
    SafeContact.objects.create(person=cast.dev, forbidden=["email"], set_at=now())
    an_entry(house, days=91)
    actions.remind(now())
    assert [letter.to for letter in mailoutbox] == [["hello@house.example.org"]]


def test_a_private_address_is_asked_and_never_shown(mailoutbox, client):
    house = a_house()
    service = an_entry(house, days=91)
    PrivateContact.objects.create(organisation=house, email="mrs.a@private.example.org")
    actions.remind(now())
    assert mailoutbox[0].to == ["mrs.a@private.example.org"]
    for path in (service.get_absolute_url(), house.get_absolute_url(), _link_in(mailoutbox[0])):
        assert b"private.example.org" not in client.get(path).content


def test_a_mail_server_that_is_away_loses_nothing(mailoutbox, monkeypatch):
    an_entry(a_house(email="hello@house.example.org"), days=91)

    def away(self, messages):
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", away)
        assert actions.remind(now()) == 0
    assert actions.remind(now()) == 1


def test_silence_comes_to_the_keepers_after_two_weeks():
    service = an_entry(days=110, asked_at=now() - dt.timedelta(days=15))
    an_entry(days=110, asked_at=now() - dt.timedelta(days=2))
    answered = an_entry(days=110, asked_at=now() - dt.timedelta(days=15))
    actions.confirm(answered, how=How.LINK, by=None, at=now())
    assert list(actions.unanswered(now())) == [service]


def test_what_nobody_proved_for_half_a_year_sinks_once():
    an_entry(days=181)
    an_entry(days=100)
    assert actions.sink(now()) == 1
    assert actions.sink(now()) == 0


# --- The link --------------------------------------------------------------------------------


@pytest.fixture
def asked(mailoutbox):
    service = an_entry(a_house(email="hello@house.example.org"), days=100)
    actions.remind(now())
    return service, _link_in(mailoutbox[0])


def test_opening_the_link_changes_nothing(asked, client):
    service, path = asked
    before = Service.objects.values().get(pk=service.pk)
    response = client.get(path)
    assert response.status_code == 200
    # Told to no other site, and yet to ours: else browsers' buttons are refused as forged.
    assert response["Referrer-Policy"] == "same-origin"
    assert Service.objects.values().get(pk=service.pk) == before
    assert not Confirmation.objects.exists()


def test_one_press_confirms_and_a_second_one_does_nothing_more(asked, client):
    service, path = asked
    for _again in range(2):
        assert client.post(path, {"what": "confirm"}).status_code == 200
    service.refresh_from_db()
    assert (service.confirmed_how, Confirmation.objects.count()) == ("link", 1)


def test_a_change_waits_for_a_keeper(asked, client):
    service, path = asked
    description = service.description
    assert client.post(path, {"what": "change", "words": " "}).status_code == 422
    for _again in range(2):
        client.post(path, {"what": "change", "words": "We moved next door."})
    service.refresh_from_db()
    assert service.description == description
    assert Suggestion.objects.get().words == "We moved next door."


def test_closing_takes_the_entry_off_the_list(asked, client):
    service, path = asked
    client.post(path, {"what": "close"})
    assert client.get(service.get_absolute_url()).status_code == 404
    assert client.post(path, {"what": "confirm"}).status_code == 200
    service.refresh_from_db()
    assert service.state == State.CLOSED


def test_an_old_link_says_so_and_does_nothing(asked, client):
    service, path = asked
    old = links.token_for(service, now() - dt.timedelta(days=46))
    path = reverse("directory:true", args=[old])
    assert client.post(path, {"what": "close"}).status_code == 410
    service.refresh_from_db()
    assert service.state == State.LIVE


def test_a_newer_letter_ends_the_link_of_the_one_before(asked, client):
    service, path = asked
    Service.objects.filter(pk=service.pk).update(asked_at=now() + dt.timedelta(days=90))
    assert client.post(path, {"what": "confirm"}).status_code == 410


@pytest.mark.parametrize(
    "change", [lambda word: word[:-2], lambda word: "x" + word, lambda _w: "a"]
)
def test_a_made_up_link_leads_nowhere(asked, client, change):
    _service, path = asked
    word = path.rstrip("/").rsplit("/", 1)[1]
    assert client.get(reverse("directory:true", args=[change(word)])).status_code == 404


def test_no_letter_without_an_address():
    an_entry(a_house(), days=100)
    assert actions.remind(now()) == 0
    assert mail.outbox == []
