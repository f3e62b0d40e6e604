"""A team's own page, with its tabs."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from doorstep.teams import reading, rules
from doorstep.teams.models import Kit, Membership, Team, team_panels, team_tabs
from doorstep.teams.reading import reader

# The panel of this name stands right under a team's name on a phone.
NEXT = "next-gathering"


@login_not_required
@require_safe
def team(request: HttpRequest, slug: str, tab: str = "") -> HttpResponse:
    """What we do in one line, how to join, what is next, and the tabs."""
    person = reader(request)
    row, circle = reading.team_page(person, slug)
    tabs = team_tabs.items()
    names = [name for name, _panel in tabs]
    if tab and tab not in names:
        raise Http404
    current = tab or names[0]
    request.team_circle = circle  # type: ignore[attr-defined]
    panels = team_panels.items()
    return render(
        request,
        "teams/team.html",
        {
            "team": row,
            "circle": circle,
            "tabs": [(name, panel.label) for name, panel in tabs],
            "current": current,
            "body": dict(tabs)[current].render(request, row),
            "next_panel": "".join(p.render(request, row) for name, p in panels if name == NEXT),
            "panels": [panel.render(request, row) for name, panel in panels if name != NEXT],
            **standing(person, row),
            **_first_steps(person, row),
        },
    )


def standing(person, team: Team) -> dict:  # type: ignore[no-untyped-def]
    """Return how the reader stands to the team: what they may do, in the words of the rules."""
    row = rules.row_in(person, team)
    return {
        "signed_in": person is not None,
        "is_member": rules.is_member(person, team),
        "has_asked": row is not None and row.state == Membership.State.ASKED,
        "can_join": rules.can_join(person, team),
        "joins_by_asking": rules.joins_by_asking(person, team),
        "must_agree": rules.must_agree(person, team),
        "can_run": rules.can_run_team(person, team),
        "can_invite": rules.can_invite(person, team),
        "is_host": rules.is_host(person, team),
        "is_mentor": rules.is_mentor(person, team),
    }


def _first_steps(person, team: Team) -> dict:  # type: ignore[no-untyped-def]
    """Return what a host of a young team may do next, with words from the kit."""
    if not team.is_starting or not rules.can_run_team(person, team):
        return {}
    kit = None
    if team.kit_id:
        kit = Kit.objects.only("opening_prompts", "slug", "name").filter(pk=team.kit_id).first()
    return {"first_steps": True, "kit": kit}
