"""A post in full with what belongs to it: photos, names, replies, who said thank you."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from doorstep.base.pages import KeysetPage
from doorstep.base.prepared import Ids, Prepared
from doorstep.base.text import markdown_to_html
from doorstep.feed import cards, words
from doorstep.feed.models import Comment, Mention, Photo, Post, Thanks, link_cards
from doorstep.feed.rules import can_see_post, can_take_down
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids

REPLIES = 30  # on one page
FACES = 3


_post = Prepared(
    lambda pk: (
        Post.objects.select_related("author", "channel__team", "channel__area")
        .defer("channel__area__boundary")
        .filter(pk=pk)
    ),
    pk=int,
)
_replies = Prepared(
    lambda post, before, hidden: (
        Comment.objects.filter(post=post, state=Comment.State.LIVE, pk__lt=before)
        .exclude(author__in=hidden)
        .select_related("author")
        .order_by("-pk")[: REPLIES + 1]
    ),
    post=int,
    before=int,
    hidden=Ids,
)
_pictures = Prepared(
    lambda post: (
        Photo.objects.filter(post=post)
        .order_by("pk")
        .values_list("key", "description", "width", "height")
    ),
    post=int,
)
_thanks = Prepared(
    lambda post, hidden: (
        Thanks.objects.filter(post=post, person__state=Person.State.ACTIVE)
        .exclude(person__in=hidden)
        .select_related("person")
        .order_by("-pk")[: FACES + 1]
    ),
    post=int,
    hidden=Ids,
)
_names = Prepared(
    lambda post: Mention.objects.filter(post=post).values_list(
        "comment_id", "person__handle", "person__known_as"
    ),
    post=int,
)
_NEWEST = 2**62


def find_post(viewer: Person | None, pk: int) -> Post | None:
    """Return a post the viewer may read, with author, channel, team and area; else None."""
    post = _post.first(pk=pk)
    # `can_see_post` tells what `visible_to` tells, but asks about teams only where it matters.
    return post if post is not None and can_see_post(viewer, post) else None


def replies(post: Post, viewer: Person | None, before: int | None = None) -> KeysetPage[Comment]:
    """Return the newest replies (those before `before`), the oldest of them first.

    `next_before` leads to the earlier ones.
    """
    rows = _replies(post=post.pk, before=before or _NEWEST, hidden=blocked_ids(viewer))
    page = rows[:REPLIES]
    more = page[-1].pk if len(rows) > REPLIES else None
    return KeysetPage(page[::-1], more)


def names_in(post: Post, comments: Sequence[Comment] = ()) -> dict[int | None, dict[str, str]]:
    """Return the people named: handle -> name, by comment id (None for the post itself)."""
    if "@" not in post.text and not any("@" in comment.text for comment in comments):
        return {}
    found: dict[int | None, dict[str, str]] = {}
    for comment_id, handle, known_as in _names(post=post.pk):
        found.setdefault(comment_id, {})[handle] = known_as
    return found


def pictures_of(post: Post) -> list[cards.Picture]:
    """Return the photos of a post; no query where it has none."""
    if not post.photo_count:
        return []
    return [cards.Picture(*row) for row in _pictures(post=post.pk)]


def thankers(post: Post, viewer: Person | None) -> tuple[bool, list[Person]]:
    """Return whether the viewer said thank you, and some of those who did; one query."""
    if not post.thanks_count:
        return False, []
    rows = _thanks(post=post.pk, hidden=blocked_ids(viewer))
    me = viewer.pk if viewer else 0
    is_thanked = any(row.person_id == me for row in rows) or (
        len(rows) > FACES and Thanks.objects.filter(post=post, person=me).exists()
    )
    # Children's names are not shown to everybody who can read the post.
    return is_thanked, [row.person for row in rows[:FACES] if not row.person.is_child]


def thanks_line(post: Post, people: Sequence[Person]) -> str:
    """Return “Amina, Ravi and 11 others said thank you”."""
    names = [person.known_as for person in people]
    others = max(0, post.thanks_count - len(names))
    if not names:
        return translation.ngettext(
            "%(count)d neighbour said thank you",
            "%(count)d neighbours said thank you",
            post.thanks_count,
        ) % {"count": post.thanks_count}
    if others:
        return translation.ngettext(
            "%(names)s and %(count)d other said thank you",
            "%(names)s and %(count)d others said thank you",
            others,
        ) % {"names": ", ".join(names), "count": others}
    if len(names) == 1:
        return _("%(name)s said thank you") % {"name": names[0]}
    return _("%(names)s and %(last)s said thank you") % {
        "names": ", ".join(names[:-1]),
        "last": names[-1],
    }


# --- Replies as HTML ---------------------------------------------------------------------------


def render_replies(
    post: Post,
    comments: Sequence[Comment],
    viewer: Person | None,
    names: Mapping[int | None, dict[str, str]] | None = None,
) -> SafeString:
    """Return the replies as list items; joined by hand, because a thread may be long."""
    names = names or {}
    told = cards._Clock(translation.get_language() or "")
    is_boss = viewer is not None and post.channel.team is not None and _may_clear(viewer, post)
    out = []
    for comment in comments:
        who = comment.author
        acts = ""
        if viewer is not None:
            if comment.author_id == viewer.pk:
                acts = _link("feed:change_reply", comment.pk, _("Change"), who.known_as)
                acts += _link("feed:remove_reply", comment.pk, _("Take down"), who.known_as)
            else:
                if is_boss:
                    acts = _link("feed:remove_reply", comment.pk, _("Take down"), who.known_as)
                acts += format_html(
                    '<a href="{}">{}<span class="vh"> {}</span></a>',
                    reverse("feed:flag", args=["comment", comment.pk]),
                    _("Something wrong?"),
                    who.known_as,
                )
        when = told(comment.posted_at)
        if comment.edited_at:
            when += " · " + escape(_("changed"))
        out.append(
            f'<li class="reply" id="reply-{comment.pk}"><span class="face face-s" '
            f'data-shop="{escape(who.spot)}" aria-hidden="true">{escape(who.initials)}</span>'
            f'<div class="stack stack-s"><p class="small"><strong class="name" dir="auto">'
            f'{escape(who.known_as)}</strong> <span class="muted">{when}</span></p>'
            f'<div class="words">{words.post_html(comment.text, names.get(comment.pk))}</div>'
            + (f'<p class="small reply-acts">{acts}</p>' if acts else "")
            + "</div></li>"
        )
    return mark_safe("".join(out))


def _may_clear(viewer: Person, post: Post) -> bool:
    """Whether the viewer hosts the team this thread is in (asked once for all replies)."""
    from doorstep.teams.rules import is_host

    return post.channel.team is not None and is_host(viewer, post.channel.team)


def _link(name: str, pk: int, label: str, about: str) -> SafeString:
    return format_html(
        '<a href="{}">{}<span class="vh"> {}</span></a>', reverse(name, args=[pk]), label, about
    )


# --- Articles ----------------------------------------------------------------------------------


@lru_cache(2000)
def _article_html(pk: int, version: int, text: str) -> SafeString:
    return markdown_to_html(text)


def article_html(post: Post) -> SafeString:
    """Return an article's words as HTML, made once per version.

    The text is part of the key, because a test's or a restored database may reuse ids.
    """
    return _article_html(post.pk, post.version, post.text)


def with_names_in_article(post: Post, names: Mapping[int | None, dict[str, str]]) -> SafeString:
    """Return an article's words with the people named in it as links."""
    return words.with_names(article_html(post), names.get(None, {}))


# --- Links to our own pages --------------------------------------------------------------------

_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]", re.IGNORECASE)
MOST_LINK_CARDS = 3


def cards_for_links(text: str, viewer: Person | None) -> list[SafeString]:
    """Return a small card for each link in `text` to a page of ours that has one."""
    here = urlsplit(settings.SITE_URL).netloc
    out: list[SafeString] = []
    seen: set[str] = set()
    for address in _LINK.findall(text):
        parts = urlsplit(address)
        if parts.netloc != here or parts.path in seen or len(out) >= MOST_LINK_CARDS:
            continue
        seen.add(parts.path)
        for card in link_cards:
            match = card.pattern.match(parts.path)
            html = card.render(viewer, match) if match else None
            if html:
                out.append(mark_safe(html))
                break
    return out


def may_take_down(viewer: Person | None, post: Post) -> bool:
    return can_take_down(viewer, post)
