"""I can lend a hand: what neighbours near me ask for."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from doorstep.base.pages import read_key
from doorstep.feed import cards, reading
from doorstep.feed.models import Post


@login_not_required
@require_safe
def lend(request: HttpRequest) -> HttpResponse:
    """Show the asks of my areas and teams that nobody has met yet; a visitor how to begin."""
    if not request.user.is_authenticated:
        return redirect("support:join")
    me = request.user.person
    channels = reading.home_channels(me)
    page = reading.feed_page(
        me, channels, before=read_key(request.GET.get("before")), kinds=[Post.Kind.ASK]
    )
    waiting = [post for post in page.items if post.met_at is None]
    shown = cards.render_cards(waiting, me, channels, reading.thanked_ids(me, waiting))
    return render(
        request,
        "web/lend.html",
        {
            "cards": mark_safe("".join(shown)),
            "thank_form": cards.thank_form(request),
            "next_before": page.next_before,
        },
    )
