"""Who may read, write and take down what."""

from __future__ import annotations

from django.db import connection
from django.db.models import Q

from doorstep.feed.models import Channel, Comment, Post, PostQuerySet, Readers
from doorstep.people.children import may_have_a_word
from doorstep.people.models import Person, RoleHolding
from doorstep.people.rules import blocked_ids, can_edit_stories, can_moderate, holds
from doorstep.teams import rules as team_rules
from doorstep.teams.models import Team


def teams_inside(person: Person | None) -> set[int]:
    """Return the ids of teams whose inner feed the person reads. Asked once per Person object."""
    if person is None:
        return set()
    if not hasattr(person, "_teams_inside"):
        # Plain SQL, because most pages of somebody signed in ask it.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT team_id FROM teams_membership WHERE person_id = %s AND state = 'member'"
                " UNION SELECT team_id FROM teams_mentoring"
                " WHERE mentor_id = %s AND ended_at IS NULL",
                [person.pk, person.pk],
            )
            person._teams_inside = {row[0] for row in cursor.fetchall()}  # type: ignore[attr-defined]
    return person._teams_inside  # type: ignore[attr-defined]


def _is_inside(person: Person | None, team: Team) -> bool:
    """Whether the person reads inside this team; one team is asked for alone, all are not."""
    if person is not None and "_teams_inside" not in person.__dict__:
        return team_rules.can_read_inside(person, team)
    return team.pk in teams_inside(person)


def can_see_post(person: Person | None, post: Post) -> bool:
    """Live posts of one's readership, not from somebody blocked either way."""
    if post.state != Post.State.LIVE or post.author_id in blocked_ids(person):
        return False
    team = post.channel.team
    # A team that closed its door takes its older, open posts inside with it.
    if team is not None and (post.readers == Readers.TEAM or team.is_private):
        return _is_inside(person, team)
    if post.readers == Readers.EVERYONE:
        return True
    return person is not None and post.readers == Readers.MEMBERS


def posts_visible_to(posts: PostQuerySet, person: Person | None) -> PostQuerySet:
    """`can_see_post` as a query."""
    posts = posts.filter(state=Post.State.LIVE)
    is_open = Q(channel__team=None) | Q(channel__team__is_private=False)
    if person is None:
        return posts.filter(is_open, readers=Readers.EVERYONE)
    readable = Q(is_open, readers__in=[Readers.EVERYONE, Readers.MEMBERS]) | Q(
        channel__team__in=teams_inside(person)
    )
    return posts.filter(readable).exclude(author__in=blocked_ids(person))


def can_read_channel(person: Person | None, channel: Channel) -> bool:
    """Whether the person may look at the feed of this channel at all."""
    team = channel.team
    if team is not None and (channel.readers == Readers.TEAM or team.is_private):
        return _is_inside(person, team)
    return True


def can_post(person: Person | None, channel: Channel) -> bool:
    """Put something up: members in their team, neighbours in an area; children in teams alone."""
    if person is None or person.state != Person.State.ACTIVE:
        return False
    if person.is_child and not is_among_friends(person, channel):
        return False
    if channel.team is not None and not channel.about:
        return team_rules.can_post_in(person, channel.team)
    return can_read_channel(person, channel)


def is_among_friends(child: Person, channel: Channel) -> bool:
    """Whether a channel is inside a team the child is in, and not open to everyone around it.

    What hangs in a team's name ("about" a gathering, say) may be for everyone: never there.
    """
    team = channel.team
    if team is None or not _is_inside(child, team):
        return False
    return not channel.about or channel.readers == Readers.TEAM


def can_comment(person: Person | None, post: Post) -> bool:
    """Whoever reads it; children in their teams alone, and to a child those they know."""
    if person is None or person.state != Person.State.ACTIVE or not can_see_post(person, post):
        return False
    if person.is_child and not is_among_friends(person, post.channel):
        return False
    return not post.author.is_child or may_have_a_word(person, post.author)


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


NOTICE_ROLES = (
    RoleHolding.Role.ORGANISER,
    RoleHolding.Role.EDITOR,
    RoleHolding.Role.OFFICER,
)


def can_put_up_notice(person: Person | None, channel: Channel) -> bool:
    """Speak for the borough in an area: who holds a role in it or around it; hosts in a team."""
    if channel.team is not None:
        return team_rules.can_run_team(person, channel.team)
    if person is None or not holds(person, *NOTICE_ROLES):
        return False
    return (
        RoleHolding.objects.held()
        .filter(person=person, role__in=NOTICE_ROLES, area__in=channel.area.path_ids)
        .exists()
    )


def can_write_article(person: Person | None, channel: Channel) -> bool:
    """Members in their team; story editors, and who may put up notices, for an area."""
    if not can_post(person, channel):
        return False
    if channel.team is not None:
        return True
    return can_edit_stories(person) or can_put_up_notice(person, channel)


def can_thank(person: Person | None, post: Post) -> bool:
    """Anyone who may answer it, but not for one's own words."""
    return can_comment(person, post) and person is not None and post.author_id != person.pk
