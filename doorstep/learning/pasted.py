"""A story's words pasted into the feed or a blog: found when it is taken back, and taken out.

What stands there was written by somebody else, for everybody: so only a longer run of words than
within learning counts, and each place is listed with the story, for a human to look at.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.feed.models import Comment, Draft, Edit, Post
from doorstep.feed.models import Story as Told
from doorstep.learning.models import Departure, Thing
from doorstep.learning.redacting import Traces
from doorstep.notices import actions as notices
from doorstep.people.models import Person

RUN = 8  # words: seven in a row are said by chance now and then in a borough


def take_out(
    story: Thing, texts: list[str], *, teller: Person | None, at: dt.datetime
) -> Counter[str]:
    """Take a story's words out of posts, replies, articles and what was sent to editors.

    What its own teller posted is theirs, and stays. Who wrote the others is told. Returns how
    many of each were changed.
    """
    traces = Traces.of(texts, run=RUN)
    found: Counter[str] = Counter()
    if not traces.runs:
        return found
    since = story.made_at

    def but_own(rows: Any, author: str) -> Any:
        return rows.exclude(**{author: teller}) if teller is not None else rows

    posts = but_own(Post.objects.filter(posted_at__gte=since), "author")
    for row, changed in _changed(traces, posts, ("title", "text")):
        Post.objects.filter(pk=row.pk).update(**changed, version=F("version") + 1, edited_at=at)
        _list(story, row.author, _("a post"), row.get_absolute_url(), at)
        found["post"] += 1
    replies = but_own(Comment.objects.filter(posted_at__gte=since), "author")
    for row, changed in _changed(traces, replies.select_related("post"), ("text",)):
        Comment.objects.filter(pk=row.pk).update(**changed, edited_at=at)
        _list(story, row.author, _("a reply"), row.post.get_absolute_url(), at)
        found["post"] += 1
    sent = but_own(Told.objects.filter(sent_at__gte=since), "teller")
    for row, changed in _changed(traces, sent, ("title", "text")):
        Told.objects.filter(pk=row.pk).update(**changed)
        _list(story, row.teller, _("a story sent to the editors"), "", at)
        found["post"] += 1
    # What they said before they were changed, and what isn't posted yet: nothing anybody sees.
    edits = but_own(Edit.objects.filter(at__gte=since), "by")
    for row, changed in _changed(traces, edits, ("title", "text")):
        Edit.objects.filter(pk=row.pk).update(**changed)
    drafts = but_own(Draft.objects.filter(saved_at__gte=since), "person")
    for draft in drafts.order_by("pk").iterator(200):
        content = {
            name: traces.take_out(value)[0] if isinstance(value, str) else value
            for name, value in draft.content.items()
        }
        if content != draft.content:
            Draft.objects.filter(pk=draft.pk).update(content=content)
    return found


def _changed(
    traces: Traces, rows: Any, fields: tuple[str, ...]
) -> Iterator[tuple[Any, dict[str, str]]]:
    """Yield (row, {field: its text without the story's words}) of those that hold any."""
    # Each run holds its longest word: a text with none of those needs no closer look.
    anchors = {max(run, key=len) for run in traces.runs}
    for row in rows.order_by("pk").iterator(500):
        changed = {}
        for name in fields:
            text = getattr(row, name) or ""
            low = text.casefold().replace("’", "'")
            if not any(word in low for word in anchors):
                continue
            mended, passages = traces.take_out(text)
            if passages:
                changed[name] = mended
        if changed:
            yield row, changed


def _list(story: Thing, author: Person | None, what: str, path: str, at: dt.datetime) -> None:
    Departure.objects.create(
        story=story,
        way=Departure.Way.PASTED,
        by=author,
        at=at,
        words=what,
        path=path,
        asked_back_at=at,
        asked_back_words=_("we took the words out; copies sent by e-mail can't be"),
    )
    if author is None:
        return
    notices.send(
        "learning",
        author,
        key=f"learning:story:{story.pk}:pasted:{path or author.pk}",
        title=gettext_lazy("A few words were taken out of something you wrote"),
        body=gettext_lazy(
            "They came from a story that somebody told, and they have taken it back. What you "
            "wrote yourself is as it was."
        ),
        path=path,
        at=at,
    )
