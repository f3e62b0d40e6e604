"""The front page: the neighbourhood for those signed in, a welcome for visitors.

The neighbourhood is the page everyone opens all day, so it is joined from ready-made parts
(`design.frame`, `feed.cards`, `gatherings.tickets`) instead of being drawn by the template
engine; `doorstep bench` watches what it costs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from doorstep.base.kept_pages import kept_page, narrow
from doorstep.base.pages import read_key
from doorstep.base.time import changes_at, local, now
from doorstep.base.words import escaped, said
from doorstep.design import frame
from doorstep.design.templatetags.design import icon
from doorstep.feed import cards, composing, reading
from doorstep.feed.models import Post
from doorstep.feed.sources import Ground, grounds
from doorstep.gatherings import reading as gatherings
from doorstep.gatherings.tickets import render_tickets
from doorstep.people.models import Person


@login_not_required
@kept_page
def home(request: HttpRequest) -> HttpResponse:
    """Show the neighbourhood, or to a visitor what this is."""
    if not request.user.is_authenticated:
        return welcome(request)
    me = request.user.person
    before = read_key(request.GET.get("before"))
    channels = reading.home_channels(me)
    narrow(request, "feed_post", "channel", channels)
    narrow(request, "gatherings_place", "person", [me.pk])
    for table in ("feed_thanks", "teams_membership", "teams_mentoring", "people_person_follows"):
        narrow(request, table, "person", [me.pk])
    page = reading.feed_page(me, channels, before=before)
    looked_at = reading.look(me, at=now()) if before is None else me.looked_at
    main = [
        _hero(me, page.items, looked_at) if before is None else _older_heading(),
        '<div class="two"><div class="stack stack-l">',
        composing.composer(request) if before is None else "",
        _latest(translation.get_language() or ""),
        cards.thank_form(request),
        _folded(
            cards.render_cards(page.items, me, channels, reading.thanked_ids(me, page.items)),
            page.items,
            looked_at if before is None else None,
        ),
        _end(page.next_before, bool(page.items), before, looked_at),
        "</div>",
        _aside(me),
        "</div>",
    ]
    return frame.page(request, title=said(gettext_noop("Your neighbourhood")), main="".join(main))


def welcome(request: HttpRequest) -> HttpResponse:
    """Say what Doorstep is, and show what is open to everyone."""
    stories = (
        Post.objects.visible_to(None)
        .filter(kind=Post.Kind.ARTICLE, channel__team=None)
        .select_related("channel")
        .order_by("-id")
    )
    # A picture says more to a stranger than a third paragraph: the newest story that has one
    # comes first, then the newest others.
    lead = stories.filter(photo_count__gt=0).first()
    photo = lead.photos.first() if lead else None
    return render(
        request,
        "web/welcome.html",
        {
            "tickets": render_tickets(gatherings.this_week(None, limit=4), style="short"),
            "lead": lead,
            "picture": cards.Picture(photo.key, photo.description, photo.width, photo.height)
            if photo
            else None,
            "stories": [story for story in stories[:3] if story != lead][: 2 if lead else 3],
        },
    )


def _hero(me: Person, posts: Sequence[reading.PostRow], looked_at: dt.datetime | None) -> str:
    return (
        f'<div class="hero"><div class="stack stack-s"><h1>{escape(_greeting(me))}</h1>'
        f'<p class="lead">{escape(_what_is_new(me, posts, looked_at))}</p></div>'
        f"{_doors(translation.get_language() or '')}</div>"
    )


def _greeting(me: Person) -> str:
    # The name people say at the gate: the first of those they go by.
    name, here = me.known_as.split()[0], local(now())
    hour = here.hour
    changes_at(here.replace(hour=12, minute=0), here.replace(hour=18, minute=0))
    if hour < 12:
        return said(gettext_noop("Morning, %(name)s")) % {"name": name}
    if hour < 18:
        return said(gettext_noop("Afternoon, %(name)s")) % {"name": name}
    return said(gettext_noop("Evening, %(name)s")) % {"name": name}


def _what_is_new(
    me: Person, posts: Sequence[reading.PostRow], looked_at: dt.datetime | None
) -> str:
    """Return in a sentence what came since the person last looked, as far as this page knows."""
    if not posts:
        return _("It's quiet round yours. You could be the one who says hello.")
    if looked_at is None:
        return _("Here's what your neighbours are up to.")
    fresh = [post for post in posts if post.posted_at > looked_at and post.author_id != me.pk]
    asks = sum(1 for post in fresh if post.kind == Post.Kind.ASK and post.met_at is None)
    if not fresh:
        return said(gettext_noop("Nothing new since you last looked."))
    if len(fresh) == len(posts):
        sentence = _("Plenty has happened since you last looked.")
    else:
        sentence = ngettext(
            "%(count)d neighbour has been in touch since you last looked.",
            "%(count)d neighbours have been in touch since you last looked.",
            len({post.author_id for post in fresh}),
        ) % {"count": len({post.author_id for post in fresh})}
    if asks:
        sentence += " " + ngettext(
            "%(count)d could do with a hand.", "%(count)d could do with a hand.", asks
        ) % {"count": asks}
    return sentence


UNFOLDED = 8  # posts that stand open although they were there at the last look


def _folded(
    drawn: Sequence[str], posts: Sequence[reading.PostRow], looked_at: dt.datetime | None
) -> str:
    """Return the cards; behind what is new those seen before are folded away, one press off.

    On a phone twenty cards are fourteen screens, and this week's gatherings stand below them.
    """
    shown = UNFOLDED
    if looked_at is not None:
        shown = max(
            [shown, *(at for at, post in enumerate(posts, 1) if post.posted_at > looked_at)]
        )
    left = len(drawn) - shown
    if left < 2:  # a fold for a single card is as long as the card
        return "".join(drawn)
    return (
        f'{"".join(drawn[:shown])}<details class="more earlier"><summary>{_chevron()}'
        f"<span>{_how_many_more(translation.get_language() or '', left)}</span></summary>"
        f'<div class="stack stack-l">{"".join(drawn[shown:])}</div></details>'
    )


@lru_cache
def _chevron() -> SafeString:
    return icon("chevron-down")


@lru_cache
def _how_many_more(language: str, count: int) -> str:
    return escape(
        ngettext(
            "%(count)d more from your neighbours", "%(count)d more from your neighbours", count
        )
        % {"count": count}
    )


@lru_cache
def _latest(language: str) -> str:
    return format_html('<h2 class="vh">{}</h2>', _("Latest from your neighbours"))


_doors_kept: dict[str, SafeString] = {}


def _doors(language: str) -> SafeString:
    """Return the four front doors, the same for everyone who reads `language`."""
    html = _doors_kept.get(language)
    if html is None:
        html = _doors_kept[language] = mark_safe(get_template("web/_doors.html").render())
    return html


def _older_heading() -> SafeString:
    return format_html("<h1>{}</h1>", _("Earlier from your neighbours"))


def _end(
    next_before: int | None, any_posts: bool, before: int | None, looked_at: dt.datetime | None
) -> SafeString:
    """Return the feed's end: it says so, and leads to older posts."""
    if not any_posts and before is None:
        return mark_safe(get_template("web/_empty_feed.html").render())
    return cards.end_slip(older=f"/?before={next_before}" if next_before else "", since=looked_at)


MOST_TEAMS = 6


def _aside(me: Person) -> str:
    """Return this week's tickets, what the person said they'd do, and their teams."""
    words = _aside_words(translation.get_language() or "")
    week, mine = gatherings.this_week(me), gatherings.mine_next(me)
    coming = {row.pk for row in mine}
    week = [row for row in week if row.pk not in coming]
    parts = [words["open"]]
    if mine:
        parts += [words["mine"], render_tickets(mine, style="short"), words["all mine"]]
    if week or not mine:
        tickets = render_tickets(week, style="short")
        parts += [words["week"], tickets or words["no week"], words["all week"]]
    teams = [ground for ground in grounds(me) if ground.why == "team" and not ground.is_over][
        :MOST_TEAMS
    ]
    if teams:
        parts += [words["teams"], *map(_team_line, teams), words["all teams"]]
    else:
        parts.append(words["no teams"])
    return "".join(parts)


def _team_line(team: Ground) -> str:
    letters = "".join(word[0] for word in team.name.split()[:2] if word[:1].isalnum()).upper()
    return (
        f'<li class="who"><span class="face" data-shop="{team.spot}" aria-hidden="true">'
        f'{escaped(letters)}</span><div><a class="name" href="/teams/{team.slug}/" dir="auto">'
        f"{escaped(team.name)}</a></div></li>"
    )


@lru_cache
def _aside_words(language: str) -> dict[str, str]:
    """Return what stands round the tickets and teams, the same for all who read `language`."""

    def section(heading: str) -> str:
        return format_html('<section class="stack"><h2>{}</h2>', heading)

    def leading(url_name: str, label: str) -> str:
        return format_html('<p><a href="{}">{}</a></p></section>', reverse(url_name), label)

    teams = format_html(
        '<section class="card stack" data-shop="learn"><h2 class="h-s">{}</h2>', _("Your teams")
    )

    def all_teams(label: str) -> str:
        return format_html(
            '<p><a class="btn btn-line btn-s" href="{}">{}</a></p></section></aside>',
            reverse("teams:teams"),
            label,
        )

    return {
        "open": format_html('<aside class="stack stack-l" aria-label="{}">', _("This week")),
        "mine": section(_("You said you'd come")),
        "all mine": leading("gatherings:mine", _("All of yours")),
        "week": section(_("This week")),
        "no week": format_html("<p>{}</p>", _("Nothing near you this week yet.")),
        "all week": leading("gatherings:whats_on", _("See everything that's on")),
        "teams": teams + mark_safe('<ul class="stack s">'),
        "all teams": mark_safe("</ul>") + all_teams(_("All teams")),
        "no teams": teams
        + format_html("<p>{}</p>", _("A team is a few neighbours who do something together."))
        + all_teams(_("Find a team")),
    }
