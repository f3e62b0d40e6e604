"""Parts of others' pages that gatherings provide, and where they hang."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.loader import get_template
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base import registry
from doorstep.base.keeping import part
from doorstep.base.registry import Panel, Tick
from doorstep.base.time import local, now, today
from doorstep.design import navigation
from doorstep.feed import moderation, sources
from doorstep.feed.models import LinkCard, link_cards
from doorstep.gatherings import reading, rules
from doorstep.gatherings.actions import planning, reminders
from doorstep.gatherings.models import Gathering
from doorstep.gatherings.tickets import render_ticket
from doorstep.people.models import Person, person_panels
from doorstep.people.rules import can_see_person
from doorstep.places.models import Area, area_panels
from doorstep.teams import models as teams
from doorstep.teams.models import Team, team_panels, team_tabs


def register() -> None:
    """Hang everything up; called once when the app is ready."""
    navigation.add(
        navigation.MenuItem(
            section="gatherings",
            label=gettext_lazy("What's on"),
            url_name="gatherings:whats_on",
            icon="calendar-days",
            shop="home",
            order=20,
            in_tab_bar=True,
        )
    )
    navigation.add_link(
        navigation.Link(
            where="sheet",
            label=gettext_lazy("My gatherings"),
            url_name="gatherings:mine",
            icon="ticket",
            order=30,
            signed_in=True,
        )
    )
    team_tabs.add("gatherings", Panel(gettext_lazy("Gatherings"), team_tab), order=30)
    team_panels.add("next-gathering", Panel(gettext_lazy("Next gathering"), team_panel), order=10)
    area_panels.add("whats-on", Panel(gettext_lazy("What's on"), area_panel), order=20)
    person_panels.add("gatherings", Panel(gettext_lazy("Gatherings"), person_panel), order=40)
    sources.sources.add("gatherings", feed_sources, order=60)
    teams.team_exports.add("gatherings", team_export, order=40)
    registry.ticks.add("gatherings-reminders", Tick(lambda: reminders.remind(now()), 5 * 60))
    registry.ticks.add("gatherings-ahead", Tick(_look_ahead, 60 * 60))
    _register_for_the_feed()


def _look_ahead() -> int:
    """Make sessions for the coming half year, and close what is over."""
    planning.end_what_is_over(now())
    return planning.extend_all(now())


def reader(request: HttpRequest) -> Person | None:
    """Return who is looking, or None for a visitor."""
    return getattr(request.user, "person", None)


def _draw(request: HttpRequest, name: str, **context: Any) -> str:
    return get_template(f"gatherings/{name}").render(context, request)


def team_tab(request: HttpRequest, team: Team) -> str:
    """A team's gatherings to come, and how to plan or subscribe."""
    me = reader(request)
    rows = reading.with_mine(me, reading.next_of_team(me, team.pk, limit=20))
    return _draw(
        request,
        "_team_tab.html",
        team=team,
        days=reading.by_day(rows),
        can_plan=rules.can_plan(me, team),
    )


def team_panel(request: HttpRequest, team: Team) -> str:
    """The ticket of a team's next gathering; for its hosts a way to plan one."""
    me = reader(request)
    rows = tuple(reading.next_of_team(me, team.pk))
    can_plan = rules.can_plan(me, team)
    if not rows and not can_plan:
        return ""
    ideas = tuple(_ideas(team)) if can_plan and not rows else ()
    return part(
        "gatherings/_team_panel.html",
        (rows, today(), can_plan, ideas, team.slug),
        {"team": team, "rows": rows, "can_plan": can_plan, "ideas": ideas},
    )


def _ideas(team: Team) -> list[tuple[str, str]]:
    """Return (title, address of the form filled in) for the first gatherings of the team's kit."""
    if team.kit is None:
        return []
    start = reverse("gatherings:start")
    return [
        (
            one["title"],
            f"{start}?"
            + urlencode(
                {"team": team.slug, "title": one["title"], "description": one.get("what", "")}
            ),
        )
        for one in team.kit.first_gatherings[:3]
        if one.get("title")
    ]


def area_panel(request: HttpRequest, area: Area) -> str:
    """What's on in an area and everything under it."""
    rows = tuple(reading.next_in_area(reader(request), area))
    return part(
        "gatherings/_area_panel.html",
        (rows, today(), area.slug),
        {"area": area, "rows": rows},
    )


def person_panel(request: HttpRequest, person: Person) -> str:
    """Gatherings a person hosts that the reader may see; never what they only go to."""
    me = reader(request)
    if me is None or not can_see_person(me, person):
        return ""
    rows = reading.rows_of(reading.on_now_or_later(me).filter(gathering__host=person)[:3])
    if not rows:
        return ""
    return _draw(request, "_person_panel.html", person=person, rows=rows)


def feed_sources(person: Person) -> list[tuple[int, str]]:
    """Channels of gatherings the person comes to or hosts, for their home feed."""
    why = _("your gathering")
    return [(channel_id, why) for channel_id in reading.channels_of(person)]


def team_export(team: Team, person: Person) -> tuple[str, str] | None:
    """A team's gatherings as part of its own history: what, when, and how many came."""
    found = []
    for gathering in team.gatherings.order_by("id").prefetch_related("sessions"):
        found.append(
            {
                "title": gathering.title,
                "description": gathering.description,
                "rule": gathering.rrule,
                "sessions": [
                    {
                        "starts_at": local(session.starts_at).isoformat(),
                        "called_off": session.is_called_off,
                        "seats_taken": session.seats_taken,
                    }
                    for session in sorted(gathering.sessions.all(), key=lambda one: one.starts_at)
                ],
            }
        )
    if not found:
        return None
    return "gatherings.json", json.dumps(found, ensure_ascii=False, indent=1)


def _link_card(viewer: Person | None, match: re.Match[str]) -> str | None:
    """Return the ticket of a gathering linked to, or None where the viewer may not see it."""
    rows = reading.rows_of(
        reading.on_now_or_later(viewer).filter(gathering__slug=match["slug"])[:1]
    )
    return render_ticket(rows[0]) if rows else None


def _get(pk: int) -> Gathering | None:
    return Gathering.objects.select_related("host", "team").filter(pk=pk).first()


def _fetch(viewer: Person | None, pk: int) -> Gathering | None:
    found = _get(pk)
    return found if found is not None and rules.can_see_gathering(viewer, found) else None


def _snapshot(gathering: Gathering) -> dict[str, Any]:
    return {
        "author": gathering.host_id,
        "title": gathering.title,
        "text": "\n\n".join(filter(None, [gathering.description, gathering.when_you_walk_in])),
        "path": gathering.get_absolute_url(),
        "photos": [],
        "state": gathering.state,
    }


def _hide(gathering: Gathering) -> None:
    Gathering.objects.filter(pk=gathering.pk).update(state=Gathering.State.HIDDEN)


def _restore(gathering: Gathering, snapshot: dict[str, Any]) -> None:
    state = snapshot.get("state")
    if state not in (Gathering.State.ENDED, Gathering.State.CALLED_OFF):
        state = Gathering.State.ON
    Gathering.objects.filter(pk=gathering.pk, state=Gathering.State.HIDDEN).update(state=state)


def _register_for_the_feed() -> None:
    """A ticket under posts that link to a gathering; a gathering can be flagged."""
    link_cards.add(
        "gathering",
        LinkCard(pattern=re.compile(r"^/whats-on/(?P<slug>[-a-z0-9]+)/$"), render=_link_card),
    )
    moderation.flaggable.add(
        "gathering",
        moderation.Flaggable(
            label=gettext_lazy("gathering"),
            fetch=_fetch,
            get=_get,
            snapshot=_snapshot,
            hide=_hide,
            restore=_restore,
            author=lambda gathering: gathering.host,
            path=lambda gathering: gathering.get_absolute_url(),
        ),
    )
