"""For those who keep the directory: what to ring about, what was suggested, letters to post."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base.text import shorten
from doorstep.base.time import local, now
from doorstep.organisations import actions, freshness, rules, showing
from doorstep.organisations.forms import DecideForm, OrganisationForm
from doorstep.organisations.freshness import actions as proving
from doorstep.organisations.models import (
    PUBLIC_STATES,
    Confirmation,
    ImportRun,
    Organisation,
    Position,
    PrivateContact,
    Service,
    State,
    Suggestion,
)
from doorstep.people.models import Person

PAGE = 30
LISTS = {
    "suggestions": gettext_lazy("Told by neighbours"),
    "failed": gettext_lazy("Couldn’t get through"),
    "unanswered": gettext_lazy("Asked, no answer"),
    "stale": gettext_lazy("Not confirmed for long"),
    "nobodys": gettext_lazy("Nobody looks after it"),
    "closed": gettext_lazy("Closed lately"),
    "held": gettext_lazy("Lists held back"),
}
WHY = {
    "failed": gettext_lazy("Ring them, and see what is wrong with the number or the times."),
    "unanswered": gettext_lazy("We e-mailed two weeks ago or more. A call takes two minutes."),
    "stale": gettext_lazy("Half a year without a word. They come last in the list, and say so."),
    "nobodys": gettext_lazy("No colleague of theirs has the keys. Offer them when you ring."),
    "closed": gettext_lazy("Closed by somebody in the last 30 days. Open again what was a slip."),
}


def keeper_of(request: HttpRequest) -> Person:
    """Return who asks, if they keep the directory."""
    me: Person = request.user.person  # type: ignore[union-attr]
    if not rules.is_keeper(me):
        raise PermissionDenied
    return me


def _rows(what: str, at: Any) -> Any:
    shown = Service.objects.filter(state__in=PUBLIC_STATES)
    if what == "failed":
        return shown.filter(doubts__gte=1).order_by("-doubts", "name", "id")
    if what == "unanswered":
        return proving.unanswered(at).order_by("asked_at", "id")
    if what == "stale":
        return shown.filter(state=State.STALE, doubts=0).order_by("confirmed_at", "id")
    if what == "nobodys":
        held = Position.objects.held().filter(
            organisation=OuterRef("organisation"), role__in=Position.MAY_EDIT
        )
        return shown.filter(~Exists(held), source=None).order_by("name", "id")
    recent = at - freshness.ANSWER_WITHIN * 2
    return Service.objects.filter(state=State.CLOSED, closed_at__gt=recent).order_by(
        "-closed_at", "id"
    )


@never_cache
@require_safe
def keeping(request: HttpRequest) -> HttpResponse:
    """The worklist."""
    keeper_of(request)
    at = now()
    waiting = Suggestion.objects.filter(state=Suggestion.State.NEW)
    held = ImportRun.objects.filter(state=ImportRun.State.HELD)
    counts = {name: _rows(name, at).count() for name in WHY}
    counts |= {"suggestions": waiting.count(), "held": held.count()}
    what = request.GET.get("what", "")
    if what not in LISTS:
        what = next((name for name in LISTS if counts[name]), "suggestions")
    context: dict[str, Any] = {
        "what": what,
        "heading": LISTS[what],
        "why": WHY.get(what, ""),
        "tabs": [
            {"name": name, "label": label, "count": counts[name], "is_on": name == what}
            for name, label in LISTS.items()
        ],
    }
    if what == "suggestions":
        rows = waiting.select_related("service", "organisation", "made_by").order_by("made_at")
        context["suggestions"] = [
            {"row": one, "words": shorten(one.words, 160)} for one in rows[:PAGE]
        ]
    elif what == "held":
        context["held"] = list(held.select_related("source").defer("held")[:PAGE])
    else:
        page = Paginator(showing.with_cards(_rows(what, at)), PAGE).get_page(
            request.GET.get("page")
        )
        ids = {one.organisation_id for one in page}
        ways: dict[int, list[PrivateContact]] = {}
        for way in PrivateContact.objects.filter(organisation__in=ids - {None}):
            ways.setdefault(way.organisation_id, []).append(way)
        last: dict[int, Confirmation] = {}
        if what == "failed":
            for one in Confirmation.objects.filter(
                service__in=[row.pk for row in page], how=Confirmation.How.FAILED
            ).order_by("at"):
                last[one.service_id] = one
        context["page"] = page
        context["cards"] = [
            {
                "card": showing.card(one, at),
                "ways": ways.get(one.organisation_id or 0, []),
                "failed": last.get(one.pk),
            }
            for one in page
        ]
    return render(request, "organisations/keeping.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def suggestion(request: HttpRequest, ref: str) -> HttpResponse:
    """What somebody told us, and what becomes of it."""
    me = keeper_of(request)
    found = get_object_or_404(
        Suggestion.objects.select_related("service__organisation", "made_by", "decided_by"),
        ref=ref,
    )
    form = DecideForm(request.POST or None)
    if form.is_valid():
        taken = form.cleaned_data["taken"] == "yes"
        if actions.decide(found, taken=taken, answer=form.cleaned_data["answer"], by=me, at=now()):
            messages.success(request, _("Done. Whoever told us hears of it."))
        else:
            messages.success(request, _("Somebody else has answered already."))
        if taken and found.service is not None:
            return redirect("directory:edit", slug=found.service.slug)
        return redirect(f"{reverse('directory:keeping')}?what=suggestions")
    return render(
        request,
        "organisations/suggestion.html",
        {"suggestion": found, "form": form, "is_open": found.state == Suggestion.State.NEW},
        status=422 if form.errors else 200,
    )


@never_cache
@require_safe
def ask_letter(request: HttpRequest, slug: str) -> HttpResponse:
    """A letter to post to an organisation, with a slip to send back."""
    keeper_of(request)
    organisation = get_object_or_404(Organisation, slug=slug)
    at = now()
    services = showing.with_cards(
        Service.objects.filter(organisation=organisation, state__in=PUBLIC_STATES)
    ).order_by("name", "id")[:12]
    cards = [showing.card(one, at) for one in services]
    return render(
        request,
        "organisations/ask_letter.html",
        {
            "organisation": organisation,
            "rows": [
                {"card": one, "times": showing.times_of(showing.schedules_of(one.service),
                                                        local(at).date()),
                 "numbers": showing.numbers_of(one.service)}
                for one in cards
            ],
            "address": next((one.where for one in cards if one.where), ""),
            "today": local(at).date(),
            "bare": True,
        },
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def organisations(request: HttpRequest) -> HttpResponse:
    """Every organisation, by name: to find the one that is on the phone, or to start it."""
    me = keeper_of(request)
    form = OrganisationForm(request.POST or None)
    if form.is_valid():
        made, is_new = actions.new_organisation(by=me, at=now(), **form.values())
        messages.success(
            request,
            _("It’s begun. Add what it does, and send somebody there the keys.")
            if is_new
            else _("It was begun already. Here it is."),
        )
        return redirect(made)
    words = request.GET.get("q", "")[:80].strip()
    rows = Organisation.objects.order_by("name", "id")
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(services__name__icontains=words)).distinct()
    page = Paginator(rows, PAGE * 2).get_page(request.GET.get("page"))
    held = set(
        Position.objects.held()
        .filter(organisation__in=[one.pk for one in page])
        .values_list("organisation_id", flat=True)
    )
    return render(
        request,
        "organisations/organisations.html",
        {
            "page": page,
            "rows": [{"organisation": one, "is_held": one.pk in held} for one in page],
            "words": words,
            "form": form,
        },
        status=422 if form.errors else 200,
    )
