"""A referral by somebody without an account about somebody we know: suggested, never assumed."""

import pytest
from django.urls import reverse

from doorstep.connect import links
from doorstep.connect.actions import matching, referring
from doorstep.connect.actions.referring import NotNow
from doorstep.connect.models import Referral
from doorstep.connect.tests import factories
from doorstep.people.merging import matching as duplicates
from doorstep.people.models import MatchKey, Pair, Person
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db
AT = factories.AT


@pytest.fixture
def org(db):
    return factories.organisation()


@pytest.fixture
def carys(org):
    return factories.catalyst(org)


@pytest.fixture
def maureen(org, carys):
    """Somebody the organisation walked alongside before."""
    person = PersonFactory(known_as="Maureen Duffy", phone="+447700900123")
    old = factories.relationship(org, carys, person=person)
    type(old).objects.filter(pk=old.pk).update(state="ended", ended_for="moved", ended_at=AT)
    duplicates.compare([person.pk], at=AT)
    return person


def waiting(org, carys, **more):
    sent = factories.referral(org, **more)
    referring.accept(sent, by=carys, at=AT)
    return sent


def test_what_speaks_for_it_is_shown_and_a_human_says_so(org, carys, maureen, client):
    sent = waiting(org, carys, name="Mo Duffy")
    client.force_login(carys.account)
    page = client.get(sent.get_absolute_url()).content.decode()
    assert "Is it somebody we know?" in page
    assert "the same phone number" in page
    client.post(sent.get_absolute_url(), {"what": "same", "who": maureen.handle})
    sent.refresh_from_db()
    assert sent.person == maureen
    made = referring.take_on(
        sent, by=carys, to=carys, at=AT, next_step="Ring", next_on=factories.SOON
    )
    assert made.person == maureen
    assert Person.objects.filter(known_as__startswith="Mo ").count() == 0


def test_somebody_else_is_not_suggested_again(org, carys, maureen):
    sent = waiting(org, carys)
    assert [one for one, _score in matching.suggestions(sent, carys)] == [maureen]
    matching.is_somebody_else(sent, maureen, by=carys, at=AT)
    assert matching.suggestions(sent, carys) == []
    with pytest.raises(NotNow):
        matching.is_them(sent, maureen, by=carys, at=AT)


def test_a_mistake_is_taken_back_until_somebody_walks_alongside(org, carys, maureen, client):
    sent = waiting(org, carys)
    matching.is_them(sent, maureen, by=carys, at=AT)
    client.force_login(carys.account)
    assert "they are two people" in client.get(sent.get_absolute_url()).content.decode()
    client.post(sent.get_absolute_url(), {"what": "part"})
    sent.refresh_from_db()
    assert (sent.person, sent.name) == (None, "Maureen Duffy")
    with pytest.raises(NotNow):
        matching.part(sent, by=carys, at=AT)


def test_whoever_sent_it_never_learns_whom_we_know(org, carys, maureen, client):
    sent = waiting(org, carys)
    matching.is_them(sent, maureen, by=carys, at=AT)
    page = client.get(reverse("connect:link", args=[links.token_for("sent", sent.ref)]))
    assert page.status_code == 200
    assert "somebody we know" not in page.content.decode()
    page = client.get(reverse("connect:link", args=[links.token_for("referral", sent.ref)]))
    assert "somebody we know" not in page.content.decode()


def test_a_catalyst_is_not_told_whom_the_rest_of_the_borough_knows(org, carys, cast, borough):
    stranger = PersonFactory(known_as="Maureen Duffy", phone="+447700900123")
    duplicates.compare([stranger.pk], at=AT)
    sent = waiting(org, carys)
    assert MatchKey.objects.filter(person=stranger).exists()
    assert matching.suggestions(sent, carys) == []
    # Once taken on, the new record is among the duplicates an officer looks at.
    made = referring.take_on(
        sent, by=carys, to=carys, at=AT, next_step="Ring", next_on=factories.SOON
    )
    duplicates.tick()
    pair = Pair.objects.get(state=Pair.State.OPEN)
    assert {pair.one, pair.other} == {stranger, made.person}
    assert "phone" in pair.reasons


def test_nobody_but_who_answers_says_so(org, carys, maureen, cast, client):
    sent = waiting(org, carys, by=cast.bryn)
    client.force_login(cast.bryn.account)
    page = client.post(sent.get_absolute_url(), {"what": "same", "who": maureen.handle})
    assert page.status_code == 403
    assert Referral.objects.get(pk=sent.pk).person is None


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("07700 900123", ("+447700900123", "")),
        ("Ring 07700 900 123 after six, or jo@example.org", ("+447700900123", "jo@example.org")),
        ("Her sister passes it on. Flat 12, 1940 Road", ("", "")),
        ("+44 (0)7700 900123", ("+447700900123", "")),
        ("", ("", "")),
    ],
)
def test_a_number_is_read_out_of_what_was_written(words, found):
    assert matching.reached_by(words) == found
