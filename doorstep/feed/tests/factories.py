"""Channels, posts and comments for tests."""

import factory

from doorstep.feed.models import Channel, Comment, Post


def area_channel(area):
    return Channel.objects.get_or_create(
        area=area,
        team=None,
        about="",
        defaults={"name": area.name, "path": area.get_absolute_url(), "readers": "everyone"},
    )[0]


def team_channel(team, readers="team"):
    return Channel.objects.get_or_create(
        team=team,
        about="",
        defaults={
            "area": team.area,
            "name": team.name,
            "path": f"/teams/{team.slug}/",
            "readers": readers,
        },
    )[0]


class PostFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Post

    text = factory.Sequence(lambda n: f"The kettle is on, number {n}.")


class CommentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Comment

    text = factory.Sequence(lambda n: f"I'll bring the milk, number {n}.")
