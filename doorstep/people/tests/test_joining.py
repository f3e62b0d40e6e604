import datetime as dt

import pytest
from django.core import mail

from doorstep.base.time import now
from doorstep.people import actions, texts
from doorstep.people.models import Account, Person
from doorstep.people.tests import flows
from doorstep.people.tests.factories import PersonFactory
from doorstep.places.models import Postcode

pytestmark = pytest.mark.django_db


def test_joining_by_mail_takes_a_code(client):
    answer = flows.join(client, "  Amina.Yusuf@Example.ORG ")
    assert answer.status_code == 302
    account = Account.objects.get()
    assert account.is_pending
    assert account.person.state == Person.State.JOINING
    assert mail.outbox[-1].to == ["amina.yusuf@example.org"]
    assert not flows.is_in(client)
    client.post("/account/confirm-email/", {"code": flows.mailed_code()})
    account.refresh_from_db()
    assert (account.email, account.is_pending) == ("amina.yusuf@example.org", False)
    assert account.person.state == Person.State.ACTIVE
    assert flows.is_in(client)


@pytest.mark.parametrize("typed", ["07700 900 123", "+44 (0)7700 900123", "0044 7700-900.123"])
def test_joining_by_mobile_takes_a_code(client, typed):
    flows.join_by_text(client, typed)
    account = Account.objects.get()
    assert (account.phone, account.phone_verified, account.email) == ("+447700900123", True, None)
    assert flows.is_in(client)
    assert mail.outbox == []


def test_joining_with_a_password_still_takes_a_code(client):
    flows.join_by_mail(client, "amina@example.org", way="password", password1="three wet cats")
    assert Account.objects.get().check_password("three wet cats")


def test_a_password_is_forgotten_when_a_code_was_chosen(client):
    flows.join_by_mail(client, "amina@example.org", way="code", password1="three wet cats")
    assert not Account.objects.get().has_usable_password()


def test_a_postcode_sets_the_home(client, borough):
    Postcode.objects.create(code="RM10 7FH", ward=borough.ward, latitude=51.5, longitude=0.1)
    flows.join_by_mail(client, "amina@example.org", postcode="rm107fh")
    person = Person.objects.get()
    assert (person.postcode, person.home) == ("RM10 7FH", borough.ward)


def test_a_postcode_elsewhere_is_no_reason_to_refuse(client, borough):
    flows.join_by_mail(client, "amina@example.org", postcode="SW1A 1AA")
    assert Person.objects.get().home is None


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("contact", "07700 9001", "That number is two digits short."),
        ("contact", "07700 900 123 45", "That number is two digits too long."),
        ("contact", "020 8227 1000", "a text to that number"),
        ("contact", "+1 202 555 0100", "UK mobiles"),
        ("contact", "amina@example", "something missing"),
        ("contact", "amina", "Type an e-mail"),
        ("contact", "", "Type your e-mail or your mobile number."),
        ("known_as", "", "Tell us what people call you."),
        ("known_as", "\u202e\u200b", "Tell us what people call you."),
        ("known_as", "!!!", "at least one letter"),
        ("known_as", "A" * 61, "60 letters fit"),
        ("postcode", "nowhere", "look like a postcode"),
        ("born_on", "2999-01-01", "look at the year"),
        ("born_on", "soon", "Write the date like this"),
        ("agree", "", "five rules"),
        ("way", "", "how you would like to sign in"),
        ("way", "owl", "Select a valid choice"),
    ],
)
def test_a_form_that_failed_says_what_to_do_and_keeps_the_rest(client, field, value, sentence):
    answer = flows.join(client, **({"contact": "amina@example.org"} | {field: value}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence.lower() in page.lower()
    assert 'id="problem"' in page
    if field != "known_as":
        assert 'value="Amina"' in page
    assert not Account.objects.exists()


def test_a_name_is_cleaned_of_tricks(client):
    flows.join(client, "amina@example.org", known_as="A\u202emi\x00na\u2066  Yusuf")
    assert Person.objects.get().known_as == "Amina Yusuf"


def test_a_young_child_is_asked_to_bring_a_grown_up(client):
    answer = flows.join(client, "kit@example.org", born_on=f"{now().year - 8}-01-01")
    assert answer.status_code == 422
    assert "You need to be 13" in answer.content.decode()


def test_joining_twice_by_a_double_press_makes_one_person(client):
    flows.join(client, "amina@example.org")
    flows.join(client, "amina@example.org")
    assert Person.objects.count() == 1


def test_who_has_an_account_is_not_told_when_joining(client, cast):
    known = flows.join(client, cast.amina.account.email)
    page = client.get(known["Location"])
    other = type(client)()
    unknown = flows.join(other, "nobody-at-all@example.org")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    other_page = other.get(unknown["Location"])
    assert flows.body(page).replace(cast.amina.account.email, "X") == flows.body(
        other_page
    ).replace("nobody-at-all@example.org", "X")
    assert [message.to for message in mail.outbox] == [
        [cast.amina.account.email],
        ["nobody-at-all@example.org"],
    ]
    assert "You have joined already" in mail.outbox[0].subject
    assert Account.objects.filter(person=cast.amina).count() == 1


def test_who_has_an_account_by_mobile_is_not_told_either(client):
    person = PersonFactory()
    Account.objects.filter(person=person).update(phone="+447700900111", phone_verified=True)
    known = flows.join(client, "07700 900111")
    other = type(client)()
    unknown = flows.join(other, "07700 900222")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    pages = [
        flows.body(browser.get(known["Location"])).replace(number, "X")
        for browser, number in ((client, "07700 900111"), (other, "07700 900222"))
    ]
    assert pages[0] == pages[1]
    assert len(texts.outbox) == 2
    wrong = [
        browser.post("/account/phone/verify/", {"code": "000000"}) for browser in (client, other)
    ]
    assert wrong[0].status_code == wrong[1].status_code == 422


def test_a_stranger_who_joined_first_with_my_mail_has_nothing_by_it(client):
    stranger = type(client)()
    flows.join(
        stranger, "amina@example.org", way="password", password1="the stranger's", known_as="Eve"
    )
    flows.join_by_mail(client, "amina@example.org")
    account = Account.objects.get()
    assert (account.person.known_as, account.check_password("the stranger's")) == ("Amina", False)
    assert not flows.is_in(stranger)
    stranger.post("/account/confirm-email/", {"code": "123456"})
    assert not flows.is_in(stranger)


def test_a_stranger_who_joined_first_with_my_number_has_nothing_by_it(client):
    stranger = type(client)()
    flows.join(stranger, "07700 900123", way="password", password1="the stranger's", known_as="Eve")
    flows.join_by_text(client, "07700 900123")
    account = Account.objects.get()
    assert (account.person.known_as, account.check_password("the stranger's")) == ("Amina", False)


def test_a_pending_account_is_unknown_to_sign_in(client):
    flows.join(type(client)(), "amina@example.org")
    flows.ask_for_code(client, "amina@example.org")
    assert "no account" in mail.outbox[-1].subject


def test_a_pending_person_is_seen_by_nobody(client, cast):
    flows.join(client, "new@example.org", known_as="Newcomer")
    newcomer = Person.objects.get(known_as="Newcomer")
    assert newcomer not in Person.objects.visible_to(cast.amina)


def test_accounts_never_proved_are_gone_after_a_day(client):
    flows.join(client, "amina@example.org")
    Account.objects.update(joined_at=now() - dt.timedelta(hours=23))
    actions.tidy()
    assert Account.objects.count() == 1
    Account.objects.update(joined_at=now() - dt.timedelta(hours=25))
    actions.tidy()
    assert (Account.objects.count(), Person.objects.count()) == (0, 0)


def test_the_code_can_be_sent_again_and_only_the_new_one_works(client):
    flows.join(client, "amina@example.org")
    first = flows.mailed_code()
    client.post("/account/confirm-email/", {"action": "resend"})
    second = flows.mailed_code()
    if first != second:
        client.post("/account/confirm-email/", {"code": first})
        assert not flows.is_in(client)
    client.post("/account/confirm-email/", {"code": second})
    assert flows.is_in(client)


def test_guessing_the_code_ends_soon(client):
    flows.join(client, "amina@example.org")
    right = flows.mailed_code()
    wrong = "000000" if right != "000000" else "111111"
    for _guess in range(6):
        client.post("/account/confirm-email/", {"code": wrong})
    client.post("/account/confirm-email/", {"code": right})
    assert not flows.is_in(client)


def test_texts_say_who_we_are_and_fit_one_message(client):
    flows.join(client, "07700 900123")
    message = texts.outbox[-1].message
    assert message.startswith("Doorstep:")
    assert len(message) <= 160


def test_joining_while_the_mail_server_is_away_can_be_done_again(client, monkeypatch):
    def refuse(*_args, **_more):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
    assert flows.join(client, "amina@example.org").status_code == 503
    monkeypatch.undo()
    again = type(client)()
    flows.join_by_mail(again, "amina@example.org")
    assert flows.is_in(again)
    assert Person.objects.count() == 1


def test_two_forms_at_once_make_one_person(client, monkeypatch):
    """The other request comes between our look for pending accounts and our own row."""
    honest = actions.forget_pending
    calls = []

    def late(**where):
        calls.append(where)
        if len(calls) == 1:
            other = Person.objects.create(known_as="Amina", state=Person.State.JOINING)
            Account.objects.create(
                person=other, email="amina@example.org", is_pending=True, is_active=False
            )
            return 0
        return honest(**where)

    monkeypatch.setattr(actions, "forget_pending", late)
    flows.join_by_mail(client, "amina@example.org")
    assert flows.is_in(client)
    assert Account.objects.count() == 1
