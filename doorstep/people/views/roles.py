"""Who holds which role, for administrators."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from doorstep.base.time import now
from doorstep.people import actions, rules
from doorstep.people.forms import RoleForm
from doorstep.people.models import RoleHolding


@require_http_methods(["GET", "HEAD", "POST"])
def roles(request: HttpRequest) -> HttpResponse:
    """List the roles held now, and give one."""
    me = request.user.person  # type: ignore[union-attr]
    if not rules.can_give_roles(me):
        raise PermissionDenied
    form = RoleForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            holding = actions.grant_role(
                data["role"], to=data["who"], area=data["area"], by=me, at=now()
            )
        except actions.CannotGive as problem:
            form.add_error("who", str(problem))
        else:
            messages.success(
                request,
                _("%(name)s is now %(role)s, %(area)s.")
                % {
                    "name": holding.person.known_as,
                    "role": holding.get_role_display(),
                    "area": holding.area.name,
                },
            )
            return redirect("people:roles")
    held = (
        RoleHolding.objects.held()
        .select_related("person", "area", "granted_by")
        .order_by("role", "area__path", "person__known_as", "pk")
    )
    return render(
        request,
        "people/roles.html",
        {"form": form, "holdings": held},
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then end a role."""
    me = request.user.person  # type: ignore[union-attr]
    if not rules.can_give_roles(me):
        raise PermissionDenied
    held = RoleHolding.objects.held().select_related("person", "area")
    holding = get_object_or_404(held, pk=pk)
    problem = ""
    if request.method == "POST":
        try:
            actions.end_role(holding, by=me, at=now())
        except actions.CannotGive as refused:
            problem = str(refused)
        else:
            messages.success(
                request,
                _("%(name)s is no longer %(role)s.")
                % {"name": holding.person.known_as, "role": holding.get_role_display()},
            )
            return redirect("people:roles" if rules.can_give_roles(_again(me)) else "people:me")
    return render(
        request,
        "people/end_role.html",
        {"holding": holding, "problem": problem},
        status=422 if problem else 200,
    )


def _again(person):  # type: ignore[no-untyped-def]
    """The person without what was remembered of their roles."""
    person.__dict__.pop("_roles_held", None)
    return person
