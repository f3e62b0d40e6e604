"""One service, one organisation, and what anybody may tell us about them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorstep.base.limits import address_of
from doorstep.base.pictures import WIDTHS
from doorstep.base.time import local, now
from doorstep.organisations import actions, freshness, rules, showing
from doorstep.organisations.forms import FailedForm, SuggestForm
from doorstep.organisations.freshness import actions as proving
from doorstep.organisations.models import (
    PUBLIC_STATES,
    DoorPhoto,
    Organisation,
    Service,
    Suggestion,
)
from doorstep.organisations.views.lists import kept_ids, me_of

ONE_WEEK = 7 * 24 * 3600


def page_of(request: HttpRequest, service: Service) -> dict[str, object]:
    """Return what the page of a service read with its parts shows."""
    at, me = now(), me_of(request)
    day = local(at).date()
    may_edit = rules.can_edit_service(me, service)
    return {
        "service": service,
        "card": showing.card(service, at),
        "spots": showing.spots_of(service, day),
        "times": showing.times_of(service.schedules.all(), day),
        "numbers": showing.numbers_of(service),
        "ages": showing.ages_of(service),
        "areas": ", ".join(one.name for one in service.areas_served.all() if one.name),
        "fresh": freshness.state(service, at),
        "is_kept": service.pk in kept_ids(request),
        "kept_count": len(kept_ids(request)),
        "may_edit": may_edit,
        "is_keeper": rules.is_keeper(me),
        "reasons": FailedForm.base_fields["reason"].choices,  # type: ignore[attr-defined]
        "offers": list(service.offers.open_on(day)) if service.pk else [],
        "me": me,
    }


def with_everything() -> object:
    return Service.objects.with_parts().prefetch_related(
        "at_locations__location__photos", "at_locations__location__area"
    )


@login_not_required
@require_safe
def service(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything about one service."""
    me = me_of(request)
    found = get_object_or_404(with_everything().visible_to(me), slug=slug)  # type: ignore[attr-defined]
    return render(request, "organisations/service.html", page_of(request, found))


@login_not_required
@require_safe
def organisation(request: HttpRequest, slug: str) -> HttpResponse:
    """An organisation: what it does, and what it can be called on for."""
    at, me = now(), me_of(request)
    found = get_object_or_404(
        Organisation.objects.visible_to(me).prefetch_related("phones", "contacts__phones"),
        slug=slug,
    )
    services = Service.objects.visible_to(me).filter(organisation=found, state__in=PUBLIC_STATES)
    listed = services.order_by("name", "id").values_list("pk", flat=True)[:60]
    return render(
        request,
        "organisations/organisation.html",
        {
            "organisation": found,
            "cards": showing.cards(services, list(listed), at),
            "offers": showing.offers_of(found, local(at).date()),
            "numbers": showing.numbers_of(found),  # type: ignore[arg-type]
            "may_edit": rules.can_edit(me, found),
            "may_manage": rules.can_manage_positions(me, found),
            "is_keeper": rules.is_keeper(me),
            "me": me,
        },
    )


@login_not_required
@require_safe
def photo(request: HttpRequest, key: str, size: int) -> HttpResponseBase:
    """A photo of a door."""
    found = DoorPhoto.objects.filter(key=key).first() if size in WIDTHS else None
    if found is None:
        raise Http404
    try:
        file = default_storage.open(found.name if size == WIDTHS[-1] else found.small_name)
    except OSError:
        raise Http404 from None
    response = FileResponse(file, content_type="image/webp")
    response["Cache-Control"] = f"public, max-age={ONE_WEEK}, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    return response


@login_not_required
@require_POST
def told(request: HttpRequest, slug: str) -> HttpResponse:
    """“It worked”, or what went wrong: one tap, counted once a day for each who taps."""
    me, at = me_of(request), now()
    found = get_object_or_404(Service.objects.visible_to(me).public(), slug=slug)
    who = f"person:{me.pk}" if me else address_of(request)
    key = salted_hmac(
        "organisations.told", f"{found.pk}|{who}|{local(at).date()}", algorithm="sha256"
    ).hexdigest()[:34]
    if request.POST.get("worked"):
        proving.worked(found, by=me, at=at, client_key=f"told-{key}")
        messages.success(request, _("Lovely. Others will see that it works."))
        return redirect(found)
    form = FailedForm(request.POST)
    if form.is_valid():
        proving.failed(
            found, reason=form.cleaned_data["reason"], by=me, at=at, client_key=f"told-{key}"
        )
        messages.success(
            request, _("Sorry about that. We’ll ring them, and put it right. Thank you.")
        )
    return redirect(found)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def suggest(request: HttpRequest, slug: str) -> HttpResponse:
    """Tell us what is wrong with an entry. A keeper looks before anything shows."""
    found = get_object_or_404(
        Service.objects.visible_to(me_of(request)).select_related("organisation"), slug=slug
    )
    return _suggest(request, found)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def suggest_new(request: HttpRequest) -> HttpResponse:
    """Tell us what is missing."""
    return _suggest(request, None)


def _suggest(request: HttpRequest, about: Service | None) -> HttpResponse:
    me = me_of(request)
    form = SuggestForm(request.POST or None, is_new=about is None, knows_you=me is not None)
    if form.is_valid():
        data = form.cleaned_data
        actions.suggest(
            kind=data.get("kind") or Suggestion.Kind.NEW,
            words=data["words"],
            reach=data.get("reach", ""),
            by=me,
            at=now(),
            client_key=data["client_key"],
            service=about,
            organisation=about.organisation if about else None,
        )
        messages.success(request, _("Thank you. Somebody looks at it before it shows."))
        return redirect(about) if about and about.is_public else redirect("directory:find")
    return render(
        request,
        "organisations/suggest.html",
        {"form": form, "service": about, "bare": True},
        status=422 if form.errors else 200,
    )
