"""Parts of pages the feed gives to others: a team's feed and stories, an area's, a person's."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.http import HttpRequest

from doorstep.base.keeping import part
from doorstep.base.kept_pages import narrow
from doorstep.base.pages import KeysetPage, read_key
from doorstep.base.time import local
from doorstep.feed import cards, composing, reading
from doorstep.feed.models import Post
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.teams import rules as team_rules
from doorstep.teams.models import Team

ON_A_TEAM = 15
ON_AN_AREA = 8


def _viewer(request: HttpRequest) -> Person | None:
    return getattr(request.user, "person", None)


def _draw(name: str, shown: tuple[Any, ...], gaps: dict[str, str], **context: Any) -> str:
    return part(f"feed/panels/{name}.html", shown, context, gaps)


def _cards(
    request: HttpRequest,
    viewer: Person | None,
    page: KeysetPage,
    before: int | None,
    here: str = "",
) -> dict[str, str]:
    """Return the gaps every panel fills: the cards, the feed's end, the one form for thanks.

    `here` is the address of whose own page it is, when it isn't this one.
    """
    older = page.next_before
    return {
        "cards": "".join(cards.render_cards(page.items, viewer, here=here or request.path)),
        "end": part(
            "feed/_older.html",
            (bool(older), bool(before)),
            {"older": older, "before": before},
            {"key": str(older or "")},
        ),
        "thank_form": cards.thank_form(request),
    }


def _channels(viewer: Person | None, team: Team, side: reading.TeamSide) -> list[int]:
    """Return the team's channel where the viewer may read anything in it at all."""
    if side.channel_id is None:
        return []
    if team.is_private and not team_rules.can_read_inside(viewer, team):
        return []
    return [side.channel_id]


def team_feed(request: HttpRequest, team: Team) -> str:
    """What a team says among itself, and to others where its writers chose so."""
    viewer = _viewer(request)
    side = reading.team_side(viewer, team)
    before = read_key(request.GET.get("before"))
    channels = _channels(viewer, team, side)
    narrow(request, "feed_post", "channel", channels)
    page = reading.feed_page(viewer, channels, before, limit=ON_A_TEAM)
    seen = side.seen_post_id
    if page.items and not before:
        reading.look_at_team(side, page.items[0].id)
    me = viewer.pk if viewer else 0
    fresh = sum(1 for row in page.items if row.id > seen and row.author_id != me) if seen else 0
    is_inside = team_rules.can_read_inside(viewer, team)
    may_post = team_rules.can_post_in(viewer, team) and not before
    return _draw(
        "team_feed",
        (fresh, bool(before), is_inside),
        {
            "composer": composing.composer(request, team) if may_post else "",
            **_cards(request, viewer, page, before),
        },
        fresh=fresh,
        before=before,
        is_inside=is_inside,
    )


def team_stories(request: HttpRequest, team: Team) -> str:
    """A team's blog."""
    viewer = _viewer(request)
    side = reading.team_side(viewer, team)
    before = read_key(request.GET.get("before"))
    page = reading.feed_page(
        viewer,
        _channels(viewer, team, side),
        before,
        limit=ON_A_TEAM,
        kinds=[Post.Kind.ARTICLE],
    )
    # What `can_write_article` says of a team's channel, which may not be there yet.
    may_write = team_rules.can_post_in(viewer, team)
    return _draw(
        "team_stories",
        (team.pk, team.slug, team.is_private, may_write),
        _cards(request, viewer, page, before, team.get_absolute_url()),
        team=team,
        may_write=may_write,
        place=composing.place_name(team),
    )


def area_feed(request: HttpRequest, area: Area) -> str:
    """What is said in an area and everywhere within it."""
    viewer = _viewer(request)
    before = read_key(request.GET.get("before"))
    channels = reading.channels_within(area)
    narrow(request, "feed_post", "channel", channels)
    page = reading.feed_page(viewer, channels, before, limit=ON_AN_AREA)
    return _draw(
        "area_feed",
        (area.pk, area.name, bool(before), viewer is None),
        {
            "composer": composing.composer(request, area) if viewer and not before else "",
            **_cards(request, viewer, page, before),
        },
        area=area,
        before=before,
        is_visitor=viewer is None,
    )


def person_posts(request: HttpRequest, person: Person) -> str:
    """What a person put up that the viewer may read; nothing drawn where there is nothing."""
    viewer = _viewer(request)
    before = read_key(request.GET.get("before"))
    page = reading.posts_of_person(viewer, person, before)
    if not page.items and not before:
        return ""
    return _draw(
        "person_posts",
        (bool(page.next_before),),
        _cards(request, viewer, page, before),
        older=page.next_before,
    )


def export_team(team: Team, person: Person) -> tuple[str, str] | None:
    """Return a team's posts and replies for its own history, as a table."""
    if not team_rules.can_read_inside(person, team):
        return None
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["number", "answers", "when", "who", "kind", "title", "words"])
    posts = (
        Post.objects.visible_to(person)
        .filter(channel__team=team, channel__about="")
        .select_related("author")
        .prefetch_related("comments__author")
        .order_by("pk")
    )
    any_rows = False
    for post in posts.iterator(chunk_size=500):
        any_rows = True
        table.writerow(
            _safe(
                post.pk, "", local(post.posted_at).isoformat(timespec="minutes"),
                post.author.known_as, post.kind, post.title, post.text,
            )
        )  # fmt: skip
        for comment in sorted(post.comments.all(), key=lambda row: row.pk):
            if comment.state == comment.State.LIVE:
                table.writerow(
                    _safe(
                        "", post.pk, local(comment.posted_at).isoformat(timespec="minutes"),
                        comment.author.known_as, "reply", "", comment.text,
                    )
                )  # fmt: skip
    return ("posts.csv", out.getvalue()) if any_rows else None


def _safe(*values: Any) -> list[str]:
    """Return the values as text that no spreadsheet takes for a formula."""
    return [
        f"'{text}" if (text := str(value)).startswith(("=", "+", "-", "@", "\t")) else text
        for value in values
    ]
