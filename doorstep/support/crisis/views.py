"""The crisis switch: on, how it goes, off; and drills."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Avg, Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.forms import CleanLine, CleanText
from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.support.amounts import NumberField
from doorstep.support.crisis import actions, banner, rules
from doorstep.support.models import Request, Surge
from doorstep.support.requests.rules import is_officer


class SwitchForm(forms.Form):
    """Begin a crisis, or a drill."""

    name = CleanLine(
        label=gettext_lazy("What is it called?"),
        help_text=gettext_lazy("For example: the flood at Creekmouth."),
        max_length=80,
        error_messages={"required": gettext_lazy("Give it a name.")},
    )
    banner = CleanText(
        label=gettext_lazy("What does everybody read?"),
        help_text=gettext_lazy("One or two sentences, with what to do."),
        rows=2,
        max_length=300,
        error_messages={"required": gettext_lazy("Write what everybody should read.")},
    )
    script = CleanText(
        label=gettext_lazy("What do callers and officers say?"), rows=4, max_length=3000,
        required=False,
    )  # fmt: skip
    hub_holds = NumberField(
        label=gettext_lazy("How many open requests may one hub have?"),
        min_value=20,
        max_value=5000,
        initial=400,
    )
    # Two buttons, never a tick to forget: one of them is read by the whole borough.
    is_drill = forms.BooleanField(required=False, widget=forms.HiddenInput)
    why = CleanText(
        label=gettext_lazy("Why, for those who look back"), rows=2, max_length=2000, required=False
    )


# Beginnings to write from: (name, banner, script).
TEMPLATES: dict[str, tuple[Any, Any, Any]] = {
    "heat": (
        gettext_lazy("The heatwave"),
        gettext_lazy("It is very hot. Drink water, stay in the shade, look in on a neighbour."),
        gettext_lazy(
            "Are you cool enough at home? Have you drunk something? Who looks in on you? "
            "Do you have your medicine?"
        ),
    ),
    "flood": (
        gettext_lazy("The flood"),
        gettext_lazy("Stay away from the water. If you must leave home and need a hand, ask us."),
        gettext_lazy(
            "Is water in your home? Is the power on? How many are you? Do you have medicine, "
            "food and somewhere dry for tonight?"
        ),
    ),
    "power": (
        gettext_lazy("The power cut"),
        gettext_lazy("The power is off. If somebody needs it to stay well, tell us now."),
        gettext_lazy(
            "Does anybody at home need power to stay well? Can you keep warm? Have you eaten? "
            "Is your phone charged?"
        ),
    ),
    "home": (
        gettext_lazy("Staying at home"),
        gettext_lazy("Stay at home if you can. We shop, fetch medicine and ring: ask us."),
        gettext_lazy(
            "Do you have food for two days? And medicine? Is somebody able to shop for you? "
            "Would you like somebody to ring you?"
        ),
    ),
}


def _me(request: HttpRequest) -> Person:
    me: Person = request.user.person  # type: ignore[union-attr]
    if not is_officer(me):
        raise PermissionDenied
    return me


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def crisis(request: HttpRequest) -> HttpResponse:
    """The switch. Every officer sees how it goes; the borough's lead flips it."""
    me = _me(request)
    at = now()
    real, drill = rules.both()
    start = TEMPLATES.get(request.GET.get("from", ""))
    initial = dict(zip(("name", "banner", "script"), start, strict=True)) if start else {}
    form = SwitchForm(initial=initial)
    status = 200
    if request.method == "POST":
        if not rules.can_flip(me):
            raise PermissionDenied
        then = request.POST.get("then", "")
        banner.forget()
        on = drill if request.POST.get("which") == "drill" else real
        if then in ("on", "drill"):
            given_form = request.POST.copy()
            given_form["is_drill"] = "on" if then == "drill" else ""
            form = SwitchForm(given_form)
            status = 422
            if form.is_valid():
                try:
                    actions.switch_on(by=me, at=at, **form.cleaned_data)
                    messages.success(request, _("It is on. Everybody at a desk has heard."))
                except actions.Already:
                    messages.error(request, _("It is on already."))
                return redirect("support:crisis")
        elif then == "off" and on is not None:
            ended = actions.stand_down(
                on, by=me, at=at, thanks=request.POST.get("thanks", "").strip()[:1000]
            )
            messages.success(
                request,
                _("The drill is over. Every made-up call is gone.")
                if ended.is_drill
                else ngettext(
                    "It is off. %(n)d person was thanked.",
                    "It is off. %(n)d people were thanked.",
                    ended.told,
                )
                % {"n": ended.told},
            )
            return redirect("support:crisis")
        elif then == "calls" and drill is not None:
            given = request.POST.get("many", "")
            many = actions.made_up_calls(
                drill, by=me, at=at, many=int(given) if given.isdigit() else 20
            )
            messages.success(request, _("%(n)d made-up calls came in.") % {"n": many})
            return redirect("support:crisis")
        else:
            return redirect("support:crisis")
    context: dict[str, Any] = {
        "form": form,
        "me": me,
        "may_flip": rules.can_flip(me),
        "running": [
            (one, _how_it_goes(one), {} if one.is_drill else actions.before_standing_down(one))
            for one in (real, drill)
            if one is not None
        ],
        "has_real": real is not None,
        "has_drill": drill is not None,
        "templates": [(key, one[0]) for key, one in TEMPLATES.items()],
        "past": list(Surge.objects.exclude(ended_at=None).order_by("-started_at")[:10]),
    }  # fmt: skip
    return render(request, "support/crisis/crisis.html", context, status=status)


def _how_it_goes(surge: Surge) -> dict[str, Any]:
    rows = Request.objects.filter(created_at__gte=surge.started_at, is_drill=surge.is_drill)
    by_hub = (
        rows.values("locality__name")
        .annotate(
            many=Count("pk"),
            open=Count("pk", filter=Q(closed_at=None)),
            done=Count("pk", filter=Q(state=Request.State.DONE)),
            waits=Count("pk", filter=Q(state=Request.State.HUB)),
            late=Count("pk", filter=Q(due_at__lt=now(), closed_at=None)),
            soon=Avg("priority"),
        )
        .order_by("-open", "locality__name")
    )
    hubs = list(by_hub)
    return {"total": sum(hub["many"] for hub in hubs), "hubs": hubs}
