"""A person's page, and one's own."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base.time import now
from doorstep.design import navigation
from doorstep.kindness.asking import NOTHING_NOTICED, ask
from doorstep.people import actions, numbers, rules
from doorstep.people.forms import ProfileForm
from doorstep.people.models import Person, RoleHolding, person_panels
from doorstep.people.tongues import named


@require_safe
def person(request: HttpRequest, handle: str) -> HttpResponse:
    """Show what a person lets this reader see of them."""
    me = request.user.person  # type: ignore[union-attr]
    visible = Person.objects.select_related("home").visible_to(me)
    them = get_object_or_404(visible, handle=handle)
    panels = [(panel.label, panel.render(request, them)) for panel in person_panels]
    return render(
        request,
        "people/person.html",
        {
            "person": them,
            "parts": _parts(me, them),
            "home": them.home if rules.can_see_part(me, them, "home") else None,
            "is_me": them.pk == me.pk,
            "can_block": rules.can_block(me, them),
            "panels": [(label, html) for label, html in panels if html],
        },
    )


def _parts(me: Person, them: Person) -> list[dict[str, object]]:
    """What is written on the person's page, without what this reader may not see."""
    labels = (
        ("about", _("About me"), ""),
        ("can_share", _("What I can share"), "gift"),
        ("would_like", _("What I would like"), "hand-heart"),
        ("languages", _("Languages I speak"), "languages"),
        ("access_needs", _("What makes it easier for me"), "accessibility"),
    )
    return [
        {
            "name": name,
            "label": label,
            "icon": icon,
            "text": "" if name == "languages" else getattr(them, name),
            "tongues": named(them.languages) if name == "languages" else [],
            "sees": rules.sees_part(them, name).label if them.pk == me.pk else "",
        }
        for name, label, icon in labels
        if getattr(them, name) and rules.can_see_part(me, them, name)
    ]


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Lead to everything that is one's own."""
    account = request.user
    steps = set(Authenticator.objects.filter(user=account).values_list("type", flat=True))  # type: ignore[misc]
    links = navigation.links("me", signed_in=True)
    return render(
        request,
        "people/me.html",
        {
            "person": account.person,  # type: ignore[union-attr]
            "account": account,
            "phone": numbers.shown(account.phone),  # type: ignore[union-attr]
            "has_step": bool(steps & {Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN}),
            "needs_step": rules.sees_cases(account.person),  # type: ignore[union-attr]
            "links": [link for link in links if link.url_name.startswith("notices:")],
            "doing_links": [link for link in links if not link.url_name.startswith("notices:")],
            "record_links": navigation.links("record", signed_in=True),
            "claimable": actions.claimable(account),  # type: ignore[arg-type]
            "is_lead": rules.holds(account.person, RoleHolding.Role.SAFEGUARDING),  # type: ignore[union-attr]
            "can_give_roles": rules.can_give_roles(account.person),  # type: ignore[union-attr]
        },
    )


@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """Lead people who hold a role to what it gives them to do."""
    me = request.user.person  # type: ignore[union-attr]
    return render(request, "people/work.html", {"links": navigation.work_of(me)})


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    """Say who you are, and who may see it."""
    mine = request.user.person  # type: ignore[union-attr]
    form = ProfileForm(request.POST or None, person=mine)
    asked = NOTHING_NOTICED
    if form.is_valid():
        words = (form.cleaned_data.get(name, "") for name in ("about", "can_share", "would_like"))
        asked = ask(request, *words)
        if asked.page is not None:
            return asked.page
    if form.is_valid() and not asked.wants_change:
        changes = form.changes()
        actions.change_profile(mine, by=mine, at=now(), **changes)
        translation.activate(mine.reads)
        if mine.postcode and mine.home is None:
            messages.info(
                request,
                _(
                    "Saved. %(postcode)s isn't in our borough, as far as we know. You're welcome "
                    "all the same: follow the parts you care about."
                )
                % {"postcode": mine.postcode},
            )
        else:
            messages.success(request, _("Saved. That's you, then."))
        response = redirect(mine)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            mine.reads,
            max_age=60 * 60 * 24 * 365,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
            httponly=True,
        )
        return response
    status = 422 if form.errors else 200
    context = {"form": form, "person": mine, "bare": True}
    return render(request, "people/edit.html", context, status=status)
