"""Jobs to take at a session, and the hosts' list of them."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from doorstep.base.time import now
from doorstep.gatherings import rules
from doorstep.gatherings.actions import jobs as actions
from doorstep.gatherings.during import jobs_at
from doorstep.gatherings.forms.during import JobForm
from doorstep.gatherings.models import Job
from doorstep.gatherings.views.session_of import me_of, session_or_404


@require_POST
def take(request: HttpRequest, pk: int, job: int) -> HttpResponse:
    """I'll do it."""
    me = me_of(request)
    session = session_or_404(request, pk)
    wanted = get_object_or_404(Job, pk=job, gathering=session.gathering_id)
    if not rules.can_take_job(me, session):
        raise PermissionDenied
    try:
        actions.take_job(wanted, session, by=me, at=now())
    except actions.JobTakenAlready:
        messages.info(request, _("Someone was just quicker. Thank you for offering."))
    else:
        messages.success(request, _("Thank you. It's yours: %(job)s.") % {"job": wanted.name})
    return redirect(f"{session.get_absolute_url()}#jobs")


@require_POST
def leave(request: HttpRequest, pk: int, job: int) -> HttpResponse:
    """I can't after all."""
    session = session_or_404(request, pk)
    wanted = get_object_or_404(Job, pk=job, gathering=session.gathering_id)
    actions.leave_job(wanted, session, by=me_of(request), at=now())
    messages.success(request, _("That's fine. Somebody else can take it now."))
    return redirect(f"{session.get_absolute_url()}#jobs")


def jobs(request: HttpRequest, pk: int) -> HttpResponse:
    """The hosts' list: who does what, add one, take one off."""
    me = me_of(request)
    session = session_or_404(request, pk)
    if not rules.can_run(me, session.gathering):
        raise PermissionDenied
    form = JobForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.add_job(session.gathering, by=me, at=now(), **form.cleaned_data)
        messages.success(request, _("Added: %(job)s.") % {"job": form.cleaned_data["name"]})
        return redirect("gatherings:jobs", session.pk)
    return render(
        request,
        "gatherings/during/jobs.html",
        {
            "session": session,
            "gathering": session.gathering,
            "form": form,
            "jobs": jobs_at(session, me),
        },
        status=422 if form.is_bound else 200,
    )


@require_POST
def remove(request: HttpRequest, pk: int, job: int) -> HttpResponse:
    """Take a job off the list."""
    session = session_or_404(request, pk)
    me = me_of(request)
    wanted = get_object_or_404(Job, pk=job, gathering=session.gathering_id)
    if not rules.can_run(me, session.gathering):
        raise PermissionDenied
    actions.remove_job(wanted, by=me, at=now())
    messages.success(request, _("Taken off the list: %(job)s.") % {"job": wanted.name})
    return redirect("gatherings:jobs", session.pk)
