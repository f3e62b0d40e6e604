"""Come in, say yes to the agreement, and go."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from doorstep.base.text import to_html
from doorstep.base.time import now
from doorstep.teams import actions, reading, rules
from doorstep.teams.forms import AgreeForm, JoinForm, with_value
from doorstep.teams.models import Invitation, Membership, Team
from doorstep.teams.reading import me


def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Join, or answer the hosts' questions and ask to."""
    team = reading.team_or_404(me(request), slug)
    return join_page(request, team, invitation=None)


def join_page(request: HttpRequest, team: Team, *, invitation: Invitation | None) -> HttpResponse:
    """Show and take in the form to join, with or without an invitation in hand."""
    person = me(request)
    if rules.is_member(person, team):
        return redirect(team)
    row = rules.row_in(person, team)
    has_asked = row is not None and row.state == Membership.State.ASKED
    if has_asked and invitation is None:
        return redirect(team)
    if person.is_child and not team.is_over and not rules.looks_out_for_children(team):
        return render(request, "teams/two_grown_ups.html", {"team": team}, status=403)
    if not has_asked and not rules.can_join(person, team, invitation):
        raise PermissionDenied(str(actions.TeamOver() if team.is_over else actions.NotInvited()))
    asks = rules.joins_by_asking(person, team, invitation)
    form = JoinForm(
        request.POST if request.method == "POST" else None,
        team=team,
        questions=list(team.questions.all()),
        asks=asks,
    )
    # A team with neither questions nor agreement has an empty form; sending it is enough.
    if request.method == "POST" and form.is_valid():
        try:
            membership = actions.join(
                team,
                by=person,
                at=now(),
                agreed_version=form.cleaned_data["agreed_version"] or 0,
                answers=form.answers(),
                invitation=invitation,
            )
        except actions.StaleAgreement as problem:
            team.refresh_from_db()
            form.data = with_value(form.data, "agreed_version", str(team.agreement_version))
            form.data.pop("agrees", None)  # type: ignore[attr-defined]
            form.add_error("agrees" if "agrees" in form.fields else None, str(problem))
        except actions.InvitationSpent:
            return redirect(invitation) if invitation else redirect("teams:teams")
        except actions.TeamProblem as problem:
            form.add_error(None, str(problem))
        else:
            if membership.state == Membership.State.ASKED:
                words = _("You've asked to join %(team)s. We'll tell you when a host answers.")
            else:
                words = _("You're in: welcome to %(team)s.")
            messages.success(request, words % {"team": team})
            if team.is_private and membership.state == Membership.State.ASKED:
                return redirect("teams:teams")
            return redirect(team)
    return render(
        request,
        "teams/join.html",
        {
            "team": team,
            "form": form,
            "asks": asks,
            "invitation": invitation,
            "agreement": to_html(team.agreement) if team.agreement else "",
        },
        status=422 if form.errors else 200,
    )


@require_POST
def take_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Stop asking to join."""
    team = reading.team_or_404(me(request), slug)
    actions.take_back(team, by=me(request), at=now())
    messages.success(request, _("You're not asking to join any more."))
    return redirect(team)


def agree(request: HttpRequest, slug: str) -> HttpResponse:
    """Read what the team agrees on now, and say yes again."""
    person = me(request)
    team = reading.team_or_404(person, slug)
    if not rules.is_member(person, team):
        raise PermissionDenied
    if not rules.must_agree(person, team):
        return redirect(team)
    form = AgreeForm(
        request.POST if request.method == "POST" else None,
        initial={"agreed_version": team.agreement_version},
    )
    if form.is_valid():
        try:
            actions.agree(team, by=person, version=form.cleaned_data["agreed_version"])
        except actions.StaleAgreement as problem:
            team.refresh_from_db()
            form.data = with_value(form.data, "agreed_version", str(team.agreement_version))
            form.add_error(None, str(problem))
        except actions.NotAMember:
            return redirect(team)
        else:
            messages.success(request, _("Thank you. You can post again."))
            return redirect(team)
    return render(
        request,
        "teams/agree.html",
        {"team": team, "form": form, "agreement": to_html(team.agreement)},
        status=422 if form.errors else 200,
    )


def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask once whether they mean it; the last host must pass the keys on first."""
    person = me(request)
    team = reading.team_or_404(person, slug)
    if not rules.is_member(person, team):
        return redirect(team)
    problem = ""
    if request.method == "POST":
        try:
            actions.leave(team, by=person, at=now())
        except actions.LastHost as last:
            problem = str(last)
        else:
            messages.success(request, _("You've left %(team)s.") % {"team": team})
            return redirect("teams:teams")
    return render(
        request,
        "teams/leave.html",
        {"team": team, "problem": problem, "is_host": rules.is_host(person, team)},
        status=422 if problem else 200,
    )
