"""Find a team: the list, and the kits to start one from."""

from django.contrib.auth.decorators import login_not_required
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from doorstep.base.keeping import part
from doorstep.base.pages import read_key
from doorstep.base.text import to_html
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.teams import rules
from doorstep.teams.forms import FindForm, area_groups
from doorstep.teams.models import Kit, Membership, Team, TeamQuerySet
from doorstep.teams.reading import reader

ON_A_PAGE = 20
_OVER = [Team.State.CLOSED, Team.State.HANDED_OVER]


def _shown(teams: TeamQuerySet) -> TeamQuerySet:
    """Return what a line in the list needs, and no more."""
    return teams.select_related("area").only(
        "name", "slug", "purpose", "spot", "state", "place", "member_count", "is_private",
        "joining", "area__name",
    )  # fmt: skip


@login_not_required
@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    """Mine first, then near me, then whatever the reader looks for."""
    person = reader(request)
    form = FindForm(request.GET or None)
    looking = {name: request.GET[name] for name in ("q", "area", "kit") if request.GET.get(name)}
    looking |= {"all": "1"} if "all" in request.GET else {}
    before = read_key(request.GET.get("before"))
    mine = [] if looking or before else _mine(person)
    near_area = None if looking or before else _near(person)
    page, more = _found(person, form, near_area, before, {team.pk for team in mine})
    return render(
        request,
        "teams/teams.html",
        {
            "areas": area_groups(),
            "area_pk": read_key(looking.get("area")),
            "kits": list(Kit.objects.filter(is_offered=True).values_list("slug", "name")),
            "mine": mine,
            "mine_lines": [_line(team, team.role) for team in mine],  # type: ignore[attr-defined]
            "lines": [_line(team) for team in page],
            "near_area": near_area,
            "page": page,
            "looking": looking,
            "is_first": before is None,
            "older": urlencode(looking | {"before": more}) if more else "",
            "can_start": rules.can_start_team(person) or person is None,
            "can_mentor": rules.can_be_mentor(person),
        },
    )


def _line(team: Team, role: str = "") -> SafeString:
    """Return one team as a line of the list."""
    shown = (
        team.name,
        team.slug,
        team.purpose,
        team.spot,
        team.state,
        team.member_count,
        team.is_private,
        team.area.name,
        role,
    )
    return part("teams/_team_line.html", shown, {"team": team, "role": role})


def _mine(person: Person | None) -> list[Team]:
    if person is None:
        return []
    rows = (
        _shown(
            # One filter, so that it is one and the same membership.
            Team.objects.filter(
                memberships__person=person, memberships__state=Membership.State.MEMBER
            )
        )
        .exclude(state__in=_OVER)
        .annotate(role=F("memberships__role"))
        .order_by("-active_at", "-id")
    )
    return list(rows[:50])


def _near(person: Person | None) -> Area | None:
    """Return the locality of the person's home, or None for a visitor or no home."""
    if person is None or person.home_id is None:
        return None
    home = Area.objects.only("path", "name", "kind").get(pk=person.home_id)
    around = Area.objects.only("path", "name", "kind").filter(pk__in=home.path_ids)
    return around.filter(kind=Area.Kind.LOCALITY).first() or home


def _found(
    person: Person | None, form: FindForm, near: Area | None, before: int | None, known: set[int]
) -> tuple[list[Team], int | None]:
    rows = Team.objects.visible_to(person).exclude(state__in=_OVER)
    if form.is_bound:
        form.is_valid()
        given = form.cleaned_data
        if given.get("q"):
            rows = rows.filter(name__icontains=given["q"])
        if given.get("area"):
            rows = rows.filter(area__path__startswith=given["area"].path)
        if given.get("kit"):
            rows = rows.filter(kit=given["kit"])
    if near is not None:
        rows = rows.filter(area__path__startswith=near.path)
    if known:
        rows = rows.exclude(pk__in=known)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(_shown(rows).order_by("-pk")[: ON_A_PAGE + 1])
    more = found[ON_A_PAGE - 1].pk if len(found) > ON_A_PAGE else None
    return found[:ON_A_PAGE], more


@login_not_required
@require_safe
def kits(request: HttpRequest) -> HttpResponse:
    """Every kit, in one line each."""
    person = reader(request)
    return render(
        request,
        "teams/kits.html",
        {
            "kits": list(Kit.objects.filter(is_offered=True)),
            "can_start": rules.can_start_team(person) or person is None,
        },
    )


@login_not_required
@require_safe
def kit(request: HttpRequest, slug: str) -> HttpResponse:
    """One kit: why, the first three gatherings, what to say, what to bring, what to mind."""
    row = get_object_or_404(Kit, slug=slug, is_offered=True)
    person = reader(request)
    near = _near(person)
    others = Team.objects.visible_to(person).filter(kit=row).exclude(state__in=_OVER)
    if near is not None:
        others = others.filter(area__path__startswith=near.path)
    return render(
        request,
        "teams/kit.html",
        {
            "kit": row,
            "why": to_html(row.why),
            "risk_note": to_html(row.risk_note),
            "agreement": to_html(row.agreement),
            "teams": list(_shown(others).order_by("-pk")[:3]),
            "near_area": near,
            "can_start": rules.can_start_team(person) or person is None,
        },
    )
