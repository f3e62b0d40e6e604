"""When something cannot be shown, a sentence says what to do next."""

import pytest

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


def test_a_post_mentions_somebody_once(cast, post):
    mentions = [Mention(person=cast.bryn, post=post) for _twice in range(2)]
    Mention.objects.bulk_create(mentions, ignore_conflicts=True)
    assert Mention.objects.filter(post=post).count() == 1
