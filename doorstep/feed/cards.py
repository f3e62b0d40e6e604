"""Posts as cards. What is the same for every reader is drawn once and kept in this process.

A kept card is a list of strings with gaps; the reason line, the time, the thanks button and
the change link are joined in for each reader without the template engine. The key holds all a
card's look depends on, so a change is seen at the next request and nothing needs clearing.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
import threading
from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import unescape
from itertools import islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.http import HttpRequest
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorstep.base.keeping import part
from doorstep.base.text import markdown_to_html, plain, shorten
from doorstep.base.time import ages
from doorstep.base.words import escaped
from doorstep.design.templatetags.design import ago
from doorstep.design.tokens import token_of
from doorstep.feed import words
from doorstep.feed.models import Post
from doorstep.feed.reading import PostRow
from doorstep.people.models import Person

MOST_KEPT = 12_000  # about 2 KB each

_GAP = secrets.token_hex(12)  # nobody can write it into a post
_GAPS = re.compile(f"{_GAP}([a-z_]+);")


class Card(NamedTuple):
    """A drawn card: strings with the names of gaps between them, and what may fill them."""

    pieces: tuple[str, ...]  # text, gap, text, gap, … text
    thank: str
    thanked: str
    change: str
    place: str  # where it was put up, leading there
    help: str = ""


_kept: dict[tuple[Any, ...], Card] = {}
_lock = threading.Lock()


def render_cards(
    posts: Iterable[PostRow],
    viewer: Person | None,
    reasons: Mapping[int, str] | None = None,
    thanked_ids: set[int] | None = None,
    *,
    here: str = "",
) -> list[SafeString]:
    """Return a card for each post, as `viewer` sees it.

    `reasons` says why a channel's posts are shown, by channel id. `thanked_ids` may be left
    out: the rows know. `here` is the address of a team's or an area's own page, which need not
    be named again on each of its posts. The page must hold the one form of `thank_form`.
    """
    rows = list(posts)
    language = translation.get_language() or ""
    keys = [
        (
            row.id, row.version, row.comment_count, row.thanks_count, row.photo_count,
            row.known_as, row.spot, row.channel_name, row.posted_at, language,
        )
        for row in rows
    ]  # fmt: skip
    cards = [_kept.get(key) for key in keys]
    missing = [index for index, card in enumerate(cards) if card is None]
    if missing:
        drawn = _draw([rows[index] for index in missing])
        for index in missing:
            card = drawn.get(rows[index].id)
            cards[index] = card
            if card is not None:
                _keep(keys[index], card)
    told = Clock(language)
    reasons = reasons or {}
    me = viewer.pk if viewer else None
    out = []
    for row, card in zip(rows, cards, strict=True):
        if card is None:  # gone between two queries
            continue
        why = reasons.get(row.channel_id)
        when = told(row.posted_at)
        fill = {
            "when": f"{when} · {escaped(why)}" if why else when,
            "thank": ""
            if me is None or row.author_id == me
            else card.thanked
            if (row.is_thanked if thanked_ids is None else row.id in thanked_ids)
            else card.thank,
            "change": card.change if row.author_id == me else "",
            "place": "" if row.channel_path == here else card.place,
            "help": "" if row.author_id == me else card.help,
        }
        out.append(fill_gaps(card.pieces, fill))
    return out


def _keep(key: tuple[Any, ...], card: Card) -> None:
    if len(_kept) >= MOST_KEPT:
        with _lock:
            for old in list(islice(iter(list(_kept)), MOST_KEPT // 10)):
                _kept.pop(old, None)
    _kept[key] = card


def forget_all() -> None:
    """Drop every kept card (tests measure a cold page)."""
    _kept.clear()


# --- Drawing -----------------------------------------------------------------------------------


class Picture(NamedTuple):
    """A photo as a page shows it."""

    key: str
    description: str
    width: int
    height: int

    @property
    def small(self) -> str:
        return reverse("feed:photo", args=[self.key, 480])

    @property
    def large(self) -> str:
        return reverse("feed:photo", args=[self.key, 960])


def _draw(rows: list[PostRow]) -> dict[int, Card]:
    """Fetch the words and photos of these posts (two queries) and draw their cards."""
    texts = {
        pk: (title, text)
        for pk, title, text in Post.objects.filter(pk__in=[row.id for row in rows]).values_list(
            "id", "title", "text"
        )
    }
    pictures, names, bylines = _beside(rows, texts)
    drawn = {}
    for row in rows:
        if row.id in texts:
            title, text = texts[row.id]
            drawn[row.id] = _draw_one(
                row,
                title,
                text,
                pictures.get(row.id, []),
                names.get(row.id, {}),
                bylines.get(row.id, ""),
            )
    return drawn


def _beside(
    rows: list[PostRow], texts: Mapping[int, tuple[str, str]]
) -> tuple[dict[int, list[Picture]], dict[int, dict[str, str]], dict[int, str]]:
    """Return photos, mentioned people and the names printed on stories, by post: one query."""
    asks = [
        (
            [row.id for row in rows if row.photo_count],
            "SELECT 1, post_id, id, key, description, width, height FROM feed_photo"
            " WHERE post_id IN ({})",
        ),
        (
            [row.id for row in rows if row.id in texts and "@" in texts[row.id][1]],
            "SELECT 2, m.post_id, m.id, q.handle, q.known_as, 0, 0 FROM feed_mention m"
            " JOIN people_person q ON q.id = m.person_id"
            " WHERE m.comment_id IS NULL AND m.post_id IN ({})",
        ),
        (
            [row.id for row in rows if row.kind == Post.Kind.ARTICLE],
            "SELECT 3, s.article_id, s.id, '', s.told_by, 0, 0 FROM feed_story s"
            " WHERE s.article_id IN ({0}) UNION ALL"
            " SELECT 3, s.area_article_id, s.id, '', s.told_by, 0, 0 FROM feed_story s"
            " WHERE s.area_article_id IN ({0})",
        ),
    ]
    arms, params = [], []
    for ids, sql in asks:
        if ids:
            arms.append(sql.format(", ".join(["%s"] * len(ids))))
            params += ids * sql.count("IN (")
    pictures: dict[int, list[Picture]] = {}
    names: dict[int, dict[str, str]] = {}
    bylines: dict[int, str] = {}
    if arms:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(arms) + " ORDER BY 3", params)
            for which, post, _id, one, two, width, height in cursor.fetchall():
                if which == 1:
                    pictures.setdefault(post, []).append(Picture(one, two, width, height))
                elif which == 2:
                    names.setdefault(post, {})[one] = two
                else:
                    bylines[post] = two
    return pictures, names, bylines


def gap(name: str) -> SafeString:
    """Return the mark of a place in a kept card or page that is filled for each reader."""
    return mark_safe(f"{_GAP}{name};")


def split_at_gaps(html: str) -> tuple[str, ...]:
    """Return text, name of a gap, text, … text."""
    return tuple(_GAPS.split(html.strip()))


def fill_gaps(pieces: tuple[str, ...], fill: Mapping[str, str]) -> SafeString:
    """Return the pieces joined, each gap filled. All of it is safe HTML already."""
    parts = list(pieces)
    for index in range(1, len(pieces), 2):
        parts[index] = fill[pieces[index]]
    return mark_safe("".join(parts))


def initials(known_as: str) -> str:
    """Return the letters on a face, as `Person.initials` does."""
    found = [word for word in known_as.split() if word[:1].isalnum()]
    return "".join(
        word[0] for word in (found[:1] + found[-1:] if len(found) > 1 else found)
    ).upper()


def _draw_one(
    row: PostRow,
    title: str,
    text: str,
    pictures: list[Picture],
    names: dict[str, str],
    byline: str,
) -> Card:
    is_article = row.kind == Post.Kind.ARTICLE
    url = (
        reverse("feed:article", args=[row.id, row.slug or "story"])
        if is_article
        else reverse("feed:post", args=[row.id])
    )
    if is_article:
        body: Any = shorten(unescape(plain(markdown_to_html(text[:2000]))), 180)
        is_cut = True
    else:
        shown, is_cut = words.beginning(text)
        body = words.post_html(shown, names)
    html = get_template(f"feed/cards/{_LOOK.get(row.kind, 'post')}.html").render(
        {
            "post": row,
            "url": url,
            "title": title,
            "body": body,
            "is_cut": is_cut,
            "pictures": pictures,
            "initials": initials(row.known_as),
            "name": byline or row.known_as,
            "minutes": words.reading_minutes(text),
            "when": gap("when"),
            "thank": gap("thank"),
            "change": gap("change"),
            "place": gap("place"),
            "help": gap("help"),
        }
    )
    return Card(
        split_at_gaps(html),
        thank_button(row.id, row.known_as, is_thanked=False),
        thank_button(row.id, row.known_as, is_thanked=True),
        format_html(
            '<a class="act" href="{}">{}{}</a>',
            reverse("feed:article_change" if is_article else "feed:change", args=[row.id]),
            picture("pencil"),
            _("Change"),
        ),
        format_html('<a href="{}" dir="auto">{}</a> · ', row.channel_path, row.channel_name),
        format_html(
            '<p class="row"><a class="btn btn-s btn-stretch" href="{}#reply">{}'
            '<span class="vh" dir="auto"> {}</span></a></p>',
            url,
            _("I can help"),
            row.known_as,
        )
        if row.kind == Post.Kind.ASK and row.met_at is None
        else "",
    )


_LOOK: dict[str, str] = {
    Post.Kind.ASK: "ask",
    Post.Kind.NOTICE: "notice",
    Post.Kind.ARTICLE: "article",
}


@lru_cache(64)
def picture(name: str) -> SafeString:
    """Return an icon of the design, made once."""
    return format_html(
        '<svg class="i" aria-hidden="true" focusable="false"><use href="{}#i-{}"/></svg>',
        static("design/pictures.svg"),
        name,
    )


def thank_button(post_id: int, known_as: str, *, is_thanked: bool) -> SafeString:
    """Return the button that gives or takes back thanks, through the page's one form."""
    return format_html(
        '<button class="act" form="thank" formaction="{}" name="thanks" value="{}"'
        ' aria-pressed="{}">{}{}<span class="vh"> {}</span></button>',
        reverse("feed:thank", args=[post_id]),
        "no" if is_thanked else "yes",
        "true" if is_thanked else "false",
        picture("heart"),
        _("Thanked") if is_thanked else _("Thank"),
        known_as,
    )


def thank_form(request: HttpRequest) -> SafeString:
    """Return the one form all thanks buttons of a page belong to."""
    if not request.user.is_authenticated:
        return mark_safe("")
    return format_html(
        '<form id="thank" method="post" hidden>'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<input type="hidden" name="next" value="{}"></form>',
        token_of(request),
        request.get_full_path(),
    )


def end_slip(*, older: str = "", since: dt.datetime | None = None) -> SafeString:
    """Return the slip at a feed's end: the feed ends, and says so. `older` leads further back."""
    when = escaped(ago(since)) if since else ""
    return part("feed/_end.html", (), {}, {"older": escaped(older), "when": when})


# --- How long ago ------------------------------------------------------------------------------

_LONDON = ZoneInfo("Europe/London")


class Clock:
    """Tells many moments as “40 minutes ago”; what it needs of the calendar is asked once."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.now = timezone.now()
        here = self.now.astimezone(_LONDON)
        self.year = here.year
        midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
        self.midnights = [
            (midnight - dt.timedelta(days=day)).astimezone(dt.UTC) for day in range(7)
        ]

    def __call__(self, moment: dt.datetime) -> str:
        ages(moment, self.now)
        seconds = (self.now - moment).total_seconds()
        if seconds < 3600:
            told = _told(self.language, "minutes", max(0, int(seconds // 60)))
        elif moment >= self.midnights[0]:
            told = _told(self.language, "hours", int(seconds // 3600))
        elif moment >= self.midnights[6]:
            day = next(index for index, start in enumerate(self.midnights) if moment >= start)
            told = _told(self.language, "days", day)
        else:
            date = moment.astimezone(_LONDON).date()
            told = _told_date(self.language, date, date.year == self.year)
        return f'<time datetime="{moment.isoformat(timespec="seconds")}">{told}</time>'


@lru_cache(4096)
def _told(language: str, unit: str, count: int) -> str:
    if unit == "minutes":
        if count < 1:
            return _("just now")
        said = ngettext("%(count)d minute ago", "%(count)d minutes ago", count)
    elif unit == "hours":
        said = ngettext("%(count)d hour ago", "%(count)d hours ago", count)
    elif count == 1:
        return _("yesterday")
    else:
        said = ngettext("%(count)d day ago", "%(count)d days ago", count)
    return said % {"count": count}


@lru_cache(4096)
def _told_date(language: str, date: dt.date, is_this_year: bool) -> str:
    return formats.date_format(date, "j F" if is_this_year else "j F Y")
