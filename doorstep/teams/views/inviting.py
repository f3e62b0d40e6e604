"""Invitations: a link, a code to photograph, and slips to cut out."""

from __future__ import annotations

import io

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorstep.base.time import now
from doorstep.people.rules import can_see_person
from doorstep.teams import actions, reading, rules
from doorstep.teams.forms import InviteForm
from doorstep.teams.models import Invitation, Team
from doorstep.teams.reading import me, reader
from doorstep.teams.views.joining import join_page

SLIPS = 6


def invitations(request: HttpRequest, slug: str) -> HttpResponse:
    """Make an invitation, and see those there are: hosts all of them, members their own."""
    person = me(request)
    team = reading.team_or_404(person, slug)
    if not rules.can_invite(person, team):
        raise PermissionDenied
    form = InviteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        made = actions.invite(team, by=person, at=now(), **form.cleaned_data)
        return redirect("teams:invitation", team.slug, made.pk)
    rows = Invitation.objects.filter(team=team, is_withdrawn=False).select_related("made_by")
    if not rules.is_host(person, team):
        rows = rows.filter(made_by=person)
    at = now()
    shown = [row for row in rows[:60] if row.opens(at)]
    return render(
        request,
        "teams/invitations.html",
        {"team": team, "form": form, "invitations": shown},
        status=422 if form.errors else 200,
    )


def _own(request: HttpRequest, slug: str, pk: int) -> Invitation:
    """Return an invitation the reader made or hosts; 404 for all others."""
    person = me(request)
    team = reading.team_or_404(person, slug)
    row = Invitation.objects.filter(pk=pk, team=team).first()
    if row is None:
        raise Http404
    row.team = team
    if not rules.can_withdraw(person, row):
        raise Http404
    return row


def address_of(invitation: Invitation) -> str:
    """Return the whole address, to send or print."""
    return f"{settings.SITE_URL.rstrip('/')}{invitation.get_absolute_url()}"


@require_safe
def invitation(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The link, the code and the way to the slips."""
    row = _own(request, slug, pk)
    return render(
        request,
        "teams/invitation.html",
        {
            "team": row.team,
            "invitation": row,
            "address": address_of(row),
            "opens": row.opens(now()),
        },
    )


@require_safe
def slips(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Six slips on a sheet of A4, to print and cut out."""
    row = _own(request, slug, pk)
    if not row.opens(now()):
        return redirect("teams:invitation", slug, pk)
    return render(
        request,
        "teams/slips.html",
        {
            "team": row.team,
            "invitation": row,
            "address": address_of(row).split("://", 1)[-1],
            "slips": range(SLIPS),
            "bare": True,
        },
    )


@require_safe
def code(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The invitation's address as a QR code."""
    row = _own(request, slug, pk)
    out = io.BytesIO()
    segno.make(address_of(row), error="m", micro=False).save(
        out,
        kind="svg",
        scale=8,
        border=3,
        dark="#2A1533",
        light="#fff",
        xmldecl=False,
        omitsize=True,
    )
    response = HttpResponse(out.getvalue(), content_type="image/svg+xml")
    response["Cache-Control"] = "private, max-age=3600"
    return response


@require_POST
def withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Make an invitation stop working."""
    row = _own(request, slug, pk)
    actions.withdraw(row)
    messages.success(request, _("That invitation doesn't work any more."))
    return redirect("teams:invitations", slug)


@login_not_required
def invited(request: HttpRequest, code: str) -> HttpResponse:
    """Where an invitation leads: what the team is, and the way in. No more of a private team."""
    row = (
        Invitation.objects.filter(code=code)
        .select_related("team__area", "made_by")
        .defer("team__area__boundary")
        .first()
    )
    if row is None or row.team.is_over or not row.opens(now()):
        # Used up, withdrawn, too old or made up: all the same to whoever holds it.
        return render(request, "teams/invited_no_more.html", status=404)
    person = reader(request)
    team: Team = row.team
    if person is not None:
        if rules.is_member(person, team):
            return redirect(team)
        return join_page(request, team, invitation=row)
    return render(
        request,
        "teams/invited.html",
        {
            "team": team,
            "invitation": row,
            "by": row.made_by if can_see_person(person, row.made_by) else None,
        },
    )
