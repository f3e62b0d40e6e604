"""Parts of pages that teams give to others' pages, and the tabs of a team's own."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.template.loader import get_template
from django.urls import reverse

from doorstep.base.keeping import part
from doorstep.base.pages import read_key
from doorstep.base.prepared import Prepared
from doorstep.base.text import markdown_to_html, to_html
from doorstep.people.children import known_grown_ups
from doorstep.people.models import Person
from doorstep.people.rules import can_see_person
from doorstep.places.models import Area
from doorstep.teams import reading, rules
from doorstep.teams.models import Membership, Mentoring, Team, TeamEvent, initials
from doorstep.teams.reading import reader

PEOPLE_ON_A_PAGE = 40


def _draw(request: HttpRequest, name: str, **context: object) -> str:
    return get_template(f"teams/{name}").render(context, request)


def _teams_within(person: int, low: str, high: str) -> Any:
    """`visible_to` somebody who is no moderator, in an area and everything in it."""
    inside = Membership.objects.filter(
        team=OuterRef("pk"), person=person, state=Membership.State.MEMBER
    )
    mentors = Mentoring.objects.filter(team=OuterRef("pk"), mentor=person, ended_at=None)
    return (
        Team.objects.filter(Q(is_private=False) | Exists(inside) | Exists(mentors))
        .filter(area__path__gte=low, area__path__lt=high)
        .exclude(state__in=[Team.State.CLOSED, Team.State.HANDED_OVER])
        .order_by("-active_at", "-id")
        .values_list("name", "slug", "purpose", "spot")[:5]
    )


_within = Prepared(_teams_within, person=int, low=str, high=str)


class Line(NamedTuple):
    """As much of a team as the panel shows."""

    name: str
    slug: str
    purpose: str
    spot: str

    @property
    def initials(self) -> str:
        return initials(self.name)


def teams_of_area(request: HttpRequest, area: Area) -> str:
    """The teams of an area and everything in it, the freshest first."""
    person = reader(request)
    # "0" comes right after "/", so these are the paths that begin with the area's.
    rows = _within(person=person.pk if person else 0, low=area.path, high=area.path[:-1] + "0")
    can_start = rules.can_start_team(person)
    return part(
        "teams/_area_panel.html",
        (tuple(rows), area.pk, can_start),
        {
            "teams": [Line(*row) for row in rows],
            "all_url": f"{reverse('teams:teams')}?area={area.pk}",
            "can_start": can_start,
        },
    )


def teams_of_person(request: HttpRequest, person: Person) -> str:
    """Teams both are in, and open teams the person holds the keys of."""
    viewer = reader(request)
    if viewer is None or not can_see_person(viewer, person):
        return ""
    mine = Membership.objects.filter(person=viewer, state=Membership.State.MEMBER).values("team")
    theirs = Membership.objects.filter(person=person, state=Membership.State.MEMBER)
    both = theirs if viewer.pk == person.pk else theirs.filter(team__in=mine)
    hosted = theirs.filter(role=Membership.Role.HOST, team__is_private=False)
    teams = list(
        Team.objects.filter(pk__in=(both | hosted).values("team"))
        .exclude(state__in=[Team.State.CLOSED, Team.State.HANDED_OVER])
        .order_by("-active_at", "-id")
        .only("name", "slug", "purpose", "spot")[:12]
    )
    if not teams:
        return ""
    return _draw(request, "_person_panel.html", teams=teams, person=person)


def people_tab(request: HttpRequest, team: Team) -> str:
    """Who is in the team: hosts first; for those inside, everybody they may see."""
    person = reader(request)
    circle = getattr(request, "team_circle", None) or reading.team_page(person, team.slug)[1]
    members: list[Membership] = []
    more = None
    if rules.can_read_inside(person, team):
        members, more = reading.members_for(
            person, team, after=read_key(request.GET.get("after")), size=PEOPLE_ON_A_PAGE
        )
    return _draw(
        request,
        "_people_tab.html",
        team=team,
        circle=circle,
        members=members,
        more=more,
        first_page="after" not in request.GET,
        inside=rules.can_read_inside(person, team),
        can_run=rules.can_run_team(person, team),
        signed_in=person is not None,
    )


def about_tab(request: HttpRequest, team: Team) -> str:
    """The pinned page, why, the agreement, hints from the kit for hosts, and the history."""
    person = reader(request)
    kit = team.kit if team.kit_id and rules.is_host(person, team) and not team.is_over else None
    events = (
        TeamEvent.objects.filter(team=team, what__in=rules.events_to_show(person, team))
        .select_related("by")
        .order_by("-id")[:30]
    )
    return _draw(
        request,
        "_about_tab.html",
        team=team,
        pinned=markdown_to_html(team.pinned_text) if team.pinned_text else "",
        why=to_html(team.why) if team.why else "",
        agreement=to_html(team.agreement) if team.agreement else "",
        kit=kit,
        risk_note=to_html(kit.risk_note) if kit else "",
        events=[
            (event, event.by if event.by and can_see_person(person, event.by) else None)
            for event in events
        ],
        can_run=rules.can_run_team(person, team),
        inside=rules.can_read_inside(person, team),
    )


def know_acquaintances() -> None:
    """Tell `people` who shares a team with whom, where it wants to know."""
    from doorstep.people import rules as people_rules

    registry = getattr(people_rules, "acquaintances", None)
    if registry is not None:
        registry.add("teams", share_a_team)
    known_grown_ups.add("teams", child_knows)


def child_knows(grown_up: Person, child: Person) -> bool:
    """Whether a child knows a grown-up from a running team both are in.

    Who holds its keys or mentors it is known; of the others, those whom a host let in.
    """
    teams = (
        Membership.objects.filter(person=child, state=Membership.State.MEMBER)
        .exclude(team__state__in=[Team.State.CLOSED, Team.State.HANDED_OVER])
        .values("team")
    )
    return (
        Membership.objects.filter(person=grown_up, state=Membership.State.MEMBER, team__in=teams)
        .filter(Q(role=Membership.Role.HOST) | ~Q(team__joining=Team.Joining.OPEN))
        .exists()
        or Mentoring.objects.filter(mentor=grown_up, ended_at=None, team__in=teams).exists()
    )


def share_a_team(one: Person, other: Person) -> bool:
    """Whether both are members of one team that still runs."""
    mine = Membership.objects.filter(person=one, state=Membership.State.MEMBER).exclude(
        team__state__in=[Team.State.CLOSED, Team.State.HANDED_OVER]
    )
    return Membership.objects.filter(
        person=other, state=Membership.State.MEMBER, team__in=mine.values("team")
    ).exists()
