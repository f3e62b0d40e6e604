"""The box to write in: on the home page, a team's tab and an area's page, without script."""

from __future__ import annotations

import secrets
from functools import lru_cache

from django.http import HttpRequest
from django.template.loader import get_template
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from doorstep.base import keys
from doorstep.design.tokens import token_of
from doorstep.feed.actions import channel_of
from doorstep.feed.models import Channel, Post
from doorstep.feed.rules import can_post
from doorstep.feed.sources import grounds
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.teams.models import Team

_TOKEN, _KEY, _NEXT = (secrets.token_hex(12) for _n in range(3))

COMPOSER_KINDS = (Post.Kind.NOTE, Post.Kind.QUESTION, Post.Kind.ASK, Post.Kind.OFFER)


def place_name(thing: Area | Team | Channel) -> str:
    """Return how a form names where something goes: "area:12", "team:5", "channel:7"."""
    return f"{type(thing).__name__.lower()}:{thing.pk}"


def places_of(person: Person) -> list[tuple[str, str]]:
    """Return where a person may write from home: around home, followed areas, their teams."""
    choices = []
    for ground in grounds(person):
        if ground.why in ("home", "follow"):
            if person.is_child:
                continue  # children write in their teams
            choices.append((f"area:{ground.id}", ground.name))
        elif not ground.is_over:
            choices.append((f"team:{ground.id}", ground.name))
    # The ward first: most of what people say is for near them.
    around = {ground.id: ground.kind for ground in grounds(person) if ground.why == "home"}
    order = {"ward": 0, "locality": 1, "borough": 2, "neighbourhood": 4, "street": 5}
    return sorted(
        dict(choices).items(),
        key=lambda row: (
            order.get(around.get(int(row[0].split(":")[1]), ""), 3)
            if row[0].startswith("area:")
            else 3
        ),
    )


def find_channel(person: Person, place: str) -> Channel | None:
    """Return the channel a form names, where the person may write; else None."""
    kind, _colon, number = place.partition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        return None
    channel: Channel | None = None
    if kind == "area":
        area = Area.objects.filter(pk=number).first()
        channel = channel_of(area) if area else None
    elif kind == "team":
        team = Team.objects.visible_to(person).select_related("area").filter(pk=number).first()
        channel = channel_of(team) if team else None
    elif kind == "channel":
        channel = Channel.objects.select_related("team", "area").filter(pk=number).first()
    return channel if channel is not None and can_post(person, channel) else None


def composer(request: HttpRequest, place: Area | Team | Channel | None = None) -> SafeString:
    """Return the box to write in. With `place` everything goes there; else it can be chosen.

    "" for visitors. The form is drawn once per set of choices; only the token, the key and
    the way back differ.
    """
    person: Person | None = getattr(request.user, "person", None)
    if person is None:
        return mark_safe("")
    if person.is_child and not isinstance(place, Team | None):
        return mark_safe("")
    if place is not None:
        fixed = place_name(place)
        choices: tuple[tuple[str, str], ...] = ((fixed, str(place)),)
    else:
        fixed, choices = "", tuple(places_of(person))
        if not choices:
            return mark_safe("")
    html = _drawn(translation.get_language() or "", fixed, choices)
    return mark_safe(
        html.replace(_TOKEN, token_of(request))
        .replace(_KEY, keys.new_key(20))
        .replace(_NEXT, escape(request.get_full_path()))
    )


@lru_cache(2048)
def _drawn(language: str, fixed: str, choices: tuple[tuple[str, str], ...]) -> str:
    return get_template("feed/_composer.html").render(
        {
            "token": mark_safe(_TOKEN),
            "key": mark_safe(_KEY),
            "next": mark_safe(_NEXT),
            "fixed": fixed,
            "places": choices,
            "kinds": [
                (Post.Kind.NOTE, _("Just saying"), "message-circle"),
                (Post.Kind.QUESTION, _("Question"), "circle-question-mark"),
                (Post.Kind.ASK, _("Asking"), "hand-heart"),
                (Post.Kind.OFFER, _("Offering"), "gift"),
            ],
        }
    )
