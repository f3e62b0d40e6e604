"""For a recipient without an account: the link."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.time import now
from doorstep.people.consents import actions, sharing
from doorstep.people.consents.forms import AnswerForm, OpenForm
from doorstep.people.models import Sheet


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def shared(request: HttpRequest, key: str) -> HttpResponse:
    """Ask for a name, show the sheet, take an answer.

    A link that is over, stopped or without a yes answers like one that never was.
    """
    try:
        response = _shared(request, key)
    except sharing.NoLongerShared:
        raise Http404 from None
    # With "no-referrer" browsers send "Origin: null", and the form is refused as forged.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


def _shared(request: HttpRequest, key: str) -> HttpResponse:
    at = now()
    if request.method != "POST":
        sharing.peek(key, at=at)
        return render(
            request, "people/consents/shared_door.html", {"form": OpenForm(), "bare": True}
        )
    if "answer" in request.POST or "answering" in request.POST:
        sheet = sharing.peek(key, at=at)
        answering = AnswerForm(request.POST)
        if answering.is_valid():
            given = answering.cleaned_data
            sharing.answer(
                key,
                answer=Sheet.Answer(given["answer"]),
                words=given["words"],
                name=given["name"],
                at=at,
            )
            return render(request, "people/consents/shared_thanks.html", {"bare": True})
        return render(
            request,
            "people/consents/shared_answer.html",
            {"form": answering, "recipient": actions.recipient_of(sheet), "bare": True},
            status=422,
        )
    form = OpenForm(request.POST)
    if not form.is_valid():
        sharing.peek(key, at=at)
        return render(
            request,
            "people/consents/shared_door.html",
            {"form": form, "bare": True},
            status=422,
        )
    opened = sharing.open_sheet(key, name=form.cleaned_data["name"], at=at)
    return render(
        request,
        "people/consents/shared.html",
        {
            "opened": opened,
            "sheet": opened.sheet,
            "recipient": actions.recipient_of(opened.sheet),
            "form": AnswerForm(initial={"name": form.cleaned_data["name"]}),
            "bare": True,
        },
    )
