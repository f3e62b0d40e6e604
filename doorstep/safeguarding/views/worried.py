"""“Worried about someone?”: emergency numbers first, then a short form for anybody."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base import limits
from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.safeguarding import actions, rules, things
from doorstep.safeguarding.forms import WorriedForm
from doorstep.safeguarding.models import Alert

# More than this from one place within the hour is kept all the same, but calls nobody at once.
AN_HOUR = {"visitor": 5, "person": 10}
# A page that says nothing about where somebody has been.
SOMEWHERE_ELSE = "https://www.bbc.co.uk/weather"


def _me(request: HttpRequest) -> Person | None:
    return getattr(request.user, "person", None)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def worried(request: HttpRequest) -> HttpResponse:
    """Numbers to ring, and a form that is never turned away."""
    me = _me(request)
    sealed = request.POST.get("about") or request.GET.get("about") or ""
    came = things.read(sealed, me)
    kind, subject = came or ("", None)
    initial = {"about_words": subject.words} if subject else {}
    form = WorriedForm(
        request.POST or None, initial=initial, types_for_others=rules.can_type_for_another(me)
    )
    context: dict[str, Any] = {
        "form": form,
        "about": sealed if came else "",
        "subject": subject,
        "from_label": things.things.get(kind).label if came else "",  # type: ignore[union-attr]
        "is_visitor": me is None,
        "is_now": request.POST.get("urgency") == Alert.Urgency.NOW,
        "out_of_hours": settings.OUT_OF_HOURS_PHONE,
        "bare": True,
    }
    if not form.is_valid():
        status = 422 if form.errors else 200
        return render(request, "safeguarding/worried.html", context, status=status)
    who = me or f"address:{limits.address_of(request)}"
    many = AN_HOUR["person" if me else "visitor"]
    may_type = rules.can_type_for_another(me)
    made = actions.raise_alert(
        by=me,
        about=subject.person if subject else None,
        from_kind=kind,
        from_path=subject.path if subject else "",
        is_held=not may_type and not limits.allow("worried", who, many, limits.HOUR),
        at=now(),
        **form.alert(),
    )
    context["alert"] = made
    # Rendered at once: the address of this page says nothing, and sending again makes no second.
    return render(request, "safeguarding/thanks.html", context)


@login_not_required
@never_cache
@require_safe
def leave(request: HttpRequest) -> HttpResponse:
    """Go somewhere else, quickly, leaving as little behind as a server can ask for."""
    response = HttpResponseRedirect(SOMEWHERE_ELSE)
    response["Referrer-Policy"] = "no-referrer"
    # So that “back” finds no copy of what was written.
    response["Clear-Site-Data"] = '"cache"'
    return response
