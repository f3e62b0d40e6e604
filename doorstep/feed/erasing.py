"""What becomes of somebody's words when they leave for good."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from doorstep.feed.models import Comment, Edit, Mention, Photo, Post, Story
from doorstep.people.models import Person


def posts(person: Person, erasure: Any) -> int:
    """Take a person's posts away, or leave them up without a name, as they chose.

    A post with other people's replies stays as an empty place, so that what the others wrote
    does not go with it. Posts already taken down lose their words either way.
    """
    mine = Post.objects.filter(author=person)
    if not erasure.takes_posts:
        mine = mine.exclude(state=Post.State.LIVE)
    touched = mine.count()
    alone = mine.annotate(others=Count("comments", filter=~Q(comments__author=person)))
    Post.objects.filter(pk__in=list(alone.filter(others=0).values_list("pk", flat=True))).delete()
    for photo in Photo.objects.filter(post__in=mine):
        photo.delete()
    mine.update(
        state=Post.State.REMOVED, title="–", text="", slug="", photo_count=0,
        version=F("version") + 1,
    )  # fmt: skip
    return touched


def replies(person: Person, erasure: Any) -> int:
    """Take a person's replies away, or leave them without a name."""
    mine = Comment.objects.filter(author=person)
    if not erasure.takes_posts:
        mine = mine.exclude(state=Comment.State.LIVE)
    for post in mine.filter(state=Comment.State.LIVE).values("post").annotate(n=Count("pk")):
        Post.objects.filter(pk=post["post"], comment_count__gte=post["n"]).update(
            comment_count=F("comment_count") - post["n"], version=F("version") + 1
        )
    count = mine.count()
    mine.delete()
    return count


def edits(person: Person, erasure: Any) -> int:
    """What posts and replies said before they were changed goes in any case."""
    theirs = Q(post__author=person, comment=None) | Q(comment__author=person) | Q(by=person)
    return Edit.objects.filter(theirs).delete()[0]


def photos(person: Person, erasure: Any) -> int:
    """Photos go with their posts; those never posted go in any case."""
    mine = Photo.objects.filter(owner=person)
    if not erasure.takes_posts:
        mine = mine.filter(post=None)
    count = mine.count()
    for photo in mine:
        photo.delete()
    return count


def stories(person: Person, erasure: Any) -> int:
    """What was sent to the editors goes; what was printed stays if the person wants it to."""
    mine = Story.objects.filter(teller=person)
    count = mine.count()
    if erasure.takes_posts:
        for story in mine.select_related("article", "area_article"):
            for article in (story.article, story.area_article):
                if article is not None and article.author_id != person.pk:
                    # Printed under another name: an editor's row, the teller's words.
                    article.delete()
    mine.delete()
    return count


def mentions(person: Person, erasure: Any) -> int:
    """Take the person's name out of what others wrote with an @, and out of what it said before."""
    name = re.compile(rf"@{re.escape(erasure.known_as)}(?!\w)", re.IGNORECASE)
    instead = "@" + _("a neighbour who left")
    rows = list(Mention.objects.filter(person=person).select_related("post", "comment"))
    for row in rows:
        thing: Post | Comment = row.comment or row.post
        text = name.sub(instead, thing.text)
        if text != thing.text:
            type(thing).objects.filter(pk=thing.pk).update(text=text)
            Post.objects.filter(pk=row.post_id).update(version=F("version") + 1)
        for edit in Edit.objects.filter(post=row.post_id, comment=row.comment_id):
            Edit.objects.filter(pk=edit.pk).update(text=name.sub(instead, edit.text))
    Mention.objects.filter(person=person).delete()
    return len(rows)


def thanks(person: Person, erasure: Any) -> int:
    """A thank-you goes with whoever said it; the post's count follows."""
    from doorstep.feed.models import Thanks

    mine = Thanks.objects.filter(person=person)
    ids = list(mine.values_list("post_id", flat=True))
    Post.objects.filter(pk__in=ids, thanks_count__gt=0).update(thanks_count=F("thanks_count") - 1)
    mine.delete()
    return len(ids)


def companions(person: Person) -> set[int]:
    """Return the ids of everybody in the same threads: whom somebody's words may name."""
    rows = Post.objects.filter(
        Q(author=person) | Q(pk__in=Comment.objects.filter(author=person).values("post"))
    )
    found = set(rows.values_list("author_id", flat=True))
    found |= set(Comment.objects.filter(post__in=rows).values_list("author_id", flat=True))
    found |= set(Mention.objects.filter(post__in=rows).values_list("person_id", flat=True))
    return found
