import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import auth as recovery_codes
from allauth.mfa.totp.internal import auth as totp
from django.db import connection
from django.test.utils import CaptureQueriesContext

from doorstep.base.time import now
from doorstep.people import actions
from doorstep.people.middleware import note_second_step
from doorstep.people.models import RoleHolding
from doorstep.people.tests import flows

pytestmark = pytest.mark.django_db
Role = RoleHolding.Role
# allauth tells of a new second step after the commit, within the request.
really_committed = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _required(settings):
    settings.REQUIRE_SECOND_FACTOR = True


@pytest.fixture
def carys(cast, borough):
    actions.grant_role(Role.CATALYST, to=cast.carys, area=borough.borough, by=None, at=now())
    return cast.carys


def app_code(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def set_up_an_app(client) -> str:
    """Set an app up as the person would; return its secret."""
    page = client.get("/account/2fa/totp/activate/")
    secret = page.context["form"].secret
    client.post("/account/2fa/totp/activate/", {"code": app_code(secret)})
    return secret


def sign_in(client, person):
    flows.ask_for_code(client, person.account.email)
    return flows.enter_code(client, flows.mailed_code())


def test_a_role_that_sees_cases_must_set_one_up_first(client, carys):
    sign_in(client, carys)
    for path in ("/people/me/", "/people/me/profile/", "/people/roles/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, "/account/2fa/")
    assert client.get("/account/2fa/").status_code == 200
    assert client.get("/account/logout/").status_code == 200


@really_committed
def test_setting_one_up_opens_the_rest(client, carys):
    sign_in(client, carys)
    set_up_an_app(client)
    assert flows.is_in(client)


@really_committed
def test_next_time_the_step_is_asked_for(client, carys):
    sign_in(client, carys)
    secret = set_up_an_app(client)
    other = type(client)()
    answer = sign_in(other, carys)
    assert answer["Location"] == "/account/2fa/authenticate/"
    assert not flows.is_in(other)
    assert other.post("/account/2fa/authenticate/", {"code": "000000"}).status_code == 422
    other.post("/account/2fa/authenticate/", {"code": app_code(secret)})
    assert flows.is_in(other)


@really_committed
def test_an_app_code_works_once(client, carys):
    sign_in(client, carys)
    secret = set_up_an_app(client)
    code = app_code(secret)
    first, second = type(client)(), type(client)()
    for browser in (first, second):
        sign_in(browser, carys)
        browser.post("/account/2fa/authenticate/", {"code": code})
    assert (flows.is_in(first), flows.is_in(second)) == (True, False)


def test_whose_app_code_is_tried_a_second_time_is_told_and_it_is_logged(client, carys, caplog):
    sign_in(client, carys)
    code = app_code(set_up_an_app(client))
    with caplog.at_level("INFO", logger="doorstep.security"):
        for browser in (type(client)(), type(client)(), type(client)()):
            sign_in(browser, carys)
            browser.post("/account/2fa/authenticate/", {"code": code})
    account = carys.account.pk
    assert f"a code of an app was used again: account {account}" in caplog.messages
    assert code not in caplog.text
    assert carys.notices.filter(kind="sign-in").count() == 1


@really_committed
def test_a_spare_code_works_once(client, carys):
    sign_in(client, carys)
    set_up_an_app(client)
    spare = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    first, second = type(client)(), type(client)()
    for browser in (first, second):
        sign_in(browser, carys)
        browser.post("/account/2fa/authenticate/", {"code": spare})
    assert (flows.is_in(first), flows.is_in(second)) == (True, False)


def test_a_session_from_before_the_role_is_stopped_at_once(client, cast, borough):
    sign_in(client, cast.bryn)
    assert flows.is_in(client)
    actions.grant_role(Role.MODERATOR, to=cast.bryn, area=borough.borough, by=None, at=now())
    assert client.get("/people/me/")["Location"] == "/account/2fa/"


def test_a_session_without_the_step_is_asked_when_one_exists(client, carys):
    totp.TOTP.activate(carys.account, totp.generate_totp_secret())
    client.force_login(carys.account)
    answer = client.get("/people/me/")
    assert answer["Location"] == "/account/2fa/reauthenticate/?next=%2Fpeople%2Fme%2F"


def test_such_a_session_sees_no_spare_codes_before_the_step(client, carys):
    carys.account.set_password("three wet cats")
    carys.account.save()
    totp.TOTP.activate(carys.account, totp.generate_totp_secret())
    client.force_login(carys.account)
    for path in ("recovery-codes/", "recovery-codes/generate/", "webauthn/add/", ""):
        answer = client.get(f"/account/2fa/{path}")
        assert answer["Location"].startswith("/account/2fa/reauthenticate/")


def test_a_forged_note_of_another_account_does_not_count(client, carys, cast):
    client.force_login(carys.account)
    session = client.session
    note_second_step(session, cast.bryn.account.pk)
    session.save()
    assert not flows.is_in(client)


@pytest.mark.parametrize(
    ("hours", "reads", "sends"), [(11.9, True, True), (12.1, False, True), (13.1, False, False)]
)
def test_the_step_lasts_a_shift_and_what_was_typed_a_little_longer(
    client, carys, hours, reads, sends
):
    totp.TOTP.activate(carys.account, totp.generate_totp_secret())
    client.force_login(carys.account)
    session = client.session
    note_second_step(session, carys.account.pk)
    session["second_factor"][1] -= int(hours * 3600)
    session.save()
    assert flows.is_in(client) is reads
    answer = client.post("/people/me/profile/", {"known_as": ""})
    assert (answer.status_code == 422) is sends


def test_people_without_roles_are_offered_it_and_left_alone(client, cast):
    sign_in(client, cast.amina)
    assert flows.is_in(client)
    assert "Make a passkey" in client.get("/account/2fa/").content.decode()


def test_it_costs_people_without_roles_no_query(client, cast, settings):
    client.force_login(cast.amina.account)
    counts = []
    for required in (False, True):
        settings.REQUIRE_SECOND_FACTOR = required
        with CaptureQueriesContext(connection) as queries:
            client.get("/people/me/blocked/")
        counts.append(len(queries))
    assert counts == [2, 2]  # session with account and person; the page's own


@pytest.mark.parametrize(("mode", "opens"), [("test", True), ("dev", True), ("production", False)])
def test_demo_sign_in_is_waived_only_outside_production(client, carys, settings, mode, opens):
    settings.DEMO_SIGN_IN = False
    client.force_login(carys.account)
    session = client.session
    session["second_factor_waived"] = True
    session.save()
    settings.MODE = mode
    assert flows.is_in(client) is opens


@really_committed
def test_the_last_step_of_such_a_role_cannot_be_taken_away(client, carys):
    sign_in(client, carys)
    secret = set_up_an_app(client)
    client.post("/account/2fa/reauthenticate/", {"code": app_code(secret)})
    client.post("/account/2fa/totp/deactivate/", {})
    assert Authenticator.objects.filter(type="totp").exists()


@really_committed
def test_secrets_are_sealed_in_the_database(client, carys):
    sign_in(client, carys)
    secret = set_up_an_app(client)
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert Authenticator.objects.filter(type="totp").count() == 1


@pytest.mark.parametrize(
    "path",
    [
        "/account/2fa/",
        "/account/2fa/totp/activate/",
        "/account/2fa/webauthn/",
        "/account/2fa/webauthn/add/",
        "/account/email/",
        "/account/phone/change/",
        "/account/password/set/",
        "/account/logout/",
    ],
)
def test_every_page_about_the_account_opens_in_our_look(client, cast, path):
    client.force_login(cast.amina.account)
    page = client.get(path)
    assert page.status_code == 200
    assert 'class="fascia"' in page.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/account/login/",
        "/account/login/?with=password",
        "/account/login/code/",
        "/account/signup/",
        "/account/signup/passkey/",
        "/account/password/reset/",
        "/account/password/reset/done/",
        "/account/inactive/",
    ],
)
def test_every_page_on_the_way_in_opens_in_our_look(client, db, path):
    page = client.get(path)
    assert page.status_code == 200
    assert 'class="fascia"' in page.content.decode()
    assert 'class="tabbar"' not in page.content.decode()


@pytest.fixture
def with_everything(client, cast):
    """Amina with a password, an app, a passkey and spare codes, just asked once more."""
    account = cast.amina.account
    account.set_password("three wet cats")
    account.save()
    totp.TOTP.activate(account, totp.generate_totp_secret())
    recovery_codes.RecoveryCodes.activate(account)
    key = Authenticator.objects.create(
        user=account, type="webauthn", data={"name": "My phone", "credential": {}}
    )
    client.force_login(account)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "mfa", "at": time.time(), "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(account.pk)
    session.save()
    return key


def test_every_page_about_the_second_lock_opens_in_our_look(client, with_everything, monkeypatch):
    monkeypatch.setattr(
        "allauth.mfa.webauthn.internal.auth.begin_authentication", lambda user: {"publicKey": {}}
    )
    pk = with_everything.pk
    for path in (
        "",
        "totp/deactivate/",
        "recovery-codes/",
        "recovery-codes/generate/",
        "webauthn/",
        f"webauthn/keys/{pk}/edit/",
        f"webauthn/keys/{pk}/remove/",
        "webauthn/reauthenticate/",
        "reauthenticate/",
    ):
        page = client.get(f"/account/2fa/{path}")
        assert page.status_code == 200, path
        assert 'class="fascia"' in page.content.decode()
    assert client.get("/account/reauthenticate/").status_code == 200
    assert client.get("/account/password/change/").status_code == 200
    codes = client.get("/account/2fa/recovery-codes/download/")
    assert codes["Content-Type"].startswith("text/plain")
    assert len(codes.content.decode().split("\n\n")[1].split()) == 10


def test_a_passkey_is_renamed_and_taken_away(client, with_everything):
    pk = with_everything.pk
    client.post(f"/account/2fa/webauthn/keys/{pk}/edit/", {"name": "Old \u202ephone"})
    assert Authenticator.objects.get(pk=pk).wrap().name == "Old phone"
    client.post(f"/account/2fa/webauthn/keys/{pk}/remove/")
    assert not Authenticator.objects.filter(pk=pk).exists()


def test_an_app_that_was_lost_opens_nothing_from_the_moment_it_is_taken_away(client, cast):
    sign_in(client, cast.ewan)
    secret = set_up_an_app(client)
    thief = type(client)()
    sign_in(thief, cast.ewan)
    client.post("/account/2fa/reauthenticate/", {"code": app_code(secret)})
    client.post("/account/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=cast.ewan.account, type="totp").exists()
    thief.post("/account/2fa/authenticate/", {"code": app_code(secret)})
    assert not flows.is_in(thief)


def test_nobody_touches_somebody_elses_passkey(client, with_everything, cast):
    client.force_login(cast.ewan.account)
    for verb in ("edit", "remove"):
        answer = client.post(
            f"/account/2fa/webauthn/keys/{with_everything.pk}/{verb}/", {"name": "Mine"}
        )
        assert answer.status_code == 404
    assert Authenticator.objects.get(pk=with_everything.pk).wrap().name == "My phone"
