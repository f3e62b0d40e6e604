"""The host's page: words, agreement, questions, people, history, and how it ends."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorstep.base.time import now, today
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids
from doorstep.teams import actions, reading, rules
from doorstep.teams.export import history_zip
from doorstep.teams.forms import (
    AgreementForm,
    DecideForm,
    EditForm,
    EndForm,
    KeysForm,
    PinForm,
    QuestionsForm,
    ReasonForm,
    with_value,
)
from doorstep.teams.models import Invitation, Membership, Mentoring, Team
from doorstep.teams.reading import me


def _hosted(request: HttpRequest, slug: str) -> Team:
    """Return the team the reader runs; 404 for the unseen, 403 for the rest."""
    team = reading.team_or_404(me(request), slug)
    if not rules.can_run_team(me(request), team):
        raise PermissionDenied
    return team


def _people(person: Person, team: Team, *states: str):  # type: ignore[no-untyped-def]
    """Return the team's people the host may see, and children, whom hosts look out for."""
    rows = Membership.objects.filter(team=team, state__in=states)
    return (
        rows.exclude(person__in=blocked_ids(person))
        .filter(person__state=Person.State.ACTIVE)
        .select_related("person")
        .order_by("joined_at", "id")
    )


@require_safe
def host(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything a host looks after, in one place."""
    person = me(request)
    team = reading.team_or_404(person, slug)
    if not rules.can_take_history_home(person, team):
        raise PermissionDenied
    waiting = list(_people(person, team, Membership.State.ASKED)) if not team.is_over else []
    return render(
        request,
        "teams/host.html",
        {
            "team": team,
            "waiting": waiting,
            "can_run": rules.can_run_team(person, team),
            "question_count": team.questions.count(),
            "invitation_count": Invitation.objects.filter(
                team=team, is_withdrawn=False, uses_left__gt=0, expires_at__gt=now()
            ).count(),
            "mentorings": list(
                Mentoring.objects.filter(team=team, ended_at=None).select_related("mentor")
            ),
        },
    )


def words(request: HttpRequest, slug: str) -> HttpResponse:
    """Change what the team says about itself."""
    team = _hosted(request, slug)
    names = ("name", "purpose", "place", "why", "joining", "is_private", "spot")
    initial = {name: getattr(team, name) for name in names} | {"area": team.area_id}
    form = EditForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        actions.change_words(team, by=me(request), at=now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("teams:host", team.slug)
    return _form_page(
        request,
        team,
        form,
        title=_("What you say about yourselves"),
        button=_("Save the words"),
    )


def agreement(request: HttpRequest, slug: str) -> HttpResponse:
    """Change what the team agrees on."""
    team = _hosted(request, slug)
    form = AgreementForm(
        request.POST if request.method == "POST" else None,
        initial={"text": team.agreement, "version": team.agreement_version},
    )
    if form.is_valid():
        try:
            changed = actions.change_agreement(
                team,
                text=form.cleaned_data["text"],
                version=form.cleaned_data["version"],
                by=me(request),
                at=now(),
            )
        except actions.Changed as problem:
            team.refresh_from_db()
            form.data = with_value(form.data, "version", str(team.agreement_version))
            form.add_error("text", str(problem))
        else:
            said = _("Saved. We've asked everyone to say yes again.") if changed else _("Saved.")
            messages.success(request, said)
            return redirect("teams:host", team.slug)
    return _form_page(
        request,
        team,
        form,
        title=_("What you agree on"),
        button=_("Save the agreement"),
        theirs=team.agreement if form.errors else "",
    )


def questions(request: HttpRequest, slug: str) -> HttpResponse:
    """Change what people are asked who want to join."""
    team = _hosted(request, slug)
    texts = list(team.questions.values_list("text", flat=True))
    form = QuestionsForm(request.POST if request.method == "POST" else None, texts=texts)
    if form.is_valid():
        actions.change_questions(team, texts=form.texts())
        messages.success(request, _("Saved."))
        return redirect("teams:host", team.slug)
    return _form_page(
        request,
        team,
        form,
        title=_("What you ask people who want to join"),
        lead=_("A question or two helps you look forward to someone. Leave them empty for none."),
        button=_("Save the questions"),
    )


def pinned(request: HttpRequest, slug: str) -> HttpResponse:
    """Change the pinned page."""
    team = _hosted(request, slug)
    form = PinForm(
        request.POST if request.method == "POST" else None,
        initial={"title": team.pinned_title, "text": team.pinned_text},
    )
    if form.is_valid():
        actions.pin(team, **form.cleaned_data)
        messages.success(request, _("Saved. It's on your About page."))
        return redirect("teams:tab", team.slug, "about")
    return _form_page(
        request,
        team,
        form,
        title=_("Your pinned page"),
        lead=_(
            "What newcomers should know: which door, what happens, what to bring. Whoever can see "
            "your team can read it, so leave out codes and phone numbers."
        ),
        button=_("Pin it up"),
    )


def _form_page(request: HttpRequest, team: Team, form, **context) -> HttpResponse:  # type: ignore[no-untyped-def]
    return render(
        request,
        "teams/host_form.html",
        {"team": team, "form": form, **context},
        status=422 if form.errors else 200,
    )


@require_POST
def decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let somebody in who asked, or say not this time."""
    team = _hosted(request, slug)
    row = get_object_or_404(_people(me(request), team, *Membership.State.values), pk=pk)
    row.team = team
    form = DecideForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Keep your word to them under 300 letters, then press again."))
        return redirect("teams:host", team.slug)
    accept = form.cleaned_data["answer"] == "yes"
    done = actions.decide(
        row, accept=accept, word=form.cleaned_data["word"], by=me(request), at=now()
    )
    name = {"name": row.person.known_as}
    if not done:
        messages.info(request, _("Somebody has answered %(name)s already.") % name)
    elif accept:
        messages.success(request, _("%(name)s is in. We've told them.") % name)
    else:
        messages.success(request, _("We've told %(name)s, with your word.") % name)
    return redirect("teams:host", team.slug)


@require_safe
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """Everyone in the team, for the host: make a host, or ask somebody to leave."""
    team = _hosted(request, slug)
    person = me(request)
    rows = list(_people(person, team, Membership.State.MEMBER)[:500])
    for row in rows:
        row.team = team
        row.can_remove = rules.can_remove(person, row)
        row.can_make_host = rules.can_make_host(person, row)
        row.has_agreed = rules.has_agreed(row, team)
    return render(
        request,
        "teams/host_people.html",
        {"team": team, "rows": rows, "unseen": max(0, team.member_count - len(rows))},
    )


def _member(request: HttpRequest, slug: str, pk: int) -> Membership:
    team = _hosted(request, slug)
    row = get_object_or_404(_people(me(request), team, Membership.State.MEMBER), pk=pk)
    row.team = team
    return row


@require_POST
def make_host(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Hand a member a set of keys."""
    row = _member(request, slug, pk)
    if row.role != Membership.Role.HOST:
        if not rules.can_make_host(me(request), row):
            raise PermissionDenied
        actions.make_host(row, by=me(request), at=now())
    messages.success(request, _("%(name)s holds the keys too.") % {"name": row.person.known_as})
    return redirect("teams:host_people", slug)


def remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Ask a member to leave, with a reason they will read."""
    row = _member(request, slug, pk)
    if not rules.can_remove(me(request), row):
        raise PermissionDenied
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        actions.remove(row, reason=form.cleaned_data["reason"], by=me(request), at=now())
        name = {"name": row.person.known_as}
        messages.success(request, _("%(name)s is out of the team. We've told them why.") % name)
        return redirect("teams:host_people", slug)
    return _form_page(
        request,
        row.team,
        form,
        title=_("Ask %(name)s to leave?") % {"name": row.person.known_as},
        lead=_("They can't read or post here any more. They may ask to come back later."),
        button=_("Take them out of the team"),
        stop=True,
        back="teams:host_people",
    )


def step_down(request: HttpRequest, slug: str) -> HttpResponse:
    """Put the keys down, or hand them to somebody."""
    team = _hosted(request, slug)
    person = me(request)
    rows = list(_people(person, team, Membership.State.MEMBER).exclude(person=person))
    others = any(row.role == Membership.Role.HOST for row in rows)
    able = [row for row in rows if row.role == "member" and not row.person.is_child]
    form = KeysForm(
        request.POST if request.method == "POST" else None,
        people=[(row.pk, row.person.known_as) for row in able],
        needed=not others,
    )
    if form.is_valid():
        to = next((row for row in able if row.pk == form.cleaned_data["to"]), None)
        if to is not None:
            to.team = team
        try:
            actions.step_down(team, by=person, at=now(), to=to)
        except actions.TeamProblem as problem:
            form.add_error("to", str(problem))
        else:
            messages.success(request, _("Thank you for holding the keys."))
            return redirect(team)
    return render(
        request,
        "teams/step_down.html",
        {"team": team, "form": form, "others": others, "able": able},
        status=422 if form.errors else 200,
    )


def end(request: HttpRequest, slug: str) -> HttpResponse:
    """Close the team, or hand its work over, with its history kept."""
    team = _hosted(request, slug)
    person = me(request)
    theirs = list(
        Team.objects.filter(memberships__person=person, memberships__state=Membership.State.MEMBER)
        .exclude(pk=team.pk)
        .exclude(state__in=[Team.State.CLOSED, Team.State.HANDED_OVER])
        .order_by("name")
        .only("name")
    )
    form = EndForm(request.POST if request.method == "POST" else None, teams=theirs)
    if form.is_valid():
        given = form.cleaned_data
        over = given["how"] == "over"
        to = next((row for row in theirs if row.pk == given.get("handed_to")), None)
        actions.end(
            team,
            why=given["why"],
            by=person,
            at=now(),
            is_handed_over=over,
            handed_to=to if over else None,
        )
        messages.success(request, _("Thank you for all you did. Its history stays here."))
        return redirect(team)
    return _form_page(
        request,
        team,
        form,
        title=_("Close %(team)s or hand it over") % {"team": team},
        lead=_("Everything that happened stays to be read. To pass on only your keys, step down."),
        button=_("Say goodbye"),
        stop=True,
    )


@require_safe
def history(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the team's own history home: a page to read and the same as data, in a zip."""
    person = me(request)
    team = reading.team_or_404(person, slug)
    if not rules.can_take_history_home(person, team):
        raise PermissionDenied
    response = HttpResponse(history_zip(team, person), content_type="application/zip")
    name = f"{team.slug}-{today():%Y-%m-%d}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def ask_for_mentor(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask the mentors of this part of the borough for one."""
    team = _hosted(request, slug)
    if actions.ask_for_mentor(team, by=me(request), at=now()):
        messages.success(request, _("We've asked the mentors near you. One will be in touch."))
    else:
        messages.info(request, _("You've asked already, or you have a mentor."))
    return redirect("teams:host", team.slug)


@require_POST
def thank_mentor(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Say that the team can manage now."""
    team = _hosted(request, slug)
    row = Mentoring.objects.filter(pk=pk, team=team).select_related("mentor", "team").first()
    if row is None:
        raise Http404
    actions.end_mentoring(row, by=me(request), at=now())
    messages.success(request, _("We've thanked them for you."))
    return redirect("teams:host", team.slug)
