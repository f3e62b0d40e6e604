import pytest
from django.core import mail
from django.core.cache import caches

from doorstep.base.time import now
from doorstep.people import actions, texts
from doorstep.people.models import Account, Person
from doorstep.people.rights import actions as rights
from doorstep.people.tests import flows
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina():
    person = PersonFactory(known_as="Amina")
    account = person.account
    account.email, account.phone, account.phone_verified = "a@example.org", "+447700900123", True
    account.set_password("three wet cats")
    account.save()
    return person


def test_a_code_by_mail_opens_the_door(client, amina):
    flows.ask_for_code(client, "A@Example.org ")
    answer = flows.enter_code(client, flows.mailed_code())
    assert answer["Location"] == "/"
    assert flows.is_in(client)


def test_a_code_by_text_opens_the_door(client, amina):
    flows.ask_for_code(client, "07700 900 123")
    assert texts.outbox[-1].number == "+447700900123"
    flows.enter_code(client, flows.texted_code())
    assert flows.is_in(client)


@pytest.mark.parametrize("who", ["a@example.org", "07700900123"])
def test_a_password_opens_the_door_with_mail_or_number(client, amina, who):
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(
        user=amina.account, email="a@example.org", verified=True, primary=True
    )
    client.post(flows.SIGN_IN, {"login": who, "password": "three wet cats"})
    assert flows.is_in(client)


def test_signing_in_leads_back_to_where_one_was_going(client, amina):
    client.post(f"{flows.SIGN_IN}?next=/people/me/blocked/", {"login": "a@example.org"})
    answer = flows.enter_code(client, flows.mailed_code(), "?next=/people/me/blocked/")
    assert answer["Location"] == "/people/me/blocked/"


@pytest.mark.parametrize(
    "forged", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_a_forged_way_back_leads_home(client, amina, forged):
    client.post(flows.SIGN_IN, {"login": "a@example.org", "next": forged})
    answer = client.post(
        "/account/login/code/confirm/", {"code": flows.mailed_code(), "next": forged}
    )
    assert answer["Location"] == "/"


@pytest.mark.parametrize(
    ("known", "unknown"),
    [("a@example.org", "z@example.org"), ("07700 900123", "07700 900999")],
)
def test_nobody_learns_who_has_an_account(client, amina, known, unknown):
    browsers = [client, type(client)()]
    names = [known, unknown]
    steps = [
        lambda browser, name: flows.ask_for_code(browser, name),
        lambda browser, _name: browser.get("/account/login/code/confirm/"),
        lambda browser, _name: flows.enter_code(browser, "000000"),
        lambda browser, _name: browser.post("/account/login/code/confirm/", {"action": "resend"}),
        lambda browser, _name: browser.get("/account/login/code/confirm/"),
    ]
    for step in steps:
        answers = [step(browser, name) for browser, name in zip(browsers, names, strict=True)]
        assert answers[0].status_code == answers[1].status_code
        assert answers[0].get("Location") == answers[1].get("Location")
        pages = [
            flows.body(answer).replace(name, "X")
            for answer, name in zip(answers, names, strict=True)
        ]
        assert pages[0] == pages[1]


def test_nobody_learns_it_from_a_wrong_password(client, amina):
    answers = [
        type(client)().post(flows.SIGN_IN, {"login": name, "password": "wrong password"})
        for name in ("a@example.org", "z@example.org")
    ]
    assert answers[0].status_code == answers[1].status_code == 422
    pages = [flows.body(answer) for answer in answers]
    assert pages[0].replace("a@example.org", "X") == pages[1].replace("z@example.org", "X")


def test_both_known_and_unknown_get_a_message(client, amina):
    for name in ("a@example.org", "z@example.org"):
        flows.ask_for_code(type(client)(), name)
    assert [message.to for message in mail.outbox] == [["a@example.org"], ["z@example.org"]]
    for name in ("07700900123", "07700900999"):
        flows.ask_for_code(type(client)(), name)
    assert [text.number for text in texts.outbox] == ["+447700900123", "+447700900999"]


def test_a_wrong_code_says_so_and_a_few_more_end_it(client, amina):
    flows.ask_for_code(client, "a@example.org")
    right = flows.mailed_code()
    wrong = "000000" if right != "000000" else "111111"
    answer = flows.enter_code(client, wrong)
    assert answer.status_code == 422
    assert "isn&#x27;t the code we sent" in answer.content.decode()
    for _guess in range(5):
        flows.enter_code(client, wrong)
    flows.enter_code(client, right)
    assert not flows.is_in(client)


def test_many_answers_at_once_count_one_by_one(client, amina):
    """Requests sent together all read the same count in the session; ours is kept beside it."""
    flows.ask_for_code(client, "a@example.org")
    right = flows.mailed_code()
    session = client.session
    before = session["account_login"]
    wrong = "000000" if right != "000000" else "111111"
    for _guess in range(9):
        session = client.session
        session["account_login"] = before
        session.save()
        flows.enter_code(client, wrong)
    session = client.session
    session["account_login"] = before
    session.save()
    flows.enter_code(client, right)
    assert not flows.is_in(client)


def test_an_old_code_does_not_open(client, amina, settings):
    flows.ask_for_code(client, "a@example.org")
    session = client.session
    state = session["account_login"]
    state["state"]["stages"]["login_by_code"]["data"]["at"] -= 16 * 60
    session["account_login"] = state
    session.save()
    flows.enter_code(client, flows.mailed_code())
    assert not flows.is_in(client)


def test_codes_are_not_sent_without_end(client, amina):
    for _time in range(6):
        flows.ask_for_code(type(client)(), "a@example.org")
    assert len(mail.outbox) == 3


def test_limits_are_counted_where_all_processes_see_them(client, amina):
    from allauth.core.internal import ratelimit
    from allauth.mfa.totp.internal import auth

    for cache in (ratelimit.cache, auth.cache):
        cache.set("people-test", "here", 30)
        assert caches["shared"].get("people-test") == "here"
        cache.delete("people-test")


@pytest.mark.parametrize("name", ["a@example.org", "z@example.org"])
def test_after_many_wrong_passwords_the_lock_sticks(client, amina, name, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "99/m/ip"}
    for _guess in range(8):
        answer = client.post(flows.SIGN_IN, {"login": name, "password": "wrong password"})
    assert answer.status_code == 429
    assert "The lock is stuck" in answer.content.decode()
    right = client.post(flows.SIGN_IN, {"login": name, "password": "three wet cats"})
    assert right.status_code == 429
    assert not flows.is_in(client)


def test_a_stuck_lock_does_not_keep_a_code_out(client, amina, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "99/m/ip"}
    for _guess in range(8):
        client.post(flows.SIGN_IN, {"login": "a@example.org", "password": "wrong password"})
    flows.ask_for_code(client, "a@example.org")
    flows.enter_code(client, flows.mailed_code())
    assert flows.is_in(client)


def test_wrong_passwords_of_one_number_do_not_lock_another(client, amina):
    for _guess in range(6):
        client.post(flows.SIGN_IN, {"login": "07700 900999", "password": "wrong password"})
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(
        user=amina.account, email="a@example.org", verified=True, primary=True
    )
    client.post(flows.SIGN_IN, {"login": "07700 900123", "password": "three wet cats"})
    assert flows.is_in(client)


def test_neither_names_nor_codes_are_kept_in_the_counts(client, amina, django_assert_num_queries):
    from django.db import connection

    client.post(flows.SIGN_IN, {"login": "a@example.org", "password": "wrong password"})
    flows.ask_for_code(client, "a@example.org")
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM base_shared_cache")
        keys = " ".join(row[0] for row in cursor.fetchall())
    assert keys
    assert "example.org" not in keys


def test_somebody_stopped_by_moderators_is_out_at_once(client, amina):
    client.force_login(amina.account)
    assert flows.is_in(client)
    Person.objects.filter(pk=amina.pk).update(state=Person.State.SUSPENDED)
    assert not flows.is_in(client)
    flows.ask_for_code(client, "a@example.org")
    answer = flows.enter_code(client, flows.mailed_code())
    assert answer["Location"] == "/account/inactive/"
    assert not flows.is_in(client)


def test_a_new_password_needs_the_old_one(client, amina):
    client.force_login(amina.account)
    answer = client.post(
        "/account/password/change/", {"oldpassword": "wrong", "password1": "four dry dogs"}
    )
    assert answer.status_code == 422
    client.post(
        "/account/password/change/",
        {"oldpassword": "three wet cats", "password1": "four dry dogs"},
    )
    amina.account.refresh_from_db()
    assert amina.account.check_password("four dry dogs")


def test_who_came_by_code_needs_no_old_password(client, amina):
    flows.ask_for_code(client, "a@example.org")
    flows.enter_code(client, flows.mailed_code())
    client.post("/account/password/change/", {"password1": "four dry dogs"})
    amina.account.refresh_from_db()
    assert amina.account.check_password("four dry dogs")


def test_a_password_is_reset_by_a_code(client, amina):
    client.post("/account/password/reset/", {"email": "a@example.org"})
    client.post("/account/password/reset/confirm/", {"code": flows.mailed_code()})
    client.post("/account/password/reset/complete/", {"password1": "four dry dogs"})
    amina.account.refresh_from_db()
    assert amina.account.check_password("four dry dogs")
    assert flows.is_in(client)


def test_another_e_mail_counts_once_it_is_proved(client, amina):
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(
        user=amina.account, email="a@example.org", verified=True, primary=True
    )
    flows.ask_for_code(client, "a@example.org")
    flows.enter_code(client, flows.mailed_code())
    client.post("/account/email/", {"email": "New@Example.org", "action_add": "1"})
    amina.account.refresh_from_db()
    assert amina.account.email == "a@example.org"
    client.post("/account/confirm-email/", {"code": flows.mailed_code()})
    amina.account.refresh_from_db()
    assert amina.account.email == "new@example.org"
    assert mail.outbox[-1].to == ["a@example.org"]


def test_another_number_counts_once_it_is_proved(client, amina):
    client.force_login(amina.account)
    client.post("/account/phone/change/", {"phone": "07700 900 555"})
    amina.account.refresh_from_db()
    assert amina.account.phone == "+447700900123"
    client.post("/account/phone/verify/", {"code": flows.texted_code()})
    amina.account.refresh_from_db()
    assert amina.account.phone == "+447700900555"


def test_somebody_elses_number_stays_theirs(client, amina):
    other = PersonFactory()
    client.force_login(other.account)
    client.post("/account/phone/change/", {"phone": "07700 900 123"})
    answer = client.post("/account/phone/verify/", {"code": flows.texted_code()})
    assert "belongs to another account" in answer.content.decode()
    assert Account.objects.get(phone="+447700900123").person == amina


def test_closing_hides_and_signing_in_opens_again(client, amina, cast):
    client.force_login(amina.account)
    choice = {"posts": "keep", "when": "later"}
    assert client.post("/people/me/leave/", choice).status_code == 422
    client.post("/people/me/leave/", {**choice, "sure": "on"})
    assert not flows.is_in(client)
    amina.refresh_from_db()
    assert amina not in Person.objects.visible_to(cast.bryn)
    flows.ask_for_code(client, "a@example.org")
    flows.enter_code(client, flows.mailed_code())
    assert flows.is_in(client)
    assert amina in Person.objects.visible_to(cast.bryn)


def test_a_long_closed_account_is_emptied(client, amina):
    import datetime as dt

    at = now() - dt.timedelta(days=31)
    Person.objects.filter(pk=amina.pk).update(about="Quay Road", phone="+447700900123")
    actions.close_account(amina.account, by=amina, at=at)
    flows.ask_for_code(client, "a@example.org")
    assert flows.enter_code(client, flows.mailed_code())["Location"] == "/account/inactive/"
    assert rights.run_due_erasures(at=now()) == 1
    assert rights.run_due_erasures(at=now()) == 0
    amina.refresh_from_db()
    assert (amina.known_as, amina.about, amina.phone) == ("A neighbour who left", "", "")
    assert not Account.objects.filter(person=amina).exists()


@pytest.mark.parametrize("name", ["a@example.org", "z@example.org"])
def test_without_a_mail_server_a_page_says_what_to_do(client, amina, name, monkeypatch):
    def refuse(*_args, **_more):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
    answer = flows.ask_for_code(client, name)
    assert answer.status_code == 503
    assert "Our post is stuck" in answer.content.decode()
    monkeypatch.undo()
    flows.ask_for_code(client, "a@example.org")
    flows.enter_code(client, flows.mailed_code())
    assert flows.is_in(client)


@pytest.mark.parametrize("name", ["07700 900123", "07700 900999"])
def test_without_a_way_for_texts_a_page_says_what_to_do(client, amina, name, monkeypatch):
    monkeypatch.setattr(texts, "send_text", lambda *_text: False)
    assert flows.ask_for_code(client, name).status_code == 503


def test_a_mail_that_only_tells_does_not_stop_the_work(client, amina, monkeypatch):
    def refuse(*_args, **_more):
        raise ConnectionRefusedError

    client.force_login(amina.account)
    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
    answer = client.post(
        "/account/password/change/",
        {"oldpassword": "three wet cats", "password1": "four dry dogs"},
    )
    assert answer.status_code == 302
    amina.account.refresh_from_db()
    assert amina.account.check_password("four dry dogs")


def test_every_decision_at_the_door_is_a_line_of_the_log_without_a_name(client, caplog):
    flows.join_by_mail(client, "amina@example.org", way="password", password1="three wet cats")
    account = Account.objects.get()
    client.post("/account/logout/")
    caplog.clear()
    with caplog.at_level("INFO", logger="doorstep.security"):
        for password in ("not this one", "three wet cats"):
            client.post(flows.SIGN_IN, {"login": "amina@example.org", "password": password})
        client.post("/account/logout/")
    assert [line for line in caplog.messages if "sign" in line] == [
        "sign-in refused",
        f"signed in: account {account.pk}",
        f"signed out: account {account.pk}",
    ]
    assert "amina" not in caplog.text


def test_a_code_is_six_figures_from_the_secure_generator(client, amina, monkeypatch):
    drawn = []

    def choice(among):
        drawn.append(among)
        return "407113"[len(drawn) % 6]

    monkeypatch.setattr("django.utils.crypto.secrets.choice", choice)
    flows.ask_for_code(client, "a@example.org")
    assert len(flows.mailed_code()) == 6
    assert drawn.count("0123456789") == 6
