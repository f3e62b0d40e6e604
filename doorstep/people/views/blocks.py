"""People somebody wants nothing to do with."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorstep.base.time import now
from doorstep.people import actions
from doorstep.people.models import Block, Person


@require_safe
def blocked(request: HttpRequest) -> HttpResponse:
    """List whom I blocked; nobody else sees this."""
    mine = (
        Block.objects.filter(blocker=request.user.person)  # type: ignore[union-attr]
        .select_related("blocked")
        .order_by("-made_at", "-pk")
    )
    return render(request, "people/blocked.html", {"blocks": mine})


@require_POST
def block(request: HttpRequest, handle: str) -> HttpResponse:
    """Block the person whose page this was."""
    me = request.user.person  # type: ignore[union-attr]
    already = Person.objects.filter(blocks_met__blocker=me)
    them = (
        Person.objects.visible_to(me).filter(handle=handle).first()
        or already.filter(handle=handle).first()
    )
    if them is None:
        raise Http404
    try:
        actions.block(them, by=me, at=now())
    except actions.CannotBlock as problem:
        raise Http404 from problem
    messages.success(
        request, _("You and %(name)s don't see each other any more.") % {"name": them.known_as}
    )
    return redirect("people:blocked")


@require_POST
def unblock(request: HttpRequest, handle: str) -> HttpResponse:
    """Take one's own block back."""
    me = request.user.person  # type: ignore[union-attr]
    row = get_object_or_404(
        Block.objects.select_related("blocked"), blocker=me, blocked__handle=handle
    )
    actions.unblock(row.blocked, by=me, at=now())
    messages.success(
        request, _("You and %(name)s can see each other again.") % {"name": row.blocked.known_as}
    )
    return redirect("people:blocked")
