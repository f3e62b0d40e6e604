"""Blogs as Atom feeds: what everyone may read, and nothing else."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from doorstep.base.text import markdown_to_html
from doorstep.base.time import now
from doorstep.feed import reading
from doorstep.feed.models import Channel, Post, Story
from doorstep.places.models import Area
from doorstep.teams.models import Team

MOST = 30


@login_not_required
@require_safe
def area(request: HttpRequest, slug: str) -> HttpResponse:
    """The stories of an area; the borough's are the borough's blog."""
    here = get_object_or_404(Area.objects.defer("boundary"), slug=slug)
    channel = Channel.objects.filter(area=here, team=None, about="").first()
    return _answer(here.name, here.get_absolute_url(), request.path, channel)


@login_not_required
@require_safe
def team(request: HttpRequest, slug: str) -> HttpResponse:
    """The stories a team lets everyone read. A private team has no feed."""
    found = get_object_or_404(Team.objects.visible_to(None), slug=slug)
    channel = Channel.objects.filter(team=found, about="").first()
    return _answer(found.name, found.get_absolute_url(), request.path, channel)


def _answer(name: str, path: str, feed_path: str, channel: Channel | None) -> HttpResponse:
    site = settings.SITE_URL.rstrip("/")
    feed = Atom1Feed(
        title=_("Stories from %(name)s") % {"name": name},
        link=site + path,
        description="",
        feed_url=site + feed_path,
        feed_guid=site + feed_path,
        author_name=settings.SITE_NAME,
    )
    posts: list[Post] = []
    if channel is not None:
        # Straight off the index, however much else is said there.
        page = reading.feed_page(None, [channel.pk], limit=MOST, kinds=[Post.Kind.ARTICLE])
        ids = [row.id for row in page.items]
        posts = list(
            Post.objects.visible_to(None)
            .filter(pk__in=ids)
            .select_related("author")
            .order_by("-pk")
        )
    told = _bylines(posts)
    for post in posts:
        link = site + post.get_absolute_url()
        feed.add_item(
            title=post.title,
            link=link,
            unique_id=link,
            description=str(markdown_to_html(post.text)),
            author_name=told.get(post.pk, post.author.known_as),
            pubdate=post.posted_at,
            updateddate=post.edited_at or post.posted_at,
        )
    if not posts:
        feed.latest_post_date = now  # type: ignore[method-assign]
    response = HttpResponse(content_type="application/atom+xml; charset=utf-8")
    feed.write(response, "utf-8")
    response["Cache-Control"] = "public, max-age=300"
    response["Link"] = f'<{reverse("feed:stories")}>; rel="alternate"'
    return response


def _bylines(posts: list[Post]) -> dict[int, str]:
    """Return the printed names of stories told to an editor, by article."""
    ids = [post.pk for post in posts]
    out: dict[int, str] = {}
    rows: Any = Story.objects.filter(article__in=ids) | Story.objects.filter(area_article__in=ids)
    for story in rows:
        for pk in (story.article_id, story.area_article_id):
            if pk is not None:
                out[pk] = story.told_by
    return out
