"""Somebody with two accounts joins them themselves, after showing that both are theirs."""

import datetime as dt
import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from doorstep.base.time import now
from doorstep.people.merging import actions
from doorstep.people.models import Block, Merge, Person, RoleHolding
from doorstep.people.tests import flows

pytestmark = pytest.mark.django_db
PAGE = "/people/me/two-accounts/"


def signed_in(person):
    browser = Client()
    browser.force_login(person.account, backend="doorstep.people.backends.AccountBackend")
    return browser


def word_of(browser):
    page = browser.post(PAGE, {"show": "yes"}).content.decode()
    return re.search(r"<code[^>]*>([^<]+)</code>", page)[1]


def test_a_word_from_one_account_brought_to_the_other_joins_them(cast):
    first, second = signed_in(cast.amina), signed_in(cast.bryn)
    word = word_of(first)
    answer = second.post(PAGE, {"word": word, "keep": "mine"})
    assert answer.status_code == 302
    cast.amina.refresh_from_db()
    assert (cast.amina.state, cast.amina.merged_into) == (Person.State.MERGED, cast.bryn)
    # The one that stays goes on; the other is signed out everywhere, and does not come back.
    assert flows.is_in(second)
    assert not flows.is_in(first)
    assert not flows.is_in(signed_in(cast.amina))
    assert second.post(PAGE, {"word": word, "keep": "mine"}).status_code == 422


def test_the_one_that_went_is_told_where_it_signed_in(cast, mailoutbox):
    """A word may be talked out of somebody: they read of it in their own letters."""
    word, theirs = word_of(signed_in(cast.amina)), cast.amina.account.email
    mailoutbox.clear()
    signed_in(cast.bryn).post(PAGE, {"word": word, "keep": "mine"})
    [letter] = [one for one in mailoutbox if one.to == [theirs]]
    assert "joined" in letter.subject
    assert "0808 157 0142" in letter.body


def test_an_open_phone_alone_gives_nobody_the_word(cast):
    cast.amina.account.set_password("three wet cats")
    cast.amina.account.save()
    browser = signed_in(cast.amina)
    for answer in (browser.get(PAGE), browser.post(PAGE, {"show": "yes"})):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/reauthenticate/?next=")
    # After the password comes the answer to what was pressed, and the way on from there.
    page = browser.post(answer["Location"], {"password": "three wet cats"}).content.decode()
    assert "<code" in page
    assert f'action="{PAGE}"' in page
    assert word_of(browser)


def test_the_other_one_may_stay_instead(cast):
    first, second = signed_in(cast.amina), signed_in(cast.bryn)
    second.post(PAGE, {"word": word_of(first), "keep": "other"})
    cast.bryn.refresh_from_db()
    assert cast.bryn.merged_into == cast.amina
    assert flows.is_in(first)
    assert not flows.is_in(second)


def test_parting_gives_both_their_way_in_back_with_their_own_second_step(cast, borough):
    totp.TOTP.activate(cast.amina.account, totp.generate_totp_secret())
    password = cast.amina.account.password
    second = signed_in(cast.bryn)
    second.post(PAGE, {"word": actions.word_for(cast.amina), "keep": "mine"})
    # Nothing of the one that went opens the one that stays.
    assert not Authenticator.objects.filter(user=cast.bryn.account).exists()
    officer = cast.carys
    RoleHolding.objects.create(person=officer, role="officer", area=borough.borough)
    officer = Person.objects.get(pk=officer.pk)
    actions.part(Merge.objects.get(), by=officer, at=now(), why="A mistake")
    cast.amina.refresh_from_db()
    assert cast.amina.state == Person.State.ACTIVE
    assert cast.amina.account.password == password
    assert Authenticator.objects.filter(user=cast.amina.account, type="totp").exists()
    assert flows.is_in(signed_in(cast.amina))
    assert flows.is_in(second)


def test_an_old_made_up_or_own_word_joins_nobody(cast, monkeypatch):
    browser = signed_in(cast.bryn)
    old = actions.word_for(cast.amina)
    monkeypatch.setattr(actions, "_GOOD_FOR", dt.timedelta(seconds=-1))
    assert browser.post(PAGE, {"word": old, "keep": "mine"}).status_code == 422
    monkeypatch.undo()
    for word in ("made-up", actions.word_for(cast.bryn), old[:-1] + "?"):
        assert browser.post(PAGE, {"word": word, "keep": "mine"}).status_code == 422
    assert not Merge.objects.exists()


def test_what_keeps_two_records_apart_keeps_their_accounts_apart_too(cast):
    Block.objects.create(blocker=cast.amina, blocked=cast.bryn)
    browser = signed_in(cast.bryn)
    answer = browser.post(PAGE, {"word": actions.word_for(cast.amina), "keep": "mine"})
    assert answer.status_code == 422
    assert "block" not in answer.content.decode().split("<main")[1].split("</main")[0].lower()
    assert not Merge.objects.exists()
