"""The index of words follows its table by itself: what is hidden is not found either."""

import pytest
from django.db import connection

from doorstep.feed.models import Post
from doorstep.feed.tests.factories import PostFactory, area_channel

pytestmark = pytest.mark.django_db


def found(word):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT id FROM feed_post WHERE words @@ plainto_tsquery('simple', %s) "
                "AND state = 'live'",
                [word],
            )
        else:
            cursor.execute(
                "SELECT rowid FROM feed_post_fts WHERE feed_post_fts MATCH %s", [f'"{word}"']
            )
        return {row[0] for row in cursor.fetchall()}


@pytest.fixture
def post(cast, borough):
    return PostFactory(channel=area_channel(borough.ward), author=cast.bryn, text="Warm samosas")


def test_new_words_are_found_at_once(post):
    assert found("samosas") == {post.pk}


def test_changed_words_are_found_by_their_new_and_not_their_old(post):
    Post.objects.filter(pk=post.pk).update(text="Cold pakoras")
    assert (found("samosas"), found("pakoras")) == (set(), {post.pk})


def test_what_is_hidden_or_deleted_is_not_found(post):
    Post.objects.filter(pk=post.pk).update(state="hidden")
    assert found("samosas") == set()
    Post.objects.filter(pk=post.pk).update(state="live")
    assert found("samosas") == {post.pk}
    post.delete()
    assert found("samosas") == set()


def test_a_count_that_changes_leaves_the_index_alone(post):
    for number in range(5):
        Post.objects.filter(pk=post.pk).update(thanks_count=number, version=number + 1)
    assert found("samosas") == {post.pk}
