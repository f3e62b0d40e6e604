"""Who may read, write and take down what."""

from __future__ import annotations

from django.db.models import Q

from doorstep.feed.models import Channel, Comment, Post, PostQuerySet, Readers
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids, can_moderate
from doorstep.teams import rules as team_rules
from doorstep.teams.models import Membership, Mentoring


def teams_inside(person: Person | None) -> set[int]:
    """Return the ids of teams whose inner feed the person reads. Asked once per Person object."""
    if person is None:
        return set()
    if not hasattr(person, "_teams_inside"):
        person._teams_inside = set(  # type: ignore[attr-defined]
            Membership.objects.filter(person=person, state=Membership.State.MEMBER)
            .values_list("team_id", flat=True)
            .union(
                Mentoring.objects.filter(mentor=person, ended_at=None).values_list(
                    "team_id", flat=True
                )
            )
        )
    return person._teams_inside  # type: ignore[attr-defined]


def can_see_post(person: Person | None, post: Post) -> bool:
    """Live posts of one's readership, not from somebody blocked either way."""
    if post.state != Post.State.LIVE or post.author_id in blocked_ids(person):
        return False
    if post.readers == Readers.EVERYONE:
        return True
    if person is None:
        return False
    if post.readers == Readers.MEMBERS:
        return True
    return post.channel.team_id in teams_inside(person)


def posts_visible_to(posts: PostQuerySet, person: Person | None) -> PostQuerySet:
    """`can_see_post` as a query."""
    posts = posts.filter(state=Post.State.LIVE)
    if person is None:
        return posts.filter(readers=Readers.EVERYONE)
    readable = Q(readers__in=[Readers.EVERYONE, Readers.MEMBERS]) | Q(
        readers=Readers.TEAM, channel__team__in=teams_inside(person)
    )
    return posts.filter(readable).exclude(author__in=blocked_ids(person))


def can_read_channel(person: Person | None, channel: Channel) -> bool:
    """Whether the person may look at the feed of this channel at all."""
    if channel.team_id and channel.readers == Readers.TEAM:
        return channel.team_id in teams_inside(person)
    return True


def can_post(person: Person | None, channel: Channel) -> bool:
    """Put something up: members in their team, neighbours in an area."""
    if person is None or person.state != Person.State.ACTIVE:
        return False
    if channel.team is not None and not channel.about:
        return team_rules.can_post_in(person, channel.team)
    return can_read_channel(person, channel)


def can_comment(person: Person | None, post: Post) -> bool:
    return person is not None and person.state == Person.State.ACTIVE and can_see_post(person, post)


def can_edit(person: Person | None, thing: Post | Comment) -> bool:
    return person is not None and thing.author_id == person.pk and thing.state == thing.State.LIVE


def can_take_down(person: Person | None, thing: Post | Comment) -> bool:
    """Its author; a host in their team's feed; a moderator through a decision."""
    if can_edit(person, thing):
        return True
    channel = thing.channel if isinstance(thing, Post) else thing.post.channel
    return channel.team is not None and team_rules.is_host(person, channel.team)


def can_decide_flags(person: Person | None) -> bool:
    return can_moderate(person)
