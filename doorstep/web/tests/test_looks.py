"""What a page shows first, and what it does not say twice."""

import datetime as dt

import pytest

from doorstep.base.time import now
from doorstep.connect.views.walking import on_the_map
from doorstep.design.templatetags.design import telephone
from doorstep.feed.models import Photo, Post
from doorstep.feed.tests.factories import PostFactory, area_channel
from doorstep.support.requests.views.one import _plain


@pytest.mark.django_db
def test_a_stranger_sees_the_newest_story_with_a_picture_first_and_three_in_all(
    client, cast, borough
):
    for number in range(4):
        story = PostFactory(
            channel=area_channel(borough.ward),
            author=cast.dev,
            kind=Post.Kind.ARTICLE,
            title=f"Story {number}",
            readers="everyone",
            posted_at=now() - dt.timedelta(days=9 - number),
        )
        if number == 1:
            Photo.objects.create(
                post=story, owner=cast.dev, name="a", small_name="b", width=4, height=3,
                description="Twelve people round a table",
            )  # fmt: skip
            Post.objects.filter(pk=story.pk).update(photo_count=1)
    page = client.get("/").content.decode()
    found = [n for n in range(4) if f"Story {n}" in page]
    assert found == [1, 2, 3]
    assert page.index("Story 1") < page.index("Story 3") < page.index("Story 2")
    assert 'alt="Twelve people round a table"' in page


def test_a_kept_number_is_shown_as_people_say_it_and_a_landline_is_left_alone():
    assert ">07700 900514<" in telephone("+447700900514")
    assert 'href="tel:+447700900514"' in telephone("+447700900514")
    assert ">020 7946 0000<" in telephone("020 7946 0000")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Needle and Thread", "Needle and Thread"),
        ("Sheila, next door to us", "Sheila, next door"),
        ("Wolfeschlegelsteinhausen", "Wolfeschlegelstein"),
    ],
)
def test_a_name_on_the_map_keeps_whole_words(name, said):
    assert on_the_map(name) == said


def test_words_that_only_end_otherwise_say_the_same():
    assert _plain("No food in\nthe house.") == _plain("No food in the house")
    assert _plain("No food") != _plain("No food in the house")
