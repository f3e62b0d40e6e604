"""What the pages share: who asks, finding what they may see, and reading forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from doorstep.learning import rules
from doorstep.learning.models import Community, Meeting, Thing
from doorstep.people.models import Person


def me_of(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr]


def community_or_404(request: HttpRequest, slug: str) -> tuple[Person, Community]:
    me = me_of(request)
    return me, get_object_or_404(Community.objects.visible_to(me), slug=slug)


def meeting_or_404(request: HttpRequest, pk: int) -> tuple[Person, Meeting]:
    me = me_of(request)
    found = Meeting.objects.visible_to(me).select_related("community", "made_by", "minutes_by")
    return me, get_object_or_404(found, pk=pk)


def thing_or_404(request: HttpRequest, ref: str) -> tuple[Person, Thing]:
    me = me_of(request)
    found = Thing.objects.visible_to(me).select_related(
        "community",
        "made_by",
        "experiment__owner",
        "telling__teller",
        "telling__reader_asked",
        "telling__read_by",
        "telling__thing__community",
    )
    return me, get_object_or_404(found, ref=ref)


def only_if(allowed: bool) -> None:
    """What may be seen, and not done, by whoever asks."""
    if not allowed:
        raise PermissionDenied


def posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *bound: forms.BaseForm
) -> HttpResponse:
    """Show a page; 422 where a form of it has something to put right."""
    wrong = any(form.is_bound and form.errors for form in bound)
    return render(request, f"learning/{template}", context, status=422 if wrong else 200)


def name_for(viewer: Person, person: Person | None) -> str:
    """Return what somebody is called here; nobody is named across a block."""
    from django.utils.translation import gettext as _

    if person is None:
        return _("somebody who has left")
    return person.known_as if rules.may_name(viewer, person) else _("somebody in it")
