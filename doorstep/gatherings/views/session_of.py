"""Finding the session a page is about."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from doorstep.gatherings.models import Session
from doorstep.people.models import Person


def me_of(request: HttpRequest) -> Person:
    """The person signed in; every page that asks is behind the sign-in."""
    return request.user.person  # type: ignore[union-attr]


def session_or_404(request: HttpRequest, pk: int) -> Session:
    """Return the session with its gathering, team and host, if this person may see it."""
    return get_object_or_404(
        Session.objects.visible_to(me_of(request)).select_related(
            "gathering__team", "gathering__host", "gathering__venue", "venue"
        ),
        pk=pk,
    )
