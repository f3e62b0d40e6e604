"""The places of an entry: each can be changed, another added, one taken away."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from doorstep.base.time import now
from doorstep.organisations import actions, entries
from doorstep.organisations.forms import PlaceForm
from doorstep.organisations.views.ours import me_of, service_of


@require_http_methods(["GET", "HEAD", "POST"])
def places(request: HttpRequest, slug: str) -> HttpResponse:
    """Every place of an entry; `?at=` says which is changed, without it one is added."""
    service, me = service_of(request, slug), me_of(request)
    every = entries.places_of(service)
    wanted = request.GET.get("at", "")
    place = next((one for one in every if str(one.pk) == wanted), None)
    if wanted and place is None:
        raise Http404
    if place is not None and request.POST.get("remove"):
        key = f"gone-{request.POST.get('client_key', '')}"[:40]
        actions.keep_place(service, place, None, by=me, at=now(), client_key=key)
        messages.success(
            request, _("That place is gone. You can put it back under “What was changed”.")
        )
        return redirect("directory:places", slug=service.slug)
    initial = entries.place_values(place) if place is not None else None
    form = PlaceForm(request.POST or None, initial=initial)
    if form.is_valid():
        actions.keep_place(
            service,
            place,
            form.values(),
            by=me,
            at=now(),
            client_key=form.cleaned_data["client_key"],
        )
        messages.success(request, _("Done. Everybody sees it now."))
        return redirect("directory:places", slug=service.slug)
    return render(
        request,
        "organisations/places.html",
        {
            "service": service,
            "rows": [
                {"place": one, "words": entries.place_in_words(entries.place_values(one))}
                for one in every
            ],
            "place": place,
            "is_shared": place is not None and entries.is_shared(place, service),
            "form": form,
            "bare": True,
        },
        status=422 if form.errors else 200,
    )
