"""Passwords: long rather than odd, never cut, kept so that nobody can read them back."""

import re
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.contrib.auth.hashers import get_hasher, identify_hasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from doorstep.people.models import Account
from doorstep.people.tests.factories import PersonFactory

SCRYPT = ["django.contrib.auth.hashers.ScryptPasswordHasher"]


@pytest.mark.parametrize("password", ["", "short", "elevenchars"])
def test_a_short_password_is_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password)


@pytest.mark.parametrize("password", ["password1234", "qwertyuiop12345", "iloveyou1234"])
def test_a_common_password_is_refused(password):
    from django.contrib.auth.password_validation import CommonPasswordValidator

    known = CommonPasswordValidator().passwords
    assert len(known) >= 10_000
    found = sorted((word for word in known if len(word) >= 12), key=len)[:3]
    for common in found:
        with pytest.raises(ValidationError):
            validate_password(common)


@pytest.mark.parametrize(
    "password",
    [
        "twelve chars",
        "x y z " * 11,
        "چائے اور ٹوسٹ کا وقت",
        "🫖🍞🧈 tea and toast",
        "a" * 4 + "9" * 124,
    ],
)
def test_a_password_may_be_long_and_of_any_letters(password):
    validate_password(password)


def test_more_than_128_characters_are_refused_rather_than_cut():
    with pytest.raises(ValidationError):
        validate_password("tea and toast " * 10)


def test_a_password_is_never_cut(db):
    account = PersonFactory().account
    account.set_password("tea and toast " * 9)
    assert account.check_password("tea and toast " * 9)
    assert not account.check_password(("tea and toast " * 9)[:72])
    assert not account.check_password(("tea and toast " * 9)[:-1])


def test_passwords_are_hashed_slowly_with_a_salt_of_their_own(settings):
    settings.PASSWORD_HASHERS = SCRYPT
    one, other = make_password("tea and toast"), make_password("tea and toast")
    assert one != other
    assert identify_hasher(one).algorithm == "scrypt"
    assert get_hasher("scrypt").work_factor >= 2**14
    salt = one.split("$")[2]
    assert len(salt) >= 16


def test_outside_tests_scrypt_is_the_way():
    source = (Path(site_settings.ROOT) / "config" / "settings.py").read_text()
    first = re.search(r'PASSWORD_HASHERS = \[\s*"([^"]+)"', source)
    assert first
    assert first[1].endswith("ScryptPasswordHasher")


def test_there_are_no_secret_questions():
    names = {field.name for field in Account._meta.get_fields()}
    assert not {name for name in names if "hint" in name or "question" in name}


def test_session_keys_are_long_and_random(db):
    from doorstep.people.sessions import SessionStore

    keys = set()
    for _each in range(20):
        store = SessionStore()
        store.create()
        keys.add(store.session_key)
    assert len(keys) == 20
    assert {len(key) for key in keys} == {32}  # 36 letters and digits: 165 bits
