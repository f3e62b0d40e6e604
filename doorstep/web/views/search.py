"""Search: one box over posts, teams, gatherings, places and people."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from html import escape  # Django's own asks first whether the words are lazy: here none are
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from doorstep.base.kept_pages import kept_page
from doorstep.base.text import clean_line
from doorstep.design.templatetags.design import clock, icon
from doorstep.design.templatetags.design import day as day_words
from doorstep.feed.cards import Clock
from doorstep.places.atlas import atlas
from doorstep.places.models import Area
from doorstep.web import search as searching
from doorstep.web.lexicon import fold
from doorstep.web.search import Ask, Found, Hit

AROUND = 70  # letters shown before the first word found
LENGTH = 220


@login_not_required
@require_safe
@kept_page
def search(request: HttpRequest) -> HttpResponse:
    """Show what is found, or how to look."""
    given = request.GET
    trouble: list[str] = []
    starts_on = _date(given.get("from", ""), trouble)
    ends_on = _date(given.get("to", ""), trouble)
    if starts_on and ends_on and ends_on < starts_on:
        trouble.append(_("The last day comes before the first. We swapped them."))
        starts_on, ends_on = ends_on, starts_on
    ask = searching.read(
        given.get("q", ""),
        kind=given.get("kind", ""),
        area=given.get("area", ""),
        starts_on=starts_on,
        ends_on=ends_on,
        exact=given.get("exact") == "yes",
        after=_key(given.get("after", "")),
    )
    found = searching.search(ask, getattr(request.user, "person", None))
    marker = _Marker(found.terms)
    posts = found.hits.get("posts", [])
    labels, told = searching.sort_labels(), Clock(get_language() or "")
    return render(
        request,
        "web/search.html",
        {
            "ask": ask,
            "found": found,
            "trouble": trouble,
            "suggestions": _suggestions() if ask.is_empty else (),
            "areas": _area_options(ask.area),
            "kinds": _kinds(ask, given.get("area", "")),
            "few": _few(found, marker),
            "posts": mark_safe("".join(_post(hit, marker, labels, told) for hit in posts)),
            "more": _address(ask, after=f"{found.more[0]}-{found.more[1]}") if found.more else "",
            "exactly": _address(ask, exact="yes"),
            "only_there": [
                (area.name, _address(ask, area=area.slug))
                for area in found.areas[:1]
                if ask.area is None and len(ask.words) > 1
            ],
        },
    )


def _suggestions() -> list[tuple[str, str]]:
    """Return (what is looked for, what it is called in the reader's language).

    Most of what neighbours write is in English, and so are the words for days we understand.
    """
    return [
        (words, _(words))
        for words in (
            gettext_noop("tea and toast"),
            gettext_noop("sewing"),
            gettext_noop("food"),
            gettext_noop("walking"),
            gettext_noop("this weekend"),
            gettext_noop("with children"),
        )
    ]


def _date(text: str, trouble: list[str]) -> dt.date | None:
    text = text.strip()
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2100:
        trouble.append(_("We couldn’t read that date, so we looked at all days."))
        return None
    return day


def _key(text: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"([1-9]\d?)-(\d{1,18})", text, re.ASCII)
    return (int(match[1]), int(match[2])) if match else None


def _address(ask: Ask, **changes: str) -> str:
    """Return the address of this search with something changed."""
    words = {
        "q": ask.text,
        "kind": ask.kind,
        "area": ask.area.slug if ask.area and not ask.postcode else "",
        "from": ask.starts_on.isoformat() if ask.starts_on and not ask.date_words else "",
        "to": ask.ends_on.isoformat() if ask.ends_on and not ask.date_words else "",
        "exact": "yes" if ask.exact else "",
    }
    words |= changes
    return "?" + urlencode({name: value for name, value in words.items() if value})


def _area_options(chosen: Area | None) -> SafeString:
    """Return the options of the area filter, made once per language."""
    book = atlas()
    key = ("search", "options", get_language())
    if key not in book.kept:
        pieces = [f'<option value="">{escape(_("The whole borough"))}</option>']
        for locality in book.localities:
            inside = [ward for ward in book.wards if ward.parent_id == locality.pk]
            pieces.append(
                f'<optgroup label="{escape(locality.name)}">'
                + "".join(
                    f'<option value="{escape(area.slug)}">{escape(area.name)}</option>'
                    for area in [locality, *inside]
                )
                + "</optgroup>"
            )
        book.kept[key] = "".join(pieces)
    html: str = book.kept[key]
    if chosen is not None:
        html = html.replace(f'value="{chosen.slug}"', f'value="{chosen.slug}" selected')
        if "selected" not in html:
            html += f'<option value="{escape(chosen.slug)}" selected>{escape(chosen.name)}</option>'
    return mark_safe(html)


def _kinds(ask: Ask, area: str) -> SafeString:
    """Return the chips that narrow to one kind."""
    names = (
        ("", _("Everything")),
        ("posts", _("Posts")),
        ("stories", _("Stories")),
        ("gatherings", _("What’s on")),
        ("teams", _("Teams")),
        ("places", _("Places")),
        ("people", _("People")),
    )
    now = ' aria-current="true"'
    return mark_safe(
        "".join(
            f'<li><a class="chip chip-s" href="{escape(_address(ask, kind=kind))}"'
            f"{now if kind == ask.kind else ''}>{escape(name)}</a></li>"
            for kind, name in names
        )
    )


# --- What is found, as HTML ------------------------------------------------------------------
# Twenty cards through the template engine would cost more than finding them.


class _Marker:
    """Shows the part of a text where the words are, with the words marked."""

    def __init__(self, terms: list[str]) -> None:
        words = "|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True))
        self.pattern = re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])") if words else None

    def mark(self, text: str) -> str:
        """Return the whole text, escaped and marked."""
        if self.pattern is None:
            return escape(text)
        pieces, at = [], 0
        for match in self.pattern.finditer(fold(text)):
            pieces += [
                escape(text[at : match.start()]),
                "<mark>",
                escape(text[match.start() : match.end()]),
                "</mark>",
            ]
            at = match.end()
        return "".join([*pieces, escape(text[at:])])

    def extract(self, text: str) -> str:
        """Return about two lines round the first word, escaped and marked."""
        start = 0
        if len(text) > LENGTH and self.pattern is not None:
            match = self.pattern.search(fold(text))
            if match and match.start() > AROUND:
                start = text.rfind(" ", 0, match.start() - AROUND + 20) + 1
        piece = clean_line(text[start : start + LENGTH + 20])
        if len(text) > start + LENGTH + 20:
            piece = piece.rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"
        return ("…" if start else "") + self.mark(piece)


@lru_cache(64)
def _pattern(name: str, *args: Any) -> str:
    """Return an address with gaps to fill: finding one by name for each row is slow."""
    return reverse(name, args=args)


def _link(hit: Hit) -> str:
    if hit.kind == "posts" and hit.sort == "article":
        return _pattern("feed:article", 7070707, "x-x").replace(
            "7070707-x-x", f"{hit.pk}-{hit.slug}"
        )
    if hit.kind == "posts":
        return _pattern("feed:post", 7070707).replace("7070707", str(hit.pk))
    if hit.kind == "venues":
        return _pattern("places:venue", 7070707).replace("7070707", str(hit.pk))
    name = {"teams": "teams:team", "gatherings": "gatherings:gathering", "people": "people:person"}
    return _pattern(name[hit.kind], "x-x").replace("x-x", hit.slug)


@lru_cache(64)
def _icon(name: str) -> str:
    return str(icon(name, "s"))


_POST_ICONS = {
    "note": "message-circle",
    "question": "circle-question-mark",
    "offer": "gift",
    "ask": "heart-handshake",
    "notice": "info",
    "article": "book-open",
}
_POST_INKS = {"article": "services", "ask": "help", "offer": "grants", "notice": "map"}


def _post(hit: Hit, marker: _Marker, labels: dict[str, str], told: Clock) -> str:
    text = re.sub(r"[#*_>]+", "", hit.text) if hit.sort == "article" else hit.text
    words = marker.extract(text)
    if hit.title:
        words = f'<h3 dir="auto"><a href="{_link(hit)}">{marker.mark(hit.title)}</a></h3>' + (
            f'<p dir="auto">{words}</p>'
        )
    else:
        # A post without a title is its own words.
        words = f'<h3 class="found-words" dir="auto"><a href="{_link(hit)}">{words}</a></h3>'
    parts = [escape(part) for part in (hit.who, hit.where) if part]
    if hit.at is not None:
        parts.append(mark_safe(told(hit.at)))
    meta = " · ".join(parts)
    ink = _POST_INKS.get(hit.sort, "home")
    return (
        f'<li class="card stack stack-s">{words}'
        f'<p class="row row-tags small muted"><span class="sticker" data-shop="{ink}">'
        f"{_icon(_POST_ICONS.get(hit.sort, 'message-circle'))}"
        f"{escape(labels.get(hit.sort, ''))}</span><span>{meta}</span></p></li>"
    )


def _row(link: str, picture: str, title: str, lines: list[str]) -> str:
    """Return a row of one of the short lists; `title` and `lines` are HTML."""
    below = "".join(f"<span>{line}</span>" for line in lines if line)
    return (
        f'<li><a class="found-row" href="{escape(link)}">{picture}'
        f"<span><strong>{title}</strong>{below}</span></a></li>"
    )


def _picture(name: str, ink: str) -> str:
    return f'<span class="face" data-shop="{escape(ink)}" aria-hidden="true">{_icon(name)}</span>'


def _few(found: Found, marker: _Marker) -> list[dict[str, Any]]:
    """Return the short lists: heading, rows and where all of them are."""
    ask, lists = found.ask, []
    book = atlas()

    def put(kind: str, heading: str, rows: list[str], count: int) -> None:
        if rows:
            full = not ask.kind and count >= searching.FEW
            lists.append(
                {
                    "kind": kind,
                    "heading": heading,
                    "rows": mark_safe("".join(rows)),
                    "all": _address(ask, kind=kind) if full else "",
                }
            )

    gatherings = found.hits.get("gatherings", [])
    put(
        "gatherings",
        _("What’s on"),
        [
            _row(
                _link(hit),
                _picture("calendar-days", hit.sort),
                marker.mark(hit.title),
                [
                    escape(f"{day_words(hit.at)}, {clock(hit.at)}") if hit.at else "",
                    escape(hit.where),
                ],
            )
            for hit in gatherings
        ],
        len(gatherings),
    )
    teams = found.hits.get("teams", [])
    put(
        "teams",
        _("Teams"),
        [
            _row(
                _link(hit),
                _picture("users", hit.sort),
                marker.mark(hit.title),
                [marker.mark(hit.text), escape(hit.where)],
            )
            for hit in teams
        ],
        len(teams),
    )
    venues = found.hits.get("venues", [])
    places = [
        _row(
            area.get_absolute_url(),
            _picture("map-pin", book.ink(area)),
            marker.mark(area.name),
            [escape(str(area.get_kind_display()).capitalize())],
        )
        for area in found.areas
    ] + [
        _row(
            _link(hit),
            _picture("door-open", "map"),
            marker.mark(hit.title),
            [marker.mark(hit.text), escape(hit.where)],
        )
        for hit in venues
    ]
    put("places", _("Places"), places, len(places))
    people = found.hits.get("people", [])
    put(
        "people",
        _("Neighbours"),
        [
            _row(_link(hit), _picture("user", hit.sort), marker.mark(hit.title), [])
            for hit in people
        ],
        len(people),
    )
    return lists
