"""Start a team, in about two minutes."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.text import to_html
from doorstep.base.time import now
from doorstep.teams import actions, rules
from doorstep.teams.forms import StartForm, ward_of
from doorstep.teams.models import Kit, Team
from doorstep.teams.reading import me

NO_KIT = "own"
OWN_AGREEMENT = gettext_lazy(
    "We are kind to each other.\n"
    "Everyone is welcome, whatever they believe, earn or speak.\n"
    "What people tell us stays with us, unless somebody could get hurt.\n"
    "Children come with a grown-up who looks after them.\n"
    "We don't lend each other money, and we don't sell."
)


def start(request: HttpRequest) -> HttpResponse:
    """Choose a kit (or none), then say who, what and where on one page."""
    person = me(request)
    if not rules.can_start_team(person):
        return render(request, "teams/grown_ups.html", status=403)
    chosen = request.GET.get("kit", "")
    if not chosen:
        kits = list(Kit.objects.filter(is_offered=True))
        return render(request, "teams/start.html", {"kits": kits, "own": NO_KIT})
    kit = None if chosen == NO_KIT else get_object_or_404(Kit, slug=chosen, is_offered=True)
    form = StartForm(
        request.POST if request.method == "POST" else None,
        initial=_filled_in(kit) | {"area": ward_of(person)},
    )
    if form.is_valid():
        try:
            team = actions.start_team(by=person, at=now(), kit=kit, **form.cleaned_data)
        except actions.TeamProblem as problem:
            raise PermissionDenied(str(problem)) from problem
        messages.success(request, _("%(team)s is here. Now for your neighbours.") % {"team": team})
        return redirect(team)
    status = 422 if form.is_bound else 200
    return render(
        request,
        "teams/start_from.html",
        {
            "form": form,
            "kit": kit,
            "risk_note": to_html(kit.risk_note) if kit else "",
            "bare": True,
        },
        status=status,
    )


def _filled_in(kit: Kit | None) -> dict[str, object]:
    if kit is None:
        return {"joining": Team.Joining.OPEN, "agreement": OWN_AGREEMENT}
    first = kit.first_gatherings[0] if kit.first_gatherings else {}
    return {
        "name": kit.name,
        "purpose": kit.purpose,
        "joining": Team.Joining.OPEN,
        "first_gathering": first.get("title", ""),
        "agreement": kit.agreement,
    }
