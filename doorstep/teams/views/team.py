"""A team's own page, with its tabs."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from doorstep.base.keeping import part
from doorstep.base.kept_pages import kept_page
from doorstep.design import frame
from doorstep.people.models import Person
from doorstep.teams import reading, rules
from doorstep.teams.models import Kit, Membership, Team, team_panels, team_tabs
from doorstep.teams.reading import reader

# The panel of this name stands right under a team's name on a phone.
NEXT = "next-gathering"


@login_not_required
@require_safe
@kept_page
def team(request: HttpRequest, slug: str, tab: str = "") -> HttpResponse:
    """What we do in one line, how to join, what is next, and the tabs."""
    person = reader(request)
    row, circle = reading.team_page(person, slug)
    tabs = team_tabs.items()
    labels = {name: panel.label for name, panel in tabs}
    if tab and tab not in labels:
        raise Http404
    current = tab or tabs[0][0]
    request.team_circle = circle  # type: ignore[attr-defined]
    # What panels return is HTML already (base.registry.Panel).
    panels = [(name, mark_safe(panel.render(request, row))) for name, panel in team_panels.items()]
    stands = standing(person, row)
    first = "".join(html for name, html in panels if name == NEXT)
    main = (
        f'<div class="team-grid">{_head(row, stands)}<div class="team-next stack">{first}</div>'
        f'<div class="team-main stack stack-l">{_notices(request, person, row, circle, stands)}'
        f"{_tab_bar(row.slug, labels, current)}{dict(tabs)[current].render(request, row)}</div>"
        '<aside class="team-side stack stack-l">'
        f"{''.join(html for name, html in panels if name != NEXT)}"
        f"{_keys(circle, signed_in=person is not None)}</aside></div>"
    )
    return frame.page(request, title=row.name, main=main, shop=row.spot)


def _notices(
    request: HttpRequest, person: Person | None, team: Team, circle: Any, stands: dict[str, bool]
) -> str:
    """Return what the reader should know first about how they stand to this team; often nothing."""
    steps = _first_steps(person, team)
    if not (
        stands["has_asked"] or stands["must_agree"] or team.is_over or steps.get("first_steps")
    ):
        return ""
    return get_template("teams/_team_notices.html").render(
        {"team": team, "circle": circle, **stands, **steps}, request
    )


def standing(person: Person | None, team: Team) -> dict[str, bool]:
    """Return how the reader stands to the team: what they may do, in the words of the rules."""
    row = rules.row_in(person, team)
    return {
        "signed_in": person is not None,
        "is_member": rules.is_member(person, team),
        "has_asked": row is not None and row.state == Membership.State.ASKED,
        "needs_invitation": rules.needs_invitation(team),
        "can_join": rules.can_join(person, team),
        "joins_by_asking": rules.joins_by_asking(person, team),
        "must_agree": rules.must_agree(person, team),
        "can_run": rules.can_run_team(person, team),
        "can_invite": rules.can_invite(person, team),
        "is_host": rules.is_host(person, team),
        "is_mentor": rules.is_mentor(person, team),
    }


def _first_steps(person: Person | None, team: Team) -> dict[str, Any]:
    """Return what a host of a young team may do next, with words from the kit."""
    if not team.is_starting or not rules.can_run_team(person, team):
        return {}
    kit = None
    if team.kit_id:
        kit = Kit.objects.only("opening_prompts", "slug", "name").filter(pk=team.kit_id).first()
    return {"first_steps": True, "kit": kit}


# --- Parts kept ready-made -------------------------------------------------------------------


def _head(team: Team, stands: dict[str, bool]) -> SafeString:
    shown = (
        team.name,
        team.slug,
        team.purpose,
        team.place,
        team.spot,
        team.state,
        team.joining,
        team.is_private,
        team.member_count,
        team.asked_count if stands["can_run"] else 0,
        team.area.name,
        team.area.slug,
    )
    return part("teams/_team_head.html", (shown, *stands.values()), {"team": team, **stands})


def _tab_bar(slug: str, labels: dict[str, Any], current: str) -> SafeString:
    context = {"slug": slug, "tabs": list(labels.items()), "current": current}
    return part("teams/_team_tabs.html", (slug, *labels, current), context)


def _keys(circle: reading.Circle, *, signed_in: bool) -> SafeString:
    key = tuple(
        tuple((one.handle, one.known_as, one.spot) for one in people)
        for people in (circle.hosts, circle.mentors)
    )
    context = {"hosts": circle.hosts, "mentors": circle.mentors, "signed_in": signed_in}
    return part("teams/_team_keys.html", (key, signed_in), context)
