"""Where somebody is signed in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from doorstep.base.time import now
from doorstep.people import actions, devices
from doorstep.people.sessions import mark_of


@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """List the browsers that are signed in, this one first."""
    here = mark_of(request.session.session_key or "")
    found = request.user.sessions.filter(expire_date__gt=now()).order_by("-last_seen")  # type: ignore[union-attr]
    rows = [
        {
            "ref": actions.session_ref(row),
            "device": devices.in_words(row.user_agent),
            "is_phone": devices.is_phone(row.user_agent),
            "since": row.created_at,
            "last_seen": row.last_seen,
            "ip": row.ip,
            "is_here": row.session_key == here,
        }
        for row in found
    ]
    rows.sort(key=lambda row: not row["is_here"])
    return render(request, "people/sessions.html", {"sessions": rows})


@require_POST
def end(request: HttpRequest, ref: str) -> HttpResponse:
    """Sign one browser out."""
    account = request.user
    actions.end_session(account, ref, by=account.person, at=now())  # type: ignore[arg-type,union-attr]
    messages.success(request, _("That one is signed out."))
    return redirect("people:sessions")


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Sign every browser out but this one."""
    ended = actions.end_sessions(request.user, keep=request.session.session_key)  # type: ignore[arg-type]
    messages.success(
        request,
        ngettext(
            "%(count)d other place is signed out.", "%(count)d other places are signed out.", ended
        )
        % {"count": ended}
        if ended
        else _("You weren't signed in anywhere else."),
    )
    return redirect("people:sessions")
