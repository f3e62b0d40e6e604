"""Stories: told by a neighbour, read by an editor, published on the blog of borough and ward."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doorstep.base.text import clean, shorten
from doorstep.feed import actions, agreeing
from doorstep.feed.actions import channel_of
from doorstep.feed.models import Draft, Photo, Post, Story
from doorstep.notices import actions as notices
from doorstep.people.models import Person
from doorstep.places.models import Area

# What stands above a story that somebody under 18 told us.
YOUNG = "A young neighbour"


class AlreadyDecided(Exception):
    """Another editor was first."""


def borough() -> Area | None:
    """Return the borough this house serves."""
    return Area.objects.filter(kind=Area.Kind.BOROUGH).order_by("pk").first()


def tell(
    *,
    by: Person,
    at: dt.datetime,
    text: str,
    told_by: str,
    client_key: str,
    title: str = "",
    photos: Sequence[Photo] = (),
    about: Person | None = None,
    about_name: str = "",
    about_words: str = "",
) -> Story:
    """Send a story to the editors; the same `client_key` again is the same story.

    `about` is somebody else who is in it, and is asked; `about_name` is one who is not on here,
    and `about_words` how they said yes to the teller.
    """
    area = by.home or borough()
    if area is None:
        raise ValueError("no borough has been set up")
    try:
        with transaction.atomic():
            story = Story.objects.create(
                teller=by,
                area=area,
                title=title,
                text=clean(text),
                told_by=told_by,
                sent_at=at,
                client_key=client_key,
            )
            story.photos.set(photos)
            if about is not None or about_name:
                agreeing.say_whose(
                    story, person=about, name=about_name, words=about_words, by=by, at=at
                )
            Draft.objects.filter(person=by, place="story").delete()
    except IntegrityError:
        twin = Story.objects.filter(client_key=client_key).first()
        if twin is None:
            raise
        if twin.teller_id != by.pk:
            raise actions.NotYours from None
        return twin
    return story


@transaction.atomic
def take_back(story: Story, *, by: Person) -> None:
    """The teller thinks again, before it is decided: the story and its photos go."""
    photos = list(story.photos.filter(post=None))
    gone, _rows = Story.objects.filter(
        pk=story.pk, teller=by, state__in=[Story.State.SENT, Story.State.EDITING]
    ).delete()
    if not gone:
        raise AlreadyDecided
    for photo in photos:
        photo.delete()


@transaction.atomic
def edit(
    story: Story,
    *,
    by: Person,
    at: dt.datetime,
    title: str,
    text: str,
    told_by: str,
    photos: Sequence[Photo] | None = None,
) -> None:
    """Keep an editor's changes; the story stays in the queue, marked as being read."""
    changed = Story.objects.filter(
        pk=story.pk, state__in=[Story.State.SENT, Story.State.EDITING]
    ).update(title=title, text=clean(text), told_by=told_by, editor=by, state=Story.State.EDITING)
    if not changed:
        raise AlreadyDecided
    if photos is not None:
        story.photos.set(photos)
    story.refresh_from_db()


@transaction.atomic
def publish(story: Story, *, by: Person, at: dt.datetime) -> Post:
    """Put the story on the borough's blog and the one of the teller's ward; tell the teller.

    Raises NotAgreed where it is about somebody who has not said yes, or has changed their mind.
    """
    agreeing.rely_on_it(story, by=by, at=at)
    claimed = Story.objects.filter(
        pk=story.pk, state__in=[Story.State.SENT, Story.State.EDITING]
    ).update(state=Story.State.PUBLISHED, editor=by, decided_at=at, reply="")
    if not claimed:
        raise AlreadyDecided
    story.refresh_from_db()
    photos = list(story.photos.order_by("pk"))
    top = Area.objects.get(pk=story.area.path_ids[0]) if story.area.path_ids else story.area
    # Under another name than the teller's own, nothing may lead back to them.
    is_child = story.teller.is_child
    author = story.teller if story.told_by == story.teller.known_as and not is_child else by
    if is_child and story.told_by != YOUNG:
        # Everyone reads it: a child's name doesn't stand above it.
        Story.objects.filter(pk=story.pk).update(told_by=YOUNG)
        story.told_by = YOUNG
    # A second time (after an undo) must not be taken for the first.
    often = Post.objects.filter(client_key__startswith=f"story-{story.pk}-").count()
    posts = []
    for place in dict.fromkeys([top, story.area]):
        posts.append(
            actions.put_up(
                channel_of(place),
                by=author,
                at=at,
                text=story.text,
                kind=Post.Kind.ARTICLE,
                title=story.title,
                client_key=f"story-{story.pk}-{often}-{place.pk}",
            )
        )
    for post in posts:
        copies = [
            Photo(
                post=post,
                owner=photo.owner,
                name=photo.name,
                small_name=photo.small_name,
                width=photo.width,
                height=photo.height,
                description=photo.description,
            )
            for photo in photos
        ]
        Photo.objects.bulk_create(copies)
        Post.objects.filter(pk=post.pk).update(photo_count=len(copies))
        post.photo_count = len(copies)
    Story.objects.filter(pk=story.pk).update(
        article=posts[0], area_article=posts[1] if len(posts) > 1 else None
    )
    story.refresh_from_db()
    notices.send(
        "story",
        story.teller,
        key=f"story:{story.pk}:published:{often}",
        title=_("Your story is up for everyone to read"),
        body=shorten(story.title, 140),
        path=posts[0].get_absolute_url(),
        at=at,
    )
    return posts[0]


@transaction.atomic
def decline(story: Story, *, by: Person, at: dt.datetime, reply: str) -> None:
    """Say kindly that it will not be published; the teller reads `reply` as it was written."""
    declined = Story.objects.filter(
        pk=story.pk, state__in=[Story.State.SENT, Story.State.EDITING]
    ).update(state=Story.State.DECLINED, editor=by, decided_at=at, reply=clean(reply))
    if not declined:
        raise AlreadyDecided
    story.refresh_from_db()
    notices.send(
        "story",
        story.teller,
        key=f"story:{story.pk}:declined:{int(at.timestamp())}",
        title=_("A word about the story you told us"),
        body=story.reply,
        path=reverse("feed:told", args=[story.pk]),
        at=at,
    )


@transaction.atomic
def think_again(story: Story, *, by: Person, at: dt.datetime) -> None:
    """Undo a decision: articles come down, and the story is back in the queue."""
    if not Story.objects.filter(
        pk=story.pk, state__in=[Story.State.PUBLISHED, Story.State.DECLINED]
    ).update(state=Story.State.EDITING, editor=by, decided_at=None):
        raise AlreadyDecided
    story.refresh_from_db()
    Post.objects.filter(
        pk__in=[pk for pk in (story.article_id, story.area_article_id) if pk],
        state=Post.State.LIVE,
    ).update(state=Post.State.REMOVED, version=F("version") + 1)
    Story.objects.filter(pk=story.pk).update(article=None, area_article=None)
