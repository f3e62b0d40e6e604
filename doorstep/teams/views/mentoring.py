"""The mentors' page: who asks, who went quiet, and what came of a call."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.people.rules import can_see_person
from doorstep.teams import actions, rules
from doorstep.teams.forms import ContactForm
from doorstep.teams.models import Membership, Mentoring, Team, TeamEvent
from doorstep.teams.reading import me

STUCK_AFTER = dt.timedelta(days=14)
MOST = 40


@require_safe
def mentors(request: HttpRequest) -> HttpResponse:
    """Teams that ask, my teams, teams gone quiet, and teams stuck at the start."""
    person = me(request)
    if not rules.can_be_mentor(person):
        raise PermissionDenied
    return render(request, "teams/mentors.html", _page(person))


def _page(person: Person) -> dict:
    patch = rules.teams_of_mentor(person).exclude(
        state__in=[Team.State.CLOSED, Team.State.HANDED_OVER]
    )
    patch = patch.select_related("area").defer("area__boundary", "pinned_text")
    mine_ids = set(
        Mentoring.objects.filter(mentor=person, ended_at=None).values_list("team_id", flat=True)
    )
    asking = [
        team
        for team in patch.filter(mentor_asked_at__isnull=False).order_by("mentor_asked_at")[:MOST]
        if team.pk not in mine_ids
    ]
    mine = list(patch.filter(pk__in=mine_ids).order_by("active_at"))
    others = patch.exclude(pk__in=mine_ids)
    quiet = list(others.filter(state=Team.State.QUIET).order_by("active_at", "id")[:MOST])
    stuck = list(
        others.filter(
            state__in=[Team.State.IDEA, Team.State.GATHERING],
            started_at__lt=now() - STUCK_AFTER,
            mentor_asked_at=None,
        ).order_by("started_at", "id")[:MOST]
    )
    groups = {"asking": asking, "mine": mine, "quiet": quiet, "stuck": stuck}
    every = [team for rows in groups.values() for team in rows]
    hosts = _hosts_of(every, person)
    said = _last_contacts(every)
    for team in every:
        team.host_names = hosts.get(team.pk, [])  # type: ignore[attr-defined]
        team.last_contact = said.get(team.pk)  # type: ignore[attr-defined]
        team.can_open = not team.is_private or team.pk in mine_ids  # type: ignore[attr-defined]
    return groups


def _hosts_of(teams: list[Team], person: Person) -> dict[int, list[Person]]:
    rows = Membership.objects.filter(
        team__in=[team.pk for team in teams],
        state=Membership.State.MEMBER,
        role=Membership.Role.HOST,
    ).select_related("person")
    found: dict[int, list[Person]] = {}
    for row in rows.order_by("joined_at", "id"):
        if can_see_person(person, row.person):
            found.setdefault(row.team_id, []).append(row.person)
    return found


def _last_contacts(teams: list[Team]) -> dict[int, TeamEvent]:
    rows = TeamEvent.objects.filter(
        team__in=[team.pk for team in teams], what=TeamEvent.What.CONTACT
    ).select_related("by")
    return {row.team_id: row for row in rows.order_by("id")}


def _team(person: Person, slug: str) -> Team:
    """Return a team on the mentor's list; 404 for all others, hidden or missing."""
    if not rules.can_be_mentor(person):
        raise PermissionDenied
    team = rules.teams_of_mentor(person).select_related("area").filter(slug=slug).first()
    if team is None:
        raise Http404
    return team


@require_POST
def take_on(request: HttpRequest, slug: str) -> HttpResponse:
    """Become the mentor of a team that asked."""
    person = me(request)
    team = _team(person, slug)
    if rules.is_mentor(person, team):
        return redirect("teams:mentors")
    taken = rules.can_take_on(person, team) and actions.take_on(team, by=person, at=now())
    if taken:
        messages.success(
            request, _("You're the mentor of %(team)s. Ring them soon.") % {"team": team}
        )
    else:
        messages.info(request, _("Another mentor was first, or they can manage now."))
    return redirect("teams:mentors")


@require_POST
def step_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Stop being the team's mentor."""
    person = me(request)
    team = _team(person, slug)
    row = (
        Mentoring.objects.filter(team=team, mentor=person, ended_at=None)
        .select_related("team", "mentor")
        .first()
    )
    if row is not None:
        actions.end_mentoring(row, by=person, at=now())
    messages.success(request, _("Thank you for helping %(team)s.") % {"team": team})
    return redirect("teams:mentors")


@require_POST
def contact(request: HttpRequest, slug: str) -> HttpResponse:
    """Write down that one got in touch, and what came of it."""
    person = me(request)
    team = _team(person, slug)
    if not rules.can_note_contact(person, team):
        raise PermissionDenied
    form = ContactForm(request.POST)
    if form.is_valid():
        actions.note_contact(team, note=form.cleaned_data["note"], by=person, at=now())
        messages.success(request, _("Noted. Thank you for asking after them."))
        return redirect("teams:mentors")
    return render(
        request,
        "teams/mentors.html",
        _page(person)
        | {"form": form, "form_for": team.slug, "typed": request.POST.get("note", "")},
        status=422,
    )
