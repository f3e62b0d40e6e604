import datetime as dt

import pytest

from doorstep.base.time import now
from doorstep.people import actions
from doorstep.people.models import Account, Block, Claim, Person, RoleHolding
from doorstep.people.tests import flows
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db
BORN = dt.date(1950, 3, 27)
CLAIM = "/people/me/is-this-you/"


@pytest.fixture
def record(borough):
    """What a helper wrote down about Maureen, who has no account."""
    return PersonFactory(
        account=False,
        known_as="Maureen Obi",
        email="Maureen@example.org",
        phone="+447700900123",
        born_on=BORN,
        postcode="RM10 7FH",
        home=borough.ward,
        about="Loves the docks",
    )


def test_after_the_code_we_ask_and_show_only_initials(client, record):
    answer = flows.join_by_mail(client, "maureen@example.org", known_as="Mo")
    assert answer["Location"] == f"{CLAIM}?next=%2F"
    page = client.get(CLAIM).content.decode()
    assert "MO" in page
    for secret in ("Maureen Obi", "RM10 7FH", "1950", "docks", "Quay"):
        assert secret not in page


def test_the_date_of_birth_joins_the_two(client, record):
    flows.join_by_mail(client, "maureen@example.org", known_as="Mo")
    client.post(CLAIM, {"born_on": "27/03/1950", "postcode": "", "answer": "yes"})
    account = Account.objects.get()
    assert account.person == record
    record.refresh_from_db()
    assert (record.known_as, record.about) == ("Mo", "Loves the docks")
    assert Person.objects.count() == 1
    assert Claim.objects.get().granted_at is not None
    assert flows.is_in(client)


def test_the_postcode_does_too_by_mobile(client, record):
    flows.join_by_text(client, "07700 900123", known_as="Mo")
    client.post(CLAIM, {"born_on": "", "postcode": "rm107fh", "answer": "yes"})
    assert Account.objects.get().person == record


def test_nothing_is_offered_before_the_code(client, record):
    flows.join(client, "maureen@example.org")
    account = Account.objects.get()
    assert actions.claimable(account) is None
    assert client.get(CLAIM).status_code == 302
    assert client.get(CLAIM)["Location"].startswith("/account/login/")


def test_an_unproved_mail_of_a_signed_in_account_offers_nothing(client, record, cast):
    client.force_login(cast.ewan.account)
    Account.objects.filter(person=cast.ewan).update(phone="+447700900123", phone_verified=False)
    cast.ewan.account.refresh_from_db()
    assert actions.claimable(cast.ewan.account) is None


def test_three_wrong_answers_and_it_is_over(client, record):
    flows.join_by_mail(client, "maureen@example.org")
    for year in (1951, 1952, 1953):
        client.post(CLAIM, {"born_on": f"{year}-03-27", "answer": "yes"})
    client.post(CLAIM, {"born_on": "1950-03-27", "answer": "yes"})
    assert Account.objects.get().person != record
    assert Claim.objects.get().wrong_answers == 3


def test_joining_again_buys_only_two_more_tries(client, record):
    flows.join_by_mail(client, "maureen@example.org")
    for year in (1951, 1952, 1953):
        client.post(CLAIM, {"born_on": f"{year}-03-27", "answer": "yes"})
    Account.objects.all().delete()
    again = type(client)()
    flows.join_by_text(again, "07700900123")
    for year in (1954, 1955, 1950):
        again.post(CLAIM, {"born_on": f"{year}-03-27", "answer": "yes"})
    assert Account.objects.get().person != record


def test_an_empty_answer_is_no_answer(client, record):
    flows.join_by_mail(client, "maureen@example.org")
    answer = client.post(CLAIM, {"born_on": "", "postcode": "", "answer": "yes"})
    assert answer.status_code == 422
    assert not Claim.objects.exists()


def test_naming_another_record_in_the_form_changes_nothing(client, record, cast):
    victim = PersonFactory(account=False, known_as="Victim", born_on=BORN)
    flows.join_by_mail(client, "maureen@example.org")
    client.post(
        CLAIM,
        {"born_on": "1950-03-27", "answer": "yes", "person": victim.pk, "handle": victim.handle},
    )
    assert Account.objects.get(email="maureen@example.org").person == record


def test_a_record_with_an_account_is_never_offered(client, record):
    Account.objects.create(person=record, email="other@example.org", password="!")
    answer = flows.join_by_mail(client, "maureen@example.org")
    assert answer["Location"] == "/"


def test_a_record_with_a_role_is_never_offered(client, record, borough):
    RoleHolding.objects.create(person=record, role="officer", area=borough.borough)
    assert flows.join_by_mail(client, "maureen@example.org")["Location"] == "/"


@pytest.mark.parametrize("state", ["away", "suspended", "joining"])
def test_only_an_open_record_is_offered(client, record, state):
    Person.objects.filter(pk=record.pk).update(state=state)
    assert flows.join_by_mail(client, "maureen@example.org")["Location"] == "/"


def test_saying_no_is_remembered(client, record):
    flows.join_by_mail(client, "maureen@example.org")
    client.post(CLAIM, {"answer": "no"})
    client.post(CLAIM, {"born_on": "1950-03-27", "answer": "yes"})
    assert Account.objects.get().person != record


def test_a_child_stays_a_child_by_the_record(client, record):
    Person.objects.filter(pk=record.pk).update(born_on=dt.date(now().year - 14, 1, 1))
    flows.join_by_mail(client, "maureen@example.org", born_on="1950-03-27")
    client.post(CLAIM, {"postcode": "RM10 7FH", "answer": "yes"})
    assert Account.objects.get().person.is_child


def test_a_newcomers_record_that_is_held_stays_held(client, record):
    since = now()
    flows.join_by_mail(client, "maureen@example.org")
    fresh = Account.objects.get(email="maureen@example.org").person
    Person.objects.filter(pk=fresh.pk).update(restricted_at=since)
    client.post(CLAIM, {"postcode": "RM10 7FH", "answer": "yes"})
    record.refresh_from_db()
    assert record.restricted_at == since


def test_what_the_newcomer_did_meanwhile_comes_along(client, record, cast, borough):
    flows.join_by_mail(client, "maureen@example.org")
    fresh = Account.objects.get(email="maureen@example.org").person
    fresh.follows.add(borough.far_ward)
    actions.block(cast.ewan, by=fresh, at=now())
    client.post(CLAIM, {"postcode": "RM10 7FH", "answer": "yes"})
    assert not Person.objects.filter(pk=fresh.pk).exists()
    assert list(record.follows.all()) == [borough.far_ward]
    assert Block.objects.get().blocker == record


def test_what_cannot_move_stays_and_nothing_breaks(client, record, cast):
    flows.join_by_mail(client, "maureen@example.org")
    fresh = Account.objects.get(email="maureen@example.org").person
    for one in (fresh, record):
        Block.objects.create(blocker=one, blocked=cast.ewan)
    client.post(CLAIM, {"postcode": "RM10 7FH", "answer": "yes"})
    assert Account.objects.get(email="maureen@example.org").person == record
    fresh.refresh_from_db()
    assert fresh.state == Person.State.AWAY


def test_two_records_without_anything_to_ask_are_left_to_people(client):
    for _twice in range(2):
        PersonFactory(account=False, email="house@example.org")
    assert flows.join_by_mail(client, "house@example.org")["Location"] == "/"


def test_one_record_without_anything_to_ask_is_theirs_by_saying_yes(client):
    record = PersonFactory(account=False, email="house@example.org")
    flows.join_by_mail(client, "house@example.org")
    client.post(CLAIM, {"answer": "yes"})
    assert Account.objects.get().person == record


def test_a_forged_way_on_leads_home(client, record):
    flows.join_by_mail(client, "maureen@example.org")
    answer = client.post(f"{CLAIM}?next=https://evil.example/", {"answer": "no"})
    assert answer["Location"] == "/"
