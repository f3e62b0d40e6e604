"""Planning a gathering, changing it, calling it off and putting it on again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from doorstep.base.time import local, now
from doorstep.design.templatetags.design import day as day_words
from doorstep.gatherings import recurrence, rules
from doorstep.gatherings.actions import planning
from doorstep.gatherings.forms.planning import PlanForm, SessionForm, WhyForm, area_for
from doorstep.gatherings.models import Gathering, Session
from doorstep.gatherings.views.coming import session_or_404
from doorstep.gatherings.views.gathering import gathering_or_404
from doorstep.kindness.asking import NOTHING_NOTICED, Asked, ask
from doorstep.people.models import Person
from doorstep.teams.models import Team


def _me(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr]


def start(request: HttpRequest) -> HttpResponse:
    """Plan a gathering, for everyone or in a team's name (?team=)."""
    me = _me(request)
    team = None
    if slug := request.GET.get("team"):
        team = get_object_or_404(Team.objects.visible_to(me).select_related("area"), slug=slug)
    if not rules.can_plan(me, team):
        raise PermissionDenied
    area = area_for(me, team)
    form = PlanForm(
        request.POST or None, area=area, team=team, initial=_brought_along(request, team)
    )
    asked = _ask(request, form)
    if asked.page is not None:
        return asked.page
    if form.is_valid() and not asked.wants_change:
        try:
            gathering = planning.plan_gathering(
                by=me,
                at=now(),
                client_key=form.cleaned_data["client_key"],
                area=form.area_of_it(),
                team=team,
                **form.words(),
            )
        except recurrence.BadRule as problem:
            form.add_error("every", str(problem))
        else:
            messages.success(request, _("It's planned. Now tell people: print the poster."))
            return redirect(gathering)
    return _show(request, form, {"team": team})


def _brought_along(request: HttpRequest, team: Team | None) -> dict[str, Any]:
    """Return words to begin with: from a link, or what a new team means to do first."""
    words = {
        name: request.GET[name][:limit]
        for name, limit in (("title", 120), ("description", 4000))
        if request.GET.get(name)
    }
    if words or team is None or not team.first_gathering:
        return words
    if not Gathering.objects.filter(team=team).exists():
        words["title"] = team.first_gathering[:120]
    return words


def _ask(request: HttpRequest, form: PlanForm) -> Asked:
    """Ask once about the words everybody will read."""
    if not form.is_valid():
        return NOTHING_NOTICED
    given = form.cleaned_data
    return ask(request, given["title"], given["description"])


def _show(request: HttpRequest, form: Any, context: dict[str, Any]) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(
        request, "gatherings/plan.html", {"form": form, "bare": True, **context}, status=status
    )


def _run_or_refuse(me: Person, gathering: Gathering) -> None:
    if not rules.can_run(me, gathering):
        raise PermissionDenied


def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a gathering and all its sessions still to come."""
    me = _me(request)
    thing = gathering_or_404(me, slug)
    _run_or_refuse(me, thing)
    form = PlanForm(request.POST or None, area=thing.area, team=thing.team, gathering=thing)
    asked = _ask(request, form)
    if asked.page is not None:
        return asked.page
    if form.is_valid() and not asked.wants_change:
        try:
            thing = planning.change_gathering(thing, by=me, at=now(), **form.words())
        except recurrence.BadRule as problem:
            form.add_error("every", str(problem))
        except planning.TooSmall as problem:
            one = max(problem.sessions, key=lambda session: session.seats_taken)
            form.add_error(
                "capacity",
                _("%(count)d are already coming on %(day)s. Make it %(count)d or more.")
                % {"count": one.seats_taken, "day": day_words(one.starts_at)},
            )
        else:
            messages.success(request, _("Changed. Everyone coming hears of a new time or place."))
            return redirect(thing)
    return _show(request, form, {"gathering": thing, "team": thing.team})


def change_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one session, or this and all later ones."""
    me = _me(request)
    one = session_or_404(me, pk)
    _run_or_refuse(me, one.gathering)
    if not rules.can_change(me, one):
        messages.error(request, _("That one has begun, so it stays as it was."))
        return redirect(one)
    form = SessionForm(request.POST or None, session=one)
    if form.is_valid():
        data = form.cleaned_data
        try:
            one = planning.change_session(
                one,
                by=me,
                at=now(),
                starts_at=data["starts_at"],
                duration_minutes=data["duration_minutes"],
                venue=data["venue"],
                note=data["note"],
                and_later=data.get("scope") == "later",
            )
        except recurrence.BadRule as problem:
            form.add_error("day", str(problem))
        except planning.TooLate:
            messages.error(request, _("That one has begun, so it stays as it was."))
            return redirect(one)
        else:
            messages.success(request, _("Changed. Everyone coming hears of a new time or place."))
            return redirect(reverse("gatherings:session", args=[one.pk]))
    context = {"form": form, "session": one, "gathering": one.gathering, "bare": True}
    status = 422 if form.is_bound else 200
    return render(request, "gatherings/change_session.html", context, status=status)


def _people_words(sessions: list[Session]) -> str:
    count = planning.count_people(sessions)
    if not count:
        return _("Nobody has said they're coming yet.")
    return ngettext(
        "We'll tell the %(count)d person who is coming or waiting.",
        "We'll tell the %(count)d people who are coming or waiting.",
        count,
    ) % {"count": count}


def call_off_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once, then call one session off and tell everyone."""
    me = _me(request)
    one = session_or_404(me, pk)
    _run_or_refuse(me, one.gathering)
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            planning.call_off_session(one, by=me, at=now(), why=form.cleaned_data["why"])
        except planning.TooLate:
            messages.error(request, _("That one has begun, so it can't be called off."))
        else:
            messages.success(request, _("Called off. We've told everyone who was coming."))
        return redirect(one)
    context = {
        "form": form,
        "session": one,
        "gathering": one.gathering,
        "told": _people_words([one]),
        "back": one.get_absolute_url(),
        "bare": True,
    }
    return render(request, "gatherings/call_off.html", context, status=_status(form))


def call_off(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask once, then call the whole gathering off."""
    me = _me(request)
    thing = gathering_or_404(me, slug)
    _run_or_refuse(me, thing)
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        planning.call_off_gathering(thing, by=me, at=now(), why=form.cleaned_data["why"])
        messages.success(request, _("Called off. We've told everyone who was coming."))
        return redirect(thing)
    coming = list(thing.sessions.filter(starts_at__gt=now(), is_called_off=False))
    context = {
        "form": form,
        "gathering": thing,
        "session": None,
        "count": len(coming),
        "told": _people_words(coming),
        "back": thing.get_absolute_url(),
        "bare": True,
    }
    return render(request, "gatherings/call_off.html", context, status=_status(form))


def _status(form: WhyForm) -> int:
    return 422 if form.errors else 200


@require_POST
def session_on_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the calling-off of one session back."""
    me = _me(request)
    one = session_or_404(me, pk)
    _run_or_refuse(me, one.gathering)
    try:
        planning.put_session_on_again(one, by=me, at=now())
    except planning.TooLate:
        messages.error(
            request, _("That was to be on %(day)s, which has gone.") % {"day": _day_of(one)}
        )
    else:
        messages.success(request, _("It's on again. We've told everyone who was coming."))
    return redirect(one)


def _day_of(session: Session) -> str:
    return day_words(local(session.starts_at))


@require_POST
def on_again(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the calling-off of a whole gathering back."""
    me = _me(request)
    thing = gathering_or_404(me, slug)
    _run_or_refuse(me, thing)
    planning.put_gathering_on_again(thing, by=me, at=now())
    messages.success(request, _("It's on again. We've told everyone who was coming."))
    return redirect(thing)
