"""When something cannot be shown, a sentence says what to do next."""

import pytest
from django.test import Client

from doorstep.feed.models import Mention
from doorstep.feed.tests.factories import PostFactory, area_channel


@pytest.fixture
def post(cast, borough):
    return PostFactory(channel=area_channel(borough.ward), author=cast.dev)


def test_words_far_too_long_are_refused_in_a_sentence(client, cast, post):
    client.force_login(cast.amina.account)
    answer = client.post(f"/feed/{post.pk}/reply/", {"text": "x" * 3_000_000})
    assert answer.status_code == 400
    assert "make it shorter" in answer.content.decode()
    assert post.comments.count() == 0


def test_what_is_missing_is_not_found_in_a_sentence(client, cast):
    client.force_login(cast.amina.account)
    answer = client.get("/feed/99999999/")
    assert answer.status_code == 404
    assert "Nothing you did was wrong" in answer.content.decode()


def test_a_visitor_who_finds_nothing_may_sign_in_and_come_back_whatever_is_there(client, post):
    private = PostFactory(channel=post.channel, author=post.author, readers="members")
    for pk in (private.pk, 99999999):
        page = client.get(f"/feed/{pk}/?page=2")
        assert page.status_code == 404
        assert f'href="/account/login/?next=/feed/{pk}/%3Fpage%3D2"' in page.content.decode()
    client.force_login(post.author.account)
    assert "/account/login/" not in client.get("/feed/99999999/").content.decode()


# --- Signed out while a form lay open -----------------------------------------------------------

WORDS = "I could bring the chairs from our church hall, about twenty of them."
BROWSER = {"accept": "text/html,application/xhtml+xml", "referer": "http://testserver/feed/?x=1"}


def test_whoever_was_signed_out_meanwhile_keeps_their_words_and_comes_back_to_the_page(
    client, post
):
    answer = client.post(f"/feed/{post.pk}/reply/", {"text": WORDS}, headers=BROWSER)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert WORDS in page
    assert "signed out meanwhile" in page
    assert 'href="/account/login/?next=/feed/%3Fx%3D1"' in page
    assert post.comments.count() == 0


def test_without_words_one_is_asked_to_sign_in_and_led_to_the_page_not_to_the_form(client, post):
    answer = client.post(f"/feed/{post.pk}/thank/", headers=BROWSER)
    assert answer.headers["Location"] == "/account/login/?next=/feed/%3Fx%3D1"
    for where in ("https://evil.example/feed/", "http://testserver//evil.example/", "", "x"):
        answer = client.post(f"/feed/{post.pk}/thank/", headers={**BROWSER, "referer": where})
        assert answer.headers["Location"] == f"/account/login/?next=/feed/{post.pk}/thank/"


def test_words_sent_to_what_is_gone_or_not_theirs_any_more_are_shown_to_their_writer(
    client, cast, post
):
    client.force_login(cast.amina.account)
    gone = client.post("/feed/99999999/reply/", {"text": WORDS})
    refused = client.post("/people/records/", {"words": WORDS})
    assert (gone.status_code, refused.status_code) == (404, 403)
    for answer in (gone, refused):
        assert WORDS in answer.content.decode()


def test_a_password_of_many_words_is_never_shown(db):
    strict = Client(enforce_csrf_checks=True)
    secret = "seven green kettles sing at dawn"
    data = {"login": "a@example.org", "password": secret, "oldpassword": secret, "text": WORDS}
    for where in ("/account/login/", "/account/password/change/"):
        page = strict.post(where, data, headers=BROWSER).content.decode()
        assert WORDS in page
        assert secret not in page


def test_scripts_are_led_to_the_door_as_ever(client, post):
    script = {**BROWSER, "accept": "*/*"}
    answer = client.post(f"/feed/{post.pk}/reply/", {"text": WORDS}, headers=script)
    assert answer.status_code == 302


def test_an_address_that_only_takes_forms_says_so_in_a_page(client, cast, post):
    client.force_login(cast.amina.account)
    answer = client.get(f"/feed/{post.pk}/thank/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "Nothing you did was wrong" in answer.content.decode()


def test_a_post_mentions_somebody_once(cast, post):
    mentions = [Mention(person=cast.bryn, post=post) for _twice in range(2)]
    Mention.objects.bulk_create(mentions, ignore_conflicts=True)
    assert Mention.objects.filter(post=post).count() == 1
