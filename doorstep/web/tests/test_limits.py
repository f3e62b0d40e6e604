"""What comes too often is refused in a sentence; what was typed is kept."""

import pytest
from django.urls import get_resolver

from doorstep.base import limits
from doorstep.feed.models import Comment, Post
from doorstep.feed.tests.factories import PostFactory, area_channel
from doorstep.web.limits import TABLE


@pytest.fixture(autouse=True)
def _real_limits(settings):
    settings.LIMITS_STRETCH = 1
    limits.forget()
    yield
    limits.forget()


@pytest.fixture
def post(cast, borough):
    return PostFactory(channel=area_channel(borough.ward), author=cast.dev)


def view_names(patterns=None, space=""):
    for entry in patterns if patterns is not None else get_resolver().url_patterns:
        if hasattr(entry, "url_patterns"):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from view_names(entry.url_patterns, inner)
        elif entry.name:
            yield space + entry.name


def test_every_page_in_the_table_is_there():
    there = set(view_names())
    named = {name for _limit, names in TABLE for name in names}
    assert named - there == set()


def reply(client, post, number, text="I can bring the milk, and two folding chairs."):
    return client.post(
        f"/feed/{post.pk}/reply/", {"text": text, "client_key": f"key-of-reply-{number}"}
    )


def test_a_flood_of_replies_ends_in_a_sentence_that_keeps_the_words(client, cast, post):
    client.force_login(cast.amina.account)
    answers = [reply(client, post, number) for number in range(45)]
    assert [answer.status_code for answer in answers[:40]] == [302] * 40
    last = answers[-1]
    assert last.status_code == 429
    words = last.content.decode()
    assert "Try again in" in words
    assert "I can bring the milk" in words
    assert 'value="key-of-reply-44"' in words
    assert 0 < int(last["Retry-After"]) <= 600
    assert Comment.objects.count() == 40


def test_a_refused_form_never_shows_a_password_again(client, db):
    for _try in range(125):
        answer = client.post("/account/login/", {"login": "x", "password": "hunter2hunter2"})
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert "hunter2" not in answer.content.decode()


def test_one_persons_flood_stops_nobody_else_at_the_same_address(client, cast, post):
    client.force_login(cast.amina.account)
    for number in range(45):
        reply(client, post, number)
    client.force_login(cast.bryn.account)
    assert reply(client, post, 999).status_code == 302


def test_a_librarys_shared_address_never_locks_readers_out(client, post, borough):
    for _read in range(700):
        assert client.get("/about/").status_code == 200


def test_searching_is_limited_per_person(client, cast):
    client.force_login(cast.amina.account)
    codes = [client.get("/search/?q=tea").status_code for _try in range(92)]
    assert codes.count(200) == 90
    assert codes[-1] == 429


def test_flags_are_limited_and_the_note_is_kept(client, cast, post):
    client.force_login(cast.amina.account)
    for number in range(32):
        answer = client.post(
            f"/feed/flag/post/{post.pk}/", {"rule": "spam", "note": f"Again and again, {number}."}
        )
    assert answer.status_code == 429
    assert "Again and again, 31." in answer.content.decode()


def test_posting_is_limited_and_nothing_beyond_it_is_kept(client, cast, borough):
    client.force_login(cast.amina.account)
    channel = area_channel(borough.ward)
    for number in range(25):
        answer = client.post(
            "/feed/write/",
            {
                "place": f"area:{channel.area_id}",
                "kind": "note",
                "text": f"Does anybody know whose cat this is? {number}",
                "client_key": f"key-of-a-post-{number}",
            },
        )
    assert answer.status_code == 429
    assert Post.objects.filter(author=cast.amina).count() <= 20


def test_a_worry_about_harm_is_never_turned_away():
    there = set(view_names())
    for name in limits.never_limited:
        assert limits.limited.get(name) is None
        assert name in there
