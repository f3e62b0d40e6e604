"""What people do in the feed: put up, change, take down, reply, thank, keep a draft."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from doorstep.base.text import clean, shorten
from doorstep.feed import moderation, words
from doorstep.feed import photos as photo_files
from doorstep.feed.models import (
    Channel,
    Comment,
    Draft,
    Edit,
    Flag,
    Mention,
    Photo,
    Post,
    Readers,
    Thanks,
)
from doorstep.feed.rules import can_see_post
from doorstep.notices import actions as notices
from doorstep.notices.models import Notice
from doorstep.people.children import adult_since
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids
from doorstep.places.models import Area
from doorstep.teams.models import Team

# How often a busy team's row is touched to say that it is alive.
STILL_ALIVE = dt.timedelta(hours=1)
# A thread tells at most so many people of a reply.
MOST_TOLD = 100


class NotYours(Exception):
    """Somebody else wrote that."""


class AlreadyGone(Exception):
    """It was taken down in the meantime."""


# --- Channels ----------------------------------------------------------------------------------


def channel_of(place: Area | Team) -> Channel:
    """Return the channel of an area or a team, made when first asked for.

    A team that changed its name or closed its door has its channel put right here.
    """
    if isinstance(place, Team):
        facts: dict[str, Any] = {
            "area": place.area,
            "name": place.name,
            "path": place.get_absolute_url(),
            "readers": Readers.TEAM if place.is_private else Readers.EVERYONE,
        }
        channel, is_new = Channel.objects.get_or_create(team=place, about="", defaults=facts)
        channel.team = place
    else:
        facts = {"name": place.name, "path": place.get_absolute_url(), "readers": Readers.EVERYONE}
        channel, is_new = Channel.objects.get_or_create(
            area=place, team=None, about="", defaults=facts
        )
        channel.area = place
    changed = [
        name for name, value in facts.items() if name != "area" and getattr(channel, name) != value
    ]
    if changed and not is_new:
        for name in changed:
            setattr(channel, name, facts[name])
        channel.save(update_fields=changed)
    return channel


def make_channel(team: Team) -> None:
    """Give a team that starts its channel."""
    channel_of(team)


_WIDTH = {Readers.TEAM: 0, Readers.MEMBERS: 1, Readers.EVERYONE: 2}


def readers_for(channel: Channel, kind: str, wanted: str | None = None) -> str:
    """Return who may read a post: what was wanted, never wider than its channel allows."""
    if wanted is None:
        if channel.team_id:
            wanted = Readers.TEAM
        elif kind in (Post.Kind.NOTICE, Post.Kind.ARTICLE):
            wanted = Readers.EVERYONE
        else:
            wanted = Readers.MEMBERS
    if wanted == Readers.TEAM and not channel.team_id:
        wanted = Readers.MEMBERS
    return min(wanted, channel.readers, key=lambda readers: _WIDTH[Readers(readers)])


# --- Posts -------------------------------------------------------------------------------------


def put_up(
    channel: Channel,
    *,
    by: Person,
    at: dt.datetime,
    text: str,
    client_key: str,
    kind: str = Post.Kind.NOTE,
    title: str = "",
    readers: str | None = None,
    photos: Sequence[Photo] = (),
    draft: str = "",
) -> Post:
    """Put something up and tell whom it names; the same `client_key` again is the same post.

    `photos` wait for it (`photos.keep`); `draft` is the place whose draft this finishes.
    Raises NotYours when somebody else's post has that key.
    """
    text = clean(text)
    try:
        with transaction.atomic():
            post = Post.objects.create(
                channel=channel,
                author=by,
                kind=kind,
                # What a child writes stays in the team, whatever was asked for.
                readers=Readers.TEAM
                if by.is_child and channel.team_id
                else readers_for(channel, kind, readers),
                title=title,
                slug=(slugify(title)[:80].strip("-") or "story")
                if kind == Post.Kind.ARTICLE
                else "",
                text=text,
                language=(by.languages or [by.reads])[0][:10],
                posted_at=at,
                photo_count=len(photos),
                client_key=client_key,
            )
            if photos:
                Photo.objects.filter(
                    pk__in=[photo.pk for photo in photos], owner=by, post=None
                ).update(post=post)
            _say_names(post, None, text, by=by)
            if channel.team is not None:
                _keep_alive(channel.team, at)
            if draft:
                Draft.objects.filter(person=by, place=draft).delete()
    except IntegrityError:
        twin = Post.objects.select_related("channel").filter(client_key=client_key).first()
        if twin is None:
            raise
        if twin.author_id != by.pk:
            raise NotYours from None
        return twin
    return post


def _keep_alive(team: Team, at: dt.datetime) -> None:
    """Note that something happens in the team, at most once an hour."""
    if team.active_at < at - STILL_ALIVE:
        Team.objects.filter(pk=team.pk, active_at__lt=at).update(active_at=at)


@transaction.atomic
def change(
    post: Post,
    *,
    by: Person,
    at: dt.datetime,
    text: str,
    title: str = "",
    kind: str | None = None,
    photos: Sequence[Photo] | None = None,
) -> Post:
    """Change a post; what it said before stays readable. `photos` None leaves them alone."""
    text = clean(text)
    fresh = Post.objects.select_for_update().get(pk=post.pk)
    if fresh.state != Post.State.LIVE:
        raise AlreadyGone
    changed = fresh.text != text or fresh.title != title
    if changed:
        Edit.objects.create(post=fresh, title=fresh.title, text=fresh.text, by=by, at=at)
    fields: dict[str, Any] = {"version": F("version") + 1, "text": text, "title": title}
    if changed:
        fields["edited_at"] = at
    if kind is not None:
        fields["kind"] = kind
    if photos is not None:
        kept = {photo.pk for photo in photos}
        photo_files.forget(fresh.photos.exclude(pk__in=kept))
        Photo.objects.filter(pk__in=kept, owner=by, post=None).update(post=fresh)
        fields["photo_count"] = len(kept)
    Post.objects.filter(pk=fresh.pk).update(**fields)
    fresh.refresh_from_db()
    _say_names(fresh, None, text, by=by)
    return fresh


@transaction.atomic
def take_down(post: Post, *, by: Person, at: dt.datetime) -> None:
    """Take a post down for everyone. Moderators still find its words; its photos go.

    Photos of something flagged stay, unseen, until the flag is decided. What a host takes down
    in their team leaves a trace for moderators, whom its author may ask to look again.
    """
    if by.pk != post.author_id:
        if not Post.objects.live().filter(pk=post.pk).exists():
            raise AlreadyGone
        moderation.record_host_removal(post, by=by, at=at)
        return
    taken = Post.objects.filter(pk=post.pk, state=Post.State.LIVE).update(
        state=Post.State.REMOVED, version=F("version") + 1
    )
    if not taken:
        raise AlreadyGone
    Edit.objects.create(post=post, title=post.title, text=post.text, by=by, at=at)
    flagged = Flag.objects.filter(
        target_kind="post", target_id=post.pk, state=Flag.State.OPEN
    ).exists()
    if not flagged:
        photo_files.forget(post.photos.all())


@transaction.atomic
def set_met(post: Post, *, by: Person, at: dt.datetime, is_met: bool) -> None:
    """Say that an ask or offer is sorted, or not after all."""
    Post.objects.filter(pk=post.pk, met_at__isnull=is_met).update(
        met_at=at if is_met else None, version=F("version") + 1
    )


# --- Replies -----------------------------------------------------------------------------------


def reply(
    post: Post, *, by: Person, at: dt.datetime, text: str, client_key: str, draft: str = ""
) -> Comment:
    """Reply to a post; tell its author and those in the thread, once each until they look."""
    text = clean(text)
    try:
        with transaction.atomic():
            comment = _put_down(
                Comment(post=post, author=by, text=text, posted_at=at, client_key=client_key)
            )
            if post.channel.team is not None:
                _keep_alive(post.channel.team, at)
            named = _say_names(post, comment, text, by=by)
            _tell_the_thread(post, comment, by=by, at=at, leave_out=named)
            if draft:
                Draft.objects.filter(person=by, place=draft).delete()
    except IntegrityError:
        twin = Comment.objects.filter(client_key=client_key).first()
        if twin is None:
            raise
        if twin.author_id != by.pk or twin.post_id != post.pk:
            raise NotYours from None
        return twin
    return comment


# Replying is what people do most, so the row and its count are written without Django wording
# them each time.
_INSERT = """
INSERT INTO feed_comment (post_id, author_id, text, state, posted_at, client_key)
VALUES (%s, %s, %s, %s, %s, %s) RETURNING id
"""
_COUNT = "UPDATE feed_post SET comment_count = comment_count + 1 WHERE id = %s"


def _put_down(comment: Comment) -> Comment:
    with connection.cursor() as cursor:
        at = connection.ops.adapt_datetimefield_value(comment.posted_at)
        cursor.execute(
            _INSERT,
            [
                comment.post_id,
                comment.author_id,
                comment.text,
                comment.state,
                at,
                comment.client_key,
            ],
        )
        (comment.pk,) = cursor.fetchone()
        cursor.execute(_COUNT, [comment.post_id])
    comment._state.adding, comment._state.db = False, connection.alias
    return comment


# Who hears of a reply: the author and the latest voices in the thread, without those who have
# not looked at the last one yet. Plain SQL, because the ORM would ask it of every person there is.
_THREAD = """
SELECT t.id
FROM (
  SELECT author_id AS id FROM (
    SELECT author_id FROM feed_comment WHERE post_id = %s AND state = 'live'
    ORDER BY id DESC LIMIT 300
  ) latest
  UNION SELECT author_id FROM feed_post WHERE id = %s
) t
WHERE NOT EXISTS (
  SELECT 1 FROM notices_notice n
  WHERE n.person_id = t.id AND n.seen_at IS NULL AND n.kind = 'reply' AND n.key {begins} %s
)
"""
_STILL_INSIDE = """
AND (
  EXISTS (SELECT 1 FROM teams_membership m
    WHERE m.person_id = t.id AND m.team_id = %s AND m.state = 'member')
  OR EXISTS (SELECT 1 FROM teams_mentoring g
    WHERE g.mentor_id = t.id AND g.team_id = %s AND g.ended_at IS NULL)
)
"""


def _tell_the_thread(
    post: Post, comment: Comment, *, by: Person, at: dt.datetime, leave_out: set[int]
) -> None:
    """Tell the thread, each of them once until they look."""
    # Told by its beginning, SQLite finds a notice in the index of keys with GLOB alone.
    begins, rest = ("GLOB", "*") if connection.vendor == "sqlite" else ("LIKE", "%")
    sql = _THREAD.format(begins=begins)
    params: list[Any] = [post.pk, post.pk, f"reply:{post.pk}:{rest}"]
    team = post.channel.team
    if team is not None and (post.readers == Readers.TEAM or team.is_private):
        # Whoever left the team hears nothing more of it.
        sql += _STILL_INSIDE
        params += [team.pk, team.pk]
    unwanted = {by.pk} | leave_out | blocked_ids(by)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        ids = [pk for (pk,) in cursor.fetchall() if pk not in unwanted][:MOST_TOLD]
    if ids:
        told = list(Person.objects.select_related("account").filter(pk__in=ids).order_by("pk"))
        notices.send_to_all(
            "reply",
            told,
            key=f"reply:{post.pk}:{comment.pk}",
            title=_said(_("%(name)s replied to “%(post)s”"), name=by.known_as, post=_short(post)),
            body=shorten(comment.text, 300),
            path=comment.get_absolute_url(),
            about=by,
            at=at,
        )


class _Said:
    """A sentence spoken in the reader's language when the notice is written."""

    def __init__(self, sentence: Any, words_in_it: dict[str, str]) -> None:
        self.sentence, self.words_in_it = sentence, words_in_it

    def __str__(self) -> str:
        return str(self.sentence) % self.words_in_it


def _said(sentence: Any, **words_in_it: str) -> _Said:
    return _Said(sentence, words_in_it)


def _short(post: Post) -> str:
    return shorten(post.title or post.text, 60)


@transaction.atomic
def change_reply(comment: Comment, *, by: Person, at: dt.datetime, text: str) -> None:
    """Change a reply; what it said before is kept."""
    text = clean(text)
    if comment.text == text:
        return
    Edit.objects.create(post_id=comment.post_id, comment=comment, text=comment.text, by=by, at=at)
    if not Comment.objects.filter(pk=comment.pk, state=Comment.State.LIVE).update(
        text=text, edited_at=at
    ):
        raise AlreadyGone
    comment.text, comment.edited_at = text, at
    _say_names(comment.post, comment, text, by=by)


@transaction.atomic
def take_down_reply(comment: Comment, *, by: Person, at: dt.datetime) -> None:
    """Take a reply down; its words stay for moderators. A host leaves a trace, as above."""
    if by.pk != comment.author_id:
        if not Comment.objects.filter(pk=comment.pk, state=Comment.State.LIVE).exists():
            raise AlreadyGone
        moderation.record_host_removal(comment, by=by, at=at)
        return
    if not Comment.objects.filter(pk=comment.pk, state=Comment.State.LIVE).update(
        state=Comment.State.REMOVED
    ):
        raise AlreadyGone
    Edit.objects.create(post_id=comment.post_id, comment=comment, text=comment.text, by=by, at=at)
    Post.objects.filter(pk=comment.post_id, comment_count__gt=0).update(
        comment_count=F("comment_count") - 1
    )


# --- Names -------------------------------------------------------------------------------------


_NEAR = """
SELECT p.id, p.known_as, p.born_on FROM (
  SELECT author_id AS id, 0 AS far FROM feed_post WHERE id = %s
  UNION ALL
  SELECT author_id, 1 FROM (
    SELECT author_id FROM feed_comment WHERE post_id = %s AND state = 'live'
    ORDER BY id DESC LIMIT 300
  ) latest
  UNION ALL
  SELECT m.person_id, 2 FROM teams_membership mine
  JOIN teams_membership m ON m.team_id = mine.team_id AND m.state = 'member'
  WHERE mine.person_id = %s AND mine.state = 'member'
) t JOIN people_person p ON p.id = t.id
WHERE p.state = 'active'
GROUP BY p.id, p.known_as, p.born_on ORDER BY MIN(t.far), p.id LIMIT 5000
"""


def people_to_name(by: Person, post: Post) -> list[tuple[int, str]]:
    """Return whom `by` may name with @ under a post, the nearest first: (id, name).

    Its author, who is in the thread, and people in teams shared with them; never anyone
    blocked either way, nor a child, whose page opens for nobody.
    """
    unwanted = blocked_ids(by) | {by.pk}
    grown_up = adult_since().isoformat()
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, [post.pk, post.pk, by.pk])
        rows = cursor.fetchall()
    return [
        (pk, known_as)
        for pk, known_as, born_on in rows
        if pk not in unwanted and (born_on is None or str(born_on) <= grown_up)
    ]


def _say_names(post: Post, comment: Comment | None, text: str, *, by: Person) -> set[int]:
    """Keep who is named in the words and tell them; return the ids of all who were told."""
    if "@" not in text:
        if (comment or post).edited_at is not None:
            Mention.objects.filter(post=post, comment=comment).delete()
        return set()
    said = set(words.names_said(text, people_to_name(by, post)).values())
    before: set[int] = set()
    if (comment or post).edited_at is not None:
        mentions = Mention.objects.filter(post=post, comment=comment)
        before = set(mentions.values_list("person_id", flat=True))
        mentions.exclude(person__in=said).delete()
    fresh = sorted(said - before)
    if not fresh:
        return set()
    Mention.objects.bulk_create(
        [Mention(person_id=pk, post=post, comment=comment) for pk in fresh], ignore_conflicts=True
    )
    people = Person.objects.filter(pk__in=fresh).select_related("account").order_by("pk")
    told = [person for person in people if can_see_post(person, post)]
    if told:
        thing = comment or post
        notices.send_to_all(
            "mention",
            told,
            key=f"mention:{post.pk}:{comment.pk if comment else 0}",
            title=_said(_("%(name)s mentioned you"), name=by.known_as),
            body=shorten(thing.text, 300),
            path=thing.get_absolute_url(),
            about=by,
        )
    return {person.pk for person in told}


# --- Thanks ------------------------------------------------------------------------------------


@transaction.atomic
def thank(post: Post, *, by: Person, at: dt.datetime) -> bool:
    """Say thank you for a post; False when it was said already."""
    _row, is_new = Thanks.objects.get_or_create(post=post, person=by, defaults={"given_at": at})
    if not is_new:
        return False
    Post.objects.filter(pk=post.pk).update(thanks_count=F("thanks_count") + 1)
    _tell_of_thanks(post, by=by, at=at)
    return True


@transaction.atomic
def take_back_thanks(post: Post, *, by: Person) -> bool:
    """Take a thank-you back; False when there was none."""
    gone, _rows = Thanks.objects.filter(post=post, person=by).delete()
    if not gone:
        return False
    Post.objects.filter(pk=post.pk, thanks_count__gt=0).update(thanks_count=F("thanks_count") - 1)
    return True


def _tell_of_thanks(post: Post, *, by: Person, at: dt.datetime) -> None:
    """Tell the author, with one notice per post until they look at it."""
    if post.author_id in blocked_ids(by):
        return
    waiting = Notice.objects.filter(
        person=post.author_id, seen_at=None, kind="thanks", key__startswith=f"thanks:{post.pk}:"
    ).first()
    if waiting is None:
        notices.send(
            "thanks",
            post.author,
            key=f"thanks:{post.pk}:{by.pk}",
            title=_said(
                _("%(name)s said thank you for “%(post)s”"), name=by.known_as, post=_short(post)
            ),
            path=post.get_absolute_url(),
            about=by,
            at=at,
        )
        return
    others = Thanks.objects.filter(post=post, given_at__gte=waiting.created_at).count()
    with translation.override(post.author.reads):
        waiting.title = shorten(
            ngettext(
                "%(count)d neighbour said thank you for “%(post)s”",
                "%(count)d neighbours said thank you for “%(post)s”",
                max(2, others),
            )
            % {"count": max(2, others), "post": _short(post)},
            200,
        )
    # Now about several people, so a block with one of them must not hide it.
    Notice.objects.filter(pk=waiting.pk).update(title=waiting.title, about=None)


# --- Drafts ------------------------------------------------------------------------------------


DRAFTED = frozenset(
    {"title", "text", "kind", "place", "readers", "told_by", "client_key", "photos"}
)


def keep_draft(
    person: Person,
    place: str,
    content: dict[str, Any],
    *,
    at: dt.datetime,
    longest: int = words.LONGEST + 2000,
) -> Draft | None:
    """Keep words not posted yet; words that are empty again let the draft go."""
    said = {
        key: clean(str(value))[:longest]
        for key, value in content.items()
        if key in DRAFTED and value
    }
    if not said.get("text") and not said.get("title"):
        Draft.objects.filter(person=person, place=place).delete()
        return None
    draft, _is_new = Draft.objects.update_or_create(
        person=person, place=place, defaults={"content": said, "saved_at": at}
    )
    return draft


def drop_draft(person: Person, place: str) -> None:
    Draft.objects.filter(person=person, place=place).delete()


def draft_of(person: Person, place: str) -> Draft | None:
    return Draft.objects.filter(person=person, place=place).first()


def waiting_photos(
    person: Person, photo_keys: Iterable[str], post: Post | None = None
) -> list[Photo]:
    """Return the person's photos with these keys that wait, or are `post`'s own, in order."""
    wanted = list(dict.fromkeys(photo_keys))
    mine = Q(owner=person, post=None)
    if post is not None:
        mine |= Q(post=post)
    found = {photo.key: photo for photo in Photo.objects.filter(mine, key__in=wanted)}
    return [found[key] for key in wanted if key in found]
