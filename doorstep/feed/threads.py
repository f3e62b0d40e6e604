"""A post in full with what belongs to it: photos, names, replies, who said thank you."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.template.loader import get_template
from django.utils import translation
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from doorstep.base import keys
from doorstep.base.pages import KeysetPage
from doorstep.base.prepared import Ids, Prepared
from doorstep.base.text import markdown_to_html, plain, shorten
from doorstep.base.words import address, said
from doorstep.design.templatetags.design import error_summary
from doorstep.feed import cards, words
from doorstep.feed.forms import ReplyForm
from doorstep.feed.models import (
    Comment,
    Mention,
    Photo,
    Post,
    Readers,
    Story,
    Thanks,
    link_cards,
)
from doorstep.feed.rules import (
    can_comment,
    can_edit,
    can_see_post,
    can_take_down,
    can_thank,
)
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids
from doorstep.teams.models import Team
from doorstep.teams.rules import can_read_inside

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
    if post is not None and can_see_post(viewer, post):
        return post
    known = {} if viewer is None else viewer.__dict__.get("_memberships", {})
    if viewer is not None and (post is None or post.channel.team_id not in known):
        # Asked like a hidden one, so that the clock doesn't tell which there is.
        can_read_inside(viewer, Team(pk=0))
    return None


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
        return ngettext(
            "%(count)d neighbour said thank you",
            "%(count)d neighbours said thank you",
            post.thanks_count,
        ) % {"count": post.thanks_count}
    if others:
        return ngettext(
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
    told = cards.Clock(translation.get_language() or "")
    is_boss = viewer is not None and post.channel.team is not None and _may_clear(viewer, post)
    out = []
    for comment in comments:
        who = comment.author
        acts = ""
        if viewer is not None:
            if comment.author_id == viewer.pk:
                acts = _link(
                    "feed:change_reply", comment.pk, said(gettext_noop("Change")), who.known_as
                )
                acts += _link(
                    "feed:remove_reply", comment.pk, said(gettext_noop("Take down")), who.known_as
                )
            else:
                if is_boss:
                    acts = _link(
                        "feed:remove_reply",
                        comment.pk,
                        said(gettext_noop("Take down")),
                        who.known_as,
                    )
                acts += _flag_link(comment.pk, said(gettext_noop("Something wrong?")), who.known_as)
        when = told(comment.posted_at)
        if comment.edited_at:
            before = address("feed:reply_history", comment.pk)
            when += f' · <a href="{before}">{escape(said(gettext_noop("changed")))}</a>'
        out.append(
            f'<li class="reply" id="reply-{comment.pk}"><span class="face face-s" '
            f'data-shop="{escape(who.spot)}" aria-hidden="true">{escape(who.initials)}</span>'
            f'<div class="stack stack-s"><p class="small"><strong class="name" dir="auto">'
            f'{escape(who.known_as)}</strong> <span class="muted">{when}</span></p>'
            f'<div class="words">{_words_of(comment, names)}</div>'
            + (f'<p class="small reply-acts">{acts}</p>' if acts else "")
            + "</div></li>"
        )
    return mark_safe("".join(out))


def _words_of(comment: Comment, names: Mapping[int | None, dict[str, str]]) -> str:
    named = names.get(comment.pk)
    return words.post_html(comment.text, named) if named else _plain_words(comment.text)


def _may_clear(viewer: Person, post: Post) -> bool:
    """Whether the viewer hosts the team this thread is in (asked once for all replies)."""
    from doorstep.teams.rules import is_host

    return post.channel.team is not None and is_host(viewer, post.channel.team)


@lru_cache(8192)
def _link(name: str, pk: int, label: str, about: str) -> SafeString:
    return format_html(
        '<a href="{}">{}<span class="vh"> {}</span></a>', address(name, pk), label, about
    )


@lru_cache(8192)
def _flag_link(pk: int, label: str, about: str) -> SafeString:
    return format_html(
        '<a href="{}">{}<span class="vh"> {}</span></a>',
        address("feed:flag", "comment", pk),
        label,
        about,
    )


@lru_cache(4096)
def _plain_words(text: str) -> str:
    """Return a reply's words as HTML where it names nobody; the same words look the same."""
    return str(words.post_html(text, None))


# --- A page, kept but for what differs by reader -----------------------------------------------


class Sheet(NamedTuple):
    """A post's or article's page without what differs by reader."""

    pieces: tuple[str, ...]  # with gaps, see `cards`
    head: str  # what goes into <head>


_sheets: dict[tuple[Any, ...], Sheet] = {}
MOST_SHEETS = 1_000


def sheet(post: Post, viewer: Person | None, names: Mapping[str, str]) -> Sheet:
    """Return the page of a post, drawn once for everybody signed in and once for visitors.

    The key holds all that the page's look depends on, as with cards.
    """
    channel, author = post.channel, post.author
    key = (
        post.pk, post.version, post.posted_at, post.met_at, post.readers, post.photo_count,
        author.known_as, author.spot, channel.name, channel.path,
        channel.team.purpose if channel.team else "", viewer is None,
        tuple(names.items()), translation.get_language(),
    )  # fmt: skip
    kept = _sheets.get(key)
    if kept is None:
        kept = _draw_sheet(post, viewer, names)
        if len(_sheets) >= MOST_SHEETS:
            for old in list(_sheets)[: MOST_SHEETS // 10]:
                _sheets.pop(old, None)
        _sheets[key] = kept
    return kept


def _draw_sheet(post: Post, viewer: Person | None, names: Mapping[str, str]) -> Sheet:
    is_article = post.kind == Post.Kind.ARTICLE
    pictures = pictures_of(post)
    # Only what an editor published has a name to print that may not be the author's.
    told = (
        Story.objects.filter(Q(article=post) | Q(area_article=post)).only("told_by").first()
        if is_article and post.client_key.startswith("story-")
        else None
    )
    site = settings.SITE_URL.rstrip("/")
    gaps = ("changed", "links", "mine", "acts", "thread", "thank_form")
    context = {
        "post": post,
        "body": words.with_names(markdown_to_html(post.text), names)
        if is_article
        else words.post_html(post.text, names),
        "pictures": pictures,
        "byline": told.told_by if told else post.author.known_as,
        "links_to_person": viewer is not None and not post.author.is_child,
        "minutes": words.reading_minutes(post.text),
        "gap": {name: cards.gap(name) for name in gaps},
        "is_public": post.readers == Readers.EVERYONE,
        "summary": shorten(unescape(plain(markdown_to_html(post.text[:3000]))), 200),
        "url": site + post.get_absolute_url(),
        "picture_url": site + pictures[0].large if pictures else "",
        "site_name": settings.SITE_NAME,
    }
    name = "article" if is_article else "post"
    html = get_template(f"feed/{name}.html").render(context)
    head = get_template("feed/_article_head.html").render(context) if is_article else ""
    return Sheet(cards.split_at_gaps(html), head)


def acts_html(
    post: Post, viewer: Person | None, *, is_thanked: bool, people: Sequence[Person]
) -> str:
    """Return who said thank you, and the row of what the viewer may do with the post."""
    out = []
    if post.thanks_count:
        faces = "".join(
            f'<span class="face face-s" data-shop="{escape(person.spot)}">'
            f"{escape(person.initials)}</span>"
            for person in people
        )
        out.append(
            f'<p class="small muted row"><span class="faces" aria-hidden="true">{faces}</span>'
            f'<span dir="auto">{escape(thanks_line(post, people))}</span></p>'
        )
    if viewer is None:
        return "".join(out)
    acts: list[str] = []
    if can_thank(viewer, post):
        acts.append(cards.thank_button(post.pk, post.author.known_as, is_thanked=is_thanked))
    if can_comment(viewer, post):
        acts.append(_act("#reply", "message-circle", said(gettext_noop("Reply"))))
    if can_edit(viewer, post):
        name = "feed:article_change" if post.kind == Post.Kind.ARTICLE else "feed:change"
        acts.append(_act(address(name, post.pk), "pencil", said(gettext_noop("Change"))))
    if can_take_down(viewer, post):
        acts.append(_act(address("feed:remove", post.pk), "x", said(gettext_noop("Take down"))))
    if post.author_id != viewer.pk:
        flag = address("feed:flag", "post", post.pk)
        acts.append(_act(flag, "flag", said(gettext_noop("Something wrong?"))))
    out.append(f'<div class="post-acts">{"".join(acts)}</div>')
    return "".join(out)


def _act(href: str, icon: str, label: str) -> str:
    return f'<a class="act" href="{href}">{cards.picture(icon)}{escape(label)}</a>'


def thread_html(
    post: Post,
    viewer: Person | None,
    page: KeysetPage[Comment],
    listed: SafeString,
    form: ReplyForm | None,
    *,
    token: str,
    is_paged: bool,
) -> str:
    """Return the replies with their heading, and the form to add one. `form` when it failed."""
    here = post.get_absolute_url()
    if post.comment_count:
        heading = ngettext("%(count)d reply", "%(count)d replies", post.comment_count) % {
            "count": post.comment_count
        }
    else:
        heading = said(gettext_noop("No replies yet"))
    out = [
        '<section class="stack" id="replies" aria-labelledby="replies-h">'
        f'<h2 class="h-s" id="replies-h">{escape(heading)}</h2>'
    ]
    if is_paged:
        back = said(gettext_noop("Back to the newest replies"))
        out.append(f'<p><a href="{here}#replies">{escape(back)}</a></p>')
    if page.next_before:
        out.append(
            f'<p><a class="btn btn-line btn-s" href="?before={page.next_before}#replies">'
            f"{cards.picture('clock')}{escape(_('Earlier replies'))}</a></p>"
        )
    if listed:
        out.append(f'<ol class="card stack replies">{listed}</ol>')
    if can_comment(viewer, post):
        out.append(_reply_form(post, form, token))
    elif viewer is None:
        out.append(
            f'<p class="card"><a href="{address("account_login")}?next={here}">'
            f"{escape(_('Sign in to reply'))}</a></p>"
        )
    out.append("</section>")
    return "".join(out)


def _reply_form(post: Post, form: ReplyForm | None, token: str) -> str:
    if form is not None:
        key = form["client_key"].value() or keys.new_key(20)
        field = f"{error_summary(form)}{form['text'].as_field_group()}"
    else:
        key = keys.new_key(20)
        label = (
            said(gettext_noop("Your reply"))
            if post.comment_count
            else said(gettext_noop("Be the first to reply"))
        )
        field = (
            f'<div class="field"><label for="reply_text">{escape(label)}</label>'
            '<textarea class="area area-s" id="reply_text" name="text" rows="2" dir="auto">'
            "</textarea></div>"
        )
    return (
        f'<form id="reply" method="post" action="{address("feed:comment", post.pk)}#reply"'
        ' class="card stack" novalidate data-behaviour="draft"'
        f' data-draft="comment:{post.pk}" data-draft-url="{address("feed:draft")}"'
        f' data-draft-said="{escape(said(gettext_noop("Here is what you were writing.")))}">'
        f'<input type="hidden" name="csrfmiddlewaretoken" value="{token}">'
        f'<input type="hidden" name="client_key" value="{escape(key)}">{field}'
        f'<p class="row"><button class="btn">{cards.picture("send")}'
        f"{escape(_('Send reply'))}</button></p></form>"
    )


def mine_html(post: Post, viewer: Person | None, token: str) -> str:
    """Return what stands under an ask or offer: “It's sorted” for its author, “I can help”."""
    if viewer is None or post.kind not in (Post.Kind.ASK, Post.Kind.OFFER):
        return ""
    if not can_edit(viewer, post):
        if post.kind != Post.Kind.ASK or post.met_at or not can_comment(viewer, post):
            return ""
        return (
            '<p class="row"><a class="btn btn-s btn-stretch" href="#reply">'
            f"{escape(_('I can help'))}</a></p>"
        )
    value, css, icon, label = (
        ("no", "btn btn-line btn-s", "undo-2", said(gettext_noop("Not sorted after all")))
        if post.met_at
        else ("yes", "btn btn-s", "check", said(gettext_noop("It’s sorted")))
    )
    return (
        f'<form method="post" action="{address("feed:met", post.pk)}">'
        f'<input type="hidden" name="csrfmiddlewaretoken" value="{token}">'
        f'<button class="{css}" name="met" value="{value}">{cards.picture(icon)}'
        f"{escape(label)}</button></form>"
    )


def changed_html(post: Post, told: cards.Clock) -> str:
    """Return “changed 5 minutes ago – see what it said before”, or nothing."""
    if post.edited_at is None:
        return ""
    note = escape(said(gettext_noop("changed %(when)s – see what it said before")))
    return (
        f' · <a href="{address("feed:history", post.pk)}">'
        f"{note % {'when': told(post.edited_at)}}</a>"
    )


# --- Links to our own pages --------------------------------------------------------------------

_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]", re.IGNORECASE)
MOST_LINK_CARDS = 3


def cards_for_links(text: str, viewer: Person | None) -> list[SafeString]:
    """Return a small card for each link in `text` to a page of ours that has one."""
    here = urlsplit(settings.SITE_URL).netloc
    out: list[SafeString] = []
    seen: set[str] = set()
    for link in _LINK.findall(text):
        parts = urlsplit(link)
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
