"""Links that came by e-mail: is it still right, and will you look after it with us?"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.forms import CleanText
from doorstep.base.time import local, now
from doorstep.organisations import actions, freshness, showing
from doorstep.organisations.forms import ROLE_WORDS
from doorstep.organisations.freshness import actions as proving
from doorstep.organisations.freshness import links
from doorstep.organisations.models import Confirmation, Service, State, Suggestion
from doorstep.organisations.views.lists import me_of

_LONGEST = 2000


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def still_true(request: HttpRequest, token: str) -> HttpResponse:
    """Ask the owner of an entry; looking at the page does nothing, a button does."""
    at = now()
    link = links.read(token, at)
    if link is None:
        raise Http404
    service = Service.objects.with_parts().get(pk=link.service.pk)
    done = ""
    problem = ""
    if request.method == "POST" and not link.is_over:
        done, problem = _do(request, service, link.mark)
        service = Service.objects.with_parts().get(pk=service.pk)
    is_closed = service.state == State.CLOSED
    status = 410 if link.is_over else 422 if problem else 200
    response = render(
        request,
        "organisations/still_true.html",
        {
            "service": service,
            "fresh": freshness.state(service, at),
            "spots": showing.spots_of(service, local(at).date()),
            "times": showing.times_of(service.schedules.all(), local(at).date()),
            "numbers": showing.numbers_of(service),
            "cost": showing.cost_of(service),
            "is_over": link.is_over,
            "is_closed": is_closed,
            "done": done,
            "problem": problem,
            "words": request.POST.get("words", "")[:_LONGEST] if problem else "",
            "bare": True,
        },
        status=status,
    )
    # With "no-referrer" browsers send "Origin: null", and the button is refused as forged.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


def _do(request: HttpRequest, service: Service, mark: str) -> tuple[str, str]:
    """Do what was pressed; return ("confirm"|"close"|"change"|"", a problem in a sentence)."""
    at, what = now(), request.POST.get("what", "")
    if what == "confirm" and service.state != State.CLOSED:
        proving.confirm(
            service, how=Confirmation.How.LINK, by=None, at=at, client_key=f"link-{mark}-yes"
        )
        return what, ""
    if what == "close":
        proving.close(
            service, how=Confirmation.How.LINK, by=None, at=at, client_key=f"link-{mark}-no"
        )
        return what, ""
    if what == "change":
        words = CleanText(required=False, max_length=_LONGEST).clean(
            request.POST.get("words", "")[:_LONGEST]
        )
        if not words:
            return "", _("Write what should change, in your own words.")
        actions.suggest(
            kind=Suggestion.Kind.CHANGE,
            words=words,
            reach=_("its owner, by the link in our e-mail"),
            by=None,
            at=at,
            client_key=f"link-{mark}-change",
            service=service,
            organisation=service.organisation,
        )
        return what, ""
    return "", ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Say yes or no to looking after an organisation's entries."""
    me = me_of(request)
    assert me is not None  # noqa: S101 - the middleware asked for it
    position = actions.invitation(code, now())
    if position is None:
        raise Http404
    if request.method == "POST":
        if request.POST.get("no"):
            actions.end_position(position, by=me, at=now())
            messages.success(request, _("That’s fine. Nothing has changed."))
            return redirect("directory:find")
        try:
            actions.take_on(position, by=me, at=now())
        except actions.CannotDo as problem:
            messages.error(request, str(problem))
            return redirect("directory:ours")
        messages.success(request, _("Welcome. Here is what you look after now."))
        return redirect("directory:ours")
    position.role_words = ROLE_WORDS.get(position.role, "")  # type: ignore[attr-defined, call-overload]
    return render(request, "organisations/join.html", {"position": position, "bare": True})
